"""The glossary: each term and symbol of these pages in a sentence, with its formula if it has one."""

from pathlib import Path

from pages.ui.frame import read
from pages.ui.frame.answers import glossary

read(Path(__file__).with_suffix(".md"), glossary)
