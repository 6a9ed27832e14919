"""Lessons beside the network: the prediction, the task that the run itself checks, hints, and the way through them."""

from typing import Any, Literal
from urllib.parse import urlencode

import streamlit as st

from core.playground.playground import Playground
from core.studies.playground import LESSONS, PATH, Settings
from pages.ui.frame import classroom
from pages.ui.frame.reveal import Prediction, foreseen, predict, revealed
from pages.ui.live.session import Experiment
from pages.ui.playground import state
from pages.ui.playground.state import KEY, begin, beside

KNOWN = f"{KEY} lessons"  # in the session: by lesson what the visitor has come to know of it
FURTHER = tuple(name for name in LESSONS if name not in PATH)


def known(name: str) -> dict[str, Any]:
    """What the visitor has come to know of a lesson: `done`, `measured`, and how many `hints`; kept over the visit."""
    return st.session_state.setdefault(KNOWN, {}).setdefault(name, {})


def place(name: str) -> str:
    """Where a lesson stands in its row."""
    row, what = (PATH, "Lesson") if name in PATH else (FURTHER, "Further lesson")
    return f"{what} {row.index(name) + 1} of {len(row)}"


def current() -> str | None:
    """The lesson under way."""
    name = st.session_state[KEY].settings.lesson
    return name if name in LESSONS else None


def milestone(result: Playground | None) -> object:
    """What makes the page be drawn again: that of the playground, a task that is done, a prediction that is decided."""
    name = current()
    if result is None or name is None:
        return state.milestone(result)
    lesson, found = LESSONS[name], known(name)
    if not found.get("done") and lesson.check(result).done:
        found["done"] = True
    if not found.get("measured"):
        found["measured"] = lesson.measured(result)
    return state.milestone(result), found.get("done"), found["measured"]


def standing(result: Playground) -> str:
    """Why the run has ended, or how far the task of the lesson is while it goes on."""
    if st.session_state[KEY].status != "running":
        return result.ended or ""
    name = current()
    return LESSONS[name].check(result).sentence.rstrip(".") if name else ""


def begin_lesson(name: str) -> None:
    """All settings as the lesson starts, waiting for the visitor's prediction."""
    begin(Settings(**LESSONS[name].start, lesson=name), "paused")


def leave() -> None:
    """Back to the playground; the network and its run stay."""
    kept = f"{KEY} settings"
    st.session_state[KNOWN]["left"] = st.session_state[kept].lesson
    st.session_state[kept] = st.session_state[kept].replace(lesson="none")


def lesson(result: Playground | None) -> None:
    """The lesson under way, beside the stage."""
    if (name := current()) is None or result is None:
        return
    experiment, shown = st.session_state[KEY], LESSONS[name]
    with st.container(key="lesson", border=True):
        row = PATH if name in PATH else FURTHER
        st.progress((row.index(name) + 1) / len(row), text=f"{place(name)}: {shown.heading}")
        st.markdown(f"##### {shown.title}")
        solved = classroom.given(KEY).shows("solutions")
        key, measured = f"lesson {name}", known(name).get("measured")
        predict(Prediction(shown.question, shown.choices, name, close=False), key, solved)
        if measured is not None and revealed(key):
            told = foreseen(key, str(measured))
            st.info(f"{told + '. ' if told else ''}The run shows “{measured}”.")
        st.markdown(f"**Your task.** {shown.task}")
        check = shown.check(experiment.result)
        if check.done or known(name).get("done"):
            st.success(check.sentence if check.done else "Done, earlier in this visit.")
        else:
            waits = "The run is checked while it goes on."
            st.caption(waits if experiment.status == "running" else check.sentence)
        _help(name, experiment)
        if not classroom.given(KEY).bounds("lesson"):
            _way(name, row)


def _help(name: str, experiment: Experiment) -> None:
    """Hints one by one, and after the last of them, or when the task is done, the solution."""
    shown, found, mine = LESSONS[name], known(name), classroom.given(KEY)
    count = found.get("hints", 0)
    for number, hint in enumerate(shown.hints[:count], start=1):
        st.markdown(f"**Hint {number}.** {hint}")
    if count < len(shown.hints) and not found.get("done"):
        label = f"Hint {count + 1} of {len(shown.hints)}"
        st.button(label, on_click=found.update, kwargs={"hints": count + 1}, key=f"{KEY} hint {name} {count}")
    elif not mine.shows("solutions"):
        return
    elif not found.get("solution"):
        st.button("Show the solution", on_click=found.update, kwargs={"solution": True}, key=f"{KEY} solve {name}")
    else:
        st.markdown(f"**Solution.** {shown.solution}")
        if shown.change and not mine.bounds(*shown.change):
            beside("Run the solution beside this run", experiment, "solution", shown.change)


def _way(name: str, row: tuple[str, ...]) -> None:
    """To the lesson before, to the next, and out."""
    names, here = list(LESSONS), list(LESSONS).index(name)
    with st.container(horizontal=True, gap="xsmall"):
        if here:
            st.button("Back", on_click=begin_lesson, args=(names[here - 1],), key=f"{KEY} lesson before")
        if here + 1 < len(names):
            look: Literal["primary", "secondary"] = "primary" if known(name).get("done") else "secondary"
            key, onward = f"{KEY} lesson next", names[here + 1]
            st.button("Next lesson", on_click=begin_lesson, args=(onward,), key=key, type=look)
        st.button("Leave", on_click=leave, key=f"{KEY} leave", help="Your progress is kept, and so is this network.")
    if name == row[-1] and known(name).get("done"):
        done = sum(bool(known(each).get("done")) for each in row)
        st.caption(f"That was the last of this row: {done} of {len(row)} tasks are done.")


def lesson_list() -> None:
    """All lessons: what is done, a button that begins here, and a link to pass on."""
    minutes = sum(LESSONS[name].minutes for name in PATH)
    st.markdown(f"Predict, try, and let the run check you. The first {len(PATH)} take about {minutes} minutes.")
    for name, each in LESSONS.items():
        if name == FURTHER[0]:
            st.markdown("**Further lessons**")
        query = urlencode(Settings(**each.start, lesson=name).to_text(), safe=",")
        label = f"{'✓ ' if known(name).get('done') else ''}{each.title}"
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(label, on_click=begin_lesson, args=(name,), key=f"{KEY} lesson {name}", width="stretch")
            st.markdown(f"[link]({KEY}?{query})")


def take_up() -> None:
    """A button back to the lesson that was left, which says where that is."""
    name = st.session_state.get(KNOWN, {}).get("left")
    if name and current() is None:
        st.button(f"Take up {place(name).lower()}", on_click=begin_lesson, args=(name,), key=f"{KEY} take up")
