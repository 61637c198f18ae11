"""The hand-written SQL of judging. Each question is one statement over many events or items; only valid events are seen."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from zhuisu import epcis
from zhuisu.compliance.said import Said
from zhuisu.epcis.model import local_day
from zhuisu.events.bodies import unpacked
from zhuisu.events.projection import identity
from zhuisu.events.store import copy, full_context, rows
from zhuisu.events.vocabulary import PartyRole, Role

MOST_NOTICES = 5_000  # changes of the register that are taken at once: a whole catalogue of licences is some statements
# Newest events that are looked through for those at a place: seconds, while all judging waits. Places change their region seldom, and
# an index of places would cost every capture.
MAX_LOOKED = 500_000
_WHO_ANSWERS = [int(PartyRole.ANSWERABLE), int(PartyRole.REPORTER)]
MAX_PARTS = 5_000  # happenings of one item that a judgement looks at, the newest: a busy product has millions
# The newest parts of an item. One event may hold several of one item: with them in no order, what is replayed and what is added up
# (compliance/older.py) share them out differently, and one counts twice, another not at all.
NEWEST = "at desc, event desc, role, position"
# Known at the position, and not declared wrong by what was known then.
VALID = """join log_entry l on l.event = p.event and l.position <= %s
 where not exists (select 1 from void v join log_entry d on d.event = v.declared_by
                   where v.event = p.event and d.position <= %s)"""


@dataclass(frozen=True, slots=True)
class Stored:
    """A published event that is to be judged."""

    number: int
    position: int
    at: datetime
    organisation: int
    body: bytes
    format: str
    context: str
    declaration: bool
    void: bool

    @property
    def gone(self) -> bool:
        """Whether its body was let go: its last verdict stays."""
        return self.format == "gone"

    def read(self) -> epcis.Event:
        """The event as it was sent."""
        return epcis.read_event(unpacked(self.body), full_context(self.context))


_STORED = """select e.id, l.position, e.happened_at, e.organisation, b.body, b.format, b.context::text,
                    exists (select 1 from declaration d where d.event = e.id),
                    exists (select 1 from void v join log_entry d on d.event = v.declared_by
                            where v.event = e.id and d.position <= %s)
             from event e join log_entry l on l.event = e.id join event_body b on b.event = e.id"""


def cursor() -> int:
    """How far judging has come: position of the log."""
    ((position,),) = rows("select position from judge_cursor")
    return int(position)


def move_cursor(position: int) -> None:
    """Judging has come so far."""
    rows("update judge_cursor set position = %s", [position])


@dataclass(frozen=True, slots=True)
class Notice:
    """A change of the register: of a thing or product (canonical code), of what a registered party did from the first to the last day,
    of a place (canonical code), or of an official register."""

    about: str | None
    party: int | None
    since: date | None
    until: date | None
    place: str | None
    register: str | None


def notices() -> list[Notice]:
    """What changed in the register since, taken away."""
    found = rows(
        """delete from judge_notice where id in (select id from judge_notice order by id limit %s)
           returning about, party, since, until, place, register""",
        [MOST_NOTICES],
    )
    return [Notice(*row) for row in found]


def about(hashes: Collection[Any], position: int, limit: int) -> list[int]:
    """Events about these things (hashes of their codes), their lots and single things where one is a product, the newest first."""
    found = rows(
        """with named as (select id from name where hash = any(%s)),
                meant as (select id from named union select i.id from item i join named n on n.id = i.product)
           select distinct p.event, p.at from meant m join part p on p.item = m.id
           join log_entry l on l.event = p.event and l.position <= %s order by p.at desc limit %s""",
        [list(hashes), position, limit],
    )
    return [event for event, _ in found]


def at_places(hashes: Collection[Any], position: int, limit: int) -> list[int]:
    """Of the newest MAX_LOOKED events those whose business location is one of these places (hashes of their codes), the newest first.
    Two statements, one where nobody ever named the places."""
    named = [item for (item,) in rows("select id from name where hash = any(%s)", [list(hashes)])]
    if not named:
        return []
    found = rows(
        """select e.id from (select id, happened_at, biz_location from event order by happened_at desc, id desc limit %s) e
           join log_entry l on l.event = e.id and l.position <= %s
           where e.biz_location = any(%s) order by e.happened_at desc limit %s""",
        [MAX_LOOKED, position, named, limit],
    )
    return [event for (event,) in found]


def of_steps(steps: Collection[tuple[str, str]], limit: int) -> list[int]:
    """Events that were judged to be these (sector, step), the newest first."""
    found = rows(
        """select w.event, w.happened_at from unnest(%s::text[], %s::text[]) as s (sector, step)
           join verdict_last w on w.sector = s.sector and w.step = s.step order by w.happened_at desc limit %s""",
        [[sector for sector, _ in steps], [step for _, step in steps], limit],
    )
    return [event for event, _ in found]


def acted(wanted: Collection[tuple[int, date | None, date | None]], position: int, limit: int) -> list[int]:
    """Events that these (registered party, first day, last day) reported or answer for (a day more on either side: what counts is the
    local day), the newest first; of each of their codes the newest MAX_LOOKED are looked at. Three statements."""
    parties = list({party for party, _, _ in wanted})
    named = rows(
        """select id, code from registry_party where id = any(%s)
           union select party_id, code from registry_partyalias where party_id = any(%s)""",
        [parties, parties],
    )
    items = numbers([identity(code) for _, code in named])
    spans = {
        (items[key], since, until)
        for party, since, until in wanted
        for owner, code in named
        if owner == party and (key := identity(code)) in items
    }
    if not spans:
        return []
    found = rows(
        """with spans as (select * from unnest(%s::bigint[], %s::date[], %s::date[]) as w (party, since, until))
           select distinct e.id, e.happened_at
           from (select distinct party from spans) o
           cross join lateral (
             select event from event_party where party = o.party and role = any(%s) order by event desc limit %s) p
           join event e on e.id = p.event join log_entry l on l.event = e.id and l.position <= %s
           where exists (select from spans w where w.party = o.party
             and e.happened_at >= coalesce(w.since, '-infinity') - 1 and e.happened_at < coalesce(w.until, 'infinity') + 2)
           order by e.happened_at desc limit %s""",
        [*map(list, zip(*spans, strict=True)), _WHO_ANSWERS, MAX_LOOKED, position, limit],
    )
    return [event for event, _ in found]


def waits() -> bool:
    """Whether anything is to be judged: a node at rest asks this and no more."""
    ((found,),) = rows(
        """select exists (select 1 from judge_queue)
               or exists (select 1 from log_entry l, judge_cursor c where l.position > c.position)
               or exists (select 1 from judge_notice)"""
    )
    return bool(found)


def next_events(after: int, limit: int) -> list[Stored]:
    """The next published events of the log."""
    head = after + limit
    return [
        Stored(*row)
        for row in rows(f"{_STORED} where l.position > %s order by l.position limit %s", [head, after, limit])
    ]


def events(numbers: Sequence[int], position: int) -> list[Stored]:
    """These events."""
    return [Stored(*row) for row in rows(f"{_STORED} where e.id = any(%s)", [position, list(numbers)])]


def queued(position: int, limit: int) -> list[Stored]:
    """The oldest events that are to be judged again."""
    return [
        Stored(*row)
        for row in rows(
            f"""{_STORED} join judge_queue q on q.event = e.id where l.position <= %s
                order by q.happened_at, l.position limit %s""",
            [position, position, limit],
        )
    ]


def done(events: Sequence[int]) -> None:
    """These need no further judging."""
    rows("delete from judge_queue where event = any(%s)", [list(events)])


def numbers(keys: Collection[Any]) -> dict[Any, int]:
    """Item by the hash of its code."""
    return dict(rows("select hash, id from name where hash = any(%s)", [list(keys)])) if keys else {}


def levels(items: Collection[int]) -> list[tuple[int, int, int | None, str]]:
    """(item, level, product, canonical code)."""
    if not items:
        return []
    return rows("select id, level, product, canonical from item where id = any(%s)", [list(items)])


def parts(items: Collection[int], until: datetime, position: int) -> list[tuple[Any, ...]]:
    """(item, event, role, group, quantity, unit, how many the item has) of all that happened to the items by a moment, at most
    MAX_PARTS each."""
    if not items:
        return []
    return rows(
        f"""select p.item, p.event, p.role, p.position, p.quantity, p.unit, p.held
            from unnest(%s::bigint[]) as w (number) cross join lateral (
              select *, count(*) over () as held from (
                select * from part where item = w.number and at <= %s order by {NEWEST} limit %s) n) p {VALID}""",
        [list(items), until, MAX_PARTS, position, position],
    )


def others(events: Collection[int], roles: Iterable[Role]) -> list[tuple[int, int, int, int]]:
    """(event, item, role, group): who else had these roles in events that are known to be valid."""
    if not events:
        return []
    return rows(
        "select event, item, role, position from part where event = any(%s) and role = any(%s)",
        [list(events), [int(role) for role in roles]],
    )


def heads(events: Collection[int]) -> list[tuple[Any, ...]]:
    """(event, time, position, zone, kind, action, business step, disposition, organisation)."""
    if not events:
        return []
    return rows(
        """select e.id, e.happened_at, l.position, e.zone, e.kind, e.action, e.step, e.disposition, e.organisation
           from event e join log_entry l on l.event = e.id where e.id = any(%s)""",
        [list(events)],
    )


def parties(events: Collection[int]) -> list[tuple[int, int, int]]:
    """(event, item of the party, role)."""
    return rows("select event, party, role from event_party where event = any(%s)", [list(events)]) if events else []


def said(events: Collection[int]) -> list[tuple[int, str, str, Said]]:
    """(event, sector, step, what it says) of the last verdicts that count."""
    if not events:
        return []
    found = rows(
        """select v.event, v.sector, v.step, v.said::text from verdict_last w join verdict v on v.id = w.verdict
           where w.event = any(%s) and v.outcome = 'judged'""",
        [list(events)],
    )
    return [(event, sector, step, msgspec.json.decode(text, type=Said)) for event, sector, step, text in found]


def registered(items: Collection[int]) -> dict[int, int]:
    """The registered party behind each party's item, an alias included."""
    if not items:
        return {}
    return dict(
        rows(
            """select i.id, p.id from item i join registry_party p on p.code = i.canonical where i.id = any(%s)
               union select i.id, a.party_id from item i join registry_partyalias a on a.code = i.canonical
               where i.id = any(%s)""",
            [list(items), list(items)],
        )
    )


def registered_codes(texts: Sequence[str]) -> dict[str, int]:
    """The same by canonical code, for parties that no event named yet."""
    if not texts:
        return {}
    return dict(
        rows(
            """select code, id from registry_party where code = any(%s)
               union select code, party_id from registry_partyalias where code = any(%s)""",
            [list(texts), list(texts)],
        )
    )


def reporters(organisations: Collection[int]) -> list[tuple[int, str, str, str]]:
    """(organisation, party's canonical code, kind, region)."""
    return rows("select id, party, kind, region from accounts_organisation where id = any(%s)", [list(organisations)])


@dataclass(frozen=True, slots=True)
class Kept:
    """The last verdict of an event and sector, as far as a new one is compared with it."""

    verdict: int
    step: str
    outcome: str
    edition: str
    region: str
    actor: int
    said: Said
    findings: tuple[tuple[str, str, str, str, str, str, str], ...]


def kept(events: Collection[int]) -> dict[tuple[int, str], Kept]:
    """The last verdicts of these events, by event and sector."""
    found = rows(
        """select v.event, v.sector, v.id, v.step, v.outcome, v.edition, v.region, v.actor, v.said::text
           from verdict_last w join verdict v on v.id = w.verdict where w.event = any(%s)""",
        [list(events)],
    )
    texts: dict[int, list[Any]] = {row[2]: [] for row in found}
    if texts:
        for verdict, *finding in rows(
            """select verdict, rule, severity, path, says_zh, says_en, article_zh, article_en from finding
               where verdict = any(%s) order by verdict, number""",
            [list(texts)],
        ):
            texts[verdict].append(tuple(finding))
    return {
        (row[0], row[1]): Kept(*[*row[2:8], msgspec.json.decode(row[8], type=Said), tuple(texts[row[2]])])
        for row in found
    }


def bought(
    buyers: Sequence[int],
    steps: Sequence[tuple[str, str]],
    since: datetime,
    until: datetime,
    but: Sequence[int],
) -> list[tuple[int, str, datetime, int, date, Said]]:
    """(buyer's item, sector, time, position, day, what it says) of acts that count towards a limit, of these steps."""
    found = rows(
        f"""select p.party, {_COUNTED} join event_party p on p.event = w.event and p.role = %s
            where p.party = any(%s) and (w.sector, w.step) in (select * from unnest(%s::text[], %s::text[]))
              and w.happened_at between %s and %s and w.event <> all(%s) and v.said ? 'counted'""",
        [
            int(PartyRole.DESTINATION_OWNER),
            list(buyers),
            [sector for sector, _ in steps],
            [step for _, step in steps],
            since,
            until,
            list(but),
        ],
    )
    return [_counted(row) for row in found]


def made(
    parties: Sequence[int], until: datetime, but: Sequence[int]
) -> list[tuple[int, str, datetime, int, date, Said]]:
    """(registered party, sector, time, position, day, what it says) of acts that used up a quota of these registered parties."""
    found = rows(
        f"""with codes as (select id, code from registry_party where id = any(%s)
                           union select party_id, code from registry_partyalias where party_id = any(%s))
            select c.id, {_COUNTED} join item i on i.id = w.actor join codes c on c.code = i.canonical
            where w.happened_at <= %s and w.event <> all(%s) and v.said ? 'made'""",
        [list(parties), list(parties), until, list(but)],
    )
    return [_counted(row) for row in found]


_COUNTED = """w.sector, w.happened_at, l.position, e.zone, v.said::text
  from verdict_last w join verdict v on v.id = w.verdict join event e on e.id = w.event join log_entry l on l.event = w.event"""


def _counted(row: tuple[Any, ...]) -> tuple[int, str, datetime, int, date, Said]:
    party, sector, at, position, zone, text = row
    return party, sector, at, position, local_day(at, zone), msgspec.json.decode(text, type=Said)


def holds_parts(registers: Sequence[str], length: int) -> bool:
    """Whether any of these registers holds codes, or parts of codes, of this length."""
    return bool(
        rows(
            """select 1 from registry_registerentry e join registry_register r on r.id = e.register_id
               where r.name = any(%s) and exists (select 1 from unnest(e.codes) c where length(c) = %s) limit 1""",
            [list(registers), length],
        )
    )


def write(verdicts: Sequence[tuple[tuple[Any, ...], Said, Sequence[tuple[str, ...]]]]) -> None:
    """Keep verdicts with their findings, and make them the last. Each: (event, happened_at, sector, step, outcome, edition,
    region, actor, position, judged_at, errors, warnings), what it says, findings."""
    if not verdicts:
        return
    numbered = rows("select nextval('verdict_id') from generate_series(1, %s)", [len(verdicts)])
    ids = [row[0] for row in numbered]
    copy(
        "verdict",
        "id, event, sector, step, outcome, edition, region, actor, position, judged_at, errors, warnings, said",
        (
            (number, row[0], *row[2:], Jsonb(msgspec.to_builtins(said)))
            for number, (row, said, _) in zip(ids, verdicts, strict=True)
        ),
    )
    copy(
        "finding",
        "verdict, number, rule, severity, path, says_zh, says_en, article_zh, article_en",
        (
            (number, place, *one)
            for number, (_, _, findings) in zip(ids, verdicts, strict=True)
            for place, one in enumerate(findings)
        ),
    )
    columns = list(
        zip(
            *(
                (row[0], row[2], number, row[3], row[7], row[1], row[10], row[11])
                for number, (row, _, _) in zip(ids, verdicts, strict=True)
            ),
            strict=True,
        )
    )
    rows(
        """insert into verdict_last (event, sector, verdict, step, actor, happened_at, errors, warnings)
           select * from unnest(%s::bigint[], %s::text[], %s::bigint[], %s::text[], %s::bigint[], %s::timestamptz[],
                                %s::int[], %s::int[])
           on conflict (event, sector) do update set verdict = excluded.verdict, step = excluded.step,
             actor = excluded.actor, errors = excluded.errors, warnings = excluded.warnings""",
        [list(column) for column in columns],
    )


def answerable(found: Iterable[tuple[int, int]]) -> int:
    """Of (party, role) pairs of one event, the party that answers: who is named as such, else who reported it."""
    by_role = {role: party for party, role in found}
    return by_role.get(PartyRole.ANSWERABLE, by_role.get(PartyRole.REPORTER, 0))
