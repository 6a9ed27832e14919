"""The frame that all pages share."""

from pages.ui.frame.answers import read
from pages.ui.frame.flow import present, show
from pages.ui.frame.page import Page, Prediction, Section

__all__ = ["Page", "Prediction", "Section", "present", "read", "show"]
