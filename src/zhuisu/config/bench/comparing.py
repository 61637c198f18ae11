"""Two reports side by side, by ratios: what became better, worse, or is missing."""

from collections.abc import Iterable
from typing import Any

# Two runs of one program on a shared machine differ by so much, though each ratio is of one run: less says nothing.
NOISE_BAND = 0.25

# Which way a figure is better. A unit that stands in neither list is told without a judgement.
MORE_IS_BETTER = frozenset({"events/s", "codes/s", "facts/s", "/s", "requests/s", "documents/s", "acknowledgements/s"})
LESS_IS_BETTER = frozenset({"s", "ms", "us", "µs", "bytes", "B", "MB", "rows"})


def compared(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """For each figure of either report the change of its ratio; the goals that were kept and no longer are; and whether it is worse."""
    befores, afters = _by_id(old["figures"]), _by_id(new["figures"])
    rows = [_row(name, befores.get(name), afters.get(name)) for name in dict.fromkeys([*befores, *afters])]
    kept = {row["id"] for row in old["goals"] if row["pass"]}
    lost = [row["id"] for row in new["goals"] if row["pass"] is False and row["id"] in kept]
    gone = [row["id"] for row in new["goals"] if row["pass"] is None and row["id"] in kept]
    same_size = old.get("size") == new.get("size")
    worse = bool(lost) or any(row["verdict"] == "worse" for row in rows)
    return {
        "band": NOISE_BAND,
        "same_size": same_size,
        "figures": rows,
        "goals_lost": lost,
        "goals_not_measured": gone,
        "worse": worse,
    }


def _by_id(rows: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in rows}


def _row(name: str, before: dict[str, Any] | None, after: dict[str, Any] | None) -> dict[str, Any]:
    told = after or before or {}
    row = {"id": name, "what": told["what"], "old": (before or {}).get("ratio"), "new": (after or {}).get("ratio")}
    if before is None or after is None:
        return row | {"change": None, "verdict": "only in the old" if after is None else "only in the new"}
    if not row["old"] or row["new"] is None:
        return row | {"change": None, "verdict": "no ratio"}
    change = row["new"] / row["old"] - 1
    return row | {"change": round(change, 4), "verdict": _verdict(row["new"] / row["old"], told["unit"])}


def _verdict(times: float, unit: str) -> str:
    """Beyond the band in either direction: a half is as far from one as a double."""
    if 1 / (1 + NOISE_BAND) <= times <= 1 + NOISE_BAND:
        return "same"
    if unit in MORE_IS_BETTER:
        return "better" if times > 1 else "worse"
    if unit in LESS_IS_BETTER:
        return "better" if times < 1 else "worse"
    return "changed"


def as_text(found: dict[str, Any]) -> str:
    """A line for each figure, the worst news last, where a terminal stops."""
    lines = []
    for row in sorted(found["figures"], key=lambda row: row["verdict"] == "worse"):
        change = f"{row['change']:+.0%}" if row["change"] is not None else ""
        ratios = " → ".join(f"{row[side]:g}" if row[side] is not None else "–" for side in ("old", "new"))
        lines.append(f"{row['verdict']:15} {row['id']:5} {row['what']:60} {ratios} {change}".rstrip())
    if not found["same_size"]:
        lines.append("one report is of a full run, the other of a quick one: their ratios differ by their size too")
    lines += [f"kept before, not measured now: {name}" for name in found["goals_not_measured"]]
    lines += [f"kept before, missed now: {name}" for name in found["goals_lost"]]
    lines.append(f"{'worse' if found['worse'] else 'not worse'}, beyond {found['band']:.0%}")
    return "\n".join(lines)
