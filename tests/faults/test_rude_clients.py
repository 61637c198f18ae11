"""Clients that vanish, that only listen, that all come at once, that send bombs: who behaves is served, and nothing is lost or half."""

import gzip
import http.client
import json
import random
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import psutil
import pytest
from clients import Client, flow, sent
from django.db import connection
from history import History, Sent, held, violations

from support import AT
from zhuisu.accounts import services
from zhuisu.events.sequencer import publish
from zhuisu.events.services import project_next

VANISHED, IDLE, SENDERS, EACH = 60, 200, 24, 4
BOMB = 64 * 1024 * 1024  # octets that a few kilobytes become
ROOM = 60 * 1024 * 1024  # that a bomb may cost


@pytest.fixture
def firm(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    for name in ("ZHUISU_RATE_KEY", "ZHUISU_RATE_ORGANISATION"):
        monkeypatch.setenv(name, "0")
    made = services.create_organisation(
        kind="enterprise", name="无礼", party="cn.uscc:91350212MA0000015N", by="system", at=AT
    )
    return made.pk, services.issue_key(organisation=made, label="ERP", by="system", at=AT)[1]


def test_rude_clients(serve, firm: tuple[int, str]) -> None:
    organisation, key = firm
    server, history = serve(threads=2), History()
    with projecting():
        vanish(server.port, organisation, key, history)
        overload(server.port, organisation, key, history)
    bomb(server, key)
    while project_next(AT) or publish(AT):
        pass
    assert violations(history, held(history)) == []


@contextmanager
def projecting() -> Iterator[None]:
    """A projector at work beside the test: what found no place in its request is stored by it."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(0.01):
            project_next(AT)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def vanish(port: int, organisation: int, key: str, history: History) -> None:
    """Fault 13: the socket is closed before the reply, at any moment of the request. Then the same again: stored once."""
    dice, documents = random.Random(13), list[tuple[Sent, bytes]]()
    for number in range(VANISHED):
        document, body = sent(f"v{number}", organisation, flow(f"V{number}", 3, dice))
        head = f"POST /epcis/capture HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
        head += f"Content-Type: application/ld+json\r\nContent-Length: {len(body)}\r\n\r\n"
        history.sends(document, number)
        with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
            request = head.encode() + body
            line.sendall(request if number % 4 else request[: dice.randrange(len(request))])
        documents.append((document, body))
    again = iter(documents)
    client = Client(history, port, key, lambda: next(again, None))
    client.run()
    assert client.failed == []
    print(f"{VANISHED} vanished; {client.there} of their documents were there")
    assert running(port, key) == [], "a capture that nobody waits for is stuck"


def running(port: int, key: str) -> list[str]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as line:
        line.request("GET", "/epcis/capture?perPage=100", headers={"Authorization": f"Bearer {key}"})
        answer = line.getresponse()
        return [one["captureID"] for one in json.load(answer) if one["running"]]


def overload(port: int, organisation: int, key: str, history: History) -> None:
    """Faults 21 and 22, small: far more senders than threads, beside connections that say nothing. Each gets 202, or is told to wait."""
    dice = random.Random(21)
    waiting = iter([sent(f"o{number}", organisation, flow(f"O{number}", 4, dice)) for number in range(SENDERS * EACH)])
    with ExitStack() as idle:
        for number in range(IDLE):
            line = idle.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
            if number % 2:
                line.sendall(b"POST /epcis/capture HTTP/1.1\r\nHost: ")  # half a head, and then nothing

        clients = [Client(history, port, key, lambda: next(waiting, None)) for _ in range(SENDERS)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
    assert [said for client in clients for said in client.failed] == []
    assert {status for client in clients for status in client.statuses} <= {202, 429, 503}


def bomb(server, key: str) -> None:
    """Fault 37: a body that says it is compressed is not unpacked."""
    packed = gzip.compress(b" " * BOMB)
    process = psutil.Process(server.process.pid)
    family = [process, *process.children(recursive=True)]
    before = sum(one.memory_info().rss for one in family)
    head = f"POST /epcis/capture HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n"
    head += f"Content-Type: application/ld+json\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n"
    status, answer = server.send(head.encode() + packed)
    assert status == 415
    assert b"Content-Encoding" in answer
    assert sum(one.memory_info().rss for one in family) - before < ROOM
