"""Printing: what is filled in, what the law still wants, the picture, the PDF, the print file, a symbol."""

import base64
import io
import json
import re

import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from support import AT
from zhuisu.accounts.models import AuditEntry
from zhuisu.registry.issuing.services import Codes, Rolls, activate, void
from zhuisu.workspace.codes import label_form, printing

pytestmark = pytest.mark.usefixtures("fonts")
FULL = {
    "net": "900 g",
    "ingredients": "生牛乳",
    "address": "厦门市同安区示范路 1 号",
    "standard": "GB 19644",
}


def form(batch, **fields):
    """What the page sends: everything that it filled in, and what is typed."""
    held = {"template": "food", "layout": "roll-60x80"}
    held |= {f"f_{key}": value for key, value in _filled(batch).items()}
    return held | {f"f_{key}": value for key, value in FULL.items()} | fields


def _filled(batch):
    from zhuisu import labels

    return label_form.prefilled(labels.templates()["food"], batch, AT.date())


def send(desk, batch, do, **fields):
    return desk.client().post(f"/desk/codes/{batch.pk}/print", form(batch, do=do, **fields))


def pictures(octets: bytes) -> list[Image.Image]:
    document = pypdfium2.PdfDocument(octets)
    return [document[page].render(scale=300 / 72).to_pil() for page in range(len(document))]


@pytest.fixture
def batch(desk):
    made = desk.batch(300)
    activate(Rolls(made, (1,)), lot="L-7", produced_on=AT.date(), organisation=desk.dairy, by="system:test", at=AT)
    return made


def test_the_form_knows_what_the_register_knows_and_names_what_is_missing(desk, batch):
    page = desk.client().get(f"/desk/codes/{batch.pk}/print").content.decode()
    for value in (
        "听装奶粉",
        "900 g/听",
        "示范乳业公司",
        "SC10135021200001",
        "L-7",
        "2026-11-20",
        "730 天",
        "400-000-0000",
    ):
        assert f'value="{value}"' in page, value
    lacking = re.findall(r'lacks" data-field="f_(\w+)"', page)
    assert lacking == ["net", "ingredients", "address", "standard"]
    assert "食品安全法 第六十七条" in page


def test_the_picture_shows_the_code_of_a_real_label(desk, batch):
    answer = json.loads(send(desk, batch, "look").content)
    assert answer["wrong"] == ""
    assert answer["missing"] == []
    image = Image.open(io.BytesIO(base64.b64decode(answer["picture"].partition(",")[2])))
    (found,) = zxingcpp.read_barcodes(image)
    code = desk.code(batch, 0).replace(" ", "")
    assert found.text == f"http://testserver/01/{batch.series.gtin}/21/{code}"
    assert json.loads(send(desk, batch, "look", f_net="").content)["missing"] == ["f_net"]


def test_a_pdf_of_some_codes_decodes_to_those_and_leaves_out_voided_ones(desk, batch):
    void(Codes((desk.code(batch, 12),)), reason="x", organisation=desk.dairy, by="system:test", at=AT)
    answer = send(desk, batch, "pdf", first=11, last=14, symbol="datamatrix")
    assert answer.headers["Content-Type"] == "application/pdf"
    found = [zxingcpp.read_barcodes(page)[0] for page in pictures(answer.content)]
    assert [one.text[-16:] for one in found] == [desk.code(batch, n).replace(" ", "") for n in (10, 11, 13)]
    assert AuditEntry.objects.filter(verb="codes.print").latest("pk").detail["count"] == 3


def test_a_label_that_lacks_what_the_law_wants_is_not_printed(desk, batch):
    answer = send(desk, batch, "pdf", last=2, f_net="")
    assert answer.status_code == 422
    assert re.search(r'data-field="f_net".*?class="error"', answer.content.decode(), re.S)
    assert "生牛乳" in answer.content.decode()  # what was typed stays
    small = send(desk, batch, "pdf", last=2, f_net="", brief="on")
    assert small.headers["Content-Type"] == "application/pdf"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"first": 0}, "id_first"), ({"last": 301}, "id_last"), ({"first": 9, "last": 8}, "id_last"),
        ({"rolls": "4"}, "id_rolls"), ({"layout": "napkin"}, "id_layout"), ({"f_name": "\u202eevil"}, "f_name"),
        ({"f_ingredients": "🧀"}, "f_ingredients"), ({"start": 99}, ""), ({"f_ingredients": "很" * 490, "last": 1}, ""),
    ],
)  # fmt: skip
def test_what_cannot_be_printed_is_said(desk, batch, fields, said):
    answer = send(desk, batch, "pdf", **fields)
    assert answer.status_code == 422, answer.headers
    assert 'role="alert"' in answer.content.decode()
    assert said in answer.content.decode()
    assert not AuditEntry.objects.filter(verb="codes.print", organisation=desk.dairy).exists()


def test_more_than_a_file_holds_is_refused(desk, batch, monkeypatch):
    monkeypatch.setattr(printing, "PRINT_LIMIT", 50)
    answer = send(desk, batch, "pdf", rolls="1")
    assert answer.status_code == 422
    assert "最多 50 张" in answer.content.decode()


def test_the_print_file_is_streamed_and_as_long_as_announced(desk, batch):
    answer = send(desk, batch, "csv", rolls="2-3")
    octets = answer.getvalue()
    assert answer.streaming
    assert int(answer.headers["Content-Length"]) == len(octets)
    lines = octets.decode().splitlines()
    assert len(lines) == 201
    assert lines[1].startswith("2,")
    assert desk.code(batch, 100) in lines[1]
    assert send(desk, batch, "csv", rolls="1,3").status_code == 422


def test_another_template_keeps_the_choice_of_codes(desk, batch):
    answer = send(desk, batch, "template", template="plain", rolls="2", symbol="datamatrix")
    page = answer.content.decode()
    assert '<option value="plain" selected>' in page
    assert 'name="rolls" value="2"' in page
    assert "f_ingredients" not in page


@pytest.mark.parametrize("template", ["farm-producer", "drug", "case", "pallet", "seed", "explosives", "rare-earth"])
def test_every_kind_of_template_opens(desk, batch, template):
    page = desk.client().get(f"/desk/codes/{batch.pk}/print", {"template": template, "layout": "roll-100x150"})
    assert page.status_code == 200
    assert "data:image/png" in page.content.decode(), re.findall(r'id="preview-wrong"[^<]*<', page.content.decode())


def test_a_symbol_alone(desk, batch):
    svg = desk.client().get(f"/desk/codes/{batch.pk}/symbols/3.svg")
    assert svg.content.startswith(b"<svg")
    png = desk.client().get(f"/desk/codes/{batch.pk}/symbols/3.png?kind=datamatrix")
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(png.content)))
    assert found.text.endswith(desk.code(batch, 2).replace(" ", ""))
    for name in ("0.svg", "301.svg", "1.gif", "x.svg", "1", "99999999999999.png", "²³.svg"):
        assert desk.client().get(f"/desk/codes/{batch.pk}/symbols/{name}").status_code == 404, name


def test_the_template_is_the_sectors_own_before_it_is_the_categorys(desk, batch):
    product = batch.series.product
    assert label_form.default_template(batch) == "food"
    for kind, template in (("pesticides.herbicide", "pesticide"), ("crops.grain", "food"), ("nowhere.grain", "food")):
        product.kind = kind
        assert label_form.default_template(batch) == template
