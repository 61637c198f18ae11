"""Many acts by a sheet: looked through, marked, recorded without its bad rows, recorded once."""

import io
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from python_calamine import CalamineWorkbook

from support import AT
from zhuisu import sectors
from zhuisu.accounts.models import Organisation, Person
from zhuisu.accounts.services import create_organisation
from zhuisu.compliance.services import judge_next
from zhuisu.events.sequencer import publish
from zhuisu.profiles import sheets
from zhuisu.registry.models import Party, Role
from zhuisu.workspace.models import Sheet

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
    assert Sheet.objects.get().sent is None  # not all rows can be
    client.post(f"{sent.url}/decide", {"do": "good"})
    assert Sheet.objects.get().sent == 2
    assert bytes(Sheet.objects.get().content) == b""
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
    assert signed_in(farm, "reader").post(f"{sent.url}/decide", {"do": "all"}).status_code == 302
    assert Sheet.objects.get().sent is None
    assert send(signed_in(farm, "reader"), [row(1)]).status_code == 403


def test_the_empty_sheet_is_anyones_to_take(farm: Organisation) -> None:
    answer = signed_in(farm, "reader").get(f"{ADDRESS}.xlsx")
    assert answer.content[:2] == b"PK"


def test_small_sheets_are_asked_about_before(farm: Organisation) -> None:
    client = signed_in(farm)
    sent = send(client, [row(10), row(20, variety="")])
    page = client.get(sent.url).content.decode()
    assert "记录之前请留意" in page
    assert "第 2 条" in page
    Role.objects.update(valid_to_on=date(2026, 5, 15))
    assert client.get(ADDRESS).status_code == 403  # no such role any more
