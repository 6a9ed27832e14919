"""Bad inputs at the doors of the app: links to every page, limits on size, and what a public server must not do."""

import ast
import importlib
import pickle
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.checks import InputError
from core.datasets import Shelf, load_dataset
from core.network import Network
from core.settings import extra
from core.studies import depth
from core.training import RunSettings, Trainer, train
from pages.ui.page import _csv

ROOT = Path(__file__).parents[1]
PRODUCT = [ROOT / "dashboard.py", *sorted((ROOT / "core").rglob("*.py")), *sorted((ROOT / "pages").rglob("*.py"))]
STUDIES = sorted(path.stem for path in (ROOT / "core/studies").glob("[a-z]*.py"))
MODELS = {name: getattr(importlib.import_module(f"core.studies.{name}"), "Settings", None) for name in STUDIES}
MODELS = {name: model for name, model in MODELS.items() if model and model.model_fields}
ODD = [
    "nan",
    "inf",
    "-inf",
    "1e400",
    "１",
    "1_000",
    " 1",
    "2.7",
    "-5",
    "9" * 5000,
    "abc",
    "maybe",
    "1",
    "<script>",
    "x" * 10**5,
]
texts = st.one_of(st.sampled_from(ODD), st.text(max_size=30), st.integers().map(str), st.floats().map(str))
many = settings(max_examples=500, derandomize=True, deadline=None)
names = st.sampled_from(sorted(MODELS))


def readable(model, settings, notices):
    """Whether a link gave settings of the model, all inside their bounds, and a sentence for each that it refused."""
    assert isinstance(settings, model)
    assert model(**settings.model_dump()) == settings
    assert all(notice.endswith(".") and len(notice) < 5000 for notice in notices)


@many
@given(data=st.data(), name=names)
def test_any_link_to_any_page_gives_settings_or_sentences(data, name):
    model = MODELS[name]
    keys = st.one_of(
        st.sampled_from(sorted(model.model_fields)), st.sampled_from(["__proto__", "constructor"]), st.text()
    )
    link = data.draw(st.dictionaries(keys, texts, max_size=5))
    readable(model, *model.from_text(link))


def values(field):
    """Anything that a field takes."""
    declared, default = extra(field), field.default
    if "options" in declared and isinstance(default, tuple):
        return st.lists(st.sampled_from(declared["options"]), min_size=1, max_size=5, unique=True).map(tuple)
    if "options" in declared:
        return st.sampled_from(declared["options"])
    if "low" not in declared:
        return st.booleans() if isinstance(default, bool) else st.just(default)
    whole = isinstance(default, int) or "many" in declared
    one = (st.integers if whole else st.floats)(*map(int if whole else float, (declared["low"], declared["high"])))
    if "many" in declared:
        return st.lists(one, min_size=1, max_size=5, unique=True).map(
            lambda each: tuple(sorted(map(type(default[0]), each)))
        )
    return one


@many
@given(data=st.data(), name=names)
def test_a_link_brings_back_any_settings_of_any_page(data, name):
    model = MODELS[name]
    chosen = {key: data.draw(values(field)) for key, field in model.model_fields.items()}
    try:
        made = model(**chosen)
    except InputError:  # settings that contradict each other; the sentence is tested elsewhere
        return
    link = made.to_text()
    assert model.from_text(link) == (made, [])
    assert sum(len(key) + len(text) + 2 for key, text in link.items()) < 2000


def test_a_link_names_every_key_that_it_refuses_and_keeps_the_rest():
    settings, notices = depth.Settings.from_text({"width": "9" * 30, "steps": "2.7", "lr": "1e400", "seed": "3"})
    assert settings == depth.Settings(seed=3)
    assert [notice.split()[0] for notice in notices] == ["width", "steps", "lr"]


def test_contradictions_between_settings_fall_back_with_a_sentence():
    settings, notices = depth.Settings.from_text({"depths": "", "initializers": "kaiming,kaiming"})
    assert settings == depth.Settings()
    assert len(notices) == 1


TOO_MUCH = {
    "one wide layer": {"hidden": (10**6,)},
    "ten thousand layers": {"hidden": (1000,) * 10**4},
    "two wide layers": {"hidden": (20_000, 20_000)},
    "many steps": {"steps": 10**9},
    "a giant seed": {"seed": 2**70},
}


@pytest.mark.parametrize("changes", TOO_MUCH.values(), ids=TOO_MUCH)
def test_too_much_is_refused_before_anything_is_allocated(changes):
    with pytest.raises(InputError, match=next(iter(changes))):
        Trainer([RunSettings(dataset="digits", batch_size=None).replace(**changes)])


BAD_SETTINGS = {
    "seed": [-1, "a", None],
    "steps": [1.5, -1],
    "batch_size": [0, -3],
    "dropout": [1.0, -0.1],
    "lr": [0, -1, np.nan, np.inf, "0.1"],
    "optimizer": ["adma"],
    "activation": ["rellu"],
    "loss": ["mse"],
    "schedule": ["cosine"],
    "hidden": [(0,), (-3,), (2.5,), (True,), ("8",)],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, bad in BAD_SETTINGS.items() for value in bad])
def test_bad_settings_of_a_run_are_named(name, value):
    with pytest.raises(InputError, match=name if name != "hidden" else "hidden|layer"):
        Trainer([RunSettings().replace(**{name: value})])


def test_a_batch_larger_than_the_data_is_all_of_them():
    frames = [list(train(RunSettings(train=20, steps=3, batch_size=size)))[-1].train_loss for size in (20, 500, None)]
    assert frames[0] == frames[1] == frames[2]


BAD_DATA = {
    "NaN": (np.array([[np.nan, 1.0]]), "NaN"),
    "infinity": (np.array([[np.inf, 1.0]]), "infinity"),
    "huge": (np.array([[1e300, 1.0]]), r"\[-1e\+30"),
    "no rows": (np.empty((0, 2)), "empty"),
    "no columns": (np.empty((2, 0)), "empty"),
    "one dimension": (np.ones(2), "reshape"),
    "complex": (np.array([[1j, 1.0]]), "complex"),
    "text": (np.array([["a", "b"]]), "numbers"),
    "more columns": (np.ones((1, 3)), "3 features"),
}


@pytest.mark.parametrize("kind", BAD_DATA)
def test_bad_samples_are_named(kind):
    X, message = BAD_DATA[kind]
    network = Network([2, 2], "relu", "softmax_cross_entropy")
    for call in (lambda: network.predict(np.zeros(6), X), lambda: network.loss_and_gradient(np.zeros(6), X, [0])):
        with pytest.raises(InputError, match=message):
            call()


def test_kept_data_sets_are_bounded_in_size_and_the_newest_stays():
    shelf = Shelf(3 * load_dataset("moons").nbytes)
    made = [shelf.take(seed, lambda seed=seed: load_dataset("moons", seed=seed)) for seed in range(9)]
    assert sum(each.nbytes for each in shelf.kept.values()) <= shelf.most
    assert shelf.take(8, lambda: None) is made[8]
    assert shelf.take("large", lambda: load_dataset("moons", train=5000)).nbytes > shelf.most
    assert list(shelf.kept) == ["large"]


def test_text_that_a_spreadsheet_would_run_is_guarded_and_numbers_stay_numbers():
    cells = ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "plain", ""]
    text = _csv(pd.DataFrame({"text": cells, "number": np.full(len(cells), -1.0)}))
    again = pd.read_csv(pd.io.common.StringIO(text), keep_default_na=False)
    assert list(again["number"]) == [-1.0] * len(cells)
    assert [cell for cell in again["text"] if cell[:1] in "=+-@\t\r" and cell] == []


@pytest.mark.parametrize("path", PRODUCT, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_from_outside_is_run_unpickled_or_shown_as_html(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    given = {word.arg for node in ast.walk(tree) if isinstance(node, ast.Call) for word in node.keywords}
    assert not called & {"eval", "exec", "compile", "os.system", "st.html", "components.html", "pd.read_pickle"}
    assert not [name for name in called if name.split(".")[0] in ("pickle", "marshal", "subprocess", "joblib.load")]
    assert not given & {"unsafe_allow_html", "shell"}
    assert "allow_pickle=True" not in ast.unparse(tree)


def test_the_server_is_set_up_for_strangers():
    config = tomllib.loads((ROOT / ".streamlit/config.toml").read_text())
    assert config["client"]["showErrorDetails"] == "none"
    assert config["browser"]["gatherUsageStats"] is False
    assert config["runner"] == {"magicEnabled": False, "postScriptGC": False}
    server = config["server"]
    assert server["maxUploadSize"] <= 20
    assert server["maxMessageSize"] <= 20
    assert 0 < server["disconnectedSessionTTL"] <= 120
    assert not {"enableXsrfProtection", "enableCORS"} & server.keys()  # both are on where nobody speaks of them


@pytest.mark.parametrize("name", sorted(MODELS))
def test_settings_of_every_page_are_told_apart_by_their_own_words(name):
    """Equal numbers in another class, or in another digit, are other settings."""
    model = MODELS[name]
    assert hash(model()) == hash(pickle.loads(pickle.dumps(model())))
    assert all(model() != other() for key, other in MODELS.items() if other is not model)
