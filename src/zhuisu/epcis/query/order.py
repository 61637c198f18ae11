"""By what events are ordered (EPCIS 2.0 §8.2.7.1, orderBy)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from ..model import Event
from .model import Field, Order
from .names import leaves
from .seen import Seen
from .typed import number_of, time_in


def sort_key(order: Order, event: Event, recorded_at: datetime) -> tuple[int, Any] | None:
    """What orders an event: of a field its first value, numbers before instants before texts by their code points; None
    where the event lacks it (then it comes last, whichever the direction)."""
    if isinstance(order.by, str):
        return 0, event.event_time if order.by == "eventTime" else recorded_at
    return _of_field(order.by, event, recorded_at)


def _of_field(by: Field, event: Event, recorded_at: datetime) -> tuple[int, Any] | None:
    for value in Seen(event, recorded_at).field(event.extensions, by, nested=False):
        for leaf in leaves(value):
            if isinstance(leaf, Decimal):
                return 0, leaf
            text = str(leaf).lower() if isinstance(leaf, bool) else leaf
            # XML has only texts: one that writes a number is one.
            number = number_of(text) if event.raw.startswith(b"<") else None
            if number is not None:
                return 0, number
            moment = time_in(text)
            return (2, text) if moment is None else (1, moment)
    return None
