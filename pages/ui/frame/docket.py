"""The claims as a table to choose from, and the chosen one: measured, right, and where to see it."""

import streamlit as st
from streamlit.errors import StreamlitPageNotFoundError

from core.studies.claims import CLAIMS
from core.studies.contract import CAVEATS, FAILS
from core.studies.trial import STANDINGS, Result, deciders, disagreement, standing, table
from pages.figures.common.words import words
from pages.ui.frame.cards import cards

SHOWN = ["number", "verdict", "kind", "claim", "found"]


def page_link(page: str, label: str) -> None:
    """A link to another page of the app, by its file's name; it keeps what the visitor has done here."""
    try:
        st.page_link(f"pages/{page}.py", label=label)
    except StreamlitPageNotFoundError:
        st.caption(f"{label} (this page is not part of the navigation)")


def docket(result: Result) -> None:
    """Draw the table and the chosen claim; before anything has run it says so."""
    st.header(f"The {len(CLAIMS)} claims")
    st.markdown("Select a row to read what was measured, by which rule, what is right, and where to see it.")
    claims = table(result)
    there = [each for each in STANDINGS if each in set(claims["verdict"])]
    only = st.pills("Show only", there, selection_mode="multi", key="docket only")
    rows = claims[claims["verdict"].isin(only or there)]
    event = st.dataframe(
        rows[SHOWN],
        hide_index=True,
        width="stretch",
        height=420,
        on_select="rerun",
        selection_mode="single-row",
        key="docket table",
        column_config={
            "number": st.column_config.NumberColumn("No.", width=45),
            "claim": st.column_config.TextColumn("The article says", width="large"),
            "verdict": st.column_config.TextColumn("Verdict", width="small"),
            "kind": st.column_config.TextColumn("Kind", width="small", help="An identity cannot come out otherwise."),
            "found": st.column_config.TextColumn("What was found", width="large"),
        },
    )
    chosen = [place for place in event["selection"]["rows"] if place < len(rows)]
    if len(rows):
        _claim(result, int(rows["number"].iloc[chosen[0] if chosen else 0]))


def _claim(result: Result, number: int) -> None:
    """One claim: the finding of each study that decides it, what is right, and links to the pages."""
    claim, given, studies = CLAIMS[number], result.of(number), deciders(number)
    st.subheader(f"Claim {number}: {claim.text}")
    st.caption(f"In the article: {claim.where}.")
    cards(given.values())
    if differing := disagreement(result, number):
        st.info(differing)
    if not given:
        st.info(f"Verdict: {standing(result, number)}.")
    if not any(each.outcome in (CAVEATS, FAILS) for each in given.values()):  # with which a card says it already
        st.markdown(f"**What is right.** {claim.truth}")
    st.caption(f"Source: {claim.source}.")
    for name in studies:
        if name in result.failed:
            st.error(f"The experiment on {words(name)} failed: {result.failed[name]}.")
        page_link(name, f"Open the page: {words(name)} →")
