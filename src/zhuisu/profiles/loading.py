"""From a folder of TOML files to profiles. Everything wrong is named by file and key, before anything is judged by it."""

import functools
import re
import tomllib
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from zhuisu.profiles import checks
from zhuisu.profiles.judge import Judge
from zhuisu.profiles.model import Overlay, Profile
from zhuisu.profiles.overlays import laid_over

FILE = "profile.toml"
PAST = "past"
REGIONS = "regions"
# What a file of a sector's folder holds.
Held = TypeVar("Held", Profile, Overlay)
_REGION = re.compile(r"(\d\d){1,3}\Z")


class ProfileError(ValueError):
    """A profile that cannot be used: which file, which key, what is wrong."""

    def __init__(self, file: Path, key: str, problem: str) -> None:
        super().__init__(f"{file.parent.name}/{file.name}: {key}: {problem}")
        self.file, self.key, self.problem = file, key, problem


@dataclass(frozen=True, slots=True)
class Sector:
    """All editions of one sector, the newest first, and what regions add, the wider region first."""

    id: str
    editions: tuple[Profile, ...]
    overlays: tuple[Overlay, ...] = ()
    _judges: dict[tuple[str, tuple[str, ...]], Judge] = field(default_factory=dict, repr=False, compare=False)

    def in_force(self, day: date, region: str = "") -> tuple[Profile, tuple[Overlay, ...]] | None:
        """The edition of a day, and what the region (GB/T 2260) and those around it add on that day; None before the first edition."""
        edition = next((each for each in self.editions if each.valid_from <= day), None)
        if edition is None:
            return None
        return edition, tuple(
            each for each in self.overlays if each.valid_from <= day and region.startswith(each.region)
        )

    def on(self, day: date, region: str = "") -> Profile | None:
        """The profile of a day in a region, the region's additions laid over it; None before the first edition."""
        found = self.judge(day, region)
        return found.profile if found else None

    def judge(self, day: date, region: str = "") -> Judge | None:
        """Who judges by that profile: made once for each edition and each set of additions."""
        found = self.in_force(day, region)
        if found is None:
            return None
        edition, overlays = found
        key = (edition.edition, tuple(each.region for each in overlays))
        if key not in self._judges:
            self._judges[key] = Judge(functools.reduce(laid_over, overlays, edition))
        return self._judges[key]


def load(folder: Path) -> dict[str, Sector]:
    """Every sector whose folder lies in `folder` (a folder with a profile.toml). Raises ProfileError."""
    return {file.parent.name: _sector(file) for file in sorted(folder.glob(f"*/{FILE}"))}


def _sector(file: Path) -> Sector:
    name, past = file.parent.name, sorted((file.parent / PAST).glob("*.toml"))
    editions = tuple(sorted((read(each) for each in (file, *past)), key=lambda one: one.valid_from, reverse=True))
    for one in editions:
        if one.id != name:
            raise ProfileError(file, "id", f"{one.id!r} is not the folder's name")
    if len({one.valid_from for one in editions}) != len(editions):
        raise ProfileError(file, "valid_from", "two editions begin on the same day")
    if len({one.edition for one in editions}) != len(editions):
        raise ProfileError(file, "edition", "two editions have the same name")
    held = [(each, _overlay(each)) for each in sorted((file.parent / REGIONS).glob("*.toml"))]
    held.sort(key=lambda one: len(one[1].region))
    for place, (source, overlay) in enumerate(held):
        wider = [one for _, one in held[:place] if overlay.region.startswith(one.region)]
        _fits(source, overlay, wider, editions)
    return Sector(name, editions, tuple(overlay for _, overlay in held))


def _fits(file: Path, overlay: Overlay, wider: list[Overlay], editions: tuple[Profile, ...]) -> None:
    """An overlay must be right on every edition that is in force on one of its days, together with those of the regions around."""
    for place, edition in enumerate(editions):
        if place and editions[place - 1].valid_from <= overlay.valid_from:
            break
        under = functools.reduce(laid_over, wider, edition)
        for key, problem in checks.overlay_astray(overlay, under):
            raise ProfileError(file, key, f"{problem} (edition {edition.edition})")
        for key, problem in checks.astray(laid_over(under, overlay)):
            raise ProfileError(file, key, f"{problem} (edition {edition.edition})")


def read(file: Path) -> Profile:
    """One edition. Raises ProfileError for what is no TOML, an unknown or missing key, a wrong type, a name that leads nowhere."""
    profile = _converted(file, Profile)
    for key, problem in checks.astray(profile):
        raise ProfileError(file, key, problem)
    return profile


def _overlay(file: Path) -> Overlay:
    overlay = _converted(file, Overlay)
    if overlay.region != file.stem or not _REGION.match(overlay.region):
        raise ProfileError(file, "region", "is the file's name: two, four or six digits (GB/T 2260)")
    return overlay


def _converted(file: Path, kind: type[Held]) -> Held:
    try:
        held = tomllib.loads(file.read_text("utf-8"), parse_float=Decimal)
    except tomllib.TOMLDecodeError as wrong:
        raise ProfileError(file, "-", str(wrong)) from wrong
    try:
        return msgspec.convert(held, kind)
    except msgspec.ValidationError as wrong:
        problem, _, key = str(wrong).partition(" - at ")
        raise ProfileError(file, _entry(held, kind, key.strip("`") or "$"), problem) from wrong


def _entry(held: dict[str, Any], kind: type[Profile | Overlay], key: str) -> str:
    """msgspec writes [...] for a key of a table; the entry is found by reading each alone."""
    section = key.removeprefix("$.").partition("[...]")[0]
    for name, value in held.get(section, {}).items() if "[...]" in key else ():
        try:
            msgspec.convert({**held, section: {name: value}}, kind)
        except msgspec.ValidationError:
            return key.replace("[...]", f".{name}", 1)
    return key
