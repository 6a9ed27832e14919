"""Questions and answers: what visitors ask, in a few sentences, with the page that shows it."""

from pathlib import Path

from pages.ui.frame import read
from pages.ui.frame.answers import answers

read(Path(__file__).with_suffix(".md"), answers)
