"""Guided exercises of the playground: prediction, task, hints and solution."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.playground.playground import Playground
from core.studies.playground import checks
from core.studies.playground.checks import Checked, Measured, above

ABOUT = ("about half", "about three quarters", "nearly all")
YES_NO = ("yes", "no")
FEW = 4  # hidden units that are enough for a ring


def biases_frozen(run: Playground) -> None:
    """Freeze every bias at its initial value, 0."""
    for layer in run.network.unpack(run.frozen):
        layer.b[...] = True
    run.trainer.held = np.flatnonzero(run.frozen)


@dataclass(frozen=True)
class Lesson:
    """An exercise: a prediction, a task, hints and a solution, on the part of the article that `heading` names.

    It starts with the settings `start`, after `prepare`. `measured` gives the correct one of the `choices`, and `check`
    whether the task is done. `change`: the settings that solve it, if settings do. `minutes`: planned time for a
    newcomer.
    """

    title: str
    heading: str
    minutes: int
    question: str
    choices: tuple[str, ...]
    measured: Measured
    task: str
    check: Checked
    hints: tuple[str, ...]
    solution: str
    start: dict[str, Any]
    change: dict[str, Any] = field(default_factory=dict)
    prepare: Callable[[Playground], None] = lambda run: None


LESSONS: dict[str, Lesson] = {
    "two_halves": Lesson(
        title="Which step moves the weights?",
        heading="Gradient descent and backpropagation",
        minutes=2,
        question="After forward, loss and backward, how many weights have changed?",
        choices=("none", "some of them", "all of them"),
        measured=checks.changed_weights,
        task="Stop the run when every weight has its gradient but none has moved yet.",
        check=checks.stopped_before_update,
        hints=(
            "The button Operation does one of four operations: forward, loss, backward, update.",
            "Press it three times. The next press makes the optimizer move the weights.",
        ),
        solution="Backpropagation ends with backward: it has computed the gradient and changed nothing. The "
        "optimizer, here gradient descent, makes the update. Press Operation once more and watch the links "
        "change.",
        start={"dataset": "circles", "hidden": (3,), "lr": 0.3},
    ),
    "one_line": Lesson(
        title="Can a straight line separate a ring from its centre?",
        heading="Gradient descent: the optimal parameters",
        minutes=3,
        question="Without a hidden layer, what share of the test samples will be right?",
        choices=ABOUT,
        measured=checks.share_right,
        task="Run it without changes. Then reach over 90 % with at most four hidden units.",
        check=lambda run: above(
            run,
            run.settings.dataset == "circles" and 0 < sum(run.settings.hidden) <= FEW,
            f"the network has {sum(run.settings.hidden)} hidden units on {run.settings.dataset}, "
            f"but the task asks for 1 to {FEW} on circles",
        ),
        hints=(
            "Look at the network's prediction: one straight border, however training rotates it.",
            "Add a hidden layer. Each hidden unit adds another border.",
        ),
        solution="Gradient descent finds good weights, but without hidden units the network is a linear model, so its "
        "border is a line. Four tanh units enclose the centre.",
        start={"dataset": "circles", "hidden": (), "max_epochs": 60},
        change={"hidden": (4,)},
    ),
    "going_back": Lesson(
        title="What can stop an error on its way back?",
        heading="Backpropagation and the chain rule",
        minutes=3,
        question="All outgoing weights of a unit are 0. What gradient do its incoming weights get?",
        choices=("0", "a nonzero one"),
        measured=checks.cut_gradient,
        task="Set all outgoing weights of one hidden unit to 0, then press Operation until backward is done.",
        check=checks.unit_cut_off,
        hints=(
            "The unit has two outgoing links, one to each output. Set both to 0.",
            "Press Operation until the next operation is the update, then point at a link into the unit.",
        ),
        solution="The chain rule multiplies along every path. δ of a hidden unit is the sum of wδ over its outgoing "
        "links, times its own slope. With w = 0 on all of them the sum is 0, and so is the gradient of every "
        "weight into the unit.",
        start={"dataset": "circles", "hidden": (4,), "lr": 0.1},
    ),
    "rate_too_high": Lesson(
        title="What does a learning rate that is too high look like?",
        heading="Learning rate",
        minutes=2,
        question="The learning rate is 10. What will the training loss do?",
        choices=("fall", "jump up and down", "grow without bound"),
        measured=checks.too_fast,
        task="Run it, then get the training loss below 0.1 by changing only the learning rate.",
        check=checks.calmed,
        hints=(
            "The steps go up instead of down. Lower the rate by powers of ten.",
            "Saturated units hardly learn any more. Press Reset after you have lowered the rate.",
        ),
        solution="At a rate above about 2/L, where L is the curvature, every step overshoots. At 0.1 the loss falls "
        "smoothly from the initial weights.",
        start={"dataset": "circles", "hidden": (8,), "lr": 10.0, "max_epochs": 60},
        change={"lr": 0.1},
    ),
    "batch_noise": Lesson(
        title="What does a batch of one sample do to the loss?",
        heading="Variants of gradient descent",
        minutes=2,
        question="With one sample per update, how often will the loss have risen since the previous point?",
        choices=("hardly ever", "about every fourth time", "about every second time"),
        measured=checks.rises,
        task="Make the curve smooth: its last points must vary by less than 2 %. Change only the batch size.",
        check=checks.smooth,
        hints=(
            "You can change the batch size during the run.",
            "The noise of a mean over B samples is smaller by a factor of √B.",
        ),
        solution="The gradient of one sample is only near the gradient over all samples; its noise shows as jumps. "
        "Fifty samples average the noise out, but give fifty times fewer updates per epoch.",
        start={
            "dataset": "moons",
            "noise": 0.3,
            "hidden": (8,),
            "lr": 0.1,
            "momentum": 0.0,
            "batch_size": 1,
            "max_epochs": 60,
        },
        change={"batch_size": 50},
    ),
    "xor": Lesson(
        title="How many units does XOR need?",
        heading="Misconception 3: the global minimum",
        minutes=3,
        question="Opposite corners belong to the same class. Is one hidden unit enough for 90 %?",
        choices=YES_NO,
        measured=checks.one_unit_enough,
        task="Run it with one hidden unit, then add units until more than 90 % of the test samples are right.",
        check=lambda run: above(run, run.settings.dataset == "xor", "the data must be XOR"),
        hints=(
            "Look at the map of each hidden unit: it has one slanted border. Count the borders that XOR needs.",
            "Two units can solve it but often get stuck in a local minimum. Add more, or draw other initial weights.",
        ),
        solution="One unit makes one border, and XOR needs two. Two units can solve it but often get stuck; four "
        "succeed from nearly every start.",
        start={"dataset": "xor", "hidden": (1,), "max_epochs": 100},
        change={"hidden": (4,)},
    ),
    "vanishing": Lesson(
        title="Where does the gradient go in a deep network?",
        heading="Misconception 2: depth",
        minutes=3,
        question="In eight layers of sigmoid units, which δ will be the largest?",
        choices=("the first layer's", "the last layer's", "all about equal"),
        measured=checks.largest_delta,
        task="Make all eight hidden layers learn: more than 90 % right. Change only the activation.",
        check=lambda run: above(
            run,
            len(run.settings.hidden) >= 8,
            f"the network has {len(run.settings.hidden)} hidden layers, but the task asks for 8",
        ),
        hints=(
            "Look at the norms by layer: δ falls by orders of magnitude from the output back to the inputs.",
            "The slope of a sigmoid is at most 1/4. Choose an activation whose slope is about 1.",
        ),
        solution="Each sigmoid layer passes on at most a quarter of δ (times weights near 1). tanh has slope 1 at 0, "
        "and the same eight layers learn.",
        start={"dataset": "moons", "hidden": (6,) * 8, "activations": ("sigmoid",), "max_epochs": 60},
        change={"activations": ("tanh",)},
    ),
    "overfitting": Lesson(
        title="When does more training make a network worse?",
        heading="Regularization",
        minutes=2,
        question="With 40 noisy samples for more than a thousand weights, which loss will rise again?",
        choices=("only the training loss", "only the test loss", "both", "neither"),
        measured=checks.rising_loss,
        task="Run it to its end without a rising test loss, on the same data and with the same network.",
        check=checks.stays_down,
        hints=(
            "The network learns the noise: islands form around single samples. Something must keep it smooth.",
            "Try an L2 penalty of 0.01 or more. Dropout and patience work as well.",
        ),
        solution="A penalty on the weights (L2 near 0.05) keeps the border smooth; dropout and early stopping "
        "(patience) help as well. More data helps most.",
        start={
            "dataset": "moons",
            "noise": 0.5,
            "samples": 200,
            "test_share": 0.8,
            "hidden": (32, 32),
            "activations": ("relu",),
            "initializer": "kaiming",
            "max_epochs": 200,
        },
        change={"l2": 0.05},
    ),
    "symmetry": Lesson(
        title="Why not start from zero?",
        heading="Misconception 3: the initial weights",
        minutes=3,
        question="All weights start at 0. Will the hidden units become different from each other?",
        choices=("yes", "no, all stay equal"),
        measured=checks.different_units,
        task="Choose initial weights for which the units become different and more than 90 % of the answers are right.",
        check=checks.symmetry_broken,
        hints=(
            "Switch the links to gradients: all links out of a layer have the same gradient.",
            "Choose another initializer: any one that draws random weights.",
        ),
        solution="Units that start equal get the same gradient and stay equal; from zero there is not even a "
        "gradient. Random initial weights break the symmetry: any random initializer works.",
        start={"dataset": "xor", "hidden": (4,), "initializer": "zeros", "max_epochs": 60},
        change={"initializer": "xavier"},
    ),
    "biases": Lesson(
        title="What do biases do?",
        heading="Misconception 5: biases",
        minutes=3,
        question="Eight ReLU units learn the ring, but all biases are frozen at 0. What share of the samples will be "
        "right?",
        choices=ABOUT,
        measured=checks.share_right,
        task="Unfreeze as few biases as you can, and reach over 90 %.",
        check=checks.biases_free,
        hints=(
            "Without biases the border of each ReLU unit goes through the origin.",
            "Unfreeze biases of the hidden layer, then run again from there.",
        ),
        solution="Without biases a ReLU network predicts the same class along every ray from the origin, so it cannot "
        "separate a ring from its centre. Biases move the borders of the units away from the origin.",
        start={
            "dataset": "circles",
            "hidden": (8,),
            "activations": ("relu",),
            "initializer": "kaiming",
            "max_epochs": 60,
        },
        change={"lesson": "none"},
        prepare=biases_frozen,
    ),
    "dead_units": Lesson(
        title="How does a ReLU die?",
        heading="Misconception 4: activation functions",
        minutes=3,
        question="What will happen to ReLU units at a learning rate of 3?",
        choices=("all keep learning", "some of them die", "most of them die"),
        measured=checks.dying,
        task="Find a learning rate at which most ReLU units stay active and more than 90 % of the answers are right.",
        check=checks.alive,
        hints=(
            "Look for maps of one flat colour: such a unit outputs 0 for every sample.",
            "A dead unit stays dead. Lower the rate to a hundredth, then press Reset.",
        ),
        solution="One step that is too large makes a unit's weighted sum negative for all samples. There its slope is "
        "0: no gradient moves its weights, and only a change in the previous layer can revive it. At a rate "
        "of 0.03 most units stay active.",
        start={
            "dataset": "moons",
            "hidden": (8, 8),
            "activations": ("relu",),
            "initializer": "kaiming",
            "lr": 3.0,
            "max_epochs": 40,
        },
        change={"lr": 0.03},
    ),
    "momentum": Lesson(
        title="What is momentum good for?",
        heading="Efficiency: how fast training converges",
        minutes=4,
        question="Are 200 epochs of plain gradient descent on two spirals enough for 90 %?",
        choices=YES_NO,
        measured=checks.enough,
        task="Reach over 90 % in the same number of epochs, with the same network and the same learning rate.",
        check=lambda run: above(run, run.settings.dataset == "spirals", "the data must be the spirals"),
        hints=(
            "Along a long flat valley successive gradients agree. You could add them up.",
            "Choose the optimizer momentum and keep the learning rate.",
        ),
        solution="Along a long flat valley gradients agree from step to step; momentum 0.9 adds them up to ten times "
        "their size.",
        start={"dataset": "spirals", "hidden": (8, 8), "lr": 0.01, "max_epochs": 200},
        change={"optimizer": "momentum", "momentum": 0.9},
    ),
}
PATH = tuple(LESSONS)[:8]  # the path for newcomers; the other lessons follow
