"""Learning rate schedules: the rate as a function of the update.

`schedule = SCHEDULES["cosine_annealing"](base_lr, T_max=100)` is made once; `schedule(t)` is then the rate of update t
+ 1, where t = 0, 1, ... counts updates, not epochs. All except reduce_on_plateau are closed forms without state, so a
resumed run needs only t. base_lr is one number or one for each of R runs (R,); the rate has the same shape. Parameters
carry torch's names and are tested against torch 2.13.
"""

import math
from bisect import bisect_right
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from core.checks import InputError, check_number, check_whole
from core.optimizers.options import HasOptions, OneNumber, Option, choice, number, several, switch, whole

Rate = Any  # a float, or an array (R,) with one rate per run


@dataclass(frozen=True)
class RateOption(OneNumber):
    """A rate above 0, or one per run."""

    def read(self, name: str, value: Any) -> Rate:
        rates = self.floats(name, value)
        return rates.copy() if rates.ndim else float(rates)


@dataclass(frozen=True)
class Observations(Option):
    """Earlier observations, each for all runs or one per run; NaN and infinity are allowed."""

    def read(self, name: str, value: Any) -> Any:
        try:
            return [np.asarray(each, dtype=np.float64) for each in value]
        except (TypeError, ValueError):
            raise InputError(f"{name} is {value!r}, but must be a list of numbers") from None


rate: Any = partial(RateOption, low=0.0, open_low=True)
fraction: Any = partial(number, low=0.0, high=1.0, open_low=True)


def _cosine(start: Rate, end: Rate, progress: float) -> Rate:
    """Half a cosine wave from `start` at progress 0 to `end` at 1."""
    return end + (start - end) * (1 + math.cos(math.pi * progress)) / 2


def _linear(start: Rate, end: Rate, progress: float) -> Rate:
    return start + (end - start) * progress


class Schedule(HasOptions):
    """The rate of every update, `schedule(t)`. A subclass declares its parameters and computes in `__call__`."""

    formula: str  # LaTeX
    color: int | None = None  # its index in the charts' palette
    torch = ""  # its name in torch.optim.lr_scheduler, if torch has the same rates

    def __init__(self, base_lr: Rate, /, **parameters: Any):
        self.base_lr: Rate = rate().read("base_lr", base_lr)
        super().__init__(**parameters)

    def __call__(self, step: int) -> Rate:
        """Return the learning rate of update step + 1, for a step from 0."""
        raise NotImplementedError

    @classmethod
    def fit(cls, steps: int) -> dict[str, Any]:
        """Suitable parameters for a run of this many updates."""
        return {name: option.fit(steps) for name, option in cls.options().items() if option.fit}


class Constant(Schedule, color=0, torch="ConstantLR"):
    """A constant rate; with a factor, base_lr * factor for the first total_iters updates.

    factor is 1 unless given: torch's ConstantLR uses 1/3, which is surprising for a constant schedule.
    """

    formula = r"\eta_t = \eta \cdot (\mathrm{factor} \text{ if } t < \mathrm{total\_iters} \text{ else } 1)"
    factor: float = fraction(1.0)
    total_iters: int = whole(5)

    def __call__(self, step: int) -> Rate:
        return self.base_lr * (self.factor if step < self.total_iters else 1.0)


class Step(Schedule, color=1, torch="StepLR"):
    """Times gamma after every step_size updates."""

    formula = r"\eta_t = \eta \, \gamma^{\lfloor t / \mathrm{step\_size} \rfloor}"
    step_size: int = whole(fit=lambda steps: max(1, steps // 3))
    gamma: float = fraction(0.1)

    def __call__(self, step: int) -> Rate:
        return self.base_lr * self.gamma ** (step // self.step_size)


class MultiStep(Schedule, color=7, torch="MultiStepLR"):
    """Times gamma at each milestone (He et al. 2016 for the first residual networks)."""

    formula = r"\eta_t = \eta \, \gamma^{\#\{m \le t\}}"
    milestones: list[int] = several(each=whole(low=0), fit=lambda steps: [max(1, steps // 2), max(1, 3 * steps // 4)])
    gamma: float = fraction(0.1)

    def _ready(self) -> None:
        self.milestones = sorted(self.milestones)

    def __call__(self, step: int) -> Rate:
        return self.base_lr * self.gamma ** bisect_right(self.milestones, step)


class Exponential(Schedule, formula=r"\eta_t = \eta \, \gamma^t", color=2, torch="ExponentialLR"):
    """Times gamma after every update."""

    gamma: float = fraction(fit=lambda steps: 0.01 ** (1 / max(1, steps)))

    def __call__(self, step: int) -> Rate:
        return self.base_lr * self.gamma**step


class CosineAnnealing(Schedule, color=3, torch="CosineAnnealingLR"):
    """Half a cosine wave down to eta_min at T_max (Loshchilov & Hutter 2017); then, as in torch, up again."""

    formula = r"\eta_t = \eta_{\min} + \tfrac12 (\eta - \eta_{\min}) \left(1 + \cos \frac{\pi t}{T_{\max}}\right)"
    T_max: int = whole(fit=lambda steps: max(1, steps))
    eta_min: float = number(0.0, low=0.0)

    def __call__(self, step: int) -> Rate:
        return _cosine(self.base_lr, self.eta_min, step % (2 * self.T_max) / self.T_max)


class CosineWarmRestarts(Schedule, color=8, torch="CosineAnnealingWarmRestarts"):
    """SGDR: the cosine restarts after T_0 updates, then after T_0 T_mult, ... (Loshchilov & Hutter 2017, eq. 5)."""

    formula = r"\eta_t = \eta_{\min} + \tfrac12 (\eta - \eta_{\min}) \left(1 + \cos \frac{\pi T_{cur}}{T_i}\right)"
    T_0: int = whole(fit=lambda steps: max(1, -(-steps // 7)))  # three rounds: 1/7, 2/7 and 4/7 of the run
    T_mult: int = whole(1, fit=lambda steps: 2)
    eta_min: float = number(0.0, low=0.0)

    def __call__(self, step: int) -> Rate:
        T_i, T_cur = self.T_0, step
        if self.T_mult == 1:
            T_cur %= T_i
        while T_cur >= T_i:
            T_cur, T_i = T_cur - T_i, T_i * self.T_mult
        return _cosine(self.base_lr, self.eta_min, T_cur / T_i)


class OneCycle(Schedule, color=4, torch="OneCycleLR"):
    """Up to max_lr, then down to almost 0 (Smith & Topin 2017), like torch's OneCycleLR.

    From max_lr / div_factor up until update pct_start * total_steps, and down to 1 / final_div_factor of the initial
    rate; three_phase first comes down symmetrically. max_lr is base_lr unless given. After total_steps the last rate
    stays.
    """

    formula = r"\eta_{\max}/\mathrm{div} \nearrow \eta_{\max} \searrow \eta_{\max}/(\mathrm{div} \cdot \mathrm{final})"
    total_steps: int = whole(fit=lambda steps: max(1, steps))
    max_lr: Rate = rate(None)
    pct_start: float = number(0.3, low=0.0, high=1.0)
    anneal_strategy: str = choice("cos", allowed=("cos", "linear"))
    div_factor: float = number(25.0, low=0.0, open_low=True)
    final_div_factor: float = number(1e4, low=0.0, open_low=True)
    three_phase: bool = switch(False)

    def _ready(self) -> None:
        check_number("pct_start", self.pct_start, 0, 0.5 if self.three_phase else 1)
        self.max_lr = self.base_lr if self.max_lr is None else self.max_lr
        self.anneal = _cosine if self.anneal_strategy == "cos" else _linear
        rise, start = self.pct_start * self.total_steps - 1, self.max_lr / self.div_factor
        turns = [(rise, self.max_lr), (2 * rise, start)] if self.three_phase else [(rise, self.max_lr)]
        last = (self.total_steps - 1.0, start / self.final_div_factor)
        self.turns = [(0.0, start), *turns, last]  # (update, rate) at the ends of the phases

    def __call__(self, step: int) -> Rate:
        for (begin, rate), (end, next_rate) in zip(self.turns[:-1], self.turns[1:], strict=True):
            if step <= end:
                return self.anneal(rate, next_rate, (step - begin) / (end - begin) if end > begin else 1.0)
        return self.turns[-1][1]


class Linear(Schedule, formula=r"\eta_t = \eta \left(s + (e - s) \min(t, T) / T\right)", color=5, torch="LinearLR"):
    """From start_factor to end_factor of base_lr in total_iters updates: a warm-up when it starts low."""

    start_factor: float = fraction(1 / 3)
    end_factor: float = number(1.0, low=0.0, high=1.0)
    total_iters: int = whole(5, fit=lambda steps: max(1, steps // 10))

    def __call__(self, step: int) -> Rate:
        progress = min(step, self.total_iters) / self.total_iters
        return self.base_lr * _linear(self.start_factor, self.end_factor, progress)


class Polynomial(Schedule, color=6, torch="PolynomialLR"):
    """Down to 0 in total_iters updates along (1 - t/T)^power."""

    formula = r"\eta_t = \eta \left(1 - \min(t, T) / T\right)^p"
    total_iters: int = whole(5, fit=lambda steps: max(1, steps))
    power: float = number(1.0, low=0.0)

    def __call__(self, step: int) -> Rate:
        return self.base_lr * (1 - min(step, self.total_iters) / self.total_iters) ** self.power


class Cyclic(Schedule, color=10, torch="CyclicLR"):
    """Up and down between base_lr and max_lr (Smith 2017); max_lr is 10 base_lr unless given.

    mode: triangular; triangular2 halves the height each cycle; exp_range shrinks it by gamma each update.
    """

    formula = r"\eta_t = \eta + (\eta_{\max} - \eta) \cdot \mathrm{triangle}(t) \cdot \mathrm{height}(t)"
    max_lr: Rate = rate(None)
    step_size_up: int = whole(2000, fit=lambda steps: max(1, steps // 8))
    step_size_down: int | None = whole(None)
    mode: str = choice("triangular", allowed=("triangular", "triangular2", "exp_range"))
    gamma: float = fraction(1.0)

    def _ready(self) -> None:
        self.max_lr = 10 * self.base_lr if self.max_lr is None else self.max_lr
        self.up = self.step_size_up
        self.down = self.step_size_down or self.up

    def __call__(self, step: int) -> Rate:
        cycle, t = divmod(step, self.up + self.down)
        triangle = t / self.up if t <= self.up else (self.up + self.down - t) / self.down
        height = {"triangular": 1.0, "triangular2": 0.5**cycle, "exp_range": self.gamma**step}[self.mode]
        return self.base_lr + (self.max_lr - self.base_lr) * (triangle * height)


class WarmupCosine(Schedule, formula=r"\text{linear for } t < w, \text{ then the cosine of } t - w", color=9):
    """A linear warm-up from start_factor * base_lr (Goyal et al. 2017), then a cosine of T_max updates from its end."""

    T_max: int = whole(fit=lambda steps: max(1, steps - steps // 10))
    warmup: int = whole(5, low=0, fit=lambda steps: steps // 10)
    start_factor: float = fraction(0.1)
    eta_min: float = number(0.0, low=0.0)

    def _ready(self) -> None:
        check_whole("warmup", self.warmup, 0, self.T_max)
        self.cosine = CosineAnnealing(self.base_lr, T_max=self.T_max, eta_min=self.eta_min)

    def __call__(self, step: int) -> Rate:
        if step < self.warmup:
            return self.base_lr * _linear(self.start_factor, 1.0, step / self.warmup)
        return self.cosine(step - self.warmup)


class ReduceOnPlateau(Schedule, color=11):
    """Times factor when the metric has not improved for more than `patience` observations in a row.

    As torch's. Better is < best (1 - threshold), or < best - threshold in the mode "abs"; in the mode "max" > best (1 +
    threshold), or > best + threshold. After each reduction it waits `cooldown` observations; one of `eps` or less is
    skipped. Call `observe(metric)`, a number or one for each run, after each update: schedule(t) is then the rate after
    t observations, or the last known one. `metric`: earlier observations, to resume from.
    """

    formula = r"\eta \leftarrow \max(\mathrm{factor} \cdot \eta, \eta_{\min}) \text{ after a plateau}"
    factor: float = number(0.1, low=0.0, high=1.0, open_high=True)
    patience: int = whole(10, low=0)
    threshold: float = number(1e-4, low=0.0)
    threshold_mode: str = choice("rel", allowed=("rel", "abs"))
    cooldown: int = whole(0, low=0)
    min_lr: float = number(0.0, low=0.0)
    eps: float = number(1e-8, low=0.0)
    mode: str = choice("min", allowed=("min", "max"))
    metric: Any = Observations(())

    def _ready(self) -> None:
        self.relative = self.threshold_mode == "rel"
        self.sign = 1.0 if self.mode == "min" else -1.0
        self.best: Any = math.inf  # this and the next two are one number, or one per run
        self.bad: Any = 0
        self.waiting: Any = 0
        self.rates = [self.base_lr]
        for observation in self.metric:
            self.observe(observation)

    @np.errstate(invalid="ignore")  # if threshold is 1, ∞ (1 - threshold) is NaN, and nothing improves
    def observe(self, metric: Any) -> None:
        """Record the metric after an update; NaN and infinity count as bad."""
        value = self.sign * np.asarray(metric, dtype=np.float64)
        better = value < (self.best * (1 - self.sign * self.threshold) if self.relative else self.best - self.threshold)
        self.best = np.where(better, value, self.best)
        self.bad = np.where(better | (self.waiting > 0), 0, self.bad + 1)
        self.waiting = np.maximum(self.waiting - 1, 0)
        cut = self.bad > self.patience
        self.bad = np.where(cut, 0, self.bad)
        self.waiting = np.where(cut, self.cooldown, self.waiting)
        last, lower = self.rates[-1], np.maximum(self.factor * self.rates[-1], self.min_lr)
        rate = np.where(cut & (last - lower > self.eps), lower, last)
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
