"""Codes of other authorities taken over by a form, and things put into packages."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from support import AT
from zhuisu.events.sequencer import publish
from zhuisu.registry.models import ImportedBatch

DRUGS = [f"8476562000156{n:03d}4047" for n in range(5)]


def send(desk, lines="", do="import", **fields):
    sent = {"scheme": "cn.drug_trace_msfx", "kind": "list", "do": do} | fields
    if lines:
        sent["file"] = SimpleUploadedFile("codes.csv", lines.encode("gb18030"))
    return desk.client().post("/desk/codes/import", sent)


def test_a_list_is_checked_then_taken_over_once(desk):
    lines = "\r\n".join(DRUGS)
    checked = send(desk, lines, do="check")
    assert "检查通过：5 个码" in checked.content.decode()
    assert not ImportedBatch.objects.exists()
    assert send(desk, lines).status_code == 302
    assert ImportedBatch.objects.get().count == 5
    assert send(desk, lines).status_code == 302
    page = desk.client().get("/desk/codes/import").content.decode()
    assert ImportedBatch.objects.count() == 1
    assert DRUGS[0] in page


def test_wrong_lines_are_named_and_nothing_is_stored(desk):
    answer = send(desk, f"{DRUGS[0]}\n123\n{DRUGS[1]}\nabc")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert re.findall(r'data-label="行号">(\d+)<', page) == ["2", "4"]
    assert not ImportedBatch.objects.exists()


def test_a_range_and_a_tree(desk):
    assert send(desk, kind="range", first=DRUGS[0][:-1] + "0", last=DRUGS[0][:-1] + "9").status_code == 302
    tree = "小码,中码\n" + "\n".join(f"{one},{DRUGS[4]}" for one in DRUGS[1:4])
    assert send(desk, tree, kind="tree").status_code == 302
    assert sorted(ImportedBatch.objects.values_list("kind", flat=True)) == ["range", "tree"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "file"), ({"kind": "range", "first": "1"}, "last"), ({"scheme": "zs.unit", "lines": "x"}, "scheme"),
        ({"kind": "range", "first": "abc", "last": "9"}, "first"), ({"lines": "\n \n"}, "file"),
    ],
)  # fmt: skip
def test_what_is_missing_is_said_beside_its_field(desk, fields, field):
    answer = send(desk, **fields)
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode()


def test_things_go_into_a_case_and_come_out(desk):
    items, cases = desk.batch(), desk.batch(10, level="case", roll_size=None)
    client = desk.client()
    inside = "\r\n".join(desk.code(items, n) for n in range(3))
    packed = client.post("/desk/codes/pack", {"action": "pack", "parent": desk.code(cases, 0), "children": inside})
    assert packed.status_code == 302
    publish(AT)
    assert "全部入库" in client.get(packed.url).content.decode()
    out = client.post("/desk/codes/pack", {"action": "unpack", "parent": desk.code(cases, 0), "children": ""})
    assert out.status_code == 302


def test_what_cannot_be_packed_is_said_by_its_number_in_the_list(desk):
    items, cases = desk.batch(), desk.batch(10, level="case", roll_size=None)
    listed = "\n".join([desk.code(items, 0), "nonsense", desk.code(cases, 1)])
    answer = desk.client().post(
        "/desk/codes/pack", {"action": "pack", "parent": desk.code(cases, 0), "children": listed}
    )
    assert answer.status_code == 422
    assert "2" in re.findall(r'data-label="第几个">(\d+)<', answer.content.decode())
    assert desk.code(items, 0) in answer.content.decode()
    empty = desk.client().post("/desk/codes/pack", {"action": "pack", "parent": desk.code(cases, 0), "place": "x y"})
    assert {"children", "place"} <= set(re.findall(r'id="id_(\w+)_error"', empty.content.decode()))
