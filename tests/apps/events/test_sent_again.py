"""The same bytes again: the same verdicts as reading them anew would give, and nothing is stored beside the capture itself."""

import json
from typing import Any

import pytest

from support import AT, document, event
from zhuisu import epcis
from zhuisu.accounts.models import Organisation
from zhuisu.events import again, services
from zhuisu.events.queries import capture_job
from zhuisu.events.scope import ALL
from zhuisu.events.store import rows
from zhuisu.events.verdicts import Receipt

DECLARED = {"declarationTime": "2026-11-20T12:00:00+08:00", "reason": "incorrect_data"}
TABLES = ("event", "event_body", "event_seen", "event_witness", "part", "name", "item", "log_queue", "witness_queue")


def named(number: int, **fields: Any) -> dict[str, Any]:
    return event(eventID=f"urn:uuid:00000000-0000-4000-8000-{number:012d}", **fields)


def item(number: int) -> list[str]:
    return [f"urn:epc:id:sgtin:9506000.013435.{number}"]


@pytest.fixture(autouse=True)
def short_ones_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(again, "AGAIN_OCTETS", 0)


def send(organisation: Organisation, body: bytes, **options: Any) -> Receipt:
    return services.receive(body, media_type=None, organisation=organisation.pk, by="system:test", at=AT, **options)


def known(organisation: Organisation, body: bytes) -> Receipt | None:
    return again.sent_before(body, None, organisation.pk, "token")


def read_anew(organisation: Organisation, body: bytes, monkeypatch: pytest.MonkeyPatch) -> Receipt:
    with monkeypatch.context() as patch:
        patch.setattr(again, "AGAIN_OCTETS", 1 << 30)
        return send(organisation, body)


def counted() -> list[int]:
    return [rows(f"select count(*) from {table}")[0][0] for table in TABLES]


TWICE = [named(1), named(1), named(2, epcList=item(2))]
UNNAMED = [event(epcList=item(3)), named(3), event(epcList=item(4)), event(epcList=item(3))]


@pytest.mark.parametrize("events", [[named(1)], TWICE, UNNAMED], ids=["one", "twice", "unnamed"])
@pytest.mark.parametrize("behaviour", ["rollback", "proceed"])
def test_the_verdicts_are_those_of_reading_it_anew(
    dairy: Organisation, monkeypatch: pytest.MonkeyPatch, events: list[dict[str, Any]], behaviour: Any
) -> None:
    body = document(*events)
    assert known(dairy, body) is None
    send(dairy, body, behaviour=behaviour)
    before = counted()
    short, long = send(dairy, body, behaviour=behaviour), read_anew(dairy, body, monkeypatch)
    assert (short.success, short.counts, short.verdicts) == (long.success, long.counts, long.verdicts)
    assert known(dairy, body) is not None
    assert counted() == before


def test_each_sending_can_be_asked_for(dairy: Organisation) -> None:
    tokens = [send(dairy, document(named(1))).token for _ in range(2)]
    assert all(capture_job(ALL, token) for token in tokens)
    assert tokens[0] != tokens[1]
    kept = rows("select count(*), count(distinct sha256), count(distinct token) from capture")
    assert kept == [(2, 1, 2)]


def test_what_another_disputes_is_a_duplicate_too(
    dairy: Organisation, market: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = document(named(1, disposition="active"))
    send(market, document(named(1)))
    assert send(dairy, body).verdicts[0].reasons
    assert send(dairy, body).verdicts == read_anew(dairy, body, monkeypatch).verdicts


def test_a_witness_stays_the_witness_that_he_is(
    dairy: Organisation, market: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = document(named(1))
    send(dairy, body)
    assert known(market, body) is None  # what another sent is read
    send(market, body)
    before = counted()
    assert send(market, body).verdicts == read_anew(market, body, monkeypatch).verdicts
    assert counted() == before


@pytest.mark.parametrize("why", ["declaration", "master data", "curie", "refused", "conflict", "bare"])
def test_what_must_be_read_is_read(dairy: Organisation, why: str) -> None:
    body = document(named(1))
    options: dict[str, Any] = {"behaviour": "proceed"}
    whole = json.loads(body)
    if why == "declaration":
        body = document(named(1, errorDeclaration=DECLARED))
    elif why == "master data":
        vocabulary = {"type": "urn:epcglobal:epcis:vtype:Location", "vocabularyElementList": [{"id": "urn:x:1"}]}
        body = json.dumps(whole | {"epcisHeader": {"epcisMasterData": {"vocabularyList": [vocabulary]}}}).encode()
    elif why == "curie":
        whole["@context"] = [*whole["@context"], {"own": "urn:x:"}]
        whole["epcisBody"]["eventList"][0]["eventID"] = "own:7"
        body = json.dumps(whole).encode()
    elif why == "refused":
        body = document(named(1), named(2, bizStep="nonsense"))
    elif why == "conflict":
        send(dairy, document(named(1, disposition="active")))
    elif why == "bare":
        body, options = json.dumps(whole["epcisBody"]["eventList"][0]).encode(), {"bare": True}
    send(dairy, body, **options)
    assert known(dairy, body) is None


def test_a_declaration_that_has_become_wrong_is_judged_anew(dairy: Organisation) -> None:
    """It came before its event, which then said something else: sent again it is a conflict, as it would be if it came first now."""
    body = document(named(1, errorDeclaration=DECLARED), named(2, epcList=item(2)))
    assert send(dairy, body).success
    send(dairy, document(named(1, disposition="active")))
    assert [one.verdict for one in send(dairy, body, behaviour="proceed").verdicts] == ["conflict", "duplicate"]


def test_xml_is_read(dairy: Organisation) -> None:
    assert known(dairy, b"<epcis:EPCISDocument/>") is None


def test_a_wrong_media_type_is_refused_again(dairy: Organisation) -> None:
    send(dairy, document(named(1)))
    with pytest.raises(epcis.DocumentError, match="media"):
        services.receive(document(named(1)), media_type="text/csv", organisation=dairy.pk, by="system:test", at=AT)
