"""The journal and its projectors: what is acknowledged is stored once, whoever stores it, in whatever groups, each organisation in its turn."""

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support import AT, document, event
from zhuisu import epcis
from zhuisu.accounts.models import Organisation
from zhuisu.events import lanes, projecting, queries, store
from zhuisu.events.backlog import forget_pace, waiting
from zhuisu.events.large import receive_large, store_next
from zhuisu.events.projecting import Projector
from zhuisu.events.scope import ALL
from zhuisu.events.services import Refused, journal, receive

SECOND = timedelta(seconds=1)


def numbered(number: int, **fields: Any) -> dict[str, Any]:
    own = {
        "eventID": f"urn:uuid:00000000-0000-4000-9000-{number:012d}",
        "epcList": [f"urn:epc:id:sgtin:9506000.013435.{number}"],
    }
    return event(**own | fields)


def keep(organisation: Organisation, *events: dict[str, Any], **options: Any) -> str:
    """Journal a document; its token."""
    who = {"media_type": "application/ld+json", "organisation": organisation.pk, "by": "system:test", "at": AT}
    receipt = journal(document(*events), **who | options)
    assert not receipt.finished
    return receipt.token


def count(table: str) -> int:
    return int(store.rows(f"select count(*) from {table}")[0][0])


def job(token: str) -> queries.Job:
    found = queries.capture_job(ALL, token)
    assert found
    return found


def test_a_journalled_document_is_durable_then_stored(dairy: Organisation) -> None:
    token = keep(dairy, numbered(1), numbered(2))
    assert job(token).finished_at is None
    held = waiting(AT)
    assert (held.documents, held.events, held.oldest) == (1, 2, AT)
    assert held.of == {dairy.pk: (1, held.octets)}
    assert held.pace.documents == 0
    assert Projector().step(AT + SECOND) == 1
    assert (job(token).accepted, job(token).success) == (2, True)
    after = waiting(AT + 11 * SECOND)
    assert (after.documents, after.octets, after.oldest) == (0, 0, None)
    assert (after.pace.documents, after.pace.events) == (0.1, 0.2)
    assert waiting(AT + timedelta(hours=1)).pace.events == 0
    forget_pace(AT + timedelta(hours=1))
    assert count("projection_pace") == 0


def test_a_document_of_no_good_form_is_not_kept(dairy: Organisation) -> None:
    for body, rule in ((b"{", "json"), (b'{"type": "EPCISDocument"}', ""), (b"", "empty")):
        with pytest.raises(epcis.DocumentError) as wrong:
            journal(body, media_type="application/json", organisation=dairy.pk, by="system:test", at=AT)
        assert not rule or wrong.value.rule == rule or rule == "json"
    assert count("capture") == count("capture_queue") == 0


def test_what_is_wrong_with_an_event_is_told_by_the_job(dairy: Organisation) -> None:
    wrong = keep(dairy, numbered(1), numbered(2, action="DANCE"))
    each = keep(dairy, numbered(3), numbered(4, action="DANCE"), behaviour="proceed")
    assert Projector().step(AT) == 2
    assert (job(wrong).success, job(wrong).accepted, job(wrong).refused) == (False, 0, 2)
    assert (job(each).success, job(each).accepted, job(each).refused) == (False, 1, 1)
    assert count("event") == 1


def test_fifty_in_one_transaction_and_the_poisoned_one_ends_alone(
    dairy: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = [keep(dairy, numbered(one)) for one in range(50)]
    insert, poison = store.insert_events, numbered(17)["epcList"][0]

    def broken(accepted: Any, *rest: Any) -> None:
        if any(poison in one.event.epcs for _, one in accepted):
            raise ZeroDivisionError
        insert(accepted, *rest)

    monkeypatch.setattr(store, "insert_events", broken)
    assert Projector().step(AT) == 50
    bad = [number for number, token in enumerate(tokens) if not job(token).success]
    assert bad == [17]
    assert job(tokens[17]).verdicts[0]["reasons"][0]["rule"] == "internal"  # type: ignore[index]
    assert count("event") == 49


def test_a_group_is_one_transaction(dairy: Organisation, django_assert_max_num_queries: Any) -> None:
    for one in range(20):
        keep(dairy, numbered(one))
    with django_assert_max_num_queries(20 * 7 + 30):  # one by one it would be eleven each
        assert Projector().step(AT) == 20
    assert store.rows("select count(distinct xmin::text) from capture_result where accepted = 1") == [(1,)]
    assert store.rows("select documents, events from projection_pace") == [(20, 20)]


def test_one_with_ten_thousand_does_not_hold_up_another(dairy: Organisation, market: Organisation) -> None:
    mine = lanes.GROUP_DOCUMENTS_LIMIT + 50
    first = keep(dairy, numbered(0))
    store.rows(  # the same document over and over: what is in it matters to nobody here
        """with made as (insert into capture (token, organisation, by, received_at, media_type, behaviour, sha256, size, body)
             select 'copy' || n, organisation, by, received_at, media_type, behaviour, sha256, size, body
             from capture, generate_series(1, %s) n where token = %s returning id, organisation, received_at, size)
           insert into capture_queue (capture, organisation, received_at, octets) select * from made""",
        [mine, first],
    )
    theirs = keep(market, numbered(1))
    with lanes.Turn().taken() as group:
        assert len(group) == lanes.GROUP_DOCUMENTS_LIMIT
        assert job(theirs).id in group[:2]
    turn = lanes.Turn(documents=1)
    for expected in (dairy, market, dairy):
        with turn.taken() as (one,):
            assert store.rows("select organisation from capture_queue where capture = %s", [one]) == [(expected.pk,)]


def test_a_group_holds_no_more_octets_than_it_may(dairy: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    for one in range(6):
        keep(dairy, numbered(one))
    ((size,),) = store.rows("select octets from capture_queue limit 1")
    monkeypatch.setattr(lanes, "GROUP_OCTETS_LIMIT", size * 2 + 1)
    with lanes.Turn().taken() as group:
        assert len(group) == 2
    monkeypatch.setattr(lanes, "GROUP_OCTETS_LIMIT", 1)
    with lanes.Turn().taken() as group:
        assert len(group) == 1  # a document larger than a group is one


def test_large_documents_take_turns_too(dairy: Organisation, market: Organisation) -> None:
    who = {"media_type": "application/json", "by": "system:test", "at": AT}
    order = [dairy, dairy, market]
    tokens = [
        receive_large(iter([document(numbered(place))]), organisation=one.pk, **who).token
        for place, one in enumerate(order)
    ]
    assert store_next(AT)
    assert store_next(AT)
    ended = [job(one).finished_at is not None for one in tokens]
    assert ended == [True, False, True]


@pytest.mark.django_db(transaction=True)
def test_two_projectors_never_store_one_document_twice(market: Organisation) -> None:
    tokens = [keep(market, *(numbered(3 * one + more) for more in range(3))) for one in range(40)]
    ended, faults = [0, 0, 0], list[BaseException]()

    def run(place: int) -> None:
        try:
            projector = Projector(lanes.Turn(documents=7))
            while got := projector.step(AT):
                ended[place] += got
        except BaseException as fault:
            faults.append(fault)
        finally:
            connection.close()

    hands = [threading.Thread(target=run, args=[place]) for place in range(len(ended))]
    for one in hands:
        one.start()
    for one in hands:
        one.join()
    assert faults == []
    while got := Projector().step(AT):  # what one held while the others looked
        ended[0] += got
    assert sum(ended) == len(tokens)
    assert all(job(token).accepted == 3 for token in tokens)
    assert (count("capture_result"), count("event"), count("capture_queue")) == (40, 120, 0)


@pytest.mark.django_db(transaction=True)
def test_what_another_session_holds_is_passed_over(dairy: Organisation) -> None:
    keep(dairy, numbered(1))
    keep(dairy, numbered(2))
    with lanes.Turn(documents=1).taken() as held:
        found: list[list[int]] = []

        def look() -> None:
            with lanes.Turn().taken() as others:
                found.append(others)
            connection.close()

        other = threading.Thread(target=look)
        other.start()
        other.join()
    assert len(held) == len(found[0]) == 1
    assert held != found[0]


def changed(number: int, form: int) -> dict[str, Any]:
    """The event of this number, in one of three contents; the third cannot be read."""
    return numbered(number, **({}, {"disposition": "active"}, {"action": "DANCE"})[form])


documents = st.tuples(
    st.integers(0, 1),  # whose
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from([0, 0, 0, 0, 1, 2])), min_size=1, max_size=4),
    st.sampled_from(["rollback", "proceed"]),
    st.sampled_from(["inline", "journal", "journal", "journal", "large"]),
)


PLANS = {
    "plan": st.lists(documents, min_size=1, max_size=6),
    "group": st.integers(1, 5),
    "between": st.booleans(),
}


@pytest.mark.one_machine("its plain query joins items and events")
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(**PLANS)
def test_any_split_and_grouping_is_as_one_by_one(dairy: Organisation, market: Organisation, **drawn: Any) -> None:
    is_as_one_by_one(dairy, market, **drawn)


@pytest.mark.one_machine("its plain query joins items and events")
@pytest.mark.long
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(**PLANS)
def test_any_split_and_grouping_again_and_again(dairy: Organisation, market: Organisation, **drawn: Any) -> None:
    is_as_one_by_one(dairy, market, **drawn)


def is_as_one_by_one(dairy: Organisation, market: Organisation, plan: list[Any], group: int, between: bool) -> None:
    firms = [dairy, market]
    bodies = [document(*(changed(*one) for one in events)) for _, events, _, _ in plan]

    def send(place: int, at: Any, take: Callable[..., Any]) -> str | None:
        whose, _, behaviour, _ = plan[place]
        who = {"organisation": firms[whose].pk, "by": "system:test", "at": at, "behaviour": behaviour}
        try:
            return str(take(bodies[place], media_type="application/json", **who).token)
        except Refused:
            return None

    with transaction.atomic():
        tokens, ends = list[str | None](), dict[int, Any]()
        at = AT
        ways = {"inline": receive, "journal": journal, "large": lambda body, **who: receive_large(iter([body]), **who)}
        projector = Projector(lanes.Turn(documents=group))
        for place, (_, _, _, way) in enumerate(plan):
            at += SECOND
            tokens.append(send(place, at, ways[way]))
            if between and place % 3 == 2:
                at += SECOND
                projector.step(at)
        while (at := at + SECOND) and (projector.step(at) or store_next(at)):
            continue
        jobs = [job(token) if token else None for token in tokens]
        ends = {place: (one.finished_at, one.id) for place, one in enumerate(jobs) if one}
        told = [outcome(one) if one and not hopeless(plan[place]) else None for place, one in enumerate(jobs)]
        assert not any(one and one.success for place, one in enumerate(jobs) if hopeless(plan[place]))
        stored = state()
        transaction.set_rollback(True)
    with transaction.atomic():  # one by one, in the order in which they were stored
        expected: dict[int, Any] = {}
        for place in sorted(ends, key=ends.__getitem__):
            if token := send(place, AT, receive):
                expected[place] = outcome(job(token))
        assert told == [expected.get(place) for place in range(len(plan))]
        assert stored == state()
        transaction.set_rollback(True)


def outcome(found: queries.Job) -> tuple[Any, ...]:
    return found.success, found.accepted, found.duplicate, found.conflict, found.refused


def hopeless(planned: Any) -> bool:
    """Refused before anything is looked up where its sender waits; a job counts the duplicates in it all the same."""
    _, events, behaviour, _ = planned
    return behaviour == "rollback" and any(form == 2 for _, form in events)


def state() -> list[tuple[Any, ...]]:
    """What is held of the events, without numbers that depend on the order of captures."""
    held = store.rows(
        """select b.event_id, e.organisation, encode(b.body, 'hex'), array_agg(i.canonical || p.role order by i.canonical, p.role)
           from event e join event_body b on b.event = e.id left join part p on p.event = e.id
           left join item i on i.id = p.item group by 1, 2, 3 order by 1, 2"""
    )
    seen = store.rows("select hash::text, digest::text, organisation from event_seen order by 1")
    disputed = store.rows("select hash::text, digest::text, organisation from event_disputed order by 1, 3")
    witnesses = store.rows(
        "select b.event_id, w.organisation from event_witness w join event_body b on b.event = w.event order by 1, 2"
    )
    return [*held, *seen, *disputed, *witnesses]


def test_the_group_is_not_left_to_its_fate_where_somebody_was_faster(
    dairy: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What nobody could foresee when the group was looked at: the first step goes back, each is stored for itself."""
    keep(dairy, numbered(1))
    late = keep(dairy, numbered(2, disposition="active"))
    batches = projecting._batches

    def slow(found: Any) -> Any:
        made = batches(found)
        receive(document(numbered(2)), media_type=None, organisation=dairy.pk, by="system:test", at=AT)
        return made

    monkeypatch.setattr(projecting, "_batches", slow)
    assert Projector().step(AT) == 2
    assert (job(late).success, job(late).conflict) == (False, 1)
    assert count("event") == 2
    assert json.dumps(job(late).verdicts).count("conflict") >= 1
