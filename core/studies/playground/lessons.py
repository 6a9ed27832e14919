"""Guided exercises of the playground: where to start, what to try, what to look for, and what shows that it is so."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.playground.playground import Playground

SPREAD = 20  # looks at the end of a run over which its loss is seen to jump

MEASURES: dict[str, Callable[[Playground], float]] = {
    "test score": lambda run: float(run.present.test_score[0]),
    "training loss": lambda run: float(run.present.train_loss[0]),
    "test loss": lambda run: float(run.present.test_loss[0]),
    "share of dead units": lambda run: float(run.inside().dead.max(initial=0)),
    "jumps of the loss": lambda run: float(np.log(run.history.train_loss[-SPREAD:, 0]).std()),
}


@dataclass(frozen=True)
class Lesson:
    """An exercise: the settings to `start` from, and the `change` of them that is its solution.

    `effect` is by how much the `measure` moves at the least, as the median over paired seeds, when the change is made.
    """

    title: str
    prediction: str
    task: str
    look: str
    solution: str
    start: dict[str, Any]
    change: dict[str, Any]
    measure: str
    effect: float


LESSONS: dict[str, Lesson] = {
    "one_line": Lesson(
        title="Can a single line fence in a ring?",
        prediction="Without a hidden layer, how many of the test samples will be right: half, three quarters, or all?",
        task="Run it as it is. Then find the smallest number of hidden units that gets above 90 %.",
        look="The output map: one straight border, wherever training turns it. Each hidden unit adds one more.",
        solution="Without hidden units the network is a linear model, so its border is a line and about half of the "
        "samples stay wrong. Three or four tanh units fence the ring in.",
        start={"dataset": "circles", "hidden": (), "max_epochs": 60},
        change={"hidden": (4,)},
        measure="test score",
        effect=0.25,
    ),
    "better_inputs": Lesson(
        title="Can inputs replace hidden units?",
        prediction="Which two inputs make the ring separable by a line?",
        task="Keep the network without hidden layers, and change nothing but its inputs.",
        look="The border is still the place where one weighted sum is 0, but the sum is now of other quantities.",
        solution="With x₁² and x₂² the sum x₁² + x₂² is the squared distance from the middle: a ring is its set of "
        "equal values. A hidden layer finds such quantities by itself; that is what it is for.",
        start={"dataset": "circles", "hidden": (), "max_epochs": 60},
        change={"inputs": ("x1_squared", "x2_squared")},
        measure="test score",
        effect=0.3,
    ),
    "xor": Lesson(
        title="How many units does XOR need?",
        prediction="Opposite corners belong together. Will one hidden unit do?",
        task="Run it with one hidden unit, then add units one by one.",
        look="The maps of the hidden units: each of them is one slanted border. Count the borders the answer needs.",
        solution="One unit makes one border, and XOR needs two. Two can do it but often get stuck; with four it works "
        "from nearly every start.",
        start={"dataset": "xor", "hidden": (1,), "max_epochs": 100},
        change={"hidden": (4,)},
        measure="test score",
        effect=0.15,
    ),
    "symmetry": Lesson(
        title="Why not start from zero?",
        prediction="All weights begin at 0. What will the network learn?",
        task="Run it, and look at the gradients of the links. Then choose another initializer.",
        look="All links out of a layer have the same gradient, and with tanh it is 0 but for the last bias.",
        solution="Units that start alike get the same gradient and stay alike; from zero there is not even a gradient. "
        "Random first weights break the symmetry: any of the random initializers will do.",
        start={"dataset": "xor", "hidden": (4,), "initializer": "zeros", "max_epochs": 60},
        change={"initializer": "xavier"},
        measure="test score",
        effect=0.3,
    ),
    "rate_too_high": Lesson(
        title="What does a learning rate that is too high look like?",
        prediction="The rate is 10. Will the loss fall, jump, or grow without end?",
        task="Run it, then lower the rate while it runs, by powers of ten, until the loss falls.",
        look="The training loss jumps from look to look, and the units are saturated: their maps are flat.",
        solution="At a rate above about 2/L, L the curvature, steps climb instead of descending. At 0.1 the loss falls "
        "smoothly. If units are already saturated, start again: little of their gradient is left.",
        start={"dataset": "moons", "hidden": (8,), "lr": 10.0, "max_epochs": 60},
        change={"lr": 0.1},
        measure="training loss",
        effect=-0.5,
    ),
    "rate_too_low": Lesson(
        title="And one that is too low?",
        prediction="After 30 epochs at a rate of 0.00001: how far will it have come?",
        task="Run it, and raise the rate while it runs.",
        look="The loss moves, but by so little that the curve seems flat. The gradients are not small at all.",
        solution="Nothing is wrong with the gradient; the steps along it are tiny. Rates near 0.1 do in seconds what "
        "this one would take hours for.",
        start={"dataset": "moons", "hidden": (8,), "lr": 1e-5, "max_epochs": 30},
        change={"lr": 0.1},
        measure="training loss",
        effect=-0.2,
    ),
    "vanishing": Lesson(
        title="Where does the gradient go in a deep network?",
        prediction="Eight layers of sigmoid units: which layer's δ will be the largest?",
        task="Look at the norms by layer before you change anything. Then change the activation, and nothing else.",
        look="The line of δ falls by orders of magnitude from the output back to the inputs.",
        solution="The slope of a sigmoid is at most 1/4, so each layer lets at most a quarter of δ through (times "
        "weights near 1). tanh has slope 1 at 0, and the same eight layers learn.",
        start={"dataset": "moons", "hidden": (6,) * 8, "activations": ("sigmoid",), "max_epochs": 60},
        change={"activations": ("tanh",)},
        measure="test score",
        effect=0.3,
    ),
    "dead_units": Lesson(
        title="How does a ReLU die?",
        prediction="ReLU units at a rate of 3: what happens to their maps?",
        task="Run it, and watch the share of dead units. Then start again with a smaller rate.",
        look="Maps that turn to one flat colour: the unit says 0 for every sample.",
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
        measure="share of dead units",
        effect=-0.5,
    ),
    "overfitting": Lesson(
        title="When is learning more not learning better?",
        prediction="40 noisy samples for 1,200 weights: which of the two losses will rise?",
        task="Watch both losses, then bring the test loss down without touching the data or the network.",
        look="The test loss turns upwards while the training loss goes on falling, and islands form around dots.",
        solution="The network learns the noise. A penalty on the weights (L2 near 0.05) keeps the border smooth; "
        "dropout and early stopping (patience) help as well. More data helps most.",
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
        measure="test loss",
        effect=-0.05,
    ),
    "batch_noise": Lesson(
        title="What does a batch of one sample do to the loss?",
        prediction="One sample for each update: will the curve be smoother or rougher than with fifty?",
        task="Run it, and raise the batch size while it runs.",
        look="The jumps of the curve. Compare how far it gets in one epoch, too.",
        solution="The gradient of one sample points somewhere near the gradient of all; its noise shows as jumps. "
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
        measure="jumps of the loss",
        effect=-0.03,
    ),
    "bending": Lesson(
        title="What do activation functions do for a curve?",
        prediction="Eight units with the identity as activation: what shape can the answer take?",
        task="Run it, then choose an activation that bends.",
        look="The curve through the samples: straight, however many units there are.",
        solution="Sums of straight lines are straight. With tanh each unit adds one bend, and eight follow the wave.",
        start={"dataset": "wave", "hidden": (8,), "activations": ("identity",), "max_epochs": 200},
        change={"activations": ("tanh",)},
        measure="test score",
        effect=0.15,
    ),
    "momentum": Lesson(
        title="What is momentum good for?",
        prediction="Plain SGD on two spirals: will 200 epochs be enough?",
        task="Run it, pin it, and run the same with momentum.",
        look="Both losses in one chart: the same first weights, the same samples in the same order.",
        solution="Along a long flat valley gradients agree from step to step; momentum 0.9 adds them up to ten times.",
        start={"dataset": "spirals", "hidden": (8, 8), "lr": 0.01, "max_epochs": 200},
        change={"optimizer": "momentum", "momentum": 0.9},
        measure="test score",
        effect=0.15,
    ),
}
