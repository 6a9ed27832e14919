"""The studies, found by looking: every module of this folder that defines `run` and `verdicts` is one.

They are imported when they are asked for, so that opening one page does not wait for all the others.
"""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

FOLDER = Path(__file__).parent


class _Studies(Mapping[str, ModuleType]):
    """Name of a study -> its module."""

    def __getitem__(self, name: str) -> ModuleType:
        if name not in _names():
            raise KeyError(name)
        return import_module(f"{__name__}.{name}")

    def __iter__(self) -> Iterator[str]:
        return iter(_names())

    def __len__(self) -> int:
        return len(_names())


STUDIES: Mapping[str, ModuleType] = _Studies()


@cache
def _names() -> tuple[str, ...]:
    """The studies in order of the first claim that each can decide; those that decide none come last."""
    names = [path.stem for path in FOLDER.glob("[a-z]*.py") if _is_study(path.stem)]
    return tuple(sorted(names, key=lambda name: (min(claims_of(name), default=99), name)))


@cache
def _source(name: str) -> ast.Module:
    return ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8"))


def _is_study(name: str) -> bool:
    return {"run", "verdicts"} <= {each.name for each in _source(name).body if isinstance(each, ast.FunctionDef)}


@cache
def claims_of(name: str) -> frozenset[int]:
    """The numbers of the claims that a study can decide: those it writes into a Verdict, itself or by a helper.

    Read from the source, so that nobody has to list them and nothing has to run.
    """
    nodes = [node for module in (name, *_helpers(name)) for node in ast.walk(_source(module))]
    calls = [node for node in nodes if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Verdict")]
    first = [call.args[0].value for call in calls if call.args and isinstance(call.args[0], ast.Constant)]
    return frozenset(number for number in first if isinstance(number, int) and number)


def _helpers(name: str) -> set[str]:
    """The modules of this folder that a study imports and that are no studies themselves."""
    imported = [node for node in ast.walk(_source(name)) if isinstance(node, ast.ImportFrom) and node.module]
    found = {str(node.module).removeprefix(f"{__name__}.") for node in imported}
    found |= {each.name for node in imported if node.module == __name__ for each in node.names}
    return {each for each in found if (FOLDER / f"{each}.py").exists() and not _is_study(each)}
