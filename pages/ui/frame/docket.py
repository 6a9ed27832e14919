"""The trial as the article's outline: under each heading its claims, each with its verdict and a link to its page."""

import streamlit as st
from streamlit.errors import StreamlitPageNotFoundError

from core.studies import trial
from core.studies.claims import CLAIMS, RESULTS
from core.studies.contract import CAVEATS, FAILS, HOLDS, UNDECIDED
from core.studies.trial import FAILED, NOBODY, PENDING, Result, deciders, standing
from pages.figures.common.words import plain, spoken, words
from pages.ui.frame.reveal import ASK, revealed

# A word, a colour and a shape for each verdict
BADGES: dict[str, str] = {
    HOLDS: ":green-badge[✓ holds]",
    CAVEATS: ":blue-badge[≈ needs caveats]",
    FAILS: ":red-badge[✗ does not hold]",
    UNDECIDED: ":gray-badge[? not decided]",
    PENDING: ":gray-badge[○ not tested yet]",
    NOBODY: ":gray-badge[– no experiment]",
    FAILED: ":gray-badge[! experiment failed]",
}


def page_link(page: str, label: str) -> None:
    """A link to another page of the app, by file name; it keeps the visitor's session."""
    try:
        st.page_link(f"pages/{page}.py", label=label)
    except StreamlitPageNotFoundError:
        st.caption(f"{label} (not in the navigation)")


def answer_line(result: Result) -> None:
    """The answer to the page's question, counted from the experiments so far, and failures."""
    st.markdown(f"### {trial.verdict(result)}")
    st.caption(trial.counted(result))
    for name, reason in result.failed.items():
        st.error(plain(f"The experiment on {words(name)} failed: {reason}."))


def outline(result: Result) -> None:
    """Each heading of the article with its claims, then the results beyond; verdicts once the visitor may read them."""
    known = revealed("trial")
    st.header("The article, heading by heading")
    told = known and st.toggle("Show the measurements", help="Below each claim whose experiment has run.")
    if not known:
        st.caption(ASK)
    for heading in trial.OUTLINE:
        with st.container(gap="xxsmall"):
            st.markdown(f"##### {heading.title}")
            for number in heading.claims:
                _claim(result, number, known, told)
            if heading.page:
                page_link(heading.page, f"No claim under this heading. See: {words(heading.page)} →")
    st.header("Beyond the article")
    if known:
        st.markdown(f"**{trial.beyond(result)}**")
    for number in RESULTS:
        _claim(result, number, known, told)


def _claim(result: Result, number: int, known: bool, told: bool) -> None:
    """One claim or result: its verdict, a correction if needed or its source, and a link to each of its experiments."""
    stands, published = standing(result, number), RESULTS.get(number)
    text = spoken(published.text if published else CLAIMS[number].text)
    lines = [f"{number}. {text[0].upper()}{text[1:]}." + (f" :gray[Source: {published.source}.]" if published else "")]
    if known:
        lines[0] = f"{BADGES[stands]} {lines[0]}"
        if not published and stands in (CAVEATS, FAILS):
            lines.append(f":gray[{CLAIMS[number].truth}]")
        if told:
            lines += [plain(spoken(each.sentence)) for each in result.of(number).values()]
            lines.append(trial.disagreement(result, number))
    links = {name: f"{words(name).capitalize()} →" for name in deciders(number)}
    for other in (deciders(each)[0] for each, found in RESULTS.items() if number in found.claims):
        links[other] = f"Beyond the article: {words(other)} →"
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        st.markdown("  \n".join(filter(None, lines)))
        for name, label in links.items():
            page_link(name, label)
