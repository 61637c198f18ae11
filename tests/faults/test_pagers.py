"""Pagers while others capture: whoever starts sees every event that was there, once, in whatever order the pages go."""

import http.client
import json
import random
import threading
import time
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import pytest

from support import AT, document, event
from zhuisu.accounts import services
from zhuisu.events.sequencer import publish

SEED = 20261123
MOST = 400  # events before the capturers wait: a pager must be able to end
TIMES = ("orderBy=eventTime", "orderBy=recordTime")
ORDERS = (
    "/epcis/events?perPage=7",
    "/epcis/queries/mine/events?perPage=11",
    *(f"/epcis/events?perPage=5&{by}&orderDirection={way}" for by in TIMES for way in ("ASC", "DESC")),
)


class Round:
    """What all threads share: where the server is, what was sent and published, what went wrong."""

    def __init__(self, port: int, key: str) -> None:
        self.port, self.headers = port, {"X-API-Key": key, "Content-Type": "application/json"}
        self.lock, self.over = threading.Lock(), threading.Event()
        self.sent: set[str] = set()
        self.published: frozenset[str] = frozenset()
        self.wrong: list[str] = []
        self.walks = 0

    def ask(self, line: http.client.HTTPConnection, method: str, address: str, body: bytes | None = None) -> Any:
        """The headers and the body of an answer that must be good."""
        line.request(method, address, body, self.headers)
        answer = line.getresponse()
        said = answer.read()
        if answer.status not in (200, 201, 202):
            raise AssertionError(f"{method} {address}: {answer.status} {said[:200]!r}")
        return answer.headers, json.loads(said) if said else None

    def publish(self) -> None:
        """Put into the log what is stored; from now on a pager that starts must see it."""
        sent = frozenset(self.sent)
        publish(AT)
        self.published = sent

    def start(self, work: Any, *arguments: Any) -> threading.Thread:
        def run() -> None:
            try:
                with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as line:
                    while not self.over.is_set():
                        work(self, line, *arguments)
            except (AssertionError, OSError, http.client.HTTPException) as wrong:
                self.wrong.append(repr(wrong))
                self.over.set()

        thread = threading.Thread(target=run)
        thread.start()
        return thread


def capture(shared: Round, line: http.client.HTTPConnection, name: int, dice: random.Random) -> None:
    """A few events with times in no order."""
    time.sleep(dice.random() / 5)  # some arrive during every walk
    if len(shared.sent) >= MOST:
        return
    with shared.lock:
        numbers = [f"urn:x:paged:{name}:{dice.random()}" for _ in range(dice.randint(1, 4))]
    events = [
        event(
            eventID=one,
            eventTime=f"2026-11-20T{dice.randrange(24):02d}:{dice.randrange(60):02d}:00.000+08:00",
            epcList=[f"urn:epc:id:sgtin:9506000.013435.{one.rpartition('.')[2]}"],
            action="OBSERVE",
        )
        for one in numbers
    ]
    headers, _ = shared.ask(line, "POST", "/epcis/capture", document(*events))
    _, job = shared.ask(line, "GET", urlsplit(headers["Location"]).path)
    if job["success"] and not job["running"]:
        with shared.lock:
            shared.sent.update(numbers)


def walk(shared: Round, line: http.client.HTTPConnection, dice: random.Random) -> None:
    """All pages from the start: each event once, and all that were there."""
    there, address, came = shared.published, dice.choice(ORDERS), []
    first = address
    while address:
        headers, found = shared.ask(line, "GET", address)
        came += [one["eventID"] for one in found["epcisBody"]["queryResults"]["resultsBody"]["eventList"]]
        link = urlsplit((headers["Link"] or "").partition(">")[0].removeprefix("<"))
        address = f"{link.path}?{link.query}" if link.path else ""
    assert len(came) == len(set(came)), f"{first}: {len(came) - len(set(came))} came twice"
    assert there <= set(came), f"{first}: {len(there - set(came))} of {len(there)} did not come"
    with shared.lock:
        shared.walks += 1


def turmoil(serve: Any, name: str, *, capturers: int, pagers: int, seconds: float) -> Round:
    party = f"uri:urn:x:{name}"
    firm = services.create_organisation(kind="enterprise", name=name, party=party, region="350212", by="system", at=AT)
    _, key = services.issue_key(organisation=firm, label="ERP", by="system", at=AT)
    shared = Round(serve(workers=2, threads=8).port, key)
    with closing(http.client.HTTPConnection("127.0.0.1", shared.port, timeout=60)) as line:
        query = {"name": "mine", "query": {"EQ_action": ["OBSERVE"], "orderBy": "eventTime"}}
        shared.ask(line, "POST", "/epcis/queries", json.dumps(query).encode())
    threads = [shared.start(capture, number, random.Random(SEED + number)) for number in range(capturers)]
    threads += [shared.start(walk, random.Random(-SEED - number)) for number in range(pagers)]
    end = time.monotonic() + seconds
    while time.monotonic() < end and not shared.over.is_set():
        shared.publish()
        time.sleep(0.02)
    shared.over.set()
    for thread in threads:
        thread.join()
    return shared


@pytest.fixture(autouse=True)
def no_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ZHUISU_RATE_KEY", "ZHUISU_RATE_ORGANISATION"):
        monkeypatch.setenv(name, "0")


def test_every_event_comes_once_while_others_capture(serve: Any) -> None:
    shared = turmoil(serve, "pagers", capturers=6, pagers=6, seconds=10)
    assert shared.wrong == []
    assert shared.walks >= 6
    assert shared.published


@pytest.mark.long
def test_every_event_comes_once_while_a_hundred_capture(serve: Any) -> None:
    shared = turmoil(serve, "many-pagers", capturers=100, pagers=20, seconds=60)
    assert shared.wrong == []
    assert shared.walks >= 20
