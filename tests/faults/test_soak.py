"""Half load for a while: memory, open files and connections do not grow. Fault 24; a day of it is out of reach of a test run.

`ZHUISU_SOAK_MINUTES` says how long. The first third warms up and does not count.
"""

import os
import random
import time
from itertools import count

import numpy as np
import psutil
import pytest
from clients import Client, flow, sent
from history import History, held, violations

from support import AT
from zhuisu.accounts import services
from zhuisu.events.sequencer import publish
from zhuisu.events.services import project_next
from zhuisu.events.store import rows

MINUTES = float(os.environ.get("ZHUISU_SOAK_MINUTES", "10"))
CLIENTS, EVENTS = 2, 20
GROWTH = 0.01  # an hour, of the resident memory
NOISE = 8 * 1024 * 1024  # that a short run may show all the same: an allocator's arenas

pytestmark = pytest.mark.long


def test_nothing_grows(serve, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ZHUISU_RATE_KEY", "ZHUISU_RATE_ORGANISATION"):
        monkeypatch.setenv(name, "0")
    firm = services.create_organisation(
        kind="enterprise", name="久", party="cn.uscc:91350212MA0000015N", by="system", at=AT
    )
    _, key = services.issue_key(organisation=firm, label="ERP", by="system", at=AT)
    server, history, numbers = serve(threads=2), History(), count()
    end = time.monotonic() + MINUTES * 60

    def following():
        """Rests as long as the last one took: half the load that it could bear."""
        begun = time.monotonic()
        while time.monotonic() < end:
            time.sleep(min(1.0, time.monotonic() - begun))
            begun = time.monotonic()
            number = next(numbers)
            yield sent(f"l{number}", firm.pk, flow(f"L{number}", EVENTS, random.Random(number)))

    clients = []
    for _ in range(CLIENTS):
        documents = following()
        clients.append(Client(history, server.port, key, lambda documents=documents: next(documents, None)))
    family = [psutil.Process(server.process.pid), *psutil.Process(server.process.pid).children(recursive=True)]
    for client in clients:
        client.start()
    measured = []
    while any(client.is_alive() for client in clients):
        publish(AT)
        measured.append((time.monotonic(), *_measure(family)))
        time.sleep(min(5.0, MINUTES))
    while project_next(AT) or publish(AT):
        pass
    settled = np.array(measured[len(measured) // 3 :], dtype=float)
    hours = (settled[:, 0] - settled[0, 0]) / 3600
    slope = np.polyfit(hours, settled[:, 1], 1)[0] if len(settled) > 2 else 0.0
    grown = settled[-1, 1] - settled[0, 1]
    print(f"{len(history.told)} requests; resident {settled[-1, 1]:.0f}, slope {slope:.0f} an hour; "
          f"files {settled[0, 2]:.0f} to {settled[-1, 2]:.0f}, connections {settled[0, 3]:.0f} to {settled[-1, 3]:.0f}")  # fmt: skip
    assert [said for client in clients for said in client.failed] == []
    assert violations(history, held(history)) == []
    assert slope <= GROWTH * settled[-1, 1] or grown < NOISE
    assert settled[-1, 2] <= settled[:, 2].max() <= settled[0, 2] + CLIENTS * 2
    assert settled[-1, 3] <= settled[0, 3] + CLIENTS


def _measure(family: list[psutil.Process]) -> tuple[int, int, int]:
    """Resident octets, open files, connections to the database."""
    ((lines,),) = rows("select count(*) from pg_stat_activity where datname = current_database()")
    return sum(one.memory_info().rss for one in family), sum(one.num_fds() for one in family), lines
