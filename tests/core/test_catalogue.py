"""Bad input to the core, C1 to C28 of tests/catalogue.md: taken, taken with a notice, or refused in a sentence.

Files (F) are in test_tables.py, links (L) in test_settings.py and test_catalogue_app.py, sessions (S) there, beside the
pages and in the browser. The name of a test begins with its entry, and says so where the answer is another than listed.
"""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.checks import InputError
from core.data import Dataset, load_dataset, read_table
from core.minimizers import MINIMIZERS
from core.nn import Network
from core.optimizers import OPTIMIZERS, SCHEDULES
from core.playground.doctor import examine
from core.playground.playground import Playground, Settings
from core.settings import extra
from core.training import History, RunSettings, Trainer, train

TESTS = Path(__file__).parents[1]
SMALL = RunSettings(train=20, test=20, steps=3)


def test_every_entry_of_the_catalogue_is_answered_by_a_test():
    entries = re.findall(r"^\| ([CFLS]\d+) \|", (TESTS / "catalogue.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(set(entries)) >= 82
    text = "\n".join(path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py"))
    named = re.findall(r'(?:"|def test_|(?<=\d)_)([CFLScfls]\d+)(?=[ _])', text)
    assert set(entries) - {entry.upper() for entry in named} == set()


def ask(X=((1.0, 2.0), (3.0, 4.0)), y=(0, 1), loss="softmax_cross_entropy", outputs=2):
    """The gradient of a linear network on these samples."""
    network = Network([2, outputs], "relu", loss)
    return network.loss_and_gradient(np.zeros(network.parameters), X, y)


def predict(X, parameters=6):
    return Network([2, 2], "relu", "softmax_cross_entropy").predict(np.zeros(parameters), X)


def run(**changes):
    return Trainer([SMALL.replace(**changes)])


def own(y, X=None, task="classes", outputs=3, **changes):
    """A trainer on data of one's own: X (12, 2), y (12,)."""
    X = np.random.default_rng(0).normal(size=(12, 2)) if X is None else X
    return Trainer([SMALL.replace(**changes)], Dataset("own", task, outputs, X, y, X[:5], y[:5]))


CLASSES = np.arange(12) % 3
REFUSED = {
    "C1 NaN in X": (lambda: ask(X=[[np.nan, 1], [1, 2]]), "X contains NaN"),
    "C1 NaN to predict": (lambda: predict([[np.nan, 1]]), "X contains NaN"),
    "C1 NaN in data": (lambda: own(CLASSES, np.full((12, 2), np.nan)), "X_train contains NaN"),
    "C2 infinity": (lambda: ask(X=[[np.inf, 1], [1, 2]]), "X contains infinity"),
    "C3 values of 1e300": (lambda: ask(X=[[1e300, 1], [1, 2]]), r"\[-1e\+30"),
    "C4 NaN in y": (lambda: ask(y=[0, np.nan], loss="mean_squared_error", outputs=1), "y contains NaN"),
    "C4 NaN in the target of data": (lambda: own(CLASSES * np.nan, task="numbers", outputs=1), "y_train contains NaN"),
    "C5 no rows": (lambda: ask(X=np.empty((0, 2)), y=[]), "empty"),
    "C5 no columns": (lambda: ask(X=np.empty((2, 0))), "empty"),
    "C6 one dimension": (lambda: ask(X=[1.0, 2.0]), "reshape"),
    "C7 lengths": (lambda: ask(y=[0, 1, 1]), "3 .*2"),
    "C7 lengths of data": (lambda: own(CLASSES, np.ones((11, 2))), "y_train has 12 rows, but X_train has 11"),
    "C8 one sample to split": (lambda: load_dataset("moons", train=1), r"train is 1, but must be in \[4"),
    "C8 one sample to hold out from": (lambda: own(CLASSES[:1], np.ones((1, 2)), patience=3), "there is 1 only"),
    "C10 text as classes of the engine": (lambda: own(np.array(list("abc" * 4))), "must hold numbers"),
    "C10 negative classes of the engine": (lambda: own(CLASSES - 1), r"y_train is -1, but must be in \[0, 2\]"),
    "C11 label above the outputs": (lambda: ask(y=[0, 3]), r"y is 3, but must be in \[0, 1\]"),
    "C11 label above the classes": (lambda: own(CLASSES + 1), r"y_train is 3, but must be in \[0, 2\]"),
    "C12 real values as classes": (lambda: ask(y=[0.5, 1]), "holds 0.5, but must be class numbers"),
    "C12 real values as classes of data": (lambda: own(CLASSES + 0.5), "must be class numbers"),
    "C13 y of other columns": (lambda: ask(y=np.ones((2, 2)), loss="mean_squared_error", outputs=1), "1 columns"),
    "C15 complex": (lambda: ask(X=[[1j, 1], [1, 2]]), "complex"),
    "C15 text": (lambda: ask(X=[["a", "b"], ["c", "d"]]), "numbers"),
    "C16 batch 0": (lambda: run(batch_size=0), r"batch_size is 0, but must be in \[1"),
    "C16 batch -3": (lambda: run(batch_size=-3), "batch_size is -3"),
    **{f"C17 width {w!r}": (lambda w=w: run(hidden=(w,)), "hidden is") for w in (0, -3, 2.5, "8", True)},
    **{f"C18 rate {lr!r}": (lambda lr=lr: run(lr=lr), "lr is") for lr in (0, -1, np.nan, np.inf, "0.1")},
    "C19 beta 1": (lambda: run(optimizer="adam", hyper={"beta1": 1.0}), r"beta1 is 1, but must be in \[0, 1\)"),
    "C19 eps": (lambda: run(optimizer="adam", hyper={"eps": -1.0}), "eps is -1"),
    "C19 momentum -1": (lambda: run(optimizer="momentum", hyper={"momentum": -1.0}), "momentum is -1"),
    "C19 momentum 1": (lambda: run(optimizer="momentum", hyper={"momentum": 1.0}), r"momentum is 1, .*\[0, 1\)"),
    "C19 Nesterov without": (lambda: run(optimizer="nesterov", hyper={"momentum": 0.0}), r"momentum is 0, .*\(0, 1\)"),
    "C19 decay": (lambda: run(optimizer="adamw", hyper={"weight_decay": -1.0}), "weight_decay is -1"),
    "C20 optimizer": (lambda: run(optimizer="rmspropp"), r"one of sgd, .*did you mean 'rmsprop'"),
    "C20 activation": (lambda: run(activation="rellu"), r"one of .*did you mean 'relu'"),
    "C20 loss": (lambda: run(loss="huberr"), r"one of .*did you mean 'huber'"),
    "C20 initializer": (lambda: run(initializer="xaver"), r"one of .*did you mean 'xavier'"),
    "C20 schedule": (lambda: run(schedule="cosine_anealing"), r"one of .*did you mean 'cosine_annealing'"),
    **{f"C21 dropout {p}": (lambda p=p: run(dropout=p), "dropout is") for p in (-0.1, 1.0, 1.5)},
    **{f"C22 steps {n}": (lambda n=n: run(steps=n), "steps is") for n in (-1, 1.5, 10**9)},
    **{f"C22 epochs {n}": (lambda n=n: Settings(max_epochs=n), "max_epochs is") for n in (0, -1, 1.5, 10**9)},
    **{f"C22 share {p}": (lambda p=p: Settings(test_share=p), "test_share is") for p in (0.0, 1.0, 1.5)},
    **{f"C23 seed {s!r}": (lambda s=s: run(seed=s), "seed is") for s in (-1, 2**70, "a", None)},
    "C25 T_max": (lambda: SCHEDULES["cosine_annealing"](0.1, T_max=0), r"T_max is 0, but must be in \[1"),
    "C25 step": (lambda: SCHEDULES["step"](0.1, step_size=0), "step_size is 0"),
    "C25 warm-up": (lambda: SCHEDULES["warmup_cosine"](0.1, T_max=10, warmup=20), r"warmup is 20, .*\[0, 10\]"),
    "C25 pct": (lambda: SCHEDULES["one_cycle"](0.1, total_steps=10, pct_start=2.0), "pct_start is 2"),
    "C26 other weights": (lambda: predict([[1.0, 2.0]], parameters=5), "params"),
    "C26 other columns": (lambda: predict(np.ones((1, 3))), "X has 3 features, but the network expects 2"),
    "C27 temperature": (lambda: MINIMIZERS["annealing"](temperature=0.0), "temperature is 0"),
    "C27 population": (lambda: MINIMIZERS["evolution_strategy"](children=1), "children is 1"),
}


@pytest.mark.parametrize("entry", REFUSED)
def test_refused_in_one_sentence(entry):
    call, sentence = REFUSED[entry]
    with pytest.raises(InputError, match=sentence) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_the_same_examples_are_drawn_every_time():
    assert settings().derandomize
    assert settings().deadline is None


NUMBERS = [name for name, field in RunSettings.model_fields.items() if "low" in extra(field)]


@settings(max_examples=500, derandomize=True)
@given(st.sampled_from(NUMBERS), st.integers() | st.floats() | st.text(max_size=5) | st.booleans())
def test_any_number_out_of_range_is_named_with_its_range(name, value):
    field = RunSettings.model_fields[name]
    low, high = extra(field)["low"], extra(field)["high"]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and low <= value <= high and (isinstance(value, int) or "float" in str(field.annotation)):
        return
    given = (value,) if isinstance(field.default, tuple) else value
    with pytest.raises(InputError, match=rf"^{name} is .*, but must be .*\["):
        RunSettings(**{name: given})


def test_c8_c9_one_sample_and_one_class_are_trained_on():
    """More kinds of such data, with every loss and rule: test_trust_core.py."""
    for y in (CLASSES[:1], CLASSES * 0):
        *_, last = (frame for frame in own(y, np.ones((len(y), 2))).work() if frame)
        assert np.isfinite(last.train_loss).all()


def test_c9_otherwise_a_table_of_one_class_is_refused():
    """There is nothing to learn, and a visitor who chose the wrong column is better told before a run than after it."""
    with pytest.raises(InputError, match="has one class only"):
        read_table("a,b\n" + "1,u\n2,u\n" * 9).dataset("b")


@pytest.mark.parametrize("labels", [["no", "yes"], ["True", "False"], ["-1", "1"], ["0", "7"]])
def test_c10_labels_are_mapped_where_they_come_in_and_mapped_back(labels):
    rows = [f"{k},{labels[k % 2]}" for k in range(20)]
    data = read_table("\n".join(["x,y", *rows])).dataset("y", "classes")
    assert sorted(data.labels) == sorted(labels)
    x = np.r_[data.X_train, data.X_test][:, 0].argsort()  # the rows in their first order
    assert [data.labels[k] for k in np.r_[data.y_train, data.y_test][x]] == [labels[k % 2] for k in range(20)]
    assert np.isfinite(Trainer([SMALL], data).glance().train_loss)


def test_c13_one_column_is_one_column_however_it_is_written():
    one, other = (ask(y=np.ones(shape), loss="mean_squared_error", outputs=1) for shape in (2, (2, 1)))
    assert one[0] == other[0]


@pytest.mark.parametrize("kind", [np.float32, np.int64, bool, object])
def test_c14_the_kind_of_number_does_not_matter(kind):
    X = np.array([[0, 1], [1, 1]])
    for made in (X.astype(kind), np.asfortranarray(X.astype(kind))):
        made.flags.writeable = False
        assert ask(X=made)[0] == ask(X=X.astype(float))[0]


def test_c16_a_batch_larger_than_the_data_is_all_of_them_and_says_so():
    *_, some = train(SMALL.replace(batch_size=20))
    *_, all_of_them = train(SMALL.replace(batch_size=500))
    assert some.train_loss == all_of_them.train_loss
    assert run(batch_size=20).notices == []
    assert run(batch_size=500).notices == [
        "The batch size is 500, but there are only 20 training samples: every batch contains all of them."
    ]


def test_c17_no_hidden_layer_is_a_linear_model():
    assert run(hidden=()).sizes == [2, 2]


def test_c22_otherwise_a_late_patience_is_told_and_no_steps_are_a_look():
    """A patience beyond the end does no harm, and a refusal would stand between one setting and the next."""
    (late,) = Playground(Settings(patience=30, max_epochs=20)).notices
    assert late == "The patience is 30 epochs, but the run ends after 20: it cannot stop early."
    assert Playground(Settings(patience=10, max_epochs=20)).notices == []
    assert [frame.step for frame in train(SMALL.replace(steps=0))] == [0]


def test_c23_otherwise_every_run_has_a_seed():
    """None is refused: no number is drawn in secret, and the one in use is always in the form and in the link."""
    assert RunSettings().seed == 0


def test_c24_a_giant_rate_ends_with_a_word_and_the_last_finite_weights():
    trainer = run(lr=1e6, loss="mean_squared_error", optimizer="sgd", hidden=(30, 30), activation="relu", steps=100)
    history = History.of(frame for frame in trainer.work() if frame)
    assert 0 < trainer.diverged[0] <= 100
    assert history.diverged[-1, 0] == trainer.diverged[0]
    assert np.isfinite(history.train_loss[:-1]).all()
    assert np.isfinite(trainer.best_params).all()
    played = Playground(Settings(lr=100.0, dataset="wave", activations=("relu",), hidden=(30, 30)))
    played.work(9)
    assert re.match(r"Diverged: at step \d+ .* try a rate below", played.ended)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_c28_a_gradient_of_zero_moves_nothing(name):
    """With weights of 0 behind ReLU only the last bias learns."""
    trainer = run(initializer="zeros", activation="relu", optimizer=name, hidden=(4, 4))
    for _ in range(3):
        trainer.update()
    *hidden, _ = trainer.network.unpack(trainer.params[0])
    assert all(not W.any() and not b.any() for W, b in hidden)


def test_c28_the_doctor_says_that_dead_units_learn_nothing():
    played = Playground(Settings(activations=("relu",), hidden=(2,)))
    for unit in range(2):
        played.set_weight(0, unit, None, -100.0)
    held = played.params.copy()
    for _ in range(200):
        played.update()
    np.testing.assert_array_equal(played.params[:6], held[:6])
    assert examine(played.trainer, played.history, played.settings.model_dump(), played.baselines()).name == "dead"
