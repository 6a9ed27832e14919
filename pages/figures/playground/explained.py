"""Explains everything on the playground's screen in words and formulas, with current numbers."""

import re
import tomllib
from pathlib import Path

import numpy as np

from core.nn.layers import Activate, Conv2d
from core.nn.network import Pass
from core.playground.playground import Playground
from core.studies.wording import RAISED
from pages.figures.common.formulas import formula_of
from pages.figures.common.words import words

TEXTS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
TERMS = 3  # terms of a sum that are written out
FLAT = 1e-6  # largest curvature below which a limit of the rate says nothing: one step leads out of the flat place
FORMULA = re.compile(r"(\$\$?.*?\$\$?)", re.DOTALL)
POWER = re.compile(r"(?<=\d)e([+-]\d+)")  # as Python writes a power of ten
MINUS_ZERO = re.compile(r"(?<!\w)-0(?![\d.])")  # as Python writes a product with zero


def standing(result: Playground) -> str:
    """The scores of the network and its baselines, in one line."""
    name, frame = "accuracy" if result.score == "accuracy" else "R²", result.present
    scores = {"test": frame.test_score[0], "train": frame.train_score[0], **result.baselines()}
    return TEXTS["standing"]["text"].format(name=name, **{of: _known(score, 3) for of, score in scores.items()})


def _known(value: float, digits: int = 4) -> str:
    """The number if there is one: a diverged run has no loss, and equal targets have no R²."""
    return f"{value:.{digits}g}" if np.isfinite(value) else "undefined"


def powers(text: str) -> str:
    """The Markdown with powers of ten as people write them: in a formula 4.5e-54 would read as a difference."""
    parts = FORMULA.split(MINUS_ZERO.sub("0", text))
    parts[1::2] = [POWER.sub(lambda found: rf" \cdot 10^{{{int(found[1])}}}", part) for part in parts[1::2]]
    parts[::2] = [POWER.sub(lambda found: f"·10{str(int(found[1])).translate(RAISED)}", part) for part in parts[::2]]
    return "".join(parts)


def sharpness_told(value: float, samples: int, of: int) -> str:
    """The largest curvature as a limit of the learning rate."""
    texts = TEXTS["sharpness"]
    if not np.isfinite(value):
        return texts["unknown"]
    measured = "" if samples == of else texts["part"].format(samples=samples, of=of)
    if value < FLAT:
        return texts["flat" if value <= 0 else "level"].format(measured=measured)
    return powers(texts["text"].format(measured=measured, value=value, limit=2 / value))


def one_sample(result: Playground) -> Pass:
    """The selected sample, passed forward and back with the current weights."""
    x, t = result.shown_sample()
    work = Pass(result.network, result.params[None], 1)
    with np.errstate(all="ignore"):
        work.forward(x)
        work.backward(t)
    return work


def explained(result: Playground, layer: int, unit: int) -> list[tuple[str, str]]:
    """Titles and Markdown on one unit (layer and unit from 0): forward, loss, backward, update, and the drawing."""
    told = {
        "forward": _forward(result, layer, unit),
        "loss": _loss(result),
        "backward": _backward(result, layer, unit),
        "update": _update(result, layer, unit),
        "scores": TEXTS["scores"][result.score],
        "drawing": TEXTS["drawing"]["picture" if result.sees_pictures else "plane"],
    }
    return [(TEXTS[part]["title"], powers(text)) for part, text in told.items()]


def _forward(result: Playground, layer: int, unit: int) -> str:
    work, texts = one_sample(result), TEXTS["forward"]
    weights, bias = work.network.unpack(result.params)[layer]
    given, place = work.affine[layer].heard(unit)
    terms = [f"({w:.3g})({a:.3g})" for w, a in zip(weights[unit].ravel()[:TERMS], given, strict=False)]
    terms += [r"\dots"] if len(given) > TERMS else []
    output = texts["last"]
    if layer < len(work.affine) - 1:
        active = _activation(work, layer)
        output = texts["hidden"].format(said=active.above.values[0, place, 0], formula=active.function.formula)
        output += texts["picture"] * (len(work.affine[layer].outputs) == 3)
    total = work.affine[layer].above.values[0, place, 0]
    return texts["text"].format(terms=" + ".join([*terms, f"({bias[unit]:.3g})"]), total=total, output=output)


def _activation(work: Pass, layer: int) -> Activate:
    """The activation layer that follows a layer with weights."""
    return [leaf for leaf in work.leaves if isinstance(leaf, Activate)][layer]


def _loss(result: Playground) -> str:
    frame, texts = result.present, TEXTS["loss"]
    numbers = {"train": frame.train_loss[0], "test": frame.test_loss[0], "penalty": frame.penalty[0]}
    name, formula = words(result.trainer.loss), result.network.loss.formula
    told = {of: _known(value) for of, value in numbers.items()}
    return texts["text"].format(name=name, formula=formula, sum=texts["penalty"], **told)


def _backward(result: Playground, layer: int, unit: int) -> str:
    work, texts = one_sample(result), TEXTS["backward"]
    affine = work.affine[layer]
    given, place = affine.heard(unit)
    back = affine.above.delta
    delta = back[0, place, 0]
    source = texts["last"].format(delta=delta)
    if layer < len(work.affine) - 1:
        active, above = _activation(work, layer), work.affine[layer + 1]
        slope = active.function.derivative(active.below.values)[0, place, 0]
        numbers = texts["between"].format(slope=slope, delta=delta)  # if other layers lie in between
        if active.below is affine.above and above.below is active.above and len(above.kernel_shape) == 1:
            told = work.network.unpack(result.params)[layer + 1].W[:, place] @ above.above.delta[0, :, 0]
            numbers = texts["product"].format(told=told, slope=slope, delta=delta)
        source = texts["hidden"].format(numbers=numbers)
    if isinstance(affine, Conv2d):
        gradient = back[0].reshape(affine.channels, -1)[unit] @ affine.columns[0, 0]
        first = texts["window"].format(slope=gradient)
    else:
        first = texts["weight"].format(delta=delta, a=given[0], slope=delta * given[0])
    return texts["text"].format(source=source, first=first, batch=result.trainer.batches.size)


def _update(result: Playground, layer: int, unit: int) -> str:
    weight = result.network.unpack(result.params)[layer].W[unit].flat[0]
    slope, lr = result.inside().gradients[layer].W[unit].flat[0], result.settings.lr
    numbers = {"weight": weight, "slope": slope, "lr": lr, "step": -lr * slope}
    rule = formula_of("", type(result.trainer.rule))
    return TEXTS["update"]["text"].format(name=words(result.settings.optimizer), rule=rule, **numbers)
