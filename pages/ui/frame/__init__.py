"""The frame that all pages share."""

from pages.ui.frame.page import Page, Prediction, Section
from pages.ui.frame.show import present, read, show

__all__ = ["Page", "Prediction", "Section", "present", "read", "show"]
