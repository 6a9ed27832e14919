"""The trial as charts: the experiment that runs right now, the 48 claims as tiles, and what each experiment cost."""

from importlib import import_module

from core.studies.claims import CLAIMS
from core.studies.trial import FAILED, NOBODY, PENDING, STANDINGS, Result, count, standing
from pages.figures.common.chart import Chart
from pages.figures.common.style import NEUTRAL, empty, layout
from pages.figures.common.words import words

COLUMNS = 8
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
        numbers = [number for number in CLAIMS if standings[number] == each]
        traces.append(
            {
                "type": "scatter",
                "x": [(number - 1) % COLUMNS for number in numbers],
                "y": [(number - 1) // COLUMNS for number in numbers],
                "mode": "markers+text",
                "marker": {"symbol": "square", "size": 40, "color": COLORS[each]},
                "text": [f"{number}<br>{SIGNS[each]}" for number in numbers],
                "textfont": {"size": 12, "color": "#1f2933" if each in (PENDING, NOBODY, STANDINGS[1]) else "#ffffff"},
                "hovertext": [f"{number}: {_wrapped(CLAIMS[number].text)}<br><b>{each}</b>" for number in numbers],
                "hoverinfo": "text",
                "name": f"{SIGNS[each]} {each}",
            }
        )
    figure = Chart(traces, layout(height=420))
    figure.update_layout(legend={"itemsizing": "constant"})
    figure.update_xaxes(visible=False, range=[-0.6, COLUMNS - 0.4], fixedrange=True)
    return figure.update_yaxes(visible=False, range=[(len(CLAIMS) - 1) // COLUMNS + 0.6, -0.6], fixedrange=True)


def _wrapped(text: str, width: int = 40) -> str:
    """The text in lines of about this many characters."""
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) > width:
            lines.append("")
        lines[-1] += f"{word} "
    return "<br>".join(line.strip() for line in lines)


def tally(result: Result) -> Chart:
    """How many claims stand how."""
    counts = {each: number for each, number in count(result).items() if number or each in STANDINGS[:3]}
    bar = {
        "type": "bar",
        "orientation": "h",
        "y": [*counts],
        "x": [*counts.values()],
        "text": [*counts.values()],
        "textposition": "outside",
        "cliponaxis": False,
        "marker": {"color": [COLORS[each] for each in counts]},
        "hoverinfo": "skip",
    }
    figure = Chart([bar], layout("claims", ""))
    return figure.update_yaxes(autorange="reversed").update_xaxes(range=[0, len(CLAIMS)])


def cost(result: Result) -> Chart:
    """Seconds of computing of each experiment so far; one that has still to come has none."""
    names = [*result.settings.studies]
    seconds = [result.seconds.get(name, 0.0) for name in names]
    bar = {
        "type": "bar",
        "orientation": "h",
        "y": [words(name) for name in names],
        "x": seconds,
        "text": [f"{each:.1f} s" if each else "" for each in seconds],
        "textposition": "outside",
        "cliponaxis": False,
        "marker": {"color": [COLORS[FAILED] if name in result.failed else NEUTRAL for name in names]},
        "hoverinfo": "skip",
    }
    figure = Chart([bar], layout("seconds of computing", ""))
    return figure.update_yaxes(autorange="reversed").update_xaxes(range=[0, 1.2 * max(1.0, *seconds)])
