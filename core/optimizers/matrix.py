"""Rules for matrices: Adafactor stores row and column means, Muon equalizes singular values."""

import math
from typing import Self

import numpy as np

from core.checks import InputError
from core.optimizers.base import Array, Number, Optimizer, Shapes, average
from core.optimizers.options import (
    choice,
    epsilon,
    learning_rate,
    not_negative,
    number,
    positive,
    scalar,
    several,
    share,
    switch,
    whole,
)


class MatrixOptimizer(Optimizer):
    """A rule on the consecutive matrices (rows, cols) or vectors (n,) inside P, listed in `shapes`.

    Without shapes all of params is one vector. Results depend on the grouping; here W and b of a layer are one matrix.
    """

    block = "runs"
    scripted = False

    def init(self, params: Array, shapes: Shapes | None = None) -> Self:
        super().init(params)
        self.shapes = [tuple(shape) for shape in shapes] if shapes else [params.shape[-1:]]
        total = sum(math.prod(shape) for shape in self.shapes)
        if any(len(shape) not in (1, 2) for shape in self.shapes) or total != params.shape[-1]:
            raise InputError(f"shapes is {self.shapes}, but must be matrices or vectors of {params.shape[-1]} numbers")
        return self

    def pieces(self, x: Array) -> list[Array]:
        """Return views of x (R, P), each (R, rows, cols) or (R, n)."""
        rows, start, views = x.reshape(-1, x.shape[-1]), 0, []
        for shape in self.shapes:
            views.append(rows[:, start : start + math.prod(shape)].reshape(-1, *shape))
            start += math.prod(shape)
        return views


def lift(value: Number, like: Array) -> Array:
    """Return a number, or one per run, that broadcasts over pieces of shape `like`."""
    return np.reshape(np.asarray(value, like.dtype), (-1,) + (1,) * (like.ndim - 1))


def mean_square(x: Array) -> Array:
    """Mean of x² over a piece, (R, 1, ...), axis by axis, so that a stack sums in the order of a single run."""
    total = x * x
    for axis in range(x.ndim - 1, 0, -1):
        total = total.sum(axis=axis, keepdims=True)
    return total / x[0].size


class Adafactor(MatrixOptimizer, rates=(0.01, 0.3)):
    """V ≈ r c / mean(r), the margins r, c of the averaged g²; u = g/√V; x <- x - α u / max(1, RMS(u)/d).

    wₜ = t^beta2_decay; r <- r + wₜ (rowmean(g²) - r), c likewise over columns (vector: V <- V + wₜ (g² - V)); α =
    max(eps2, RMS(x)) min(lr, 1/√t); x decays by lr weight_decay first; V is kept >= eps1². Source: Shazeer & Stern
    2018, with torch's choices; eps1 is torch's float64 default.
    """

    lr: Number = learning_rate(1e-2)
    beta2_decay: Number = scalar(-0.8, high=0.0)
    eps1: Number = not_negative(np.finfo(float).eps.item())
    eps2: Number = not_negative(1e-3)
    d: Number = positive(1.0)
    weight_decay: Number = not_negative(0.0)

    def init(self, params: Array, shapes: Shapes | None = None) -> Self:
        super().init(params, shapes)
        for i, x in enumerate(self.pieces(params)):
            margins = {"r": x[..., :1], "c": x[:, :1]} if x.ndim == 3 else {"V": x}
            self.buffer |= {f"{name}{i}": np.zeros_like(part, order="C") for name, part in margins.items()}
        return self

    def decayed(self, x: Array, g: Array) -> Array:
        """The gradient itself: x decays in `update`, after its size was measured."""
        return g

    def update(self, x: Array, g: Array, *margins: Array) -> None:
        buffers, decay = iter(margins), 1.0 - self.lr * self.weight_decay
        rate = np.minimum(self.lr, 1.0 / math.sqrt(self.t))
        w_t, tiny = float(self.t) ** np.asarray(self.beta2_decay), np.finfo(x.dtype).tiny
        for x_i, g_i in zip(self.pieces(x), self.pieces(g), strict=True):
            w, eps1 = lift(w_t, g_i), lift(self.eps1, g_i)
            alpha = np.maximum(lift(self.eps2, g_i), np.sqrt(mean_square(x_i))) * lift(rate, g_i)
            if self._decays:
                x_i *= lift(decay, g_i)
            u = g_i * g_i
            if u.ndim == 3:
                r, c = next(buffers), next(buffers)
                r += w * (u.mean(axis=2, keepdims=True) - r)
                c += w * (u.mean(axis=1, keepdims=True) - c)
                V = r * c / np.maximum(r.mean(axis=1, keepdims=True), np.maximum(eps1, tiny))
            else:
                V = next(buffers)
                V += w * (u - V)
            u = g_i / np.sqrt(np.maximum(V, np.maximum(eps1**2, tiny)))
            limit = np.maximum(np.sqrt(mean_square(u)) / lift(self.d, u), np.ones((), u.dtype))
            x_i -= u * (alpha / limit)


class Muon(MatrixOptimizer, rates=(1e-3, 1e-3), buffers=("B",)):
    """B <- μ B + (1-μ) g; U = (1-μ) g + μ B, or B without nesterov; x <- (1 - lr weight_decay) x - lr s NS(U).

    NS iterates X <- a X + (b XXᵀ + c (XXᵀ)²) X from U/‖U‖, which drives all singular values towards 1. s = √max(1,
    rows/cols), or 0.2 √max(rows, cols) for adjust_lr_fn "match_rms_adamw". Source: Jordan et al. 2024. A vector counts
    as one row.
    """

    weight_decay: Number = not_negative(0.1)
    momentum: Number = share(0.95)
    nesterov: bool = switch(True)
    ns_coefficients: tuple[float, float, float] = several((3.4445, -4.7750, 2.0315), each=number(), count=3)
    eps: Number = epsilon(1e-7)
    ns_steps: int = whole(5, high=100)
    adjust_lr_fn: str | None = choice(None, allowed=(None, "original", "match_rms_adamw"))
    still = {"weight_decay": 0.0}
    decoupled_weight_decay = True

    def _prepare(self) -> None:
        super()._prepare()
        self.rooms: dict[tuple[int, ...], list[Array]] = {}  # buffers for matrices of each shape

    def update(self, x: Array, g: Array, B: Array) -> None:
        average(B, g, self.momentum)
        U = self.momentum * B + (1 - self.momentum) * g if self.nesterov else B
        for x_i, U_i in zip(self.pieces(x), self.pieces(U), strict=True):
            rows, cols = (1, *x_i.shape[1:])[-2:]
            matrix = x_i.reshape(-1, rows, cols)
            X = self.orthogonalize(U_i.reshape(matrix.shape))
            scale = math.sqrt(max(1.0, rows / cols))
            if self.adjust_lr_fn == "match_rms_adamw":
                scale = 0.2 * math.sqrt(max(rows, cols))
            np.multiply(X, lift(self.lr * scale, X), X)
            np.subtract(matrix, X if rows <= cols else X.swapaxes(1, 2), matrix)

    def orthogonalize(self, U: Array) -> Array:
        """Return X (R, short, long), near U with its singular values near 1; transposed when U has more rows."""
        if U.shape not in self.rooms:
            runs, short, long = len(U), min(U.shape[1:]), max(U.shape[1:])
            self.rooms[U.shape] = [np.empty((runs, short, side), self.dtype) for side in (long, long, short, short)]
        X, Y, G, H = self.rooms[U.shape]
        a, b, c = (np.asarray(number, self.dtype) for number in self.ns_coefficients)
        np.copyto(X, U if U.shape[1] <= U.shape[2] else U.swapaxes(1, 2))
        peak = np.absolute(X, Y).reshape(len(X), -1).max(axis=1)
        peak[peak == 0.0] = 1.0
        np.divide(X, lift(peak, X), X)  # prevents overflow of squares
        norm = np.sqrt(np.multiply(X, X, Y).reshape(len(X), -1).sum(axis=1))
        np.divide(X, np.maximum(lift(norm, X), lift(self.eps, X) / lift(peak, X)), X)
        for _ in range(self.ns_steps):
            np.matmul(X, X.swapaxes(1, 2), G)
            np.matmul(G, G, H)
            np.multiply(H, c, H)
            np.multiply(G, b, G)
            np.add(G, H, G)
            np.matmul(G, X, Y)
            np.multiply(X, a, X)
            np.add(X, Y, X)
        return X


RULES: dict[str, type[Optimizer]] = {"adafactor": Adafactor, "muon": Muon}
