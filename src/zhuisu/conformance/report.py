"""The outcome of a run for people: one page of HTML without anything from elsewhere, or a table for the documents."""

from collections import Counter
from collections.abc import Sequence
from html import escape

from .run import Row

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1d2733; max-width: 68rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100% } td, th { text-align: left; vertical-align: top; padding: .5rem .6rem;
border-bottom: 1px solid #d8dee6 } th { font-weight: 600 } .n { text-align: right; color: #5b6876 }
.pass { color: #1a6b3c } .fail { color: #a3211b; font-weight: 600 } .not { color: #5b6876 }
small { color: #5b6876 } pre { white-space: pre-wrap; overflow-wrap: anywhere; background: #f4f6f8; padding: .6rem; font-size: 13px }
"""


def _counts(rows: Sequence[Row]) -> str:
    held = Counter(row.verdict for row in rows)
    return f"{held['pass']} pass, {held['fail']} fail, {held['not applicable']} not applicable"


def _kept(text: str) -> str:
    """A line of the page for each point, so that two reports can be compared: breaks are written as references."""
    return escape(text).replace("\n", "&#10;")


def as_html(rows: Sequence[Row], *, server: str, at: str, evidence: bool = True) -> str:
    """The report as one page; with `evidence` the last request and answer of each point unfold."""
    lines = []
    for row in rows:
        shown = ""
        if evidence and row.request:
            shown = f"<details><summary>last request and answer</summary><pre>{_kept(row.request)}</pre><pre>{_kept(row.answer)}</pre></details>"
        lines.append(
            f'<tr><td class="n">{row.point}</td><td>{escape(row.title)}<br><small>{escape(row.clause)}</small></td>'
            f'<td class="{row.verdict.split()[0]}">{row.verdict}</td><td>{escape(row.why)}{shown}</td></tr>'
        )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>EPCIS 2.0: {escape(server)}</title><style>{_STYLE}</style></head><body><h1>EPCIS 2.0, point by point</h1>"
        f"<p>{escape(server)}, {escape(at)}: {_counts(rows)}.</p><table><thead><tr><th>#<th>point<th>verdict<th>what was seen"
        f"</thead><tbody>\n{chr(10).join(lines)}\n</tbody></table></body></html>\n"
    )


def as_markdown(rows: Sequence[Row]) -> str:
    """The table of points for a page of the documents."""
    head = [f"{_counts(rows)}.", "", "| # | point | clause | verdict | what was seen |", "|---|---|---|---|---|"]
    cells = ([str(row.point), row.title, row.clause, row.verdict, row.why] for row in rows)
    body = ("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |" for line in cells)
    return "\n".join([*head, *body]) + "\n"
