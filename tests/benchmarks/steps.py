"""Microseconds per training step and run, beside scikit-learn, torch, JAX and the bare matrix products."""

import math
from collections.abc import Iterator

from tests.benchmarks import contestants as by
from tests.benchmarks.clock import Work, race
from tests.benchmarks.report import Section, Target

NETS = {"2-8-8-2": 32, "64-64-10": 32, "64-128-64-10": 64, "784-256-128-10": 128}  # and the batch of each
RUNS = (1, 8, 64)
BUILDS = 3
COLUMNS = ["ours", "with batches", "bare products", "scikit-learn", "torch", "JAX"]
OURS, BARE, SKLEARN, TORCH, JAX = "with batches", "bare products", "scikit-learn", "torch", "JAX"
Times = dict[str, dict[int, dict[str, float]]]  # by net, runs and column

OVER_BARE = {"784-256-128-10": 1.75, "64-128-64-10": 2.4}  # at most, for any number of runs
OVER_BEST = 1.08  # at most: 64 runs over the better of 1 and 8
PEERS = {  # at least, for one run
    SKLEARN: {"2-8-8-2": 5.8, "784-256-128-10": 1.9},
    TORCH: {"2-8-8-2": 7.7, "784-256-128-10": 1.5},
}


def sizes_of(net: str) -> list[int]:
    return [int(n) for n in net.split("-")]


def measured(nets: dict[str, int], rounds: int) -> Times:
    """Microseconds per step and run of every contestant; those of one network take turns.

    They are built anew BUILDS times, minutes apart, since some places in memory are faster than others.
    """
    times: Times = {net: {runs: {} for runs in RUNS} for net in nets}
    for _ in range(BUILDS):
        for net, batch in nets.items():
            present = contestants(sizes_of(net), batch)
            best = race({key: work for key, (work, _) in present.items()}, math.ceil(rounds / BUILDS))
            for (column, stacks), us in best.items():
                per_step = us / present[column, stacks][1]
                for runs in stacks:
                    times[net][runs][column] = min(times[net][runs].get(column, math.inf), per_step)
    return times


def contestants(sizes: list[int], batch: int) -> dict[tuple[str, tuple[int, ...]], tuple[Work, int]]:
    """The work of each column that can be measured here and the steps in it, with the runs it stands for."""
    work: dict[tuple[str, tuple[int, ...]], tuple[Work | None, int]] = {
        (SKLEARN, RUNS): (by.scikit_learn(sizes, batch), by.BATCHES),
        (TORCH, RUNS): (by.torch_eager(sizes, batch), 1),
    }
    for runs in RUNS:
        work["ours", (runs,)] = by.ours(sizes, batch, runs), runs
        work[OURS, (runs,)] = by.trainer(sizes, batch, runs), runs
        work[BARE, (runs,)] = by.bare_products(sizes, batch, runs), runs
        work[JAX, (runs,)] = by.jax_compiled(sizes, batch, runs), runs * by.SCANNED[runs]
    return {key: (call, steps) for key, (call, steps) in work.items() if call}


def over(times: dict[str, float], first: str, second: str) -> float | None:
    """Ratio of two columns, None where one was not measured."""
    return times[first] / times[second] if first in times and second in times else None


def over_best(times: dict[int, dict[str, float]]) -> float:
    """The largest stack over the best of the smaller ones, with batches."""
    *fewer, most = RUNS
    return times[most][OURS] / min(times[runs][OURS] for runs in fewer)


def section(times: Times, nets: dict[str, int]) -> Section:
    rows = []
    for net, by_runs in times.items():
        for runs, each in by_runs.items():
            ratios = [over(each, OURS, BARE), over_best(by_runs) if runs == RUNS[-1] else None]
            ratios += [over(each, peer, OURS) for peer in (SKLEARN, TORCH, JAX)]
            rows.append([net, nets[net], runs, *[each.get(column) for column in COLUMNS], *ratios])
    how = (
        "Microseconds per step and run: the fastest of many slices of about 5 ms, in which all contestants of a "
        "network take turns in one process, three times over, on new arrays. *Ours* is forward pass, backpropagation "
        "and Adam on one batch; *with batches* is `Trainer.update`, which also gathers a new mini-batch for every run. "
        "*Bare products* are the matrix products of such a step and nothing else. scikit-learn is "
        "`MLPClassifier.partial_fit`, which gathers too; torch is eager with fused Adam; JAX is a compiled scan over "
        "steps of a vmap over runs. torch and JAX see the same batch at every step, and scikit-learn and torch train "
        "one network at a time. All ratios are to *with batches*; *64 / best* compares 64 runs with the better of 1 "
        "and 8."
    )
    header = ["network", "batch", "runs", *COLUMNS, "batches / bare", "64 / best", "sklearn / batches"]
    return Section("Time of a step", how, [*header, "torch / batches", "JAX / batches"], rows)


def targets(times: Times) -> Iterator[Target]:
    """The targets for the networks that were measured."""
    for net, limit in OVER_BARE.items():
        for runs in RUNS if net in times else ():
            yield Target("with batches / bare products", net, runs, limit, over(times[net][runs], OURS, BARE))
    for net, by_runs in times.items():
        yield Target("64 runs / best of 1 and 8", net, RUNS[-1], OVER_BEST, over_best(by_runs))
    for peer, limits in PEERS.items():
        for net, limit in limits.items():
            if net in times:
                yield Target(f"{peer} / with batches", net, 1, limit, over(times[net][1], peer, OURS), at_most=False)
    for column in (OURS, "ours"):
        for net, by_runs in times.items():
            yield Target(f"JAX / {column}", net, RUNS[-1], 1.0, over(by_runs[RUNS[-1]], JAX, column), at_most=False)
