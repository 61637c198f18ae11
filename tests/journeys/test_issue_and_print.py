"""A plant orders codes, prints them, activates a roll; a stranger scans a label; a spoiled label is voided."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from django.test import Client
from django.utils import timezone

from support import AT
from zhuisu.accounts.services import create_organisation, create_person
from zhuisu.labels import LabelError, fonts
from zhuisu.registry.models import Licence, Party, Product
from zhuisu.registry.services import verify_party

PASSWORD = "sufficient-words-42"
GTIN = "09506000134352"
BEFORE = datetime(2024, 1, 1, tzinfo=UTC)  # the pages go by the real clock


def organisation(kind: str, name: str, party: str):
    return create_organisation(kind=kind, name=name, party=party, region="350212", by="system", at=AT)


@pytest.fixture
def plant(db) -> Product:
    """What the operator has entered: a verified party with a licence and one product."""
    try:
        fonts.load()
    except LabelError as error:
        pytest.skip(error.message)
    operator = organisation("operator", "平台运营方", "cn.uscc:12350200DEM010343L")
    dairy = organisation("enterprise", "示范乳业公司", "cn.uscc:91350212MA2XYGR01A")
    create_person(organisation=dairy, username="lin", password=PASSWORD, role="member", by="system", at=AT)
    party = Party.objects.create(code=dairy.party, name="示范乳业公司", kind="manufacturer")
    verify_party(party, operator=operator, by="system", at=BEFORE)
    Licence.objects.create(party=party, kind="食品生产许可证", number="SC1", valid_from_on=date(2024, 1, 1))
    return Product.objects.create(code=f"gs1.gtin:01/{GTIN}", name="听装奶粉", category="food", holder=party)


def fields(page: str) -> dict[str, str]:
    """What a form of the page sends if nothing is touched."""
    held = dict(re.findall(r'<input type="(?:text|number|date|hidden)" name="(\w+)"[^>]*? value="([^"]*)"', page))
    held |= dict(re.findall(r'<textarea name="(\w+)" hidden>\n([^<]*)</textarea>', page))
    for name, options in re.findall(r'<select name="(\w+)"[^>]*>(.*?)</select>', page, re.S):
        held[name] = next(iter(re.findall(r'value="([^"]*)" selected', options)), "")
    return held


def said(stranger: Client, link: str) -> str:
    """The words of the page that a label's link leads to."""
    answer = stranger.get(link.removeprefix("http://testserver"), follow=True)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.fixture
def phone(browser: Any) -> Iterator[Any]:
    """A browser as wide as a telephone."""
    page = browser.new_page(viewport={"width": 390, "height": 844}, locale="zh-CN")
    yield page
    page.close()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_desk_on_a_telephone(plant: Product, live_server: Any, phone: Any) -> None:
    wrong: list[str] = []
    phone.on("console", lambda line: wrong.append(line.text) if "Content Security Policy" in line.text else None)
    phone.on("pageerror", lambda error: wrong.append(str(error)))
    phone.set_default_timeout(45_000)

    def fits() -> bool:
        return bool(phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))

    phone.goto(f"{live_server.url}/sign-in?next=/desk/codes/order")
    phone.get_by_label("用户名").fill("lin")
    phone.get_by_label("密码").fill(PASSWORD)
    phone.locator("main button[type=submit]").click()
    phone.get_by_label("产品").select_option(index=1)
    phone.get_by_label("数量", exact=True).fill("100000")
    phone.locator("main").get_by_role("button", name="赋码").click()
    assert "100,000 个码" in phone.locator(".big-number").inner_text()
    assert fits()
    phone.get_by_role("button", name="返回修改").click()
    phone.get_by_label("数量", exact=True).fill("20")
    phone.locator("main").get_by_role("button", name="赋码").click()
    phone.get_by_role("link", name="打印标签").click()
    picture = phone.locator("#preview-picture")
    before = picture.get_attribute("src")
    assert phone.locator(".lacks").count() > 2
    phone.get_by_label("净含量").fill("900 g")
    phone.wait_for_function("old => document.getElementById('preview-picture').src !== old", arg=before)
    assert phone.locator('[data-field="f_net"].lacks').count() == 0
    phone.get_by_label("标签模板").select_option("plain")  # brings the other template's fields without a button
    phone.wait_for_selector("[data-field=f_net]", state="detached")
    assert fits()
    with phone.expect_download() as printed:
        phone.get_by_role("button", name="下载 PDF 标签").click()
    assert printed.value.suggested_filename.endswith(".pdf")
    phone.locator(".page-head a").click()
    phone.get_by_role("link", name="启用", exact=True).last.click()
    assert not phone.get_by_label("码的清单").is_visible()  # what was not chosen asks for nothing
    phone.get_by_label("列出的码").check()
    assert phone.get_by_label("码的清单").is_visible()
    assert fits()
    assert not wrong


def test_from_an_order_to_a_voided_label(plant: Product) -> None:
    client, stranger = Client(), Client()
    assert client.post("/sign-in", {"username": "lin", "password": PASSWORD}).url == "/desk"

    ordering = fields(client.get("/desk/codes/order").content.decode())
    order = ordering | {"product": plant.pk, "level": "item", "count": 1000, "roll_size": 100}
    batch = client.post("/desk/codes/order", order).url
    assert client.post("/desk/codes/order", order).url == batch  # sent twice by an impatient hand

    page = client.get(f"{batch}/print", {"template": "plain"}).content.decode()
    assert "data:image/png" in page
    printed = client.post(f"{batch}/print", fields(page) | {"do": "pdf", "rolls": "3", "last": ""})
    assert printed.headers["Content-Type"] == "application/pdf"
    document = pypdfium2.PdfDocument(printed.content)
    assert len(document) == 100
    labels = [zxingcpp.read_barcodes(document[n].render(scale=300 / 72).to_pil())[0].text for n in (0, 99)]
    assert all(link.startswith(f"http://testserver/01/{GTIN}/21/") for link in labels)
    assert "还没有启用" in said(stranger, labels[0])

    looked = client.post(f"{batch}/activate", {"how": "rolls", "rolls": "3", "lot": "L1", "produced_on": "2026-11-20"})
    assert "将启用 100 个码" in looked.content.decode()
    assert client.post(f"{batch}/activate", fields(looked.content.decode()) | {"sure": "1"}).url == batch
    genuine = said(stranger, labels[0])
    assert "已启用" in genuine
    for text in ("听装奶粉", "示范乳业公司", "L1", "2026-11-20"):
        assert text in genuine, text

    spoiled = labels[1]
    looked = client.post("/desk/codes/change/void", {"how": "codes", "texts": spoiled, "reason": "标签破损"})
    assert client.post("/desk/codes/change/void", fields(looked.content.decode()) | {"sure": "1"}).status_code == 302
    assert "已经作废" in said(stranger, spoiled)
    assert "已启用" in said(stranger, labels[0])
    log = client.get(batch).content.decode()
    assert "标签破损" in log
    assert f"{timezone.localdate():%Y-%m-%d}" in log
