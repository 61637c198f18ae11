"""One folder a sector: facts that the engine (profiles) loads. The folder is the registration: there is no list of sectors."""

from collections.abc import Collection
from datetime import date
from functools import cache
from pathlib import Path

from zhuisu.profiles.judge import Judge
from zhuisu.profiles.loading import Sector, load
from zhuisu.profiles.model import Profile

FOLDER = Path(__file__).parent


@cache
def all() -> dict[str, Sector]:
    """Every sector by its folder's name, loaded once a process. Raises ProfileError."""
    return load(FOLDER)


def offered(off: Collection[str]) -> dict[str, Sector]:
    """The sectors that an installation lists and offers: all but those switched off, which are still judged and shown where records
    of them exist. Raises LookupError for a name that is no sector: a misspelling would switch nothing off."""
    if unknown := sorted(set(off) - all().keys()):
        raise LookupError(f"ZHUISU_SECTORS_OFF: no such sector: {', '.join(unknown)}")
    return {name: sector for name, sector in all().items() if name not in off}


def profile(sector_id: str, day: date, region: str = "") -> Profile | None:
    """What a sector says on a day in a region (GB/T 2260, "" for the nation alone); None for no such sector, or before its first edition."""
    sector = all().get(sector_id)
    return sector.on(day, region) if sector else None


def judge(sector_id: str, day: date, region: str = "") -> Judge | None:
    """Who judges by `profile`: made once for each edition and each set of regional additions."""
    sector = all().get(sector_id)
    return sector.judge(day, region) if sector else None
