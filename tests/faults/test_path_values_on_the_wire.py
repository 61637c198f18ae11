"""Path values with slashes, percent signs and question marks through the real server, whose own decoding no test client has."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from support import AT, document, event
from zhuisu.accounts import services
from zhuisu.epcis import MasterData
from zhuisu.events.sequencer import publish
from zhuisu.events.services import receive
from zhuisu.registry.vocabulary.services import take

SLASHED = "urn:epc:id:sgtin:9506000.013435.a%2Fb"
LINK = "https://id.gs1.org/01/09506000134352/21/a%2Fb"
ODD = "https://example.org/a%2Fb/c?d=1&e=2#f"
TYPE, ROOM = "https://example.org/types/room", "https://example.org/room/1?x=%25"


def test_values_arrive_as_they_were_sent(serve: Callable[..., Any]) -> None:
    farm = services.create_organisation(
        kind="enterprise", name="试验场", party="cn.uscc:91350212MA0000015N", by="system", at=AT
    )
    _, key = services.issue_key(organisation=farm, label="ERP", by="system", at=AT)
    sent = document(event(eventID="urn:x:1", epcList=[SLASHED, ODD], readPoint={"id": ODD}, bizStep=ODD))
    receive(sent, media_type=None, organisation=farm.pk, by="system:test", at=AT)
    publish(AT)
    take([MasterData(TYPE, ROOM, {})], organisation=farm.pk, capture_token="t", by="x", at=AT)
    server = serve()

    def get(path: str) -> tuple[int, Any]:
        head = f"GET /epcis/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: {key}\r\nConnection: close\r\n\r\n"
        status, answer = server.send(head.encode())
        return status, json.loads(answer.partition(b"\r\n\r\n")[2])

    for name, value in (("epcs", SLASHED), ("epcs", LINK), ("epcs", ODD), ("readPoints", ODD), ("bizSteps", ODD)):
        written = quote(value, safe="")
        assert get(f"{name}/{written}") == (
            200,
            {
                "@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
                "type": "Collection",
                "member": ["events"],
            },
        )
        status, found = get(f"{name}/{written}/events")
        assert status == 200
        (one,) = found["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
        assert one["eventID"] == "urn:x:1"
    assert get("epcs/" + quote("https://id.gs1.org/01/09506000134352/21/a/b", safe=""))[0] == 404
    assert get(f"vocabularies/{quote(TYPE, safe='')}/{quote(ROOM, safe='')}")[0] == 200
