"""The failure doctor: every illness made on purpose is recognized and cured, and healthy runs are left in peace."""

import numpy as np
import pytest

from core.data import DATASETS
from core.nn.layers import Weights
from core.nn.probes import LayerStatistics
from core.playground.doctor import ILLNESSES, diagnose, examine
from core.playground.playground import Playground, Settings
from core.training import Frame, History, RunSettings, Trainer

SEEDS = range(4)
RELU = {"activation": "relu", "initializer": "kaiming"}
SMALL_NOISY = {"noise": 0.5, "train": 30, "hidden": (32, 32), "steps": 2000}
ILL = [  # an illness, and settings that every seed of falls ill with
    ("symmetry", {"initializer": "zeros"}),
    ("symmetry", {"initializer": "constant", "dataset": "circles"}),
    ("exploding", {**RELU, "gain": 4.0, "hidden": (8,) * 6, "lr": 0.03}),
    ("exploding", {"activation": "leaky_relu", "gain": 4.0, "hidden": (8,) * 8, "lr": 0.001}),
    ("not_finite", {"dataset": "diabetes", "lr": 1.0, "steps": 500}),
    ("not_finite", {**RELU, "dataset": "wave", "lr": 10.0}),
    ("rate_too_high", {"lr": 30.0}),
    ("rate_too_high", {**RELU, "lr": 5.0}),
    ("rate_too_high", {"optimizer": "adam", "lr": 1.0}),
    ("dead", {**RELU, "dataset": "digits", "lr": 1.5, "steps": 600}),
    ("saturated", {"gain": 30.0}),
    ("saturated", {"gain": 30.0, "dataset": "circles"}),
    ("vanishing", {"activation": "sigmoid", "hidden": (8,) * 8}),
    ("vanishing", {"initializer": "normal", "hidden": (4,) * 6}),
    ("rate_too_low", {"lr": 1e-4}),
    ("rate_too_low", {"lr": 1e-3, "dataset": "circles"}),
    ("rate_too_low", {"optimizer": "adam", "lr": 1e-5}),
    ("overfitting", {**SMALL_NOISY, "optimizer": "adam", "lr": 0.01}),
    ("overfitting", {**SMALL_NOISY, "dataset": "circles", "optimizer": "adam", "lr": 0.01}),
]


def trained(runs):
    trainer = Trainer(runs)
    return trainer, History.of(frame for frame in trainer.work() if frame is not None)


def diagnoses(runs):
    """The history of a stack, and of each run what is said of it."""
    trainer, history = trained(runs)
    return history, [examine(trainer, history, run.model_dump(), place) for place, run in enumerate(runs)]


def with_seeds(seeds=SEEDS, **settings):
    run = RunSettings(**({"lr": 0.1, "batch_size": 10, "steps": 1500} | settings))
    return [run.replace(seed=seed, data_seed=seed) for seed in seeds]


def judged(name, history):
    """What the cure must lower: the loss at the end, infinite where it is not a number."""
    losses = history.test_loss if name == "overfitting" else history.train_loss
    return np.nan_to_num(losses[-1], nan=np.inf)


@pytest.mark.parametrize(("name", "settings"), ILL, ids=lambda value: value if isinstance(value, str) else "")
def test_every_illness_is_recognized_and_its_cure_cures(name, settings):
    runs = with_seeds(**settings)
    history, said = diagnoses(runs)
    assert [each[0].name for each in said] == [name] * len(runs)
    for each in said:
        assert any(sign.isdigit() for sign in each[0].sentence)
        assert each[0].sentence.endswith(".")
        assert each[0].cure
    cured, after = diagnoses([run.replace(**each[0].cure) for run, each in zip(runs, said, strict=True)])
    assert (judged(name, cured) < judged(name, history)).all()
    assert name == "overfitting" or not any(name == diagnosis.name for each in after for diagnosis in each)


def test_every_illness_is_among_them():
    assert {name for name, _ in ILL} == set(ILLNESSES)


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("settings", [{"lr": 0.03}, {"lr": 0.01, "optimizer": "adam", **RELU}], ids=["tanh", "relu"])
def test_healthy_runs_are_left_in_peace_or_told_the_truth(dataset, settings):
    """Small tables are overfitted even by healthy settings: then the cure must lower the test loss."""
    runs = with_seeds(range(5, 8), dataset=dataset, **settings)
    history, said = diagnoses(runs)
    for place, (run, each) in enumerate(zip(runs, said, strict=True)):
        assert [diagnosis.name for diagnosis in each] in ([], ["overfitting"])
        for diagnosis in each:
            _, cured = trained([run.replace(**diagnosis.cure)])
            assert cured.test_loss[-1, 0] < history.test_loss[-1, place]


@pytest.mark.parametrize("dataset", [name for name, source in DATASETS.items() if source.generated])
def test_the_playground_as_it_opens_is_healthy_at_every_moment(dataset):
    for seed in range(2):
        playground = Playground(Settings(dataset=dataset, seed=seed, data_seed=seed))
        for mark in (0, 1, 5, 25, 50, 80):
            while playground.epoch < mark:
                playground.epoch_()
            assert not examine(playground.trainer, playground.history, playground.settings.model_dump())


def test_a_cure_for_the_playground_changes_the_activations_of_all_layers():
    settings = Settings(hidden=(6,) * 8, activations=("sigmoid",))
    playground = Playground(settings)
    playground.update()
    (diagnosis,) = examine(playground.trainer, playground.history, settings.model_dump())
    assert diagnosis.cure == {"activations": ("tanh",), "initializer": "orthogonal"}
    assert settings.replace(**diagnosis.cure).activations == ("tanh",)


def test_runs_of_one_stack_are_told_apart():
    runs = [run.replace(lr=lr) for run, lr in zip(with_seeds(range(3)), (0.1, 1e-4, 30.0), strict=True)]
    _, said = diagnoses(runs)
    assert [[diagnosis.name for diagnosis in each] for each in said] == [[], ["rate_too_low"], ["rate_too_high"]]
    wave = [
        run.replace(dataset="wave", lr=lr, **RELU) for run, lr in zip(with_seeds(range(2)), (10.0, 0.1), strict=True)
    ]
    _, said = diagnoses(wave)
    assert [[diagnosis.name for diagnosis in each] for each in said] == [["not_finite"], []]


def history_of(train, test=None, epochs=100):
    """A history with these losses, evenly spaced over the epochs."""
    test = train if test is None else test
    nothing = np.array([np.nan])
    return History.of(
        Frame(
            step=10 * place,
            epoch=epochs * place / (len(train) - 1),
            seconds=0.0,
            train_loss=np.array([a]),
            test_loss=np.array([b]),
            validation_loss=nothing,
            penalty=nothing,
            train_score=nothing,
            test_score=nothing,
            validation_score=nothing,
            diverged=np.array([-1]),
            stopped=np.array([-1]),
        )
        for place, (a, b) in enumerate(zip(train, test, strict=True))
    )


TIME = np.linspace(0, 1, 61)
ZIGZAG = (-1.0) ** np.arange(61)
FALL = 0.1 + 0.6 * np.exp(-4 * TIME)
CURVES = {  # curves on both sides of the thresholds, and what is said of them
    "a fall": (FALL, None, 100, []),
    "as good as still": (np.full(61, 0.7), None, 100, []),
    "swings of 4 %": (0.7 + 0.014 * ZIGZAG, None, 100, []),
    "swings of 6 %": (0.7 + 0.021 * ZIGZAG, None, 100, ["rate_too_high"]),
    "swings around a fall": (FALL + 0.001 * ZIGZAG, None, 100, []),
    "a tenth, steadily": (0.7 - 0.07 * TIME, None, 100, ["rate_too_low"]),
    "a tenth, too soon to tell": (0.7 - 0.07 * TIME, None, 40, []),
    "a third, steadily": (0.7 - 0.23 * TIME, None, 100, []),
    "a tenth, then level": (0.63 + 0.07 * np.exp(-20 * TIME), None, 100, []),
    "test loss rises by half": (FALL, FALL + 0.25 * TIME**2, 100, ["overfitting"]),
    "test loss rises a little": (FALL, FALL + 0.1 * TIME**2, 100, []),
    "both rise": (FALL + 0.25 * TIME**2, FALL + 0.25 * TIME**2, 100, []),
    "tiny losses": (FALL / 100, np.r_[0.7, FALL[1:] / 100 + 0.005 * TIME[1:] ** 2], 100, []),
    "a fall in few looks": (np.linspace(0.7, 0.01, 13), None, 100, []),
    "without bounds": (np.logspace(0, 300, 61), None, 100, ["rate_too_high"]),
    "a single look": (FALL[:2], None, 100, []),
    "nothing to lose": (np.zeros(61), None, 100, []),
    "nothing to lose at first": (np.r_[0.0, 0.7 - 0.07 * TIME[1:]], None, 100, []),
}


@pytest.mark.parametrize("curve", CURVES)
def test_curves_alone(curve):
    train, test, epochs, names = CURVES[curve]
    said = diagnose(history_of(train, test, epochs), {"optimizer": "sgd", "lr": 0.1, "l2": 0.0})
    assert [diagnosis.name for diagnosis in said] == names


@pytest.mark.parametrize(
    ("settings", "losses", "cure"),
    [
        ({"optimizer": "sgd", "lr": 0.2}, 0.7 + 0.1 * ZIGZAG, {"lr": 0.02}),
        ({"optimizer": "sgd", "lr": 50.0}, 0.7 + 0.1 * ZIGZAG, {"lr": 0.1}),
        ({"optimizer": "adam", "lr": 50.0}, 0.7 + 0.1 * ZIGZAG, {"lr": 0.01}),
        ({"optimizer": "sgd", "lr": 1e-4}, 0.7 - 0.07 * TIME, {"lr": 0.1}),
        ({"optimizer": "sgd", "lr": 0.2}, 0.7 - 0.07 * TIME, {"lr": 0.6}),
    ],
)
def test_cures_of_the_rate_depend_on_the_rule(settings, losses, cure):
    (diagnosis,) = diagnose(history_of(losses), settings)
    assert diagnosis.cure == pytest.approx(cure)
    assert f"{settings['lr']:g}" in diagnosis.cause


@pytest.mark.parametrize(
    ("inside", "losses", "activation", "names"),
    [
        ({"dead": 0.8}, FALL, "relu", ["dead"]),
        ({"dead": 0.7}, FALL, "relu", []),
        ({"dead": 0.8, "saturated": 0.8}, FALL, "tanh", ["dead"]),
        ({"dead": 0.8}, 0.7 + 0.1 * ZIGZAG, "relu", ["rate_too_high"]),
        ({"saturated": 0.8}, FALL, "tanh", ["saturated"]),
        ({"saturated": 0.8}, FALL, "relu", []),  # ReLU has no upper end: units for few samples are no illness
        ({"saturated": 0.8}, 0.7 + 0.1 * ZIGZAG, "tanh", ["rate_too_high"]),
        ({"first": 1e-4}, FALL, "tanh", ["vanishing"]),
        ({"first": 1e-4, "dead": 0.8}, FALL, "relu", ["dead"]),
        ({"first": 1e-4}, 0.7 - 0.07 * TIME, "tanh", ["vanishing"]),
        ({"first": 1e4}, FALL, "tanh", ["exploding"]),
        ({"first": 0.0}, FALL, "tanh", []),
    ],
)
def test_what_another_illness_explains_is_left_out(inside, losses, activation, names):
    """Two hidden layers of four units, given by their statistics alone."""
    layers = [Weights(*np.split(np.random.default_rng(size).normal(size=(4, 5)), [4], axis=1)) for size in range(3)]
    deltas = np.array([[inside.get("first", 1.0), 1.0, 1.0]])
    shares = [np.array([[inside.get(name, 0.0), 0.0]]) for name in ("dead", "saturated")]
    look = LayerStatistics(deltas, deltas, *shares)
    settings = {"optimizer": "sgd", "lr": 0.1, "activation": activation, "l2": 0.0}
    assert [diagnosis.name for diagnosis in diagnose(history_of(losses), settings, look, layers)] == names
