"""Long texts in TOML files beside the modules that read them: claims, the timeline, and the rules of every study."""

import tomllib
from pathlib import Path
from typing import Any

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
