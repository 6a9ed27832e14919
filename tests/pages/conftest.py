"""What the tests of pages share; how they move about on one is in visitor.py."""

import pytest

from pages.ui.live import session


@pytest.fixture
def short_ticks(monkeypatch):
    """For what needs a page and hardly any progress."""
    monkeypatch.setattr(session, "SHARE", 1e-9)
