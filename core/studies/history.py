"""Who discovered what, and when: from the first gradient step to today's optimizers, with references."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import pandas as pd

from core.settings import Settings as BaseSettings
from core.settings import choices, number
from core.studies.claims import declared
from core.studies.contract import Quantity, Told
from core.studies.race import Growing
from core.studies.rules import Rules
from core.studies.wording import listed

# meanings of "introduced", from the idea to its fame
READINGS: dict[str, str] = declared(dict[str, str], __file__, "readings")
DECADE = (1970, 1979)  # the decade of the claim
RULES = Rules(__name__)
findings = RULES.findings


class Entry(NamedTuple):
    """One publication: its thread, the reading it counts for, and a reading it counts for according to some."""

    year: int
    who: str
    what: str
    source: str
    thread: str
    reading: str = ""
    contested: str = ""


TIMELINE: list[Entry] = declared(list[Entry], __file__, "timeline")
TIMELINE.sort(key=lambda each: each.year)
THREADS = tuple(dict.fromkeys(each.thread for each in declared(list[Entry], __file__, "timeline")))


class Settings(BaseSettings):
    """The part of the timeline to show; the finding always uses all entries."""

    threads: tuple[str, ...] = choices(THREADS, THREADS, "Threads", "Descent, derivatives of programs, or networks.")
    first: int = number(1847, 1840, 2025, "From", "The first year shown.")
    last: int = number(2025, 1840, 2025, "To", "The last year shown.")


@dataclass
class Result(Growing):
    """The entries asked for."""

    phase: str = "reading the timeline"
    entries: list[Entry] = field(default_factory=list)

    @RULES.rule("first")
    def _first(self) -> Told:
        """By how many years the earliest entry of each reading lies outside the decade."""
        firsts = {reading: earliest(reading) for reading in READINGS}
        outside = {reading: max(DECADE[0] - each.year, each.year - DECADE[1], 0) for reading, each in firsts.items()}
        yield from (Quantity.of(each, years, "years from the 1970s", "below", 1) for each, years in outside.items())
        yield {"dates": listed([f"{each} {entry.year} ({entry.who})" for each, entry in firsts.items()])}
        yield {"contested": listed([f"{e.who} {e.year} for {e.contested}" for e in TIMELINE if e.contested])}
        yield {"decade": f"{firsts['idea'].year // 10 * 10}s"}


def run(settings: Settings) -> Iterator[Result]:
    """Select the entries; there is nothing to compute."""
    result = Result(settings)
    years = range(settings.first, settings.last + 1)
    result.entries = [each for each in TIMELINE if each.thread in settings.threads and each.year in years]
    yield result.complete()


def earliest(reading: str) -> Entry:
    """The first entry that counts under a reading of "introduced"."""
    return min((each for each in TIMELINE if each.reading == reading), key=lambda each: each.year)


def table(result: Result) -> pd.DataFrame:
    """One row per entry shown."""
    rows = [each._asdict() | {"reading": READINGS.get(each.reading, "")} for each in result.entries]
    return pd.DataFrame(rows, columns=Entry._fields).rename(columns={"reading": "counts as"})


def curves(result: Result) -> pd.DataFrame:
    """Every entry of the timeline, shown or not."""
    return pd.DataFrame(TIMELINE)
