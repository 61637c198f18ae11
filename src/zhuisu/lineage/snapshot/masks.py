"""Which events of a snapshot a scope does not show: a bit for each, kept for the stretches that do not change."""

import threading
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from zhuisu.events.scope import Scope
from zhuisu.events.store import rows
from zhuisu.lineage.snapshot.extract import numbers
from zhuisu.lineage.snapshot.segment import Array, Segment

FEW = 20_000  # events of a stretch that are asked about one by one; of a longer one, all that the scope shows is read
MOST_KEPT = 64  # masks of a stretch and a scope: a bit for each event, some hundred thousand bytes for a million

_kept: OrderedDict[tuple[str, Scope], Array] = OrderedDict()
_lock = threading.Lock()


def hidden(segments: Sequence[Segment], scope: Scope) -> Array:
    """By running number, whether an event is hidden from an enterprise."""
    shown = [_shown(segment, scope) for segment in segments]
    # Who sends an event that is there already may see it too, from then on: that alone changes afterwards.
    late = numbers(
        "select array_agg(event) from event_witness where organisation = %s having count(*) > 0", [scope.organisation]
    )
    if len(late):
        shown = [one | np.isin(segment.arrays["event"], late) for one, segment in zip(shown, segments, strict=True)]
    return ~np.concatenate([*shown, np.zeros(0, bool)])


def _shown(segment: Segment, scope: Scope) -> Array:
    if segment.events <= FEW:
        condition, parameters = scope.condition()
        told = rows(
            f"select e.id from event e where e.id = any(%s) and {condition}",
            [segment.arrays["event"].tolist(), *parameters],
        )
        return np.isin(segment.arrays["event"], np.array([number for (number,) in told], np.int64))
    if segment.name is None:
        return _of(segment, scope)
    key = (segment.name, scope)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return np.unpackbits(_kept[key], count=segment.events).astype(bool)
    found = _of(segment, scope)
    with _lock:
        _kept[key] = np.packbits(found)
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return found


def _of(segment: Segment, scope: Scope) -> Array:
    """By way of what the organisation sent and where it is named: it is party to few of all events."""
    own = numbers(
        """select array_agg(id) from (select id from event where organisation = %s union
                                      select event from event_party where party = any(%s)) f having count(*) > 0""",
        [scope.organisation, list(scope.parties)],
    )
    return np.isin(segment.arrays["event"], own)
