"""`may` over HTTP, one event a call, against capture of the same event over HTTP."""

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from zhuisu import sectors
from zhuisu.config.bench.figures import Figure, Scale, seconds
from zhuisu.config.bench.judging import heaviest
from zhuisu.config.cli.common import now
from zhuisu.epcis.write import CONTEXT
from zhuisu.profiles.examples import CONTEXT as FIELDS

CALLS = 200
PARTY = "uri:urn:zhuisu:bench"


class _Silent(WSGIRequestHandler):
    def log_message(self, *_words: Any) -> None:
        """A measurement prints its figures alone."""


def figures(scale: Scale) -> Iterator[Figure]:
    """Milliseconds of one call, median, with the whole chain of the sector with the most rules as history."""
    calls = scale.of(CALLS)
    from zhuisu.accounts.models import Organisation
    from zhuisu.accounts.services import issue_key
    from zhuisu.compliance.services import judge_next
    from zhuisu.events.sequencer import publish
    from zhuisu.events.services import receive

    who = Organisation.objects.create(kind="enterprise", name="bench", party=PARTY)
    _, key = issue_key(organisation=who, label="bench", by="system:bench", at=now())
    events = chain()
    receive(document(events), media_type=None, organisation=who.pk, by="system:bench", at=now(), behaviour="proceed")
    publish(now())
    while judge_next(now()):
        pass
    numbers = iter(range(10_000_000))
    with _served() as port:
        line = http.client.HTTPConnection("127.0.0.1", port)

        def call(where: str) -> None:
            # Each is a new event: what is here already would be answered without being stored.
            body = document([events[-1] | {"eventID": f"urn:x:bench:{where}:{next(numbers)}"}])
            headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
            line.request("POST", where, body, headers)
            answer = line.getresponse()
            if answer.status >= 300:
                raise RuntimeError(answer.read(500).decode())
            answer.read()

        for where in ("/may", "/epcis/capture"):
            call(where)
        capture = seconds(lambda: call("/epcis/capture"), calls)
        yield Figure(
            "M1",
            f"may over HTTP, one event, {len(events)} before it",
            seconds(lambda: call("/may"), calls) * 1000,
            "ms",
            capture * 1000,
            "capture of the same event over HTTP",
        )


def chain() -> list[dict[str, Any]]:
    """The events of the heaviest sector's chain, all by one party."""
    held = json.loads((sectors.FOLDER / heaviest().profile.id / "examples" / "chain.json").read_text("utf-8"))
    text = json.dumps([{name: value for name, value in event.items() if name != "by"} for event in held["events"]])
    found: list[dict[str, Any]] = json.loads(text.replace('"party:', '"urn:zhuisu:bench:'))
    return [{"eventTimeZoneOffset": "+08:00"} | event for event in found]


def document(events: list[dict[str, Any]]) -> bytes:
    """An EPCIS document of these events."""
    head = {
        "@context": [CONTEXT, FIELDS, {"zs": "urn:zhuisu:ns:"}],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-20T00:00:00Z",
    }
    return json.dumps(head | {"epcisBody": {"eventList": events}}).encode()


@contextmanager
def _served() -> Iterator[int]:
    """The site on a free port of this machine, in a thread."""
    from django.core.wsgi import get_wsgi_application
    from django.db import connections

    with make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=_Silent) as server:

        def serve() -> None:
            server.serve_forever()
            connections.close_all()  # each thread has its own, and one that stays open keeps the database from being dropped

        worker = threading.Thread(target=serve, daemon=True)
        worker.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            worker.join()
