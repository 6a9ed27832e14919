"""The README keeps its promises: the two commands, the versions of Python, and the picture."""

import re
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from pages.ui.frame.navigation import TITLES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_the_two_commands_stand_there_as_ci_runs_them():
    assert "pip install -e . && streamlit run dashboard.py" in README
    assert "pip install -e '.[test]' && pytest" in README
    assert "&& pytest" in (ROOT / ".ci/run").read_text()


def test_a_python_that_is_too_old_is_told_which_one_is_needed(monkeypatch):
    oldest = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"].removeprefix(">=")
    assert f"Python {oldest} or newer" in README
    monkeypatch.setattr(sys, "version_info", (3, int(oldest.split(".")[1]) - 1, 13))
    with pytest.raises(SystemExit, match=f"needs Python {oldest} or newer, but this is Python 3"):
        runpy.run_path(str(ROOT / ".ci/backend.py"))


def test_the_app_run_by_python_alone_says_how_to_start_it():
    ended = subprocess.run([sys.executable, "dashboard.py"], cwd=ROOT, capture_output=True, text=True)
    assert ended.stderr == "This is a Streamlit app: start it with `streamlit run dashboard.py`.\n"
    assert ended.returncode == 1


def test_the_scripts_that_use_the_core_alone_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rows = [f"{i},{i % 7},{'ab'[i % 7 > 2]}" for i in range(60)]
    Path("measurements.csv").write_text("\n".join(["length,width,species", *rows]))
    for text in (README, (ROOT / "docs/pages.md").read_text(encoding="utf-8")):
        for script in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
            exec(script, {})
    *frames, difference = capsys.readouterr().out.splitlines()
    assert frames[-1].startswith("300 ")
    assert difference.startswith("Difference(mean=")
    assert difference.endswith("pairs=10)")


def test_every_page_is_described_by_its_title_and_question():
    text = (ROOT / "docs/pages.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[(.+?)\]\(\.\./pages/(\w+)\.py\) \| (.+?) \|", text, re.MULTILINE)
    assert {name: title for title, name, _ in rows} == TITLES
    for _, name, question in rows:
        asked = re.findall(r'\bquestion="(.+?)"', (ROOT / f"pages/{name}.py").read_text(encoding="utf-8"))
        assert question in (asked or [question])


def test_every_link_in_the_documents_leads_to_a_file_and_a_heading():
    for document in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")):
        for path, heading in re.findall(r"\]\(([^)#:]*)(?:#([^)]+))?\)", document.read_text(encoding="utf-8")):
            target = document.parent / path if path else document
            assert target.exists(), f"{document.name}: {path}"
            if heading:
                headings = re.findall(r"^#+ (.+)", target.read_text(encoding="utf-8"), re.MULTILINE)
                assert heading in [each.lower().replace(" ", "-") for each in headings], f"{document.name}: {heading}"
