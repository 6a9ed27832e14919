"""The notebook: what is kept of a page, edited, moved, deleted, handed in, saved and loaded; the browser is played."""

import base64
import io
import json
import zipfile

import pytest
from visitor import finish, nobody_watching, opened

from core.classroom import ClassPage, joined
from core.export.handed_in import markdown
from core.export.notebook import Notebook, read_entry, read_notebook
from core.playground.playground import Playground
from core.playground.settings import Settings
from core.studies import STUDIES
from pages.figures.report import report
from pages.ui.frame import notebook as pages_notebook
from pages.ui.frame.notebook import CONTENTS, FILES
from pages.ui.live import store

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
)
DRAWN = f"data:image/png;base64,{base64.b64encode(PICTURE).decode()}"
QUICK = {"steps": "20", "depths": "1,3", "initializers": "kaiming", "rate": "same"}


@pytest.fixture(scope="module", autouse=True)
def hurry():
    with nobody_watching():
        yield


class Browser:
    """A browser's store: carries out what the pages of a session ask of it."""

    def __init__(self):
        self.texts, self.about, self.pictures = {}, {}, []

    def answer(self, at):
        """Do what waits, and let the page follow, until nothing waits."""
        known = at.session_state[f"{store.KEY} known"]
        while known.waiting:
            for each in known.waiting:
                name = each["name"]
                if each["what"] == "fetch":
                    known.arrived[name] = self.texts[name]
                elif each["what"] == "draw":
                    assert json.loads(each["text"]).keys() == {"data", "layout"}
                    known.arrived[name] = self.pictures.pop(0) if self.pictures else DRAWN
                elif each["what"] == "forget":
                    del self.texts[name], self.about[name]
                else:
                    self.texts[name] = each.get("text", self.texts.get(name))
                    self.about[name] = each["about"]
            known.waiting = []
            known.index = {name: store.Kept(self.about[name], len(text)) for name, text in self.texts.items()}
            at.run()
            assert not at.exception
        return at

    def visit(self, page, **query):
        """Another session in this browser."""
        at = opened(page, **query)
        known = at.session_state[f"{store.KEY} known"]
        known.index = {name: store.Kept(self.about[name], len(text)) for name, text in self.texts.items()}
        at.run()
        assert not at.exception
        return self.answer(at)

    def order(self):
        return [self.about[name]["note"] for name in sorted(self.about, key=lambda name: self.about[name]["order"])]


def text(at):
    return " ".join(each.value for kind in ("markdown", "caption", "info", "error", "toast") for each in at.get(kind))


def kept(browser, page, note, charts=1, veiled=False, **query):
    """Keep a finished page with a note and its first charts."""
    at = opened(page, veiled, **query)
    at.session_state[f"{store.KEY} known"].index = {n: store.Kept(browser.about[n], 1) for n in browser.texts}
    finish(at)
    at.session_state[f"{page} keeping"] = True
    at.run()
    pills = next(each for each in at.button_group if each.label == "Charts to keep with it")
    pills.set_value(pills.options[:charts]).run()
    at.text_area(key=f"{page} keeping note").set_value(note).run()
    at.button(key=f"{page} keeping keep").click().run()
    assert not at.exception
    return browser.answer(at)


def names(browser):
    return sorted(browser.about, key=lambda name: browser.about[name]["order"])


@pytest.fixture(scope="module")
def filled():
    browser = Browser()
    kept(browser, "depth", "first", 2, **QUICK)
    kept(browser, "playground", "second", max_epochs="3", samples="60")
    return browser


@pytest.fixture
def browser(filled):
    copy = Browser()
    copy.texts, copy.about = dict(filled.texts), dict(filled.about)
    return copy


def test_an_entry_holds_question_settings_link_findings_numbers_and_charts(filled):
    depth, play = (read_entry(filled.texts[name]) for name in names(filled))
    assert depth.question == "How deep can a network be and still learn?"
    assert depth.query.items() >= {"steps": "20", "depths": "1,3"}.items()
    assert depth.link.startswith("depth?v=")
    assert len(depth.charts) == 2
    assert depth.findings
    assert all(each.outcome and each.sentence for each in depth.findings)
    assert any(each.evidence for each in depth.findings)
    assert {"hidden layers"} <= depth.table[0].keys()
    assert (play.recorded["step"] > 0, play.repeatable is not None) == (True, True)
    assert depth.repeatable is None


def test_an_entry_of_a_class_says_who_set_what_and_the_code_of_the_link():
    browser, task = Browser(), "1. *Look*.\n2. Say why."
    link = joined([ClassPage(page="depth", task=task, question="Why?")], "1.0.0").to_text()
    kept(browser, "depth", "mine", **QUICK, **{"class": link})
    (entry,) = map(read_entry, browser.texts.values())
    code = link.rpartition(".")[2]
    assert entry.task == f"Set by a teacher, code {code[:4]} {code[4:]}\nTask: {task}\nQuestion: Why?"
    assert "<p class='task'>Set by a teacher, code" in report(Notebook(entries=[entry]), "")
    assert "\n\nTask: 1. \\*Look\\*.\n\n2\\. Say why.\n" in markdown(Notebook(entries=[entry]), "", {})


def test_what_the_visitor_may_not_read_yet_is_not_kept():
    browser = Browser()
    kept(browser, "depth", "too early", 1, veiled=True, **QUICK)
    (entry,) = map(read_entry, browser.texts.values())
    assert (entry.findings, entry.table, entry.foreseen) == ([], [], [])


def test_notes_are_edited_entries_moved_and_deleted(browser):
    at = browser.visit("notebook")
    assert "1. How deep can a network be" in text(at)
    first, second = names(browser)
    at.text_area(key=f"{first} note").set_value("**mine**").run()
    browser.answer(at)
    at.button(key=f"{second} up").click().run()
    browser.answer(at)
    assert browser.order() == ["second", "**mine**"]
    assert at.button(key=f"{second} up").disabled
    at = browser.visit("notebook")  # another day
    assert "1. What happens inside a network" in text(at)
    assert at.text_area(key=f"{first} note").value == "**mine**"
    at.button(key=f"{first} delete").click().run()
    browser.answer(at)
    assert list(browser.texts) == [second]
    next(each for each in at.button if each.label == "Forget the whole notebook").click().run()
    browser.answer(at)
    assert browser.texts == {}
    assert "Nothing is kept in this browser yet" in text(at)


def test_the_server_sees_contents_only_while_they_are_shown(browser):
    at = browser.visit("notebook")
    first, _ = names(browser)
    assert at.session_state[CONTENTS] == {} if CONTENTS in at.session_state else True
    at.session_state[f"{first} open"] = True
    at.run()
    browser.answer(at)
    assert list(at.session_state[CONTENTS]) == [first]
    assert "Measured" in text(at) or "badge" in text(at)
    boards = [json.loads(board.proto.json) for board in at.get("bidi_component")]
    assert sum(len(each.get("panels", ())) for each in boards) == 2
    at.session_state[f"{first} open"] = False
    at.run()
    assert at.session_state[CONTENTS] == {}


def test_the_files_to_hand_in_hold_the_whole_notebook_and_load_again(browser):
    at = browser.visit("notebook")
    browser.pictures = [DRAWN, "<svg onload='alert(1)'/>"]
    next(each for each in at.button if each.label == "Make the files").click().run()
    browser.answer(at)
    labels = [each.proto.label for each in at.get("download_button")]
    assert labels == ["Report (HTML)", "Markdown with pictures (ZIP)", "Jupyter notebook", "Notebook file (JSON)"]
    files = {name: make() for make, name, _ in at.session_state[FILES][1].values()}
    assert CONTENTS not in at.session_state or at.session_state[CONTENTS] == {}
    whole, notices = read_notebook(files["notebook.json"])
    assert [each.note for each in whole.entries] == ["first", "second"]
    assert notices == []
    assert files["notebook.html"].count("<figure>") == 3
    with zipfile.ZipFile(io.BytesIO(files["notebook.zip"])) as folder:
        assert folder.namelist() == ["notebook.md", "pictures/1-1.png", "pictures/2-1.png"]
        assert folder.read("pictures/1-1.png") == PICTURE
        assert folder.read("notebook.md").decode().count("](pictures/") == 2
    other = Browser()
    at = other.visit("notebook")
    at.get("file_uploader")[0].set_value(("notebook.json", files["notebook.json"].encode(), "application/json")).run()
    next(each for each in at.button if each.label.startswith("Put its entries")).click().run()
    other.answer(at)
    assert other.order() == ["first", "second"]
    assert [read_entry(each).charts for each in other.texts.values()] == [each.charts for each in whole.entries]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"{", "the file is not JSON"),
        (b'{"format": "descent-lab-notebook", "version": 9, "entries": [3]}', "version 9"),
    ],
)
def test_a_file_that_is_no_notebook_or_another_version_says_so(data, sentence):
    browser = Browser()
    at = browser.visit("notebook")
    at.get("file_uploader")[0].set_value(("notebook.json", data, "application/json")).run()
    next(each for each in at.button if each.label.startswith("Put its entries")).click().run()
    assert not at.exception
    assert sentence in text(at)
    assert browser.texts == {}


def test_an_entry_in_the_browser_that_cannot_be_read_says_so(browser):
    first, _ = names(browser)
    browser.texts[first] = "{"
    at = browser.visit("notebook")
    at.session_state[f"{first} open"] = True
    at.run()
    browser.answer(at)
    assert "the entry is not JSON." in text(at)
    next(each for each in at.button if each.label == "Make the files").click().run()
    browser.answer(at)
    whole, _ = read_notebook(
        next(make() for make, name, _ in at.session_state[FILES][1].values() if name.endswith("json"))
    )
    assert [each.note for each in whole.entries] == ["second"]


def test_an_entry_says_what_its_link_does_not_restore_and_keeps_the_losses_of_a_changed_run():
    run = Playground(Settings(max_epochs=1, samples=60))
    run.update()
    assert pages_notebook._caution(run.settings, run, True) == ""
    assert pages_notebook._recorded(run, True)["run"]
    assert pages_notebook._recorded(run, False)["run"] is None  # a class link may leave scripts out
    run.change(run.settings.replace(lr=0.5))
    assert "was changed while it ran" in pages_notebook._caution(run.settings, run, True)
    found = pages_notebook._recorded(run, True)
    assert (found["run"], set(found["recorded"])) == (None, {"step", "training loss", "test loss"})
    assert "was not finished when" in pages_notebook._caution(run.settings, run, False)
    own = STUDIES["playground"].Settings(dataset="own", table="a.csv,y,2,x,y")
    assert "a table that the link does not hold: 'a.csv'" in pages_notebook._caution(own, None, True)


def test_the_foot_names_the_page_on_privacy_once():
    links = [each.proto.label for each in opened("notebook").get("page_link")]
    assert sum("What is stored where" in label for label in links) == 1
