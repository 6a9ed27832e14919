"""The glossary: the words and letters of these pages, each in a sentence, with its formula where it has one."""

from pathlib import Path

from pages.ui.frame import read
from pages.ui.frame.answers import glossary

read(Path(__file__).with_suffix(".md"), glossary)
