"""Bars of evidence: drawn places against the numbers, each found again from the HTML."""

import math
import re

from hypothesis import assume, given
from hypothesis import strategies as st

from core.statistics import Difference, Share
from core.studies.contract import CAVEATS, FAILS, HOLDS, UNDECIDED, Quantity, Rule, detected, differs, graded
from pages.figures.common.intervals import CLEAR, MOST, bars

RULE = Rule(1, "any", graded, {HOLDS: "", CAVEATS: "", FAILS: ""})
FINITE = st.floats(-1e6, 1e6)


def drawn(*quantities: Quantity) -> list[dict[str, float]]:
    """Of each row the places in percent."""
    html = bars(RULE.find(*quantities))
    rows = []
    for row in html.split('<div class="row"')[1:]:
        wanted = re.search(r'class="wanted" style="left:([\d.]+)%;width:(-?[\d.]+)%', row)
        reach = re.search(r'class="reach" style="left:([\d.]+)%;width:([\d.]+)%;background:(#\w+)', row)
        value = re.search(r'class="value" style="left:([\d.]+)%', row)
        rows.append(
            {"wanted": float(wanted[1]), "until": float(wanted[1]) + float(wanted[2]), "low": float(reach[1])}
            | {"high": float(reach[1]) + float(reach[2]), "hue": reach[3], "value": float(value[1])}
        )
    return rows


@given(FINITE, st.floats(0, 1e3), st.floats(0, 1e3), FINITE, st.sampled_from(["above", "at most"]))
def test_what_lies_on_the_wanted_side_is_drawn_there(value, below, above, threshold, wanted):
    quantity = Quantity("q", value, value - below, value + above, 5, "", wanted, threshold)
    (row,) = drawn(quantity)
    assert 0 <= row["low"] <= row["value"] <= row["high"] <= 100.5
    edge = row["wanted"] if wanted == "above" else row["until"]
    span = max(value + above, threshold) - min(value - below, threshold)
    assume(abs(value - threshold) > 0.01 * span)
    assert (row["value"] > edge) == (value > threshold)
    assert (row["hue"] == CLEAR) == (quantity.met or quantity.missed)


def test_factors_have_a_logarithmic_scale():
    (row,) = drawn(Quantity("q", 10, 1, 100, 5, "times", "above", 1))
    assert math.isclose(row["value"], (row["low"] + row["high"]) / 2, abs_tol=0.2)


def test_only_what_decides_by_an_interval_is_drawn_and_names_are_harmless():
    informs = Quantity.of("informs", Difference(1, 0, 2, 5))
    exact = Quantity.of("exact", 3.0, "", "above", 0)
    share = Quantity.of("<script>", Share(8, 10), "", "above", 0.5)
    assert bars(RULE.find(informs, exact)) == ""
    html = bars(RULE.find(informs, exact, share))
    assert "&lt;script&gt;" in html
    assert "<script>" not in html
    assert html.count('class="row"') == 1


def test_what_is_not_finite_stays_in_the_picture():
    (row,) = drawn(Quantity("q", 5, 1, math.inf, 5, "", "above", 2))
    assert row["high"] >= 99.9
    assert bars(RULE.find(Quantity("q", math.nan, math.nan, math.nan, 5, "", "above", 2))) == ""


def test_nothing_is_drawn_of_what_could_not_be_decided():
    capped = Quantity("updates", 1, 1, 1, 5, "times", "between", (0.8, 1.25))
    assert capped.met
    assert bars(RULE.find(capped))
    assert not bars(RULE.find(capped, missing="No network reached the target."))


def test_a_difference_that_a_claim_asks_for_has_the_colour_of_any_clear_answer():
    found = Rule(1, "any", differs, {HOLDS: "", FAILS: ""}).find(
        Quantity("q", 2, 1.5, 2.5, 5, "times", "between", (0.9, 1.1))
    )
    assert found.outcome == HOLDS
    assert re.findall(r"background:(#\w+)", bars(found)) == [CLEAR]


def test_of_more_than_there_is_room_for_that_is_drawn_first_on_which_the_outcome_rests():
    rule, met, missed, unclear = Rule(1, "any", detected, {FAILS: ""}), (2, 1, 3), (-2, -3, -1), (0, -1, 1)

    def drawn(*evidence):
        found = rule.find(*(Quantity(f"{k}", *each, 5, "", "above", 0) for k, each in enumerate(evidence)))
        return found.outcome, re.findall(r"<span>(\d)</span><b>", bars(found))

    assert drawn(*[unclear] * MOST, missed) == (FAILS, ["4", "0", "1", "2"])
    assert drawn(*[met] * MOST, unclear) == (UNDECIDED, ["4", "0", "1", "2"])
