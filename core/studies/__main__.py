"""The whole trial without a page: `python -m core.studies --out folder` prints the 57 claims with their verdicts."""

import argparse
import json
import sys
from pathlib import Path

from joblib import cpu_count

from core.checks import InputError
from core.studies import trial
from core.studies.batch_size.parallel import processes
from core.studies.judged import document
from core.studies.stability import hear, report


def main(arguments: list[str] | None = None) -> int:
    """Run the studies at their defaults; 0 when every one of them ran to its end, 1 otherwise, 2 for bad settings."""
    parser = argparse.ArgumentParser(prog="python -m core.studies", description=__doc__)
    parser.add_argument("--out", type=Path, help="folder for trial.json and trial.md")
    parser.add_argument("--studies", nargs="+", default=trial.HEARD, help="experiments to run; all by default")
    parser.add_argument("--seeds", type=int, default=0, help="repetitions; 0: each experiment's default")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--stability", type=int, metavar="N", help="judge each verdict from N first seeds, on all cores"
    )
    parser.add_argument("--rules", action="store_true", help="print how each claim is judged; runs nothing")
    given = parser.parse_args(arguments)
    if given.rules:
        print(document(), end="")
        return 0
    try:
        settings = trial.Settings(studies=tuple(given.studies), seeds=given.seeds, seed=given.seed)
    except InputError as error:
        print(f"{error}.", file=sys.stderr)
        return 2
    if given.stability is not None and given.stability < 2:
        print(f"stability is {given.stability}, but must be at least 2.", file=sys.stderr)
        return 2
    if given.stability:
        for hearings in hear(given.studies, given.stability, given.seed):
            print(f"\r{hearings.progress:.0%}", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
        print(report(hearings.table))
        return 0
    with processes(cpu_count()):
        result = _hear(settings)
    print(_report(result))
    if given.out:
        given.out.mkdir(parents=True, exist_ok=True)
        (given.out / "trial.md").write_text(_markdown(result), encoding="utf-8")
        (given.out / "trial.json").write_text(_json(result), encoding="utf-8")
    return 1 if result.failed else 0


def _hear(settings: trial.Settings) -> trial.Result:
    """Run to the end, naming each study when it has ended."""
    told = 0
    for result in trial.run(settings):
        if result.heard > told:
            told = result.heard
            study, seconds = [*result.seconds.items()][-1]
            print(f"{study}: {seconds:.1f} s", file=sys.stderr)
    return result


def _report(result: trial.Result) -> str:
    """The table as lines, the counts, and failures."""
    rows = trial.claims(result).itertuples(index=False)
    lines = [f"{row.number:3}  {row.verdict:26}{row.claim}\n{'':31}{row.found}".rstrip() for row in rows]
    lines.append(", ".join(f"{number} {standing}" for standing, number in trial.count(result).items() if number) + ".")
    lines.append(trial.beyond(result))
    lines += [f"{name} failed: {reason}." for name, reason in result.failed.items()]
    return "\n".join(lines)


def _markdown(result: trial.Result) -> str:
    """The table as Markdown, with bars in cells escaped."""
    table = trial.claims(result)
    lines = [f"| {' | '.join(table.columns)} |", f"|{' --- |' * len(table.columns)}"]
    for row in table.itertuples(index=False):
        lines.append("| " + " | ".join(str(cell).replace("|", "<br>") for cell in row) + " |")
    return "# The article on trial\n\n" + "\n".join(lines) + "\n"


def _json(result: trial.Result) -> str:
    """Settings, seconds, failures, the 57 claims, the results beyond them, and every finding with its evidence."""
    parts = {"settings": result.settings.model_dump(), "seconds": result.seconds, "failed": result.failed}
    claims = trial.claims(result).to_dict(orient="records")
    beyond = {"told": trial.beyond(result), "results": trial.results(result).to_dict(orient="records")}
    found = {"claims": claims, "beyond": beyond, "verdicts": trial.rows(result)}
    return json.dumps(parts | found, indent=1, allow_nan=False)


if __name__ == "__main__":
    raise SystemExit(main())
