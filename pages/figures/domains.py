"""Charts of three domains: learning curves, leads, and what accuracy hides."""

import numpy as np

from core.data.domains import DOMAINS
from core.studies.domains.study import CONVOLUTION, DENSE, LIBRARY, LOGISTIC, MAJORITY, NETWORK, Result
from pages.figures.common.plots import Chart, Frame, empty, named, note, plot
from pages.figures.common.style import NEUTRAL, PALETTE
from pages.figures.common.traces import band, bars, line, marks

HUES = {NETWORK: PALETTE[0], LIBRARY: PALETTE[2], LOGISTIC: PALETTE[1], MAJORITY: NEUTRAL}
MARKERS = {NETWORK: "circle", LIBRARY: "square-open", LOGISTIC: "diamond", MAJORITY: "x"}
DASHES = {LIBRARY: "dash", LOGISTIC: "dot", MAJORITY: "dot"}
PICTURE_LOOKS = {CONVOLUTION: (PALETTE[4], None), DENSE: (PALETTE[6], "dash")}
CLOSE_UP = 0.7  # lowest accuracy drawn: after the first epoch both are far above guessing
DOMAIN_HUES = dict(zip(DOMAINS, (PALETTE[3], PALETTE[5], PALETTE[9]), strict=True))


def image(result: Result) -> Chart:
    """Line: median over splits. Band: all. Dotted: final score of simple rivals. Dashed: scikit-learn, first split."""
    return _domain(result, "image")


def language(result: Result) -> Chart:
    """Sentences from the documentation of NumPy, SciPy, scikit-learn and pandas. All sentences about one function stay
    on the same side of the split. Macro F1: each of the four libraries counts equally."""
    return _domain(result, "language")


def fraud(result: Result) -> Chart:
    """Synthetic payments. Average precision: how pure the list of suspects is, from the top down."""
    return _domain(result, "fraud")


def _domain(result: Result, name: str) -> Chart:
    domain, curve, library = DOMAINS[name], result.curve(name), result.library[name]
    if name not in result.domains:
        return empty(f"{domain.label} is not included: choose “all” on the left.")
    traces = band(NETWORK, np.arange(len(curve)), curve, color=HUES[NETWORK]) if len(curve) else []
    levels = {LIBRARY: (list(range(len(library))), library)} if library else {}
    for method in (LOGISTIC, MAJORITY):
        if method in result.rivals[name]:
            levels[method] = [0, result.settings.epochs], [float(np.median(result.rivals[name][method].score))] * 2
    traces += [line(*points, method, HUES[method], dash=DASHES[method]) for method, points in levels.items()]
    about = note(result.about[name], 0.98, 0.3, xanchor="right", opacity=0.8)
    frame: Frame = {"yaxis": {"range": [-0.02, 1.04]}, "annotations": [about]}
    return named(plot(traces, "epochs", f"{domain.measure} on test samples", wait="Reading the data …", **frame))


def accuracy(result: Result) -> Chart:
    """One payment in a hundred is fraud: always answering “no” is right 99 times in 100 and finds none."""
    rivals = result.rivals["fraud"]
    if "fraud" not in result.domains:
        return empty("Fraud is not included: choose “all” on the left.")
    if not rivals:
        return empty("Reading the data …")
    scores = {method: (float(each.accuracy.mean()), float(each.score.mean())) for method, each in rivals.items()}
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
    """Each domain by its own measure, so leads in two rows cannot be compared; the verdict uses skill. One mark per
    split; scikit-learn's network learns the first one only."""
    ready = [name for name in result.domains if len(result.curve(name)) > 1]
    if not ready:
        return empty("Training …")
    rows = {name: f"{domain.label}:<br>{domain.measure}" for name, domain in DOMAINS.items()}
    traces = []
    for method, size in ((MAJORITY, 13), (LOGISTIC, 11), (LIBRARY, 13), (NETWORK, 9)):
        known = {name: result.rivals[name][method].score for name in ready if method in result.rivals[name]}
        if method == NETWORK:
            known = {name: result.final(name) for name in ready}
        places = [rows[name] for name, scores in known.items() for _ in scores]
        scores = np.concatenate([*known.values(), []]).tolist()
        opacity = 1.0 if method == LIBRARY else 0.6  # which has only one mark
        looks = marks(scores, places, method, HUES[method], size, MARKERS[method], cliponaxis=False)
        traces.append(looks | {"opacity": opacity})
    order = [rows[name] for name in result.domains[::-1]]
    axis = {"categoryorder": "array", "categoryarray": order, "range": [-0.5, len(order) - 0.5]}
    return plot(traces, "score on test samples", xaxis={"range": [-0.03, 1.03]}, yaxis=axis)


def speed(result: Result) -> Chart:
    """Skill, one measure for all domains: the share of each class recognized, averaged and rescaled so that guessing is
    0 and a perfect score is 1. Line: median over splits. Band: all splits."""
    traces = []
    for name in result.domains:
        curve = result.curve(name, "skill")
        traces += band(DOMAINS[name].label, np.arange(len(curve)), curve, color=DOMAIN_HUES[name]) if len(curve) else []
    return plot(traces, "epochs", "skill (0: guessing, 1: perfect)", wait="Training …", yaxis={"range": [-0.25, 1.04]})


def pictures(result: Result) -> Chart:
    """A convolutional network slides 6 windows of 3 × 3 pixels over the digit and keeps the maximum of every 2 × 2
    block. Each uses its own tuned rate. Line: median over seeds. Band: all seeds, each with its own split."""
    race = result.pictures.race
    if "image" not in result.domains:
        return empty("Image is not included: choose “all” on the left.")
    if not race.started:
        return empty("This race runs last, once its learning rates are tuned.")
    traces = []
    for label, (hue, dash) in PICTURE_LOOKS.items():
        scores, size = race.values(label, "test_score"), race.network(label).parameters
        traces += band(label, np.arange(len(scores)), scores, f"{label}, {size:,} parameters", hue, dash)
    return plot(traces, "epochs", "accuracy on test samples", yaxis={"range": [CLOSE_UP, 1.0]})
