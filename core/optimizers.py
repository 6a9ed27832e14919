"""The update rules: each takes a gradient and moves the parameters; none knows where the gradient came from.

x parameters, g gradient, t number of the update from 1, lr learning rate; all arrays have the shape of params.
Every rule is tested against trajectories of torch 2.13 and follows torch where frameworks disagree.
"""

import numpy as np

from core.optimizer_base import Array, Optimizer, Range, average, average_square, descend, power, root, table


class SGD(Optimizer):
    """Gradient descent: x <- x - lr g.

    Source: Cauchy 1847; stochastic, with g from a mini-batch: Robbins & Monro 1951. Weight decay is coupled: weight_decay x
    is added to g.
    """

    defaults = table(lr=1e-3, weight_decay=0.0)
    fixed = table(momentum=0, dampening=0, nesterov=False)

    def update(self, x: Array, g: Array) -> None:
        g = self.coupled_decay(x, g)
        np.multiply(g, self.const["lr"], self.scratch)
        np.subtract(x, self.scratch, x)


class Momentum(Optimizer):
    """Heavy ball: v <- momentum v + (1 - dampening) g; x <- x - lr v, and v = g at the first update.

    Source: Polyak 1964. As torch, lr stays outside the buffer; v <- momentum v - lr g differs as soon as lr changes.
    """

    defaults = table(lr=1e-3, momentum=0.9, dampening=0.0, weight_decay=0.0)
    fixed = table(nesterov=False)
    buffers = ("v",)

    def update(self, x: Array, g: Array, v: Array) -> None:
        self.accumulate(self.coupled_decay(x, g), v)
        np.multiply(v, self.const["lr"], self.scratch)
        np.subtract(x, self.scratch, x)

    def accumulate(self, g: Array, v: Array) -> None:
        """v <- momentum v + (1 - dampening) g."""
        if self.t == 1:
            np.copyto(v, g)
            return
        np.multiply(v, self.const["momentum"], v)
        if self.uses.get("dampening"):
            g = np.multiply(g, self.shares["dampening"][1], self.scratch)
        np.add(v, g, v)


class Nesterov(Momentum):
    """Accelerated gradient: v <- momentum v + g; x <- x - lr (g + momentum v).

    Source: Nesterov 1983 as rewritten by Sutskever et al. 2013. As torch, g is taken at the current x, not at a
    look-ahead point; the two describe the same path up to a change of variables.
    """

    defaults = table(lr=1e-3, momentum=0.9, weight_decay=0.0)
    fixed = table(nesterov=True, dampening=0)
    ranges = table(momentum=Range(0.0, 1.0, True, True))

    def update(self, x: Array, g: Array, v: Array) -> None:
        s = self.scratch
        g = self.coupled_decay(x, g)
        self.accumulate(g, v)
        np.multiply(v, self.const["momentum"], s)
        np.add(g, s, s)
        descend(x, self.const["lr"], s)


class Adagrad(Optimizer):
    """a <- a + g²; x <- x - lr / (1 + (t-1) lr_decay) g / (√a + eps).

    Source: Duchi, Hazan & Singer 2011. As torch, a starts at 0 and eps is outside the root (optax: 0.1 and inside).
    """

    defaults = table(lr=1e-2, lr_decay=0.0, weight_decay=0.0, initial_accumulator_value=0.0, eps=1e-10)
    buffers = ("a",)

    def update(self, x: Array, g: Array, a: Array) -> None:
        s = self.scratch
        g = self.coupled_decay(x, g)
        if self.t == 1:
            a[...] = self.const["initial_accumulator_value"]
        np.multiply(g, g, s)
        np.add(a, s, a)
        np.sqrt(a, s)
        np.add(s, self.const["eps"], s)
        np.divide(g, s, s)
        descend(x, self.cast(self.lr / (1.0 + (self.t - 1) * self.hyper["lr_decay"])), s)


class RMSprop(Optimizer):
    """v <- α v + (1-α) g²; x <- x - lr g / (√v + eps); centered: v - a² for v, with a <- α a + (1-α) g.

    With momentum: b <- momentum b + g / (√v + eps); x <- x - lr b.
    Source: Tieleman & Hinton 2012, lecture 6.5; centered: Graves 2013. As torch, eps is outside the root (optax:
    inside) and no bias is corrected. Unlike torch, v - a² is kept >= 0: rounding makes it negative under a constant g.
    """

    defaults = table(lr=1e-2, alpha=0.99, eps=1e-8, weight_decay=0.0, momentum=0.0, centered=False)

    def __init__(self, lr: Array | float | None = None, **hyper: object) -> None:
        super().__init__(lr, **hyper)
        self.moving = bool(np.any(self.hyper["momentum"]))
        self.buffers = ("v", *["a"] * self.hyper["centered"], *["b"] * self.moving)

    def update(self, x: Array, g: Array, v: Array, *others: Array) -> None:
        s = self.scratch
        g = self.coupled_decay(x, g)
        average_square(v, g, self.shares["alpha"], s)
        if self.hyper["centered"]:
            a = self.buffer["a"]
            average(a, g, self.shares["alpha"], s)
            np.multiply(a, a, s)
            np.subtract(v, s, s)
            np.maximum(s, 0.0, out=s)
            np.sqrt(s, s)
        else:
            np.sqrt(v, s)
        np.add(s, self.const["eps"], s)
        np.divide(g, s, s)
        if self.moving:
            b = self.buffer["b"]
            np.multiply(b, self.const["momentum"], b)
            np.add(b, s, b)
            np.copyto(s, b)
        descend(x, self.const["lr"], s)


class Adam(Optimizer):
    """m <- β1 m + (1-β1) g; v <- β2 v + (1-β2) g²; x <- x - lr m̂ / (√v̂ + eps), m̂ = m/(1-β1ᵗ), v̂ = v/(1-β2ᵗ).

    Source: Kingma & Ba 2015, algorithm 1. eps is outside the root and added after the bias correction.
    Weight decay is coupled (it enters m and v); AdamW decouples it.
    """

    defaults = table(lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0)
    fixed = table(amsgrad=False)
    buffers = ("m", "v")

    def update(self, x: Array, g: Array, m: Array, v: Array) -> None:
        g = self.coupled_decay(x, g)
        average(m, g, self.shares["beta1"], self.scratch)
        average_square(v, g, self.shares["beta2"], self.scratch)
        self.move(x, m, v)

    def move(self, x: Array, m: Array, v: Array) -> None:
        """x <- x - lr m̂ / (√v̂ + eps), the corrections folded into eps and lr: one pass less over the stack each."""
        s, hyper = self.scratch, self.hyper
        root_c2 = root(1.0 - power(hyper["beta2"], self.t))
        np.sqrt(v, s)
        np.add(s, self.cast(root_c2) * self.const["eps"], s)
        np.divide(m, s, s)
        descend(x, self.cast(hyper["lr"] * root_c2 / (1.0 - power(hyper["beta1"], self.t))), s)


class AdamW(Adam):
    """x <- x (1 - lr weight_decay), then Adam's step with g unchanged.

    Source: Loshchilov & Hutter 2019, algorithm 2; as torch, the decay is multiplied by lr.
    """

    defaults = table(lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=1e-2)

    def update(self, x: Array, g: Array, m: Array, v: Array) -> None:
        self.decoupled_decay(x)
        average(m, g, self.shares["beta1"], self.scratch)
        average_square(v, g, self.shares["beta2"], self.scratch)
        self.move(x, m, v)


OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": SGD,
    "momentum": Momentum,
    "nesterov": Nesterov,
    "adagrad": Adagrad,
    "rmsprop": RMSprop,
    "adam": Adam,
    "adamw": AdamW,
}
