"""Charts of the optimizer race."""

import numpy as np

from core.minimizers import LANDSCAPES
from core.studies.optimizers import Result
from pages.figures.common.decision import small_multiples
from pages.figures.common.plots import LOWEST, WAIT, Chart, Frame, Parts, chart, empty, level, raced, tuning, within
from pages.figures.common.style import NEUTRAL, POWERS, SEQUENTIAL, color
from pages.figures.common.traces import Trace, band, joined, terrain
from pages.figures.common.words import words

UNITS = {"samples": "epochs (passes over the data)", "steps": "updates", "seconds": "computing time (ms)"}
TITLES = {"xaxis": "x", "yaxis": "y", "zaxis": "log height"}
CAMERA = {"eye": {"x": 1.35, "y": -1.35, "z": 1.0}, "center": {"z": -0.15}}
SCENE: Frame = {axis: {"title": {"text": title}, "nticks": 4} for axis, title in TITLES.items()}
SCENE |= {"aspectmode": "cube", "camera": CAMERA}
TARGET = {"text": "target", "textposition": "start", "yanchor": "top", "font": {"color": NEUTRAL}}


@chart(y="training loss", instead=tuning(), yaxis=POWERS)
def loss(result: Result) -> Parts:
    """Line: median over seeds. Band: all seeds."""
    yield from _curves(result, "train_loss")
    yield level(result.settings.target, label=TARGET)


@raced(y="test score")
def score(result: Result) -> Parts:
    """On all held-out samples, with the weights held fixed: accuracy, or R² of numbers."""
    yield from _curves(result, "test_score")
    yield within([result.race.values(label, "test_score") for label in result.contestants], LOWEST, 1)


def _curves(result: Result, measure: str) -> Parts:
    for label in result.contestants:
        yield band(label, result.spent(label), result.race.values(label, measure))
    yield {"xaxis": {"title": {"text": UNITS[result.settings.budget]}}}


@chart(height=400, scene=SCENE)
def surface(result: Result) -> Parts:
    """Drag to turn. A surface has no samples, so small batches are imitated by noise of size 1/√B."""
    landscape = LANDSCAPES[result.settings.landscape]
    (left, right), (bottom, top) = landscape.bounds
    x, y, height = terrain(landscape, 60)  # fine enough for a bent valley
    lowest = float(height.min())

    def scaled(values: np.ndarray) -> np.ndarray:
        return np.log10(values - lowest + 5e-2 * float(np.median(height - lowest)) + 1e-9)

    look: Trace = {"type": "surface", "colorscale": SEQUENTIAL, "opacity": 0.75, "showscale": False, "name": "surface"}
    yield look | {"x": x, "y": y, "z": scaled(height).astype(np.float32)}
    for label, path in result.paths.items():
        inside = np.logical_and.accumulate(((path >= (left, bottom)) & (path <= (right, top))).all(axis=1))
        path = path[inside][: 1 + round(result.progress * (len(path) - 1))]
        above = scaled(np.maximum(landscape.value(path), lowest)) + 0.02
        way = joined(path[:, 0], path[:, 1], words(label), color(label), 2, width=5)
        yield way | {"type": "scatter3d", "z": above}


def maps(result: Result) -> Chart:
    """The first seed's network; dots are training samples."""
    if result.plane is None or not result.maps:
        return empty(WAIT)
    return small_multiples(result.plane, result.maps)
