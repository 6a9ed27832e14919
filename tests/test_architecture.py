"""The house rules that a program can check: who imports whom, what lies where, how long things are."""

import ast
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parent.parent
TOP = {"pyproject.toml", "README.md", "dashboard.py", "core", "pages", "tests"}
ALSO = {
    "LICENSE",
    "CHANGELOG.md",
    "CITATION.cff",
    "CONTRIBUTING.md",
    "requirements.txt",
    "docs",
    "build",
}
GROUND = {"checks", "settings", "statistics"}
# The floors from the top down: a module imports from its own floor and those below.
FLOORS = [
    ["dashboard"],
    ["pages"],
    ["pages.ui"],
    ["pages.figures"],
    ["core.sweep.__main__"],
    ["core.studies"],
    ["core.sweep", "core.export", "core.playground"],
    ["core.training"],
    ["core.nn", "core.data", "core.gradients", "core.minimizers"],
    ["core.optimizers", "core.classroom"],
    ["core"],
]
SOURCES = [path for folder in ("core", "pages", "tests") for path in sorted((ROOT / folder).rglob("*.py"))]
PRODUCT = [ROOT / "dashboard.py", *(path for path in SOURCES if "tests" not in path.relative_to(ROOT).parts)]
MOST_LINES, LONGEST_FUNCTION = 400, 50


@cache
def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def module_name(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_name(path): path for path in PRODUCT}


@cache
def imports(path):
    """Names of all modules imported anywhere in a file, inside functions and under TYPE_CHECKING too."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 or path not in PRODUCT, f"{path}: imports are absolute"
            whole = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in MODULES else str(node.module) for name in whole}
    return found


def floor(module):
    """Place of a module in FLOORS, that of the longest name it begins with; None for what is not ours."""
    named = [(name, place) for place, names in enumerate(FLOORS) for name in names]
    fits = [(len(name), place) for name, place in named if f"{module}.".startswith(f"{name}.")]
    return max(fits)[1] if fits else None


def test_imports_go_down_only():
    upwards = [
        f"{name} imports {other}"
        for name, path in MODULES.items()
        for other in imports(path)
        if (there := floor(other)) is not None and there < floor(name)
    ]
    assert upwards == []


def test_there_are_no_circles():
    graph = {name: imports(path) & MODULES.keys() - {name} for name, path in MODULES.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        raise AssertionError(f"a circle: {' <- '.join(error.args[1])}") from None


def test_only_the_command_of_the_sweep_knows_studies():
    core = [name for name in MODULES if name.startswith("core.") and not name.startswith("core.studies")]
    knowing = {name for name in core if any(each.startswith("core.studies") for each in imports(MODULES[name]))}
    assert knowing == {"core.sweep.__main__"}


def test_the_rooms_of_the_core_are_those_agreed_on():
    files = {path.stem for path in (ROOT / "core").glob("*.py")}
    assert files == GROUND | {"__init__"}
    rooms = {path.name for path in (ROOT / "core").iterdir() if (path / "__init__.py").exists()}
    assert rooms == {name.split(".")[1] for names in FLOORS for name in names if name.startswith("core.")}


def reachable(pairs):
    """All pairs that a way along these pairs connects."""
    found = set(pairs)
    while more := {(a, d) for a, b in found for c, d in pairs if b == c} - found:
        found |= more
    return found


def test_the_picture_of_the_architecture_is_true():
    picture = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    drawn = {tuple(line.strip().split(" --> ")) for line in picture.splitlines() if " --> " in line}
    names = sorted((name for floor in FLOORS for name in floor), key=len, reverse=True)

    def room(module):
        return next((name for name in names if f"{module}.".startswith(f"{name}.")), "")

    pairs = {(room(name), room(other)) for name, path in MODULES.items() for other in imports(path)}
    pairs = {(a, b) for a, b in pairs if b not in ("", "core") and a != b}
    assert reachable(drawn) == reachable(pairs)
    assert all(reachable(drawn - {pair}) != reachable(drawn) for pair in drawn)  # no arrow that others already say


def test_the_core_never_draws_and_figures_never_serve():
    for name, path in MODULES.items():
        used = {each.split(".")[0] for each in imports(path)}
        if name.startswith("core"):
            assert not used & {"streamlit", "plotly", "matplotlib"}, name
        if name.startswith("pages.figures"):
            assert "streamlit" not in used, name
        assert not used & {"torch", "jax"}, name


def test_the_top_level_is_the_one_agreed_on():
    there = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    there -= {name for name in there if name.endswith(".egg-info") or name == "__pycache__"}
    assert there <= TOP | ALSO
    assert there >= TOP


def test_no_file_and_no_function_needs_scrolling():
    for path in SOURCES:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES, path
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef):
                assert node.end_lineno - node.lineno < LONGEST_FUNCTION, f"{path}: {node.name}"


def test_every_module_opens_with_a_sentence():
    assert [name for name, path in MODULES.items() if not ast.get_docstring(tree(path))] == []


def test_randomness_is_an_argument():
    """Nothing draws from a generator that all share: numpy.random offers constructors and types only."""
    allowed = {"Generator", "SeedSequence", "default_rng", "PCG64", "BitGenerator"}
    for path in SOURCES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) in ("np.random", "numpy.random"):
                assert node.attr in allowed, f"{path}, line {node.lineno}: {ast.unparse(node)}"
        assert not {"random", "numpy.random"} & imports(path), path
