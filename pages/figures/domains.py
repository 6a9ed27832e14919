"""Three domains as charts: how fast each is learnt, who leads, and what accuracy hides."""

import numpy as np

from core.data.domains import DOMAINS
from core.studies.domains.study import LIBRARY, LOGISTIC, MAJORITY, NETWORK, Result
from pages.figures.common.chart import Chart
from pages.figures.common.style import NEUTRAL, PALETTE, band, empty, layout

HUES = {NETWORK: PALETTE[0], LIBRARY: PALETTE[2], LOGISTIC: PALETTE[1], MAJORITY: NEUTRAL}
MARKERS = {NETWORK: "circle", LIBRARY: "square-open", LOGISTIC: "diamond", MAJORITY: "x"}
DASHES = {LIBRARY: "dash", LOGISTIC: "dot", MAJORITY: "dot"}
DOMAIN_HUES = dict(zip(DOMAINS, (PALETTE[3], PALETTE[5], PALETTE[9]), strict=True))


def _domain(result: Result, name: str) -> Chart:
    """The measure by epoch: ours with all seeds, the same network of scikit-learn, and the levels of the others."""
    domain, curve = DOMAINS[name], result.curve(name)
    if name not in result.domains:
        return empty(f"{domain.label} takes no part: choose “all” on the left.")
    traces = []
    if len(curve):
        ours = band("batch", NETWORK, np.arange(len(curve)), curve)
        traces += [trace | {"name": NETWORK} for trace in ours]
    library = result.library[name]
    if library:
        line = {"x": list(range(len(library))), "y": library, "mode": "lines", "name": LIBRARY}
        traces.append({"type": "scatter", "line": {"color": HUES[LIBRARY], "dash": DASHES[LIBRARY]}} | line)
    for method in (LOGISTIC, MAJORITY):
        if method in result.rivals[name]:
            level = [result.rivals[name][method].score] * 2
            line = {"x": [0, result.settings.epochs], "y": level, "mode": "lines", "name": method}
            traces.append({"type": "scatter", "line": {"color": HUES[method], "dash": DASHES[method]}} | line)
    if not traces:
        return empty("Reading the data …")
    figure = Chart(traces, layout("epochs", f"{domain.measure} on test samples"))
    figure.add_annotation(
        text=result.about[name],
        showarrow=False,
        x=0.98,
        y=0.3,
        xref="paper",
        yref="paper",
        xanchor="right",
        opacity=0.8,
    )
    return figure.update_yaxes(range=[-0.02, 1.04])


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
    rows = {method: (each.accuracy, each.score) for method, each in rivals.items()}
    curve = result.curve("fraud")
    if len(curve):
        right = np.nanmean(np.nan_to_num(result.race.values("fraud", "test_score")[-1]))
        rows[NETWORK] = (float(right), float(result.final("fraud").mean()))
    order = [method for method in (MAJORITY, LOGISTIC, LIBRARY, NETWORK) if method in rows]
    names = [{MAJORITY: "always “no”"}.get(method, method) for method in order]
    traces = [
        {
            "type": "bar",
            "x": names,
            "y": [rows[method][place] for method in order],
            "name": measure,
            "text": [f"{rows[method][place]:.3f}" for method in order],
            "textposition": "outside",
            "cliponaxis": False,
            "marker": {"color": hue},
        }
        for place, (measure, hue) in enumerate((("accuracy", PALETTE[8]), ("average precision", DOMAIN_HUES["fraud"])))
    ]
    figure = Chart(traces, layout("", "score on test payments", barmode="group"))
    return figure.update_yaxes(range=[0, 1.12])


def leads(result: Result) -> Chart:
    """The final score of every method in every domain, ours with all seeds."""
    ready = [name for name in result.domains if len(result.curve(name)) > 1]
    if not ready:
        return empty("Training …")
    traces = []
    for method in (MAJORITY, LOGISTIC, LIBRARY):
        each = [name for name in ready if method in result.rivals[name]]
        scores = [result.rivals[name][method].score for name in each]
        traces.append(_marks(method, scores, [_row(name) for name in each], 13))
    ours = [result.final(name) for name in ready]
    labels = [_row(name) for name, scores in zip(ready, ours, strict=True) for _ in scores]
    traces.append(_marks(NETWORK, np.concatenate(ours).tolist(), labels, 9) | {"opacity": 0.6})
    figure = Chart(traces, layout("score on test samples", ""))
    order = [_row(name) for name in result.domains[::-1]]
    figure.update_yaxes(categoryorder="array", categoryarray=order, range=[-0.5, len(order) - 0.5])
    return figure.update_xaxes(range=[-0.03, 1.03])


def _row(name: str) -> str:
    return f"{DOMAINS[name].label}:<br>{DOMAINS[name].measure}"


def _marks(method: str, x: list[float], y: list[str], size: int) -> dict[str, object]:
    marker = {"color": HUES[method], "symbol": MARKERS[method], "size": size}
    common = {"type": "scatter", "mode": "markers", "cliponaxis": False}
    return common | {"x": x, "y": y, "marker": marker, "name": method}


def speed(result: Result) -> Chart:
    """Skill by updates: 0 is the majority class, 1 a perfect score."""
    traces = []
    for name in result.domains:
        curve = result.curve(name)
        if len(curve) and MAJORITY in result.rivals[name]:
            floor, steps = result.rivals[name][MAJORITY].score, result.race.steps(name)
            area, line = band("batch", DOMAINS[name].label, steps[: len(curve)] + 1, (curve - floor) / (1 - floor))
            hue = DOMAIN_HUES[name]
            traces += [area | {"fillcolor": _faded(hue)}, line | {"line": {"color": hue, "width": 2}}]
    if not traces:
        return empty("Training …")
    figure = Chart(traces, layout("updates + 1", "skill (1: perfect)"))
    return figure.update_xaxes(type="log", dtick=1).update_yaxes(range=[-0.25, 1.04])


def _faded(hue: str) -> str:
    red, green, blue = (int(hue[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.12)"


def standing(result: Result) -> str:
    """The network beside logistic regression, in each domain."""
    scores = {name: result.final(name) for name in result.domains if len(result.curve(name))}
    told = [
        f"{name}, {np.median(reached):.3g} and {result.rivals[name][LOGISTIC].score:.3g}"
        for name, reached in scores.items()
        if LOGISTIC in result.rivals[name]
    ]
    return f"Scores of the network, median over seeds, and of logistic regression: {'; '.join(told)}." if told else ""


FIRST = image  # what the trial shows while this experiment runs
