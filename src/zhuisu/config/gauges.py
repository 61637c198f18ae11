"""The state of this installation, read in one go: what /readyz, /metrics and `zhuisu doctor` judge and show."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import Error, connection
from django.db.models import Count, Min, Q
from prometheus_client.core import GaugeMetricFamily, Metric

from zhuisu.config import backups
from zhuisu.config.probing import Probe
from zhuisu.events import gauges as core_gauges
from zhuisu.lineage.snapshot import files

NAMED = "zhuisu "  # how the connections of our processes begin: config/cli/common.py


@dataclass(frozen=True, slots=True)
class Snapshot:
    """upto: log position; age in seconds since it was last written; size in octets."""

    upto: int
    age: float
    size: int


@dataclass(frozen=True, slots=True)
class Database:
    """size in octets; connections by state; heartbeats: seconds since each kind of process last asked the database anything;
    clock: seconds by which the database's clock is ahead of ours."""

    size: int
    connections: dict[str, int]
    connections_limit: int
    heartbeats: dict[str, float]
    clock: float


@dataclass(frozen=True, slots=True)
class Subscribers:
    """How many there are by state, how many are failing, and the least position that an active one has come to."""

    states: dict[str, int]
    failing: int
    least: int | None


@dataclass(frozen=True, slots=True)
class State:
    """Everything that is asked of the database."""

    core: core_gauges.Core
    recent: core_gauges.Recent
    judged: int
    judge_again: int
    subscribers: Subscribers
    database: Database
    captured: bool


def now() -> datetime:
    """The moment of the look."""
    return datetime.now(UTC)


def _rows(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def read() -> State:
    """A look at the database, on this thread's connection."""
    from zhuisu.compliance.queries import judged_to

    ((again,),) = _rows("select count(*) from judge_queue")
    return State(
        core_gauges.core(now()), core_gauges.recent(), judged_to(), again, _subscribers(), _database(),
        core_gauges.anything_captured(),
    )  # fmt: skip


def _subscribers() -> Subscribers:
    from zhuisu.subscriptions.models import Subscription

    states = dict(Subscription.objects.values_list("state").annotate(Count("pk")))
    active = Q(state=Subscription.State.ACTIVE)
    told = Subscription.objects.aggregate(
        failing=Count("pk", filter=active & Q(failing_since__isnull=False)), least=Min("cursor", filter=active)
    )
    return Subscribers(states, told["failing"], told["least"])


def _database() -> Database:
    before = now()
    ((at, size, limit),) = _rows(
        "select clock_timestamp(), pg_database_size(current_database()), current_setting('max_connections')::int"
    )
    middle = before + (now() - before) / 2
    connections = dict(
        _rows(
            "select coalesce(state, 'other'), count(*) from pg_stat_activity where datname = current_database() group by 1"
        )
    )
    beats = _rows(
        """select application_name, min(extract(epoch from clock_timestamp() - greatest(state_change, query_start)))
           from pg_stat_activity
           where datname = current_database() and application_name like 'zhuisu %'
             and application_name not in ('zhuisu up', 'zhuisu web') and pid <> pg_backend_pid() group by 1"""
    )
    heartbeats = {name.removeprefix(NAMED): max(0.0, float(age)) for name, age in beats if age is not None}
    return Database(int(size), connections, limit, heartbeats, (at - middle).total_seconds())


def snapshot() -> Snapshot | None:
    """The snapshot as its folder tells; None where there is none."""
    manifest = files.folder() / files.MANIFEST
    try:
        names = json.loads(manifest.read_bytes())["files"]
        size = sum((files.folder() / name).stat().st_size for name in names)
        upto = int(names[-1].split("-")[1]) if names else 0
        return Snapshot(upto, max(0.0, now().timestamp() - manifest.stat().st_mtime), size)
    except (OSError, ValueError, KeyError, IndexError):
        return None


def disk_free() -> int:
    """Octets free where this installation lies."""
    return shutil.disk_usage(settings.HOME).free


probe = Probe(read)


def collect() -> Iterator[Metric]:
    """As Prometheus wants it. What the database would tell is missing while it is away, and zhuisu_database_up says so."""
    try:
        state = probe.look()
    except (TimeoutError, Error):
        state = None
    yield _one("zhuisu_database_up", "Whether the database answered this scrape.", float(state is not None))
    yield _one("zhuisu_disk_free_bytes", "Free where the installation lies.", disk_free())
    if (made := backups.newest()) is not None:
        yield _one("zhuisu_backup_age_seconds", "Since the last backup that went well.", _since(made))
    if (kept := snapshot()) is not None:
        yield _one("zhuisu_snapshot_age_seconds", "Since the snapshot was last written.", kept.age)
        yield _one("zhuisu_snapshot_bytes", "Size of the snapshot.", kept.size)
        if state is not None:
            behind = max(0, state.core.position - kept.upto)
            yield _one("zhuisu_snapshot_behind_positions", "Positions that walks read from the database.", behind)
    if state is not None:
        yield from _core(state)
        yield from _followers(state)
        yield from _database_metrics(state.database)


def _core(state: State) -> Iterator[Metric]:
    core, recent = state.core, state.recent
    yield _one("zhuisu_log_position", "Last position of the log: events published so far.", core.position)
    if core.published_at:
        yield _one("zhuisu_log_head_age_seconds", "Since the last signed head.", _since(core.published_at))
    yield _one("zhuisu_queue_documents", "Durable documents that wait to be stored.", core.documents_waiting)
    yield _one("zhuisu_queue_bytes", "Octets of them.", core.octets_waiting)
    yield _one("zhuisu_set_aside_documents", "Documents of the last week that ended the processes that stored them.", core.set_aside)  # fmt: skip
    oldest = _since(core.waiting_since) if core.waiting_since else 0.0
    yield _one("zhuisu_queue_oldest_seconds", "How long the oldest of them has waited.", oldest)
    yield _one(
        "zhuisu_projected_events_per_second", "Events stored a second, over the last minute.", core.events_a_second
    )
    yield _one("zhuisu_unpublished_events", "Stored events that wait for their position.", core.events_unpublished)
    if core.seconds_to_searchable is not None:
        yield _one("zhuisu_capture_searchable_seconds", "From arrival to publication, the longest of late.", core.seconds_to_searchable)  # fmt: skip
    verdicts = {name: getattr(recent, name) for name in ("accepted", "duplicate", "conflict", "refused")}
    yield _labelled("zhuisu_recent_events", "Events of the newest 1,000 captures.", "verdict", verdicts)
    ended = {"success": recent.captures - recent.failed, "failed": recent.failed}
    yield _labelled("zhuisu_recent_captures", "The newest 1,000 captures that ended.", "result", ended)


def _followers(state: State) -> Iterator[Metric]:
    position, told = state.core.position, state.subscribers
    yield _one("zhuisu_judge_behind_positions", "Published events without a verdict.", max(0, position - state.judged))
    yield _one("zhuisu_judge_again_events", "Events that are to be judged again.", state.judge_again)
    yield _labelled("zhuisu_subscriptions", "Subscriptions by state.", "state", told.states)
    yield _one("zhuisu_subscriptions_failing", "Active ones whose last delivery failed.", told.failing)
    behind = max(0, position - told.least) if told.least is not None else 0
    yield _one("zhuisu_subscriptions_behind_positions", "How far the last active one is behind the log.", behind)


def _database_metrics(database: Database) -> Iterator[Metric]:
    yield _one("zhuisu_database_bytes", "Size of the database.", database.size)
    yield _labelled("zhuisu_database_connections", "Connections by state.", "state", database.connections)
    yield _one("zhuisu_database_connections_limit", "max_connections of the server.", database.connections_limit)
    yield _one("zhuisu_database_clock_skew_seconds", "How far its clock is ahead of ours.", database.clock)
    yield _labelled(
        "zhuisu_heartbeat_age_seconds", "Since this kind of process last asked the database.", "process", database.heartbeats
    )  # fmt: skip


def _since(at: datetime) -> float:
    return max(0.0, (now() - at).total_seconds())


def _one(name: str, said: str, value: float) -> Metric:
    return GaugeMetricFamily(name, said, value=value)


def _labelled(name: str, said: str, label: str, values: dict[str, Any]) -> Metric:
    family = GaugeMetricFamily(name, said, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family
