"""Many acts by a sheet: looked through, marked, recorded without its bad rows, recorded once."""

import io
import re
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from python_calamine import CalamineWorkbook

from support import AT
from zhuisu import sectors
from zhuisu.accounts.models import AuditEntry, Organisation, Person
from zhuisu.accounts.services import create_organisation
from zhuisu.compliance.services import judge_next
from zhuisu.events.sequencer import publish
from zhuisu.profiles import sheets
from zhuisu.registry.models import Party, Role
from zhuisu.workspace.models import Sheet
from zhuisu.workspace.records import queue

ADDRESS = "/desk/records/crops/plant/sheet"


@pytest.fixture
def farm(db: None) -> Organisation:
    party = Party.objects.create(code="cn.uscc:91350212MA2XYGR01A", name="白鹭蔬菜合作社", region="350212")
    Role.objects.create(party=party, sector="crops", role="farm", valid_from_on=date(2024, 1, 1))
    return create_organisation(
        kind="enterprise", name=party.name, party=party.code, region="350212", by="system", at=AT
    )


def signed_in(organisation: Organisation, role: str = "member") -> Client:
    person, _made = Person.objects.get_or_create(
        organisation=organisation, role=role, defaults={"username": f"{organisation.pk}-{role}"}
    )
    client = Client()
    client.force_login(person)
    return client


def row(number: int, **other: Any) -> dict[str, Any]:
    """One planting."""
    planted = {
        "eventTime": f"2026-05-{number:02}T08:00:00+08:00", "things": [f"09520000000011/P{number}"],
        "variety": "大红一号", "plotName": "东坡三号", "plantedOn": "2026-05-01",
    }  # fmt: skip
    return planted | other


def send(client: Client, rows: list[dict[str, Any]], address: str = ADDRESS) -> Any:
    """A filled-in sheet."""
    profile = sectors.profile("crops", timezone.localdate())
    assert profile
    content = sheets.write(profile, "plant", rows)
    return client.post(address, {"file": SimpleUploadedFile("种植.xlsx", content)})


def settle() -> None:
    publish(timezone.now())
    while judge_next(timezone.now()):
        continue


def test_bad_rows_are_named_and_the_good_ones_recorded_once(farm: Organisation) -> None:
    client = signed_in(farm)
    sent = send(client, [row(1), row(2, things=["nonsense!"]), row(3)])
    page = client.get(sent.url).content.decode()
    assert "B4" in page
    assert "只记录没有错的 2 行" in page
    marked = CalamineWorkbook.from_filelike(io.BytesIO(client.get(f"{sent.url}/marked.xlsx").content))
    assert len(marked.sheet_names) >= 2
    assert client.post(f"{sent.url}/decide", {"do": "all"}).status_code == 302
    assert Sheet.objects.get().state == "open"  # not all rows can be
    client.post(f"{sent.url}/decide", {"do": "good"})
    assert Sheet.objects.get().sent == 2
    assert Sheet.objects.get().state == "done"
    assert bytes(Sheet.objects.get().content) == bytes(Sheet.objects.get().prepared) == b""
    settle()
    assert client.get("/desk/records/done").content.decode().count('class="when"') == 2
    mended = send(client, [row(1), row(2), row(3)])
    client.post(f"{mended.url}/decide", {"do": "all"})
    settle()
    assert client.get("/desk/records/done").content.decode().count('class="when"') == 3
    assert "<b>2</b>" in client.get(mended.url).content.decode()  # were here already


def test_two_equal_rows_are_two_acts(farm: Organisation) -> None:
    client = signed_in(farm)
    sent = send(client, [row(1), row(1)])
    client.post(f"{sent.url}/decide", {"do": "all"})
    settle()
    assert client.get("/desk/records/done").content.decode().count('class="when"') == 2


def test_a_sheet_is_thrown_away(farm: Organisation) -> None:
    client = signed_in(farm)
    sent = send(client, [row(1)])
    client.post(f"{sent.url}/decide", {"do": "cancel"})
    assert not Sheet.objects.exists()
    assert client.get(sent.url).status_code == 404


def test_what_is_no_sheet_is_refused(farm: Organisation) -> None:
    client = signed_in(farm)
    for content in (b"abc", b"PK\x03\x04 broken"):
        answer = client.post(ADDRESS, {"file": SimpleUploadedFile("a.xlsx", content)})
        assert answer.status_code == 422
        assert 'id="id_file_error"' in answer.content.decode()
    assert send(client, []).status_code == 422
    assert client.post(ADDRESS, {}).status_code == 422


def test_a_sheet_belongs_to_its_organisation(farm: Organisation) -> None:
    sent = send(signed_in(farm), [row(1)])
    other = create_organisation(
        kind="enterprise", name="别人", party="cn.uscc:91350206MA31QWE52L", region="350206", by="system", at=AT
    )
    stranger = signed_in(other)
    assert stranger.get(sent.url).status_code == 404
    assert stranger.post(f"{sent.url}/decide", {"do": "all"}).status_code == 404
    for do in ("all", "good", "cancel", "stop"):
        assert signed_in(farm, "reader").post(f"{sent.url}/decide", {"do": do}).status_code == 403
    signed_in(farm).post(f"{sent.url}/decide")  # nothing said, nothing done
    assert Sheet.objects.get().state == "open"
    assert send(signed_in(farm, "reader"), [row(1)]).status_code == 403


def test_the_empty_sheet_is_anyones_to_take(farm: Organisation) -> None:
    answer = signed_in(farm, "reader").get(f"{ADDRESS}.xlsx")
    assert answer.content[:2] == b"PK"


def test_small_sheets_are_asked_about_before(farm: Organisation) -> None:
    client = signed_in(farm)
    sent = send(client, [row(9, things=["nonsense!"]), row(10), row(20, variety="")])
    page = client.get(sent.url).content.decode()
    assert "记录之前请留意" in page
    assert "第 5 行" in page  # as the sheet counts, bad rows and both headers included
    Role.objects.update(valid_to_on=date(2026, 5, 15))
    assert client.get(ADDRESS).status_code == 403  # no such role any more


@pytest.fixture
def large(farm: Organisation, monkeypatch: pytest.MonkeyPatch) -> tuple[Client, str]:
    """A sheet of five rows, of which two are a part, decided on."""
    monkeypatch.setattr(queue, "PART_LIMIT", 2)
    client = signed_in(farm)
    sent = send(client, [row(number) for number in range(1, 6)])
    client.post(f"{sent.url}/decide", {"do": "all"})
    return client, sent.url


def test_a_large_sheet_is_recorded_by_the_worker_part_by_part(large: tuple[Client, str]) -> None:
    client, address = large
    held = Sheet.objects.get()
    assert (held.state, held.sent) == ("queued", 0)
    client.post(f"{address}/decide", {"do": "all"})  # pressed twice
    client.post(f"{address}/decide", {"do": "cancel"})  # too late
    assert queue.record_next(timezone.now())
    page = client.get(address).content.decode()
    assert re.search(r'<progress[^>]* max="5" value="2"', page)
    assert 'http-equiv="refresh"' in page
    while queue.record_next(timezone.now()):
        continue
    held.refresh_from_db()
    assert (held.state, held.sent, len(held.captures)) == ("done", 5, 3)
    assert "<b>5</b>新记录" in client.get(address).content.decode()
    assert list(AuditEntry.objects.filter(verb__startswith="sheet.").order_by("pk").values_list("verb", flat=True)) == [
        "sheet.send", "sheet.record", "sheet.done",
    ]  # fmt: skip
    settle()
    assert client.get("/desk/records/done").content.decode().count('class="when"') == 5


def test_a_sheet_is_stopped_between_two_parts(large: tuple[Client, str]) -> None:
    client, address = large
    queue.record_next(timezone.now())
    client.post(f"{address}/decide", {"do": "stop"})
    assert not queue.record_next(timezone.now())
    page = client.get(address).content.decode()
    assert "已停止" in page
    assert 'http-equiv="refresh"' not in page
    settle()
    assert client.get("/desk/records/done").content.decode().count('class="when"') == 2
    client.post(f"{address}/decide", {"do": "all"})  # what is stopped stays so
    assert Sheet.objects.get().state == "stopped"


def test_a_part_that_was_stored_when_the_worker_died_is_not_stored_again(
    large: tuple[Client, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, _address = large
    with monkeypatch.context() as dying:
        dying.setattr(Sheet, "save", lambda *_a, **_b: (_ for _ in ()).throw(OperationalError("gone")))
        with pytest.raises(OperationalError):
            queue.record_next(timezone.now())
    assert (Sheet.objects.get().state, Sheet.objects.get().sent) == ("queued", 0)
    while queue.record_next(timezone.now()):
        continue
    settle()
    assert client.get("/desk/records/done").content.decode().count('class="when"') == 5


def test_a_sheet_that_cannot_be_recorded_ends_alone(
    large: tuple[Client, str], caplog: pytest.LogCaptureFixture
) -> None:
    client, address = large
    Sheet.objects.update(prepared=b"broken")
    other = send(client, [row(11)]).url
    client.post(f"{other}/decide", {"do": "all"})  # behind it in the queue
    while queue.record_next(timezone.now()):
        continue
    assert "cannot be recorded" in caplog.text
    assert sorted(Sheet.objects.values_list("state", flat=True)) == ["done", "failed"]
    assert "平台内部故障" in client.get(address).content.decode()


def test_a_waiting_sheet_is_not_swept(large: tuple[Client, str]) -> None:
    client, _address = large
    Sheet.objects.update(at=AT)
    send(client, [row(12)])
    assert Sheet.objects.filter(state="queued").count() == 1
