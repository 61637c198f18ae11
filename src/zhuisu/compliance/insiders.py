"""Whose word counts about a thing: who has a part in it. Pure; one rule for judging and for the page of a code."""

from collections.abc import Collection, Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar

Party = TypeVar("Party")


class Report(NamedTuple, Generic[Party]):
    """One valid event of a thing: who reported it, all whom it names, and whether it made the thing."""

    reporter: Party
    named: Iterable[Party]
    makes: bool


def insiders(issuer: Collection[Party] | None, holder: Collection[Party], told: Sequence[Report[Party]]) -> set[Party]:
    """Its issuer (None: nobody knows one) and the holder of its product, else the reporter of its making, else of its first event;
    whom one of these names in an event of it, and whom that one names in turn. `told`: oldest first.

    Anyone can report about anything and name anyone in it: else a stranger could spoil a competitor's goods.
    """
    part = {*(issuer or ()), *holder}
    if issuer is None and not any(each.reporter in part for each in told):
        made = [each for each in told if each.makes]
        part |= {each.reporter for each in (made or told)[:1]}
    waiting = list(told)
    while ours := [each for each in waiting if each.reporter in part]:
        waiting = [each for each in waiting if each.reporter not in part]
        part.update(party for each in ours for party in each.named)
    return part
