"""Many clients of two organisations send overlapping documents at once: each event once, no failure, verdicts that add up."""

import http.client
import json
import random
import threading
from collections import Counter
from contextlib import closing
from typing import Any

from support import AT, document, event
from zhuisu.accounts import services
from zhuisu.events.proof import audit
from zhuisu.events.sequencer import publish
from zhuisu.events.store import rows

CLIENTS, DOCUMENTS, SIZE = 16, 20, 8  # of which each second document is shared by both organisations
SEED = 20261122
OURS = "urn:uuid:00000000-0000-4000-a000-"  # other tests that commit leave theirs: evidence is never flushed
FIRM = {"kind": "enterprise", "region": "350212", "by": "system", "at": AT}


def identified(number: int, firm: int) -> dict[str, Any]:
    """Every third event differs between the firms, under one id: they dispute it."""
    step = "shipping" if number % 3 or not firm else "receiving"
    return event(
        eventID=f"{OURS}{number:012d}",
        action="OBSERVE",
        bizStep=step,
        epcList=[f"urn:epc:id:sgtin:9506000.013435.{number}", f"urn:epc:id:sgtin:9506000.113435.{number % 7}"],
    )


def numbers_of(place: int) -> range:
    """Neighbours overlap by half."""
    return range(place * SIZE // 2, place * SIZE // 2 + SIZE)


class Client(threading.Thread):
    """One system of a firm: all documents, shuffled, their events shuffled too."""

    def __init__(self, port: int, key: str, firm: int, seed: int) -> None:
        super().__init__()
        self.port, self.key, self.firm = port, key, firm
        self.dice = random.Random(seed)
        self.failed: list[str] = []
        self.counts: Counter[str] = Counter()

    def run(self) -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as line:
            for place in self.dice.sample(range(DOCUMENTS), DOCUMENTS):
                self.send(line, list(numbers_of(place)))

    def send(self, line: http.client.HTTPConnection, numbers: list[int]) -> None:
        self.dice.shuffle(numbers)
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/ld+json", "Prefer": "wait=10"}
        line.request("POST", "/epcis/capture", document(*(identified(one, self.firm) for one in numbers)), headers)
        answer = line.getresponse()
        said = answer.read()
        if answer.status != 202:
            self.failed.append(f"{answer.status} {said[:300]!r}")
            return
        line.request("GET", answer.headers["Location"], headers=headers)
        job = json.loads(line.getresponse().read())
        if not job["success"] or sum(job["counts"].values()) != SIZE:
            self.failed.append(f"{job['counts']} {job['errors'][:1]}")
        self.counts.update(job["counts"])


def held(table: str) -> tuple[int, int]:
    """Rows of a table about our events, and how many ids they have."""
    return rows(
        f"""select count(*), count(distinct b.event_id) from {table} t join event_body b on b.event = t.event
            where b.event_id like %s""",
        [f"{OURS}%"],
    )[0]


def test_each_event_once_whoever_sends_it(serve) -> None:
    server = serve(workers=2, threads=8)
    keys = []
    for number, party in enumerate(("cn.uscc:91350212MA0000015N", "cn.uscc:91350206MA31QWE52L")):
        firm = services.create_organisation(name=f"示范{number}", party=party, **FIRM)
        keys.append(services.issue_key(organisation=firm, label="ERP", by="system", at=AT)[1])
    clients = [Client(server.port, keys[number % 2], number % 2, SEED + number) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert [said for client in clients for said in client.failed] == []
    publish(AT)
    everything = {number for place in range(DOCUMENTS) for number in numbers_of(place)}
    disputed = {number for number in everything if number % 3 == 0}
    counts = sum((client.counts for client in clients), Counter[str]())
    stored = len(everything) + len(disputed)
    assert counts == {"accepted": stored, "duplicate": CLIENTS * DOCUMENTS * SIZE - stored}
    assert held("event_body") == (stored, len(everything))
    assert held("event_disputed") == (len(disputed),) * 2
    # What both sent alike: recorded by one of them, witnessed by the other.
    assert held("event_witness") == (len(everything) - len(disputed),) * 2
    assert [found for found in audit() if not isinstance(found, int)] == []
