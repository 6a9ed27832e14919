"""The questions and answers: enough of them, short, each with a page that is there, and found by a word."""

import re
from pathlib import Path

import pytest
from visitor import charts, nobody_watching, opened, until

ROOT = Path(__file__).parents[2]


@pytest.fixture
def page():
    return opened("answers")


def questions(page):
    """The folds of questions; those at the foot of every page left out."""
    return [each for each in page.expander if each.label.endswith("?")]


def test_every_answer_is_a_few_sentences_and_leads_to_a_page_that_exists(page):
    assert not page.exception
    assert len(questions(page)) >= 12
    assert len(page.expander) == len(questions(page)) + 2
    for each in questions(page):
        (text,) = each.markdown
        assert 100 < len(text.value) < 500
        assert len(each.get("page_link")) >= 1


def test_a_word_finds_its_answers_and_no_word_breaks_the_page(page):
    every = len(questions(page))
    found = page.text_input[0].set_value("batch").run()
    assert 1 <= len(questions(found)) < every
    nothing = page.text_input[0].set_value("<script>[](").run()
    assert not nothing.exception
    assert not questions(nothing)


@pytest.mark.parametrize("name", ["answers", "glossary"])
@pytest.mark.parametrize("word", ["overfitting", "SPSA", "forward mode", "average precision", "Wilson"])
def test_the_words_that_visitors_look_for_are_found(name, word):
    found = opened(name).text_input[0].set_value(word).run()
    texts = [each.markdown[0].value for each in questions(found)] or [each.value for each in found.markdown]
    assert any(word.lower() in text.lower() for text in texts)


def test_the_pages_that_answers_lead_to_are_in_the_folder():
    text = (ROOT / "pages/answers.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\((\w+)\.py\)", text))
    assert len(named) >= 12
    assert {name for name in named if not (ROOT / f"pages/{name}.py").exists()} == set()


def test_every_word_of_the_glossary_is_told_in_a_sentence_and_leads_to_a_page_that_exists():
    page = opened("glossary")
    assert not page.exception
    told = [text.value for text in page.markdown if text.value.startswith("**")]
    assert len(told) >= 20
    assert all(len(text) > 60 and text.rstrip("$").endswith(".") for text in told)
    found = page.text_input[0].set_value("epoch").run()
    assert any(text.value.startswith("**Epoch.**") for text in found.markdown)
    assert len(found.markdown) < len(told)


def test_a_link_from_a_term_finds_it_first_and_text_from_a_link_is_only_searched_for():
    found = opened("glossary", word="loss")
    told = [text.value for text in found.markdown if text.value.startswith("**")]
    assert told[0].startswith("**Loss, L.**")
    assert 1 < len(told) < len(opened("glossary").markdown)
    assert not [text for text in opened("glossary", word="**<b>").markdown if text.value.startswith("**")]


@pytest.mark.slow
def test_an_answer_shows_a_chart_of_the_experiment_that_its_page_has_too(page):
    assert not charts(page)
    place = next(k for k, each in enumerate(page.expander) if each.label.startswith("Does training find"))
    with nobody_watching():
        page.button(key=f"answers {place}").click().run()
        assert not page.exception
        until(page, lambda: page.session_state["minima"].status == "finished").run()
    (chart,) = [chart for title, chart in charts(page).items() if title == "Measured now: minima"]
    assert chart["data"]
    begun = page.session_state["minima"]
    page.switch_page("pages/minima.py").run()
    assert page.session_state["minima"] is begun
