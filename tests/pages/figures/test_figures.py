"""What the pages share: sentences of numbers that can be read at a glance, and trials that can be told apart."""

from types import SimpleNamespace

import numpy as np

from pages.figures.common.style import EXPLODED, trials
from pages.figures.common.words import readable


def test_three_parts_or_more_become_a_list_below_what_leads_them():
    text = "Two falls. End minus start: sgd -0.5 [-1, 0]; image: 2; adam 1e-07. It holds; nothing turns."
    listed = "Two falls. End minus start:\n\n- SGD −0.5 [−1, 0]\n- image: 2\n- Adam 1e-07\n\nIt holds; nothing turns."
    assert readable(text) == listed


def test_a_colon_that_every_part_has_leads_nothing():
    assert readable("image: 1; language: 2; fraud: 3.") == "- image: 1\n- language: 2\n- fraud: 3"


def test_powers_and_minus_are_typeset_and_sizes_of_layers_are_left_alone():
    assert readable("Layers 8-8: 10^-4.8 [-5.0, -4.6].") == "Layers 8-8: $10^{-4.8}$ [−5.0, −4.6]."


def test_trials_that_explode_leave_the_chart_and_the_race_has_a_range_of_its_own():
    def drawn(losses):
        race = SimpleNamespace(runs=["sgd"], values=lambda *_: losses, steps=lambda _: np.arange(len(losses)))
        return trials(race, "updates").layout

    calm = np.array([[2.0, 2.5], [1.0, 0.5]])
    assert "range" not in drawn(calm)["yaxis"]
    wild = np.array([[2.0, 2.5], [1.0, 1e70], [0.5, np.inf]])
    low, high = drawn(wild)["yaxis"]["range"]
    assert low < np.log10(0.5) < high == np.log10(EXPLODED * 2.5)
    assert drawn(wild)["uirevision"] not in (None, "kept")
    assert "range" not in drawn(np.full((2, 2), np.nan))["yaxis"]
