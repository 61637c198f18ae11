"""An offered load over HTTP: so many events a second whether or not they are answered; acknowledged all, and searchable when.

Ten minutes of it only by hand: `python -m zhuisu.config.bench.offered 8000 600 100` (events a second, seconds, events a document).
"""

import http.client
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import quantiles
from typing import Any

from zhuisu.config.bench.capture import document
from zhuisu.config.bench.child import apart
from zhuisu.config.bench.figures import MIB, Figure, Scale
from zhuisu.config.bench.loading import granian
from zhuisu.config.cli.common import now, platform_organisation

RATE, SECONDS, SIZE = 8_000, 20, 100
LINES = 16  # connections of the sender
PATIENCE = 300  # seconds that the last may need
WEB = 2  # processes


def figures(scale: Scale) -> Iterator[Figure]:
    """The aim of the project for a short while: what ten minutes of it do is asked by hand."""
    yield from of(RATE, 5 if scale.quick else SECONDS, SIZE)


def of(rate: int, seconds: int, size: int) -> Iterator[Figure]:
    """Documents of `size` events at `rate` events a second."""
    from zhuisu.accounts.services import issue_key

    key = issue_key(organisation=platform_organisation(), label="bench", by="system:bench", at=now())[1]
    with ExitStack() as running:
        limits = {"ZHUISU_RATE_KEY": "0", "ZHUISU_RATE_ORGANISATION": "0"}
        ports = [running.enter_context(granian("zhuisu.config.wsgi:application", **limits)) for _ in range(WEB)]
        running.enter_context(_worker())
        _warm()
        watch = running.enter_context(_Watch())
        sent = apart("offered.send", ports, key, rate, seconds, size)
        _settled()
        watch.look()
    lags = _searchable(sent["arrived"])
    offered = sent["offered"]
    what = f"{rate:,} events/s offered for {seconds} s in documents of {size}"
    yield Figure("A1", f"{what}: share acknowledged", sent["acknowledged"] / offered, "", 1.0, "all")
    for name, value, said in (
        ("A1b", max(lags), "all"),
        ("A1c", _share(lags, 50), "half"),
        ("A1d", _share(lags, 99), "99 %"),
    ):
        yield Figure(
            name, f"{what}: from arrival until {said} searchable", value, "s", seconds, "the time it was offered for"
        )
    yield Figure("A1e", f"{what}: acknowledged, 99 %", _share(sent["answered"], 99), "s", max(lags), "until searchable")
    yield Figure("A1f", f"{what}: most that waited", watch.waited, "documents", offered, "documents offered")
    yield Figure(
        "A1g", f"{what}: memory of web and worker", watch.memory / MIB, "MiB", watch.idle / MIB, "at the begin"
    )
    yield Figure("A1h", f"{what}: searchable as if without end", sent["acknowledged"] * size / (sent["took"] + max(lags)),
                 "events/s", rate, "offered")  # fmt: skip


def _warm() -> None:
    """A first document, so that the worker and its projectors stand before the load comes."""
    from zhuisu.events.services import journal

    body, platform = document(90_000_000, 1), platform_organisation().pk
    journal(body, media_type="application/json", organisation=platform, by="system:bench", at=now())
    _settled()


def _settled() -> None:
    from zhuisu.events.backlog import is_settled

    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and not is_settled():
        time.sleep(0.1)


def send(ports: list[int], key: str, rate: int, seconds: int, size: int) -> dict[str, Any]:
    """In a process of its own: every document at its moment. `arrived`: captureID → that moment, in seconds since 1970."""
    due: queue.Queue[tuple[float, bytes] | None] = queue.Queue()
    arrived: dict[str, float] = {}
    answered: list[float] = []
    lines = [
        threading.Thread(target=_line, args=[ports[place % len(ports)], key, due, arrived, answered])
        for place in range(LINES)
    ]
    for one in lines:
        one.start()
    begun = time.time()
    offered = max(1, rate * seconds // size)
    for number in range(offered):
        body, moment = document(number, size), begun + number * size / rate
        time.sleep(max(0.0, moment - time.time()))
        due.put((moment, body))
    took = time.time() - begun
    for _ in lines:
        due.put(None)
    for one in lines:
        one.join()
    return {"offered": offered, "acknowledged": len(arrived), "arrived": arrived, "answered": answered, "took": took}


def _line(port: int, key: str, due: Any, arrived: dict[str, float], answered: list[float]) -> None:
    """One connection: sends what is due; comes back when it is told to."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    while (one := due.get()) is not None:
        moment, body = one
        deadline = time.time() + PATIENCE
        while time.time() < deadline:
            line.request("POST", "/epcis/capture", body, headers)
            answer = line.getresponse()
            answer.read()
            if answer.status == 202:
                arrived[answer.headers["Location"].rpartition("/")[2]] = moment
                answered.append(time.time() - moment)
                break
            time.sleep(float(answer.headers.get("Retry-After", "1")))
    line.close()


def _searchable(arrived: dict[str, float]) -> list[float]:
    """Seconds from each document's moment until the head of the log that shows the last of its events was published."""
    from zhuisu.events.backlog import searchable_at

    found = searchable_at(list(arrived))
    return [found[token].timestamp() - moment if token in found else float("inf") for token, moment in arrived.items()]


def _share(values: list[float], percent: int) -> float:
    return quantiles(values, n=100, method="inclusive")[percent - 1] if len(values) > 1 else values[0]


@contextmanager
def _worker() -> Iterator[None]:
    command = [sys.executable, "-m", "zhuisu.config", "worker"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(os.environ))
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


class _Watch:
    """Looks every half second at what waits, and at the memory of this process's children and theirs, the sender left out."""

    def __init__(self) -> None:
        self.waited, self.memory, self.idle = 0.0, 0.0, 0.0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "_Watch":
        self.children = list(_family(os.getpid()))
        self.idle = sum(_resident(one) for one in self.children)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        from django.db import connection

        while not self._done.wait(0.5):
            self.look()
        connection.close()

    def look(self) -> None:
        """What waits now, and the memory in use."""
        from zhuisu.events.backlog import waiting

        self.waited = max(self.waited, waiting(now()).documents)
        watched = {one for child in self.children for one in (child, *_family(child))}
        self.memory = max(self.memory, sum(_resident(one) for one in watched))


def _told(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text()
    except OSError:  # it ended while we looked
        return ""


def _family(pid: int) -> Iterator[int]:
    for child in _told(pid, f"task/{pid}/children").split():
        yield int(child)
        yield from _family(int(child))


def _resident(pid: int) -> int:
    told = _told(pid, "statm").split()
    return int(told[1]) * os.sysconf("SC_PAGE_SIZE") if told else 0


def main(rate: str, seconds: str, size: str) -> None:
    """By hand, in a scratch database."""
    from zhuisu.config.bench.scratch import scratch_database
    from zhuisu.config.cli.common import setup

    setup(migrate=False)
    with scratch_database():
        for one in of(int(rate), int(seconds), int(size)):
            sys.stdout.write(f"{one.id:4} {one.what:90} {one.value:12,.3f} {one.unit}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
