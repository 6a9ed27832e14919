"""A notebook as one HTML file that needs nothing else: text, tables, and charts that move, with plotly.js inside."""

import json
from html import escape

from plotly.offline import get_plotlyjs

from core.export.handed_in import TITLE
from core.export.notebook import Chart, Entry, Notebook, cell, picture

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1f2933 }
h2 { border-top: 1px solid #d9d4c9; padding-top: 1.5rem; margin-top: 2.5rem }
blockquote { border-left: 4px solid #0b6e99; margin: 1rem 0; padding: 0 1rem; white-space: pre-wrap }
table { border-collapse: collapse; font-size: .85rem; display: block; overflow-x: auto }
td, th { border: 1px solid #d9d4c9; padding: .15rem .5rem; text-align: left }
.task { white-space: pre-wrap }
.small { color: #5b6670; font-size: .85rem }
.outcome { background: #e8f1f5; border-radius: .25rem; padding: .1rem .4rem; font-size: .85rem }
img { max-width: 100% }
figure { margin: 1.5rem 0; break-inside: avoid }
a { color: #0b6e99; overflow-wrap: anywhere }
@media print { body { max-width: none; margin: 0 } h2 { break-after: avoid } details > * { display: block } }
"""
# No script but the two of this file, no picture but drawings and what plotly draws, nothing from elsewhere.
POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"
FREE = {"automargin": True, "gridcolor": "#e5e1d8", "zerolinecolor": "#d9d4c9", "linecolor": "#d9d4c9"}
LOOK = {"layout": {"xaxis": FREE, "yaxis": FREE}}  # on white paper
WIDTH = 900  # pixels of a picture
DRAW = """
for (const place of document.querySelectorAll("figure > div")) {
  const { data, layout } = JSON.parse(place.nextElementSibling.textContent)
  const look = { ...layout, autosize: true, template }
  Plotly.newPlot(place, data, look, { displaylogo: false, responsive: true })
}
"""


def report(notebook: Notebook, base: str) -> str:
    """The notebook as a page; base: address of the app."""
    entries = "".join(_entry(entry, f"{base}/{entry.link}") for entry in notebook.entries)
    head = f"<meta charset='utf-8'><meta http-equiv='Content-Security-Policy' content=\"{POLICY}\">"
    head += "<meta name='viewport' content='width=device-width, initial-scale=1'>"
    scripts = (
        f"<script>{get_plotlyjs()}</script><script>const template = {json.dumps(LOOK)}{DRAW}</script>"
        if entries
        else ""
    )
    return (
        f"<!doctype html><html lang='en'><head>{head}<title>{escape(TITLE)}</title><style>{STYLE}</style></head>"
        f"<body><h1>{escape(TITLE)}</h1>{entries}{scripts}</body></html>"
    )


def _entry(entry: Entry, address: str) -> str:
    link = f"<a href='{escape(address)}'>run</a>"
    parts = [f"<h2>{escape(entry.question)}</h2>"]
    parts.append(f"<p class='small'>Kept on {escape(entry.kept)}, version {escape(entry.app)}. ")
    parts.append(f"<a href='{escape(address)}'>{escape(address)}</a></p>")
    parts += [f"<p class='small'>{escape(entry.caution)}</p>"] if entry.caution else []
    parts += [f"<p class='task'>{escape(entry.task)}</p>"] if entry.task else []
    parts += [f"<blockquote>{escape(entry.note)}</blockquote>"] if entry.note else []
    for each in entry.said():
        outcome = f"<span class='outcome'>{escape(each.outcome)}</span> " if each.outcome else ""
        parts.append(f"<p>{outcome}<b>{escape(each.about)}</b> {escape(each.text)} ({link})</p>")
        if each.evidence:
            parts.append(f"<ul class='small'>{''.join(f'<li>{escape(line)}</li>' for line in each.evidence)}</ul>")
        parts += [f"<p class='small'>{escape(each.judged)}</p>"] if each.judged else []
    parts += [_table(entry, link)] if entry.table else []
    if picture(entry.drawing):
        parts.append(f"<figure><img src='{entry.drawing}' alt='The drawing on the page'></figure>")
    parts += [_figure(chart, link) for chart in entry.charts]
    parts += [f"<p class='small'>Settings: {escape(entry.told)}</p>"] if entry.settings else []
    return f"<section>{''.join(parts)}</section>"


def _table(entry: Entry, link: str) -> str:
    names = list(entry.table[0])
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    rows = ["".join(f"<td>{escape(cell(row.get(name)))}</td>" for name in names) for row in entry.table]
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table><p class='small'>These numbers: {link}</p>"


def to_draw(chart: Chart) -> str:
    """The chart as a browser is to draw its picture, on white paper."""
    layout = chart.layout | {"template": LOOK, "width": WIDTH, "height": chart.height}
    return json.dumps({"data": chart.data, "layout": layout})


def _figure(chart: Chart, link: str) -> str:
    """The chart's data stand beside it as JSON, in which nothing can end the script that holds them."""
    data = json.dumps({"data": chart.data, "layout": chart.layout}).replace("<", "\\u003c")
    return (
        f"<figure><h3>{escape(chart.title)}</h3><div style='height: {chart.height:g}px'></div>"
        f"<script type='application/json'>{data}</script>"
        f"<figcaption class='small'>{escape(chart.caption)} ({link})</figcaption></figure>"
    )
