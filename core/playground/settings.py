"""The settings of the playground: data, network, training, and the end of the run."""

from typing import Any, Self

from pydantic import model_validator

import core.settings
from core.checks import InputError, check_whole
from core.data import DATASETS
from core.data.dataset import OWN
from core.data.rows import INPUTS
from core.nn import ACTIVATIONS, INITIALIZERS, LOSSES
from core.nn.layers import read_layer
from core.nn.losses import CrossEntropy
from core.optimizers import OPTIMIZERS
from core.settings import choice, choices, number, per_layer, texts
from core.training import RunSettings
from core.training.settings import AUTO_LOSS

LIVE = {"lr", "momentum", "l1", "l2", "batch_size"}  # settings that take effect at the next step, without a restart
MOST_LAYERS, WIDEST = 12, 64  # maximum hidden layers, and units or channels of each
# In frames: the trainer keeps held-out data and best weights, but the playground counts patience in epochs
EVER = 100_000
DATA = "Training data; own: your table. Digits are pictures, for convolutions."
SMOOTHING = "Share of each target spread evenly over the classes."


def generated(dataset: str) -> bool:
    """Whether this data is drawn at random, so that it has noise."""
    return dataset in DATASETS and DATASETS[dataset].generated


def smooths(loss: str, dataset: str) -> bool:
    """Whether this loss on this data has label smoothing; "auto" may have it on own data."""
    auto = AUTO_LOSS[DATASETS[dataset].task if dataset in DATASETS else "classes"]
    return isinstance(LOSSES[auto if loss == "auto" else loss], CrossEntropy)


class Settings(core.settings.Settings):
    """Everything that a visitor sets and a link contains."""

    dataset: str = choice("circles", [*DATASETS, "own"], "Data", DATA)
    noise: float = number(0.1, 0, 2, "Noise", "Noise of generated data.", when=lambda s: generated(s.dataset))
    samples: int = number(500, 20, 5000, "Samples", "For training and testing.", when=lambda s: s.dataset in DATASETS)
    test_share: float = number(0.5, 0.1, 0.9, "Test share", "Share of the samples kept for testing.")
    inputs: tuple[str, ...] = choices(OWN, INPUTS, "Inputs", "Inputs computed from the data's features, if it has two.")
    hidden: tuple[int, ...] = number((4, 2), 1, WIDEST, "Hidden layers", "Number of units in each layer.")
    layers: tuple[str, ...] = texts((), "Layers", "Layers for pictures, such as conv-8-3, max_pool-2, flatten.")
    activations: tuple[str, ...] = per_layer(("tanh",), ACTIVATIONS, "Activations", "One for each layer, or for all.")
    loss: str = choice("auto", ["auto", *LOSSES], "Loss", "auto: softmax cross-entropy, or mean squared error.")
    label_smoothing: float = number(
        0.0, 0, 0.99, "Label smoothing", SMOOTHING, when=lambda s: smooths(s.loss, s.dataset)
    )
    optimizer: str = choice("sgd", OPTIMIZERS, "Optimizer", "The update rule.")
    lr: float = number(0.03, 1e-6, 100, "Learning rate", "Step size.", log=True)
    momentum: float = number(
        0.9, 0, 0.999, "Momentum", "Of the update rule.", when=lambda s: "momentum" in OPTIMIZERS[s.optimizer].options()
    )
    batch_size: int = number(10, 1, 5000, "Batch size", "Samples used for each gradient.")
    l1: float = number(0.0, 0, 10, "L1", "Strength of the penalty l1 Σ|W|.")
    l2: float = number(0.0, 0, 10, "L2", "Strength of the penalty (l2/2) ΣW².")
    dropout: float = number(0.0, 0, 0.9, "Dropout", "Share of hidden units silenced at each update.")
    initializer: str = choice("xavier", INITIALIZERS, "Initializer", "Draws the initial weights; biases are 0.")
    seed: int = number(0, 0, 10_000, "Seed", "Draws weights, batches and dropout.")
    data_seed: int = number(0, 0, 10_000, "Data seed", "Draws the data and its split.")
    max_epochs: int = number(1000, 1, 10_000, "Epochs", "The run ends after this many passes over the data.")
    target_loss: float = number(0.0, 0, 10, "Target loss", "The run ends at this training loss; 0: off.")
    patience: int = number(0, 0, 1000, "Patience", "Epochs without a better validation loss before stopping; 0: off.")

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        for name, given in (("hidden", self.hidden), ("layers", self.layers)):
            if len(given) > MOST_LAYERS:
                raise InputError(f"{name} has {len(given)} layers, but must have 0 to {MOST_LAYERS}")
        for text in self.layers:
            layer = read_layer(text)
            for what in {"channels", "units"} & layer.options().keys():
                check_whole(f"{what} of {text}", getattr(layer, what), 1, WIDEST)
        if not 1 <= len(self.activations) <= MOST_LAYERS:
            raise InputError(f"activations is {self.activations!r}, but must name one for all layers or one for each")
        OPTIMIZERS[self.optimizer](lr=self.lr, **self._hyper)  # which knows what its momentum may be
        return self

    @property
    def _hyper(self) -> dict[str, Any]:
        return {"momentum": self.momentum} if "momentum" in OPTIMIZERS[self.optimizer].options() else {}

    def run(self, steps: int = 0) -> RunSettings:
        """These settings as those of a training run of this many steps."""
        test = min(max(4, round(self.samples * self.test_share)), self.samples - 4)
        apart = {"activations", "patience", "label_smoothing"}
        same = RunSettings.model_fields.keys() & type(self).model_fields.keys() - apart
        return RunSettings(
            train=self.samples - test,
            test=test,
            activation=self.activations[0],
            activations=self.activations if len(self.activations) > 1 else (),
            hyper=self._hyper,
            steps=steps,
            patience=EVER if self.patience else 0,
            label_smoothing=self.label_smoothing if smooths(self.loss, self.dataset) else 0.0,
            **{name: getattr(self, name) for name in same},
        )
