"""Learning rate schedules: how large a step to take as training goes on.

`schedule = SCHEDULES["cosine_annealing"](base_lr, T_max=100)` is made once; `schedule(t)` is then the rate that update
t + 1 uses, t = 0, 1, ... counting updates, not epochs. All but reduce_on_plateau are closed forms without a state, so a
resumed run needs nothing but t. base_lr is one number or one for each of R runs (R,); the rate has the same shape.
Parameters carry torch's names and are tested against torch 2.13.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable
from typing import Any

import numpy as np

from core.checks import check_number, check_whole, choose

Rate = Any  # a float, or an array (R,) with one rate for each run


def _rate(name: str, value: Any) -> Rate:
    check_number(name, value, 0, open_low=True)
    return np.array(value, dtype=np.float64) if np.ndim(value) else float(value)


def _share(name: str, value: Any) -> float:
    return check_number(name, value, 0, 1, open_low=True)


def _cosine(start: Rate, end: Rate, progress: float) -> Rate:
    """Half a cosine wave from `start` at progress 0 to `end` at 1."""
    return end + (start - end) * (1 + math.cos(math.pi * progress)) / 2


def _linear(start: Rate, end: Rate, progress: float) -> Rate:
    return start + (end - start) * progress


class Schedule:
    """A rate for every update: `schedule(t)`. A subclass checks its parameters and writes its formula in `__call__`."""

    formula: str  # LaTeX

    def __init__(self, base_lr: Rate):
        self.base_lr = _rate("base_lr", base_lr)

    def __call__(self, step: int) -> Rate:
        """Return the learning rate of update step + 1, for a step from 0."""
        raise NotImplementedError

    @staticmethod
    def fit(steps: int) -> dict[str, Any]:
        """Parameters that suit a run of so many updates."""
        return {}


class Constant(Schedule):
    """The same rate always; with a factor, base_lr * factor for the first total_iters updates.

    factor is 1 unless given: torch's ConstantLR takes 1/3, which would surprise in something called constant.
    """

    formula = r"\eta_t = \eta \cdot (\mathrm{factor} \text{ if } t < \mathrm{total\_iters} \text{ else } 1)"

    def __init__(self, base_lr: Rate, factor: float = 1.0, total_iters: int = 5):
        super().__init__(base_lr)
        self.factor = _share("factor", factor)
        self.total_iters = check_whole("total_iters", total_iters, 1)

    def __call__(self, step: int) -> Rate:
        return self.base_lr * (self.factor if step < self.total_iters else 1.0)


class Step(Schedule):
    """Times gamma after every step_size updates."""

    formula = r"\eta_t = \eta \, \gamma^{\lfloor t / \mathrm{step\_size} \rfloor}"

    def __init__(self, base_lr: Rate, step_size: int, gamma: float = 0.1):
        super().__init__(base_lr)
        self.step_size = check_whole("step_size", step_size, 1)
        self.gamma = _share("gamma", gamma)

    def __call__(self, step: int) -> Rate:
        return self.base_lr * self.gamma ** (step // self.step_size)

    @staticmethod
    def fit(steps: int) -> dict[str, Any]:
        return {"step_size": max(1, steps // 3)}


class MultiStep(Schedule):
    """Times gamma at each milestone (He et al. 2016 for the first residual networks)."""

    formula = r"\eta_t = \eta \, \gamma^{\#\{m \le t\}}"

    def __init__(self, base_lr: Rate, milestones: Iterable[int], gamma: float = 0.1):
        super().__init__(base_lr)
        self.milestones = sorted(check_whole("milestones", milestone, 0) for milestone in milestones)
        self.gamma = _share("gamma", gamma)

    def __call__(self, step: int) -> Rate:
        return self.base_lr * self.gamma ** bisect_right(self.milestones, step)

    @staticmethod
    def fit(steps: int) -> dict[str, Any]:
        return {"milestones": [max(1, steps // 2), max(1, 3 * steps // 4)]}


class Exponential(Schedule):
    """Times gamma after every update."""

    formula = r"\eta_t = \eta \, \gamma^t"

    def __init__(self, base_lr: Rate, gamma: float):
        super().__init__(base_lr)
        self.gamma = _share("gamma", gamma)

    def __call__(self, step: int) -> Rate:
        return self.base_lr * self.gamma**step

    @staticmethod
    def fit(steps: int) -> dict[str, Any]:
        return {"gamma": 0.01 ** (1 / max(1, steps))}


class CosineAnnealing(Schedule):
    """Half a cosine wave down to eta_min at T_max (Loshchilov & Hutter 2017); then, as in torch, up again."""

    formula = r"\eta_t = \eta_{\min} + \tfrac12 (\eta - \eta_{\min}) \left(1 + \cos \frac{\pi t}{T_{\max}}\right)"

    def __init__(self, base_lr: Rate, T_max: int, eta_min: float = 0.0):
        super().__init__(base_lr)
        self.T_max = check_whole("T_max", T_max, 1)
        self.eta_min = check_number("eta_min", eta_min, 0)

    def __call__(self, step: int) -> Rate:
        return _cosine(self.base_lr, self.eta_min, step % (2 * self.T_max) / self.T_max)

    @staticmethod
    def fit(steps: int) -> dict[str, Any]:
        return {"T_max": max(1, steps)}


class CosineWarmRestarts(Schedule):
    """SGDR: the cosine starts anew after T_0 updates, then after T_0 T_mult, ... (Loshchilov & Hutter 2017, eq. 5)."""

    formula = r"\eta_t = \eta_{\min} + \tfrac12 (\eta - \eta_{\min}) \left(1 + \cos \frac{\pi T_{cur}}{T_i}\right)"

    def __init__(self, base_lr: Rate, T_0: int, T_mult: int = 1, eta_min: float = 0.0):
        super().__init__(base_lr)
        self.T_0 = check_whole("T_0", T_0, 1)
        self.T_mult = check_whole("T_mult", T_mult, 1)
        self.eta_min = check_number("eta_min", eta_min, 0)

    def __call__(self, step: int) -> Rate:
        T_i, T_cur = self.T_0, step
        if self.T_mult == 1:
            T_cur %= T_i
        while T_cur >= T_i:
            T_cur, T_i = T_cur - T_i, T_i * self.T_mult
        return _cosine(self.base_lr, self.eta_min, T_cur / T_i)

    @staticmethod
    def fit(steps: int) -> dict[str, Any]:
        return {"T_0": max(1, -(-steps // 7)), "T_mult": 2}  # three rounds: 1/7, 2/7 and 4/7 of the run


class OneCycle(Schedule):
    """Up to max_lr, then down to almost nothing (Smith & Topin 2018), as torch's OneCycleLR.

    From max_lr / div_factor to max_lr at update pct_start * total_steps, and down to 1 / final_div_factor of where it
    began; three_phase comes down as it went up first. max_lr is base_lr unless given, and then base_lr is not used.
    After total_steps the last rate stays, where torch raises an error.
    """

    formula = r"\eta_{\max}/\mathrm{div} \nearrow \eta_{\max} \searrow \eta_{\max}/(\mathrm{div} \cdot \mathrm{final})"

    def __init__(
        self,
        base_lr: Rate,
        total_steps: int,
        max_lr: Rate | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
    ):
        super().__init__(base_lr)
        self.total_steps = check_whole("total_steps", total_steps, 1)
        peak = self.base_lr if max_lr is None else _rate("max_lr", max_lr)
        rise = check_number("pct_start", pct_start, 0, 0.5 if three_phase else 1) * total_steps - 1
        self.anneal = choose("anneal_strategy", anneal_strategy, {"cos": _cosine, "linear": _linear})
        start = peak / check_number("div_factor", div_factor, 0, open_low=True)
        last = start / check_number("final_div_factor", final_div_factor, 0, open_low=True)
        turns = [(rise, peak), (2 * rise, start)] if three_phase else [(rise, peak)]
        self.turns = [(0.0, start), *turns, (total_steps - 1.0, last)]  # (update, rate) where the phases meet

    def __call__(self, step: int) -> Rate:
        for (begin, rate), (end, next_rate) in zip(self.turns[:-1], self.turns[1:], strict=True):
            if step <= end:
                return self.anneal(rate, next_rate, (step - begin) / (end - begin) if end > begin else 1.0)
        return self.turns[-1][1]

    @staticmethod
    def fit(steps: int) -> dict[str, Any]:
        return {"total_steps": max(1, steps)}


class Linear(Schedule):
    """From start_factor to end_factor of base_lr in total_iters updates: a warm-up when it starts low."""

    formula = r"\eta_t = \eta \left(s + (e - s) \min(t, T) / T\right)"

    def __init__(self, base_lr: Rate, start_factor: float = 1 / 3, end_factor: float = 1.0, total_iters: int = 5):
        super().__init__(base_lr)
        self.start_factor = _share("start_factor", start_factor)
        self.end_factor = check_number("end_factor", end_factor, 0, 1)
        self.total_iters = check_whole("total_iters", total_iters, 1)

    def __call__(self, step: int) -> Rate:
        return self.base_lr * _linear(
            self.start_factor, self.end_factor, min(step, self.total_iters) / self.total_iters
        )

    @staticmethod
    def fit(steps: int) -> dict[str, Any]:
        return {"total_iters": max(1, steps // 10)}


class Polynomial(Schedule):
    """Down to 0 in total_iters updates along (1 - t/T)^power."""

    formula = r"\eta_t = \eta \left(1 - \min(t, T) / T\right)^p"

    def __init__(self, base_lr: Rate, total_iters: int = 5, power: float = 1.0):
        super().__init__(base_lr)
        self.total_iters = check_whole("total_iters", total_iters, 1)
        self.power = check_number("power", power, 0)

    def __call__(self, step: int) -> Rate:
        return self.base_lr * (1 - min(step, self.total_iters) / self.total_iters) ** self.power

    @staticmethod
    def fit(steps: int) -> dict[str, Any]:
        return {"total_iters": max(1, steps)}


class Cyclic(Schedule):
    """Up and down between base_lr and max_lr (Smith 2017); max_lr is 10 base_lr unless given.

    mode: triangular; triangular2 halves the height each cycle; exp_range shrinks it by gamma each update.
    """

    formula = r"\eta_t = \eta + (\eta_{\max} - \eta) \cdot \mathrm{triangle}(t) \cdot \mathrm{height}(t)"

    def __init__(
        self,
        base_lr: Rate,
        max_lr: Rate | None = None,
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
    ):
        super().__init__(base_lr)
        self.max_lr = 10 * self.base_lr if max_lr is None else _rate("max_lr", max_lr)
        self.up = check_whole("step_size_up", step_size_up, 1)
        self.down = self.up if step_size_down is None else check_whole("step_size_down", step_size_down, 1)
        self.gamma = _share("gamma", gamma)
        self.mode = choose("mode", mode, {word: word for word in ("triangular", "triangular2", "exp_range")})

    def __call__(self, step: int) -> Rate:
        cycle, t = divmod(step, self.up + self.down)
        triangle = t / self.up if t <= self.up else (self.up + self.down - t) / self.down
        height = {"triangular": 1.0, "triangular2": 0.5**cycle, "exp_range": self.gamma**step}[self.mode]
        return self.base_lr + (self.max_lr - self.base_lr) * (triangle * height)

    @staticmethod
    def fit(steps: int) -> dict[str, Any]:
        return {"step_size_up": max(1, steps // 8)}


class WarmupCosine(Schedule):
    """A linear warm-up from start_factor * base_lr, then a cosine of T_max updates counted from its end.

    The warm-up may not be longer than the T_max updates that it prepares. Source: Goyal et al. 2017 for the warm-up.
    """

    formula = r"\text{linear for } t < w, \text{ then the cosine of } t - w"

    def __init__(self, base_lr: Rate, T_max: int, warmup: int = 5, start_factor: float = 0.1, eta_min: float = 0.0):
        super().__init__(base_lr)
        self.cosine = CosineAnnealing(base_lr, T_max, eta_min)
        self.warmup = check_whole("warmup", warmup, 0, T_max)
        self.start_factor = _share("start_factor", start_factor)

    def __call__(self, step: int) -> Rate:
        if step < self.warmup:
            return self.base_lr * _linear(self.start_factor, 1.0, step / self.warmup)
        return self.cosine(step - self.warmup)

    @staticmethod
    def fit(steps: int) -> dict[str, Any]:
        return {"warmup": steps // 10, "T_max": max(1, steps - steps // 10)}


class ReduceOnPlateau(Schedule):
    """Times factor when the metric has not got better for more than `patience` observations in a row.

    Better is < best (1 - threshold), or < best - threshold in the mode "abs"; mode "max" turns it round. After each
    cut it waits `cooldown` observations. Call `observe(metric)` after each update: schedule(t) then is the rate after t
    observations, or the last one known. `metric`: observations made before, to resume from. The metric is one number,
    or one for each run.
    """

    formula = r"\eta \leftarrow \max(\mathrm{factor} \cdot \eta, \eta_{\min}) \text{ after a plateau}"

    def __init__(
        self,
        base_lr: Rate,
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float = 0.0,
        mode: str = "min",
        metric: Iterable[Rate] = (),
    ):
        super().__init__(base_lr)
        self.factor = check_number("factor", factor, 0, 1, open_high=True)
        self.patience = check_whole("patience", patience, 0)
        self.threshold = check_number("threshold", threshold, 0)
        self.relative = choose("threshold_mode", threshold_mode, {"rel": True, "abs": False})
        self.cooldown = check_whole("cooldown", cooldown, 0)
        self.min_lr = check_number("min_lr", min_lr, 0)
        self.sign = choose("mode", mode, {"min": 1.0, "max": -1.0})
        self.best: Any = np.finfo(np.float64).max  # this and the next two are one number, or one for each run
        self.bad: Any = 0
        self.waiting: Any = 0
        self.rates = [self.base_lr]
        for observation in metric:
            self.observe(observation)

    def observe(self, metric: Rate) -> None:
        """Take the metric of the update just made; NaN and infinity count as bad."""
        signed = self.sign * np.asarray(metric, dtype=np.float64)
        better = signed < self.best - self.threshold * (np.abs(self.best) if self.relative else 1.0)
        self.best = np.where(better, signed, self.best)
        self.bad = np.where(better | (self.waiting > 0), 0, self.bad + 1)
        self.waiting = np.maximum(self.waiting - 1, 0)
        cut = self.bad > self.patience
        self.bad = np.where(cut, 0, self.bad)
        self.waiting = np.where(cut, self.cooldown, self.waiting)
        rate = np.where(cut, np.maximum(self.factor * self.rates[-1], self.min_lr), self.rates[-1])
        self.rates.append(rate if rate.ndim else float(rate))

    def __call__(self, step: int) -> Rate:
        return self.rates[min(step, len(self.rates) - 1)]


SCHEDULES: dict[str, type[Schedule]] = {
    "constant": Constant,
    "step": Step,
    "multi_step": MultiStep,
    "exponential": Exponential,
    "linear": Linear,
    "polynomial": Polynomial,
    "cosine_annealing": CosineAnnealing,
    "cosine_warm_restarts": CosineWarmRestarts,
    "warmup_cosine": WarmupCosine,
    "cyclic": Cyclic,
    "one_cycle": OneCycle,
    "reduce_on_plateau": ReduceOnPlateau,
}
