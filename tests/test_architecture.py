"""The house rules that a program can check: who imports whom, what lies where, how long things are."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TOP = {"pyproject.toml", "README.md", "dashboard.py", "core", "pages", "tests"}
ALSO = {"LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "requirements.txt", "docs", "build"}
# Floors from the top down, by the start of the module's name: a module imports from its own floor and those below.
FLOORS = ["dashboard", "pages", "pages.ui", "pages.figures", "core.sweep", "core.studies", "core"]
SOURCES = [path for folder in ("core", "pages", "tests") for path in sorted((ROOT / folder).rglob("*.py"))]
PRODUCT = [path for path in SOURCES if "tests" not in path.relative_to(ROOT).parts]
sources = pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
product = pytest.mark.parametrize("path", PRODUCT, ids=lambda path: str(path.relative_to(ROOT)))

MOST_LINES, LONGEST_FUNCTION = 400, 50


def floor(module):
    """Place of a module in FLOORS: that of the longest name it begins with."""
    fits = [name for name in FLOORS if module == name or module.startswith(f"{name}.")]
    return FLOORS.index(max(fits, key=len)) if fits else None


def module_name(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(path):
    """Names of all modules imported anywhere in a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@product
def test_imports_go_down_only(path):
    own = floor(module_name(path))
    upwards = [name for name in imports(path) if (other := floor(name)) is not None and other < own]
    assert not upwards


def test_the_picture_of_the_architecture_is_true():
    picture = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    drawn = {tuple(line.split(" --> ")) for line in picture.replace("    ", "").splitlines() if " --> " in line}
    pairs = {(floor(module_name(path)), floor(name)) for path in PRODUCT for name in imports(path)}
    assert drawn == {(FLOORS[above], FLOORS[below]) for above, below in pairs if below is not None and above != below}


@product
def test_the_core_never_draws_and_figures_never_serve(path):
    name, used = module_name(path), {each.split(".")[0] for each in imports(path)}
    if name.startswith("core"):
        assert not used & {"streamlit", "plotly", "matplotlib"}
    if name.startswith("pages.figures"):
        assert "streamlit" not in used
    assert "torch" not in used | {"jax"} & used


def test_the_top_level_is_the_one_agreed_on():
    there = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    there -= {name for name in there if name.endswith(".egg-info") or name == "__pycache__"}
    assert there <= TOP | ALSO
    assert there >= TOP - {"README.md", "dashboard.py"}


@sources
def test_no_file_and_no_function_needs_scrolling(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MOST_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno - node.lineno < LONGEST_FUNCTION, node.name


@product
def test_every_module_opens_with_a_sentence(path):
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert docstring or path.name == "__init__.py"


@sources
def test_randomness_is_an_argument(path):
    """Nothing draws from a generator that all share: numpy.random offers constructors and types only."""
    allowed = {"Generator", "SeedSequence", "default_rng", "PCG64", "BitGenerator"}
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) in ("np.random", "numpy.random"):
            assert node.attr in allowed, f"line {node.lineno}: {ast.unparse(node)}"
    assert not {"random", "numpy.random"} & set(imports(path))
