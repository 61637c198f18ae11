"""Activating, voiding and marking used: first a look that changes nothing, then the change; all or nothing."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from zhuisu.registry.issuing.queries import counts_of
from zhuisu.workspace.codes.forms import decoded, numbers


def hidden(response) -> dict[str, str]:
    """What the page of confirmation carries on."""
    text = response.content.decode()
    return dict(re.findall(r'<textarea name="(\w+)" hidden>\n([^<]*)</textarea>', text))


def look(desk, batch, verb, **fields):
    return desk.client().post(f"/desk/codes/{batch.pk}/{verb}", fields)


def sure(desk, batch, verb, seen):
    return desk.client().post(f"/desk/codes/{batch.pk}/{verb}", hidden(seen) | {"sure": "1"})


def test_a_roll_is_looked_at_then_activated(desk):
    batch = desk.batch()
    seen = look(desk, batch, "activate", how="rolls", rolls="2-3", lot="L9", produced_on="2026-11-20")
    assert "将启用 200 个码" in seen.content.decode()
    assert counts_of(batch)["active"] == 0
    done = sure(desk, batch, "activate", seen)
    assert done.url == f"/desk/codes/{batch.pk}"
    assert counts_of(batch)["active"] == 200
    again = look(desk, batch, "activate", how="whole", lot="L9", produced_on="2026-11-20")
    assert "将启用 800 个码" in again.content.decode()
    assert "另有 200 个早已启用" in again.content.decode()


def test_first_to_last_and_a_list_in_any_form(desk):
    batch = desk.batch()
    ends = {"how": "between", "first": desk.code(batch, 10).lower(), "last": desk.code(batch, 19)}
    sure(desk, batch, "activate", look(desk, batch, "activate", **ends))
    assert counts_of(batch)["active"] == 10
    link = f"https://example.org/01/{batch.series.gtin}/21/{desk.code(batch, 12).replace(' ', '')}"
    listed = "\r\n".join([desk.code(batch, 11), "", link, desk.code(batch, 13).replace(" ", "-")])
    seen = look(desk, batch, "use", how="codes", texts=listed)
    assert "将把 3 个码标记为已使用" in seen.content.decode()
    sure(desk, batch, "use", seen)
    assert counts_of(batch)["used"] == 3


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_file_is_a_list(desk, encoding):
    batch = desk.batch()
    file = SimpleUploadedFile("codes.txt", "\n".join(desk.code(batch, n) for n in range(5)).encode(encoding))
    seen = look(desk, batch, "void", how="codes", file=file, reason="印刷破损")
    assert "将作废 5 个码" in seen.content.decode()
    sure(desk, batch, "void", seen)
    assert counts_of(batch)["voided"] == 5


def test_one_wrong_code_keeps_all_and_says_which(desk):
    batch = desk.batch()
    wrong = desk.code(batch, 1)[:-1] + ("2" if desk.code(batch, 1)[-1] != "2" else "3")
    seen = look(desk, batch, "activate", how="codes", texts=f"{desk.code(batch, 0)}\n{wrong}\nnonsense<b>")
    page = seen.content.decode()
    assert seen.status_code == 422
    assert 'name="sure"' not in page
    assert "nonsense&lt;b&gt;" in page
    assert re.search(r'data-label="第几个">2<', page)
    assert desk.client().post(
        f"/desk/codes/{batch.pk}/activate", hidden(seen) | {"sure": "1"}
    ).status_code == 422  # fmt: skip
    assert counts_of(batch)["active"] == 0
    back = desk.client().post(f"/desk/codes/{batch.pk}/activate", hidden(seen) | {"back": "1"})
    assert desk.code(batch, 0).replace(" ", "") in back.content.decode()


def test_voiding_needs_a_reason_and_is_for_good(desk):
    batch = desk.batch()
    assert "reason" in re.findall(r'id="id_(\w+)_error"', look(desk, batch, "void", how="whole").content.decode())
    sure(desk, batch, "void", look(desk, batch, "void", how="rolls", rolls="1", reason="丢失"))
    assert counts_of(batch)["voided"] == 100
    refused = look(desk, batch, "activate", how="rolls", rolls="1")
    assert refused.status_code == 422
    assert "已作废" in refused.content.decode()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"how": "rolls"}, "rolls"), ({"how": "rolls", "rolls": "0"}, "rolls"), ({"how": "rolls", "rolls": "11"}, "rolls"),
        ({"how": "rolls", "rolls": "3-1"}, "rolls"), ({"how": "rolls", "rolls": "1-9999999"}, "rolls"),
        ({"how": "between", "first": "x"}, "last"), ({"how": "codes"}, "texts"), ({"how": "nothing"}, "how"),
        ({"how": "whole", "lot": "x" * 30}, "lot"),
    ],
)  # fmt: skip
def test_what_is_missing_is_said_beside_its_field(desk, fields, field):
    answer = look(desk, desk.batch(), "activate", **fields)
    assert answer.status_code == 422
    if field != "how":
        assert f'id="id_{field}_error"' in answer.content.decode()


def test_another_organisations_codes_are_refused(desk, stranger):
    batch = desk.batch()
    client = desk.client("admin", stranger)
    answer = client.post("/desk/codes/change/void", {"how": "codes", "texts": desk.code(batch, 0), "reason": "x"})
    assert answer.status_code == 422
    assert counts_of(batch)["voided"] == 0


def test_rolls_are_read_as_people_write_them():
    assert numbers("1-3, 7，9、2") == (1, 2, 3, 7, 9)
    assert decoded("码\n".encode("gb18030")) == "码\n"
    assert decoded(b"\xff\xff\xff").startswith("\ufffd")


def test_doing_it_again_is_said_to_have_changed_nothing(desk):
    batch = desk.batch()
    given = {"how": "codes", "texts": desk.code(batch, 0), "reason": "破损", "sure": "1"}
    client = desk.client()
    for said in ("已作废 1 个码。", "已作废 0 个码。 另有 1 个早已作废，不变"):
        assert said in client.post(f"/desk/codes/{batch.pk}/void", given, follow=True).content.decode()
