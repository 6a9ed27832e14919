"""The frame shared by all pages."""

from pages.ui.frame.answers import read
from pages.ui.frame.flow import Page
from pages.ui.frame.reveal import Prediction, Section
from pages.ui.live.session import Panel

__all__ = ["Page", "Panel", "Prediction", "Section", "read"]
