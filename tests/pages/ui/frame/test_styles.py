"""What styles may not do, because they are worked out again for every picture of a live chart."""

import re
from pathlib import Path

import pytest


@pytest.mark.parametrize("path", sorted(Path("pages").rglob("*.css")), ids=lambda path: path.stem)
def test_no_style_depends_on_what_an_element_contains(path):
    """With `:has` every change below an element makes the browser work out the styles of all that may contain it.

    The playground took 20 ms of every picture for it, and 2 ms without. Keys of containers name places instead.
    """
    assert ":has(" not in re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.S)
