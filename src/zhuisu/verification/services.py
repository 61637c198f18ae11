"""Looking something up: what it is, how often it was looked up before, what follows from that, and when it is too often."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from msgspec import structs

from zhuisu import codes
from zhuisu.accounts.services import record
from zhuisu.codes import Code, Level
from zhuisu.events.queries import Item, item_by_code
from zhuisu.events.store import rows
from zhuisu.registry.issuing.queries import Standing
from zhuisu.registry.issuing.queries import standing as standing_of
from zhuisu.verification import travel
from zhuisu.verification.gathering import told_of
from zhuisu.verification.judgement import MISSES, SINGLE, Facts, State, Told, judge
from zhuisu.verification.queries import Past, past_of
from zhuisu.verification.raising import raise_burst, raise_sales, raise_travel
from zhuisu.verification.scans import Scans, asked, scanned
from zhuisu.verification.sources import source_of, source_of_caller

# Codes looked up in vain from one network in a minute. A hand types five, a classroom behind one address fifty. At this rate,
# without a pause, one code of a series that is full (1e8 codes, 8.2e-9 a try) is met by chance in some 2.3 years.
MISS_LIMIT = 100
# Everything looked up from one network in a minute: a mobile operator's exit may hide thousands of shoppers, a robot that
# copies every page shall not have them all.
LOOK_LIMIT = 1_200
# The same for someone of an authority who signed in: checks whole cartons with a hand scanner.
TRUSTED_LIMIT = 6_000
# Codes looked up in vain in one minute over all sources: ten sources at their limit at once are no accident.
ALARM_LIMIT = 1_000
# Counts of looks are of use for a minute; kept a little longer so that the alarm can still add them up.
LOOKS_LIFE = timedelta(minutes=15)
# Scans: two years, as long as a purchase record without a shelf life must be kept (食品安全法 art. 50); 个人信息保护法 art. 19
# asks for the shortest time that the purpose needs, and the purpose is to find copies while the goods are about.
SCAN_LIFE = timedelta(days=730)
PURGE_BATCH = 20_000  # old scans removed at once: a short transaction, again at the next round


@dataclass(frozen=True, slots=True)
class Visit:
    """Who looks and how: client address, region of it, whether the look is a scan, and who signed in for an authority."""

    source: str
    region: str = ""
    counts: bool = True
    trusted: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """The first half of a look-up. `code` is the thing's own code, whichever of its codes was asked for."""

    asked: Code
    code: Code
    standing: Standing
    item: Item | None
    missed: bool  # nothing here knows it: no event needs to be read
    blocked: bool
    retry_after: int  # seconds


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of a code, for whoever asked."""

    state: State
    look: Look
    told: Told
    expires_on: date | None
    scans: Scans | None = None
    findings: frozenset[str] = frozenset()

    @property
    def blocked(self) -> bool:
        """Whether this source asked too often: say nothing else then."""
        return self.look.blocked

    @property
    def standing(self) -> Standing:
        """Where the code stands with its issuer."""
        return self.look.standing


def look_up(code: Code, *, at: datetime, source: str, region: str = "", counts: bool = True) -> Answer:
    """The state of a code now; notes the scan or the miss. Where `blocked`, the rest of the answer is not to be told.

    Raises registry's IssueError "key-missing" or "key-swapped": that is no answer about the code.
    """
    visit = Visit(source, region, counts)
    look = begin(code, at=at, visit=visit)
    if look.blocked or look.missed or look.code.level not in SINGLE:
        return finish(look, Told(look.item is not None), at=at, visit=visit)
    told, printed = told_of(look.item, look.standing)
    return finish(look, told, at=at, visit=visit, printed=printed)


def begin(code: Code, *, at: datetime, visit: Visit) -> Look:
    """Where the code stands, whether any event names it, and the count of this source: the same statements for every single
    thing, whatever comes out, so that neither the answer's time nor its work tells a guesser anything."""
    single = code.level in SINGLE
    standing = standing_of(code) if single else Standing("none")
    own = codes.from_canonical(standing.identity) if standing.identity else code
    item = item_by_code(own)
    facts = Facts(code.level, standing.kind, standing.series is not None, item is not None)
    missed = judge(facts) in MISSES
    looks, misses = _count(at, visit, missed)
    most, most_misses = (TRUSTED_LIMIT, TRUSTED_LIMIT) if visit.trusted else (LOOK_LIMIT, MISS_LIMIT)
    blocked = looks > most or misses > most_misses
    return Look(code, structs.replace(own, source=code.source), standing, item, missed, blocked, 60 - at.second)


def _count(at: datetime, visit: Visit, missed: bool) -> tuple[int, int]:
    """One more look of this source in this minute: how many it made, and how many in vain."""
    found = rows(
        """insert into verification_looks as here (door, minute, looks, misses) values (%s, %s, 1, %s)
           on conflict (door, minute) do update set looks = here.looks + 1, misses = here.misses + excluded.misses
           returning looks, misses""",
        [door_of(at, visit), minute_of(at), int(missed)],
    )
    return found[0][0], found[0][1]


def door_of(at: datetime, visit: Visit) -> UUID:
    """Under what the looks of a visit are counted."""
    return source_of_caller(visit.trusted) if visit.trusted else source_of(visit.source, timezone.localdate(at))


def minute_of(at: datetime) -> int:
    """The minute, since 1970, in which a look is counted."""
    return int(at.timestamp()) // 60


def finish(look: Look, told: Told, *, at: datetime, visit: Visit, printed: date | None = None) -> Answer:
    """The state, from what the events say and the expiry date printed on the label; notes the scan and what follows."""
    expires_on = look.standing.expires_on or printed
    facts = Facts(
        look.code.level,
        look.standing.kind,
        look.standing.series is not None,
        told.recorded,
        told.recall is not None,
        expires_on is not None and expires_on < timezone.localdate(at),
        told.sold,
    )
    state = judge(facts)
    answer = Answer(state, look, told, expires_on)
    if look.blocked or state in MISSES or look.code.level != Level.INSTANCE:
        return answer
    past, scans = past_of(look.code), scanned(scan_of(look.code, state, at=at, visit=visit))
    issuer = look.standing.organisation.pk if look.standing.organisation else None
    kinds = past.kinds | raise_sales(look.code, look.standing, told, past, at)
    kinds |= travelled(look.code, issuer, past, scans, at=at, region=visit.region)
    return replace(answer, scans=scans, findings=frozenset(kinds))


def scan_of(code: Code, state: State, *, at: datetime, visit: Visit) -> dict[str, Any]:
    """A visit as a scan (see scans.asked)."""
    source = source_of(visit.source, timezone.localdate(at))
    return asked(code, state, at=at, region=visit.region, source=source, counts=visit.counts)


def travelled(code: Code, issuer: int | None, past: Past, scans: Scans, *, at: datetime, region: str) -> set[str]:
    """Raise what a new scan says together with the earlier ones: two places too far apart. The kinds there are."""
    if not scans.elsewhere:
        return set()
    found = travel.impossible(scans.elsewhere, travel.Seen(at, region))
    return raise_travel(code, issuer, found, past, at) if found else set()


def judge_sales(code: Code, *, at: datetime) -> set[str]:
    """Raise what the sales of one thing say, without anybody looking at it; for those who take in events. The kinds there are."""
    standing = standing_of(code)
    own = codes.from_canonical(standing.identity) if standing.identity else code
    item = item_by_code(own)
    told, _ = told_of(item, standing)
    return raise_sales(own, standing, told, past_of(own), at)


@dataclass(frozen=True, slots=True)
class House:
    """What housekeeping did: scans whose time was over, and minutes in which the alarm rang."""

    scans: int
    alarms: int


def keep_house(at: datetime) -> House:
    """Ring the alarm where a minute had too many misses over all sources; remove old counts and old scans."""
    alarms = rows(
        """select minute, sum(misses), count(*) filter (where misses > 0) from verification_looks
           where minute >= %s group by minute having sum(misses) > %s order by minute""",
        [minute_of(at - LOOKS_LIFE), ALARM_LIMIT],
    )
    for minute, misses, sources in alarms:
        raise_burst(minute, misses, sources, at)
    rows("delete from verification_looks where minute < %s", [minute_of(at - LOOKS_LIFE)])
    removed = rows(
        """with old as (select id from verification_scan where at < %s order by at limit %s),
                gone as (delete from verification_scan s using old where s.id = old.id returning 1)
           select count(*) from gone""",
        [at - SCAN_LIFE, PURGE_BATCH],
    )[0][0]
    if removed:
        record("scans.purge", by="system", at=at, scans=removed, before=(at - SCAN_LIFE).isoformat())
    return House(removed, len(alarms))
