"""Explains everything on the playground's screen in words and formulas, with current numbers."""

import numpy as np

from core.nn.layers import Activate, Conv2d
from core.nn.network import Pass
from core.playground.playground import Playground
from pages.figures.common.words import words

DRAWN = (
    "**Tiles** are scaled to their own largest value, **frames** show δ in powers of ten. **Prediction**: the "
    "probability of the second of two classes, the most likely of several, or the predicted value. Data with more than "
    "two features is shown in the plane of its first two principal components, or of two features chosen under View."
)
DRAWN_OF_A_PICTURE = (
    "**Columns**: one training picture, which you choose under View, and each layer's output for it, scaled to the "
    "largest value of the layer. **Links**: the mean weight of the window between channels, or of all positions to a "
    "dense unit; a filter whose weights cancel out has a pale link, however strong it is. **Grey lines**: pooling, "
    "which has no weights. **Frames**: δ over all positions. The class with the largest output is the prediction; the "
    "true class is in bold. The map shows pictures in between the samples, in the plane chosen under View."
)
TERMS = 3  # terms of a sum that are written out
DW = r"\frac{\partial L}{\partial w}"


def standing(result: Playground) -> str:
    """The scores of the network and its baselines, in one line."""
    name = "accuracy" if result.score == "accuracy" else "R²"
    frame, others = result.present, result.baselines()
    return (
        f"Test {name} **{frame.test_score[0]:.3g}**, training {frame.train_score[0]:.3g}; on the test samples a "
        f"linear model reaches {others['linear']:.3g}, ten nearest neighbours {others['neighbours']:.3g}, the best "
        f"constant answer {others['majority']:.3g}."
    )


def sharpness_told(value: float, samples: int, of: int) -> str:
    """The largest curvature as a limit of the learning rate."""
    if not np.isfinite(value):
        return "The sharpness of the loss cannot be measured here: it is not finite."
    measured = "" if samples == of else f", measured on {samples} of {of:,} training samples,"
    if value <= 0:
        return f"The loss{measured} curves upwards in no direction here: no learning rate is too large for one step."
    return (
        f"The sharpness of the loss{measured} is {value:.3g} here, so plain descent stays stable up to a learning rate "
        f"of 2/{value:.3g} = {2 / value:.3g}."
    )


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
    return [
        ("Forward: the unit's output", _forward(result, layer, unit)),
        ("Loss: how wrong the prediction is", _loss(result)),
        ("Backward: how sensitive the loss is to the unit", _backward(result, layer, unit)),
        ("Update: how the weights change", _update(result, layer, unit)),
        ("Scores: how good the predictions are", _scores(result)),
        ("What the picture shows", DRAWN_OF_A_PICTURE if result.sees_pictures else DRAWN),
    ]


def _forward(result: Playground, layer: int, unit: int) -> str:
    work = one_sample(result)
    weights, bias = work.network.unpack(result.params)[layer]
    given, place = work.affine[layer].heard(unit)
    terms = [f"({w:.3g})({a:.3g})" for w, a in zip(weights[unit].ravel()[:TERMS], given, strict=False)]
    terms += [r"\dots"] if len(given) > TERMS else []
    total = work.affine[layer].above.values[0, place, 0]
    text = f"$$z = \\sum_i w_i a_i + b = {' + '.join([*terms, f'({bias[unit]:.3g})'])} = {total:.4g}$$\n\n"
    if layer == len(work.affine) - 1:
        return f"{text}An output unit keeps its z; for classes, the loss turns it into a probability."
    active = _activation(work, layer)
    said = active.above.values[0, place, 0]
    where = " at the middle of the picture" * (len(work.affine[layer].outputs) == 3)
    return f"{text}$$a = f(z) = {said:.4g}, \\qquad f(x) = {active.function.formula}$$" + where


def _activation(work: Pass, layer: int) -> Activate:
    """The activation layer that follows a layer with weights."""
    return [leaf for leaf in work.leaves if isinstance(leaf, Activate)][layer]


def _loss(result: Playground) -> str:
    frame, penalty = result.present, r"\lambda_1 \sum |W| + \tfrac{\lambda_2}{2} \sum W^2"
    return (
        f"The loss is the {words(result.trainer.loss)}:\n\n$$L = {result.network.loss.formula}$$\n\nTraining "
        f"{frame.train_loss[0]:.4g}, test {frame.test_loss[0]:.4g}. The penalty on the weights, ${penalty}$ = "
        f"{frame.penalty[0]:.4g}, is **not** part of these losses; its gradient is part of every gradient."
    )


def _backward(result: Playground, layer: int, unit: int) -> str:
    work = one_sample(result)
    given, place = work.affine[layer].heard(unit)
    back = work.affine[layer].above.delta
    delta = back[0, place, 0]
    if layer == len(work.affine) - 1:
        source = f"$$\\delta = \\frac{{\\partial L}}{{\\partial z}} = {delta:.4g}$$\n\n"
    else:
        active = _activation(work, layer)
        slope = active.function.derivative(active.below.values)[0, place, 0]
        above, formula = work.affine[layer + 1], r"\delta = \Big(\sum_k w_k \delta_k\Big) f'(z)"
        if active.below is work.affine[layer].above and above.below is active.above and len(above.kernel_shape) == 1:
            told = work.network.unpack(result.params)[layer + 1].W[:, place] @ above.above.delta[0, :, 0]
            source = f"$${formula} = ({told:.3g})({slope:.3g}) = {delta:.4g}$$\n\n"
        else:  # other layers lie in between
            source = f"$${formula}, \\quad f'(z) = {slope:.3g}, \\quad \\delta = {delta:.4g}$$\n\n"
        source += "The sum runs over the units it feeds into.\n\n"
    if isinstance(convolution := work.affine[layer], Conv2d):
        slope = back[0].reshape(convolution.channels, -1)[unit] @ convolution.columns[0, 0]
        first = (
            f"Its first weight acts at all positions p of the picture:\n\n$${DW} = \\sum_p \\delta_p a_p = "
            f"{slope:.4g}$$"
        )
    else:
        first = f"Its first weight:\n\n$${DW} = \\delta\\, a = ({delta:.3g})({given[0]:.3g}) = {delta * given[0]:.4g}$$"
    return (
        f"{source}{first}\n\nThese are the numbers of one sample. The chart shows the mean over a batch of "
        f"{result.trainer.batches.size}, and for δ the root mean square."
    )


def _update(result: Playground, layer: int, unit: int) -> str:
    rule = type(result.trainer.rule)
    weight = result.network.unpack(result.params)[layer].W[unit].flat[0]
    slope = result.inside().gradients[layer].W[unit].flat[0]
    how = (rule.__doc__ or "").split("\n")[0]
    return (
        f"The rule is **{words(result.settings.optimizer)}**: {how}\n\nIts first weight is {weight:.4g}, its gradient "
        f"on the last batch {slope:.4g}, the learning rate {result.settings.lr:g}; plain SGD would go from w to w - "
        f"{result.settings.lr:g} × {slope:.3g}, a step of {-result.settings.lr * slope:.3g}."
    )


def _scores(result: Playground) -> str:
    if result.score == "accuracy":
        formula = r"$$\text{accuracy} = \frac{\text{correct predictions}}{\text{samples}}$$"
    else:
        formula = r"$$R^2 = 1 - \frac{\sum (t - y)^2}{\sum (t - \bar t)^2}$$"
    return f"{formula}\n\n{standing(result)}"
