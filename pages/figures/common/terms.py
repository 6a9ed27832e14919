"""The terms of the glossary, and sentences in which each carries its explanation where it first stands."""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

GLOSSARY = Path(__file__).parents[2] / "glossary.md"
MARKED = re.compile(r"(\$[^$]*\$|`[^`]*`|!?\[[^\]]*\]\([^)]*\)|:[a-z]+(?:-[a-z]+)?\[[^\]]*\])")  # stays as it is


class Entry(NamedTuple):
    """A question or a term, a few sentences on it, and the pages (by their files' names) where it can be seen."""

    title: str
    text: str
    pages: list[str]


def parsed(text: Path) -> tuple[str, str, list[Entry]]:
    """A page of text from its Markdown: title, story, and a section for each entry, which ends with links to pages."""
    opening, *sections = (part.split("\n", 1) for part in text.read_text(encoding="utf-8").split("\n## "))
    entries = []
    for title, section in sections:
        body, links = section.strip().rsplit("\n\n", 1)
        entries.append(Entry(title, " ".join(body.split("\n")), re.findall(r"\((\w+)\.py\)", links)))
    return opening[0].removeprefix("# "), opening[1].strip(), entries


@cache
def terms() -> dict[str, str]:
    """Every term of the glossary in small letters, with its explanation in a sentence of plain text."""
    _, _, entries = parsed(GLOSSARY)
    return {
        name.lower(): _plain(entry.text)
        for entry in entries
        for name in re.split(r", | and ", entry.title)
        if len(name) > 1 or not name.isascii()  # a letter such as L means other things as well
    }


def _plain(text: str) -> str:
    """The first sentence without what only a formula can say: it ends before a formula in TeX."""
    sentence = re.split(r"(?<=\.) ", text)[0]
    before = re.split(r"\$[^$]*\\", sentence)[0]
    sentence = sentence if before == sentence else f"{before.rstrip(' ,:')}."
    return sentence.replace("$", "").replace('"', "”")


@cache
def _pattern() -> re.Pattern[str]:
    """Any of the terms, also in the plural, the longest first; not as a part of a longer word."""
    names = "|".join(map(re.escape, sorted(terms(), key=len, reverse=True)))
    return re.compile(rf"(?<![\w-])({names})(e?s)?(?![\w-])", re.IGNORECASE)


def first_terms(text: str, seen: set[str]) -> str:
    """Markdown of our own in which a term that is not in `seen` yet leads to the glossary, and explains itself.

    The explanation is the link's title, which browsers show as a tooltip. `seen` gets the terms that were marked.
    """

    def mark(found: re.Match[str]) -> str:
        name = found[1].lower()
        if name in seen:
            return found[0]
        seen.add(name)
        return f'[{found[0]}](glossary?word={name.replace(" ", "+")} "{terms()[name]}")'

    parts = MARKED.split(text)
    parts[::2] = [_pattern().sub(mark, part) for part in parts[::2]]
    return "".join(parts)
