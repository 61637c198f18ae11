"""A worker that is killed in the middle of a sheet: the next one goes on, and no row is recorded twice."""

import os
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone

from zhuisu import sectors
from zhuisu.accounts.models import Person
from zhuisu.accounts.services import create_organisation
from zhuisu.profiles import sheets
from zhuisu.registry.models import Party, Role
from zhuisu.workspace.models import Sheet

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
ROWS = 2_000


def worker(address: str, log: Path) -> "subprocess.Popen[bytes]":
    with log.open("ab") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "zhuisu.config", "worker"],
            env=os.environ | {"ZHUISU_DATABASE_URL": address},
            stdout=file,
            stderr=file,
        )


def sent_by(end: float, least: int) -> int:
    """How many rows were handed over, when they are at least so many; fails after a minute."""
    while (sent := Sheet.objects.get().sent) < least:
        assert time.monotonic() < end, "the worker did not get on"
        time.sleep(0.02)
    return sent


@pytest.mark.slow
def test_a_sheet_outlives_its_worker(address: str, tmp_path: Path) -> None:
    party = Party.objects.create(code="cn.uscc:91350212MA2XYGR01A", name="白鹭蔬菜合作社", region="350212")
    Role.objects.create(party=party, sector="crops", role="farm", valid_from_on=date(2024, 1, 1))
    farm = create_organisation(
        kind="enterprise", name=party.name, party=party.code, region="350212", by="system", at=AT
    )
    client = Client()
    client.force_login(Person.objects.create(organisation=farm, role="member", username="lin"))
    profile = sectors.profile("crops", timezone.localdate())
    assert profile
    rows = [
        {"eventTime": "2026-05-01T08:00:00+08:00", "things": [f"09520000000011/P{number}"], "variety": "大红一号",
         "plotName": "东坡三号", "plantedOn": "2026-05-01"}
        for number in range(ROWS)
    ]  # fmt: skip
    file = SimpleUploadedFile("a.xlsx", sheets.write(profile, "plant", rows))
    look = client.post("/desk/records/crops/plant/sheet", {"file": file}).url
    assert client.post(f"{look}/decide", {"do": "all"}).status_code == 302
    assert Sheet.objects.get().sent == 0  # nothing inside the request
    end = time.monotonic() + 60
    first = worker(address, tmp_path / "worker.log")
    try:
        assert 0 < sent_by(end, 1) < ROWS
    finally:
        first.kill()
        first.wait()
    second = worker(address, tmp_path / "worker.log")
    try:
        sent_by(end, ROWS)
        while Sheet.objects.get().state != "done":
            assert time.monotonic() < end
            time.sleep(0.02)
    finally:
        second.terminate()
        second.wait(timeout=20)
    with connection.cursor() as cursor:
        # Of this farm alone: evidence of other tests that committed stays in their database.
        cursor.execute(
            """select count(*), count(distinct b.event_id) from event e join event_body b on b.event = e.id
               where e.organisation = %s""",
            [farm.pk],
        )
        assert cursor.fetchone() == (ROWS, ROWS)
