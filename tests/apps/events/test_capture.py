"""Capture: each event once, with a verdict; nothing half-stored, nothing changed afterwards."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from support import AT, document, event
from zhuisu import codes
from zhuisu.accounts.models import Organisation
from zhuisu.epcis.query import Query
from zhuisu.events import queries, store
from zhuisu.events.scope import ALL, PUBLIC, scope_of
from zhuisu.events.search import search
from zhuisu.events.sequencer import publish
from zhuisu.events.services import Refused, project_next, receive
from zhuisu.events.vocabulary import PartyRole, Role

Capture = Callable[..., Any]
TIN = "urn:epc:id:sgtin:9506000.013435.1"


def parts(event_id: str) -> list[tuple[str, Role, int]]:
    found = store.rows(
        """select i.canonical, p.role, p.position from part p join item i on i.id = p.item
           join event_body b on b.event = p.event where b.event_id = %s order by p.role, p.position""",
        [event_id],
    )
    return [(canonical, Role(role), position) for canonical, role, position in found]


def count(table: str) -> int:
    return int(store.rows(f"select count(*) from {table}")[0][0])


def test_an_event_sent_twice_is_one_event(dairy: Organisation, capture: Capture) -> None:
    one = event(eventID="urn:uuid:00000000-0000-4000-8000-000000000001")
    assert capture(dairy, one).counts == {"accepted": 1, "duplicate": 0, "conflict": 0, "refused": 0}
    turned = dict(reversed(one.items())) | {"eventTime": "2026-11-20T01:00:00Z"}
    again = capture(dairy, turned)
    assert again.counts["duplicate"] == 1
    assert again.success
    assert count("event") == count("event_body") == 1


def test_without_an_id_the_content_is_the_identity(dairy: Organisation, capture: Capture) -> None:
    receipt = capture(dairy, event(), event(), event(epcList=[TIN[:-1] + "2"]))
    assert receipt.counts == {"accepted": 2, "duplicate": 1, "conflict": 0, "refused": 0}
    assert all(one.given_id and one.event_id.startswith("ni:///sha-256;") for one in receipt.verdicts)


def test_same_id_other_content_is_a_conflict_within_an_organisation(dairy: Organisation, capture: Capture) -> None:
    name = "urn:uuid:00000000-0000-4000-8000-000000000002"
    capture(dairy, event(eventID=name))
    receipt = capture(dairy, event(eventID=name, disposition="active"), event(epcList=[TIN[:-1] + "7"]))
    assert not receipt.success
    assert receipt.counts == {"accepted": 0, "duplicate": 0, "conflict": 1, "refused": 1}  # rolled back whole
    assert [r.rule for one in receipt.verdicts for r in one.reasons] == ["conflict", "rolled-back"]
    assert count("event") == 1
    proceed = capture(
        dairy, event(eventID=name, disposition="active"), event(epcList=[TIN[:-1] + "7"]), behaviour="proceed"
    )
    assert proceed.counts == {"accepted": 1, "duplicate": 0, "conflict": 1, "refused": 0}


def test_nobody_can_block_an_owner_by_registering_an_id_first(
    dairy: Organisation, market: Organisation, capture: Capture
) -> None:
    name = "urn:uuid:00000000-0000-4000-8000-000000000003"
    capture(market, event(eventID=name, disposition="recalled"))
    assert capture(dairy, event(eventID=name)).counts["accepted"] == 1
    assert capture(dairy, event(eventID=name)).counts["duplicate"] == 1
    assert capture(dairy, event(eventID=name, disposition="active")).counts["conflict"] == 1
    held = queries.event_by_id(ALL, name)
    assert len(held) == 2
    assert all(one.disputed for one in held)


def test_who_else_sent_the_same_event_is_recorded(dairy: Organisation, market: Organisation, capture: Capture) -> None:
    capture(dairy, event())
    assert capture(market, event()).counts["duplicate"] == 1
    capture(market, event())
    assert store.rows("select organisation from event_witness") == [(market.pk,)]


def test_one_wrong_event_among_many(dairy: Organisation, capture: Capture) -> None:
    good = [event(epcList=[f"{TIN[:-1]}{serial}"]) for serial in range(9)]
    wrong = event(eventTime="yesterday")
    with pytest.raises(Refused) as refused:
        capture(dairy, *good[:4], wrong, *good[4:])
    assert [one.index for one in refused.value.refusals] == [4]
    assert count("capture") == count("event") == 0
    receipt = capture(dairy, *good[:4], wrong, *good[4:], behaviour="proceed")
    assert receipt.counts == {"accepted": 9, "duplicate": 0, "conflict": 0, "refused": 1}
    assert [one.index for one in receipt.verdicts if one.verdict == "refused"] == [4]


DECLARATION = {"declarationTime": "2026-11-20T12:00:00+08:00", "reason": "incorrect_data"}


@pytest.mark.parametrize("declaration_first", [False, True])
def test_a_declaration_voids_without_deleting(dairy: Organisation, capture: Capture, declaration_first: bool) -> None:
    name = "urn:uuid:00000000-0000-4000-8000-000000000004"
    both = [event(eventID=name), event(eventID=name, errorDeclaration=DECLARATION)]
    for one in reversed(both) if declaration_first else both:
        assert capture(dairy, one).counts["accepted"] == 1
    assert capture(dairy, both[1]).counts["duplicate"] == 1
    assert count("void") == 1
    assert len(queries.event_by_id(ALL, name)) == 2
    tin = queries.item_by_code(codes.parse(TIN))
    assert tin
    assert [one.voided for one in queries.history(PUBLIC, [tin.id])] == [True]


def test_a_declaration_of_other_content_is_a_conflict(dairy: Organisation, capture: Capture) -> None:
    name = "urn:uuid:00000000-0000-4000-8000-000000000005"
    capture(dairy, event(eventID=name))
    receipt = capture(dairy, event(eventID=name, disposition="active", errorDeclaration=DECLARATION))
    assert receipt.counts["conflict"] == 1
    assert capture(dairy, event(eventID=name, errorDeclaration=DECLARATION)).counts["accepted"] == 1
    assert count("void") == 1


def test_nobody_voids_the_event_of_another(dairy: Organisation, market: Organisation, capture: Capture) -> None:
    name = "urn:uuid:00000000-0000-4000-8000-000000000006"
    capture(dairy, event(eventID=name))
    capture(market, event(eventID=name, errorDeclaration=DECLARATION))
    assert count("void") == 0


def test_what_others_declared_before_takes_nothing_from_the_owners_word(
    dairy: Organisation, market: Organisation, capture: Capture
) -> None:
    name = "urn:uuid:00000000-0000-4000-8000-000000000007"
    declaration = event(eventID=name, errorDeclaration=DECLARATION)
    capture(dairy, event(eventID=name))
    for sender in (market, dairy):
        assert capture(sender, declaration).counts["accepted"] == 1
        assert capture(sender, declaration).counts["duplicate"] == 1
    assert count("void") == 1


def test_a_declaration_of_other_content_than_was_disputed_is_a_conflict(
    dairy: Organisation, market: Organisation, capture: Capture
) -> None:
    name = "urn:uuid:00000000-0000-4000-8000-000000000008"
    capture(dairy, event(eventID=name))
    disputed = event(eventID=name, disposition="active")
    capture(market, disputed)
    assert capture(market, event(eventID=name, errorDeclaration=DECLARATION)).counts["conflict"] == 1
    assert capture(market, disputed | {"errorDeclaration": DECLARATION}).counts["accepted"] == 1
    assert count("void") == 1


def test_evidence_cannot_be_changed(dairy: Organisation, capture: Capture) -> None:
    capture(dairy, event())
    for table in (
        "capture",
        "capture_result",
        "event",
        "event_body",
        "event_seen",
        "part",
        "item",
        "name",
        "log_entry",
        "log_head",
    ):
        for sql in (f"delete from {table}", f"update {table} set ctid = ctid", f"truncate {table} cascade"):
            with pytest.raises(DatabaseError), transaction.atomic():
                store.rows(sql)
        assert count(table) > 0


def test_a_large_document_waits_for_the_worker(dairy: Organisation, capture: Capture) -> None:
    receipt = capture(dairy, event(), project_now=False)
    assert not receipt.finished
    job = queries.capture_job(scope_of(dairy), receipt.token)
    assert job
    assert job.finished_at is None
    assert project_next(AT)
    assert not project_next(AT)
    publish(AT)
    job = queries.capture_job(scope_of(dairy), receipt.token)
    assert job
    assert (job.success, job.accepted) == (True, 1)


def test_every_kind_of_event_becomes_parts(dairy: Organisation, capture: Capture) -> None:
    sscc, case = "urn:epc:id:sscc:9506000.1000000001", "urn:epc:id:sgtin:9506000.113435.5"
    lot = "urn:epc:class:lgtin:9506000.013435.L1"
    capture(
        dairy,
        event("AggregationEvent", eventID="urn:x:a", action="ADD", parentID=sscc, childEPCs=[case]),
        event("AggregationEvent", eventID="urn:x:d", action="DELETE", parentID=sscc),
        event(
            "TransformationEvent",
            eventID="urn:x:t",
            inputQuantityList=[{"epcClass": lot, "quantity": 3.5, "uom": "KGM"}],
            outputEPCList=[TIN],
        ),
        event(
            "AssociationEvent",
            eventID="urn:x:f",
            action="ADD",
            parentID="urn:epc:id:grai:9506000.12345.1",
            childEPCs=[case],
        ),
        event(
            "TransactionEvent",
            eventID="urn:x:b",
            action="OBSERVE",
            epcList=[case],
            bizTransactionList=[{"type": "po", "bizTransaction": "urn:x:po:1"}],
        ),
    )
    pallet = codes.parse(sscc).canonical
    box, tin = codes.parse(case).canonical, codes.parse(TIN).canonical
    assert parts("urn:x:a") == [(pallet, Role.PACK_PARENT, 0), (box, Role.PACKED, 0)]
    assert parts("urn:x:d") == [(pallet, Role.UNPACK_PARENT, 0)]
    assert parts("urn:x:t") == [(codes.parse(lot).canonical, Role.INPUT, 0), (tin, Role.OUTPUT, 0)]
    assert [role for _, role, _ in parts("urn:x:f")] == [Role.FIT_PARENT, Role.FITTED]
    assert parts("urn:x:b") == [(box, Role.OBSERVED, 0)]


def test_events_that_share_a_transformation_meet_in_it(dairy: Organisation, capture: Capture) -> None:
    shared = "urn:epc:id:gdti:9506000.00001.7"
    milk = [{"epcClass": "urn:epc:class:lgtin:9506000.013435.L1"}]
    capture(
        dairy,
        event("TransformationEvent", eventID="urn:x:in", transformationID=shared, inputQuantityList=milk),
        event("TransformationEvent", eventID="urn:x:out", transformationID=shared, outputEPCList=[TIN]),
    )
    assert parts("urn:x:in")[-1] == (f"process:{shared}", Role.OUTPUT, -1)
    assert parts("urn:x:out")[0] == (f"process:{shared}", Role.INPUT, -1)


def test_serials_know_their_lot_and_other_codes(dairy: Organisation, capture: Capture) -> None:
    capture(
        dairy,
        event(eventID="urn:x:ilmd", ilmd={"cbvmda:lotNumber": "B7/1"}),
        event(eventID="urn:x:zh", epcList=[TIN[:-1] + "2"], ilmd={"cbvmda:lotNumber": "七批"}),
        event(eventID="urn:x:same", action="OBSERVE", bizStep=None, **{"zs:sameAs": ["urn:zhuisu:x:1"]}),
    )
    assert parts("urn:x:ilmd") == [
        (codes.parse(TIN).canonical, Role.COMMISSIONED, 0),
        (codes.parse(TIN).canonical, Role.LOT_MEMBER, 0),
        ("gs1.lgtin:01/09506000134352/10/B7%2F1", Role.LOT_OF, 0),
    ]
    assert parts("urn:x:zh")[-1][0] == "uri:urn:zhuisu:lot:09506000134352:%E4%B8%83%E6%89%B9"
    assert [role for _, role, _ in parts("urn:x:same")] == [Role.OBSERVED, Role.SAME, Role.SAME]


def test_parties_and_scopes(dairy: Organisation, market: Organisation, capture: Capture) -> None:
    buyer = "urn:zhuisu:cn.uscc:91350206MA31QWE52L"
    capture(
        dairy,
        event(eventID="urn:x:sold", destinationList=[{"type": "owning_party", "destination": buyer}]),
        event(eventID="urn:x:own", epcList=[TIN[:-1] + "2"]),
    )
    seen = {one.event_id for one in search(scope_of(market), Query(), limit=10).events}
    assert seen == {"urn:x:sold"}
    assert len(search(scope_of(dairy), Query(), limit=10).events) == 2
    assert queries.event_by_id(scope_of(market), "urn:x:own") == []
    tin = queries.item_by_code(codes.parse(TIN))
    assert tin
    (happening,) = queries.history(PUBLIC, [tin.id])
    assert happening.parties == (
        ("cn.uscc:91350212MA2XYGR01A", PartyRole.REPORTER),
        ("cn.uscc:91350206MA31QWE52L", PartyRole.DESTINATION_OWNER),
    )


def test_a_regulator_sees_its_region_and_one_without_a_region_sees_nothing(
    dairy: Organisation, capture: Capture
) -> None:
    capture(dairy, event())
    seen = {}
    for region in ("350212", "3502", "3506", ""):
        authority = Organisation.objects.create(
            kind="regulator", name=region, party=f"uri:urn:x:{region}", region=region
        )
        seen[region] = len(search(scope_of(authority), Query(), limit=9).events)
        assert len(queries.capture_jobs(scope_of(authority))) == seen[region]
    assert seen == {"350212": 1, "3502": 1, "3506": 0, "": 0}


def test_positions_are_dense_and_heads_never_go_back(dairy: Organisation, capture: Capture) -> None:
    capture(dairy, event(), event(epcList=[TIN[:-1] + "2"]))
    capture(dairy, event(epcList=[TIN[:-1] + "3"]), at=AT - timedelta(hours=1))
    assert [p for (p,) in store.rows("select position from log_entry order by position")] == [1, 2, 3]
    heads = store.rows("select size, published_at from log_head order by size")
    assert [size for size, _ in heads] == [2, 3]
    assert heads[0][1] <= heads[1][1]
    assert queries.head_at(AT) == 3
    assert queries.head_at(AT - timedelta(seconds=1)) == 0


def test_a_failed_document_leaves_no_trace(dairy: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr(store, "insert_events", broken)
    with pytest.raises(RuntimeError, match="power cut"):
        receive(document(event()), media_type=None, organisation=dairy.pk, by="system:test", at=AT)
    assert [count(table) for table in ("capture", "event", "event_seen", "part", "log_queue")] == [0] * 5
    assert connection.is_usable()


def test_a_wrong_code_in_an_extension_of_ours_is_a_refusal(dairy: Organisation, capture: Capture) -> None:
    with pytest.raises(Refused) as refused:
        capture(dairy, event(**{"zs:answerableParty": "urn:zhuisu:cn.uscc:91350212MA2XYGR01B"}))
    assert refused.value.refusals[0].reasons[0].rule == "check-digit"


def test_a_document_that_we_cannot_store_does_not_hold_up_the_next(
    dairy: Organisation, capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison = capture(dairy, event(), project_now=False)
    good = capture(dairy, event(epcList=[TIN[:-1] + "2"]), project_now=False)
    insert = store.insert_events

    def broken(accepted: Any, *rest: Any) -> None:
        if accepted[0][1].event.epcs == (TIN,):
            raise ZeroDivisionError
        insert(accepted, *rest)

    monkeypatch.setattr(store, "insert_events", broken)
    assert project_next(AT)
    assert project_next(AT)
    assert not project_next(AT)
    jobs = {one.token: one for one in queries.capture_jobs(ALL)}
    assert jobs[good.token].success
    assert not jobs[poison.token].success
    assert jobs[poison.token].verdicts[0]["reasons"][0]["rule"] == "internal"
    assert count("event") == 1


def test_what_was_here_stays_a_duplicate_where_the_rest_is_taken_back(dairy: Organisation, capture: Capture) -> None:
    held, name = event(), "urn:uuid:00000000-0000-4000-8000-000000000007"
    capture(dairy, held, event(eventID=name))
    new = event(epcList=[TIN[:-1] + "8"])
    receipt = capture(dairy, held, new, new, event(eventID=name, disposition="active"))
    assert [one.verdict for one in receipt.verdicts] == ["duplicate", "refused", "refused", "conflict"]


def test_who_also_sent_what_another_disputes_is_recorded(
    dairy: Organisation, market: Organisation, capture: Capture
) -> None:
    third = Organisation.objects.create(kind="enterprise", name="第三方", party="cn.uscc:91350212MA0000015N")
    name = "urn:uuid:00000000-0000-4000-8000-000000000008"
    capture(market, event(eventID=name, disposition="recalled"))
    assert capture(dairy, event(eventID=name)).counts["accepted"] == 1
    assert capture(third, event(eventID=name)).counts["duplicate"] == 1
    assert store.rows("select organisation from event_witness") == [(third.pk,)]
    both = [event(eventID=name, disposition="active"), event(eventID=name, disposition="active")]
    assert capture(third, *both).counts == {"accepted": 1, "duplicate": 1, "conflict": 0, "refused": 0}
    assert capture(third, event(eventID=name, disposition="damaged")).counts["conflict"] == 1


def test_disputes_count_from_their_place_in_the_log(
    dairy: Organisation, market: Organisation, capture: Capture
) -> None:
    name = "urn:uuid:00000000-0000-4000-8000-000000000009"
    capture(dairy, event(eventID=name))
    before = queries.head()
    receive(
        document(event(eventID=name, disposition="recalled")),
        media_type=None,
        organisation=market.pk,
        by="system:test",
        at=AT,
    )
    tin = queries.item_by_code(codes.parse(TIN))
    assert tin
    assert [one.disputed for one in queries.event_by_id(ALL, name)] == [False]  # nobody has seen the other yet
    publish(AT)
    assert [one.disputed for one in queries.event_by_id(ALL, name)] == [True, True]
    assert [one.disputed for one in queries.history(PUBLIC, [tin.id])] == [True, True]
    assert [one.disputed for one in queries.history(PUBLIC, [tin.id], position=before)] == [False]
