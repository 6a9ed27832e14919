"""Findings as a visitor reads them: outcome and sentence at first sight; numbers, rule and source on request."""

from collections import Counter
from collections.abc import Iterable, Sequence

import streamlit as st

from core.studies.contract import Finding, Outcome
from pages.figures.common.words import plain, spoken

BADGES: dict[Outcome, str] = {
    "holds": "green",
    "holds with caveats": "orange",
    "does not hold": "red",
    "not decided by this run": "gray",
}


def cards(findings: Iterable[Finding]) -> None:
    """Of each finding the outcome, the claim, the sentence and the numbers behind it; below, how it was judged."""
    for finding in findings:
        with st.container(border=True, gap="xsmall"):
            label = f"Claim {finding.number}" if finding.number else "Our own question"
            badge = f":{BADGES[finding.outcome]}-badge[{finding.outcome.capitalize()}]"
            st.markdown(f"{badge} **“{spoken(finding.claim)}”** :gray[{label}]")
            st.markdown(plain(spoken(finding.sentence)))
            if finding.evidence:
                st.markdown("\n".join(f"- {plain(spoken(str(each)))}" for each in finding.evidence.values()))
            with st.expander("How it was judged", type="compact"):
                kind = {"identity": "An identity, checked", "measured": "Measured by this run"}[finding.kind]
                rule = plain(spoken(finding.rule.text)).rstrip(".")
                st.caption(f"{kind}. Rule, fixed beforehand: {rule}. Source: {finding.source}.")


def tally(findings: Sequence[Finding]) -> str:
    """How many claims hold and how many do not, as badges in Markdown."""
    counts = Counter(finding.outcome for finding in findings)
    return " ".join(f":{color}-badge[{counts[each]} × {each}]" for each, color in BADGES.items() if counts[each])
