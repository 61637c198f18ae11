"""The list of batches and a batch's page: who sees what, narrowing, paging, export, rolls."""

import csv
import io
import re

import pytest
from django.utils import timezone

from support import AT
from zhuisu.registry.issuing.services import Codes, Rolls, activate, use, void
from zhuisu.workspace.codes import lists


def words(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.fixture
def lively(desk):
    """A batch with codes in every state."""
    batch = desk.batch(note="第一单")
    who = {"organisation": desk.dairy, "by": "system:test", "at": AT}
    activate(Rolls(batch, (1, 2)), lot="L-7", **who)
    use(Codes((desk.code(batch, 3),)), **who)
    void(Codes((desk.code(batch, 4), desk.code(batch, 900))), reason="破损", **who)
    return batch


def test_a_batch_is_listed_with_its_counts(desk, lively):
    page = words(desk.client("reader").get("/desk/codes"))
    for text in ("听装奶粉", "1,000", "198", "799", "L-7", "第一单", lively.series.name):
        assert text in page, text


def test_a_batchs_page_has_rolls_states_and_the_log(desk, lively):
    page = words(desk.client().get(f"/desk/codes/{lively.pk}"))
    for text in (desk.code(lively, 0), desk.code(lively, 99), desk.code(lively, 999), "破损", "10 卷，每卷 100 个"):
        assert text in page, text
    assert desk.client().get(f"/desk/codes/{lively.pk}?rolls=99999999999").status_code == 200


def test_others_codes_are_not_there(desk, lively, stranger):
    client = desk.client("admin", stranger)
    assert "听装奶粉" not in words(client.get("/desk/codes"))
    for address in ("", "/print", "/activate", "/symbols/1.svg"):
        assert client.get(f"/desk/codes/{lively.pk}{address}").status_code == 404, address
    assert client.get("/desk/codes/999999999999999999999").status_code == 404
    assert desk.code(lively, 0) not in client.get("/desk/codes.csv").getvalue().decode()


def test_an_authority_looks_at_its_region_and_does_nothing(desk, lively, authority, stranger):
    client = desk.client("admin", authority)
    assert "示范乳业公司" in words(client.get("/desk/codes"))
    page = client.get(f"/desk/codes/{lively.pk}")
    assert page.status_code == 200
    assert "/activate" not in page.content.decode()
    for address in ("order", "import", "pack", "change/void", f"{lively.pk}/print", f"{lively.pk}/void"):
        assert client.get(f"/desk/codes/{address}").status_code == 403, address
        assert client.post(f"/desk/codes/{address}", {"how": "whole", "reason": "x", "sure": 1}).status_code == 403
    authority.region = "350206"
    authority.save()
    assert client.get(f"/desk/codes/{lively.pk}").status_code == 404


def test_a_reader_only_looks(desk, lively):
    client = desk.client("reader")
    assert client.get(f"/desk/codes/{lively.pk}").status_code == 200
    assert client.get("/desk/codes/order").status_code == 403
    assert client.get(f"/desk/codes/{lively.pk}/print").status_code == 403


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("q=奶粉", True), ("q=MILK", True), ("q=l-7", True), ("q=第一单", True), ("q=没有的", False), ("q=%00", True),
        ("level=item", True), ("level=case", False), ("done=void", True), ("done=idle", False), ("done=activate", True),
        ("since=2026-11-20&until=2026-11-20", True), ("since=2026-11-21", False), ("until=2026-11-19", False),
        ("since=0001-01-01&until=9999-12-31", True),
        ("since=nonsense&level=nonsense", True), ("before=1", False),
    ],
)  # fmt: skip
def test_the_list_is_narrowed(desk, lively, query, shown):
    page = words(desk.client().get(f"/desk/codes?{query}"))
    assert (lively.series.name in page) == shown


def test_a_long_list_is_paged_by_its_last_line_and_exported_whole(desk, monkeypatch):
    monkeypatch.setattr(lists, "PAGE", 3)
    monkeypatch.setattr(lists, "EXPORT_STEP", 2)
    made = [desk.batch(10 + n, roll_size=None, note=f"=1+{n}").count for n in range(7)]
    client, seen, query = desk.client(), [], ""
    while True:
        page = client.get(f"/desk/codes{query}").content.decode()
        seen += [int(n) for n in re.findall(r'data-label="数量">([\d,]+)<', page)]
        older = re.search(r'rel="next" href="([^"]+)"', page)
        if not older:
            break
        query = older[1]
    assert seen == made[::-1]
    text = client.get("/desk/codes.csv").getvalue().decode()
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text[1:])))
    assert [int(row[6]) for row in rows[1:]] == made[::-1]
    assert rows[1][-3] == "'=1+6"
    monkeypatch.setattr(lists, "EXPORT_LIMIT", 4)
    assert "上限" in client.get("/desk/codes.csv").getvalue().decode().splitlines()[-1]


def test_a_lost_key_is_said_and_nothing_breaks(desk, lively, tmp_path, monkeypatch):
    monkeypatch.setattr("zhuisu.registry.issuing.keys.folder", lambda: tmp_path)
    page = desk.client().get(f"/desk/codes/{lively.pk}")
    assert page.status_code == 200
    assert 'role="alert"' in page.content.decode()
    assert desk.client().get(f"/desk/codes/{lively.pk}/print").status_code == 200


def test_the_pages_are_whole_in_english(desk, lively):
    client = desk.client("admin")
    addresses = ["", "/order", "/import", "/pack", "/change/void", "/change/activate", "/change/use"]
    addresses += [f"/{lively.pk}", f"/{lively.pk}/activate", f"/{lively.pk}/print"]
    ours = re.compile(r"听装奶粉|示范乳业公司|第一单|破损|900 g/听|常温|730 天")
    for address in addresses:
        page = client.get(f"/desk/codes{address}", {"lang": "en"})
        assert page.status_code == 200, address
        text = re.sub(r'<(\w+)[^<>]* lang="zh-Hans"[^<>]*>[^<]*</\1>|placeholder="[^"]*"', "", page.content.decode())
        text = re.sub(r'<p class="hint article">[^<]*</p>|<small>[^<]*</small>', "", text)  # the law speaks Chinese
        assert not re.search("[\u4e00-\u9fff]+", ours.sub("", text)), address
    assert timezone.get_current_timezone_name()
