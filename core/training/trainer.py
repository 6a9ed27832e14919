"""Training: turns the settings of some runs into a stream of frames, and the frames into a history."""

import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from core.checks import InputError
from core.data import Dataset, stream
from core.data.dataset import with_inputs
from core.nn import Network
from core.nn.layers import read_layer
from core.nn.losses import loss_of
from core.nn.network import Evaluation
from core.optimizers import OPTIMIZERS, SCHEDULES, Optimizer, Schedule, clip_by_norm
from core.optimizers.schedules import Constant, ReduceOnPlateau
from core.training.batches import Batch, Batches, Resting, scores, split
from core.training.history import MEASURES, Frame
from core.training.settings import AUTO_LOSS, RunSettings

VALIDATION_SHARE = 0.2  # share of the training rows held out for early stopping
EVALUATION_CELLS = 400_000  # activations evaluated at once: about 10 ms of work
CACHE_BYTES = 4 * 1024 * 1024  # memory used by a group of runs in a step, about a core's share of the caches
LARGEST_STACK = 200_000_000  # maximum numbers kept by a stack: parameters with optimizer state, and activations


def train(settings: RunSettings | Sequence[RunSettings], own: Dataset | None = None) -> Iterator[Frame]:
    """Train one run, or a stack of one structure; yields about `frames` frames, one at step 0. Raises InputError."""
    trainer = Trainer([settings] if isinstance(settings, RunSettings) else settings, own)
    return (frame for frame in trainer.work() if frame is not None)


class Trainer(Resting):
    """A stack of runs in training. `params` (S, P) are those of the runs still `alive` (S,); ended runs are removed.

    `best_params` (R, P): the last finite weights, or the best ones with early stopping. `own`: data in place of the
    settings' data set, for all runs or one per run. Parameters at indices `held` (K,) stay bitwise unchanged.
    """

    def __init__(self, runs: Sequence[RunSettings], own: Dataset | Sequence[Dataset] | None = None):
        _check_structure(runs)
        self.runs, first, dtype = list(runs), runs[0], np.dtype(runs[0].dtype)
        given = [own] * len(runs) if isinstance(own, Dataset) else own
        datasets = [with_inputs(data, first.inputs) for data in given] if given else [run.data() for run in runs]
        self.task = datasets[0].task
        self.loss = first.loss if first.loss != "auto" else AUTO_LOSS[self.task]
        loss = loss_of(self.loss, first.label_smoothing)
        if self.task == "numbers" and loss.task == "classes":
            raise InputError(f"loss is {self.loss}, but {datasets[0].name} holds numbers and no classes")
        outputs = 1 if loss.one_for_two and datasets[0].outputs == 2 else datasets[0].outputs
        self.sizes = [datasets[0].features, *first.hidden, outputs]
        self.picture = datasets[0].picture
        share = VALIDATION_SHARE if first.patience else 0
        seeds = [run.data_seed for run in runs]
        self.train, self.test, self.validation = split(datasets, loss, outputs, share, dtype, seeds)
        self._check_size(runs)
        self.batches = Batches(self.train, [run.seed for run in runs], first.batch_size)
        self.dropout = [stream(run.seed, "dropout") for run in runs]
        self.alive = np.arange(len(runs))
        self.diverged = np.full(len(runs), -1)
        self.stopped = np.full(len(runs), -1)
        self.step, self.seconds = 0, 0.0
        network = self._network(runs)
        drawn = [network.initial(stream(run.seed, "weights"), run.initializer, run.gain) for run in runs]
        self.params = np.stack(drawn).astype(dtype)
        self._bind()
        self.held = np.empty(0, dtype=np.intp)
        self.rule = self._rule(runs)
        self.schedule = self._schedule()
        self.patience, self.best_params = first.patience, self.params.copy()
        self.best_loss, self.waited = np.full(len(runs), np.inf), np.zeros(len(runs), int)

    def _check_size(self, runs: Sequence[RunSettings]) -> None:
        """Refuse runs that would not fit into memory."""
        network, first = self._network(runs), runs[0]
        batch = min(first.batch_size or self.train.size, self.train.size)
        samples = max(self._together(network, first) * batch, self.train.size // 2, self.test.size // 2)
        needed = len(self.runs) * 8 * network.parameters + samples * network.chain.kept
        if needed > LARGEST_STACK:
            what = f"layers is {','.join(first.layers)}" if first.layers else f"hidden is {first.hidden}"
            raise InputError(
                f"{what}, but {len(self.runs)} runs of it with batches of {batch} keep {needed:.2g} "
                f"numbers in memory, and at most {LARGEST_STACK:.2g} are allowed"
            )

    def _together(self, network: Network, run: RunSettings) -> int:
        """Number of runs per group in a step: as many as fit into the processor's cache, in equal groups."""
        runs, rule = len(self.runs), OPTIMIZERS[run.optimizer]
        if rule.block == "stack":
            return runs
        batch = min(run.batch_size or self.train.size, self.train.size)
        kept = network.chain.kept * batch + 2 * network.parameters
        groups = -(-runs * kept * np.dtype(run.dtype).itemsize // CACHE_BYTES)
        return max(1, -(-runs // groups))

    def _bind(self) -> None:
        """Build the network, the batches and their buffers for the active runs."""
        if not len(self.alive):
            return
        runs = [self.runs[run] for run in self.alive]
        self.network = self._network(runs)
        self.clip_norm = _same([run.clip_norm for run in runs])
        self.batches.bind(self.network, self.params, self.alive, self._together(self.network, runs[0]))

    def _network(self, runs: Sequence[RunSettings]) -> Network:
        """The network of these runs, with their numbers."""
        varied = {name: _same([getattr(run, name) for run in runs]) for name in ("l1", "l2", "max_norm")}
        first = runs[0]
        return Network(
            self.sizes,
            first.activations or first.activation,
            loss_of(self.loss, first.label_smoothing),
            normalization=first.normalization,
            residual=first.residual,
            dropout=first.dropout > 0,
            hidden=[read_layer(text) for text in first.layers],
            picture=self.picture,
            **varied,
        )

    def _rule(self, runs: Sequence[RunSettings]) -> Optimizer:
        """A new optimizer for these runs."""
        if "lr" in runs[0].hyper:
            raise InputError("hyper contains lr, but the learning rate must be given as the setting lr")
        hyper = {name: _same([run.hyper[name] for run in runs]) for name in runs[0].hyper}
        rule = OPTIMIZERS[runs[0].optimizer](lr=_same([run.lr for run in runs]), **hyper)
        return rule.init(self.params, shapes=self.network.shapes)

    def change(self, runs: Sequence[RunSettings]) -> None:
        """Change lr, hyper, l1, l2 and batch_size from the next update on, or nothing and raise InputError."""
        _check_structure(runs)
        self._check_size(runs)
        chosen = [runs[int(run)] for run in self.alive]
        self.rule, self.runs = self._rule(chosen).follow(self.rule), list(runs)
        self.schedule = self._schedule()
        self.batches.resize(runs[0].batch_size)
        self._bind()

    def _schedule(self) -> Schedule | None:
        """The schedule of all runs, fitted to their steps; None if the rate is constant."""
        first, kind = self.runs[0], SCHEDULES[self.runs[0].schedule]
        parameters = kind.fit(first.steps) | first.schedule_hyper
        rates = [run.lr for run in self.runs]
        if kind is Constant and not parameters:
            return None
        return kind(np.array(rates) if kind is ReduceOnPlateau else _same(rates), **parameters)

    @np.errstate(all="ignore")
    def update(self) -> None:
        """One update of every active run: batch, forward, backward, optimizer, group by group."""
        started = time.perf_counter()
        for batch in self.next_batches():
            self.forward(batch)
            self.backward(batch)
            self.move(batch)
        self.seconds += (time.perf_counter() - started) / len(self.alive)

    def next_batches(self) -> list[Batch]:
        """Draw the next batch of every run, one per group."""
        if not self.batches.buffers:
            self._bind()
        return self.batches.next()

    def forward(self, batch: Batch) -> None:
        """The first part of an update: fetch the samples and pass them forward."""
        self.batches.gather(batch)
        if batch.work.masks:
            for place, run in enumerate(self.alive[batch.rows]):
                for layer in batch.work.masks:
                    layer.draw(place, self.dropout[run], self.runs[run].dropout)
        batch.work.forward(batch.x)

    def backward(self, batch: Batch) -> None:
        """The second part: the gradient of the batch, which is 0 for held parameters."""
        grads = batch.work.backward(batch.t)
        if self.held.size:
            grads[:, self.held] = 0

    def move(self, batch: Batch) -> None:
        """The last part: the optimizer's step."""
        rows, params, grads = batch.rows, batch.work.params, batch.work.grads
        assert grads is not None
        if self.schedule and rows.start == 0:
            rate = self.schedule(self.step)
            self.rule.lr = rate[self.alive] if isinstance(rate, np.ndarray) else rate
        kept = params[:, self.held] if self.held.size else None
        if self.clip_norm is not None:
            clip_by_norm(grads, self.clip_norm[rows] if np.ndim(self.clip_norm) else self.clip_norm)
        self.rule.step(params, grads, rows=rows)
        if self.network.max_norm is not None:
            self.network.constrain(params, rows)
        batch.work.remember()
        if kept is not None:
            params[:, self.held] = kept
        self.step += batch.last

    @property
    def notices(self) -> list[str]:
        """Sentences on how it deviates from its settings."""
        asked, there = self.runs[0].batch_size or 0, self.train.size
        few = f"The batch size is {asked:,}, but there are only {there:,} training samples"
        return [f"{few}: every batch contains all of them."] if asked > there else []

    @property
    def epoch(self) -> float:
        """Number of passes over the training samples."""
        return self.batches.seen / self.train.size

    def work(self) -> Iterator[Frame | None]:
        """Train to the end: yields a Frame at each evaluation, and None wherever it may pause."""
        first = self.runs[0]
        yield from self.look()
        for target in record_steps(first.steps, first.frames):
            while self.step < target and len(self.alive):
                self.update()
                yield None
            if not len(self.alive):
                break
            yield from self.look()

    def look(self) -> Iterator[Frame | None]:
        """Evaluate every active run, remove those that ended, and yield the frame; yields None where it may pause."""
        frame = None
        for frame in self._evaluate():
            if frame is None:
                yield None
        assert frame is not None
        if isinstance(self.schedule, ReduceOnPlateau):
            self.schedule.observe(frame.validation_loss if self.patience else frame.train_loss)
        self._let_go(frame)
        yield frame

    def glance(self) -> Frame:
        """The current frame, without any effect on training."""
        *_, frame = self._evaluate()
        assert frame is not None
        return frame

    def _evaluate(self) -> Iterator[Frame | None]:
        """The measures of every active run; yields None wherever it may pause, and finally the frame."""
        measures = {name: np.full(len(self.runs), np.nan) for name in MEASURES}
        ends = {"diverged": self.diverged.copy(), "stopped": self.stopped.copy()}
        frame = Frame(self.step, self.epoch, self.seconds, **measures, **ends)
        parts = [(self.train, frame.train_loss, frame.train_score), (self.test, frame.test_loss, frame.test_score)]
        if self.validation:
            parts.append((self.validation, frame.validation_loss, frame.validation_score))
        with np.errstate(all="ignore"):
            frame.penalty[self.alive] = self.network.penalty.value(self.params)
        cells = max(part.size for part, _, _ in parts) * self.network.chain.kept // 2
        together = max(1, EVALUATION_CELLS // cells)
        for start in range(0, len(self.alive), together):
            runs, params = self.alive[start : start + together], self.params[start : start + together]
            for part, losses, shares in parts:
                x, t = part.of(runs)
                with np.errstate(all="ignore"):
                    z = Evaluation(self.network, params, part.size).forward(x)
                    losses[runs], shares[runs] = self.network.loss.values(z, t), scores(self.task, z, t)
                yield None
        yield frame

    def _let_go(self, frame: Frame) -> None:
        """Remove runs that diverged, or had no lower validation loss for `patience` frames (Prechelt 1998)."""
        judged = [frame.train_loss, frame.test_loss, frame.penalty]
        judged += [frame.validation_loss] if self.patience else []
        finite = np.isfinite(self.params).all(axis=1) & np.isfinite([each[self.alive] for each in judged]).all(axis=0)
        ended = ~finite
        for name in MEASURES:
            getattr(frame, name)[self.alive[ended]] = np.nan
        self.diverged[self.alive[ended]] = self.step
        runs, losses = self.alive, frame.validation_loss[self.alive]
        better = losses < self.best_loss[runs] if self.patience else finite
        self.best_params[runs[better]], self.best_loss[runs[better]] = self.params[better], losses[better]
        self.waited[runs] = np.where(better, 0, self.waited[runs] + 1)
        stopped = finite & (self.waited[runs] >= self.patience) & bool(self.patience)
        self.stopped[runs[stopped]] = self.step
        ended |= stopped
        frame.diverged[:], frame.stopped[:] = self.diverged, self.stopped
        if ended.any():
            self.alive, self.params = self.alive[~ended], self.params[~ended]
            self.rule.keep(~ended)
            self._bind()


def _check_structure(runs: Sequence[RunSettings]) -> None:
    if not runs or len({run.structure() for run in runs}) > 1:
        raise InputError("runs must be one or more of the same structure; a stack varies numbers only")


def _same(values: list[Any]) -> Any:
    """One number if it is the same for all runs, otherwise an array (R,)."""
    return values[0] if len(set(values)) == 1 else np.array(values)


def record_steps(steps: int, frames: int) -> list[int]:
    """The steps at which a run is evaluated: evenly spaced, without 0, including the last."""
    return sorted({round(steps * (frame + 1) / frames) for frame in range(frames)} - {0})
