"""Charts of three domains: learning curves, leads, and what accuracy hides."""

import numpy as np

from core.data.domains import DOMAINS
from core.studies.domains.study import CONVOLUTION, DENSE, LIBRARY, LOGISTIC, MAJORITY, NETWORK, Result
from pages.figures.common.plots import Chart, Parts, chart, named, plot
from pages.figures.common.style import NEUTRAL, PALETTE
from pages.figures.common.traces import band, bars, marks

HUES = {NETWORK: PALETTE[0], LIBRARY: PALETTE[2], LOGISTIC: PALETTE[1], MAJORITY: NEUTRAL}
MARKERS = {NETWORK: "circle", LIBRARY: "square-open", LOGISTIC: "diamond", MAJORITY: "x"}
SIZES = {MAJORITY: 13, LOGISTIC: 11, LIBRARY: 13, NETWORK: 9}
PICTURE_LOOKS = {CONVOLUTION: (PALETTE[4], None), DENSE: (PALETTE[6], "dash")}
CLOSE_UP = 0.7  # lowest accuracy drawn: after the first epoch both are far above guessing
DOMAIN_HUES = dict(zip(DOMAINS, (PALETTE[3], PALETTE[5], PALETTE[9]), strict=True))


def speed(result: Result) -> Chart:
    """Skill, one measure for all domains: the share of each class recognized, averaged and rescaled so that guessing is
    0 and a perfect score is 1. Line: median over splits. Band: all splits."""
    traces = []
    for name in result.domains:
        curve = result.curve(name, "skill")
        traces += band(DOMAINS[name].label, np.arange(len(curve)), curve, color=DOMAIN_HUES[name]) if len(curve) else []
    drawn = plot(traces, "epochs", "skill (0: guessing, 1: perfect)", wait="Training …", yaxis={"range": [-0.25, 1.04]})
    told = [f"{DOMAINS[name].label}: {result.about[name].replace('<br>', ' ').rstrip('.')}." for name in result.domains]
    return named(drawn).titled("", " ".join([*(speed.__doc__ or "").split(), *told]))


@chart("", "score on test payments", wait="Reading the data …", barmode="group", yaxis={"range": [0, 1.12]})
def accuracy(result: Result) -> Parts:
    """Fraud is rare: always answering “no” is right at least 99 times in 100 and finds none."""
    rivals = result.rivals["fraud"]
    scores = {method: (float(each.accuracy.mean()), float(each.score.mean())) for method, each in rivals.items()}
    if scores and len(result.curve("fraud")):
        right = np.nanmean(np.nan_to_num(result.race.values("fraud", "test_score")[-1]))
        scores[NETWORK] = (float(right), float(result.final("fraud").mean()))
    order = [method for method in SIZES if method in scores]
    names = [{MAJORITY: "always “no”"}.get(method, method) for method in order]
    for place, (name, hue) in enumerate((("accuracy", PALETTE[8]), ("average precision", DOMAIN_HUES["fraud"]))):
        heights = [scores[method][place] for method in order]
        if heights:
            yield bars(names, heights, name, hue, text=[f"{height:.3f}" for height in heights])


@chart("score on test samples", wait="Training …", xaxis={"range": [-0.03, 1.03]})
def leads(result: Result) -> Parts:
    """Each domain by its own measure, so leads in two rows cannot be compared; the verdict uses skill. One mark per
    split; scikit-learn's network learns the first one only."""
    ready = [name for name in result.domains if len(result.curve(name)) > 1]
    rows = {name: f"{DOMAINS[name].label}:<br>{DOMAINS[name].measure}" for name in result.domains[::-1]}
    for method, size in SIZES.items() if ready else ():
        known = {name: result.rivals[name][method].score for name in ready if method in result.rivals[name]}
        if method == NETWORK:
            known = {name: result.final(name) for name in ready}
        places = [rows[name] for name, scores in known.items() for _ in scores]
        scores = np.concatenate([*known.values(), []]).tolist()
        looks = marks(scores, places, method, HUES[method], size, MARKERS[method], cliponaxis=False)
        yield looks | {"opacity": 1.0 if method == LIBRARY else 0.6}  # which has only one mark
    order = list(rows.values())
    yield {"yaxis": {"categoryorder": "array", "categoryarray": order, "range": [-0.5, len(order) - 0.5]}}


@chart("epochs", "accuracy on test samples", yaxis={"range": [CLOSE_UP, 1.0]}, wait="This race over images runs last.")
def pictures(result: Result) -> Parts:
    """A convolutional network slides 6 windows of 3 × 3 pixels over the digit and keeps the maximum of every 2 × 2
    block. Each uses its own tuned rate. Line: median over seeds. Band: all seeds, each with its own split."""
    race = result.pictures.race
    for label, (hue, dash) in PICTURE_LOOKS.items() if race.started else ():
        scores, size = race.values(label, "test_score"), race.network(label).parameters
        yield band(label, np.arange(len(scores)), scores, f"{label}, {size:,} parameters", hue, dash)
