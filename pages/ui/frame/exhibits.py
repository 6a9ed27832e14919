"""What single pages show of their own: the trial's opening and outline, pairs, starts on minima, the ball."""

from functools import cache

import numpy as np
import streamlit as st

from core.checks import InputError
from core.data import load_dataset, stream
from core.nn import Network
from core.optimizers import OPTIMIZERS
from core.studies import learning_rate, minima, question, trial
from core.studies.claims import CLAIMS, RESULTS
from core.studies.contract import CAVEATS, FAILS, HOLDS, UNDECIDED
from core.studies.learning_rate.quadratic import parabola
from core.studies.minima.study import Attempt, attempt
from core.studies.motion import Motion, follow
from core.studies.playground import LESSONS, PATH, Settings
from core.studies.question.exchange import SOURCES, USES, at_work, check_pair, exchanged
from core.studies.trial import FAILED, NOBODY, PENDING, deciders, standing
from pages.figures.common.words import plain, spoken, words
from pages.figures.minima import attempts
from pages.ui.frame import classroom
from pages.ui.frame.navigation import be_led, page_link
from pages.ui.frame.reveal import ASK, revealed
from pages.ui.live import board as live
from pages.ui.live.session import Experiment

SIZES, UPDATES, RATE, SEED = (2, 4, 3, 1), 5, 0.1, 7  # of the opening
SENTENCE = (
    ":violet[**Backpropagation**] finds out how the loss depends on every weight. "
    ":orange[**The optimizer**] moves the weights."
)
DOORS: dict[str, dict[str, tuple[str, dict[str, str]]]] = {  # who comes: the words, page and settings of links
    "I am learning": {"the first lesson": ("playground", Settings(**LESSONS[PATH[0]].start, lesson=PATH[0]).to_text())},
    "I teach": {"questions and answers": ("answers", {})},
    "I train networks": {"my own data": ("playground", {}), "compare settings": ("sweeps", {})},
}
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
BLOCKS = {
    "source": (":violet[**Where the gradient comes from**]", SOURCES),
    "use": (":orange[**What is done with it**]", USES),
}
PAIR, BEFORE, REFUSED = "question settings", "question pair before", "question pair refused"  # in the session
MOST, PICTURES = 50, 10  # starts, and pictures of a training on its way
STARTS = "Your own starts", "Blue: solved. Red: stuck, or not there yet. Bold: the newest."
SHARES = np.linspace(0.01, 1.2, 120).round(4)  # of the ball's edge 2/L, which is one of them
STEPS, FIRST = 24, 29  # of the ball, and the place of the rate that it begins with


@cache
def learning() -> Motion:
    """A small network that learns one sample of the moons by plain gradient descent."""
    data = load_dataset("moons", 40, 4, seed=SEED)
    sample = next(row for row, label in enumerate(data.y_train) if label == 1)
    network = Network(SIZES, "tanh", "mean_squared_error")
    X, y = data.X_train[sample, None], data.y_train[sample, None]
    return follow(network, X, y, network.initial(stream(SEED, "weights")), OPTIMIZERS["sgd"](lr=RATE), UPDATES)


def opening() -> None:
    """The answer in a sentence, and three doors, in two lines above the trial."""
    be_led()
    with st.container(key="opening", gap="xxsmall"):
        st.markdown(SENTENCE)
        with st.container(horizontal=True, gap="xsmall"):
            for who, links in DOORS.items():
                for place, (label, (page, settings)) in enumerate(links.items()):
                    label = f"{label} →" if place else f"**{who}:** {label} →"
                    st.page_link(f"pages/{page}.py", label=label, query_params=settings)


def halves() -> None:
    """The picture beside the trial's stage, which plays by itself: one half finds the gradient, one takes the step."""
    with st.container(key="halves"):
        live.machine(learning(), "opening machine", 230, simple=True)


def answer_line(result: trial.Result) -> None:
    """The answer to the page's question, counted from the experiments so far, and failures."""
    st.markdown(f"### {trial.verdict(result)}")
    st.caption(trial.counted(result))
    for name, reason in result.failed.items():
        st.error(plain(f"The experiment on {words(name)} failed: {reason}."))


def outline(result: trial.Result) -> None:
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


def _claim(result: trial.Result, number: int, known: bool, told: bool) -> None:
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


def pairs(result: question.Result) -> None:
    """Two blocks to exchange, above the network at work with both, which stays as it was if they do not go together."""
    settings = st.session_state[PAIR]
    now = settings.cell
    before = st.session_state.get(BEFORE, now)

    def exchange() -> None:
        """Put the pair of both blocks into the settings, and so into the page's link, while the experiment goes on."""
        settings, chosen = st.session_state[PAIR], tuple(st.session_state[f"question {name}"] for name in BLOCKS)
        try:
            check_pair(chosen)
        except InputError as error:
            st.session_state[REFUSED] = str(error)
            return
        st.session_state[REFUSED] = ""
        if chosen != settings.cell:
            st.session_state[BEFORE] = settings.cell
            st.session_state[PAIR] = settings.replace(pair="-".join(chosen))

    with st.container(key="pairs"):
        for half, (name, (label, options)), column in zip(now, BLOCKS.items(), st.columns(2, gap="small"), strict=True):
            column.segmented_control(
                label,
                list(options),
                default=half,
                required=True,
                format_func={key: each.name for key, each in options.items()}.__getitem__,
                key=f"question {name}",
                wrap=True,
                on_change=exchange,
                disabled=classroom.given("question").bounds("pair"),
            )
        if refused := st.session_state.get(REFUSED):
            st.warning(f"{plain(refused)}. Choose another; the drawing still shows the pair before.")
        shown = at_work(settings, now)
        changed = "source" if now[0] != before[0] else "use" if now[1] != before[1] else ""
        if not changed:
            st.markdown("Exchange either half: the drawing shows which part of the motion changes, and which does not.")
        else:
            st.markdown(exchanged(at_work(settings, before), shown) if revealed("question") else ASK)
        live.machine(shown, "question machine", 270, beside=True, changed=changed)


def _tried() -> list[Attempt]:
    """The visitor's starts in the current experiment."""
    kept: dict[int, list[Attempt]] = st.session_state.setdefault("minima tried", {})
    return kept.setdefault(st.session_state["minima"].number, [])


def another_start(experiment: Experiment) -> None:
    """The button for one more training, which works once the rate is tuned."""

    def begin(count: int) -> None:
        now, tried = st.session_state["minima"], _tried()
        if len(tried) != count:  # Streamlit tells of a click again if another run of the page comes between
            return
        try:
            with now.lock:
                tried.append(attempt(now.result, len(tried)))
        except InputError as error:
            st.toast(plain(f"{error}."))

    waits = experiment.result is None or not experiment.result.tuning or len(_tried()) >= MOST
    st.button("Try another start", on_click=begin, args=(len(_tried()),), disabled=waits, key="minima try")


def starts_so_far(result: minima.Result) -> None:
    """What came of the starts so far and their losses, drawn as they train, beside the stage."""
    if not (tried := _tried()):
        return
    solved = sum(each.solved for each in tried)
    ends = "solves XOR" if tried[-1].solved else f"ends at a loss of {tried[-1].losses[-1]:.3g}"
    shares = [(k + 1) / PICTURES for k in range(PICTURES - 1)]
    film = tuple((share, attempts(tried, share).to_json(), STARTS[0]) for share in shares)
    with st.container(key="tries"):
        st.markdown(f"Start {len(tried)} {ends}. So far {solved} of {len(tried)} solve it.")
        drawn = live.Drawing.of(attempts(tried), *STARTS)._replace(film=film, wide=True)
        live.board([drawn], "minima tries", st.session_state["minima"].strip())


def ball(result: learning_rate.Result | None) -> None:
    """A ball on the bowl of the study's largest curvature, whose first step is dragged to where the rate takes it."""
    if result is None:
        return
    k, path = result.settings.condition, parabola(result.settings.condition, SHARES, STEPS)
    data = {"shares": SHARES.tolist(), "rates": (SHARES * 2 / k).tolist(), "path": path.tolist(), "first": FIRST}
    draw = live.component("ball", ("svg.js", "parts.js", "ball.js"), ("actors.css", "ball.css"))
    with st.container(key="ball"):
        st.markdown("**Drag the ball to where its first step lands.**")
        draw(key="learning_rate ball", data=data)
