"""Whether this process lives, and whether the installation can serve: for the supervisor, a load balancer, a monitor."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse

from zhuisu.api.epcis.admission import WAITING_DOCUMENTS_LIMIT
from zhuisu.config import gauges, metrics
from zhuisu.config.probing import Probe

MAX_HEARTBEAT_SECONDS = 30.0  # the worker asks the database ten times a second; a long batch takes some seconds
MAX_WAITING_SECONDS = 600.0  # of the oldest durable document: a million events take some minutes, more is stuck
MIN_FREE_OCTETS = 1 << 30  # below it PostgreSQL may stop in the middle of a document
MAX_SNAPSHOT_BEHIND = 1_000_000  # positions that a walk would read from the database: some ten seconds
RETRY_SECONDS = 5
KEY_OCTETS = 32


@dataclass(frozen=True, slots=True)
class Check:
    """ok, what was found, and the limit it was measured by. `None` where there is no number."""

    ok: bool
    value: float | None = None
    limit: float | None = None


class Looked(msgspec.Struct):
    """What the checks look at: the database's answers, None where it gave none."""

    state: gauges.State | None
    migrations: int | None


def healthz(_request: HttpRequest) -> HttpResponse:
    """200 while this process answers requests. Nothing else is asked: a supervisor must not end web processes because the
    database is away."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    """200 when everything that serving needs is there, else 503; JSON with each check by name. Numbers are for who may read
    /metrics."""
    found = checks(look())
    ready = all(check.ok for check in found.values())
    open_to = metrics.allowed(request)
    told = {
        name: {"ok": check.ok} | ({"value": check.value, "limit": check.limit} if open_to else {})
        for name, check in found.items()
    }
    headers = {"Cache-Control": "no-store"} | ({} if ready else {"Retry-After": str(RETRY_SECONDS)})
    body = msgspec.json.encode({"ready": ready, "checks": told})
    return HttpResponse(body, status=200 if ready else 503, content_type="application/json", headers=headers)


def look() -> Looked:
    """Ask the database, within limits."""
    try:
        state = gauges.probe.look()
    except (TimeoutError, Error):
        migrations_probe.forget()  # what comes back may be another, from a backup
        return Looked(None, None)
    try:
        return Looked(state, migrations_probe.look())
    except (TimeoutError, Error):
        return Looked(state, None)


def unapplied() -> int:
    """How many migrations of this version are not in the database."""
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


class _Once(Probe[int]):
    """Migrations that were all applied stay so while the database stays the same one: finding out takes a tenth of a second."""

    applied = False

    def look(self, limit: float = 10.0) -> int:
        if not self.applied:
            self.applied = (count := super().look(limit)) == 0
            return count
        return 0

    def forget(self) -> None:
        self.applied = False
        super().forget()


migrations_probe = _Once(unapplied)


def checks(looked: Looked) -> dict[str, Check]:
    """Every check by its name, in the order in which somebody would look."""
    return {name: check(looked) for name, check in CHECKS.items()}


def _database(looked: Looked) -> Check:
    return Check(looked.state is not None)


def _migrations(looked: Looked) -> Check:
    return Check(looked.migrations == 0, looked.migrations, 0)


def _keys(looked: Looked) -> Check:
    """The keys that were made can be read; none made is well as long as nothing was captured."""
    captured = looked.state is not None and looked.state.captured
    wrong = [path for path in key_files() if not key_is_readable(path) and (captured or path.exists())]
    return Check(not wrong, len(wrong), 0)


def key_files() -> tuple[Path, Path]:
    """Without these two nothing that was captured opens, and no head continues the log."""
    return settings.HOME / "keys" / "documents.key", settings.HOME / "keys" / "log.key"


def key_is_readable(path: Path) -> bool:
    """Whether the file is there, ours to read, and as long as a key is."""
    try:
        return os.access(path, os.R_OK) and path.stat().st_size == KEY_OCTETS
    except OSError:
        return False


def _worker(looked: Looked) -> Check:
    age = looked.state.database.heartbeats.get("worker") if looked.state else None
    return Check(age is not None and age <= MAX_HEARTBEAT_SECONDS, age, MAX_HEARTBEAT_SECONDS)


def _queue(looked: Looked) -> Check:
    """Beyond the limit new documents are refused (api/epcis/admission.py): another node should get them."""
    if looked.state is None:
        return Check(False, None, WAITING_DOCUMENTS_LIMIT)
    core = looked.state.core
    full = core.documents_waiting >= WAITING_DOCUMENTS_LIMIT or core.octets_waiting >= settings.WAITING_BYTES
    return Check(not full, core.documents_waiting, WAITING_DOCUMENTS_LIMIT)


def _queue_age(looked: Looked) -> Check:
    if looked.state is None:
        return Check(False, None, MAX_WAITING_SECONDS)
    since = looked.state.core.waiting_since
    age = max(0.0, (gauges.now() - since).total_seconds()) if since else 0.0
    return Check(age <= MAX_WAITING_SECONDS, age, MAX_WAITING_SECONDS)


def _disk(_looked: Looked) -> Check:
    free = gauges.disk_free()
    return Check(free >= MIN_FREE_OCTETS, free, MIN_FREE_OCTETS)


def _snapshot(looked: Looked) -> Check:
    if looked.state is None:
        return Check(False, None, MAX_SNAPSHOT_BEHIND)
    kept = gauges.snapshot()
    behind = max(0, looked.state.core.position - (kept.upto if kept else 0))
    return Check(behind <= MAX_SNAPSHOT_BEHIND, behind, MAX_SNAPSHOT_BEHIND)


CHECKS: dict[str, Callable[[Looked], Check]] = {
    "database": _database,
    "migrations": _migrations,
    "keys": _keys,
    "worker": _worker,
    "queue": _queue,
    "queue_age": _queue_age,
    "disk": _disk,
    "snapshot": _snapshot,
}
