"""Pages of a query over HTTP: tokens, order and limits on the wire, prefixes of the request; and nobody sees another's events."""

from base64 import urlsafe_b64decode
from datetime import timedelta
from typing import Any
from urllib.parse import quote, unquote, urlencode

import pytest
from django.test import Client

from query_worlds import World
from support import AT, document, event
from zhuisu.accounts import services
from zhuisu.accounts.models import Organisation
from zhuisu.api import paging
from zhuisu.events import search as searching
from zhuisu.events.sequencer import publish
from zhuisu.events.services import receive

Ask = Any


def key_of(organisation: Organisation) -> str:
    _, key = services.issue_key(organisation=organisation, label="ask", by="system", at=AT)
    return key


def send(organisation: Organisation, *events: dict[str, Any]) -> None:
    receive(document(*events), media_type=None, organisation=organisation.pk, by="test", at=AT)
    publish(AT)


def numbered(number: int, **fields: Any) -> dict[str, Any]:
    at = f"2026-11-20T08:{number // 60:02d}:{number % 60:02d}.000+08:00"
    epc = f"urn:epc:id:sgtin:950600013.0435.{number}"
    return event(eventID=f"urn:x:event:{number}", eventTime=at, epcList=[epc], **{"zs:n": number, **fields})


@pytest.fixture
def ask(dairy: Organisation) -> Ask:
    key = key_of(dairy)
    return lambda path, **headers: Client().get(path, headers={"X-API-Key": key} | headers)


def ids(answer: Any) -> list[int]:
    assert answer.status_code == 200, answer.content
    events = answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    return [int(one["eventID"].rpartition(":")[2]) for one in events]


def next_of(answer: Any) -> str:
    return str(answer.get("Link", "").partition(">")[0].removeprefix("<http://testserver"))


def all_pages(ask: Ask, url: str, between: Any = lambda: None) -> list[list[int]]:
    pages = []
    while url:
        answer = ask(url)
        pages.append(ids(answer))
        url = next_of(answer)
        between()
    return pages


def test_ordered_pages_are_of_one_moment(ask: Ask, dairy: Organisation) -> None:
    send(dairy, *(numbered(number) for number in range(10)))
    late = iter(range(100, 120))

    def between() -> None:
        send(dairy, numbered(next(late)))

    newest = [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
    for by in ("eventTime", "zs:n"):
        seen = [
            number
            for page in all_pages(ask, f"/epcis/events?orderBy={by}&perPage=4&LT_zs:n=100", between)
            for number in page
        ]
        assert seen == newest, by
    first = all_pages(ask, "/epcis/events?orderBy=eventTime&orderDirection=ASC&eventCountLimit=5&perPage=2")
    assert first == [[0, 1], [2, 3], [4]]


def test_limits_on_the_wire(ask: Ask, dairy: Organisation) -> None:
    send(dairy, *(numbered(number) for number in range(5)))
    assert all_pages(ask, "/epcis/events?maxEventCount=5&perPage=2") == [[0, 1], [2, 3], [4]]
    answer = ask("/epcis/events?maxEventCount=4")
    assert (answer.status_code, answer.json()["type"]) == (413, "epcisException:QueryTooLargeException")
    assert answer.json()["detail_zh"]
    assert ids(ask("/epcis/events?maxEventCount=4&GE_zs:n=1")) == [1, 2, 3, 4]
    answer = ask("/epcis/events?eventCountLimit=4")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["path"] == "eventCountLimit"


def test_a_token_is_good_for_its_own_query_alone(ask: Ask, dairy: Organisation) -> None:
    send(dairy, *(numbered(number) for number in range(5)))
    url = next_of(ask("/epcis/events?perPage=2&EQ_zs:n=0|1|2|3", **{"GS1-Extensions": "zs=urn:zhuisu:ns:"}))
    assert ask(url).status_code == 400, "the prefixes of the request belong to the query"
    assert ids(ask(url, **{"GS1-Extensions": "zs=urn:zhuisu:ns:"})) == [2, 3]
    token = unquote(url.partition("nextPageToken=")[2])
    for changed in (token[:-1], token + "=", token[:-1] + chr(ord(token[-1]) ^ 1), "A" + token[1:], "x", "é", "A" * 5):
        again = f"{url.partition('nextPageToken=')[0]}nextPageToken={quote(changed)}"
        answer = ask(again, **{"GS1-Extensions": "zs=urn:zhuisu:ns:"})
        assert answer.status_code == 400, changed
        assert answer.json()["errors"][0]["path"] == "nextPageToken"


def test_a_token_cannot_be_given_back_and_nobody_is_told_that_it_was(ask: Ask, dairy: Organisation) -> None:
    send(dairy, *(numbered(number) for number in range(3)))
    url = next_of(ask("/epcis/events?perPage=2"))
    key = {"X-API-Key": key_of(dairy)}
    for token in (unquote(url.partition("nextPageToken=")[2]), "nonsense"):
        answer = Client().delete(f"/epcis/nextPageToken/{quote(token)}", headers=key)
        assert (answer.status_code, answer.json()["type"]) == (501, "epcisException:ImplementationException")
    assert ids(ask(url)) == [2]
    assert Client().delete("/epcis/nextPageToken/nonsense").status_code == 401


def test_a_token_tells_nothing_of_the_log(ask: Ask, dairy: Organisation, market: Organisation) -> None:
    """Neither readable nor by its length: the head of the log counts what others sent."""
    send(dairy, *(numbered(number) for number in range(3)))
    lengths = set()
    for first in (100, 1_000):
        url = next_of(ask("/epcis/events?perPage=1&orderBy=eventTime"))
        token = unquote(url.partition("nextPageToken=")[2])
        lengths.add(len(token))
        raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        assert not any(sign in raw for sign in (b"[[", b"null", b"2026"))
        send(market, *(numbered(number) for number in range(first, first + 20)))
    assert len(lengths) == 1


def test_a_token_expires(ask: Ask, dairy: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    send(dairy, *(numbered(number) for number in range(3)))
    monkeypatch.setattr(paging, "TOKEN_LIFE", timedelta(seconds=0))
    answer = ask(next_of(ask("/epcis/events?perPage=2")))
    assert answer.status_code == 400
    assert "expired" in answer.json()["detail"]


def test_what_a_prefix_means(ask: Ask, dairy: Organisation) -> None:
    send(dairy, numbered(1))
    for headers, found in (
        ({}, [1]),
        ({"GS1-Extensions": "zs=urn:other:"}, []),
        ({"GS1-Extensions": "a=b, zs=urn:zhuisu:ns:"}, [1]),
    ):
        assert ids(ask("/epcis/events?EQ_zs:n=1", **headers)) == found
    assert ids(ask("/epcis/events?EQ_urn:zhuisu:ns:n=1")) == [1]


def test_an_event_declared_wrong_is_found_with_its_declaration_by_all_it_says(ask: Ask, dairy: Organisation) -> None:
    place = {"readPoint": {"id": "urn:epc:id:sgln:950600013.437.0"}}
    send(dairy, numbered(1, **place))
    send(
        dairy,
        numbered(1, **place, errorDeclaration={"declarationTime": "2026-11-21T00:00:00Z", "reason": "did_not_occur"}),
    )
    for query in (
        {"MATCH_epc": "https://id.gs1.org/01/09506000134352/21/1"},
        {"MATCH_anyEPC": "urn:epc:idpat:sgtin:950600013.0435.*"},
        {"EQ_readPoint": place["readPoint"]["id"]},
        {"EQ_eventID": "urn:x:event:1"},
        {"EQ_zs:n": "1"},
    ):
        assert ids(ask(f"/epcis/events?{urlencode(query)}")) == [1, 1], query
    assert ids(ask("/epcis/events?EQ_errorReason=did_not_occur")) == [1]


def test_no_query_shows_or_counts_what_is_not_in_scope(dairy: Organisation, market: Organisation) -> None:
    """All parameter families, from a stranger and from an authority of another region: never an event, never a 413."""
    authority = Organisation.objects.create(kind="regulator", name="别处", party="uri:urn:x:gov", region="11")
    world = World(5, ["urn:x:party"])
    for number in range(30):
        body = document(
            {name.replace("ex:", "zs:"): value for name, value in numbered(number).items()} | {"disposition": "active"}
        )
        receive(body, media_type=None, organisation=dairy.pk, by="test", at=AT)
    publish(AT)
    for organisation in (market, authority):
        key = key_of(organisation)
        for _ in range(60):
            query = {name: value for name, value in world.query().items() if not isinstance(value, list)} | {
                "maxEventCount": "1"
            }
            answer = Client().get(f"/epcis/events?{urlencode(query)}", headers={"X-API-Key": key})
            assert answer.status_code == 200, answer.content
            assert ids(answer) == []
            assert "Link" not in answer


def test_a_query_that_somebody_cancels_is_asked_again_later(
    ask: Ask, dairy: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An administrator's cancel, or a shutdown, is no fault of the query's."""
    send(dairy, numbered(1))
    cancelled = "select pg_cancel_backend(pg_backend_pid()), pg_sleep(5)"
    in_time = searching._in_time
    monkeypatch.setattr(searching, "_in_time", lambda sql, values: in_time(cancelled, []))
    answer = ask("/epcis/events")
    assert (answer.status_code, answer.json()["type"]) == (503, "epcisException:ImplementationException")
    assert int(answer["Retry-After"]) > 0
