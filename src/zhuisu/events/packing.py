"""Packing as people do it: this into that. Checked against the issued codes, then captured as AggregationEvents like any other."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from graphlib import CycleError, TopologicalSorter
from typing import Any, Literal

from django.utils import timezone

from zhuisu import codes, epcis
from zhuisu.accounts.models import Organisation
from zhuisu.codes import Code, zs_unit
from zhuisu.events.services import INLINE_LIMIT, Receipt, receive
from zhuisu.registry.issuing.imports import About, Imported, import_codes
from zhuisu.registry.issuing.queries import states_of
from zhuisu.registry.issuing.selections import MAX_REFUSED, MOST_CODES, Codes, Part, Refused, find, read, told
from zhuisu.registry.issuing.states import State
from zhuisu.registry.models import PackLevel, Series

MAX_CHILDREN = (
    5_000  # of one event: about 300 kB, well below the largest event that is read. More becomes several events
)
MAX_DOCUMENT = 4_194_304  # octets of a document made here (4 MiB): a quarter of what a sender by HTTP may send

_RANK = {level: rank for rank, level in enumerate(PackLevel.values)}
_MEDIA_TYPE = "application/ld+json"


class PackRefused(ValueError):
    """Some codes cannot be packed as asked. Nothing was captured. `refused` says which: position 1 is the first code named."""

    def __init__(self, refused: Sequence[Refused]) -> None:
        super().__init__(f"{len(refused)} codes refused: {refused[0].message}")
        self.refused = told(refused)


@dataclass(frozen=True, slots=True)
class _Thing:
    """A code as it stands in a document, and its package level where it is one of ours."""

    uri: str
    level: str = ""


def pack(
    parent: str, children: Sequence[str], *, organisation: Organisation, by: str, at: datetime, place: str = ""
) -> Receipt:
    """Put things into a package, as from `at` on. Codes in any written form; `place` is a place's code.

    Of our own codes parent and children must be this organisation's, issued or active, and the parent of a higher
    package level than its children. Raises PackRefused; position 1 is the parent. Raises codes.CodeError for `place`.
    """
    return _capture_one(parent, children, "ADD", organisation=organisation, by=by, at=at, place=place)


def unpack(
    parent: str, children: Sequence[str] = (), *, organisation: Organisation, by: str, at: datetime, place: str = ""
) -> Receipt:
    """Take things out of a package; without children all of them (EPCIS 2.0 §7.4.2). Checked and raises as `pack`."""
    return _capture_one(parent, children, "DELETE", organisation=organisation, by=by, at=at, place=place)


def pack_many(
    relations: Iterable[tuple[str, str]], *, organisation: Organisation, by: str, at: datetime, place: str = ""
) -> list[Receipt]:
    """Many (parent, child) at once, inner packages first, in as many documents as their size needs.

    All codes are checked before the first document is captured. Each document is captured for itself: called again with
    the same `at` after a crash, what was captured is a duplicate. Raises PackRefused, positions by relation from 1.
    """
    named = list(relations)
    things, refused = _things([text for relation in named for text in relation], organisation)
    refused = [_at_relation(one) for one in refused]
    if not refused:
        refused = [
            wrong
            for number, (parent, child) in enumerate(named, 1)
            if (wrong := _misfit(number, child, things[parent], things[child]))
        ]
    if refused:
        raise PackRefused(refused)
    inside: dict[str, list[str]] = defaultdict(list)
    for parent, child in dict.fromkeys((things[parent].uri, things[child].uri) for parent, child in named):
        inside[parent].append(child)
    events = [
        _event(parent, inside[parent][start : start + MAX_CHILDREN], "ADD", at, place)
        for parent in _inner_first(inside)
        for start in range(0, len(inside[parent]), MAX_CHILDREN)
    ]
    return [
        receive(document, media_type=_MEDIA_TYPE, organisation=organisation.pk, by=by, at=at)
        for document in _documents(events, at)
    ]


def import_tree(
    *, organisation: Organisation, scheme: str, content: bytes, by: str, at: datetime, about: About | None = None
) -> tuple[Imported, list[Receipt]]:
    """Take over a parent-child file of another authority, and capture who is packed in whom. Raises as import_codes.

    The events bear the time of the import, so that the same file sent again after a crash adds only what is missing.
    """
    done = import_codes(organisation=organisation, scheme=scheme, content=content, by=by, at=at, tree=True, about=about)
    if done.batch is None:
        return done, []
    return done, pack_many(done.relations, organisation=organisation, by=by, at=done.batch.at)


def _capture_one(
    parent: str,
    children: Sequence[str],
    action: Literal["ADD", "DELETE"],
    *,
    organisation: Organisation,
    by: str,
    at: datetime,
    place: str,
) -> Receipt:
    texts = [parent, *children]
    things, refused = _things(texts, organisation, leaving=action == "DELETE")
    if not refused:
        refused = _sense(texts, things, action)
    if refused:
        raise PackRefused(refused)
    event = _event(things[parent].uri, [things[child].uri for child in children], action, at, place)
    (document,) = _documents([event], at)
    return receive(document, media_type=_MEDIA_TYPE, organisation=organisation.pk, by=by, at=at)


def _sense(texts: list[str], things: dict[str, _Thing], action: str) -> list[Refused]:
    """What is wrong with one package as a whole, and each child that does not fit into it."""
    parent, children = texts[0], texts[1:]
    if action == "ADD" and not children:
        return [Refused(1, parent, "empty", "nothing is named to be packed", "没有写明装入的码")]
    if len(children) > MAX_CHILDREN:
        message = f"{len(children)} codes in one package, at most {MAX_CHILDREN}"
        return [Refused(1, parent, "too-many", message, f"一次装入 {len(children)} 个码，最多 {MAX_CHILDREN} 个")]
    refused, seen = [], set[str]()
    for position, child in enumerate(children, 2):
        if things[child].uri in seen:
            refused.append(Refused(position, child, "twice", f"{child} is named twice", f"{child} 重复"))
        elif wrong := _misfit(position, child, things[parent], things[child]):
            refused.append(wrong)
        seen.add(things[child].uri)
    return refused


def _misfit(position: int, text: str, parent: _Thing, child: _Thing) -> Refused | None:
    """Why a thing does not go into a package; None where it does."""
    if parent.uri == child.uri:
        return Refused(position, text, "itself", f"{text} cannot be packed in itself", f"{text} 不能装在自身之内")
    if parent.level and child.level and _RANK[parent.level] <= _RANK[child.level]:
        return Refused(
            position,
            text,
            "levels",
            f"{text} is of level {child.level}: it does not go into one of level {parent.level}",
            f"{text} 的层级为{PackLevel(child.level).label}，不能装入{PackLevel(parent.level).label}",
        )
    return None


def _things(
    texts: Sequence[str], organisation: Organisation, *, leaving: bool = False
) -> tuple[dict[str, _Thing], list[Refused]]:
    """Each text as it stands in documents. Refused: what cannot be read or names no single thing, and of our own codes
    those of others and those whose state forbids it; what leaves a package may be used or voided since."""
    things: dict[str, _Thing] = {}
    refused: list[Refused] = []
    own: dict[str, int] = {}
    alike: dict[str, Code] = {}
    for position, text in enumerate(texts, 1):
        if text in things or text in own:
            continue
        try:
            code = read(text)
        except codes.CodeError as error:
            refused.append(Refused(position, text[:80], error.rule, error.message, error.message_zh))
            if len(refused) > MAX_REFUSED:
                break  # what no scheme reads costs most: a list of it ends here
            continue
        if _own_serial(code):
            own[text] = position
            if code.scheme != "zs.unit":
                alike[text] = code
        elif code.level in (codes.Level.CLASS, codes.Level.PLACE, codes.Level.PARTY, codes.Level.PROCESS):
            message = f"{text[:80]} names no single thing ({code.scheme})"
            refused.append(
                Refused(position, text[:80], "scheme", message, f"{text[:80]} 不是单件物品的码（{code.scheme}）")
            )
        else:
            things[text] = _Thing(_uri(code))
    # A maker's own serial may look like ours, once in 29 times where it has our characters. It is, if the series exists.
    names = {text: _own_serial(code)[: zs_unit.SERIES] for text, code in alike.items()}
    known = set(Series.objects.filter(name__in=set(names.values())).values_list("name", flat=True)) if names else set()
    for text in [text for text, name in names.items() if name not in known]:
        del own[text]
        things[text] = _Thing(_uri(alike[text]))
    for chunk in _chunks(list(own), MOST_CODES):
        refused += _own_things(chunk, own, organisation, things, leaving=leaving)
    refused.sort(key=lambda one: one.position)
    return things, refused


def _own_things(
    texts: Sequence[str],
    positions: dict[str, int],
    organisation: Organisation,
    things: dict[str, _Thing],
    *,
    leaving: bool,
) -> list[Refused]:
    found = find(Codes(tuple(texts)), organisation)
    refused = [
        Refused(positions[texts[one.position - 1]], one.text, one.rule, one.message, one.message_zh)
        for one in found.refused
    ]
    for part in found.parts:
        states = states_of(part)
        for counter, places in part.places.items():
            for text in (texts[place - 1] for place in places):
                things[text] = _own_thing(part, text)
                if not leaving and states[counter] in (State.VOIDED, State.USED):
                    refused.append(_gone(positions[text], text, states[counter]))
    return refused


def _own_thing(part: Part, text: str) -> _Thing:
    series = part.batch.series
    return _Thing(_uri(codes.from_canonical(series.canonical(_own_serial(read(text))))), series.level)


def _gone(position: int, text: str, state: State) -> Refused:
    if state is State.VOIDED:
        return Refused(position, text, "voided", f"{text} is voided", f"{text} 已作废")
    return Refused(position, text, "used", f"{text} was used already", f"{text} 已使用")


def _own_serial(code: Code) -> str:
    """The sixteen characters of a code that has the form of our own; nothing where it has not."""
    if code.scheme == "zs.unit":
        return code.value
    serial = code.value.partition("/21/")[2] if code.scheme == "gs1.sgtin" else ""
    try:
        return serial if len(serial) == zs_unit.LENGTH and zs_unit.read(serial).value == serial else ""
    except codes.CodeError:
        return ""


def _uri(code: Code) -> str:
    """A GS1 key as Digital Link, which needs no company prefix; everything else as its URN."""
    return codes.to_digital_link(code) if code.scheme.startswith("gs1.") else codes.to_urn(code)


def _at_relation(one: Refused) -> Refused:
    return Refused((one.position + 1) // 2, one.text, one.rule, one.message, one.message_zh)


def _inner_first(inside: dict[str, list[str]]) -> list[str]:
    """The packages in the order in which they are packed. Raises PackRefused where they lie in a ring."""
    try:
        return [one for one in TopologicalSorter(inside).static_order() if one in inside]
    except CycleError as error:
        text = str(error.args[1][0])
        raise PackRefused(
            [Refused(1, text, "ring", f"{text} would lie in itself, over others", f"{text} 会经由其他包装装在自身之内")]
        ) from None


def _event(parent: str, children: Sequence[str], action: str, at: datetime, place: str) -> dict[str, Any]:
    local = at.astimezone(timezone.get_default_timezone())
    offset = local.isoformat(timespec="milliseconds")[-6:]
    event: dict[str, Any] = {
        "type": "AggregationEvent",
        "eventTime": local.isoformat(timespec="milliseconds"),
        "eventTimeZoneOffset": offset,
        "parentID": parent,
        "childEPCs": children,
        "action": action,
        "bizStep": "packing" if action == "ADD" else "unpacking",
    }
    if place:
        uri = _uri(codes.parse(place))
        event |= {"readPoint": {"id": uri}, "bizLocation": {"id": uri}}
    return event


def _documents(events: Sequence[dict[str, Any]], at: datetime) -> Iterator[bytes]:
    """The events in as few documents as the sender's answer at once and MAX_DOCUMENT allow."""
    head = {
        "@context": epcis.context_of({}),
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": at.isoformat(timespec="milliseconds"),
    }
    held: list[str] = []
    size = 0
    for text in (json.dumps(event, ensure_ascii=False) for event in events):
        if held and (len(held) == INLINE_LIMIT or size + len(text) > MAX_DOCUMENT):
            yield _document(head, held)
            held, size = [], 0
        held.append(text)
        size += len(text.encode())
    if held:
        yield _document(head, held)


def _document(head: dict[str, Any], events: list[str]) -> bytes:
    whole = json.dumps(head)[:-1] + ', "epcisBody": {"eventList": [' + ",".join(events) + "]}}"
    return whole.encode()


def _chunks(texts: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(texts), size):
        yield texts[start : start + size]
