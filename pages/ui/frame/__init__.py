"""The frame that all pages share."""

from pages.ui.frame.flow import present, read, show
from pages.ui.frame.page import Page, Prediction, Section

__all__ = ["Page", "Prediction", "Section", "present", "read", "show"]
