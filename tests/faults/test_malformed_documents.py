"""Two hundred malformed documents, made from a seed: each is refused with a reason, none leaves a trace, the server lives."""

import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client

from zhuisu.accounts import services

SEED = 20261122
COUNT = 200
AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
EPC = "https://id.gs1.org/01/09506000134352/21/"
TABLES = (
    "capture",
    "capture_key",
    "capture_queue",
    "capture_result",
    "event",
    "event_seen",
    "event_body",
    "part",
    "item",
    "name",
)
Malformed = tuple[str, bytes, str]  # what is wrong, the body, its media type
JSON, XML = "application/ld+json", "application/xml"

XML_EVENT = (
    "<ObjectEvent><eventTime>2026-11-20T08:00:00+08:00</eventTime><eventTimeZoneOffset>+08:00</eventTimeZoneOffset>"
    f"<epcList><epc>{EPC}1</epc></epcList><action>OBSERVE</action>%s</ObjectEvent>"
)
XML_DOCUMENT = (
    '<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:2" schemaVersion="2.0"'
    ' creationDate="2026-11-20T08:00:00Z"><EPCISBody><EventList>%s</EventList></EPCISBody></epcis:EPCISDocument>'
)


def event(number: int = 1) -> dict:
    return {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:00000000-0000-4000-8000-{number:012d}",
        "action": "OBSERVE",
        "bizStep": "shipping",
        "eventTime": "2026-11-20T08:00:00.000+08:00",
        "eventTimeZoneOffset": "+08:00",
        "epcList": [f"{EPC}{number}"],
        "quantityList": [{"epcClass": "https://id.gs1.org/01/09506000134352/10/L1", "quantity": 5}],
        "zs:note": "备注",
    }


def document(*events: dict) -> dict:
    return {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"zs": "urn:zhuisu:ns:"}],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-20T08:00:00Z",
        "epcisBody": {"eventList": list(events or (event(),))},
    }


def text(*events: dict) -> str:
    return json.dumps(document(*events), ensure_ascii=False)


def truncated(dice: random.Random) -> Malformed:
    body = text(event(1), event(2)).encode()
    return "truncated", body[: dice.randrange(1, len(body))], JSON


def truncated_xml(dice: random.Random) -> Malformed:
    body = (XML_DOCUMENT % (XML_EVENT % "")).encode()
    return "truncated XML", body[: dice.randrange(1, len(body))], XML


def wrong_type_in_event(dice: random.Random) -> Malformed:
    name, value = dice.choice(
        [
            *(("type", one) for one in (5, None, [], {}, True, "PartyEvent", "")),
            *(("action", one) for one in (5, None, ["ADD"], {}, "add", "")),
            *(
                ("eventTime", one)
                for one in (1763596800, None, [], {}, "", "yesterday", "2026-11-20", "2026-02-30T00:00:00Z")
            ),
            *(("eventTimeZoneOffset", one) for one in (8, None, [], "8", "+8:00", "+25:00", "")),
            *(("epcList", one) for one in (EPC, {}, 7, None, [7], [None], [[]], [{}], [""], ["no uri"])),
            *(("quantityList", one) for one in ({}, 5, None, [5], [{}], [{"epcClass": 5}], [{"quantity": 5}])),
            *(("bizStep", one) for one in (7, None, [], {}, "dancing", "")),
            *(("readPoint", one) for one in ("x", 7, [], {}, {"id": 7}, {"id": None})),
            *(("bizTransactionList", one) for one in ({}, "x", ["x"], [{}], [{"type": "po"}])),
            *(("sourceList", one) for one in ({}, "x", ["x"], [{}], [{"source": "urn:x:y"}])),
            *(("errorDeclaration", one) for one in ("x", [], {}, {"declarationTime": 5})),
            *(("sensorElementList", one) for one in ({}, "x", ["x"], [{"sensorReport": "x"}])),
            *(("eventID", one) for one in (5, None, [], {}, "")),
        ]
    )
    return f"{name} is {value!r}", text(event() | {name: value}).encode(), JSON


def wrong_type_in_document(dice: random.Random) -> Malformed:
    name, value = dice.choice(
        [
            *(("@context", one) for one in (5, True, [5], [[1]])),
            *(("type", one) for one in (5, None, [], "Document", "")),
            *(("schemaVersion", one) for one in (None, [], {}, "1.2", "3.0", "")),
            *(
                ("epcisBody", one)
                for one in (5, None, [], "x", {}, {"eventList": {}}, {"eventList": None}, {"events": []})
            ),
            *(("epcisBody", {"eventList": [one]}) for one in (5, None, [], "x", {})),
        ]
    )
    return f"document {name} is {value!r}", json.dumps(document() | {name: value}).encode(), JSON


def missing(dice: random.Random) -> Malformed:
    name = dice.choice(["type", "eventTime", "eventTimeZoneOffset", "action", "@context", "epcisBody", "schemaVersion"])
    whole = document()
    held = whole if name in whole and name != "type" else whole["epcisBody"]["eventList"][0]
    del held[name]
    return f"{name} is missing", json.dumps(whole).encode(), JSON


def bad_number(dice: random.Random) -> Malformed:
    number = dice.choice(
        [
            *("1e400", "1e999999999", "-1e-999999", "9" * 5_000, "0." + "1" * 500, "NaN", "Infinity", "-Infinity"),
            *("0x10", "01", "1.", "+1", ".5", "1e", "--1", "1_000", "-5", "0", "١"),
        ]
    )
    place = dice.choice(['"quantity": 5', '"zs:note": "备注"'])
    if place.startswith('"zs') and number in ("-5", "0"):
        place = '"quantity": 5'
    body = text().replace(place, place.partition(": ")[0] + ": " + number)
    return f"number {number[:20]} in {place}", body.encode(), JSON


def deep(dice: random.Random) -> Malformed:
    depth = dice.choice([300, 1_000, 10_000, 200_000])
    opening, closing = dice.choice([("[", "]"), ('{"zs:a":', "}")])
    inner = opening * depth + "1" + closing * depth
    body = inner if dice.random() < 0.3 else text().replace('"备注"', inner)
    return f"{depth} deep {opening}", body.encode(), JSON


def duplicate_key(dice: random.Random) -> Malformed:
    key = dice.choice(['"type": "ObjectEvent"', '"action": "OBSERVE"', '"zs:note": "备注"', '"quantity": 5'])
    key = dice.choice([key, '"schemaVersion": "2.0"', '"zs": "urn:zhuisu:ns:"', '"type": "EPCISDocument"'])
    other = dice.choice([key, key.partition(":")[0] + ': "other"', key.replace("t", "\\u0074", 1)])
    return f"twice: {key}", text().replace(key, f"{key}, {other}").encode(), JSON


def wrong_encoding(dice: random.Random) -> Malformed:
    name = dice.choice(["utf-16", "utf-16-le", "utf-16-be", "utf-32", "gbk", "gb18030", "big5"])
    if dice.random() < 0.3:
        broken = dice.choice([b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xe5\xa4", b"\xf4\x90\x80\x80", b"\x80"])
        return "broken UTF-8", text().encode().replace("备".encode(), broken), JSON
    return name, text().replace("备注", "備註" if name == "big5" else "备注").encode(name), JSON


def bad_character(dice: random.Random) -> Malformed:
    escape = dice.choice(
        ["\\u0000", "\\ud800", "\\udfff", "\\udc00\\ud800", "\\x41", "\\u12g", "\x00", "\n", "\x1f", "\\"]
    )
    field = dice.choice(["备注", "urn:uuid:", "shipping"])
    return f"{escape!r} in {field}", text().replace(field, field + escape, 1).encode(), JSON


def syntax(dice: random.Random) -> Malformed:
    good = text()
    bodies = [
        good + "x",
        good + good,
        good[:-1] + ",}",
        "// comment\n" + good,
        good.replace('"', "'"),
        good.replace(":", "=", 1),
        good.replace("[", "(", 1),
        ")]}'\n" + good,
        "callback(" + good + ")",
        good.replace('"OBSERVE"', "OBSERVE"),
        "\x00" + good,
        good + "\x00",
    ]
    number = dice.randrange(len(bodies))
    return f"syntax {number}", bodies[number].encode(), JSON


def not_a_document(dice: random.Random) -> Malformed:
    body = dice.choice(
        [
            *(b" ", b"\n\n", b"\xef\xbb\xbf", b"[]", b"{}", b"null", b"true", b"0", b'"text"', b"[[]]", b"[1,2]"),
            *(b"<", b"<a/>", b"\x00", bytes(range(256)), b"%PDF-1.7", b"PK\x03\x04"),
            *(json.dumps(one).encode() for one in (event(), [event()])),
        ]
    )
    return f"not a document {body[:12]!r}", body, JSON


def wrong_content(dice: random.Random) -> Malformed:
    change = dice.choice(
        [
            {"epcList": ["https://id.gs1.org/01/09506000134353/21/1"]},
            {"epcList": ["urn:epc:id:sgtin:950600013.0435"]},
            {"epcList": [f"{EPC}1", "urn:epc:id:sgtin:950600013.0435.1"]},
            {"epcList": [], "quantityList": []},
            {"eventTime": "2026-11-20T08:00:00"},
            {"misspelt": "1"},
            {"nobody:knows": "1"},
            {"bizStep": "https://ref.gs1.org/cbv/BizStep-shiping"},
            {"ilmd": {"zs:a": "1"}},
            {"quantityList": [{"epcClass": "https://id.gs1.org/01/09506000134352/10/L1", "uom": "KGM"}]},
            {"quantityList": [{"epcClass": "https://id.gs1.org/01/09506000134352/10/L1", "quantity": -1}]},
            {"quantityList": [{"epcClass": "https://id.gs1.org/01/09506000134352/10/L1", "quantity": 1, "uom": "kg!"}]},
        ]
    )
    return f"content {change}", text(event() | change).encode(), JSON


def bad_xml(dice: random.Random) -> Malformed:
    laughs = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    bomb = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">{laughs}]>' + XML_DOCUMENT % (XML_EVENT % "&l9;")
    outside = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + XML_DOCUMENT % (XML_EVENT % "&e;")
    depth = dice.choice([300, 5_000, 100_000])
    bodies = [
        bomb,
        outside,
        '<!DOCTYPE x SYSTEM "http://192.0.2.1/x.dtd">' + XML_DOCUMENT % (XML_EVENT % ""),
        XML_DOCUMENT % (XML_EVENT % ("<a>" * depth + "</a>" * depth)),
        XML_DOCUMENT % (XML_EVENT % "<zs:a>1</zs:a>"),
        XML_DOCUMENT % (XML_EVENT % "&#0;"),
        XML_DOCUMENT % (XML_EVENT % "&undefined;"),
        XML_DOCUMENT % "<PartyEvent/>",
        XML_DOCUMENT % "<ObjectEvent/>",
        (XML_DOCUMENT % (XML_EVENT % "")).replace("EPCISDocument", "Document"),
        (XML_DOCUMENT % (XML_EVENT % "")).replace("xsd:2", "xsd:9"),
        (XML_DOCUMENT % (XML_EVENT % "")).replace("OBSERVE", "DANCE"),
        (XML_DOCUMENT % (XML_EVENT % "")).replace("2026-11-20T08:00:00+08:00", "soon"),
        "<a/>",
        text(),
        '<?xml version="1.0" encoding="utf-16"?>' + XML_DOCUMENT % (XML_EVENT % ""),
    ]
    number = dice.randrange(len(bodies))
    return f"XML {number} {depth}", bodies[number].encode(), XML


def other_format(_dice: random.Random) -> Malformed:
    return "XML sent as JSON", (XML_DOCUMENT % (XML_EVENT % "")).encode(), JSON


KINDS: list[Callable[[random.Random], Malformed]] = [
    *(truncated, truncated_xml, wrong_type_in_event, wrong_type_in_event, wrong_type_in_document, missing, bad_number),
    *(deep, duplicate_key, wrong_encoding, bad_character, syntax, not_a_document, wrong_content, bad_xml, bad_xml),
    *(other_format,),
]


def malformed(count: int) -> Iterator[Malformed]:
    """The same documents every time, each another one, every kind among them."""
    dice, seen = random.Random(SEED), set()
    while len(seen) < count:
        for kind in KINDS:
            made = kind(dice)
            if made[1:] not in seen and len(seen) < count:
                seen.add(made[1:])
                yield made


def rows() -> dict[str, int]:
    found = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"select count(*) from {table}")
            found[table] = cursor.fetchone()[0]
    return found


@pytest.fixture
def key(db) -> dict[str, str]:
    farm = services.create_organisation(
        kind="enterprise",
        name="同安示范养殖场",
        party="cn.uscc:91350212MA0000015N",
        by="system",
        at=AT,
        region="350212",
    )
    _, plain = services.issue_key(organisation=farm, label="ERP", by="system", at=AT)
    return {"Authorization": f"Bearer {plain}"}


def post(key: dict[str, str], body: bytes, media_type: str, behaviour: str = "rollback"):
    headers = key | {"GS1-Capture-Error-Behaviour": behaviour}
    return Client().generic("POST", "/epcis/capture", body, content_type=media_type, headers=headers)


def test_the_pattern_that_is_broken_is_good(key):
    for body, media_type in ((text().encode(), JSON), ((XML_DOCUMENT % (XML_EVENT % "")).encode(), XML)):
        answer = post(key, body, media_type)
        assert answer.status_code == 202, answer.content


def test_each_malformed_document_is_refused_with_a_reason_and_leaves_nothing(key):
    before = rows()
    wrong = []
    for what, body, media_type in malformed(COUNT):
        answer = post(key, body, media_type)
        problem = answer.json() if answer.get("Content-Type") == "application/problem+json" else {}
        errors = problem.get("errors", [])
        reasoned = errors and all(one["rule"] and one["message"] and one["message_zh"] for one in errors)
        if not (answer.status_code == 400 and problem.get("status") == 400 and reasoned):
            wrong.append((what, answer.status_code, answer.content[:200]))
    assert wrong == []
    assert rows() == before
    alive = post(key, text(event(7)).encode(), JSON)
    assert alive.status_code == 202
    assert rows()["event"] == before["event"] + 1


def test_under_proceed_too_no_malformed_event_is_stored(key):
    before = rows()["event"]
    for what, body, media_type in malformed(COUNT):
        answer = post(key, body, media_type, "proceed")
        assert answer.status_code in (202, 400), what
        if answer.status_code == 202:
            job = Client().get(answer["Location"], headers=key).json()
            assert job["counts"]["accepted"] + job["counts"]["duplicate"] in (0, 1), what
            assert job["errors"], what
    assert rows()["event"] == before
