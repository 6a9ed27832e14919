"""A notebook to hand in as Markdown or as a Jupyter notebook; every number stands beside the link to its run.

The pictures of its charts are PNG, drawn by the browser and named after the entry and the chart that they show.
"""

import base64
import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping

from core.checks import InputError, texts_of
from core.export.notebook import Entry, Notebook, cell
from core.export.script import numpy_script

TEXTS = texts_of(__file__)
TITLE: str = TEXTS["title"]
Pictures = Mapping[str, bytes]  # by name; a chart that the browser could not draw has none


def escaped(text: str) -> str:
    """Text as Markdown shows it as typed: no marks, links, pictures or HTML; at its start no list, rule or heading."""
    plain = re.sub(r"([\\`*_\[\]<>$~#|!&])", r"\\\1", " ".join(text.split()))
    return re.sub(r"^(\d*)(?=[-+.)](?: |$)|[-= ]+$)", r"\1\\", plain)


def picture_name(entry: int, chart: int) -> str:
    """The file of a chart's picture, both counted from 1; 0 is the page's own drawing."""
    return f"{entry}-{chart}.png"


def lines_of(entry: Entry, base: str, shown: Mapping[int, str]) -> Iterator[str]:
    """The paragraphs of an entry, in Markdown; base: address of the app; shown: addresses of pictures, by chart."""
    address = f"<{base}/{entry.link}>"
    link = f"[run]({address})"
    yield f"## {escaped(entry.question)}"
    yield f"Kept on {entry.kept}, version {escaped(entry.app)}: {address}"
    yield from (escaped(line) for line in [entry.caution, *entry.task.splitlines()] if line.strip())
    if entry.note:
        yield "\n".join(f"> {escaped(line)}" for line in entry.note.splitlines())
    for each in entry.said():
        outcome = f"**{escaped(each.outcome)}:** " if each.outcome else ""
        yield f"{outcome}**{escaped(each.about)}** {escaped(each.text)} ({link})"
        if each.evidence:
            yield "\n".join(f"- {escaped(line)}" for line in each.evidence)
        if each.judged:
            yield escaped(each.judged)
    if entry.table:
        yield _table(entry.table)
        yield f"These numbers: {link}"
    if 0 in shown:
        yield f"![The drawing on the page]({shown[0]})"
    for number, chart in enumerate(entry.charts, 1):
        yield f"Chart: **{escaped(chart.title)}** {escaped(chart.caption)} ({link})"
        if number in shown:
            yield f"![{escaped(chart.title)}]({shown[number]})"
    if entry.settings:
        yield f"Settings: {escaped(entry.told)}"


def _table(rows: list[dict[str, str | float | int | bool | None]]) -> str:
    lines = [[*rows[0]], *([cell(row.get(name)) for name in rows[0]] for row in rows)]
    first, *others = (f"| {' | '.join(map(escaped, line))} |" for line in lines)
    return "\n".join([first, f"|{' --- |' * len(rows[0])}", *others])


def _shown(place: int, entry: Entry, pictures: Pictures, start: str) -> dict[int, str]:
    """Addresses of an entry's pictures, by chart."""
    names = {number: picture_name(place, number) for number in range(len(entry.charts) + 1)}
    return {number: f"{start}{name}" for number, name in names.items() if name in pictures}


def markdown(notebook: Notebook, base: str, pictures: Pictures) -> str:
    """The notebook as Markdown, with its pictures in a folder beside it."""
    parts = [f"# {TITLE}"]
    for place, entry in enumerate(notebook.entries, 1):
        parts += lines_of(entry, base, _shown(place, entry, pictures, "pictures/"))
    return "\n\n".join(parts) + "\n"


def packed(notebook: Notebook, base: str, pictures: Pictures) -> bytes:
    """A ZIP of the notebook as Markdown and the folder of its pictures."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as folder:
        folder.writestr("notebook.md", markdown(notebook, base, pictures))
        for name, found in pictures.items():
            folder.writestr(f"pictures/{name}", found)
    return written.getvalue()


def jupyter(notebook: Notebook, base: str, pictures: Pictures) -> str:
    """The notebook as a file of Jupyter; a run that no script can repeat says why."""
    from nbformat import v4, writes

    cells = [v4.new_markdown_cell(f"# {TITLE}\n\n{TEXTS['how']}"), v4.new_code_cell(TEXTS["helpers"])]
    for place, entry in enumerate(notebook.entries, 1):
        shown = _shown(place, entry, pictures, "attachment:")
        cells.append(v4.new_markdown_cell("\n\n".join(lines_of(entry, base, shown))))
        if names := [address.removeprefix("attachment:") for address in shown.values()]:
            cells[-1]["attachments"] = {n: {"image/png": base64.b64encode(pictures[n]).decode()} for n in names}
        if run := entry.repeatable:
            try:
                recorded = f"\nprint({('Recorded when this was kept: ' + json.dumps(entry.recorded))!r})\n"
                cells.append(v4.new_code_cell(numpy_script(run) + recorded))
            except InputError as error:
                cells.append(v4.new_markdown_cell(escaped(f"No script repeats this run: {error}.")))
        elif entry.findings and not entry.caution and "class" not in entry.query:  # which may hide settings
            settings = {name: text for name, text in entry.query.items() if name != "v"}
            cells.append(v4.new_code_cell(f"repeat({entry.page!r}, {settings!r})"))
        if entry.charts:
            charts = json.dumps([chart.model_dump() for chart in entry.charts])
            cells.append(v4.new_code_cell(f"draw({charts!r})"))
    for place, each in enumerate(cells):
        each["id"] = f"cell-{place}"  # the same file for the same notebook
    return writes(v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL}))


KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
