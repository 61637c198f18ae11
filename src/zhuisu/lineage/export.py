"""A walk as text, JSON, CSV and a Graphviz drawing. Codes and event ids as the world knows them: our numbers never leave."""

import io
import json
from collections import defaultdict
from collections.abc import Container, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from zhuisu.codes import Level
from zhuisu.lineage.lists import stamp, write_csv
from zhuisu.lineage.mixing import Share
from zhuisu.lineage.queries import Carried, Reached, StopReason, Walk, event_names

HOW = {
    "start": gettext_lazy("起点"),
    "made": gettext_lazy("加工"),
    "unpacked": gettext_lazy("取出（未见装入）"),
    "lot": gettext_lazy("批次"),
    "same": gettext_lazy("同一物"),
    "whole": gettext_lazy("在起点容器内"),
    "content": gettext_lazy("在所用容器内"),
}
REASONS = {
    StopReason.UNKNOWN_ORIGIN: gettext_lazy("来源不明:此前没有记录"),
    StopReason.NOT_VISIBLE: gettext_lazy("此后不在可见范围内"),
    StopReason.PRODUCT_ONLY: gettext_lazy("仅知品种:没有批次或序列号"),
    StopReason.LIMIT_ITEMS: gettext_lazy("已达数量上限，此后未查"),
    StopReason.LIMIT_DEPTH: gettext_lazy("已达层级上限，此后未查"),
}


def _code(walk: Walk, item: int | None) -> str | None:
    for held in (walk.items, walk.carried, walk.products):
        if item is not None and item in held:
            return held[item].canonical
    return None


def as_json(walk: Walk, inferred: Container[int | None] = (), shares: Mapping[int, Share] | None = None) -> str:
    """The whole answer as one JSON document. Times are RFC 3339 in UTC; null means no bound. `inferred`: events whose links are."""
    names = event_names(walk)

    def reached(one: Reached) -> dict[str, Any]:
        return {
            "code": one.canonical,
            "level": Level(one.level).name.lower(),
            "at": stamp(one.at),
            "how": one.how,
            "event": names.get(one.by_event),
            "depth": one.depth,
            "parent": _code(walk, one.parent),
            "life": one.life,
            **(shares[one.item]._asdict() if shares is not None and one.item in shares else {}),
        }

    def carried(one: Carried) -> dict[str, Any]:
        spans = [[stamp(start), stamp(end)] for start, end in one.spans]
        return {"code": one.canonical, "level": Level(one.level).name.lower(), "spans": spans, "life": one.life}

    document = {
        "direction": walk.direction,
        "start": [_code(walk, item) for item in walk.start],
        "since": stamp(walk.since),
        "until": stamp(walk.until),
        "as_of": stamp(walk.as_of),
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


def as_csv(walk: Walk, shares: Mapping[int, Share] | None = None) -> str:
    """One line for each item, stay of a container, product and stop, as text; lists.write_csv writes long ones to a file."""
    text = io.StringIO()
    write_csv(walk, text, shares)
    return text.getvalue()


def as_text(
    walk: Walk,
    names: Mapping[int, str] | None = None,
    inferred: Container[int | None] = (),
    shares: Mapping[int, Share] | None = None,
) -> str:
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
            if shares is not None and item in shares:
                said.append(_share(shares[item]))
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


def _share(one: Share) -> str:
    if one.share is None:
        return _("至多占起点 %(bound).4g%%") % {"bound": one.bound * 100}
    told = {"bound": one.bound * 100, "share": one.share * 100}
    return _("约占起点 %(share).4g%%,至多 %(bound).4g%%") % told


def _time(at: datetime | None) -> str:
    return stamp(at) or "…"


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
