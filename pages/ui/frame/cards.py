"""Verdicts as a visitor reads them: outcome and numbers at first sight, rule and source on request."""

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from core.studies.race import Outcome, Verdict
from pages.figures.common.words import readable, spoken

BADGES: dict[Outcome, str] = {
    "holds": "green",
    "holds with caveats": "orange",
    "does not hold": "red",
    "not decided by this run": "gray",
}


def card(verdict: Verdict) -> None:
    """One verdict: the outcome, the claim and the numbers; below, how it was judged."""
    with st.container(border=True, gap="xsmall"):
        label = f"Claim {verdict.number}" if verdict.number else "Our own question"
        badge = f":{BADGES[verdict.outcome]}-badge[{verdict.outcome.capitalize()}]"
        st.markdown(f"{badge} **“{spoken(verdict.claim)}”** :gray[{label}]")
        st.markdown(readable(verdict.measured))
        with st.expander("How it was judged", type="compact"):
            st.caption(f"Rule, fixed beforehand: {spoken(verdict.rule).rstrip('.')}. Source: {verdict.source}.")


def tally(verdicts: Sequence[Verdict]) -> str:
    """How many claims hold and how many do not, as badges in Markdown."""
    counts = Counter(verdict.outcome for verdict in verdicts)
    return " ".join(f":{color}-badge[{counts[each]} × {each}]" for each, color in BADGES.items() if counts[each])
