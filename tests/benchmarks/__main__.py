"""Measure the engine and write docs/performance.md: `python -m tests.benchmarks`.

Scikit-learn takes part, and torch and JAX do where they are installed. Nothing is judged by a test: times belong to a
machine and to what else it does.
"""

import argparse
import os
from pathlib import Path

from tests.benchmarks import anatomy, scaling, steps
from tests.benchmarks.clock import one_core
from tests.benchmarks.report import Section, Target, preamble

DOCUMENT = Path(__file__).parents[2] / "docs" / "performance.md"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=60, help="turns of each contestant")
    parser.add_argument("--nets", nargs="+", choices=steps.NETS, default=list(steps.NETS), help="which networks")
    parser.add_argument("--out", type=Path, default=DOCUMENT, help="the document to write")
    given = parser.parse_args()
    head = preamble(given.rounds, os.getloadavg()[0])
    print(head)
    sections = measure({net: steps.NETS[net] for net in given.nets}, given.rounds)
    given.out.write_text("\n".join([head, *map(str, sections)]), encoding="utf-8")
    print(f"Written to {given.out}")


def measure(nets: dict[str, int], rounds: int) -> list[Section]:
    """All sections in the order of the document, each printed as soon as it is there."""
    with one_core():
        times = steps.measured(nets, rounds)
        sections = [shown(steps.section(times, nets)), shown(anatomy.call_section(nets))]
        targets = list(steps.targets(times))
        behind = {target.net for target in targets if target.verdict == "missed"}
        if missed := [net for net in nets if net in behind]:
            sections.append(shown(anatomy.profile_section(missed, times, rounds)))
        sections.append(shown(scaling.growth(rounds)))
        memory, flat = scaling.memory()
        sections += [shown(memory), shown(scaling.cold_start())]
    sections.append(shown(scaling.thousand_runs()))
    return [shown(judged([*targets, *flat])), *sections]


def judged(targets: list[Target]) -> Section:
    how = (
        "Each number comes from the tables below, and the verdict from the number. Ratios to bare products and to our "
        "own other stacks have an upper limit, ratios of other libraries to us a lower one. Other libraries are "
        "compared with *with batches*, although torch and JAX gather nothing; *JAX / ours* compares without gathering."
    )
    header = ["what", "network", "runs", "target", "reached", "verdict"]
    return Section("Targets", how, header, [target.row for target in targets])


def shown(section: Section) -> Section:
    print(section, flush=True)
    return section


if __name__ == "__main__":
    main()
