"""Guided exercises of the playground: what to predict, what to try, hints, and the solution."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.playground.playground import Playground
from core.studies.playground import checks
from core.studies.playground.checks import Checked, Measured

ABOUT = ("about half", "about three quarters", "nearly all")
YES_NO = ("yes", "no")


def biases_frozen(run: Playground) -> None:
    """Freeze every bias at its first value, which is 0."""
    for layer in run.network.unpack(run.frozen):
        layer.b[...] = True
    run.trainer.held = np.flatnonzero(run.frozen)


@dataclass(frozen=True)
class Lesson:
    """An exercise: a prediction, a task, hints and a solution, on the part of the article that `heading` names.

    It begins with the settings `start`, after `prepare`. `measured` tells which of the `choices` the run shows, and
    `check` whether the task is done. `change`: the settings that solve it, where settings do. `minutes`: what a
    newcomer needs for it, as planned.
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
        task="Stop the run at the moment when every weight has its gradient and none has moved yet.",
        check=checks.stopped_before_update,
        hints=(
            "The button Operation goes on by one of four: forward, loss, backward, update.",
            "Press it three times. The next press makes the optimizer move the weights.",
        ),
        solution="Backpropagation ends with backward: it has found the gradient and changed nothing. The update "
        "belongs to the optimizer, here gradient descent. Press Operation once more and watch the links change.",
        start={"dataset": "circles", "hidden": (3,), "lr": 0.3},
    ),
    "one_line": Lesson(
        title="Can a single line fence in a ring?",
        heading="Gradient descent: the optimal parameters",
        minutes=3,
        question="Without a hidden layer, how many of the test samples will be right?",
        choices=ABOUT,
        measured=checks.share_right,
        task="Run it as it is. Then get above 90 % with at most four hidden units.",
        check=checks.few_units,
        hints=(
            "Look at the network's answer: one straight border, wherever training turns it.",
            "Add a hidden layer. Each hidden unit adds one more border.",
        ),
        solution="Gradient descent finds the best weights it can, but without hidden units the network is a linear "
        "model: its border is a line. Four tanh units fence the ring in.",
        start={"dataset": "circles", "hidden": (), "max_epochs": 60},
        change={"hidden": (4,)},
    ),
    "going_back": Lesson(
        title="What can stop an error on its way back?",
        heading="Backpropagation and the chain rule",
        minutes=3,
        question="All weights on the outgoing links of a unit are 0. What gradient do the weights into it get?",
        choices=("0", "another one than 0"),
        measured=checks.cut_gradient,
        task="Set all outgoing weights of one hidden unit to 0, then press Operation until backward is done.",
        check=checks.unit_cut_off,
        hints=(
            "The unit has two outgoing links, one to each output. Set both to 0.",
            "Press Operation until the next operation is the update, then point at a link into the unit.",
        ),
        solution="The chain rule multiplies along every path. δ of a hidden unit is the sum of wδ over its outgoing "
        "links, times its own slope. With w = 0 on all of them the sum is 0, and so is every gradient behind it.",
        start={"dataset": "circles", "hidden": (4,), "lr": 0.1},
    ),
    "rate_too_high": Lesson(
        title="What does a learning rate that is too high look like?",
        heading="Learning rate",
        minutes=2,
        question="The learning rate is 10. What will the training loss do?",
        choices=("fall", "jump up and down", "grow without end"),
        measured=checks.too_fast,
        task="Run it, then bring the training loss below 0.1 by the learning rate alone.",
        check=checks.calmed,
        hints=(
            "The steps climb instead of descending. Lower the rate by powers of ten.",
            "Units that have become saturated hardly learn any more. Press Reset after you have lowered the rate.",
        ),
        solution="At a rate above about 2/L, where L is the curvature, every step overshoots. At 0.1 the loss falls "
        "smoothly from the first weights.",
        start={"dataset": "circles", "hidden": (8,), "lr": 10.0, "max_epochs": 60},
        change={"lr": 0.1},
    ),
    "batch_noise": Lesson(
        title="What does a batch of one sample do to the loss?",
        heading="Variants of gradient descent",
        minutes=2,
        question="With one sample for each update, how often will the loss have risen since the look before?",
        choices=("hardly ever", "about every fourth time", "about every second time"),
        measured=checks.rises,
        task="Make the curve smooth: its last points may vary by less than 2 %. Change the batch size alone.",
        check=checks.smooth,
        hints=(
            "The batch size may be changed while the run goes on.",
            "The noise of a mean over B samples is smaller by a factor of √B.",
        ),
        solution="The gradient of one sample points somewhere near the gradient of all, and its noise shows as jumps. "
        "Fifty samples average it out, but make fifty times fewer updates in an epoch.",
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
        question="Opposite corners belong together. Will one hidden unit be enough for 90 %?",
        choices=YES_NO,
        measured=checks.one_unit_enough,
        task="Run it with one hidden unit, then add units until more than 90 % of the test samples are right.",
        check=checks.xor_solved,
        hints=(
            "Look at the map of each hidden unit: it is one slanted border. Count the borders the answer needs.",
            "Two units can do it but often get stuck in a local minimum. Add more, or draw other first weights.",
        ),
        solution="One unit makes one border, and XOR needs two. Two can do it but often get stuck; with four it works "
        "from nearly every start.",
        start={"dataset": "xor", "hidden": (1,), "max_epochs": 100},
        change={"hidden": (4,)},
    ),
    "vanishing": Lesson(
        title="Where does the gradient go in a deep network?",
        heading="Misconception 2: depth",
        minutes=3,
        question="Eight layers of sigmoid units: whose δ will be the largest?",
        choices=("the first layer's", "the last layer's", "all about alike"),
        measured=checks.largest_delta,
        task="Make all eight hidden layers learn: more than 90 % right. Change the activation and nothing else.",
        check=checks.deep_and_learning,
        hints=(
            "Look at the norms by layer: δ falls by orders of magnitude from the output back to the inputs.",
            "The slope of a sigmoid is at most 1/4. Choose an activation whose slope is about 1.",
        ),
        solution="Each sigmoid layer lets at most a quarter of δ through (times weights near 1). tanh has slope 1 at "
        "0, and the same eight layers learn.",
        start={"dataset": "moons", "hidden": (6,) * 8, "activations": ("sigmoid",), "max_epochs": 60},
        change={"activations": ("tanh",)},
    ),
    "overfitting": Lesson(
        title="When is learning more not learning better?",
        heading="Regularization",
        minutes=2,
        question="40 noisy samples for more than a thousand weights: which loss will rise again?",
        choices=("only the training loss", "only the test loss", "both", "neither"),
        measured=checks.rising_loss,
        task="Run it to its end without a test loss that rises, on the same data and with the same network.",
        check=checks.stays_down,
        hints=(
            "The network learns the noise: islands form around single samples. Something has to keep it smooth.",
            "Try the penalty L2, from 0.01 upwards. Dropout and patience work as well.",
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
        question="All weights begin at 0. Will the hidden units become different from each other?",
        choices=("yes", "no, all stay equal"),
        measured=checks.different_units,
        task="Choose first weights from which the units become different and more than 90 % are right.",
        check=checks.symmetry_broken,
        hints=(
            "Switch the links to gradients: those out of a layer are all the same.",
            "Choose another initializer: any one that draws random weights.",
        ),
        solution="Units that start equal get the same gradient and stay equal; from zero there is not even a gradient. "
        "Random first weights break the symmetry: any of the random initializers will do.",
        start={"dataset": "xor", "hidden": (4,), "initializer": "zeros", "max_epochs": 60},
        change={"initializer": "xavier"},
    ),
    "biases": Lesson(
        title="What do biases do?",
        heading="Misconception 5: biases",
        minutes=3,
        question="Eight ReLU units learn the ring, but all biases are frozen at 0. How many samples will be right?",
        choices=ABOUT,
        measured=checks.share_right,
        task="Unfreeze as few biases as you can, and get above 90 %.",
        check=checks.biases_free,
        hints=(
            "Without biases the border of each ReLU unit goes through the middle of the plane.",
            "Unfreeze biases of the hidden layer, then run again from there.",
        ),
        solution="Without biases a ReLU network gives every point on a ray from the middle the same answer, so no ring "
        "can be fenced in. Biases move the borders of the units away from the middle.",
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
        question="ReLU units at a learning rate of 3: what will become of them?",
        choices=("all keep learning", "some of them die", "most of them die"),
        measured=checks.dying,
        task="Find a learning rate at which most ReLU units live and more than 90 % are right.",
        check=checks.alive,
        hints=(
            "Look for maps of one flat colour: such a unit says 0 for every sample.",
            "A dead unit stays dead. Lower the rate to a hundredth, then press Reset.",
        ),
        solution="One step that is too long pushes a unit to where its sum is negative for all samples. There its "
        "slope is 0: no gradient moves its weights, and only a change of the layer before can revive it. At a rate of "
        "0.03 most units live.",
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
        question="Plain gradient descent on two spirals: will 200 epochs be enough for 90 %?",
        choices=YES_NO,
        measured=checks.enough,
        task="Get above 90 % in the same number of epochs, with the same network and the same learning rate.",
        check=checks.spirals_in_time,
        hints=(
            "Along a long flat valley the gradients of one step and the next agree. They could be added up.",
            "Choose the optimizer momentum and keep the learning rate.",
        ),
        solution="Along a long flat valley gradients agree from step to step; momentum 0.9 adds them up to ten times.",
        start={"dataset": "spirals", "hidden": (8, 8), "lr": 0.01, "max_epochs": 200},
        change={"optimizer": "momentum", "momentum": 0.9},
    ),
}
PATH = tuple(LESSONS)[:8]  # the newcomer's way through the lessons; the others follow
