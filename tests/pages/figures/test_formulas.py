"""The formulas behind settings: each rule and function that an experiment names has one."""

import pytest

from core.settings import Settings, choice, choices
from core.studies import STUDIES
from pages.figures.common.formulas import TABLES, behind


@pytest.mark.parametrize("table", [table for _, table in TABLES])
def test_every_entry_of_the_core_has_a_formula_that_is_shown(table):
    class Chosen(Settings):
        which: tuple[str, ...] = choices(tuple(table)[:1], table, "Which", "All.")

    for name in table:
        text = behind(Chosen(which=(name,)))
        assert len(text.splitlines()) == 1
        assert len(text.split(":", 1)[1]) > 5


def test_what_is_no_table_of_the_core_is_left_out():
    class Chosen(Settings):
        rate: str = choice("tuned", ["tuned", "same"], "Rate", "How.")

    assert behind(Chosen()) == ""


def test_the_optimizers_page_tells_its_rules():
    text = behind(STUDIES["optimizers"].Settings())
    assert "**Adam**" in text
    assert "$f(x) = \\tanh x$" in text
