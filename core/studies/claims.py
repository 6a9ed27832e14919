"""Texts in TOML files, first of all the claims of the article, in our words, and what was published beyond it.

Verdicts are not stored there: they are computed from runs.
"""

import tomllib
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from core.checks import InputError


def declared(kind: Any, module: str, table: str) -> Any:
    """A table of the TOML file of a module's name, validated as `kind`; empty if the file has none.

    Raises InputError if it is not one.
    """
    file = Path(module).with_suffix(".toml")
    try:
        return TypeAdapter(kind).validate_python(tomllib.loads(file.read_text(encoding="utf-8")).get(table, {}))
    except ValidationError as error:
        first = error.errors()[0]
        where = ", ".join(map(str, first["loc"]))
        raise InputError(f"{where} of {file.name} is wrong: {first['msg'].lower()}") from None


class Claim(NamedTuple):
    """What the article says and where; what is true; and who showed it, or how it is measured here."""

    text: str
    where: str
    truth: str
    source: str


class Published(NamedTuple):
    """A result in one sentence; as it was published, with its definitions; by whom.

    claims: numbers of the article's claims on which it bears. left_out: what the small setting here does not show.
    set_up: what was changed after the first full run, and why; empty where nothing was.
    """

    text: str
    truth: str
    source: str
    claims: tuple[int, ...]
    left_out: str
    set_up: str = ""


CLAIMS: dict[int, Claim] = declared(dict[int, Claim], __file__, "claims")
RESULTS: dict[int, Published] = declared(dict[int, Published], __file__, "results")
