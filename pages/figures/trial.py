"""The trial as charts: the experiment that runs right now, the claims as tiles, and what each experiment cost."""

from importlib import import_module

from core.studies.claims import CLAIMS
from core.studies.trial import FAILED, NOBODY, PENDING, STANDINGS, Result, count, kind_of, standing
from pages.figures.common.chart import Chart
from pages.figures.common.plots import Frame, empty, plot, ranked
from pages.figures.common.style import NEUTRAL
from pages.figures.common.traces import Trace, marks
from pages.figures.common.words import words

COLUMNS = 8
SYMBOLS = {"identity": "circle", "measured": "square"}
COLORS = dict(
    zip(STANDINGS, ["#2a9d74", "#e0a030", "#d04545", "#7f8a93", "#c9cdd1", "#7a5cc7", "#c9cdd1"], strict=True)
)
SIGNS = dict(zip(STANDINGS, ["✓", "≈", "✗", "?", "·", "!", "–"], strict=True))  # for those who see no colours


def now(result: Result) -> Chart:
    """The first chart of the experiment that runs right now, as on its own page."""
    if result.inner is None:
        return empty("The first experiment is about to start.")
    return import_module(f"pages.figures.{result.current}").FIRST(result.inner)


def tiles(result: Result) -> Chart:
    """Every claim as a tile with its number, in the colour and with the sign of how it stands."""
    standings = {number: standing(result, number) for number in CLAIMS}
    shown = [each for each in STANDINGS if each in standings.values() or each in STANDINGS[:3]]
    traces = []
    for each in shown:
        places = {number: place for place, number in enumerate(CLAIMS) if standings[number] == each}
        numbers, x, y = list(places), [p % COLUMNS for p in places.values()], [p // COLUMNS for p in places.values()]
        told = [f"{number}: {_wrapped(CLAIMS[number].text)}<br><b>{each}</b>" for number in numbers]
        ink = "#1f2933" if each in (PENDING, NOBODY, STANDINGS[1]) else "#ffffff"
        text = {"text": [f"{number}<br>{SIGNS[each]}" for number in numbers], "textfont": {"size": 12, "color": ink}}
        look: Trace = {
            "color": COLORS[each],
            "size": 40,
            "symbol": [SYMBOLS[kind_of(n)] for n in numbers],
            "mode": "markers+text",
        } | text
        traces.append(marks(x, y, f"{SIGNS[each]} {each}", hovertext=told, hoverinfo="text", **look))
    hidden = {"visible": False, "fixedrange": True}
    axes: Frame = {
        "xaxis": hidden | {"range": [-0.6, COLUMNS - 0.4]},
        "yaxis": hidden | {"range": [(len(CLAIMS) - 1) // COLUMNS + 0.6, -0.6]},
    }
    return plot(traces, height=420, legend={"itemsizing": "constant"}, **axes)


def _wrapped(text: str, width: int = 40) -> str:
    """The text in lines of about this many characters."""
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) > width:
            lines.append("")
        lines[-1] += f"{word} "
    return "<br>".join(line.strip() for line in lines)


def tally(result: Result) -> Chart:
    """How many claims stand how, identities told apart."""
    measured, checked = count(result, ["measured"]), count(result, ["identity"])
    shown = [each for each in STANDINGS if measured[each] or checked[each] or each in STANDINGS[:3]]
    numbers, hues = [measured[each] + checked[each] for each in shown], [COLORS[each] for each in shown]
    told = [
        f"{measured[each]} measured, {checked[each]} checked" if measured[each] + checked[each] else "0"
        for each in shown
    ]
    return ranked(shown, numbers, told, hues, "claims", 1.3 * len(CLAIMS))


def cost(result: Result) -> Chart:
    """Seconds of computing of each experiment so far; one that has still to come has none."""
    names = result.settings.studies
    seconds = [result.seconds.get(name, 0.0) for name in names]
    text = [f"{each:.1f} s" if each else "" for each in seconds]
    hues = [COLORS[FAILED] if name in result.failed else NEUTRAL for name in names]
    return ranked(list(map(words, names)), seconds, text, hues, "seconds of computing", 1.2 * max(1.0, *seconds))
