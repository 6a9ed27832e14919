"""Questions and answers: short answers to what visitors ask, each with a link to the page that shows it."""

from pathlib import Path

from pages.ui.frame import read
from pages.ui.frame.answers import answers

read(Path(__file__).with_suffix(".md"), answers)
