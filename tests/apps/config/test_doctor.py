"""`zhuisu doctor`: each thing that can be wrong is broken once, and seen, and mended by words in both languages."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from typer.testing import CliRunner

from support import AT, document, event
from zhuisu.accounts.models import Organisation
from zhuisu.config import backups, doctor, gauges, health
from zhuisu.config.cli.app import app
from zhuisu.config.doctor import ROWS, Level, Patient, findings
from zhuisu.events.sequencer import publish
from zhuisu.events.services import receive
from zhuisu.events.store import rows

SERVER = {
    "server_version_num": "180004",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "data_checksums": "on",
}
ALIVE = dict.fromkeys(("worker", "project", "judge", "deliver", "snapshot"), 0.1)


@pytest.fixture
def well(db: None, monkeypatch: Any, settings: Any, tmp_path: Path) -> Patient:
    """An installation in which everything is as it should be."""
    settings.ALLOWED_HOSTS, settings.SECRET_KEY = ["localhost"], "s" * 40
    settings.HOME = tmp_path  # the keys of other tests are none of its
    monkeypatch.setattr(gauges, "disk_free", lambda: 1 << 40)
    monkeypatch.setattr(gauges, "snapshot", lambda: gauges.Snapshot(10**9, 1.0, 1))
    monkeypatch.setattr(backups, "newest", gauges.now)
    read = gauges.read()
    read = replace(read, database=replace(read.database, heartbeats=ALIVE, connections={"idle": 3}), captured=True)
    monkeypatch.setattr(health, "key_files", lambda: (tmp_path / "documents.key", tmp_path / "log.key"))
    for path in health.key_files():
        path.write_bytes(b"k" * 32)
    return Patient(health.Looked(read, 0), SERVER, "", 0)


def state(change: Callable[[gauges.State], gauges.State]) -> Callable[[Patient, Any], Patient]:
    return lambda patient, _: replace(patient, looked=health.Looked(change(patient.looked.state), 0))


def database(**fields: Any) -> Callable[[Patient, Any], Patient]:
    return state(lambda held: replace(held, database=replace(held.database, **fields)))


def core(**fields: Any) -> Callable[[Patient, Any], Patient]:
    return state(lambda held: replace(held, core=replace(held.core, **fields)))


def server(**fields: str) -> Callable[[Patient, Any], Patient]:
    return lambda patient, _: replace(patient, server=patient.server | fields)


def setting(**fields: Any) -> Callable[[Patient, Any], Patient]:
    def change(patient: Patient, tools: Any) -> Patient:
        for name, value in fields.items():
            setattr(tools.settings, name, value)
        return patient

    return change


def patch(where: Any, name: str, value: Any) -> Callable[[Patient, Any], Patient]:
    def change(patient: Patient, tools: Any) -> Patient:
        tools.monkeypatch.setattr(where, name, value)
        return patient

    return change


def lost_key(patient: Patient, tools: Any) -> Patient:
    health.key_files()[0].unlink()
    return patient


def open_key(patient: Patient, tools: Any) -> Patient:
    (tools.home / "keys" / "issuers").mkdir(parents=True)
    (tools.home / "keys" / "issuers" / "a.key").touch(0o644)
    tools.settings.HOME = tools.home
    return patient


def no_fonts(patient: Patient, tools: Any) -> Patient:
    tools.monkeypatch.setattr("zhuisu.labels.fonts.FOLDER", tools.home / "nothing")
    return patient


def no_backup(patient: Patient, tools: Any) -> Patient:
    (tools.home / "postgres").mkdir()
    tools.settings.HOME = tools.home
    tools.monkeypatch.setattr(backups, "newest", lambda: gauges.now() - timedelta(hours=27))
    return patient


PUBLIC = {"ALLOWED_HOSTS": ["trace.example.cn"]}
HTTPS = {"SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https")}
BREAK: dict[str, Callable[[Patient, Any], Patient]] = {
    "python": patch(doctor, "MIN_PYTHON", (9, 0)),
    "database": lambda patient, _: replace(patient, trouble="TimeoutError", looked=health.Looked(None, None)),
    "postgresql": server(server_version_num="140001"),
    "durable": server(fsync="off"),
    "checksums": server(data_checksums="off"),
    "migrations": lambda patient, _: replace(patient, looked=health.Looked(patient.looked.state, 2)),
    "debug": setting(DEBUG=True),
    "hosts": setting(ALLOWED_HOSTS=["*"]),
    "secret": setting(SECRET_KEY="short"),
    "https": setting(**PUBLIC),
    "origins": setting(**PUBLIC, CSRF_TRUSTED_ORIGINS=[]),
    "proxies": setting(**HTTPS, PROXIES=0),
    "metrics": setting(**PUBLIC, METRICS_TOKEN="short"),
    "rates": setting(RATE_KEY=0),
    "keys": lost_key,
    "key_modes": open_key,
    "disk": patch(gauges, "disk_free", lambda: 10),
    "clock": database(clock=-6.0),
    "queue": core(waiting_since=AT - timedelta(days=100), documents_waiting=3),
    "set_aside": core(set_aside=1),
    **{name: database(heartbeats={**ALIVE, name: 100.0}) for name in ("worker", "project", "judge", "deliver")},
    "judge_behind": core(position=10**6),
    "snapshot": patch(gauges, "snapshot", lambda: gauges.Snapshot(-(10**7), 1.0, 1)),
    "backups": no_backup,
    "fonts": no_fonts,
    "connections": database(connections={"idle": 99}, connections_limit=100),
}  # fmt: skip
CHINESE = re.compile(r"[\u4e00-\u9fff]")


class Tools:
    def __init__(self, settings: Any, monkeypatch: Any, home: Path) -> None:
        self.settings, self.monkeypatch, self.home = settings, monkeypatch, home


def test_an_installation_that_is_well_is_told_so(well: Patient) -> None:
    assert {name: said for name, said in findings(well).items() if said.level} == {}


def test_every_row_is_broken_below() -> None:
    assert ROWS.keys() == BREAK.keys() | {"integrity"}
    for row in ROWS.values():
        assert CHINESE.search(row.what_zh) and CHINESE.search(row.mend_zh)
        assert not CHINESE.search(row.what + row.mend)


@pytest.mark.parametrize("name", BREAK)
def test_what_is_broken_is_seen(well: Patient, settings: Any, monkeypatch: Any, tmp_path: Path, name: str) -> None:
    broken = BREAK[name](well, Tools(settings, monkeypatch, tmp_path))
    assert findings(broken)[name].level > Level.OK


def test_a_heartbeat_that_never_was_is_a_fault(well: Patient) -> None:
    told = findings(database(heartbeats={})(well, None))
    assert (told["worker"].level, told["judge"].level) == (Level.FAULT, Level.WARNING)


def test_a_changed_event_is_found_in_passing(db: None) -> None:
    firm = Organisation.objects.create(kind="enterprise", name="示范", party="cn.uscc:91350212MA0000015N")
    receive(document(event()), media_type=None, organisation=firm.pk, by="system:test", at=AT, project_now=True)
    publish(AT)
    patient = Patient(health.Looked(gauges.read(), 0), SERVER, "", 5)
    assert doctor.ROWS["integrity"].check(patient).level == Level.OK
    with connection.cursor() as cursor:
        cursor.execute("alter table event disable trigger user")
        cursor.execute("update event set step = 'shipping'")
        cursor.execute("alter table event enable trigger user")
    assert rows("select step from event") == [("shipping",)]
    said = doctor.ROWS["integrity"].check(patient)
    assert said.level == Level.FAULT
    assert "the event's row is not what its bytes say" in said.seen


@pytest.mark.parametrize(("name", "code", "worst"), [("", 0, "ok"), ("rates", 1, "warning"), ("debug", 4, "fault")])
def test_the_exit_code_is_that_of_the_worst(
    well: Patient, settings: Any, monkeypatch: Any, tmp_path: Path, name: str, code: int, worst: str
) -> None:
    patient = BREAK[name](well, Tools(settings, monkeypatch, tmp_path)) if name else well
    monkeypatch.setattr(doctor, "examine", lambda sample, trouble: patient)
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)
    told = CliRunner().invoke(app, ["doctor", "--json"])
    assert (told.exit_code, json.loads(told.stdout)["worst"]) == (code, worst)
    plain = CliRunner().invoke(app, ["doctor"])
    assert plain.exit_code == code
    if name:
        assert ROWS[name].mend_zh in plain.stdout
