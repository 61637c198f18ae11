"""The reads of the walk, answered from a snapshot instead of the database: the same rows for the exact engine."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from decimal import Decimal

import numpy as np

from zhuisu.lineage import store
from zhuisu.lineage.snapshot.segment import LEVEL_MASK, LOTS
from zhuisu.lineage.snapshot.view import View
from zhuisu.lineage.store import Known, Part


class Recalled:
    """See lineage.store. Events have their running numbers here; View.column("event", …) gives those of the database."""

    def __init__(self, view: View) -> None:
        self.view = view
        self._numbers: dict[int, int] = {}

    def parts(self, items: Collection[int], roles: Sequence[int], known: Known) -> list[tuple[list[int], Part]]:
        """See store.parts. The view knows position and moment."""
        if not items:
            return []
        if known.position != self.view.position:
            raise ValueError(f"the view is of position {self.view.position}, not {known.position}")
        found = self.view.facts(np.fromiter(items, np.int64, len(items)), roles, amounts=True)
        amount = dict(found.amount)
        at = self.view.column("at", found.event).tolist()
        position = self.view.column("position", found.event).tolist()
        alike: defaultdict[tuple[int, int, int | None, str], list[int]] = defaultdict(list)
        one: dict[tuple[int, int, int | None, str], int] = {}
        columns = zip(found.event.tolist(), found.role.tolist(), found.group.tolist(), found.item.tolist(), strict=True)
        for n, (event, role, group, item) in enumerate(columns):
            key = (event, role, group if role in LOTS else None, amount.get(n, ""))
            alike[key].append(item)
            one.setdefault(key, n)
        told = []
        for event, role, lot, measured in sorted(alike, key=lambda key: (key[0], key[1], key[2] or 0)):
            key = (event, role, lot, measured)
            quantity, _, unit = measured.partition("\t")
            part = Part(
                role,
                event,
                at[one[key]],
                position[one[key]],
                lot,
                Decimal(quantity) if quantity else None,
                unit or None,
            )
            told.append((alike[key], part))
        return told

    def others(self, events: Collection[int], roles: Sequence[int]) -> dict[tuple[int, int], list[int]]:
        """See store.others."""
        if not events:
            return {}
        found = self.view.members(np.array(sorted(events), np.int64), roles)
        told: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        for event, role, item in zip(found.event.tolist(), found.role.tolist(), found.item.tolist(), strict=True):
            told[event, role].append(item)
        return dict(told)

    def lots(self, events: Collection[int], role: int) -> dict[tuple[int, int | None], list[int]]:
        """See store.lots."""
        if not events:
            return {}
        found = self.view.members(np.array(sorted(events), np.int64), [role])
        told: defaultdict[tuple[int, int | None], list[int]] = defaultdict(list)
        for event, group, item in zip(found.event.tolist(), found.group.tolist(), found.item.tolist(), strict=True):
            told[event, group].append(item)
        return dict(told)

    def items(self, ids: Collection[int]) -> list[tuple[int, list[int], list[str]]]:
        """See store.items."""
        wanted = np.fromiter(ids, np.int64, len(ids))
        level = self.view.flags(wanted) & LEVEL_MASK
        # What never had a part in anything is not here: only a start can be such.
        told = store.items(wanted[level == 0].tolist())
        for each in sorted(set(level[level > 0].tolist())):
            own = wanted[level == each].tolist()
            told.append((each, own, self.view.texts(own)))
        return told

    def number(self, event: int) -> int:
        """See store.number."""
        found = self._numbers.get(event)
        if found is None:
            found = self._numbers[event] = int(self.view.column("event", np.array([event]))[0])
        return found
