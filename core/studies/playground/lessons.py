"""Guided exercises of the playground: starting settings, task, hints, solution, and the effect that confirms it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.playground.playground import Playground

SPREAD = 20  # final frames of a run that are checked for jumps of the loss

MEASURES: dict[str, Callable[[Playground], float]] = {
    "test score": lambda run: float(run.present.test_score[0]),
    "training loss": lambda run: float(run.present.train_loss[0]),
    "test loss": lambda run: float(run.present.test_loss[0]),
    "share of dead units": lambda run: float(run.inside().dead.max(initial=0)),
    "jumps of the loss": lambda run: float(np.log(run.history.train_loss[-SPREAD:, 0]).std()),
}


@dataclass(frozen=True)
class Lesson:
    """An exercise: the settings to `start` from, and the `change` that solves it.

    `effect` is the least change of `measure`, as the median over paired seeds, that the solution causes.
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
        title="Can a straight line separate a ring from its centre?",
        prediction="Without a hidden layer, what share of the test samples will be right: half, three quarters, or "
        "all?",
        task="Run it without changes. Then find the smallest number of hidden units that reaches over 90 %.",
        look="The output map has one straight border, however training rotates it. Each hidden unit adds another.",
        solution="Without hidden units the network is a linear model, so its border is a line and about half of the "
        "samples stay wrong. Three or four tanh units enclose the centre.",
        start={"dataset": "circles", "hidden": (), "max_epochs": 60},
        change={"hidden": (4,)},
        measure="test score",
        effect=0.25,
    ),
    "better_inputs": Lesson(
        title="Can inputs replace hidden units?",
        prediction="Which two inputs make the ring linearly separable?",
        task="Keep the network without hidden layers, and change only its inputs.",
        look="The border is still the set where one weighted sum is 0, but the sum now has different inputs.",
        solution="With x₁² and x₂² the sum x₁² + x₂² is the squared distance from the centre, which is constant on a "
        "ring. A hidden layer learns such features by itself; that is its purpose.",
        start={"dataset": "circles", "hidden": (), "max_epochs": 60},
        change={"inputs": ("x1_squared", "x2_squared")},
        measure="test score",
        effect=0.3,
    ),
    "xor": Lesson(
        title="How many units does XOR need?",
        prediction="Opposite corners belong to the same class. Is one hidden unit enough?",
        task="Run it with one hidden unit, then add units one by one.",
        look="The maps of the hidden units: each has one slanted border. Count the borders that XOR needs.",
        solution="One unit makes one border, and XOR needs two. Two units can solve it but often get stuck; four "
        "succeed from nearly every start.",
        start={"dataset": "xor", "hidden": (1,), "max_epochs": 100},
        change={"hidden": (4,)},
        measure="test score",
        effect=0.15,
    ),
    "symmetry": Lesson(
        title="Why not start from zero?",
        prediction="All weights start at 0. What will the network learn?",
        task="Run it, and look at the gradients of the links. Then choose another initializer.",
        look="All links out of a layer have the same gradient; with tanh it is 0 for everything except the last bias.",
        solution="Units that start equal get the same gradient and stay equal; from zero there is not even a "
        "gradient. Random initial weights break the symmetry: any random initializer works.",
        start={"dataset": "xor", "hidden": (4,), "initializer": "zeros", "max_epochs": 60},
        change={"initializer": "xavier"},
        measure="test score",
        effect=0.3,
    ),
    "rate_too_high": Lesson(
        title="What does a learning rate that is too high look like?",
        prediction="The rate is 10. Will the loss fall, jump, or grow without bound?",
        task="Run it, then lower the rate while it runs, by powers of ten, until the loss falls.",
        look="The training loss jumps from step to step, and the units are saturated: their maps are flat.",
        solution="At a rate above about 2/L, where L is the curvature, steps go up instead of down. At 0.1 the loss "
        "falls smoothly. If units are already saturated, restart: little of their gradient is left.",
        start={"dataset": "moons", "hidden": (8,), "lr": 10.0, "max_epochs": 60},
        change={"lr": 0.1},
        measure="training loss",
        effect=-0.5,
    ),
    "rate_too_low": Lesson(
        title="What does a learning rate that is too low look like?",
        prediction="How far will training get in 30 epochs at a rate of 0.00001?",
        task="Run it, and raise the rate while it runs.",
        look="The loss changes so little that the curve looks flat, although the gradients are not small.",
        solution="The gradient is correct, but the steps along it are tiny. A rate near 0.1 takes seconds where this "
        "one would take hours.",
        start={"dataset": "moons", "hidden": (8,), "lr": 1e-5, "max_epochs": 30},
        change={"lr": 0.1},
        measure="training loss",
        effect=-0.2,
    ),
    "vanishing": Lesson(
        title="Where does the gradient go in a deep network?",
        prediction="Eight layers of sigmoid units: which layer's δ will be the largest?",
        task="Look at the norms by layer before you change anything. Then change only the activation.",
        look="The norm of δ falls by orders of magnitude from the output back to the inputs.",
        solution="The slope of a sigmoid is at most 1/4, so each layer passes on at most a quarter of δ (times "
        "weights near 1). tanh has slope 1 at 0, and the same eight layers learn.",
        start={"dataset": "moons", "hidden": (6,) * 8, "activations": ("sigmoid",), "max_epochs": 60},
        change={"activations": ("tanh",)},
        measure="test score",
        effect=0.3,
    ),
    "dead_units": Lesson(
        title="How does a ReLU die?",
        prediction="What happens to the maps of ReLU units at a rate of 3?",
        task="Run it, and watch the share of dead units. Then restart with a smaller rate.",
        look="Maps turn to one flat colour: the unit outputs 0 for every sample.",
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
        measure="share of dead units",
        effect=-0.5,
    ),
    "overfitting": Lesson(
        title="When does more training make a network worse?",
        prediction="With 40 noisy samples for 1,200 weights, which of the two losses will rise?",
        task="Watch both losses, then lower the test loss without changing the data or the network.",
        look="The test loss starts to rise while the training loss keeps falling, and islands form around dots.",
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
        prediction="With one sample per update, will the curve be smoother or rougher than with fifty?",
        task="Run it, and raise the batch size while it runs.",
        look="The jumps of the curve. Also compare the progress in one epoch.",
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
        measure="jumps of the loss",
        effect=-0.03,
    ),
    "bending": Lesson(
        title="What do activation functions do for a curve?",
        prediction="With eight units and the identity as activation, what shape can the prediction have?",
        task="Run it, then choose a nonlinear activation.",
        look="The curve through the samples stays straight for any number of units.",
        solution="Sums of straight lines are straight. With tanh each unit adds one bend, and eight of them follow "
        "the wave.",
        start={"dataset": "wave", "hidden": (8,), "activations": ("identity",), "max_epochs": 200},
        change={"activations": ("tanh",)},
        measure="test score",
        effect=0.15,
    ),
    "momentum": Lesson(
        title="What is momentum good for?",
        prediction="Will 200 epochs be enough for plain SGD on two spirals?",
        task="Run it, pin it, and run the same with momentum.",
        look="Both losses in one chart, from the same initial weights and the same samples in the same order.",
        solution="Along a long flat valley gradients agree from step to step; momentum 0.9 adds them up to ten times "
        "their size.",
        start={"dataset": "spirals", "hidden": (8, 8), "lr": 0.01, "max_epochs": 200},
        change={"optimizer": "momentum", "momentum": 0.9},
        measure="test score",
        effect=0.15,
    ),
}
