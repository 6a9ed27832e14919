"""What the figures of several pages share: trials that can be told apart."""

from types import SimpleNamespace

import numpy as np

from pages.figures.common.style import EXPLODED, trials


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
