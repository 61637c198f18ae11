"""Which engine walks: herds over a snapshot where there is one, the exact engine where a limit cuts, the database where there is none."""

from typing import Any

from zhuisu.lineage.answer import Limits, Portions, Walk
from zhuisu.lineage.down import Down
from zhuisu.lineage.snapshot.fast import FastDown, FastUp
from zhuisu.lineage.snapshot.herd import Herd, OutOfRoomError
from zhuisu.lineage.snapshot.source import Recalled
from zhuisu.lineage.snapshot.view import View
from zhuisu.lineage.spans import BEGINNING, END, instant
from zhuisu.lineage.up import Up
from zhuisu.lineage.walker import Walker

SHALLOW = 10  # steps: a walk that may not go further is cut nearly always, and what is cut the exact engine decides

_EXACT: dict[str, type[Walker]] = {"down": Down, "up": Up}
_HERDS: dict[str, type[Herd]] = {"down": FastDown, "up": FastUp}


def run(asked: Walk, limits: Limits, portions: Portions, view: View | None) -> Walker:
    """The walker that answers, at its end. All engines give the same; `view` is of the asked position."""
    allowed: dict[str, Any] = {
        "max_items": limits.max_items,
        "max_depth": limits.max_depth,
        "every_portion": portions == Portions.ALL,
        "scope": asked.scope,  # a view shows no other events anyway
    }
    first = instant(asked.since) if asked.since else BEGINNING
    last = instant(asked.until) if asked.until else END
    start = list(dict.fromkeys(asked.start))
    if view is not None and limits.max_depth > SHALLOW:
        herd = _HERDS[asked.direction](view, as_of=asked.as_of, **allowed)
        try:
            herd.run(start, first, last)
        except OutOfRoomError:
            del herd
        else:
            return herd
    source: dict[str, Any] = {} if view is None else {"source": Recalled(view)}
    walker = _EXACT[asked.direction](asked.position, as_of=asked.as_of, **allowed, **source)
    walker.run(start, first, last)
    return walker
