"""Terms carry their explanation where they first stand, and nothing else in a text changes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.figures.common.terms import first_terms, terms

LINK = re.compile(r'\[([^\]]*)\]\(glossary\?word=([^ )]*) "([^"]*)"\)')
WORDS = [
    "the",
    "loss",
    "Loss",
    "gradient",
    "gradient descent",
    "batches",
    "mini-batch",
    "δ",
    "losses",
    "$loss$",
    "`seed`",
]


def test_every_explanation_is_a_sentence_of_plain_text():
    assert len(terms()) > 30
    for name, told in terms().items():
        assert 15 < len(told) < 200, name
        assert told.endswith(".")
        assert not set('$\\"') & set(told)
    assert not {"g", "l"} & set(terms())


def test_a_term_is_explained_once_and_the_longest_is_taken():
    seen: set[str] = set()
    told = first_terms("Gradient descent lowers the loss. Each gradient lowers the loss.", seen)
    assert [match[0] for match in LINK.findall(told)] == ["Gradient descent", "loss", "gradient"]
    assert seen == {"gradient descent", "loss", "gradient"}
    assert first_terms("The loss again.", seen) == "The loss again."


@pytest.mark.parametrize("text", ["$loss$", "`loss`", "[loss](there)", "lossless", "loss-free", ":red-badge[loss]"])
def test_what_is_marked_already_or_another_word_stays(text):
    assert first_terms(text, set()) == text


@given(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join))
def test_without_its_links_a_text_is_what_it_was(text):
    seen: set[str] = set()
    told = first_terms(text, seen)
    assert LINK.sub(r"\1", told) == text
    marked = [word.replace("+", " ") for _, word, _ in LINK.findall(told)]
    assert sorted(marked) == sorted(seen)
    assert first_terms(text, seen) == text
