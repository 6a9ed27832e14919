"""Settings of one training run, each declared once."""

from typing import Any, Self

from pydantic import model_validator

from core.data import DATASETS, Dataset, load_dataset
from core.data.dataset import OWN, with_inputs
from core.data.rows import INPUTS
from core.nn import ACTIVATIONS, INITIALIZERS, LOSSES, NORMALIZATIONS
from core.nn.layers import read_layer
from core.optimizers import OPTIMIZERS, SCHEDULES
from core.optimizers.options import PerRun
from core.settings import Settings, choice, choices, number, per_layer, switch, texts

AUTO_LOSS = {"classes": "softmax_cross_entropy", "numbers": "mean_squared_error"}


class RunSettings(Settings):
    """One training run. Runs with the same `structure` train together as one stack."""

    dataset: str = choice("moons", [*DATASETS, "own"], "Data", "Training data; own: passed to the trainer.")
    train: int | None = number(None, 4, 100_000, "Training samples", "None: all, or 300 generated ones.")
    test: int | None = number(None, 4, 100_000, "Test samples", "None: all, or 300 generated ones.")
    noise: float = number(0.2, 0, 2, "Noise", "Noise of generated data.")
    irrelevant: int = number(0, 0, 2000, "Irrelevant features", "Columns of pure noise to add.")
    data_seed: int = number(0, 0, 2**31, "Data seed", "Draws the data and its split.")
    inputs: tuple[str, ...] = choices(OWN, INPUTS, "Inputs", "Inputs computed from the data's features, if it has two.")
    hidden: tuple[int, ...] = number((8, 8), 1, 4096, "Hidden layers", "Number of units in each layer.")
    layers: tuple[str, ...] = texts((), "Layers", "Instead of hidden: conv-8-3, max_pool-2, flatten, dense-32.")
    activation: str = choice("tanh", ACTIVATIONS, "Activation", "Used by every hidden unit.")
    activations: tuple[str, ...] = per_layer((), ACTIVATIONS, "Activations", "One per hidden layer, if they differ.")
    loss: str = choice("auto", ["auto", *LOSSES], "Loss", "auto: softmax cross-entropy, or mean squared error.")
    label_smoothing: float = number(
        0.0, 0, 0.99, "Label smoothing", "For a cross-entropy: share of each target spread evenly over the classes."
    )  # at 1 the targets of all classes would be the same
    initializer: str = choice("xavier", INITIALIZERS, "Initializer", "Draws the initial weights; biases are 0.")
    gain: float = number(1.0, 0, 100, "Gain", "Multiplies the initial weights.")
    optimizer: str = choice("sgd", OPTIMIZERS, "Optimizer", "The update rule.")
    lr: float = number(0.1, 1e-12, 1e12, "Learning rate", "Step size.", log=True)
    hyper: dict[str, int | float | bool | str | None] = {}
    schedule: str = choice("constant", SCHEDULES, "Schedule", "How the learning rate changes over the steps.")
    schedule_hyper: dict[str, int | float | bool | str | None] = {}
    clip_norm: float | None = number(None, 1e-6, 1e6, "Clip norm", "Maximum norm of the gradient; None: no limit.")
    normalization: str = choice("none", NORMALIZATIONS, "Normalization", "Of the hidden layers' pre-activations.")
    residual: bool = switch(False, "Residual", "Shortcuts past every hidden layer that keeps the width.")
    max_norm: float | None = number(None, 1e-6, 1e6, "Max norm", "Of a hidden unit's weights; None: no limit.")
    batch_size: int | None = number(32, 1, 100_000, "Batch size", "Samples used for each gradient; None: all.")
    steps: int = number(300, 0, 10_000_000, "Steps", "Updates of the parameters.")
    l1: float = number(0.0, 0, 1e6, "L1", "Strength of the penalty l1 Σ|W|.")
    l2: float = number(0.0, 0, 1e6, "L2", "Strength of the penalty (l2/2) ΣW².")
    dropout: float = number(0.0, 0, 0.99, "Dropout", "Share of hidden units silenced at each update.")
    patience: int = number(0, 0, 100_000, "Patience", "Frames without better validation loss before stopping; 0: off.")
    frames: int = number(60, 1, 100_000, "Frames", "Number of evaluations during the run.")
    seed: int = number(0, 0, 2**31, "Seed", "Draws weights, batches and dropout.")
    dtype: str = choice("float64", ["float64", "float32"], "Precision", "Floating-point type of all numbers.")

    @model_validator(mode="after")
    def _layers_can_be_read(self) -> Self:
        for text in self.layers:
            read_layer(text)
        return self

    def structure(self) -> tuple[Any, ...]:
        """Everything that must agree within a stack; the other numbers may differ between runs."""
        own = {"seed", "data_seed", "noise", "initializer", "gain", "lr", "hyper", "schedule_hyper"}
        own |= {"l1", "l2", "dropout", "clip_norm", "max_norm"}
        shared = tuple(getattr(self, name) for name in type(self).model_fields if name not in own)
        which = (self.dropout > 0, self.clip_norm is None, self.max_norm is None)
        options = OPTIMIZERS[self.optimizer].options()
        varied = {name for name, option in options.items() if isinstance(option, PerRun)}  # no switches, no words
        hyper = frozenset((n, None if n in varied and type(v) in (int, float) else v) for n, v in self.hyper.items())
        return (*shared, hyper, frozenset(self.schedule_hyper.items()), which)

    def data(self) -> Dataset:
        """The data set named by the settings; "own" is passed to the trainer instead."""
        data = load_dataset(self.dataset, self.train, self.test, self.noise, self.irrelevant, self.data_seed)
        return with_inputs(data, self.inputs)
