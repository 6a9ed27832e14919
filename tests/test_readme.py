"""The README keeps its promises: the two commands, and the picture."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_the_two_commands_stand_there_as_ci_runs_them():
    assert "pip install -e . && streamlit run dashboard.py" in README
    assert "pip install -e '.[test]' && pytest" in README
    assert "&& pytest" in (ROOT / ".ci/run").read_text()


def test_every_picture_and_link_within_the_project_exists():
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in link]
    assert links
    assert all((ROOT / link).exists() for link in links)


def test_every_page_is_described():
    pages = {path.stem for path in (ROOT / "pages").glob("[a-z]*.py")}
    described = (ROOT / "docs/pages.md").read_text(encoding="utf-8")
    assert all(f"pages/{page}.py" in described for page in pages)
