"""Three domains as charts: how fast each is learnt, who leads, and what accuracy hides."""

from collections.abc import Sequence

import numpy as np

from core.data.domains import DOMAINS
from core.studies.domains.pictures import CONVOLUTION, DENSE
from core.studies.domains.study import LIBRARY, LOGISTIC, MAJORITY, NETWORK, Result
from pages.figures.common.chart import Chart
from pages.figures.common.plots import Frame, empty, note, plot
from pages.figures.common.style import NEUTRAL, PALETTE
from pages.figures.common.traces import Trace, band, bars, line, marks

HUES = {NETWORK: PALETTE[0], LIBRARY: PALETTE[2], LOGISTIC: PALETTE[1], MAJORITY: NEUTRAL}
MARKERS = {NETWORK: "circle", LIBRARY: "square-open", LOGISTIC: "diamond", MAJORITY: "x"}
DASHES = {LIBRARY: "dash", LOGISTIC: "dot", MAJORITY: "dot"}
PICTURE_LOOKS = {CONVOLUTION: (PALETTE[4], None), DENSE: (PALETTE[6], "dash")}
CLOSE_UP = 0.7  # lowest accuracy drawn: from the first epoch on both are far above guessing
DOMAIN_HUES = dict(zip(DOMAINS, (PALETTE[3], PALETTE[5], PALETTE[9]), strict=True))


def _domain(result: Result, name: str) -> Chart:
    """The measure by epoch: ours with all seeds, the same network of scikit-learn, and the levels of the others."""
    domain, curve, library = DOMAINS[name], result.curve(name), result.library[name]
    if name not in result.domains:
        return empty(f"{domain.label} takes no part: choose “all” on the left.")
    traces = band(NETWORK, np.arange(len(curve)), curve, color=HUES[NETWORK]) if len(curve) else []
    levels = {LIBRARY: (list(range(len(library))), library)} if library else {}
    for method in (LOGISTIC, MAJORITY):
        if method in result.rivals[name]:
            levels[method] = [0, result.settings.epochs], [result.rivals[name][method].score] * 2
    traces += [line(*points, method, HUES[method], dash=DASHES[method]) for method, points in levels.items()]
    about = note(result.about[name], 0.98, 0.3, xanchor="right", opacity=0.8)
    frame: Frame = {"yaxis": {"range": [-0.02, 1.04]}, "annotations": [about]}
    return plot(traces, "epochs", f"{domain.measure} on test samples", wait="Reading the data …", **frame)


def image(result: Result) -> Chart:
    """Accuracy on digits."""
    return _domain(result, "image")


def language(result: Result) -> Chart:
    """Macro F1 on sentences."""
    return _domain(result, "language")


def fraud(result: Result) -> Chart:
    """Average precision on payments."""
    return _domain(result, "fraud")


def accuracy(result: Result) -> Chart:
    """Accuracy beside average precision in fraud, for every method."""
    rivals = result.rivals["fraud"]
    if "fraud" not in result.domains:
        return empty("Fraud takes no part: choose “all” on the left.")
    if not rivals:
        return empty("Reading the data …")
    scores = {method: (each.accuracy, each.score) for method, each in rivals.items()}
    if len(result.curve("fraud")):
        right = np.nanmean(np.nan_to_num(result.race.values("fraud", "test_score")[-1]))
        scores[NETWORK] = (float(right), float(result.final("fraud").mean()))
    order = [method for method in (MAJORITY, LOGISTIC, LIBRARY, NETWORK) if method in scores]
    names = [{MAJORITY: "always “no”"}.get(method, method) for method in order]
    traces = []
    for place, (name, hue) in enumerate((("accuracy", PALETTE[8]), ("average precision", DOMAIN_HUES["fraud"]))):
        heights = [scores[method][place] for method in order]
        traces.append(bars(names, heights, name, hue, text=[f"{height:.3f}" for height in heights]))
    return plot(traces, "", "score on test payments", barmode="group", yaxis={"range": [0, 1.12]})


def leads(result: Result) -> Chart:
    """The final score of every method in every domain, ours with all seeds."""
    ready = [name for name in result.domains if len(result.curve(name)) > 1]
    if not ready:
        return empty("Training …")
    rows = {name: f"{domain.label}:<br>{domain.measure}" for name, domain in DOMAINS.items()}
    traces = []
    for method in (MAJORITY, LOGISTIC, LIBRARY):
        known = [name for name in ready if method in result.rivals[name]]
        scores = [result.rivals[name][method].score for name in known]
        traces.append(_scores(method, scores, [rows[name] for name in known], 13))
    ours = {name: result.final(name) for name in ready}
    names = [rows[name] for name, scores in ours.items() for _ in scores]
    traces.append(_scores(NETWORK, np.concatenate(list(ours.values())).tolist(), names, 9) | {"opacity": 0.6})
    order = [rows[name] for name in result.domains[::-1]]
    axis = {"categoryorder": "array", "categoryarray": order, "range": [-0.5, len(order) - 0.5]}
    return plot(traces, "score on test samples", xaxis={"range": [-0.03, 1.03]}, yaxis=axis)


def _scores(method: str, scores: Sequence[float], rows: Sequence[str], size: int) -> Trace:
    return marks(scores, rows, method, HUES[method], size, MARKERS[method], cliponaxis=False)


def speed(result: Result) -> Chart:
    """Skill by updates: 0 is the majority class, 1 a perfect score."""
    traces = []
    for name in result.domains:
        curve = result.curve(name)
        if len(curve) and MAJORITY in result.rivals[name]:
            floor, steps = result.rivals[name][MAJORITY].score, result.race.steps(name)[: len(curve)]
            traces += band(DOMAINS[name].label, steps + 1, (curve - floor) / (1 - floor), color=DOMAIN_HUES[name])
    axes: Frame = {"xaxis": {"type": "log", "dtick": 1}, "yaxis": {"range": [-0.25, 1.04]}}
    return plot(traces, "updates + 1", "skill (1: perfect)", wait="Training …", **axes)


def pictures(result: Result) -> Chart:
    """Accuracy on digits by epoch of a convolutional net and of one hidden layer, each with its parameters."""
    race = result.pictures.race
    if "image" not in result.domains:
        return empty("Image takes no part: choose “all” on the left.")
    if not race.started:
        return empty("This race comes last, once its learning rates are tuned.")
    traces = []
    for label, (hue, dash) in PICTURE_LOOKS.items():
        scores, size = race.values(label, "test_score"), race.network(label).parameters
        traces += band(label, np.arange(len(scores)), scores, f"{label}, {size:,} parameters", hue, dash)
    return plot(traces, "epochs", "accuracy on test samples", yaxis={"range": [CLOSE_UP, 1.0]})


FIRST = image  # what the trial shows while this experiment runs
