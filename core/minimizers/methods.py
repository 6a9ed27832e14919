"""Other minimizers: methods that use curvature, populations or chance, all with one budget.

x parameters (n,), f value, g gradient, H Hessian, p direction, e the evaluator that counts. Where scipy has a method
it does the work; the rest is short.
"""

import math
from functools import cache
from typing import Any

import numpy as np
from scipy import optimize

from core.minimizers.base import Evaluator, Minimizer, Reason, Stop
from core.optimizers import OPTIMIZERS
from core.optimizers.lbfgs import strong_wolfe
from core.optimizers.options import Array, Number, Option, learning_rate, number, whole


class FirstOrder(Minimizer, needs=("gradient",)):
    """One of the update rules of `core.optimizers`, with the true gradient at each step and any of its options."""

    rule = "sgd"
    lr: Number

    @classmethod
    @cache
    def declared(cls) -> dict[str, Option]:
        return OPTIMIZERS[cls.rule].declared() | {"lr": learning_rate(0.01), "tolerance": Minimizer.tolerance}

    def __init__(self, /, **given: Any) -> None:
        super().__init__(**given)
        given.pop("tolerance", None)
        self.hyper = given | {"lr": self.lr}

    def search(self, e: Evaluator, x: Array, rng: Any) -> Reason:
        rule = OPTIMIZERS[self.rule](**self.hyper).init(x)
        while not self.flat(g := e.gradient(x)):
            before = x.copy()
            rule.step(x, g)
            if (x == before).all():
                return Reason.NO_PROGRESS
            e.visit(x)
        return Reason.CONVERGED


class GradientDescent(FirstOrder, color=0):
    """x <- x - lr g. Source: Cauchy 1847."""


class Momentum(FirstOrder, rule="momentum"):
    """v <- momentum v + g; x <- x - lr v. Source: Polyak 1964."""


class Adam(FirstOrder, rule="adam"):
    """Steps of nearly lr in each coordinate. Source: Kingma & Ba 2015."""


class Newton(Minimizer, label="Newton", color=1, needs=("gradient", "hessian")):
    """H p = -g; x <- x + t p with t = 1, 1/2, 1/4 ... until f falls by 1e-4 t |g·p|.

    Refuses a Hessian with a negative eigenvalue (p might lead up) or a vanishing one. Source: Nocedal & Wright 2006, 3.
    """

    def search(self, e: Evaluator, x: Array, rng: Any) -> Reason:
        f = e.value(x)
        while not self.flat(g := e.gradient(x)):
            curvatures, axes = np.linalg.eigh(e.hessian(x))
            p = -axes @ (axes.T @ g / self.usable(curvatures))
            for t in 0.5 ** np.arange(50):
                f_new = e.value(x + t * p)
                if f_new <= f + 1e-4 * t * (g @ p):
                    break
            else:
                return Reason.NO_PROGRESS
            x, f = x + t * p, f_new
            e.visit(x, f)
        return Reason.CONVERGED

    def usable(self, curvatures: Array) -> Array:
        """Return the eigenvalues to divide by."""
        if np.abs(curvatures).min() <= 1e-14 * np.abs(curvatures).max():
            raise Stop(Reason.SINGULAR)
        if curvatures.min() < 0.0:
            raise Stop(Reason.INDEFINITE)
        return curvatures


class SaddleFreeNewton(Newton, label="saddle-free Newton", color=None):
    """Newton with |H|, the absolute values of the eigenvalues: saddles repel. Source: Dauphin et al. 2014."""

    def usable(self, curvatures: Array) -> Array:
        sizes = np.abs(curvatures)
        if sizes.max() == 0.0:
            raise Stop(Reason.SINGULAR)
        return np.maximum(sizes, 1e-8 * sizes.max())


class ConjugateGradient(Minimizer, color=4, needs=("gradient",)):
    """p <- -g + β p, β = max(0, g·(g - g_old) / g_old·g_old); x <- x + t p, t by a strong Wolfe search with c2 = 0.1.

    The first length tried is the minimum of the parabola along p, exact on a quadratic. Restarts with -g if p does not
    descend or β is NaN. Source: Polak & Ribière 1969; N & W 2006, 5.2.
    """

    def search(self, e: Evaluator, x: Array, rng: Any) -> Reason:
        f, g = e.value(x), e.gradient(x)
        p = -g
        while not self.flat(g):
            if g @ p >= 0.0:
                p = -g
            t, f, g_new = self.along(e, x, f, g, p)
            if t == 0.0:
                return Reason.NO_PROGRESS
            x = x + t * p
            e.visit(x, f)
            beta = max(0.0, g_new @ (g_new - g) / (g @ g))
            p = -g_new + beta * p if math.isfinite(beta) else -g_new
            g = g_new
        return Reason.CONVERGED

    @staticmethod
    def along(e: Evaluator, x: Array, f: float, g: Array, p: Array) -> tuple[float, float, Array]:
        """Search along p; return the length with value and gradient there."""
        probe = 1.0 / max(1.0, np.abs(p).max())
        curvature = (e.gradient(x + probe * p) - g) @ p / probe
        lowest = -(g @ p) / curvature if curvature > 0.0 else math.inf  # of the parabola
        seen = {0.0: (f, g)}  # no gradient if the value overflows: the step is too long
        search = strong_wolfe(f, g @ p, lowest if math.isfinite(lowest) else probe, c2=0.1)
        t = next(search)
        try:
            while True:
                f = e.value(x + t * p)
                seen[t] = (f, e.gradient(x + t * p) if math.isfinite(f) else np.full_like(g, math.nan))
                t = search.send((f, seen[t][1] @ p))
        except StopIteration as end:
            return (end.value, *seen[end.value])


class Scipy(Minimizer):
    """A method of scipy.optimize.minimize; see there for sources."""

    method = ""
    stops: tuple[str, ...] = ("gtol",)  # scipy's names of the tolerance
    given: dict[str, Any] = {}  # further options of scipy
    boxed = False  # whether it stays in the box

    def search(self, e: Evaluator, x: Array, rng: Any) -> Reason:
        found = optimize.minimize(
            e.value,
            x,
            jac=e.gradient if "gradient" in self.needs else None,
            method=self.method,
            bounds=list(zip(e.problem.lower, e.problem.upper, strict=True)) if self.boxed else None,
            callback=e.arrive,
            options={"maxiter": e.budget} | dict.fromkeys(self.stops, self.tolerance) | self.given,
        )
        return Reason.CONVERGED if found.success else Reason.NO_PROGRESS


class BFGS(Scipy, label="BFGS", method="BFGS", needs=("gradient",)):
    """x <- x - t B⁻¹ g, B built from the changes of g. Source: Broyden, Fletcher, Goldfarb, Shanno 1970."""


class LBFGS(Scipy, color=2, needs=("gradient",)):
    """BFGS with memory for only the last pairs of moves and changes of g. Source: Liu & Nocedal 1989."""

    label, method = "L-BFGS", "L-BFGS-B"
    history_size: int = whole(10, high=1000)

    def _ready(self) -> None:
        self.given = {"ftol": 0.0, "maxcor": self.history_size, "maxfun": 10**9}


class NelderMead(Scipy, label="Nelder-Mead", color=5, method="Nelder-Mead"):
    """A simplex of n + 1 points that reflects, expands and shrinks; no gradient. Source: Nelder & Mead 1965."""

    stops = ("xatol", "fatol")
    given = {"maxfev": 10**9}


class Annealing(Minimizer, color=6, needs=("lower", "upper", "rng")):
    """Random jumps; uphill ones are accepted with a probability that falls with the temperature.

    Source: Kirkpatrick et al. 1983; Xiang et al. 1997, as scipy's dual_annealing without local searches.
    """

    flat_box, tolerance = False, 0.0
    temperature: float = number(5230.0, low=0.01, high=5e4, open_low=True)

    def search(self, e: Evaluator, x: Array, rng: Any) -> Reason:
        optimize.dual_annealing(
            e.value,
            list(zip(e.problem.lower, e.problem.upper, strict=True)),
            maxiter=e.budget,
            maxfun=10**9,
            initial_temp=self.temperature,
            no_local_search=True,
            x0=x,
            rng=rng,
            callback=lambda x, f, context: e.visit(x, float(f)),
        )
        return Reason.NO_PROGRESS


class DifferentialEvolution(Minimizer, color=3, needs=("lower", "upper", "rng")):
    """Each member competes with the best plus a difference of two others. Source: Storn & Price 1997; scipy."""

    members: int = whole(20, low=5, high=10_000)

    def search(self, e: Evaluator, x: Array, rng: Any) -> Reason:
        found = optimize.differential_evolution(
            e.value,
            list(zip(e.problem.lower, e.problem.upper, strict=True)),
            maxiter=e.budget,
            init=np.vstack([x, rng.uniform(e.problem.lower, e.problem.upper, (self.members - 1, len(x)))]),
            tol=0.0,
            atol=self.tolerance,
            polish=False,
            rng=rng,
            callback=e.arrive,
        )
        return Reason.CONVERGED if found.success else Reason.NO_PROGRESS


class EvolutionStrategy(Minimizer, color=7, needs=("rng",)):
    """CMA-ES: λ children x + σ y, y ~ N(0, C); x moves to the weighted mean of the better half, and C, σ adapt to it.

    C grows along successful moves (rank one: their path p_c; rank μ: this generation's), σ if the path p_σ is longer
    than by chance. Source: Hansen 2016, with its constants. Converged when no direction is wider than the tolerance.
    """

    children: int = whole(12, low=2, high=10_000)
    sigma: float = number(0.5, low=0.0, open_low=True)

    def search(self, e: Evaluator, x: Array, rng: Any) -> Reason:
        children, sigma, n = self.children, self.sigma, len(x)
        parents = children // 2
        w = math.log(parents + 0.5) - np.log(np.arange(1, parents + 1))
        w /= w.sum()
        mu = 1.0 / (w @ w)  # effective number of parents
        c_c = (4.0 + mu / n) / (n + 4.0 + 2.0 * mu / n)
        c_sigma = (mu + 2.0) / (n + mu + 5.0)
        c_1 = 2.0 / ((n + 1.3) ** 2 + mu)
        c_mu = min(1.0 - c_1, 2.0 * (mu - 2.0 + 1.0 / mu) / ((n + 2.0) ** 2 + mu))
        damping = 1.0 + 2.0 * max(0.0, math.sqrt((mu - 1.0) / (n + 1.0)) - 1.0) + c_sigma
        chance = math.sqrt(n) * (1.0 - 1.0 / (4.0 * n) + 1.0 / (21.0 * n**2))
        C, p_c, p_sigma = np.eye(n), np.zeros(n), np.zeros(n)
        while True:
            variances, axes = np.linalg.eigh(e.finite(C))
            widths = np.sqrt(np.maximum(variances, 1e-300))
            if sigma * widths.max() <= self.tolerance:
                return Reason.CONVERGED
            Y = rng.standard_normal((children, n)) * widths @ axes.T
            order = np.argsort([e.value(child) for child in x + sigma * Y], kind="stable")
            Y = Y[order[:parents]]
            step = w @ Y
            x = x + sigma * step
            e.visit(x)
            whitened = axes @ (axes.T @ step / widths)
            p_sigma = (1.0 - c_sigma) * p_sigma + math.sqrt(c_sigma * (2.0 - c_sigma) * mu) * whitened
            p_c = (1.0 - c_c) * p_c + math.sqrt(c_c * (2.0 - c_c) * mu) * step
            C = (1.0 - c_1 - c_mu) * C + c_1 * np.outer(p_c, p_c) + c_mu * (Y.T * w) @ Y
            growth = c_sigma / damping * (math.sqrt(p_sigma @ p_sigma) / chance - 1.0)
            sigma *= math.exp(np.minimum(growth, 1.0))


class ParticleSwarm(Minimizer, color=9, needs=("lower", "upper", "rng")):
    """v <- inertia v + attraction (r1 (own best - x) + r2 (swarm's best - x)); x <- x + v, r uniform in [0, 1).

    Particles start at random in the box, the first at start. Source: Kennedy & Eberhart 1995; Clerc & Kennedy 2002.
    """

    particles: int = whole(20, low=2, high=10_000)
    inertia: float = number(0.7298, low=0.0, high=1.0, open_high=True)
    attraction: float = number(1.4962, low=0.0, high=4.0)

    def search(self, e: Evaluator, x: Array, rng: Any) -> Reason:
        size = (self.particles, len(x))
        X, V = rng.uniform(e.problem.lower, e.problem.upper, size), np.zeros(size)
        X[0] = x
        own, own_values = X.copy(), np.full(len(X), math.inf)
        while np.ptp(X, axis=0).max() > self.tolerance:
            values = np.array([e.value(particle) for particle in X])
            better = values < own_values
            own[better], own_values[better] = X[better], values[better]
            e.visit(e.best, e.best_value)
            r1, r2 = rng.random((2, *size))
            V = self.inertia * V + self.attraction * (r1 * (own - X) + r2 * (e.best - X))
            X = X + V
        return Reason.CONVERGED


class RandomRestarts(LBFGS, label="random restarts", color=None, needs=("gradient", "lower", "upper", "rng")):
    """L-BFGS from start, then from random points of the box, until its budget is spent (Rinnooy Kan & Timmer 1987)."""

    boxed = True

    def search(self, e: Evaluator, x: Array, rng: Any) -> Reason:
        try:
            while True:
                super().search(e, x, rng)
                x = rng.uniform(e.problem.lower, e.problem.upper)
                e.visit(x, e.value(x))
        except Stop:
            e.visit(e.best, e.best_value)
            raise


class RandomSearch(Minimizer, needs=("lower", "upper", "rng")):
    """The best of points drawn uniformly from the box, the baseline for every method."""

    color, tolerance = 8, 0.0

    def search(self, e: Evaluator, x: Array, rng: Any) -> Reason:
        while True:
            before = e.best_value
            if e.value(rng.uniform(e.problem.lower, e.problem.upper)) < before:
                e.visit(e.best, e.best_value)


MINIMIZERS: dict[str, type[Minimizer]] = {
    "gradient_descent": GradientDescent,
    "momentum": Momentum,
    "adam": Adam,
    "newton": Newton,
    "saddle_free_newton": SaddleFreeNewton,
    "conjugate_gradient": ConjugateGradient,
    "bfgs": BFGS,
    "lbfgs": LBFGS,
    "nelder_mead": NelderMead,
    "annealing": Annealing,
    "differential_evolution": DifferentialEvolution,
    "evolution_strategy": EvolutionStrategy,
    "particle_swarm": ParticleSwarm,
    "random_restarts": RandomRestarts,
    "random_search": RandomSearch,
}
