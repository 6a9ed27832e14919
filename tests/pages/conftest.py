"""What the tests of pages share; how they move about on one is in visitor.py."""

import pytest
from visitor import frame


@pytest.fixture
def short_ticks(monkeypatch):
    """For what needs a page and hardly any progress."""
    monkeypatch.setattr(frame, "WORK", 1e-3)  # seconds
