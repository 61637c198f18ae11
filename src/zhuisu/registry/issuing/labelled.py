"""What the issue log says of many codes of ours at once: who gave each out, of which lot, until when. Two statements."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import connection

from zhuisu.codes import zs_unit
from zhuisu.registry.issuing import keys
from zhuisu.registry.issuing.errors import IssueError
from zhuisu.registry.issuing.models import Series

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A code that was handed out. `lot` and `expires_on` as printed; "" and None where the issue log knows none."""

    organisation: int
    gtin: str
    lot: str
    expires_on: date | None


def labelled(found: Iterable[str]) -> dict[str, Labelled]:
    """Those of the canonical codes that were handed out here. A code whose issuer's key file is gone is left out, and logged."""
    ours = {text: held for text in found if (held := _ours(text))}
    if not ours:
        return {}
    series = {
        one.name: one
        for one in Series.objects.select_related("key").filter(
            name__in={text[: zs_unit.SERIES] for text, _ in ours.values()}
        )
    }
    counters: dict[tuple[int, int], str] = {}
    for code, (text, gtin) in ours.items():
        one = series.get(text[: zs_unit.SERIES])
        if one is None or (gtin and gtin != one.gtin):
            continue
        try:
            counter = zs_unit.counter_of(keys.key_of(one.key), one.key_version, text)
        except IssueError as wrong:
            log.warning("series %s: %s", one.name, wrong)
            continue
        if counter <= zs_unit.MAX_PER_SERIES:
            counters[one.pk, counter] = code
    gtins = {one.pk: (one.organisation_id, one.gtin) for one in series.values()}
    return {
        counters[number, counter]: Labelled(*gtins[number], lot or "", expires_on)
        for number, counter, lot, expires_on in _rows(list(counters))
    }


def _ours(canonical: str) -> tuple[str, str] | None:
    """The sixteen characters of a code of our form, with the GTIN that it claims; None where it is of another form."""
    scheme, _, value = canonical.partition(":")
    if scheme == "zs.unit":
        text, gtin = value, ""
    elif scheme == "gs1.sgtin":
        gtin, _, text = value.removeprefix("01/").partition("/21/")
    else:
        return None
    whole = len(text) == zs_unit.LENGTH and set(text) <= set(zs_unit.ALPHABET)
    return (text, gtin) if whole and zs_unit.check_character(text[:-1]) == text[-1] else None


def _rows(wanted: list[tuple[int, int]]) -> list[tuple[int, int, str | None, date | None]]:
    """(series, counter, lot, expiry) of those that a batch handed out."""
    if not wanted:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            """select w.series, w.counter, s.lot, s.expires_on
               from unnest(%s::bigint[], %s::bigint[]) as w (series, counter)
               join lateral (select first, count from registry_batch where series_id = w.series and first <= w.counter
                             order by first desc limit 1) b on w.counter < b.first + b.count
               left join lateral (select last, lot, expires_on from registry_lotspan
                                  where series_id = w.series and first <= w.counter order by first desc limit 1) s
                 on w.counter <= s.last""",
            [[series for series, _ in wanted], [counter for _, counter in wanted]],
        )
        found: list[tuple[int, int, str | None, date | None]] = cursor.fetchall()
        return found
