"""GET /epcis/events: filters, pages, one event by its id, and what others may not see."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from django.test import Client

from zhuisu.accounts import services
from zhuisu.api import paging
from zhuisu.events.sequencer import publish
from zhuisu.events.services import receive

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
LINK = "https://id.gs1.org/01/09506000134352/21/"
URN = "urn:epc:id:sgtin:950600013.0435."
WHERE = "https://id.gs1.org/414/9506000134376"


def event(number: int, **changes) -> dict:
    return {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:00000000-0000-4000-8000-{number:012d}",
        "action": "OBSERVE",
        "bizStep": "shipping",
        "eventTime": f"2026-11-20T08:00:{number % 60:02d}.000+08:00",
        "eventTimeZoneOffset": "+08:00",
        "epcList": [f"{LINK}{number}"],
    } | changes


def document(*events: dict, **prefixes: str) -> bytes:
    context = [CONTEXT, prefixes] if prefixes else [CONTEXT]
    whole = {"@context": context, "type": "EPCISDocument", "schemaVersion": "2.0"}
    body = {"eventList": list(events)}
    return json.dumps(whole | {"creationDate": "2026-11-20T08:00:00Z", "epcisBody": body}).encode()


class Tenant:
    """An organisation with a key, that sends and asks."""

    def __init__(self, name: str, party: str) -> None:
        self.organisation = services.create_organisation(
            kind="enterprise", name=name, party=party, by="system", at=AT, region="350212"
        )
        _, text = services.issue_key(organisation=self.organisation, label="ERP", by="system", at=AT)
        self.headers = {"Authorization": f"Bearer {text}"}

    def send(self, body: bytes, at: datetime = AT) -> str:
        receipt = receive(body, media_type=None, organisation=self.organisation.pk, by="test", at=at)
        publish(at)
        return receipt.token

    def get(self, path: str, **headers):
        return Client().get(path, headers=self.headers | headers)

    def ids(self, query: str) -> list[str]:
        return [one["eventID"][-4:].lstrip("0") for one in self.events(f"/epcis/events?{query}")]

    def events(self, path: str) -> list[dict]:
        answer = self.get(path)
        assert answer.status_code == 200, answer.content
        return answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]


@pytest.fixture
def farm(db) -> Tenant:
    return Tenant("同安示范养殖场", "cn.uscc:91350212MA0000015N")


@pytest.fixture
def market(db) -> Tenant:
    return Tenant("湖里示范市场", "cn.uscc:91350206MA0000023U")


def test_an_answer_is_a_query_document_with_the_event_as_sent(farm):
    sent = event(1, **{"zs:note": "甲", "zs:weight": "WEIGHT"})
    farm.send(document(sent, zs="urn:zhuisu:ns:").replace(b'"WEIGHT"', b"1.50"))
    answer = farm.get("/epcis/events")
    assert answer["Content-Type"] == "application/json"
    assert farm.get("/epcis/events", Accept="application/ld+json")["Content-Type"] == "application/ld+json"
    assert b'"zs:weight":1.50' in answer.content
    whole = answer.json()
    assert (whole["type"], whole["schemaVersion"]) == ("EPCISQueryDocument", "2.0")
    assert whole["@context"] == [CONTEXT, {"zs": "urn:zhuisu:ns:"}]
    assert "Link" not in answer
    (got,) = whole["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    assert got.pop("recordTime") == "2026-11-22T08:00:00.000Z"
    assert got == sent | {"zs:weight": 1.5}


def test_our_id_and_record_time_are_added_and_a_sent_record_time_is_ignored(farm):
    without = event(1, recordTime="1999-01-01T00:00:00Z")
    del without["eventID"]
    farm.send(document(without))
    (got,) = farm.events("/epcis/events")
    assert got["eventID"].startswith("ni:///sha-256;")
    assert got["recordTime"] == "2026-11-22T08:00:00.000Z"
    assert farm.get("/epcis/events").content.count(b"recordTime") == 1
    assert farm.events(f"/epcis/events/{quote(got['eventID'], safe='')}") == [got]


def test_one_prefix_with_two_meanings_stays_two(farm):
    farm.send(document(event(1, **{"ex:a": "1"}), ex="urn:example:one:"))
    farm.send(document(event(2, **{"ex:a": "2"}), ex="urn:example:two:"))
    whole = farm.get("/epcis/events").json()
    assert whole["@context"] == [CONTEXT, {"ex": "urn:example:one:"}]
    first, second = whole["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    assert "@context" not in first
    assert second["@context"] == [CONTEXT, {"ex": "urn:example:two:"}]


def test_what_came_as_xml_is_answered_as_json(farm):
    sent = f"""<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:2" xmlns:ex="urn:example:one:"
      schemaVersion="2.0" creationDate="2026-11-20T08:00:00Z"><EPCISBody><EventList>
      <ObjectEvent><eventTime>2026-11-20T08:00:00+08:00</eventTime><eventTimeZoneOffset>+08:00</eventTimeZoneOffset>
      <eventID>urn:uuid:00000000-0000-4000-8000-000000000001</eventID>
      <epcList><epc>{LINK}1</epc></epcList><action>OBSERVE</action>
      <bizStep>https://ref.gs1.org/cbv/BizStep-shipping</bizStep><ex:note>甲</ex:note></ObjectEvent>
      </EventList></EPCISBody></epcis:EPCISDocument>"""
    farm.send(sent.encode())
    whole = farm.get("/epcis/events").json()
    assert whole["@context"] == [CONTEXT, {"ex": "urn:example:one:"}]
    (got,) = whole["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    assert got == {
        "type": "ObjectEvent",
        "eventID": "urn:uuid:00000000-0000-4000-8000-000000000001",
        "eventTime": "2026-11-20T08:00:00+08:00",
        "eventTimeZoneOffset": "+08:00",
        "epcList": [f"{LINK}1"],
        "action": "OBSERVE",
        "bizStep": "shipping",
        "ex:note": "甲",
        "recordTime": "2026-11-22T08:00:00.000Z",
    }


@pytest.fixture
def store(farm) -> Tenant:
    farm.send(
        document(
            event(1, readPoint={"id": WHERE}),
            event(2, bizStep="receiving", disposition="in_progress", bizLocation={"id": WHERE}),
            event(3, action="ADD", bizStep="https://ref.gs1.org/cbv/BizStep-commissioning"),
            {
                **event(4, type="AggregationEvent", action="ADD", parentID="urn:epc:id:sscc:950600013.01234567"),
                "childEPCs": [f"{URN}1"],
            }
            | {"bizStep": "packing"},
        ).replace(b'"epcList": ["https://id.gs1.org/01/09506000134352/21/4"], "parentID"', b'"parentID"'),
        AT,
    )
    quantity = {"epcClass": "https://id.gs1.org/01/09506000134352/10/L1", "quantity": 5}
    farm.send(document(event(5, epcList=[], quantityList=[quantity])), AT + timedelta(hours=1))
    return farm


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "12345"),
        ("EQ_bizStep=&eventType=AggregationEvent", "4"),
        ("eventType=AggregationEvent", "4"),
        ("eventType=AggregationEvent|TransactionEvent", "4"),
        ("EQ_action=ADD", "34"),
        ("EQ_bizStep=receiving", "2"),
        ("EQ_bizStep=cbv:BizStep-receiving", "2"),
        ("EQ_bizStep=urn:epcglobal:cbv:bizstep:receiving|commissioning", "23"),
        ("EQ_bizStep=shipping&EQ_readPoint=" + quote(WHERE, safe=""), "1"),
        ("EQ_bizLocation=urn:epc:id:sgln:950600013.437.0", "2"),
        ("EQ_disposition=in_progress", "2"),
        ("GE_eventTime=2026-11-20T00:00:03Z", "345"),
        ("GE_eventTime=2026-11-20T08:00:03%2B08:00", "345"),
        ("GE_eventTime=2026-11-20T08:00:03+08:00", "345"),
        ("LT_eventTime=2026-11-20T00:00:03.000Z", "12"),
        ("GE_recordTime=2026-11-22T09:00:00Z", "5"),
        ("LT_recordTime=2026-11-22T09:00:00Z", "1234"),
        ("EQ_eventID=urn:uuid:00000000-0000-4000-8000-000000000003|nothing", "3"),
        (f"MATCH_epc={quote(LINK, safe='')}1", "14"),
        (f"MATCH_epc={URN}2%7C{URN}3", "23"),
        ("MATCH_epc=urn:epc:id:sscc:950600013.01234567", ""),
        ("MATCH_anyEPC=urn:epc:id:sscc:950600013.01234567", "4"),
        ("MATCH_epcClass=urn:epc:class:lgtin:950600013.0435.L1", "5"),
        ("MATCH_anyEPCClass=https%3A%2F%2Fid.gs1.org%2F01%2F09506000134352%2F10%2FL1", "5"),
        ("MATCH_epc=https%3A%2F%2Fid.gs1.org%2F01%2F09506000134352%2F21%2F%25", ""),
        ("MATCH_epc=urn:epc:idpat:sgtin:950600013.0435.*", "1234"),
        ("MATCH_epc=urn:epc:idpat:sgtin:950600013.*.*|urn:epc:id:sgtin:0614141.107340.1", "1234"),
        ("MATCH_epc=urn:epc:idpat:sgtin:950600014.*.*", ""),
        ("MATCH_anyEPC=urn:epc:idpat:sscc:950600013.*", "4"),
        ("MATCH_anyEPCClass=urn:epc:idpat:lgtin:950600013.0435.*", "5"),
    ],
)
def test_filters(store, query, found):
    assert "".join(store.ids(query)) == found


@pytest.mark.parametrize(
    "query",
    [
        "EQ_bizstep=shipping",
        "nonsense=1",
        "eventType=ObjectEvent&eventType=AggregationEvent",
        "eventType=Party",
        "EQ_action=DANCE",
        "EQ_bizStep=dancing",
        "EQ_bizStep=shipping||receiving",
        "GE_eventTime=yesterday",
        "GE_eventTime=2026-11-20",
        "GE_eventTime=2026-11-20T08:00:00",
        "GE_eventTime=0001-01-01T00:00:00%2B14:00",
        "MATCH_epc=urn:epc:id:sgtin:1.2.3",
        "MATCH_epc=urn:epc:idpat:sgtin:950600013.*.1",
        "MATCH_epc=urn:epc:pat:sgtin-96:3.950600013.0435.*",
        "MATCH_epc=%00",
        "perPage=0",
        "perPage=-1",
        "perPage=x",
        "perPage=%D9%A1",
        "nextPageToken=x",
        "eventType=" + "|".join(["ObjectEvent"] * 201),
    ],
)
def test_wrong_parameters_are_named(store, query):
    answer = store.get(f"/epcis/events?{query}")
    assert answer.status_code == 400, answer.content
    assert answer.json()["type"] == "epcisException:QueryParameterException"
    assert answer.json()["errors"][0]["path"] == query.partition("=")[0]


def test_a_long_address_is_414(farm):
    answer = farm.get("/epcis/events?MATCH_epc=" + "x" * 20_000)
    assert answer.status_code == 414
    assert answer.json()["type"] == "epcisException:URITooLongException"


def test_too_many_parameters_are_400(farm):
    answer = farm.get("/epcis/events?" + "&".join(f"a{n}=1" for n in range(1_500)))
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


def pages(tenant: Tenant, url: str, between=lambda: None) -> list[list[str]]:
    found = []
    while url:
        answer = tenant.get(url)
        assert answer.status_code == 200, answer.content
        events = answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
        found.append([one["eventID"][-4:] for one in events])
        link = answer.get("Link", "")
        assert ("GS1-Next-Page-Token-Expires" in answer) == bool(link)
        assert not link or link.endswith('; rel="next"')
        url = link.partition(">")[0].removeprefix("<http://testserver")
        between()
    return found


@pytest.mark.parametrize(("count", "size", "expected"), [(6, 3, 2), (7, 3, 3), (3, 3, 1), (0, 3, 1), (2, 5_000, 1)])
def test_pages_cover_everything_once_and_none_is_empty_by_accident(farm, count, size, expected):
    if count:
        farm.send(document(*(event(number) for number in range(count))))
    found = pages(farm, f"/epcis/events?perPage={size}")
    assert len(found) == expected
    flat = [one for page in found for one in page]
    assert flat == [f"{number:04d}" for number in range(count)]


def test_events_that_arrive_while_paging_neither_hide_nor_repeat_one(farm):
    farm.send(document(*(event(number) for number in range(10))))
    numbers = iter(range(100, 103))

    def between():
        if (number := next(numbers, None)) is not None:
            farm.send(document(event(number, eventTime="2020-01-01T00:00:00Z")))

    flat = [one for page in pages(farm, "/epcis/events?perPage=3&EQ_bizStep=shipping", between) for one in page]
    assert sorted(set(flat)) == sorted(flat)
    assert flat[:10] == [f"{number:04d}" for number in range(10)]


def token_of(answer) -> str:
    return answer["Link"].partition("nextPageToken=")[2].partition(">")[0]


def test_a_token_is_bound_to_query_and_caller_and_expires(farm, market, monkeypatch):
    for tenant in (farm, market):
        tenant.send(document(*(event(number) for number in range(5))))
    token = token_of(farm.get("/epcis/events?perPage=2"))
    assert farm.get(f"/epcis/events?nextPageToken={token}").status_code == 200
    wrong = [
        farm.get(f"/epcis/events?nextPageToken={token}&EQ_bizStep=shipping"),
        farm.get(f"/epcis/capture?nextPageToken={token}"),
        market.get(f"/epcis/events?nextPageToken={token}"),
        farm.get(f"/epcis/events?nextPageToken={token[:-1]}"),
        farm.get(f"/epcis/events?nextPageToken={token}x"),
    ]
    monkeypatch.setattr(paging, "TOKEN_LIFE", timedelta(seconds=-1))
    wrong.append(farm.get(f"/epcis/events?nextPageToken={token}"))
    for answer in wrong:
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["path"] == "nextPageToken"


@pytest.mark.parametrize(
    "event_id",
    [
        "urn:uuid:00000000-0000-4000-8000-000000000001",
        "https://events.example.org/a/b//c?x=1&y=%2F#part",
        "ni:///sha-256;df7bb3c352fef055578554f09f5e2aa41782150ced7bd0b8af24dd3ccb30ba69?ver=CBV2.0",
    ],
)
def test_an_event_is_read_by_its_id_whatever_stands_in_it(farm, event_id):
    farm.send(document(event(1, eventID=event_id)))
    (got,) = farm.events("/epcis/events/" + quote(event_id, safe=""))
    assert got["eventID"] == event_id


def test_an_event_answers_304_until_a_declaration_is_added(farm):
    farm.send(document(event(1)))
    path = "/epcis/events/" + quote(event(1)["eventID"], safe="")
    first = farm.get(path)
    tag = first["ETag"]
    for wanted in (tag, f'"other", {tag}', "*", tag.removeprefix("W/")):
        again = farm.get(path, **{"If-None-Match": wanted})
        assert again.status_code == 304
        assert again["ETag"] == tag
        assert again.content == b""
    assert farm.get(path, **{"If-None-Match": '"other"'}).status_code == 200
    farm.send(
        document(event(1, errorDeclaration={"declarationTime": "2026-11-21T00:00:00Z", "reason": "did_not_occur"}))
    )
    both = farm.get(path, **{"If-None-Match": tag})
    assert both.status_code == 200
    assert ["errorDeclaration" in one for one in farm.events(path)] == [False, True]
    assert len(farm.ids("EQ_eventID=" + event(1)["eventID"])) == 2


def test_a_query_beside_an_event_is_refused(farm):
    farm.send(document(event(1, eventID="ni:///sha-256;ab?ver=CBV2.0")))
    answer = farm.get("/epcis/events/ni:///sha-256;ab?ver=CBV2.0")
    assert answer.status_code == 400
    assert "%3F" in answer.json()["detail"]


def test_strangers_see_nothing_of_each_other(farm, market):
    token = farm.send(document(event(1)))
    path = "/epcis/events/" + quote(event(1)["eventID"], safe="")
    assert farm.get(path).status_code == 200
    assert farm.get(f"/epcis/capture/{token}").status_code == 200
    assert market.ids("") == []
    assert market.ids("EQ_eventID=" + event(1)["eventID"]) == []
    assert market.ids(f"MATCH_anyEPC={quote(LINK, safe='')}1") == []
    assert market.get("/epcis/capture").json() == []
    for foreign, unknown in (
        (path, "/epcis/events/urn:uuid:00000000-0000-4000-8000-00000000ffff"),
        (f"/epcis/capture/{token}", "/epcis/capture/0123456789abcdefghijklmn"),
    ):
        theirs, nobodys = market.get(foreign), market.get(unknown)
        assert theirs.status_code == nobodys.status_code == 404
        assert theirs.content == nobodys.content
        assert dict(theirs.headers) == dict(nobodys.headers)


def test_head_and_options(farm):
    farm.send(document(event(1)))
    answer = Client().head("/epcis/events", headers=farm.headers)
    assert answer.status_code == 200
    assert answer.content == b""
    assert int(answer["Content-Length"]) == len(farm.get("/epcis/events").content)
    for path in ("/epcis/events", "/epcis/events/x%2Fy", "/epcis/capture/x"):
        options = Client().options(path)
        assert options.status_code == 204
        assert options["Allow"] == "GET, HEAD, OPTIONS" + (", POST" if path == "/epcis/events" else "")
        assert options["GS1-EPCIS-Version"] == "2.0.0"


@pytest.mark.parametrize(("path", "refused"), [("/epcis", 401), ("/epcis/", 401), ("/epcis/nothing", 404)])
def test_every_address_under_the_door_answers_with_problems(client, path, refused):
    for answer, status in ((client.get(path), refused), (client.get(path, headers={"Host": "evil.example"}), 400)):
        assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")


def test_a_wrong_host_gets_a_page_elsewhere(client):
    answer = client.get("/", headers={"Host": "evil.example"})
    assert (answer.status_code, answer["Content-Type"].partition(";")[0]) == (400, "text/html")
