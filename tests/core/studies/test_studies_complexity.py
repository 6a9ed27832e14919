"""What a gradient costs grows as theory says, by a clock that other work on the machine disturbs."""

from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import pytest

from core.checks import InputError
from core.studies import complexity
from core.studies.complexity import RULES, Result, findings
from core.studies.contract import TOO_CLOSE
from pages.figures import complexity as figures

FIGURES = [figures.time, figures.exponents, figures.memory, figures.methods]
SMALL = complexity.Settings(batch_size=8, width=4, depth=1, dataset="moons")
SHAPE = complexity.Shape(12, 3, 5, 2, 4, 2, "tanh", "softmax_cross_entropy")


def last_of(settings):
    return [*complexity.run(settings)][-1]


@pytest.fixture(scope="module")
def last():
    return last_of(complexity.Settings())


def test_time_grows_by_about_the_powers_of_theory(last):
    powers = {name: complexity.fit(sweep).mean for name, sweep in last.sweeps.items()}
    for name in ("samples", "depth", "batch_size"):
        assert powers[name] == pytest.approx(1, abs=0.3)
    assert 0.4 < powers["features"] < 1.2
    assert 1.2 < powers["width"] < 2.3


def test_memory_grows_by_the_powers_of_theory(last):
    powers = {name: complexity.exponents(sweep.values, sweep.numbers) for name, sweep in last.sweeps.items()}
    assert powers["samples"] == pytest.approx(0, abs=1e-12)
    assert 0.8 < powers["depth"] <= 1
    assert 0.8 < powers["batch_size"] <= 1
    assert 1 < powers["width"] < 2
    methods = {name: complexity.exponents(sweep.values, sweep.numbers) for name, sweep in last.methods.items()}
    assert methods["newton"] > 1.7
    assert max(methods["gradient_descent"], methods["lbfgs"]) <= 1


def test_a_gradient_is_cheap_with_backpropagation_and_dear_without(last):
    for sweep in last.sweeps.values():
        assert 1 < np.median(sweep.gradient[:, -1] / sweep.forward[:, -1]) < 5
    dear, cheap = (last.methods[name].gradient.min(axis=0) for name in ("central_differences", "gradient_descent"))
    assert dear[-1] > 20 * cheap[-1]
    assert dear[-1] / cheap[-1] > 3 * dear[0] / cheap[0]


def test_the_findings(last):
    depth, *own = findings(last)
    assert depth.number == 25
    assert depth.outcome in ("holds with caveats", "not decided by this run")  # a busy machine widens the interval
    assert [finding.rule for finding in own] == [*RULES][1:]
    assert own[0].outcome != "does not hold"
    assert own[3].answer in ("clearly less than double", "about double", TOO_CLOSE)


def powered(sweep, power):
    """The sweep with a time that grows by a power of the size, the same in every repetition."""
    return replace(sweep, gradient=np.outer(np.ones(5), sweep.values.astype(float) ** power))


def test_a_cost_that_explodes_with_depth_changes_the_finding(last):
    sweep = last.sweeps["depth"]
    worse = complexity.Result(last.settings, sweeps={"depth": replace(sweep, gradient=sweep.gradient * sweep.values)})
    assert Result._depth(worse).outcome == "does not hold"
    assert "faster than depth" in Result._depth(worse).sentence
    level = replace(powered(sweep, 1), numbers=np.ones_like(sweep.numbers))
    better = complexity.Result(last.settings, sweeps={"depth": level})
    assert Result._depth(better).outcome == "holds"


@pytest.mark.parametrize(
    ("power", "outcome", "answer"),
    [
        (1.0, "holds", "about double"),
        (0.5, "holds with caveats", "clearly less than double"),
        (2.0, "does not hold", "clearly more than double"),
        (None, "not decided by this run", TOO_CLOSE),
    ],
)
def test_what_twice_the_layers_take_is_told_by_its_interval(last, power, outcome, answer):
    sweep = last.sweeps["depth"]
    times = powered(sweep, 1).gradient ** np.linspace(0.5, 1.5, 5)[:, None] if power is None else None
    sweep = replace(sweep, gradient=times) if power is None else powered(sweep, power)
    finding = Result._doubled(complexity.Result(last.settings, sweeps={"depth": sweep}))
    assert (finding.outcome, finding.answer) == (outcome, answer)


def test_a_sweep_above_the_limit_is_named_and_counted(last):
    sweeps = {name: replace(sweep, forward=sweep.gradient / 2) for name, sweep in last.sweeps.items()}
    assert Result._cheap(replace(last, sweeps=sweeps)).outcome == "holds"
    sweeps["width"] = replace(powered(sweeps["width"], 3), forward=np.ones_like(sweeps["width"].forward))
    finding = Result._cheap(replace(last, sweeps=sweeps))
    assert finding.outcome == "holds with caveats"
    steep = Result._as_counted(replace(last, sweeps=last.sweeps | {"width": sweeps["width"]}))
    assert steep.outcome == "does not hold"
    assert steep.sentence.endswith("than the multiplications for width.")


def test_multiplications_are_counted_product_by_product():
    layers = [(3, 5), (5, 5), (5, 2)]
    forward = sum(n_in * n_out for n_in, n_out in layers)
    into_weights, into_units = forward, forward - 3 * 5
    assert SHAPE.multiplications() == 12 * (forward + into_weights + into_units)


def test_numbers_kept_are_those_of_the_arrays_each_once():
    array = np.zeros((3, 4))
    assert complexity.kept([array, array[1:], [array.T, np.zeros(5)], {"shared": np.zeros(2)}, "no array", 7]) == 19
    rng = np.random.default_rng(0)
    deep, shallow = (complexity.gradient(replace(SHAPE, depth=depth), rng).numbers for depth in (9, 8))
    parameters, activations = 5 * 6, 4 * (3 * 5 + 6)  # one more layer: z, f'(z), δ, and a with its row of ones; [W|b]
    assert deep - shallow == activations + 3 * parameters  # of which there are params, grads and their sum


@pytest.mark.parametrize("name", complexity.METHODS)
def test_every_method_takes_its_step(name):
    parameters, work = complexity.method(name, 3, np.random.default_rng(0))
    assert parameters == 41
    work.call()
    assert work.numbers > parameters


@pytest.mark.slow
def test_what_is_counted_repeats_bitwise():
    first, again = last_of(SMALL), last_of(SMALL)
    timed = ["seconds", "forward seconds"]
    assert complexity.curves(first).drop(columns=timed).equals(complexity.curves(again).drop(columns=timed))
    counted = ["what", "from", "to", "counted at these sizes", "of the numbers kept", "KiB at the largest"]
    assert complexity.table(first)[counted].equals(complexity.table(again)[counted])


@pytest.mark.slow
@pytest.mark.parametrize("changes", [{"dataset": "wave", "activation": "gelu"}, {"dataset": "iris"}])
def test_it_runs_on_other_settings_and_draws(changes):
    last = last_of(SMALL.replace(**changes))
    assert last.progress == 1
    assert all(finding.sentence and finding.answer for finding in findings(last))
    assert len(findings(last)) == len(RULES)
    assert all(draw(last).data for draw in FIGURES)


def test_a_setting_out_of_bounds_is_refused():
    with pytest.raises(InputError, match="depth is 9"):
        complexity.Settings(depth=9)


def test_charts_have_data_at_the_end_and_words_before():
    for place, result in enumerate(complexity.run(SMALL)):
        if place == 0:
            assert all(draw(result).layout["annotations"][0]["text"] for draw in FIGURES)
        if place % 20 == 0:
            assert all(go.Figure(draw(result).to_dict()) for draw in FIGURES)
    assert all(draw(result).data for draw in FIGURES)
