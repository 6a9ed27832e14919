"""The terms of the glossary, and their explanations as tooltips at first use on a page."""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

GLOSSARY = Path(__file__).parents[2] / "glossary.md"
MARKED = re.compile(r"(\$[^$]*\$|`[^`]*`|!?\[[^\]]*\]\([^)]*\)|:[a-z]+(?:-[a-z]+)?\[[^\]]*\])")  # stays as it is


class Entry(NamedTuple):
    """A question or a term, a few sentences on it, and the pages (file names) that show it."""

    title: str
    text: str
    pages: list[str]


def parsed(text: Path) -> tuple[str, str, list[Entry]]:
    """Parse a Markdown page: title, story, and one section per entry, which ends with links to pages."""
    opening, *sections = (part.split("\n", 1) for part in text.read_text(encoding="utf-8").split("\n## "))
    entries = []
    for title, section in sections:
        body, links = section.strip().rsplit("\n\n", 1)
        entries.append(Entry(title, " ".join(body.split("\n")), re.findall(r"\((\w+)\.py\)", links)))
    return opening[0].removeprefix("# "), opening[1].strip(), entries


@cache
def terms() -> dict[str, str]:
    """Every glossary term in lower case, with its explanation as one plain sentence."""
    _, _, entries = parsed(GLOSSARY)
    return {
        name.lower(): _plain(entry.text)
        for entry in entries
        for name in re.split(r", | and ", entry.title)
        if len(name) > 1 or not name.isascii()  # a letter such as L has other meanings too
    }


def _plain(text: str) -> str:
    """The first sentence, cut before a formula in TeX."""
    sentence = re.split(r"(?<=\.) ", text)[0]
    before = re.split(r"\$[^$]*\\", sentence)[0]
    sentence = sentence if before == sentence else f"{before.rstrip(' ,:')}."
    return sentence.replace("$", "").replace('"', "”")


@cache
def _pattern() -> re.Pattern[str]:
    """Pattern of all terms and their plurals as whole words, longest first."""
    names = "|".join(map(re.escape, sorted(terms(), key=len, reverse=True)))
    return re.compile(rf"(?<![\w-])({names})(e?s)?(?![\w-])", re.IGNORECASE)


def first_terms(text: str, seen: set[str]) -> str:
    """Link each term that is not in `seen` yet to the glossary; `text` must be our own Markdown.

    The explanation is the link's title, which browsers show as a tooltip. Linked terms are added to `seen`.
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
