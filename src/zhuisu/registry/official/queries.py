"""Asks official registers: is this number approved, whose is it, does a scanned code lead to an approval."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from django.db.models import Case, When

from zhuisu.registry.official.models import NUMBER_LENGTH, Register, RegisterEntry
from zhuisu.registry.official.numbers import key_of, parts_of

MAX_FOUND = 50  # approvals that one part of a code leads to: a maker's; more is a search, not an answer

State = Literal["listed", "not_yet", "expired", "withdrawn", "unknown"]
How = Literal["number", "code", "part", ""]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a register says of a number or a code. `how`: by the approval's number, by a code that the register holds, or only by
    a part of the code: then the part is registered, and of the single pack the register says nothing."""

    state: State
    how: How
    entries: tuple[RegisterEntry, ...]


def registers() -> list[Register]:
    """Every register that was loaded, by name."""
    return list(Register.objects.order_by("name"))


def register(name: str) -> Register | None:
    """One register; None where none of this name was loaded."""
    return Register.objects.filter(name=name).first()


def loaded(name: str) -> bool:
    """Whether a register was ever loaded. One that was not judges nothing: nobody can be missing from it."""
    return Register.objects.filter(name=name).exists()


def known(name: str, values: Iterable[str], on: date | None = None) -> dict[str, RegisterEntry]:
    """Approval by number as asked, in any spelling; with `on` only those that had not been withdrawn by that day.

    One query for all. An expired approval is still known: what was lawfully made under it may be on sale.
    """
    keys = {value: key_of(value) for value in values}
    held = RegisterEntry.objects.filter(register__name=name, key__in=set(keys.values()))
    found = {entry.key: entry for entry in held if on is None or state_of(entry, on) != "withdrawn"}
    return {value: found[key] for value, key in keys.items() if key in found}


def look(name: str, text: str, on: date) -> Answer:
    """What a register says of what was typed or scanned: an approval number, a code that it holds, or a code with a part of it."""
    key = key_of(text)
    if not key or "\x00" in key or len(key) > NUMBER_LENGTH * 10:
        return Answer("unknown", "", ())
    lines = RegisterEntry.objects.filter(register__name=name)
    ways: tuple[tuple[How, dict[str, object]], ...] = (
        ("number", {"key": key}),
        ("code", {"codes__contains": [key]}),
        ("part", {"codes__overlap": list(parts_of(text))}),
    )
    for how, wanted in ways:
        found = tuple(lines.filter(**wanted).order_by(_standing(on), "key")[:MAX_FOUND])
        if found:
            return Answer(state_of(found[0], on), how, found)
    return Answer("unknown", "", ())


def _standing(on: date) -> Case:
    """What stands best comes first, so that one valid approval is seen among many others. As `state_of`."""
    return Case(
        When(withdrawn_on__lte=on, then=3),
        When(valid_to_on__lt=on, then=2),
        When(valid_from_on__gt=on, then=1),
        default=0,
    )


def state_of(entry: RegisterEntry, on: date) -> State:
    """How an approval stands on a day."""
    if entry.withdrawn_on and entry.withdrawn_on <= on:
        return "withdrawn"
    if entry.valid_to_on and entry.valid_to_on < on:
        return "expired"
    return "not_yet" if entry.valid_from_on and entry.valid_from_on > on else "listed"
