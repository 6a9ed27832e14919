"""Sentences from the documentation of installed libraries: a real text that needs no download."""

import os
import re
from collections.abc import Iterator
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

LIBRARIES = ("numpy", "scipy", "sklearn", "pandas")
SKIPPED = {"tests", "__pycache__", "include", "externals", "_vendored"}
MOST = 12  # sentences of one file, so that a sample speaks of many things
NAMES = re.compile(r"\b(numpy|np|scipy|scikit[- ]?learn|scikits?|sklearn|pandas|pd)\b", re.IGNORECASE)
DOCSTRING = re.compile(r':[ \t]*\n[ \t]+[rR]?"""(.*?)"""', re.DOTALL)  # after the colon that ends a def or a class
CODE = re.compile(r"^\s*(>>>|\.\.\.|\.\. |---|===|\S+ : |:\w+:|\$|#|\|)")
PARAMETERS = re.compile(r"^\s*(?:Parameters|Returns|Attributes|Examples|References|See Also)\s*$", re.MULTILINE)
MARKUP = re.compile(r":\w+:`~?([^`]*)`|`+|\*\*?")
BREAK = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
SENTENCE = re.compile(r"[A-Z][^<>={}\[\]\\]{30,300}[.!?]")  # words, not formulas


@lru_cache(maxsize=1)
def files() -> tuple[Path, ...]:
    """The source files of the libraries, tests left out, in a random order that never changes."""
    found: list[Path] = []
    for library in LIBRARIES:
        spec = find_spec(library)
        for root in spec.submodule_search_locations or [] if spec else []:
            for folder, folders, names in os.walk(root):
                folders[:] = sorted(set(folders) - SKIPPED)
                found += [Path(folder, name) for name in sorted(names) if name.endswith(".py")]
    order = np.random.default_rng(0).permutation(len(found))
    return tuple(found[place] for place in order)


@lru_cache(maxsize=4096)
def sentences(path: Path) -> tuple[tuple[str, int, str], ...]:
    """The sentences of one file: text with library names masked, number of the library, documented object."""
    library = next(place for place, name in enumerate(LIBRARIES) if name in path.parts)
    found = []
    for place, docstring in enumerate(DOCSTRING.findall(path.read_text(encoding="utf-8", errors="ignore"))):
        about = PARAMETERS.split(docstring)[0]  # the lists of arguments are no prose
        prose = " ".join(line.strip() for line in about.splitlines() if not CODE.match(line))
        for each in BREAK.split(MARKUP.sub(r"\1", prose)):
            if SENTENCE.fullmatch(each.strip()) and len(each.split()) >= 6:
                found.append((NAMES.sub("library", each.strip()), library, f"{path}:{place}"))
    return tuple(found)


def gather(count: int) -> Iterator[list[tuple[str, int, str]]]:
    """The first so many sentences, file by file; yields the list as it grows."""
    found: list[tuple[str, int, str]] = []
    seen: set[str] = set()
    yield found
    for path in files():
        fresh = list({each[0]: each for each in sentences(path) if each[0] not in seen}.values())
        seen.update(each[0] for each in fresh)
        found += fresh[: min(MOST, count - len(found))]
        yield found
        if len(found) == count:
            return
