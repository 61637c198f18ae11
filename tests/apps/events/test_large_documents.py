"""Documents longer than memory: judged and stored like the others, whole or batch by batch, and never seen half."""

import json
import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError, OperationalError

from support import AT, document, event
from zhuisu import epcis
from zhuisu.accounts.models import Organisation
from zhuisu.events import large, proof, queries, sequencer, spool, store
from zhuisu.events.large import receive_large, store_next
from zhuisu.events.scope import scope_of
from zhuisu.events.sequencer import publish
from zhuisu.events.services import receive
from zhuisu.registry.models import VocabularyElement

TIN = "urn:epc:id:sgtin:9506000.013435."


def numbered(number: int, **changes: Any) -> dict[str, Any]:
    return event(eventID=f"urn:uuid:00000000-0000-4000-8000-{number:012d}", epcList=[f"{TIN}{number}"], **changes)


def cut(body: bytes, size: int = 4096) -> Iterator[bytes]:
    return (body[at : at + size] for at in range(0, len(body), size))


def send(organisation: Organisation, body: bytes, behaviour: Any = "rollback", **options: Any) -> queries.Job:
    receipt = receive_large(
        cut(body),
        media_type=None,
        organisation=organisation.pk,
        by="system:test",
        at=AT,
        behaviour=behaviour,
        **options,
    )
    assert not receipt.finished
    assert store_next(AT + timedelta(seconds=1))
    assert not store_next(AT)
    job = queries.capture_job(scope_of(organisation), receipt.token)
    assert job is not None
    return job


def counts(job: queries.Job) -> tuple[int | None, ...]:
    return job.accepted, job.duplicate, job.conflict, job.refused


def count(table: str) -> int:
    return int(store.rows(f"select count(*) from {table}")[0][0])


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large, "BATCH_EVENTS", 3)
    monkeypatch.setattr(spool, "PIECE_LIMIT", 5_000)


@pytest.mark.parametrize("behaviour", ["rollback", "proceed"])
def test_all_events_of_a_large_document_are_stored(dairy: Organisation, behaviour: str) -> None:
    body = document(*(numbered(number) for number in range(40)))
    job = send(dairy, body, behaviour)
    assert (counts(job), job.success, job.size) == ((40, 0, 0, 0), True, len(body))
    assert count("capture_piece") > 1
    assert count("capture_upload") == count("capture_queue") == count("capture_progress") == 0
    assert publish(AT) == 40
    again = send(dairy, body, behaviour)
    assert (counts(again), again.success) == ((0, 40, 0, 0), True)
    assert [one for one in proof.audit_documents() if isinstance(one, proof.Finding)] == []


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("behaviour", ["rollback", "proceed"])
def test_a_large_document_is_judged_as_a_small_one(
    dairy: Organisation, market: Organisation, behaviour: Any, seed: int
) -> None:
    """Two organisations with the same past send the same events, one in pieces and one at once."""
    chance = random.Random(seed)

    def some(least: int) -> list[dict[str, Any]]:
        made = []
        for number in chance.choices(range(30), k=chance.randrange(least, 20)):
            wrong = {"action": "DANCE"} if chance.random() < 0.05 else {}
            made.append(numbered(number, disposition=chance.choice(["active", "active", "in_progress"]), **wrong))
        return made

    before, after = some(0), some(4)
    told = []
    for who, number in ((dairy, 0), (market, 1)):
        turn = [one | {"eventID": f"{one['eventID']}{number}"} for one in before]
        receive(document(*turn), media_type=None, organisation=who.pk, by="system:test", at=AT, behaviour="proceed")
        body = document(*(one | {"eventID": f"{one['eventID']}{number}"} for one in after))
        if number:
            try:
                token = receive(
                    body, media_type=None, organisation=who.pk, by="system:test", at=AT, behaviour=behaviour
                ).token
                job = queries.capture_job(scope_of(who), token)
            except ValueError:  # refused at the door: a large document says so in its job
                job = None
        else:
            job = send(who, body, behaviour)
        told.append(job)
    at_once, in_pieces = told[1], told[0]
    assert in_pieces is not None
    stored = store.rows("select organisation, count(*) from event group by 1")
    assert len({number for _, number in stored}) <= 1
    if at_once is None:
        assert not in_pieces.success
        assert in_pieces.accepted == 0
        return
    assert at_once.success == in_pieces.success
    if at_once.success or behaviour == "proceed":
        assert counts(at_once) == counts(in_pieces)
    else:
        assert at_once.accepted == in_pieces.accepted == 0
        assert sum(map(int, counts(at_once))) == sum(map(int, counts(in_pieces)))


def test_a_conflict_far_behind_takes_all_back(dairy: Organisation) -> None:
    body = document(*(numbered(number) for number in range(20)), numbered(2, disposition="active"))
    job = send(dairy, body)
    assert (job.success, job.accepted, job.conflict) == (False, 0, 1)
    assert (job.refused, count("event"), count("log_queue")) == (20, 0, 0)
    assert [one["index"] for one in job.verdicts or []] == [20]


def test_an_event_that_cannot_be_read_is_said_in_the_job(dairy: Organisation) -> None:
    events = [numbered(number) for number in range(10)]
    job = send(dairy, document(*events, numbered(11, action="DANCE")))
    assert (counts(job), job.success) == ((0, 0, 0, 11), False)
    assert [(one["index"], one["reasons"][0]["rule"]) for one in job.verdicts or []] == [(10, "action")]
    job = send(dairy, document(*events, numbered(11, action="DANCE")), "proceed")
    assert (counts(job), job.success) == ((10, 0, 0, 1), False)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"<a/>", document(numbered(1)) + b"x", document(numbered(1)).replace(b'"2.0"', b'"3.0"')],
)
def test_what_has_no_good_form_is_refused_at_once_and_leaves_nothing(dairy: Organisation, body: bytes) -> None:
    with pytest.raises(epcis.DocumentError):
        receive_large(cut(body), media_type=None, organisation=dairy.pk, by="system:test", at=AT)
    assert count("capture_piece") == count("capture_upload") == count("capture") == 0


def test_a_sender_that_breaks_off_leaves_nothing(dairy: Organisation) -> None:
    def broken() -> Iterator[bytes]:
        yield from cut(document(*(numbered(number) for number in range(40))))
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        receive_large(broken(), media_type=None, organisation=dairy.pk, by="system:test", at=AT)
    assert count("capture_piece") == count("capture_upload") == 0


def test_bytes_of_a_process_that_died_go_after_a_day(dairy: Organisation) -> None:
    source = spool.Spool.begin(AT).taking(cut(b"x" * 20_000))
    next(source), next(source)
    assert count("capture_piece") > 0
    assert spool.forget_unfinished(AT + spool.UPLOAD_LIFE) == 0
    assert spool.forget_unfinished(AT + spool.UPLOAD_LIFE + timedelta(seconds=1)) == 1
    assert count("capture_piece") == 0


def test_pieces_of_a_document_are_evidence(dairy: Organisation) -> None:
    send(dairy, document(*(numbered(number) for number in range(20))))
    for sql in ("delete from capture_piece", "update capture_piece set body = ''", "truncate capture_piece"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            store.rows(sql)


def test_a_piece_in_the_place_of_another_is_found(dairy: Organisation) -> None:
    send(dairy, document(*(numbered(number) for number in range(60))))
    with connection.cursor() as cursor:
        cursor.execute("alter table capture_piece disable trigger append_only")
        cursor.execute("update capture_piece set number = 1 - number + 100 where number < 2")
        cursor.execute("update capture_piece set number = number - 100 where number > 99")
    assert [one for one in proof.audit_documents() if isinstance(one, proof.Finding)]


@pytest.mark.parametrize("behaviour", ["rollback", "proceed"])
def test_a_worker_that_dies_in_between_loses_and_doubles_nothing(
    dairy: Organisation, behaviour: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = [numbered(number) for number in range(11)] + [event(epcList=[f"{TIN}77"]), numbered(3)]
    receipt = receive_large(
        cut(document(*events)), media_type=None, organisation=dairy.pk, by="system:test", at=AT, behaviour=behaviour
    )
    insert, left = store.insert_events, 3

    def dying(*arguments: Any) -> None:
        nonlocal left
        left -= 1
        if not left:
            raise OperationalError("the database went away")
        insert(*arguments)

    monkeypatch.setattr(store, "insert_events", dying)
    with pytest.raises(OperationalError):
        store_next(AT)
    assert count("event") == (6 if behaviour == "proceed" else 0)
    monkeypatch.setattr(store, "insert_events", insert)
    assert store_next(AT)
    job = queries.capture_job(scope_of(dairy), receipt.token)
    assert job is not None
    assert counts(job) == (12, 1, 0, 0)
    assert publish(AT) == 12
    given = [one for one in job.verdicts or [] if one["verdict"] == "accepted"]
    assert [one["index"] for one in given] == [11]


def test_a_document_is_published_whole(dairy: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequencer, "DRAIN_LIMIT", 2)
    monkeypatch.setattr(sequencer, "GROUP_LIMIT", 4)
    send(dairy, document(*(numbered(number) for number in range(20))))
    publish(AT)
    assert [size for (size,) in store.rows("select size from log_head")] == [20]
    assert [row[0] for row in store.rows("select position from log_entry order by 1")] == list(range(1, 21))


def test_master_data_of_a_large_document_is_taken(dairy: Organisation) -> None:
    whole = epcis_with_master_data()
    for behaviour in ("rollback", "proceed"):
        job = send(dairy, whole, behaviour)
        assert job.success
    assert VocabularyElement.objects.filter(organisation=dairy, latest=True).count() == 1


def test_events_that_are_stored_stay_told_where_the_master_data_is_too_much(
    dairy: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zhuisu.registry.vocabulary.services.ELEMENTS_LIMIT", 0)
    job = send(dairy, epcis_with_master_data(), "proceed")
    assert (job.success, counts(job), count("event")) == (False, (1, 0, 0, 0), 1)
    assert [(one["index"], one["reasons"][0]["rule"]) for one in job.verdicts or []] == [(None, "master-data-count")]
    job = send(dairy, epcis_with_master_data().replace(b"numbered", b"n"), "rollback")
    assert (job.success, counts(job), count("event")) == (False, (0, 0, 0, 0), 1)
    assert not VocabularyElement.objects.exists()


def epcis_with_master_data() -> bytes:
    read = json.loads(document(numbered(1)))
    place = {"id": "urn:epc:id:sgln:9506000.00001.0", "attributes": [{"id": "cbvmda:name", "attribute": "冷库"}]}
    vocabulary = {"type": "urn:epcglobal:epcis:vtype:BusinessLocation", "vocabularyElementList": [place]}
    read["epcisHeader"] = {"epcisMasterData": {"vocabularyList": [vocabulary]}}
    return json.dumps(read).encode()
