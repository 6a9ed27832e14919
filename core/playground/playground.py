"""The playground: one network in training, with everything inside it visible and editable."""

import math
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from core.checks import InputError, check_number, check_whole
from core.data import Dataset
from core.data.baselines import baselines
from core.data.cells import Rules
from core.data.dataset import OWN, inputs, with_inputs
from core.nn import Network
from core.nn.network import Pass
from core.nn.probes import Inside, Plane, inside, said
from core.playground.settings import LIVE, Settings
from core.training import Frame, History, Trainer
from core.training.batches import Batch

OPERATIONS = ("forward", "loss", "backward", "update")
LARGEST_WEIGHT = 1e6  # largest value that can be set by hand
POINTS = 500  # training samples drawn in the plane
MOST_KEPT = 20_000_000  # maximum numbers kept by a pass of all training samples
SLICE = 0.02  # seconds of work between two yields of `run`


class Playground:
    """One network in training, in steps of four sizes: operation, update, epoch, or a given time, bitwise the same run.

    `ended`: why it is over, a sentence; `operation`: the next part of an update; `batch`: the current or last one;
    `by_hand`: whether something was changed along the way, which the settings alone would not repeat; `resumed`: the
    epoch from which it continues without an end; `view`: two features that span the plane of the maps; `sample`: the
    selected one.
    """

    def __init__(self, settings: Settings, table: Dataset | None = None):
        """`table` is the data if the settings say own. Raises InputError for inconsistent settings."""
        if settings.dataset == "own" and table is None:
            raise InputError("dataset is 'own', but there is no table: upload your table again to continue")
        run, own = settings.run(), table if settings.dataset == "own" else None
        self.settings, self.trainer = settings, Trainer([run], own)
        kept = self.trainer.train.size * self.network.chain.kept
        if kept > MOST_KEPT:  # too large to evaluate all samples repeatedly
            raise InputError(
                f"layers is {','.join(settings.layers)}, but {self.trainer.train.size} training samples keep "
                f"{kept:.2g} numbers in it, and at most {MOST_KEPT:.2g} are allowed here"
            )
        self.source = own or run.replace(inputs=OWN).data()  # with the original features
        self.data = with_inputs(self.source, run.inputs)  # with the network's inputs
        self.initial_params = self.params.copy()
        self.frozen = np.zeros(self.network.parameters, bool)
        self.ended: str | None = None
        self.resumed: float | None = None
        self.operation, self.by_hand = OPERATIONS[0], False
        updates = self.trainer.train.size / self.trainer.batches.size  # updates per epoch
        self.spacing = max(1, int(updates / 32))  # steps of the first frames
        self.frames: list[Frame] = []
        self._present: Frame | None = None
        self.view: tuple[int, int] | None = None
        self.sample = 0
        self._planes: dict[object, Plane] = {}
        self._baselines: dict[str, float] = {}
        # the first samples, passed forward and back outside of training, so that there is something to show
        x, t = (part[:, :, : self.trainer.batches.size] for part in self.trainer.train.of(self.trainer.alive))
        self.batch = Batch(slice(0, 1), x, t, Pass(self.network, self.trainer.params, x.shape[-1]))
        self.went_back = self.batch.work  # the pass used by `inside`
        with np.errstate(all="ignore"):
            self.went_back.forward(x)
            self.went_back.backward(t)
        self._look()

    @property
    def network(self) -> Network:
        """The network, with the current penalties."""
        return self.trainer.network

    @property
    def params(self) -> np.ndarray:
        """All weights and biases (P,); for a diverged run, the last finite ones."""
        return self.trainer.params[0] if len(self.trainer.alive) else self.trainer.best_params[0]

    @property
    def notices(self) -> list[str]:
        """Sentences on how the run deviates from its settings."""
        patience, epochs = self.settings.patience, self.settings.max_epochs
        late = f"The patience is {patience} epochs, but the run ends after {epochs}: it cannot stop early."
        return [*self.trainer.notices, *([late] if patience >= epochs else [])]

    @property
    def step(self) -> int:
        """Updates done."""
        return self.trainer.step

    @property
    def epoch(self) -> float:
        """Passes through the training samples done."""
        return self.trainer.epoch

    @property
    def score(self) -> str:
        """The kind of score: accuracy, or R2 in a regression."""
        return "accuracy" if self.trainer.task == "classes" else "R2"

    @property
    def batch_loss(self) -> float:
        """Loss of the batch at its forward pass, without the penalty."""
        with np.errstate(all="ignore"):
            return float(self.network.loss.values(self.batch.work.outputs, self.batch.t)[0])

    @property
    def history(self) -> History:
        """The frames so far, with the current one last."""
        return History.of(self.frames if self.present is self.frames[-1] else [*self.frames, self.present])

    @property
    def present(self) -> Frame:
        """Current losses, scores and penalty."""
        if self._present is None:
            self._present = self.trainer.glance()
        return self._present

    # The four sizes of step

    @np.errstate(all="ignore")
    def advance_operation(self) -> None:
        """Do the next operation of an update: forward, loss (see `batch_loss`), backward or update."""
        if self.ended:
            return
        started, trainer, done = time.perf_counter(), self.trainer, self.operation
        if done == "forward":
            (self.batch,) = trainer.next_batches()
            trainer.forward(self.batch)
        elif done == "backward":
            trainer.backward(self.batch)
            self.went_back = self.batch.work
        elif done == "update":
            trainer.move(self.batch)
            self._present = None
        trainer.seconds += time.perf_counter() - started
        self.operation = OPERATIONS[(OPERATIONS.index(done) + 1) % len(OPERATIONS)]
        looks, rest = divmod(self.step, self.spacing)  # a frame at each of the first, then 64 per doubling of the steps
        if done == "update" and (self._over or not (rest or looks % (1 << max(0, looks.bit_length() - 7)))):
            self._look()

    def update(self) -> None:
        """Finish the current update, or do one."""
        self.advance_operation()
        while self.operation != OPERATIONS[0] and not self.ended:
            self.advance_operation()

    def epoch_(self, seconds: float = math.inf) -> bool:
        """Train to the end of the epoch as far as the time allows; returns whether the end is reached."""
        deadline = time.perf_counter() + seconds
        self.update()
        while not self.ended and self.trainer.batches.seen % self.trainer.train.size:
            if time.perf_counter() > deadline:
                return False
            self.update()
        return True

    def work(self, seconds: float) -> None:
        """Train for about this long, or to the end of the run."""
        deadline = time.perf_counter() + seconds
        while not self.ended and time.perf_counter() < deadline:
            self.update()

    def _look(self) -> None:
        """Evaluate, and check whether the run is over."""
        *_, frame = self.trainer.look()
        assert frame is not None
        self.frames.append(frame)
        self._present = frame
        self.ended = self._ending(frame)

    def _ending(self, frame: Frame) -> str | None:
        settings, loss = self.settings, frame.train_loss[0]
        if frame.diverged[0] >= 0:
            return f"Diverged: at step {self.step} the loss is not finite; try a rate below {settings.lr / 3:.2g}"
        if loss <= settings.target_loss and settings.target_loss:
            return f"Target reached at step {self.step}: the training loss is {loss:.3g}"
        if settings.patience:
            history = History.of(self.frames)
            best = int(np.nanargmin(history.validation_loss[:, 0]))
            if self.epoch - history.epoch[best] >= settings.patience:
                self.trainer.params[:], self._present = self.trainer.best_params, None
                return (
                    f"Stopped early: since step {history.step[best]}, whose weights are back, the validation loss has "
                    f"not fallen below {history.validation_loss[best, 0]:.3g}"
                )
        return f"All {settings.max_epochs} epochs are done" if self._over else None

    @property
    def _over(self) -> bool:
        """Whether its epochs are done, and it is to end there."""
        return self.resumed is None and self.epoch >= self.settings.max_epochs

    def go_on(self) -> None:
        """Continue without an end after the last epoch. Raises InputError for a run that is not at its last epoch."""
        if not self._over:
            raise InputError("this run cannot continue without an end: only a run that has done all its epochs can")
        self.ended, self.resumed = None, self.epoch

    # Manual changes

    def change(self, settings: Settings) -> bool:
        """Continue with these settings, the rate from the next update on; False if others than LIVE ones differ."""
        before, after = self.settings.model_dump(), settings.model_dump()
        changed = {name for name in before if before[name] != after[name]}
        if self.ended or changed - LIVE:
            return not changed
        if changed:
            self.trainer.change([settings.run()])
            self.settings, self.by_hand, self._present = settings, True, None
        return True

    def place(self, layer: int, unit: int, source: int | None) -> int:
        """Index in the parameters (P,) of the weight of `unit` in `layer` (from 0) from `source`; None: its bias.

        In a convolution a unit is a channel, and its sources are the numbers in its window. Raises InputError.
        """
        places = self.network.unpack(np.arange(self.network.parameters))
        W, b = places[check_whole("layer", layer, 0, len(places) - 1)]
        check_whole("unit", unit, 0, len(b) - 1)
        sources = W[unit].ravel()
        return int(b[unit] if source is None else sources[check_whole("source", source, 0, len(sources) - 1)])

    def set_weight(self, layer: int, unit: int, source: int | None, value: float) -> None:
        """Set a weight or a bias, as if it had this value from the start of the update. Raises InputError."""
        place, name = self.place(layer, unit, source), "bias" if source is None else "weight"
        check_number(name, value, -LARGEST_WEIGHT, LARGEST_WEIGHT)
        if not len(self.trainer.alive):
            return
        self.trainer.params[0, place] = value
        self.by_hand, self._present = True, None
        with np.errstate(all="ignore"):
            if self.operation != "forward":
                self.batch.work.forward(self.batch.x)
            if self.operation == "update":
                self.trainer.backward(self.batch)

    def freeze(self, layer: int, unit: int, source: int | None, on: bool) -> None:
        """Freeze or unfreeze a weight or a bias."""
        self.frozen[self.place(layer, unit, source)] = on
        self._hold()

    def freeze_layer(self, layer: int, on: bool) -> None:
        """Freeze or unfreeze all weights and biases of a layer."""
        layers = self.network.unpack(self.frozen)
        for part in layers[check_whole("layer", layer, 0, len(layers) - 1)]:
            part[...] = on
        self._hold()

    def _hold(self) -> None:
        self.trainer.held, self.by_hand = np.flatnonzero(self.frozen), True

    # Views for the page

    def inside(self) -> Inside:
        """Deltas, gradients, norms, dead and saturated units, from the latest backward pass."""
        return inside(self.went_back)

    def plane(self, side: int) -> Plane:
        """The plane of the maps: two features, or two principal components. Raises InputError for a wrong `view`."""
        if (side, self.view) not in self._planes:
            features = self.source.features
            rows = [check_whole("view", feature, 0, features - 1) for feature in self.view or ()]
            basis = np.eye(features)[rows] if rows else None
            self._planes[side, self.view] = Plane(self.source, POINTS, basis, self.settings.inputs, side)
        return self._planes[side, self.view]

    def input_maps(self, side: int) -> np.ndarray:
        """The inputs (features, side, side) over the plane."""
        plane = self.plane(side)
        return plane.pictures(plane.inputs[0, :-1])

    def unit_maps(self, side: int) -> list[np.ndarray]:
        """The activations (units, side, side) of each layer over the plane, the outputs (before a softmax) last."""
        return self.plane(side).activations(self.network, self.params)

    @property
    def sees_pictures(self) -> bool:
        """Whether the first layer gets a picture instead of a vector."""
        return len(self.network.layers[0].inputs) == 3

    @property
    def convolutions(self) -> list[int]:
        """The indices of its convolutions among the layers with weights."""
        return [place for place, layer in enumerate(self.network.affine) if len(layer.kernel_shape) == 3]

    def shown_sample(self) -> tuple[np.ndarray, np.ndarray]:
        """The selected sample: x (1, features + 1, 1) with a one, and its target t (1, k, 1)."""
        place = check_whole("sample", self.sample, 0, self.trainer.train.size - 1)
        x, t = self.trainer.train.x, self.trainer.train.t
        return x[:1, :, place : place + 1], t[:1, :, place : place + 1]

    def picture(self) -> np.ndarray:
        """The sample as a picture (channels, height, width), each pixel between 0 and 1 over the training samples."""
        x = self.trainer.train.x[0, :-1]
        low, span = x.min(axis=1, keepdims=True), np.ptp(x, axis=1, keepdims=True)
        pixels = (self.shown_sample()[0][0, :-1] - low) / np.where(span > 0, span, 1)
        return pixels.reshape(self.network.layers[0].inputs)

    def said(self) -> list[tuple[int | None, np.ndarray]]:
        """The output of each layer for the sample, see `core.nn.probes.said`."""
        return said(self.network, self.params, self.shown_sample()[0])

    def output_map(self, side: int) -> np.ndarray:
        """The predictions over the plane, as `Plane.outputs`: (side, side), or (side,) for data of one feature."""
        return self.plane(side).outputs(self.network, self.params)

    def predicted(self, X: np.ndarray | None = None) -> np.ndarray:
        """The predictions for samples X, by default the test samples: classes (n,), or values (n,) in a regression."""
        outputs = self.network.predict(self.params, self.data.X_test if X is None else X)
        if self.trainer.task == "numbers":
            return outputs[:, 0]
        return outputs.argmax(axis=1) if outputs.shape[1] > 1 else (outputs[:, 0] > 0).astype(int)

    def answers(self, rows: Any, rules: Rules | None = None) -> list[dict[str, Any]]:
        """What the network answers to raw rows of a visitor's table, as `Encoder.transform` and `Encoder.answer`."""
        if not (encoder := self.source.encoder):
            raise InputError(f"the data set {self.source.name!r} is no visitor's table, so it has no raw rows")
        X = inputs(encoder.transform(rows, rules), self.settings.inputs, self.source.X_train)
        return encoder.answer(self.network.predict(self.params, X), self.network.loss.probable)

    def confusion(self) -> np.ndarray | None:
        """Test samples by true class (rows) and predicted class (columns): (k, k); None in a regression."""
        if self.trainer.task == "numbers":
            return None
        k = self.data.outputs
        return np.bincount(k * self.data.y_test + self.predicted(), minlength=k * k).reshape(k, k)

    def baselines(self) -> dict[str, float]:
        """Test scores of the baselines `core.data.baselines`, on the same inputs."""
        self._baselines = self._baselines or baselines(self.data)
        return self._baselines

    # Interface of an experiment's result

    @property
    def progress(self) -> float:
        """Share of the epochs done, 0 to 1; 1 if the run is over. Without an end it approaches 1."""
        if self.resumed is not None and not self.ended:
            more = self.epoch - self.resumed
            return min(0.999, more / (more + self.settings.max_epochs))
        return 1.0 if self.ended else min(0.999, self.epoch / self.settings.max_epochs)

    @property
    def phase(self) -> str:
        """The state of the run in words."""
        return self.ended or f"step {self.step:,}, epoch {self.epoch:.4g}{', no end' * (self.resumed is not None)}"


def run(settings: Settings, table: Dataset | None = None) -> Iterator[Playground]:
    """Train the playground; it may be changed at every yield."""
    playground = Playground(settings, table)
    yield playground
    while not playground.ended:
        playground.work(SLICE)
        yield playground
