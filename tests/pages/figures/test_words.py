"""Names as people write them, each from its one declaration."""

import pytest

from core.nn import ACTIVATIONS, INITIALIZERS
from pages.figures.common.style import MARKS, PALETTE, color, mark
from pages.figures.common.words import JOINER, LABELLED, plain, spoken, words


@pytest.mark.parametrize("table", LABELLED)
def test_every_label_is_the_word_that_is_shown(table):
    for name, entry in table.items():
        assert words(name) == entry.label or not entry.label
        assert "_" not in words(name)
        assert spoken(words(name)) == words(name)  # a label may be spoken again


@pytest.mark.parametrize("table", [ACTIVATIONS, INITIALIZERS])
def test_every_color_is_the_one_that_is_drawn(table):
    drawn = {name: entry.color for name, entry in table.items() if entry.color is not None}
    assert len(set(drawn.values())) == len(drawn)
    for name, place in drawn.items():
        assert color(name) == PALETTE[place]
        assert mark(name) == MARKS[place]


@pytest.mark.parametrize("text", ["http://a.b", "HTTPS://a.b/c", "www.a.b", "x@a.b", ":material/home:", ":smile:"])
def test_no_address_and_no_icon_is_left_in_text_from_outside(text):
    """Markdown finds them in the text whose escapes it has read."""
    read = plain(f"{text} is a name").replace("\\", "")
    assert text not in read
    assert read.replace(JOINER, "") == f"{text} is a name"


@pytest.mark.parametrize("text", ["&copy;", "<b>", "a*b*", "$x$", "[a](b)", "`a`", "# a"])
def test_each_mark_of_markdown_is_escaped(text):
    assert plain(text).replace("\\", "") == text
    assert plain(text) != text


def test_text_from_outside_stays_on_one_line():
    assert plain("a\n===\r\n\n    b") == "a ===      b"


def test_keys_within_a_sentence():
    text = "kaiming 30 and leaky_relu on xor; gelu tanh with softmax_cross_entropy at 3 digits"
    assert spoken(text) == "Kaiming 30 and leaky ReLU on XOR; GELU tanh with softmax cross-entropy at 3 digits"
    assert spoken(spoken(text)) == spoken(text)
    assert words("early_stopping") == "early stopping"
