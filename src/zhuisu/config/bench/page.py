"""A report as one HTML page that needs nothing else: no script, no address, light and dark, on a phone, on paper."""

from collections.abc import Iterable, Mapping
from html import escape
from importlib.resources import files
from typing import Any

from zhuisu.config.bench import charts
from zhuisu.config.bench.goals import GOALS, measured_by

# What lines may be drawn: chart of a figure → its heads and axes. Figures name the chart, the line and the size.
CHARTS = {
    "walk-down": ("顺查", "Walk down", "批次 lots", "毫秒 ms"),
    "walk-up": ("溯源", "Walk up", "批次 lots", "毫秒 ms"),
    "growth": ("同一结果，数据增长", "Same answer, more data", "关联 links", "毫秒 ms"),
    "capture": ("采集", "Capture", "每份文件事件数 events a document", "每秒事件 events/s"),
    "journal": ("受理入账", "Journal", "每份文件事件数 events a document", "每秒事件 events/s"),
}
STATES = {
    True: ("kept", "✓", "达到", "kept"),
    False: ("missed", "✗", "未达", "missed"),
    None: ("open", "–", "未测", "not measured"),
}
MACHINE = {
    "system": ("系统", "system"),
    "processor": ("处理器", "processor"),
    "cores": ("核", "cores"),
    "memory_gib": ("内存 GiB", "memory, GiB"),
    "python": ("Python", ""),
    "load": ("开始时负载", "load at the start"),
}
_CHINESE = {goal.id: goal.what_zh for goal in GOALS}


def page_of(report: Mapping[str, Any]) -> str:
    """The whole page. A report read by shape.read is all that it needs; whatever stands in it is shown as text."""
    goals, taken = report["goals"], str(report["taken_at"])
    style = files("zhuisu.config.bench").joinpath("page.css").read_text("utf-8")
    floor = [row for row in goals if not row["id"].startswith("A")]
    aims = [row for row in goals if row["id"].startswith("A")]
    parts = [
        '<!DOCTYPE html><html lang="zh-Hans"><head><meta charset="utf-8"/>',
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>',
        f"<title>追溯 zhuisu · 测量 {escape(taken[:10])}</title><style>{style}</style></head><body><main>",
        '<header><h1>追溯 · 测量报告 <span class="en">zhuisu: what was measured</span></h1>',
        f"{_facts(report)}{_counts(goals)}</header>",
        _head("底线", "The floor", "发布前必须全部达到。", "All of it must hold before a release."),
        _goals(floor),
        _head("目标", "The aims", "未达的列明原因。", "A miss is named with what explains it."),
        _goals(aims),
        _bars(goals),
        _charts(report["figures"]),
        _head(
            "全部数字", "Every figure", "每个数字都与同一次运行中的基准相比。", "Each with a baseline of the same run."
        ),
        _figures(report["figures"]),
        _rest(report),
        "</main></body></html>",
    ]
    return "\n".join(part for part in parts if part)


def _head(chinese: str, english: str, note: str = "", note_en: str = "") -> str:
    said = f'<p class="note">{note} {note_en}</p>' if note else ""
    return f'<h2>{chinese}<span class="en">{english}</span></h2>{said}'


def _facts(report: Mapping[str, Any]) -> str:
    size = {"quick": "快速（十分之一） quick, a tenth", "full": "完整 full"}.get(str(report.get("size")), "")
    told = [("时间 taken", str(report["taken_at"]).replace("T", " ")), ("规模 size", size)]
    for name, value in report["machine"].items():
        told.append((" ".join(MACHINE.get(name, (name, ""))).strip(), str(value)))
    items = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in told if value)
    return f'<dl class="facts">{items}</dl>'


def _counts(goals: Iterable[Mapping[str, Any]]) -> str:
    rows = list(goals)
    said = []
    for state, (css, sign, chinese, english) in STATES.items():
        count = sum(row["pass"] is state for row in rows)
        said.append(f'<div><b class="{css}">{count}</b>{sign} {chinese} <span class="en">{english}</span></div>')
    return f'<div class="counts">{"".join(said)}</div>'


def _goals(rows: Iterable[Mapping[str, Any]]) -> str:
    heads = ("编号 id", "结果 result", "内容 what", "#目标 target", "#数值 value", "#与基准之比 ratio")
    return _table("goals", heads, map(_goal, rows))


def _goal(row: Mapping[str, Any]) -> str:
    css, sign, chinese, english = STATES[row["pass"]]
    why = f'<span class="en">{escape(row["why"])}</span>' if row.get("why") else ""
    name = _CHINESE.get(row["id"])
    what = f'{escape(name)}<span class="en">{escape(row["what"])}</span>' if name else escape(row["what"])
    value = "–" if row["value"] is None else f"{number(row['value'])} {escape(row['unit'] or '')}"
    ratio = "–" if row["ratio"] is None else number(row["ratio"])
    of, sense, limit = row["target"].split()
    asked = f"{'比 ratio' if of == 'ratio' else '值 value'} {'≤' if sense == '<=' else '≥'} {number(float(limit))}"
    return (
        f'<tr id="{escape(row["id"])}"><td class="id">{escape(row["id"])}</td>'
        f'<td class="mark {css}">{sign} {chinese} <span class="en">{english}</span></td><td>{what}{why}</td>'
        f"{_cell('目标 target', asked)}{_cell('数值 value', value, judged=of == 'value')}"
        f"{_cell('与基准之比 ratio', ratio, judged=of == 'ratio')}</tr>"
    )


def _cell(label: str, text: str, *, judged: bool = False) -> str:
    """A number with its label, which a phone shows above it. `judged`: this is what the target speaks of."""
    return f'<td class="n{" judged" if judged else ""}" data-l="{label}"><span>{text}</span></td>'


def _table(kind: str, heads: Iterable[str], lines: Iterable[str]) -> str:
    """Heads of numbers begin with a sign for it, and stand above them on the right."""
    cells = "".join(f'<th class="n">{head[1:]}</th>' if head[0] == "#" else f"<th>{head}</th>" for head in heads)
    return f'<table class="wide {kind}"><thead><tr>{cells}</tr></thead><tbody>{"".join(lines)}</tbody></table>'


def _bars(goals: Iterable[Mapping[str, Any]]) -> str:
    """How far each goal lies from its limit. What must be nothing, and was not measured, has no length."""
    lines = []
    for row in goals:
        score = measured_by(row)
        if score is None or row["pass"] is None:
            continue
        css, sign, *_ = STATES[row["pass"]]
        name = escape(_CHINESE.get(row["id"]) or row["what"])
        times = f"{number(score)} ×" if score < 1000 else "&gt; 1000 ×"
        lines.append(
            f'<div class="row"><span><b>{escape(row["id"])}</b> {name}</span>{charts.bar(score, css)}'
            f'<span class="n {css}">{sign} {times}</span></div>'
        )
    if not lines:
        return ""
    scale = '<div class="row head"><span></span><span class="scale"><span>0.1 ×</span><span>限值 limit</span><span>10 ×</span></span><span></span></div>'
    head = _head(
        "与限值的距离",
        "Distance from the limit",
        "向右为好，中线即限值，对数刻度。",
        "Right is better; the line is the limit; logarithmic.",
    )
    return f'{head}<div class="bars">{scale}{"".join(lines)}</div>'


def _charts(figures: Iterable[Mapping[str, Any]]) -> str:
    drawn: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for row in figures:
        if row.get("chart") in CHARTS and row.get("size", 0) > 0 and row["value"] > 0:
            drawn.setdefault(row["chart"], {}).setdefault(row.get("series", ""), []).append((row["size"], row["value"]))
    held = [_chart(name, drawn[name]) for name in CHARTS if name in drawn]
    if not held:
        return ""
    note = _head("曲线", "Lines", "两轴均为对数刻度。", "Both axes are logarithmic.")
    return f'{note}<div class="charts">{"".join(held)}</div>'


def _chart(name: str, series: Mapping[str, list[tuple[float, float]]]) -> str:
    chinese, english, x_label, y_label = CHARTS[name]
    legend = "".join(
        f'<li class="s{place % len(charts.SHAPES)}"><svg viewBox="0 0 10 10" aria-hidden="true">{charts.mark(place, 5, 5, 3.6)}</svg>'
        f"<span>{escape(said)}</span></li>"
        for place, said in enumerate(series)
    )
    drawing = charts.lines(series, x_label, y_label, f"{chinese} {english}")
    return (
        f'<figure><h3>{chinese}<span class="en">{english}</span></h3>{drawing}<ul class="legend">{legend}</ul></figure>'
    )


def _figures(rows: Iterable[Mapping[str, Any]]) -> str:
    lines = []
    for row in rows:
        ratio = f"{number(row['ratio'])} × " if row["ratio"] is not None else ""
        value = f"{number(row['value'])} {escape(row['unit'])}"
        base = f"{number(row['baseline'])} " if row["baseline"] is not None else ""
        lines.append(
            f'<tr><td class="id">{escape(row["id"])}</td><td>{escape(row["what"])}</td>'
            f"{_cell('数值 value', value)}"
            f"{_cell('与基准之比 ratio', ratio or '–')}"
            f'<td><span class="en">{base}{escape(row["baseline_what"])}</span></td></tr>'
        )
    heads = ("编号 id", "内容 what", "#数值 value", "#与基准之比 ratio", "基准 baseline")
    return _table("figures", heads, lines)


def _rest(report: Mapping[str, Any]) -> str:
    """What was not measured, what failed, and how long each group took."""
    absent = "".join(
        f"<tr><td class='id'>{escape(row['id'])}</td><td>{escape(row['why'])}</td></tr>"
        for row in report.get("not_measured", ())
    )
    groups = "".join(
        f"<tr><td class='name'>{escape(row['name'])}</td><td>{escape('; '.join(row['failed'])) or '✓'}</td>{_cell('秒 s', number(row['seconds']))}</tr>"
        for row in report.get("groups", ())
    )
    said = ""
    if absent:
        said += _head("此机未能测量", "Not measured here") + f"<table><tbody>{absent}</tbody></table>"
    if groups:
        said += _head("各组用时", "Groups and their seconds") + f"<table><tbody>{groups}</tbody></table>"
    return said


def number(value: float) -> str:
    """Three digits that count, thousands apart: what a reader takes in."""
    if value == 0:
        return "0"
    if abs(value) >= 999.5:
        return f"{float(f'{value:.4g}'):,.0f}"
    if abs(value) < 1e-4:
        digits, power = f"{value:.1e}".split("e")
        return f"{digits} × 10<sup>{int(power)}</sup>"
    return f"{value:.3g}"
