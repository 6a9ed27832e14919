"""Charts of the optimizer race."""

import numpy as np

from core.minimizers import LANDSCAPES
from core.studies.optimizers import Result, to_target
from pages.figures.common import plots
from pages.figures.common.decision import small_multiples
from pages.figures.common.plots import WAIT, Chart, empty, level, plot, raced, rows, trials
from pages.figures.common.style import NEUTRAL, POWERS, SEQUENTIAL, color, mark
from pages.figures.common.traces import Trace, band, finite, joined, marks, terrain
from pages.figures.common.words import words

UNITS = {"samples": "epochs", "steps": "updates", "seconds": "computing time (ms)"}
PICTURES = 40  # of the growing paths
TITLES = UNITS | {"samples": "epochs (passes over the data)"}


def loss(result: Result) -> Chart:
    """Line: median over seeds. Band: all seeds."""
    if not result.race.started:
        return trials(result.trials)
    label = {"text": "target", "textposition": "start", "yanchor": "top", "font": {"color": NEUTRAL}}
    target = level(result.settings.target, label=label)
    return _curves(result, "train_loss", "training loss").update_layout(yaxis=POWERS, shapes=[target])


@raced
def score(result: Result) -> Chart:
    """On all held-out samples, with the weights held fixed."""
    name = "test accuracy" if result.plane is None or result.plane.task == "classes" else "test R²"
    return _curves(result, "test_score", name)


def _curves(result: Result, measure: str, title: str) -> Chart:
    race = result.race
    traces = [band(label, result.spent(label), race.values(label, measure)) for label in result.contestants]
    return plot(traces, TITLES[result.settings.budget], title)


def tuning(result: Result) -> Chart:
    """Large mark: the rate used in the race."""
    return plots.tuning(result, {label: (label, words(label)) for label in result.tuning})


def grown(result: Result) -> float:
    """Share of the paths that is drawn: it grows with the run, in PICTURES steps."""
    return np.ceil(PICTURES * result.progress) / PICTURES


def surface(result: Result) -> Chart:
    """Drag to turn. A surface has no samples, so small batches are imitated by noise of size 1/√B."""
    landscape = LANDSCAPES[result.settings.landscape]
    (left, right), (bottom, top) = landscape.bounds
    x, y, height = terrain(landscape, 40)
    lowest = float(height.min())

    def scaled(values: np.ndarray) -> np.ndarray:
        return np.log10(values - lowest + 1e-2 * float(np.median(height - lowest)) + 1e-9)

    look: Trace = {"type": "surface", "colorscale": SEQUENTIAL, "opacity": 0.75, "showscale": False, "name": "surface"}
    traces = [look | {"x": x, "y": y, "z": scaled(height).astype(np.float32)}]
    for label, path in result.paths.items():
        inside = ((path >= (left, bottom)) & (path <= (right, top)) & np.isfinite(path)).all(axis=1)
        shown = 1 + round(grown(result) * (len(path) - 1))
        path = path[: min(shown, int(np.argmin(inside)) if not inside.all() else len(path))]
        above = scaled(np.maximum(landscape.value(path), lowest)) + 0.02
        way = joined(path[:, 0], path[:, 1], words(label), color(label), 2, width=5)
        traces.append(way | {"type": "scatter3d", "z": above})
    titles = {"xaxis": "x", "yaxis": "y", "zaxis": "log height"}
    scene = {axis: {"title": {"text": title}, "nticks": 4} for axis, title in titles.items()}
    camera = {"eye": {"x": 1.35, "y": -1.35, "z": 1.0}, "center": {"z": -0.15}}
    return plot(traces, height=400, scene=scene | {"aspectmode": "cube", "camera": camera})


def maps(result: Result) -> Chart:
    """The first seed's network; dots are training samples."""
    if result.plane is None or not result.maps:
        return empty(WAIT)
    return small_multiples(result.plane, result.maps)


@raced
def time_to_target(result: Result) -> Chart:
    """One mark per seed that reached it."""
    traces = []
    for place, label in enumerate(result.contestants):
        spent = finite(to_target(result, label))
        traces.append(marks(spent, [place] * len(spent), words(label), color(label), 10, mark(label), opacity=0.8))
    title = f"{UNITS[result.settings.budget]} to a loss of {result.settings.target:g}"
    axis = rows(list(map(words, result.contestants)))
    return plot(traces, title, xaxis={"rangemode": "tozero"}, yaxis=axis, showlegend=False)
