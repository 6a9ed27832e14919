"""Bad input to the pages: links (L1 to L16), a file that changes (F22), and what a server for strangers must not do."""

import ast
import pickle
import tomllib

import numpy as np
import pandas as pd
import pytest
from visitor import ROOT, experiment, finish, opened, press, told

from core.checks import InputError
from core.data import load_dataset
from core.data.dataset import Shelf
from core.studies import STUDIES, playground
from core.training import RunSettings, Trainer
from pages.ui.frame.ends import guarded_csv

pytestmark = pytest.mark.usefixtures("short_ticks")

depth = STUDIES["depth"]
# Bars of numbers and the first sketch, whose names are escaped, and our own style sheet
HTML = ("board.py", "navigation.py", "reveal.py")
PRODUCT = [ROOT / "dashboard.py", *sorted((ROOT / "core").rglob("*.py")), *sorted((ROOT / "pages").rglob("*.py"))]

# Links; any text in any link is in core/test_settings.py, and a link to each page in test_pages.py

LINKS = {  # to the page on depth: what is asked for, and the key that is named; the seed beside it is taken
    "L1 unknown keys": ({"__proto__": "1", "constructor": "1", "rubbish": "1"}, None),
    "L2 too many digits": ({"width": "9" * 24}, "width"),
    "L2 below its range": ({"width": "-5"}, "width"),
    "L3 no number": ({"width": "abc"}, "width"),
    "L3 no choice": ({"activation": "zzz"}, "activation"),
    "L4 not finite": ({"lr": "nan"}, "lr"),
    "L4 infinite": ({"lr": "-inf"}, "lr"),
    "L4 too large": ({"lr": "1e400"}, "lr"),
    "L5 infinite whole number": ({"width": "inf"}, "width"),
    "L5 too large a whole number": ({"seeds": "1e400"}, "seeds"),
    "L6 a share of a whole number": ({"width": "2.7"}, "width"),
    "L7 full-width digit": ({"width": "１"}, "width"),
    "L7 underscore": ({"steps": "1_000"}, "steps"),
    "L7 blank": ({"width": " 12"}, "width"),
    "L9 empty": ({"width": ""}, None),
    "L10 script": ({"activation": "<script>alert(1)</script>"}, "activation"),
    "L11 100 KB": ({"activation": "x" * 10**5}, "activation"),
    "L12 5,000 digits": ({"width": "9" * 5000}, "width"),
    "L14 a removed choice": ({"initializer": "old", "initializers": "lecun_2019"}, "initializers"),
}


@pytest.mark.parametrize("entry", LINKS)
def test_a_link_is_answered_with_a_notice_and_its_rest_is_taken(entry):
    """L14 otherwise: a link has no version, for it names each setting; what is gone is left out as anything unknown."""
    link, named = LINKS[entry]
    at = opened("depth", **link, seed="3")
    assert experiment(at).settings == depth.Settings(seed=3)
    assert [notice.value.split()[0] for notice in at.warning] == ([named] if named else [])
    assert all(len(notice.value) < 1000 for notice in at.warning)


def test_a_notice_stays_until_something_is_changed():
    at = opened("depth", width="abc")
    assert len(at.warning) == len(at.run().warning) == 1
    at.number_input(key="depth:seed").set_value(4).run()
    assert not at.warning


def test_l8_of_a_key_given_twice_the_last_counts_and_the_address_says_so():
    at = opened("depth", width=["12", "16"])
    assert experiment(at).settings.width == 16
    assert at.query_params["width"] == "16"


@pytest.mark.parametrize("text", ["![](https://x.org/a.png)", "[a](javascript:b)", "**a** $x$ :red[a] <b>b</b>"])
def test_l10_text_of_a_link_is_shown_as_typed(text):
    (notice,) = opened("depth", activation=text).warning
    shown = notice.value
    for sign in "[*<$:":
        assert shown.count(sign) == shown.count("\\" + sign)


def test_l13_a_heavy_link_waits_for_a_click_and_one_beyond_the_limit_is_refused():
    at = opened("optimizers", seeds="40", epochs="100")
    assert experiment(at).status == "paused"
    press(at, "running")
    assert experiment(at).status == "running"
    at = opened("optimizers", seeds="20", epochs="100", layers="8", width="128", seconds="1")
    assert "at most 1,000 times is allowed here" in at.warning[0].value


def test_l16_of_a_contradiction_one_setting_gives_way_and_is_named():
    found, notices = playground.Settings.from_text({"optimizer": "nesterov", "momentum": "0.0", "lr": "0.2"})
    assert found == playground.Settings(optimizer="nesterov", lr=0.2)
    assert notices == ["momentum is 0, but must be in (0, 1); momentum keeps its default instead."]
    found, notices = playground.Settings.from_text({"momentum": "0.0", "seeds": "6"})
    assert (found, notices) == (playground.Settings(momentum=0.0, seeds=6), [])


def test_l16_the_form_has_the_same_rule():
    at = opened("playground", optimizer="nesterov", max_epochs="10000")
    at.sidebar.slider(key="playground:momentum").set_value(0.0).run()
    assert [error.value[:32] for error in at.error] == ["momentum is 0, but must be in (0"]
    assert experiment(at).settings.momentum == 0.9
    assert not at.exception


def test_l16_otherwise_a_loss_that_does_not_fit_the_data_is_refused():
    """Which of the two was meant cannot be told; in a form and in a link the sentence is the same."""
    at = opened("playground", dataset="wave", loss="softmax_cross_entropy")
    assert "but wave holds numbers and no classes" in at.error[0].value
    assert experiment(at).status == "failed"


@pytest.mark.parametrize("page", ["learning_rate", "playground"])
def test_l16_a_batch_larger_than_the_data_is_told_on_the_page(page):
    link = {"batch_size": "128", "steps": "20"} if page == "learning_rate" else {"batch_size": "500", "samples": "150"}
    at = opened(page, dataset="iris", **link)
    at = finish(at) if page == "learning_rate" else at
    assert f"The batch size is {link['batch_size']}, but there are" in told(at)


# A file that changes, sessions, resources


def table(label):
    return "\n".join(["a,b,kind", *(f"{k},{k * 7 % 11},{label}{k % 2}" for k in range(40))]).encode()


def test_f22_another_file_changes_nothing_until_it_is_asked_for():
    at = opened("playground", max_epochs="10000")
    uploader = at.get("file_uploader")[0]
    uploader.set_value(("first.csv", table("u"), "text/csv")).run()
    press(at, "train own")
    first = experiment(at)
    assert first.result.source.labels == ("u0", "u1")
    for file in ([("second.csv", table("v"), "text/csv")], []):  # another one, and none any more
        at.get("file_uploader")[0].set_value(file[0] if file else None).run()
        assert experiment(at) is first
        assert first.status == "running"
        assert "Training on 'first.csv'" in "".join(each.value for each in at.caption)
        assert not at.exception


TOO_MUCH = {
    "S9 one wide layer": {"hidden": (10**6,)},
    "S9 ten thousand layers": {"hidden": (1000,) * 10**4},
    "S9 two wide layers": {"hidden": (20_000, 20_000)},
    "S10 many steps": {"steps": 10**9},
}


@pytest.mark.parametrize("changes", TOO_MUCH.values(), ids=TOO_MUCH)
def test_too_much_is_refused_before_anything_is_allocated(changes):
    with pytest.raises(InputError, match=next(iter(changes))):
        Trainer([RunSettings(dataset="digits", batch_size=None).replace(**changes)])


def test_s14_a_fault_of_a_page_tells_no_paths_and_spares_the_other_pages(monkeypatch):
    """Otherwise: outside an experiment the sentence is Streamlit's own; in one it is ours, and says how to go on."""

    def broken(*_):
        raise RuntimeError("/secret/path.py")
        yield

    with monkeypatch.context() as patch:
        patch.setattr("pages.ui.frame.ends.foot", lambda *_: next(broken()))
        with pytest.raises(AssertionError, match="redacted") as caught:
            opened("depth")
    assert "/secret" not in str(caught.value)
    opened("minima")
    with monkeypatch.context() as patch:
        patch.setattr(depth, "run", broken)
        at = opened("depth", seed="8")
    assert [each.value for each in at.error] == [
        "The experiment stopped because of an internal error. Change a setting or press Reset."
    ]
    press(at, "reset")
    assert not at.error


def test_kept_data_sets_are_bounded_in_number_and_size_and_the_newest_stays():
    one = load_dataset("moons").nbytes
    shelf = Shelf(3 * one)
    made = [shelf.take(seed, lambda seed=seed: load_dataset("moons", seed=seed)) for seed in range(9)]
    assert shelf.nbytes <= shelf.most
    assert shelf.take(8, lambda: None) is made[8]
    assert shelf.take("large", lambda: load_dataset("moons", train=5000)).nbytes > shelf.most
    assert list(shelf.kept) == ["large"]
    few = Shelf(100 * one, 2)
    for seed in range(9):
        few.take(seed, lambda: made[0])
    assert list(few.kept) == [7, 8]


def test_f15_text_that_a_spreadsheet_would_run_is_guarded_and_numbers_stay_numbers():
    cells = ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "plain", ""]
    text = guarded_csv(pd.DataFrame({"text": cells, "=name": cells, "number": np.full(len(cells), -1.0)}))
    again = pd.read_csv(pd.io.common.StringIO(text), keep_default_na=False)
    assert list(again) == ["text", "'=name", "number"]
    assert list(again["number"]) == [-1.0] * len(cells)
    assert [cell for cell in again["text"] if cell[:1] in "=+-@\t\r" and cell] == []


def test_nothing_from_outside_is_run_unpickled_or_shown_as_html():
    for path in PRODUCT:
        text = path.read_text(encoding="utf-8")
        calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
        called, given = (
            {ast.unparse(call.func) for call in calls},
            {word.arg for call in calls for word in call.keywords},
        )
        assert not called & {"eval", "exec", "compile", "os.system", "components.html", "pd.read_pickle"}, path
        assert "st.html" not in called or path.name in HTML, path
        assert not [name for name in called if name.split(".")[0] in ("pickle", "marshal", "subprocess")], path
        assert not given & {"unsafe_allow_html", "shell"}, path
        assert "joblib.load" not in called, path
        assert "allow_pickle=True" not in text, path


def test_f21_the_server_is_set_up_for_strangers():
    config = tomllib.loads((ROOT / ".streamlit/config.toml").read_text())
    assert config["client"]["showErrorDetails"] == "none"
    assert config["browser"]["gatherUsageStats"] is False
    assert config["runner"] == {"magicEnabled": False, "postScriptGC": False}
    server = config["server"]
    assert server["maxUploadSize"] <= 20
    assert server["maxMessageSize"] <= 20
    assert 0 < server["disconnectedSessionTTL"] <= 120
    assert server["showEmailPrompt"] is False  # else the first start waits for an e-mail address
    assert server["fileWatcherType"] == "none"  # else 20 visitors who come at once wait for seconds
    assert not {"enableXsrfProtection", "enableCORS"} & server.keys()  # both are on where nobody speaks of them


def test_settings_of_every_page_are_told_apart_by_their_own_words():
    """Equal numbers in another class, or in another digit, are other settings."""
    models = [study.Settings for study in STUDIES.values()]
    for model in models:
        assert hash(model()) == hash(pickle.loads(pickle.dumps(model())))
        assert all(model() != other() for other in models if other is not model)
