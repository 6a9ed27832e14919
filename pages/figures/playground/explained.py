"""Everything on the playground's screen in words and formulas, with the numbers of this moment."""

import numpy as np

from core.nn.layers import Activate, Conv2d
from core.nn.network import Pass
from core.playground.playground import Playground
from pages.figures.common.words import words

DRAWN = (
    "**Tiles**: what each input and each unit says at every place of the data's plane, orange above 0, blue below, "
    "each beside its own largest value. **Links**: weights, or gradients where View says so. **Marks** at the corners: "
    "biases. **Frames**: δ as powers of ten of the network's largest. **Output**: the probability of the second of two "
    "classes, the likeliest of several, or the value. Data of more than two features is seen in the plane of its first "
    "two principal components, or of two features that you choose under View."
)
DRAWN_OF_A_PICTURE = (
    "**Columns**: one training picture, which you choose under View, and what each layer says of it. **Tiles**: the "
    "picture, the channels of a convolution and of a pooling as pictures, other units in one colour: orange above 0, "
    "blue below, beside the largest value of their layer. **Links**: between channels the mean weight of the window, "
    "from a channel to a dense unit the mean over all its places; their gradients likewise. A filter whose weights "
    "cancel out has a pale link, however strong it is: see the filters themselves. **Grey lines** have no weights: a "
    "pooling passes on each channel by itself. **Marks**: biases. **Frames**: δ, of a channel over all its places. "
    "**Output**: the class with the largest value is the answer; the right one is in bold. The answers over the plane "
    "are of pictures between the samples: the plane of the first two principal components, or of two pixels."
)
TERMS = 3  # of a sum that are written out
DW = r"\frac{\partial L}{\partial w}"

DONE = {
    "forward": "The update is complete. Next comes **forward**: a new batch goes through the network.",
    "loss": "**Forward** is done: the batch went through. Next comes the **loss**: answers against targets.",
    "backward": "The **loss** of this batch is {loss:.4g}. Next comes **backward**: its slope at every weight.",
    "update": "**Backward** is done: every link has its gradient. Next comes the **update** of the weights.",
}


def moment(result: Playground) -> str:
    """Where the run stands within an update."""
    if result.ended:
        return f"{result.ended}."
    if result.step == 0 and result.operation == "forward":
        return "Nothing is learnt yet. First comes **forward**: a batch goes through the network."
    return f"Step {result.step:,}. " + DONE[result.operation].format(loss=result.batch_loss)


def standing(result: Playground) -> str:
    """The score of the network beside its baselines, in one line."""
    name = "accuracy" if result.score == "accuracy" else "R²"
    frame, others = result.present, result.baselines()
    return (
        f"Test {name} **{frame.test_score[0]:.3g}**, training {frame.train_score[0]:.3g}; on the test samples a linear "
        f"model reaches {others['linear']:.3g}, the ten nearest neighbours {others['neighbours']:.3g}, the majority's "
        f"answer {others['majority']:.3g}."
    )


def one_sample(result: Playground) -> Pass:
    """The sample that is looked at, passed forward and back with the weights of this moment."""
    x, t = result.shown_sample()
    work = Pass(result.network, result.params[None], 1)
    with np.errstate(all="ignore"):
        work.forward(x)
        work.backward(t)
    return work


def explained(result: Playground, layer: int, unit: int) -> list[tuple[str, str]]:
    """Titles and Markdown on one unit (both counted from 0): forward, loss, backward, update, and what is drawn."""
    return [
        ("Forward: what the unit says", _forward(result, layer, unit)),
        ("Loss: how wrong the answer is", _loss(result)),
        ("Backward: how sensitive the loss is to the unit", _backward(result, layer, unit)),
        ("Update: what it learns", _update(result, layer, unit)),
        ("Scores: what the answers are worth", _scores(result)),
        ("What is drawn", DRAWN_OF_A_PICTURE if result.sees_pictures else DRAWN),
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
        return f"{text}An output keeps its z; the loss turns it into a probability where there are classes."
    active = _activation(work, layer)
    said = active.above.values[0, place, 0]
    where = " at the middle of the picture" * (len(work.affine[layer].outputs) == 3)
    return f"{text}$$a = f(z) = {said:.4g}, \\qquad f(x) = {active.function.formula}$$" + where


def _activation(work: Pass, layer: int) -> Activate:
    """The activation that follows a layer with weights, at work."""
    return [leaf for leaf in work.leaves if isinstance(leaf, Activate)][layer]


def _loss(result: Playground) -> str:
    frame, penalty = result.present, r"\lambda_1 \sum |W| + \tfrac{\lambda_2}{2} \sum W^2"
    return (
        f"The loss is the {words(result.trainer.loss)}:\n\n$$L = {result.network.loss.formula}$$\n\n"
        f"Training {frame.train_loss[0]:.4g}, test {frame.test_loss[0]:.4g}. The penalty on the weights, "
        f"${penalty}$ = {frame.penalty[0]:.4g}, is **not** part of these losses; its slope is part of every gradient."
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
        else:  # other layers stand between
            source = f"$${formula}, \\quad f'(z) = {slope:.3g}, \\quad \\delta = {delta:.4g}$$\n\n"
        source += "The sum goes over the units that it speaks to.\n\n"
    if isinstance(convolution := work.affine[layer], Conv2d):
        slope = back[0].reshape(convolution.channels, -1)[unit] @ convolution.columns[0, 0]
        first = (
            f"Its first weight acts at all places p of the picture:\n\n$${DW} = \\sum_p \\delta_p a_p = {slope:.4g}$$"
        )
    else:
        first = f"Its first weight:\n\n$${DW} = \\delta\\, a = ({delta:.3g})({given[0]:.3g}) = {delta * given[0]:.4g}$$"
    return (
        f"{source}{first}\n\n"
        f"That is for one sample. The chart shows the mean over a batch of {result.trainer.batches.size}, and of δ "
        "the root mean square."
    )


def _update(result: Playground, layer: int, unit: int) -> str:
    rule = type(result.trainer.rule)
    weight = result.network.unpack(result.params)[layer].W[unit].flat[0]
    slope = result.inside().gradients[layer].W[unit].flat[0]
    how = (rule.__doc__ or "").split("\n")[0]
    return (
        f"The rule is **{words(result.settings.optimizer)}**: {how}\n\nIts first weight is {weight:.4g}, the gradient "
        f"of the last batch {slope:.4g}, the learning rate {result.settings.lr:g}; plain SGD would go from w to "
        f"w - {result.settings.lr:g} × {slope:.3g}, a step of {-result.settings.lr * slope:.3g}."
    )


def _scores(result: Playground) -> str:
    if result.score == "accuracy":
        formula = r"$$\text{accuracy} = \frac{\text{right answers}}{\text{samples}}$$"
    else:
        formula = r"$$R^2 = 1 - \frac{\sum (t - y)^2}{\sum (t - \bar t)^2}$$"
    return f"{formula}\n\n{standing(result)}"
