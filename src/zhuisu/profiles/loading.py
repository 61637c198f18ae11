"""From a folder of TOML files to profiles. Everything wrong is named by file and key, before anything is judged by it."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from zhuisu.codes.reading import schemes
from zhuisu.profiles.model import Profile, Step, When

FILE = "profile.toml"
PAST = "past"
# Business steps are CBV 2.0 §7.1 words; element names are camelCase, as EPCIS writes its own.
_STEP_ID = re.compile(r"[a-z][a-z0-9_]*\Z")
_ELEMENT = re.compile(r"[a-z][A-Za-z0-9]*\Z")


class ProfileError(ValueError):
    """A profile that cannot be used: which file, which key, what is wrong."""

    def __init__(self, file: Path, key: str, problem: str) -> None:
        super().__init__(f"{file.parent.name}/{file.name}: {key}: {problem}")
        self.file, self.key, self.problem = file, key, problem


@dataclass(frozen=True, slots=True)
class Sector:
    """All editions of one sector, the newest first."""

    id: str
    editions: tuple[Profile, ...]

    def on(self, day: date) -> Profile | None:
        """The edition in force on a day; None before the first."""
        return next((edition for edition in self.editions if edition.valid_from <= day), None)


def load(folder: Path) -> dict[str, Sector]:
    """Every sector whose folder lies in `folder` (a folder with a profile.toml). Raises ProfileError."""
    found = {}
    for file in sorted(folder.glob(f"*/{FILE}")):
        past = sorted((file.parent / PAST).glob("*.toml"))
        editions = sorted((read(each) for each in (file, *past)), key=lambda one: one.valid_from, reverse=True)
        for one in editions:
            if one.id != file.parent.name:
                raise ProfileError(file, "id", f"{one.id!r} is not the folder's name")
        days = [one.valid_from for one in editions]
        if len(set(days)) != len(days):
            raise ProfileError(file, "valid_from", "two editions begin on the same day")
        found[file.parent.name] = Sector(file.parent.name, tuple(editions))
    return found


def read(file: Path) -> Profile:
    """One edition. Raises ProfileError for what is no TOML, an unknown or missing key, a wrong type, a name that leads nowhere."""
    try:
        held = tomllib.loads(file.read_text("utf-8"), parse_float=Decimal)
    except tomllib.TOMLDecodeError as wrong:
        raise ProfileError(file, "-", str(wrong)) from wrong
    try:
        profile = msgspec.convert(held, Profile)
    except msgspec.ValidationError as wrong:
        problem, _, key = str(wrong).partition(" - at ")
        raise ProfileError(file, _entry(held, key.strip("`") or "$"), problem) from wrong
    for key, problem in _astray(profile):
        raise ProfileError(file, key, problem)
    return profile


def _entry(held: dict[str, Any], key: str) -> str:
    """msgspec writes [...] for a key of a table; the entry is found by reading each alone."""
    section = key.removeprefix("$.").partition("[...]")[0]
    for name, value in held.get(section, {}).items() if "[...]" in key else ():
        try:
            msgspec.convert({**held, section: {name: value}}, Profile)
        except msgspec.ValidationError:
            return key.replace("[...]", f".{name}", 1)
    return key


def _astray(profile: Profile) -> Iterator[tuple[str, str]]:
    """Names that lead nowhere, and declarations that nothing uses."""
    yield from _names(profile)
    uses: list[tuple[str, str, Iterable[str], Iterable[str]]] = []
    for name, step in profile.steps.items():
        at = f"steps.{name}"
        fields = [*step.required, *step.optional]
        yield from (
            (f"{at}.{each}", "is both required and optional") for each in set(step.required) & set(step.optional)
        )
        uses += [
            (f"{at}.by", "roles", step.by, profile.roles),
            (f"{at}.after", "steps", step.after, profile.steps),
            (f"{at}.required/optional", "fields", fields, profile.fields),
            (f"{at}.basis", "basis", [step.basis, *step.basis_of.values()], profile.basis),
            (f"{at}.basis_of", "what the step asks for", step.basis_of, _asked(step)),
            (f"{at}.demands", "the step's own optional fields", [each.field for each in step.demands], step.optional),
            (f"{at}.demands.when", "the step's own fields", [w.field for w in _whens(step) if w.field], fields),
            (f"{at}.demands.when", "roles", [role for w in _whens(step) for role in w.roles], profile.roles),
            (f"{at}.demands.when", "kinds", [kind for w in _whens(step) for kind in w.kinds], profile.kinds),
            (f"{at}.demands.basis", "basis", [each.basis for each in step.demands], profile.basis),
            (f"{at}.sensors.basis", "basis", [each.basis for each in step.sensors.values()], profile.basis),
            (f"{at}.papers.basis", "basis", [each.basis for each in step.papers], profile.basis),
        ]
        if not step.first and not step.after:
            yield at, "a step that is not first needs after"
        if any(not (when.field or when.roles or when.kinds) for when in _whens(step)):
            yield f"{at}.when", "a condition names a field, roles or kinds"
    uses += [(f"fields.{name}.basis", "basis", [each.basis], profile.basis) for name, each in profile.fields.items()]
    uses += [(f"fields.{name}.schemes", "schemes", each.schemes, schemes()) for name, each in profile.fields.items()]
    uses += [(f"codes.{use.level}", "schemes", use.schemes, schemes()) for use in profile.codes]
    for name, duty in profile.duties.items():
        uses.append((f"duties.{name}", "steps", [duty.step, *duty.forbids], profile.steps))
        grounds = [duty.basis, *([duty.forbids_basis] if duty.forbids_basis else [])]
        uses.append((f"duties.{name}.basis", "basis", grounds, profile.basis))
    for name, balance in profile.balances.items():
        uses.append((f"balances.{name}.step", "steps", [balance.step], profile.steps))
        uses.append((f"balances.{name}.basis", "basis", [balance.basis], profile.basis))
        uses.append((f"balances.{name}.kinds", "kinds", balance.kinds, profile.kinds))
        if balance.least > balance.most:
            yield f"balances.{name}", "least is more than most"
    uses += [("public", "fields", profile.public, profile.fields), ("label", "fields", profile.label, profile.fields)]
    uses += [
        (f"roles.{n}.basis", "basis", [r.basis] if r.basis else [], profile.basis) for n, r in profile.roles.items()
    ]
    uses += [("retention.basis", "basis", [each.basis for each in profile.retention], profile.basis)]
    uses += [(f"reports.{n}.basis", "basis", [each.basis], profile.basis) for n, each in profile.reports.items()]
    uses += [
        (f"reports.{n}.step", "steps", [r.step] if r.step else [], profile.steps) for n, r in profile.reports.items()
    ]
    for key, where, names, known in uses:
        yield from ((key, f"{name!r} is not one of {where}") for name in names if name not in known)
    yield from _idle(profile)


def _asked(step: Step) -> set[str]:
    """What of a step may have a basis of its own."""
    flags = {
        "buyer": step.buyer_known,
        "supplier": step.supplier_known,
        "quantity": step.quantity or step.amount,
        "stock": step.quantity,
        "quota": step.quota,
        "expiry": step.keeps_expiry,
    }
    return {*step.barred, *(name for name, said in flags.items() if said)}


def _whens(step: Step) -> list[When]:
    return [demand.when for demand in step.demands] + [paper.when for paper in step.papers if paper.when]


def _names(profile: Profile) -> Iterator[tuple[str, str]]:
    for name, field in profile.fields.items():
        if not _ELEMENT.match(name):
            yield f"fields.{name}", "an element's name is camelCase"
        if (field.type == "choice") != bool(field.choices):
            yield f"fields.{name}.choices", "choices belong to the type choice, and it needs some"
        if (field.type == "code") != bool(field.schemes):
            yield f"fields.{name}.schemes", "schemes belong to the type code, and it needs some"
        try:
            re.compile(field.pattern)
        except re.error as wrong:
            yield f"fields.{name}.pattern", str(wrong)
    for group in (profile.steps, profile.roles, profile.duties, profile.balances, profile.kinds, profile.reports):
        yield from ((name, "an id has lower case letters, digits and _") for name in group if not _STEP_ID.match(name))


def _idle(profile: Profile) -> Iterator[tuple[str, str]]:
    """What is declared and never used is a mistake, or will be one."""
    steps = profile.steps.values()
    used = {name for step in steps for name in (*step.required, *step.optional)}
    yield from ((f"fields.{name}", "no step uses it") for name in profile.fields if name not in used)
    acting = {role for step in steps for role in step.by}
    yield from ((f"roles.{name}", "no step is done by it") for name in profile.roles if name not in acting)
