"""What watches a node: /healthz, /readyz and /metrics, who may read them, and the board and alerts that rest on them."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from repository import ROOT
from support import AT, document, event
from zhuisu.accounts.models import Organisation
from zhuisu.config import backups, gauges, health, metrics
from zhuisu.config.probing import Probe
from zhuisu.events.sequencer import publish
from zhuisu.events.services import receive

LOCAL = ["127.0.0.1", "localhost"]
TOKEN = "a-token-of-the-tests"


@pytest.fixture
def near(settings: Any) -> Client:
    """Asks as from this machine, a node that nobody else reaches."""
    settings.ALLOWED_HOSTS = LOCAL
    return Client(SERVER_NAME="127.0.0.1")


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    gauges.probe.forget()
    yield
    gauges.probe.forget()


@pytest.fixture
def state(db: None) -> gauges.State:
    """A node at rest, its worker alive."""
    read = gauges.read()
    return replace(read, database=replace(read.database, heartbeats={"worker": 0.1}))


def test_alive_is_said_without_a_database(client: Client) -> None:
    answer = client.get("/healthz")  # no database is allowed in this test
    assert (answer.status_code, answer.content, answer["Content-Type"]) == (200, b"ok\n", "text/plain")


def test_ready_is_said_with_every_check_by_name(near: Client, state: gauges.State, monkeypatch: Any) -> None:
    monkeypatch.setattr(health, "look", lambda: health.Looked(state, 0))
    answer = near.get("/readyz")
    told = answer.json()
    assert (answer.status_code, told["ready"], told["checks"].keys()) == (200, True, health.CHECKS.keys())
    assert told["checks"]["worker"] == {"ok": True, "value": 0.1, "limit": health.MAX_HEARTBEAT_SECONDS}
    far = Client(SERVER_NAME="127.0.0.1", REMOTE_ADDR="203.0.113.5").get("/readyz").json()
    assert set(map(tuple, map(dict.keys, far["checks"].values()))) == {("ok",)}, "numbers are for who may read /metrics"


BREAK: dict[str, Callable[[gauges.State], health.Looked]] = {
    "database": lambda state: health.Looked(None, 0),
    "migrations": lambda state: health.Looked(state, 1),
    "worker": lambda state: health.Looked(replace(state, database=replace(state.database, heartbeats={"worker": 99})), 0),
    "queue": lambda state: health.Looked(replace(state, core=replace(state.core, octets_waiting=1 << 60)), 0),
    "queue_age": lambda state: health.Looked(
        replace(state, core=replace(state.core, waiting_since=gauges.now() - timedelta(hours=1))), 0
    ),
    "snapshot": lambda state: health.Looked(replace(state, core=replace(state.core, position=10**7)), 0),
}  # fmt: skip


@pytest.mark.parametrize("name", BREAK)
def test_what_is_missing_is_named(near: Client, state: gauges.State, monkeypatch: Any, name: str) -> None:
    looked = BREAK[name](state)
    monkeypatch.setattr(health, "look", lambda: looked)
    answer = near.get("/readyz")
    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert not answer.json()["checks"][name]["ok"]
    if name != "database":  # without which most others cannot be told
        assert [each for each, check in answer.json()["checks"].items() if not check["ok"]] == [name]


def test_a_full_disk_and_a_lost_key_are_named(
    state: gauges.State, monkeypatch: Any, tmp_path: Path, settings: Any
) -> None:
    monkeypatch.setattr(gauges, "disk_free", lambda: 1000)
    settings.HOME = tmp_path
    empty, captured = (health.checks(health.Looked(replace(state, captured=held), 0)) for held in (False, True))
    assert not empty["disk"].ok
    assert empty["keys"].ok, "a fresh node has none yet"
    assert not captured["keys"].ok
    (tmp_path / "keys").mkdir()
    for path in health.key_files():
        path.write_bytes(b"k" * 31)
    assert not health.checks(health.Looked(state, 0))["keys"].ok, "half a key"


def test_the_real_look_finds_what_waits(db: None) -> None:
    firm = Organisation.objects.create(kind="enterprise", name="示范", party="cn.uscc:91350212MA0000015N")
    send = {"media_type": None, "organisation": firm.pk, "by": "system:test", "at": AT}
    receive(document(event()), project_now=True, **send)
    publish(AT)
    receive(document(event(epcList=["urn:epc:id:sgtin:9506000.013435.2"])), project_now=False, **send)
    found = gauges.read()
    assert (found.core.position, found.core.documents_waiting, found.core.waiting_since) == (1, 1, AT)
    assert found.core.octets_waiting > 100
    assert found.core.seconds_to_searchable == 0
    assert (found.recent.captures, found.recent.accepted, found.captured) == (1, 1, True)
    assert health.unapplied() == 0


def test_a_database_that_hangs_is_waited_for_no_longer_than_said() -> None:
    hung, asked = threading.Event(), []
    probe = Probe(lambda: asked.append(1) or hung.wait(20))
    for _ in range(3):
        with pytest.raises(TimeoutError):
            probe.look(0.02)
    assert len(asked) == 1, "asking again and again must not gather threads"
    hung.set()
    assert probe.look(5)


def scraped(near: Client) -> dict[str, Any]:
    answer = near.get("/metrics")
    assert answer.status_code == 200, answer.content
    return {family.name: family for family in text_string_to_metric_families(answer.content.decode())}


def samples(near: Client) -> set[str]:
    return {sample.name for family in scraped(near).values() for sample in family.samples}


@pytest.mark.django_db(transaction=True)
def test_every_metric_of_the_board_and_of_the_alerts_is_told(near: Client, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(backups, "_note", lambda: tmp_path / "note")
    backups.remember(AT, tmp_path)
    monkeypatch.setattr(gauges, "snapshot", lambda: gauges.Snapshot(0, 1.0, 2))
    firm = Organisation.objects.create(kind="enterprise", name="示范", party="cn.uscc:91350212MA0000015N")
    receive(document(event()), media_type=None, organisation=firm.pk, by="system:test", at=AT, project_now=True)
    publish(AT)
    read = gauges.read()
    read = replace(read, database=replace(read.database, heartbeats={"worker": 1.0}))
    monkeypatch.setattr(
        gauges.probe, "look", lambda: replace(read, subscribers=gauges.Subscribers({"active": 1}, 0, 0))
    )
    near.get("/healthz")
    metrics.processes.announce("web")
    told = samples(near)
    wanted = set()
    for path in (ROOT / "deploy/grafana/zhuisu.json", ROOT / "deploy/prometheus/rules.yml"):
        named = set(re.findall(r"\bzhuisu_[a-z_]+", path.read_text()))
        assert len(named) > 10, path
        wanted |= named
    assert wanted <= told, wanted - told
    json.loads((ROOT / "deploy/grafana/zhuisu.json").read_text())


@pytest.mark.django_db
@pytest.mark.parametrize("gone", [False, True])
def test_a_file_of_a_process_that_begins_or_is_gone_is_no_trouble(near: Client, gone: bool) -> None:
    empty = metrics.FOLDER / "counter_2147483647.db"
    if gone:
        empty.symlink_to(metrics.FOLDER / "nothing")  # listed, and away when it is looked at
    else:
        empty.touch()
    try:
        answer = near.get("/metrics")
    finally:
        empty.unlink()
    assert (answer.status_code, b"zhuisu_http_requests" in answer.content) == (200, True)


@pytest.mark.django_db
def test_labels_are_patterns_and_never_what_was_asked_for(near: Client) -> None:
    for path in (
        "/nothing/canary-1",
        "/01/09506000134352/21/canary-2",
        "/epcis/events/canary-3?canary=4",
        "/static/canary-5",
    ):
        near.get(path)
        near.generic("CANARY", path)
    told = near.get("/metrics").content.decode()
    assert "canary" not in told.lower()
    assert 'method="other"' in told


def test_metrics_survive_a_database_that_is_away(near: Client, monkeypatch: Any) -> None:
    def away() -> Any:
        raise TimeoutError

    monkeypatch.setattr(gauges.probe, "look", away)
    assert scraped(near)["zhuisu_database_up"].samples[0].value == 0


WHO = [
    # settings, what the request brings, whether it may read
    ({}, {}, True),
    ({}, {"REMOTE_ADDR": "::1"}, True),
    ({}, {"REMOTE_ADDR": "203.0.113.5"}, False),
    ({}, {"REMOTE_ADDR": ""}, False),
    ({}, {"HTTP_X_FORWARDED_FOR": "203.0.113.5"}, False),
    ({}, {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}, False),
    ({}, {"HTTP_FORWARDED": "for=1.2.3.4"}, False),
    ({}, {"HTTP_X_REAL_IP": "1.2.3.4"}, False),
    ({"PROXIES": 1}, {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}, False),
    ({"ALLOWED_HOSTS": ["trace.example.cn"]}, {"HTTP_HOST": "trace.example.cn"}, False),
    ({"SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https")}, {}, False),
    ({"METRICS_TOKEN": TOKEN}, {}, False),
    ({"METRICS_TOKEN": TOKEN}, {"HTTP_AUTHORIZATION": "Bearer wrong"}, False),
    ({"METRICS_TOKEN": TOKEN}, {"HTTP_AUTHORIZATION": f"Basic {TOKEN}"}, False),
    ({"METRICS_TOKEN": TOKEN}, {"HTTP_AUTHORIZATION": "Bearer \u4e2d"}, False),
    ({"METRICS_TOKEN": TOKEN}, {"HTTP_AUTHORIZATION": f"Bearer {TOKEN}", "REMOTE_ADDR": "203.0.113.5"}, True),
]  # fmt: skip


@pytest.mark.parametrize(("ours", "brings", "may"), WHO)
def test_an_open_metrics_page_would_be_a_leak(
    near: Client, settings: Any, monkeypatch: Any, ours: dict[str, Any], brings: dict[str, str], may: bool
) -> None:
    for name, value in ours.items():
        setattr(settings, name, value)
    monkeypatch.setattr(metrics, "exposition", lambda: b"figures")
    answer = near.get("/metrics", **brings)
    assert (answer.status_code == 200) == may
    assert (answer.content == b"figures") == may
    assert near.post("/metrics", **brings).status_code == 404
