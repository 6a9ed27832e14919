"""Cards for findings: outcome and sentence first; numbers, rule and source on request."""

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from core.studies.claims import CLAIMS, RESULTS
from core.studies.contract import CAVEATS, FAILS, Finding, Kind, Outcome
from pages.figures.common.intervals import bars
from pages.figures.common.words import plain, spoken

BADGES: dict[Outcome, str] = {
    "holds": "green",
    "holds with caveats": "blue",
    "does not hold": "red",
    "not decided by this run": "gray",
}
WHAT_IS_RIGHT = {CAVEATS: "The caveat.", FAILS: "What is true."}
KINDS: dict[Kind, str] = {"identity": "a checked identity", "measured": "measured by this run"}


def cards(findings: Sequence[Finding], tallied: bool = False) -> None:
    """A card for each finding, with its numbers and its rule on request; `tallied`: below a count of their outcomes."""
    if tallied:
        counts = Counter(finding.outcome for finding in findings)
        badges = [f":{color}-badge[{counts[each]} × {each}]" for each, color in BADGES.items() if counts[each]]
        st.markdown(f"**What this run says:** {' '.join(badges)}")
    for finding in findings:
        with st.container(border=True, gap="xsmall"):
            _card(finding)


def _card(finding: Finding) -> None:
    published, kind = RESULTS.get(finding.number), KINDS[finding.kind]
    label = f"claim {finding.number}" if finding.number else "our own question"
    label = f"result {finding.number}, beyond the article" if published else label
    badge = f":{BADGES[finding.outcome]}-badge[{finding.outcome.capitalize()}]"
    st.markdown(f"{badge} **“{spoken(finding.claim)}”** :gray[{label}, {kind}]")
    st.markdown(plain(spoken(finding.sentence)))
    if published:
        st.markdown(f"**As published.** {published.truth} **Not shown here.** {published.left_out}")
        if published.set_up:
            st.markdown(f"**How it was set up.** {published.set_up}")
    elif finding.number and finding.outcome in WHAT_IS_RIGHT:
        st.markdown(f"**{WHAT_IS_RIGHT[finding.outcome]}** {CLAIMS[finding.number].truth}")
    if drawn := bars(finding):
        st.html(drawn)
    with st.expander("How it was judged", type="compact"):
        rule = plain(spoken(finding.rule.text)).rstrip(".")
        st.caption(f"{kind.capitalize()}. Rule, fixed in advance: {rule}. Source: {finding.source}.")
        if finding.evidence:
            st.markdown("\n".join(f"- {plain(spoken(str(each)))}" for each in finding.evidence.values()))
