"""The frame that all pages share."""

from pages.ui.frame.answers import read
from pages.ui.frame.flow import present, show
from pages.ui.frame.page import Page, Prediction, Section
from pages.ui.live.session import Panel

__all__ = ["Page", "Panel", "Prediction", "Section", "present", "read", "show"]
