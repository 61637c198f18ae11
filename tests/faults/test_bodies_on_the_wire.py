"""The capture door behind its real server, over raw sockets: chunked bodies, lengths that lie, and clients that leave."""

import json
from datetime import UTC, datetime

import pytest
from django.db import connection

from zhuisu.accounts import services
from zhuisu.events.large import store_next
from zhuisu.events.services import DIRECT_OCTETS_LIMIT

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SIZE_LIMIT = DIRECT_OCTETS_LIMIT + 2 * 1024 * 1024  # so that the longest come in pieces


def document(number: int) -> bytes:
    event = {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:00000000-0000-4000-9000-{number:012d}",
        "action": "OBSERVE",
        "eventTime": "2026-11-20T08:00:00Z",
        "eventTimeZoneOffset": "+08:00",
        "epcList": [f"https://id.gs1.org/01/09506000134352/21/{number}"],
    }
    whole = {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-20T08:00:00Z",
        "epcisBody": {"eventList": [event]},
    }
    return json.dumps(whole).encode()


def chunked(body: bytes, size: int) -> bytes:
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in [*pieces, b""])


class Door:
    """The capture door of a running server, with a key to it."""

    def __init__(self, server, key: str) -> None:
        self.server = server
        self.key = key

    def capture(self, body: bytes, *headers: str, finish: bool = False) -> tuple[int, bytes]:
        lines = [
            "POST /epcis/capture HTTP/1.1",
            "Host: 127.0.0.1",
            f"Authorization: Bearer {self.key}",
            "Content-Type: application/ld+json",
            "Connection: close",
            *headers,
        ]
        return self.server.send("\r\n".join([*lines, "", ""]).encode() + body, finish=finish)


@pytest.fixture
def server(serve, monkeypatch) -> Door:
    monkeypatch.setenv("ZHUISU_CAPTURE_BYTES", str(SIZE_LIMIT))
    farm = services.create_organisation(
        kind="enterprise",
        name="同安示范养殖场",
        party="cn.uscc:91350212MA0000015N",
        by="system",
        at=AT,
        region="350212",
    )
    _, key = services.issue_key(organisation=farm, label="ERP", by="system", at=AT)
    return Door(serve(), key)


def test_bodies_on_the_wire(server):
    plain = document(1)
    status, answer = server.capture(plain, f"Content-Length: {len(plain)}")
    assert status == 202, answer
    for size in (1, 7, 100_000):
        status, answer = server.capture(chunked(document(size), size), "Transfer-Encoding: chunked")
        assert status == 202, answer

    # One octet more than the limit, without a length that could have told.
    over = b" " * SIZE_LIMIT + b"{"
    status, answer = server.capture(chunked(over, 1 << 20), "Transfer-Encoding: chunked")
    assert status in (413, 0), answer[:300]  # 0: it hung up while we were still sending
    status, answer = server.capture(b"", f"Content-Length: {SIZE_LIMIT + 1}", finish=True)
    assert status == 413
    assert b"gs1-epcis-capture-file-size-limit: %d" % SIZE_LIMIT in answer.lower()

    # Exactly the limit: white space may stand around a document.
    full = document(2) + b" " * (SIZE_LIMIT - len(document(2)))
    status, answer = server.capture(chunked(full, 1 << 20), "Transfer-Encoding: chunked")
    assert status == 202, answer[:300]

    # Too short a length: a document that is cut off. Too long: the client leaves before the end.
    short = document(3)
    assert server.capture(short, f"Content-Length: {len(short) - 9}")[0] == 400
    assert server.capture(short, f"Content-Length: {len(short) + 9}", finish=True)[0] in (400, 0)
    assert server.capture(chunked(short, 10)[:-20], "Transfer-Encoding: chunked", finish=True)[0] in (400, 0)
    assert server.capture(b"zz\r\n" + short, "Transfer-Encoding: chunked", finish=True)[0] in (400, 0)

    assert store_next(AT)  # the longest
    alive = document(4)
    assert server.capture(alive, f"Content-Length: {len(alive)}")[0] == 202
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from event_body where event_id like 'urn:uuid:00000000-0000-4000-9000-%'")
        assert cursor.fetchone()[0] == 5
