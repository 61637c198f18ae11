"""A walk as text, JSON, CSV and a Graphviz drawing. Codes and event ids as the world knows them: our numbers never leave."""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Container, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from zhuisu.codes import Level
from zhuisu.lineage.queries import Carried, Reached, StopReason, Walk, event_names

# A spreadsheet takes a cell that begins with one of these for a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

HOW = {
    "start": gettext_lazy("起点"),
    "made": gettext_lazy("加工"),
    "unpacked": gettext_lazy("取出(未见装入)"),
    "lot": gettext_lazy("批次"),
    "same": gettext_lazy("同一物"),
    "whole": gettext_lazy("在起点容器内"),
    "content": gettext_lazy("在所用容器内"),
}
REASONS = {
    StopReason.UNKNOWN_ORIGIN: gettext_lazy("来源不明:此前没有记录"),
    StopReason.PRODUCT_ONLY: gettext_lazy("仅知品种:没有批次或序列号"),
    StopReason.LIMIT_ITEMS: gettext_lazy("已达数量上限,此后未查"),
    StopReason.LIMIT_DEPTH: gettext_lazy("已达层级上限,此后未查"),
}
COLUMNS = ("kind", "code", "level", "from", "to", "how", "event", "depth", "parent")


def _stamp(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None


def _code(walk: Walk, item: int | None) -> str | None:
    for held in (walk.items, walk.carried, walk.products):
        if item is not None and item in held:
            return held[item].canonical
    return None


def as_json(walk: Walk, inferred: Container[int | None] = ()) -> str:
    """The whole answer as one JSON document. Times are RFC 3339 in UTC; null means no bound. `inferred`: events whose links are."""
    names = event_names(walk)

    def reached(one: Reached) -> dict[str, Any]:
        return {
            "code": one.canonical,
            "level": Level(one.level).name.lower(),
            "at": _stamp(one.at),
            "how": one.how,
            "event": names.get(one.by_event),
            "depth": one.depth,
            "parent": _code(walk, one.parent),
            "life": one.life,
        }

    def carried(one: Carried) -> dict[str, Any]:
        spans = [[_stamp(start), _stamp(end)] for start, end in one.spans]
        return {"code": one.canonical, "level": Level(one.level).name.lower(), "spans": spans, "life": one.life}

    document = {
        "direction": walk.direction,
        "start": [_code(walk, item) for item in walk.start],
        "since": _stamp(walk.since),
        "until": _stamp(walk.until),
        "as_of": _stamp(walk.as_of),
        "position": walk.position,
        "truncated": walk.truncated,
        "counts": walk.counts,
        "items": [reached(one) for one in walk.items.values()],
        "carried": [carried(one) for one in walk.carried.values()],
        "products": [reached(one) for one in walk.products.values()],
        "stops": [{"code": stop.canonical, "reason": stop.reason.value} for stop in walk.stops],
        "links": [
            {
                "event": names.get(link.event),
                "kind": link.kind,
                "inferred": link.event in inferred or link.kind == "unpacked",
                "sources": [_code(walk, item) for item in link.sources],
                "targets": [_code(walk, item) for item in link.targets],
            }
            for link in walk.links
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


def neutral(cell: Any) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = "" if cell is None else str(cell)
    return "'" + text if text.startswith(FORMULA_STARTS) else text


def as_csv(walk: Walk) -> str:
    """One line for each item, stay of a container, product and stop. UTF-8 with a header; lines end in CR LF (RFC 4180)."""
    names = event_names(walk)
    text = io.StringIO()
    sheet = csv.writer(text)
    sheet.writerow(COLUMNS)

    def line(kind: str, one: Reached | Carried, start: datetime | None, end: datetime | None, how: str) -> None:
        about = (names.get(one.by_event), one.depth, _code(walk, one.parent))
        row = (kind, one.canonical, Level(one.level).name.lower(), _stamp(start), _stamp(end), how, *about)
        sheet.writerow([neutral(cell) for cell in row])

    down = walk.direction == "down"
    for kind, held in (("item", walk.items), ("product", walk.products)):
        for one in held.values():
            line(kind, one, one.at if down else None, None if down else one.at, one.how)
    for box in walk.carried.values():
        for start, end in box.spans:
            line("carried", box, start, end, "carried")
    for stop in walk.stops:
        level = Level(stop.level).name.lower()
        sheet.writerow(
            [neutral(cell) for cell in ("stop", stop.canonical, level, "", "", stop.reason.value, "", "", "")]
        )
    return text.getvalue()


def as_text(walk: Walk, names: Mapping[int, str] | None = None, inferred: Container[int | None] = ()) -> str:
    """For a person at a terminal: a tree, each thing under what led to it, then where the walk stopped and why.

    `names` are words to put behind the codes (names.names_of), `inferred` events through which a link is only inferred.
    """
    lines = [_summary(walk)]
    nodes: dict[int, Reached | Carried] = {**walk.carried, **walk.products, **walk.items}
    children: dict[int | None, list[int]] = defaultdict(list)
    for item, one in nodes.items():
        children[one.parent if one.parent in nodes else None].append(item)
    shown: set[int] = set()
    stack = [(item, 0) for item in [*reversed(nodes), *reversed(children[None])]]
    while stack:
        item, indent = stack.pop()
        if item not in shown:
            shown.add(item)
            mark = _("推定") if nodes[item].by_event in inferred else ""
            said = [_line(walk, nodes[item], (names or {}).get(item, "")), *([mark] if mark else [])]
            lines.append("  " * indent + "  ".join(said))
            stack += [(child, indent + 1) for child in reversed(children[item])]
    if walk.stops:
        lines.append(_("到此为止:"))
        lines += [f"  {stop.canonical}  {REASONS[stop.reason]}" for stop in walk.stops]
    return "\n".join(lines) + "\n"


def _line(walk: Walk, one: Reached | Carried, name: str) -> str:
    said = [one.canonical, name] if name else [one.canonical]
    if isinstance(one, Reached):
        said += [_time(one.at), str(HOW.get(one.how, one.how))]
    if box := walk.carried.get(one.item):
        said.append(_("容器") + " " + "; ".join(f"{_time(start)} – {_time(end)}" for start, end in box.spans))
    return "  ".join(said)


def _time(at: datetime | None) -> str:
    return _stamp(at) or "…"


def _summary(walk: Walk) -> str:
    counts = walk.counts
    said = [
        _("追去向") if walk.direction == "down" else _("溯来源"),
        ngettext("%(n)d 项", "%(n)d 项", counts["items"]) % {"n": counts["items"]},
        ngettext("%(n)d 个容器", "%(n)d 个容器", counts["carried"]) % {"n": counts["carried"]},
        ngettext("%(n)d 个事件", "%(n)d 个事件", counts["events"]) % {"n": counts["events"]},
        _("截至日志位置 %(position)d") % {"position": walk.position},
    ]
    if walk.truncated:
        said.append(_("不完整:已达上限"))
    return " · ".join(said)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def as_dot(walk: Walk, inferred: Container[int | None] = ()) -> str:
    """For Graphviz. Things are ellipses, containers boxes, product-only and inferred links dashed; at most queries.MAX_EDGES edges."""
    lines = ["digraph walk {", "  rankdir=LR;"]
    shapes = dict.fromkeys(walk.items, "shape=ellipse")
    shapes |= dict.fromkeys(walk.products, "shape=ellipse, style=dashed")
    shapes |= dict.fromkeys(walk.carried, "shape=box")
    lines += [f"  {_quoted(_code(walk, item) or '')} [{shape}];" for item, shape in shapes.items()]
    for edge in walk.edges:
        ends = f"{_quoted(_code(walk, edge.source) or '')} -> {_quoted(_code(walk, edge.target) or '')}"
        style = ", style=dashed" if edge.event in inferred or edge.kind == "unpacked" else ""
        lines.append(f"  {ends} [label={_quoted(edge.kind)}{style}];")
    return "\n".join([*lines, "}"]) + "\n"
