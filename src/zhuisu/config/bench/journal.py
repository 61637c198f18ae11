"""Acknowledgements: documents made durable by `journal`, against a bare prepared insert of the same bytes with as many commits."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import IO, Any, cast

from zhuisu.config.bench.capture import document
from zhuisu.config.bench.figures import Figure, Scale
from zhuisu.config.cli.common import now, platform_organisation, setup

CLIENTS = 8
# events a document → documents of a full run, and the ids for one client and for eight
RUNS = {1: (4_000, "A4d", "A4h"), 10: (3_000, "A4c", "A4g"), 100: (1_500, "A4b", "A4f"), 1_000: (200, "A4", "A4e")}
WAYS = ("raw", "journal")


def figures(scale: Scale) -> Iterator[Figure]:
    """Acknowledged events a second, for four lengths of a document, by one client and by eight, each of them a process."""
    _raw()
    with ExitStack() as running:
        clients = [_Client(place) for place in range(CLIENTS)]
        for one in clients:
            running.callback(one.end)
        for size, (full, one_id, many_id) in RUNS.items():
            documents = max(CLIENTS, scale.of(full))
            yield _figure(one_id, "one client", size, _best(clients[:1], documents, size), series="1")
            yield _figure(many_id, f"{CLIENTS} clients", size, _best(clients, documents, size), series=str(CLIENTS))


class _Client:
    """A process that sends when it is told to."""

    def __init__(self, place: int) -> None:
        command = [sys.executable, "-m", __name__, str(place)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.line, self.answers = cast(IO[str], self.process.stdin), cast(IO[str], self.process.stdout)

    def say(self, *words: Any) -> None:
        """One command, and no answer waited for."""
        self.line.write(json.dumps(words) + "\n")
        self.line.flush()

    def hear(self) -> Any:
        """Its next answer."""
        return json.loads(self.answers.readline())

    def end(self) -> None:
        """Nothing more is sent."""
        self.process.communicate(timeout=60)


def _best(clients: Sequence[_Client], documents: int, size: int) -> dict[str, float]:
    """The best rate of each way; the rounds are interleaved, so that both had a quiet moment."""
    share = documents // len(clients)
    for one in clients:
        one.say("make", share, size)
    for one in clients:
        one.hear()
    rates: dict[str, float] = dict.fromkeys(WAYS, 0.0)
    for way in WAYS * 3:
        for one in clients:
            one.say("send", way)
        times = [one.hear() for one in clients]
        taken = max(ended for _, ended in times) - min(begun for begun, _ in times)
        rates[way] = max(rates[way], share * len(clients) * size / taken)
    return rates


def main(place: str) -> None:
    """In a client's process: make documents, send them, until nothing more is said."""
    setup(migrate=False)
    ways = {"raw": _raw(), "journal": _journal(platform_organisation().pk)}
    bodies: list[bytes] = []
    for line in sys.stdin:
        word, *said = json.loads(line)
        if word == "make":
            documents, size = said
            bodies = [document(int(place) * 100_000 + number, size) for number in range(documents)]
            answer: list[float] = [len(bodies)]
        else:
            begun = time.time()
            for body in bodies:
                ways[said[0]](body)
            answer = [begun, time.time()]
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _journal(organisation: int) -> Any:
    from zhuisu.events.services import journal

    def keep(body: bytes) -> None:
        journal(body, media_type="application/json", organisation=organisation, by="system:bench", at=now())

    return keep


def _raw() -> Any:
    """A bare prepared statement on a connection of its own, the bytes as they are."""
    import psycopg
    from django.db import connection

    connection.ensure_connection()
    line = psycopg.connect(connection.connection.info.dsn, autocommit=True, prepare_threshold=0)
    line.execute(
        "create table if not exists raw_journal (id bigint generated always as identity primary key,"
        " at timestamptz not null, body bytea not null)"
    )

    def keep(body: bytes) -> None:
        line.execute("insert into raw_journal (at, body) values (%s, %b)", [now(), body])

    return keep


def _figure(name: str, who: str, size: int, rates: dict[str, float], series: str) -> Figure:
    return Figure(
        name,
        f"journal acknowledgements, {size:,} events a document, {who}",
        rates["journal"],
        "events/s",
        rates["raw"],
        "the same bytes by a bare prepared insert, as many commits",
        chart="journal",
        series=series,
        size=size,
    )


if __name__ == "__main__":
    main(sys.argv[1])
