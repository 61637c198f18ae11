"""A document of a gigabyte, by HTTP, to the last event stored: what the web process and the worker need of memory for it."""

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pytest

from support import AT
from zhuisu.accounts import services
from zhuisu.events.store import rows

MB = 1_000_000
LOG = 16_000  # octets of what a logger of temperatures says in each event: not its value but its bytes matter here
PATIENCE_SECONDS = 3600

HEADS = {
    "json": (
        '{"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",{"zs":"urn:zhuisu:ns:"}],"type":"EPCISDocument",'
        '"schemaVersion":"2.0","creationDate":"2026-11-20T08:00:00Z","epcisBody":{"eventList":[',
        '{"type":"ObjectEvent","eventID":"urn:x:%s:%09d","action":"OBSERVE","eventTime":"2026-11-20T08:00:00.000+08:00",'
        '"eventTimeZoneOffset":"+08:00","epcList":["urn:epc:id:sgtin:9506000.013435.%09d"],"zs:log":"%s"}',
        ",",
        "]}}",
    ),
    "xml": (
        '<e:EPCISDocument xmlns:e="urn:epcglobal:epcis:xsd:2" xmlns:zs="urn:zhuisu:ns:" schemaVersion="2.0" '
        'creationDate="2026-11-20T08:00:00Z"><EPCISBody><EventList>',
        "<ObjectEvent><eventTime>2026-11-20T08:00:00.000+08:00</eventTime><eventTimeZoneOffset>+08:00</eventTimeZoneOffset>"
        "<eventID>urn:x:%s:%09d</eventID><epcList><epc>urn:epc:id:sgtin:9506000.013435.%09d</epc></epcList><action>OBSERVE</action>"
        "<zs:log>%s</zs:log></ObjectEvent>",
        "",
        "</EventList></EPCISBody></e:EPCISDocument>",
    ),
}


class Sent(NamedTuple):
    """A document that is made while it is sent."""

    kind: str
    name: str
    events: int

    @classmethod
    def of(cls, kind: str, name: str, octets: int) -> "Sent":
        return cls(kind, name, octets // len(cls._event(kind, name, 0)))

    @staticmethod
    def _event(kind: str, name: str, number: int) -> bytes:
        log = "".join(f"{(number * 31 + more * more) % 9973:04d}" for more in range(400)) * (LOG // 1600)
        return (HEADS[kind][1] % (name, number, number, log)).encode()

    def pieces(self) -> Iterator[bytes]:
        head, _, between, tail = (part.encode() for part in HEADS[self.kind])
        yield head
        for number in range(self.events):
            yield (between if number else b"") + self._event(self.kind, self.name, number)
        yield tail

    def __len__(self) -> int:
        head, _, between, tail = map(len, HEADS[self.kind])
        return head + tail + self.events * len(self._event(self.kind, self.name, 0)) + (self.events - 1) * between


class Memory:
    """Of one process: what it has for itself, and the most it ever had since the watch began."""

    def __init__(self, pid: int) -> None:
        self.status, self.refs = Path(f"/proc/{pid}/status"), Path(f"/proc/{pid}/clear_refs")

    def begin(self) -> None:
        self.refs.write_text("5")  # proc(5): the peak is forgotten
        self.before = self._read("VmRSS")

    def grown(self) -> int:
        return self._read("VmHWM") - self.before

    def peak(self) -> int:
        """Without the pages of files and of shared memory."""
        return self._read("VmHWM") - self._read("RssFile") - self._read("RssShmem")

    def _read(self, name: str) -> int:
        (line,) = (one for one in self.status.read_text().splitlines() if one.startswith(f"{name}:"))
        return int(line.split()[1]) * 1024


class Stand:
    """A web process, a worker, a sender; `store` sends a document and waits until its job says how it ended."""

    def __init__(self, port: int, key: str, web: Memory, worker: Memory) -> None:
        self.port, self.key, self.watched = port, key, {"web": web, "worker": worker}

    def _ask(self, method: str, address: str, body: Any = None, **headers: str) -> tuple[int, str, bytes]:
        """The status, where the job is, and what was answered."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)) as line:
            line.request(method, address, body, {"X-API-Key": self.key} | headers)
            answer = line.getresponse()
            return answer.status, answer.headers["Location"] or "", answer.read()

    def store(self, sent: Sent) -> dict[str, Memory]:
        for one in self.watched.values():
            one.begin()
        begun = time.monotonic()
        headers = {"Content-Type": f"application/{sent.kind}", "Content-Length": str(len(sent))}
        status, address, said = self._ask("POST", "/epcis/capture", sent.pieces(), **headers)
        assert status == 202, said
        durable = time.monotonic()
        job: dict[str, Any] = {"running": True}
        while job["running"]:
            time.sleep(0.1)
            job = json.loads(self._ask("GET", address)[2])
        assert (job["success"], job["counts"]["accepted"]) == (True, sent.events), job["errors"][:3]
        print(
            f"{len(sent) / MB:.0f} MB {sent.kind}, {sent.events} events: durable after {durable - begun:.0f} s, stored after "
            f"{time.monotonic() - begun:.0f} s; "
            + "; ".join(f"{name}: grown {one.grown() / MB:.1f} MB, peak {one.peak() / MB:.0f} MB"
                        for name, one in self.watched.items())
        )  # fmt: skip
        return self.watched


@pytest.fixture
def stand(serve: Callable[..., Any], address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stand]:
    for name in ("ZHUISU_RATE_KEY", "ZHUISU_RATE_ORGANISATION", "ZHUISU_PROJECTORS"):
        monkeypatch.setenv(name, "0")
    monkeypatch.setenv("ZHUISU_CAPTURE_BYTES", str(1 << 31))
    firm = services.create_organisation(
        kind="enterprise", name="大", party="cn.uscc:91350212MA0000015N", region="350212", by="system", at=AT
    )
    _, key = services.issue_key(organisation=firm, label="ERP", by="system", at=AT)
    server = serve()
    (web,) = (
        one for one in psutil.Process(server.process.pid).children(recursive=True) if one.memory_info().rss > 30 * MB
    )
    command = [sys.executable, "-m", "zhuisu.config", "worker"]
    worker = subprocess.Popen(command, env=os.environ | {"ZHUISU_DATABASE_URL": address})
    while not rows(
        "select 1 from pg_stat_activity where application_name = 'zhuisu worker' and datname = current_database()"
    ):
        assert worker.poll() is None
        time.sleep(0.1)
    try:
        yield Stand(server.port, key, Memory(web.pid), Memory(worker.pid))
    finally:
        worker.terminate()
        worker.wait(60)


@pytest.mark.parametrize("kind", ["json", "xml"])
@pytest.mark.long
def test_a_gigabyte_is_stored_within_150_megabytes(stand: Stand, kind: str) -> None:
    for memory in stand.store(Sent.of(kind, "g", 1_000 * MB)).values():
        assert memory.grown() < 150 * MB
    ((bodies,),) = rows("select count(*) from event_body")
    assert bodies > 60_000
