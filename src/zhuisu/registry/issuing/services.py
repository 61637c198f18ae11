"""Writes of issuing: hand out ranges, change states, rotate keys. Each takes who does it and when, and leaves a line in the
issue log and in the audit trail."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from django.db import transaction

from zhuisu.accounts.models import Organisation
from zhuisu.accounts.services import record
from zhuisu.codes import zs_unit
from zhuisu.registry.issuing import keys, marks, rights
from zhuisu.registry.issuing.changing import Change, Judged, Refusal, give_lot
from zhuisu.registry.issuing.errors import IssueError
from zhuisu.registry.issuing.imports import import_codes, import_range
from zhuisu.registry.issuing.lots import MAX_LOT, MAX_TEXT, Lot, check_text, lot_of
from zhuisu.registry.issuing.models import Act, Batch, IssuerKey, PackLevel, Series, gtin_of
from zhuisu.registry.issuing.selections import (
    MAX_REFUSED,
    Between,
    Codes,
    Refused,
    Rolls,
    Selection,
    Whole,
    find,
    told,
)
from zhuisu.registry.issuing.spans import Span, size
from zhuisu.registry.models import Product

__all__ = [
    "MAX_LOT",
    "MAX_TEXT",
    "Between",
    "Codes",
    "IssueError",
    "Outcome",
    "Refused",
    "Rolls",
    "Selection",
    "Whole",
    "activate",
    "import_codes",
    "import_range",
    "issue",
    "recover",
    "rotate_key",
    "use",
    "void",
]

MAX_ORDER = 10_000_000  # codes an order: a print file of some 900 MB; whoever needs more orders again
MAX_ROLL = 1_000_000  # codes a roll: no reel of labels is longer
MAX_RANGES = 1_000  # ranges written into one line of the issue log, about 20 kB; the count is always whole
NAME_TRIES = 40  # names of series are 29^4: even with half of them taken, 40 tries fail once in 10^12


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a selection. Where anything is refused, nothing was changed and `changed` is 0."""

    changed: int
    already: int
    refused: tuple[Refused, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether all of it was done (or in a dry run would be)."""
        return not self.refused


@transaction.atomic
def issue(
    *,
    organisation: Organisation,
    product: Product | None,
    level: str,
    count: int,
    by: str,
    at: datetime,
    roll_size: int | None = None,
    lot: str = "",
    produced_on: date | None = None,
    expires_on: date | None = None,
    note: str = "",
    active: bool = False,
) -> Batch:
    """Hand out the next `count` codes of a product and level as a batch; with `active` they are activated at once.

    Raises IssueError: what rights.demand raises, "level", "count", "roll", "lot", "dates", "text", "key-missing",
    "key-swapped". No counter is ever handed out twice: the range is taken under the lock of its series' row.
    """
    if level not in PackLevel.values:
        raise IssueError(
            "level",
            f"{level!r} is no package level; there are {', '.join(PackLevel.values)}",
            f"没有包装层级 {level!r}；可选 {'、'.join(PackLevel.values)}",
            "level",
        )
    _within("count", count, MAX_ORDER, "count", "codes in an order", "一次赋码数量")
    if roll_size is not None:
        _within("roll", roll_size, MAX_ROLL, "roll_size", "codes in a roll", "每卷数量")
    run = lot_of(lot, produced_on, expires_on)
    check_text(note, "note")
    rights.demand(organisation, product, at)
    series = _series_for(organisation, product, level, count, by=by, at=at)
    keys.key_of(series.key)  # a lost key is said now, not when the labels are to be printed
    batch = Batch.objects.create(
        series=series, first=series.next_counter, count=count, roll_size=roll_size, note=note, by=by[:120], at=at
    )
    series.next_counter += count
    series.save(update_fields=["next_counter"])
    transaction.on_commit(partial(marks.note, organisation.pk, series.name, series.next_counter), robust=True)
    span = [(batch.first, batch.last)]
    _log("issue", batch, span, count, lot=lot, reason=note, by=by, at=at)
    if active:
        found = find(Whole(batch), organisation)
        change = Change("activate", found.parts, run)
        change.write()
        _log("activate", batch, span, count, lot=lot, by=by, at=at)
    elif run.given:
        give_lot(series, span, run)
    record(
        "codes.issue",
        by=by,
        at=at,
        organisation=organisation,
        target=f"batch:{batch.pk}",
        series=series.name,
        product=product.code if product else "",
        level=level,
        first=batch.first,
        count=count,
        lot=lot,
        active=active,
    )
    return batch


def activate(
    selection: Selection,
    *,
    organisation: Organisation,
    by: str,
    at: datetime,
    lot: str = "",
    produced_on: date | None = None,
    expires_on: date | None = None,
    dry_run: bool = False,
) -> Outcome:
    """Codes go into use: issued ones become active, with their lot. All of the selection or nothing.

    Refused: what is voided or used, and what has another lot or other dates. Raises IssueError as `find` does, "lot", "dates".
    """
    run = lot_of(lot, produced_on, expires_on)
    return _change("activate", selection, organisation, run, "", by=by, at=at, dry_run=dry_run)


def void(
    selection: Selection, *, organisation: Organisation, by: str, at: datetime, reason: str, dry_run: bool = False
) -> Outcome:
    """Codes are lost, spoiled or withdrawn, for good. Raises IssueError as `find` does, "reason" where none is given."""
    if not reason.strip():
        raise IssueError("reason", "say why these codes are voided", "请说明作废原因", "reason")
    return _change("void", selection, organisation, Lot(), reason.strip(), by=by, at=at, dry_run=dry_run)


def use(
    selection: Selection, *, organisation: Organisation, by: str, at: datetime, reason: str = "", dry_run: bool = False
) -> Outcome:
    """Things with active codes are sold, dispensed or opened. Raises IssueError as `find` does."""
    return _change("use", selection, organisation, Lot(), reason.strip(), by=by, at=at, dry_run=dry_run)


@transaction.atomic
def rotate_key(organisation: Organisation, *, by: str, at: datetime) -> IssuerKey:
    """A new key: series that open from now on are made with it; codes of older ones verify as before, with their key.

    Raises IssueError "key-none" where there is none to replace, "key-versions" after the 255th.
    """
    _lock_issuer(organisation)
    newest = _newest_key(organisation)
    if newest is None:
        raise IssueError("key-none", "this organisation has issued no codes yet", "该主体尚未赋码，没有可更换的密钥")
    made = keys.make(organisation, newest.version + 1, by=by, at=at)
    record(
        "key.rotate",
        by=by,
        at=at,
        organisation=organisation,
        target=f"issuer-key:{organisation.pk}.{made.version}",
        fingerprint=made.fingerprint,
    )
    return made


@transaction.atomic
def recover(organisation: Organisation, *, by: str, at: datetime) -> tuple[list[Batch], list[str]]:
    """After the database was restored from an older copy: what was handed out since is entered again, one batch a series, so
    that no counter is handed out twice and what is printed is genuine. Also the names of series that this database has not.
    Lots, rolls and changes of state since the copy are lost. `issue` does so by itself for the series that it takes."""
    found = marks.highest(organisation.pk)
    own = Series.objects.select_for_update(no_key=True, of=("self",)).select_related("key", "product")
    known = {one.name: one for one in own.filter(organisation=organisation, name__in=found).order_by("pk")}
    made = [batch for one in known.values() if (batch := _catch_up(one, found, by=by, at=at))]
    return made, sorted(found.keys() - known.keys())


def _catch_up(series: Series, counted: Mapping[str, int], *, by: str, at: datetime) -> Batch | None:
    """A batch of what the file says was handed out and the database does not know; the series' row is locked."""
    first, count = series.next_counter, counted.get(series.name, 0) - series.next_counter
    if not 0 < count <= zs_unit.MAX_PER_SERIES - first:
        return None
    note = "数据库恢复前已赋码 (handed out before the database was restored)"
    batch = Batch.objects.create(series=series, first=first, count=count, note=note, by=by[:120], at=at)
    series.next_counter += count
    series.save(update_fields=["next_counter"])
    _log("issue", batch, [(first, batch.last)], count, reason=note, by=by, at=at)
    target = f"batch:{batch.pk}"
    record(
        "codes.recover",
        by=by,
        at=at,
        organisation=series.organisation,
        target=target,
        series=series.name,
        first=first,
        count=count,
    )
    return batch


def _series_for(
    organisation: Organisation, product: Product | None, level: str, count: int, *, by: str, at: datetime
) -> Series:
    """The series with room for `count` more codes, its row locked; a new one where there is none."""
    room = zs_unit.MAX_PER_SERIES - count
    opened = Series.objects.select_for_update(no_key=True, of=("self",)).select_related("key", "product")
    opened = opened.filter(organisation=organisation, product=product, level=level, gtin=gtin_of(product))
    opened = opened.filter(next_counter__lte=room).order_by("-pk")
    key = _newest_key(organisation)
    found = opened.filter(key=key).first() if key else None
    if not found:
        _lock_issuer(organisation)
        key = _newest_key(organisation) or keys.make(organisation, 1, by=by, at=at)
        found = opened.filter(key=key).first() or _open_series(organisation, product, level, key, at)
    if _catch_up(found, marks.highest(organisation.pk), by=by, at=at):
        return _series_for(organisation, product, level, count, by=by, at=at)  # there may be no room left in it
    return found


def _open_series(
    organisation: Organisation, product: Product | None, level: str, key: IssuerKey, at: datetime
) -> Series:
    """A new series under a name that nobody can foretell and nobody has."""
    for _ in range(NAME_TRIES):
        name = "".join(secrets.choice(zs_unit.ALPHABET) for _ in range(zs_unit.SERIES))
        made, fresh = Series.objects.get_or_create(
            name=name,
            defaults={
                "organisation": organisation,
                "product": product,
                "gtin": gtin_of(product),
                "level": level,
                "key": key,
                "opened_at": at,
            },
        )
        if fresh:
            return made
    raise IssueError("series", "no free name for a series was found", "没有可用的码段名称")


def _lock_issuer(organisation: Organisation) -> None:
    """Until the transaction ends, nobody else opens a series or a key for this issuer."""
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)


def _newest_key(organisation: Organisation) -> IssuerKey | None:
    return IssuerKey.objects.filter(organisation=organisation).order_by("-version").first()


def _change(
    verb: str,
    selection: Selection,
    organisation: Organisation,
    lot: Lot,
    reason: str,
    *,
    by: str,
    at: datetime,
    dry_run: bool,
) -> Outcome:
    check_text(reason, "reason")
    found = find(selection, organisation)
    with transaction.atomic():
        # One change at a time in a series; the rows in one order, so that two changes never wait for each other.
        wanted = {part.batch.series_id for part in found.parts}
        list(Series.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk").values_list("pk"))
        change = Change(verb, found.parts, lot)
        refused = told([*found.refused, *_refusals(change.judged)])
        already = sum(_already(one) for one in change.judged)
        if refused:
            return Outcome(0, already, refused)
        changed = sum(size(one.changed) for one in change.judged)
        if changed and not dry_run:
            change.write()
            for one in change.judged:
                if one.changed:
                    _log(verb, one.part.batch, one.changed, size(one.changed), lot=lot.lot, reason=reason, by=by, at=at)
            record(
                f"codes.{verb}",
                by=by,
                at=at,
                organisation=organisation,
                target=" ".join(f"batch:{one.part.batch.pk}" for one in change.judged if one.changed),
                count=changed,
                lot=lot.lot,
                reason=reason,
            )
    return Outcome(changed, already)


def _already(one: Judged) -> int:
    """Codes that were so before, and those that the selection names twice."""
    return one.already + one.part.asked - size(one.part.spans)


def _refusals(judged: Sequence[Judged]) -> list[Refused]:
    """The refused runs: of single codes one by one, of ranges by their first code."""
    answer: list[Refused] = []
    for one in judged:
        part, series = one.part, one.part.batch.series
        key = keys.key_of(series.key)
        for refusal in one.refused:
            first, last = refusal.span
            for counter in range(first, last + 1) if part.places else (first,):
                if len(answer) > MAX_REFUSED:
                    return answer
                text = zs_unit.shown(zs_unit.code_of(key, series.key_version, series.name, counter))
                more = 0 if part.places else last - first
                answer.append(_refused(part.position(counter), text, refusal, more))
    return answer


_RULES = {
    "issued": ("is not active yet: activate it first", "尚未启用，请先启用"),
    "active": ("is active", "已启用"),
    "voided": ("is voided: a voided code is never used again", "已作废，作废的码不得再用"),
    "used": ("was used already: only voiding, with a reason, is left", "已使用，只能说明原因后作废"),
}


def _refused(position: int, text: str, refusal: Refusal, more: int) -> Refused:
    if refusal.rule == "other-lot":
        lot = refusal.lot or "–"
        said, said_zh = f"belongs to lot {lot} or has other dates", f"已属于批号 {lot} 或日期不同"
    else:
        said, said_zh = _RULES[refusal.rule]
    if more:
        said, said_zh = f"and the {more} after it: {said}", f"起共 {more + 1} 个：{said_zh}"
    return Refused(position, text, refusal.rule, f"{text} {said}", f"{text} {said_zh}")


def _log(
    verb: str, batch: Batch, spans: list[Span], count: int, *, by: str, at: datetime, lot: str = "", reason: str = ""
) -> None:
    Act.objects.create(
        verb=verb,
        organisation_id=batch.series.organisation_id,
        series_id=batch.series_id,
        batch=batch,
        first=spans[0][0],
        last=spans[-1][1],
        ranges=spans[:MAX_RANGES],
        count=count,
        lot=lot,
        reason=reason,
        by=by[:120],
        at=at,
    )


def _within(rule: str, number: int, most: int, field: str, what: str, what_zh: str) -> None:
    if not 1 <= number <= most:
        raise IssueError(
            rule, f"{what}: 1 to {most}, not {number}", f"{what_zh}应为 1 至 {most}，不能是 {number}", field
        )
