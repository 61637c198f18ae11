"""What capture and publishing touch depends on what is captured and published, not on how much was before."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from support import AT, document, event
from zhuisu.accounts.models import Organisation
from zhuisu.events import sequencer, store
from zhuisu.events.services import receive

EVENTS, ROUNDS = 60, 16
GROWTH = 1.8  # measured 1.2 to 1.5; 3.0 where indexes are forbidden to the planner


def round_of(number: int) -> bytes:
    """Each event its own things, among a few places."""
    made = []
    for place in range(number * EVENTS, (number + 1) * EVENTS):
        where = {"id": f"urn:epc:id:sgln:9506000.00001.{place % 7}"}
        made.append(event(epcList=[f"urn:epc:id:sgtin:9506000.013435.{place}"], readPoint=where, bizLocation=where))
    return document(*made)


@pytest.mark.alone  # pages that rolled back rows of other tests left behind would be counted too
def test_pages_of_a_round_do_not_grow_with_the_store(dairy: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    pages: list[int] = []
    rows: Callable[..., Any] = sequencer.rows

    def counting(sql: str, parameters: Any = ()) -> Any:
        if sql.lstrip().startswith(("select note_use", "with said")):
            ((told,),) = store.rows(f"explain (analyze, buffers, format json) {sql}", parameters)
            plan = (json.loads(told) if isinstance(told, str) else told)[0]["Plan"]
            pages[-1] += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
            if "note_use" in sql:  # a function has worked when it was explained
                return []
        return rows(sql, parameters)

    monkeypatch.setattr(sequencer, "rows", counting)
    for number in range(ROUNDS):
        receive(round_of(number), media_type=None, organisation=dairy.pk, by="system:test", at=AT)
        pages.append(0)
        assert sequencer.publish(AT) == EVENTS
    assert pages[0] > 0
    assert pages[-1] <= GROWTH * min(pages[1:4]), pages


EVIDENCE = ["name", "item", "event", "event_party", "event_seen", "event_disputed", "part", "log_entry"]


def read_through() -> int:
    """Rows of the core that this transaction met by reading whole tables."""
    ((found,),) = store.rows(
        "select sum(seq_tup_read) from pg_stat_xact_user_tables where relname = any(%s)", [EVIDENCE]
    )
    return int(found)


def test_a_few_events_are_published_by_look_ups_alone(dairy: Organisation) -> None:
    def sent(*events: dict[str, Any]) -> int:
        receive(document(*events), media_type=None, organisation=dairy.pk, by="system:test", at=AT)
        before = read_through()
        sequencer.publish(AT)
        return read_through() - before

    wrong = {"declarationTime": "2026-11-20T12:00:00+08:00", "reason": "incorrect_data"}
    named = [event(epcList=[f"urn:epc:id:sgtin:9506000.013435.{n}"], eventID=f"urn:x:{n}") for n in range(1_500)]
    sent(*named)
    late = [event(eventID=f"urn:y:{n}") for n in range(10)]
    assert sent(*late, late[0] | {"errorDeclaration": wrong}, named[7] | {"errorDeclaration": wrong}) == 0
    voided = store.rows("select b.event_id from void v join event_body b on b.event = v.event order by 1")
    assert voided == [("urn:x:7",), ("urn:y:0",)]


def test_what_is_new_in_a_document_is_found_out_by_look_ups_alone(dairy: Organisation) -> None:
    def sent(numbers: range) -> int:
        made = [event(epcList=[f"urn:epc:id:sgtin:9506000.013435.{n}"], eventID=f"urn:x:{n}") for n in numbers]
        before = read_through()
        receive(document(*made), media_type=None, organisation=dairy.pk, by="system:test", at=AT)
        return read_through() - before

    sent(range(1_500))
    assert sent(range(1_000, 2_000)) == 0


def test_events_stand_in_the_log_in_the_order_of_their_documents(dairy: Organisation) -> None:
    names = [f"urn:x:{n}" for n in (5, 3, 9, 1, 7, 2)]
    for some in (names[:4], names[4:]):
        made = [event(eventID=name) for name in some]
        receive(document(*made), media_type=None, organisation=dairy.pk, by="system:test", at=AT)
    assert sequencer.publish(AT) == len(names)
    found = store.rows("select b.event_id from log_entry l join event_body b on b.event = l.event order by l.position")
    assert [name for (name,) in found] == names
