"""Without the libraries that the core needs, its commands say in one sentence how to install it."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import core

ROOT = Path(core.__file__).parents[1]
OF_PAGES = {"plotly", "segno", "streamlit"}


def bare(*arguments):
    """Python without installed packages (-S), in the folder of a clone."""
    command = [sys.executable, "-S", *arguments]
    return subprocess.run(command, cwd=ROOT, env={}, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("command", ["core.sweep", "core.studies"])
def test_a_command_of_a_clone_that_is_not_installed_says_how_to_install_it(command):
    ended = bare("-m", command)
    assert ended.returncode == 1
    assert re.fullmatch(
        r"Descent Lab is not installed here \(.*pydantic.* missing\): run pip install -e \..*\n", ended.stderr
    )


def test_an_import_is_an_import_error():
    assert "ModuleNotFoundError: Descent Lab is not installed here" in bare("-c", "import core").stderr


def test_what_is_asked_for_is_what_is_declared():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    names = {re.match(r"[\w-]+", each)[0].replace("scikit-learn", "sklearn").replace("-", "_") for each in declared}
    assert set(core.NEEDED) == names - OF_PAGES
