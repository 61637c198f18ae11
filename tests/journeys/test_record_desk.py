"""A farmer records a harvest on a telephone: a few touches, a warning where the goods are not fit yet, a correction afterwards."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from running import ARGUMENTS, CHROMIUM
from support import AT
from zhuisu.accounts.services import create_organisation, create_person
from zhuisu.compliance.services import judge_next
from zhuisu.config.assets import PACKAGE
from zhuisu.config.assets import wrong as wrong_files
from zhuisu.events.sequencer import publish
from zhuisu.labels.symbols import symbol
from zhuisu.registry.models import Party, Place, Product, Role

PASSWORD = "sufficient-words-42"


@pytest.fixture
def farm(db: None) -> Party:
    """What the operator has entered: the farm, its role, its greenhouse, its products."""
    party = Party.objects.create(code="cn.uscc:91350212MA2XYGR01A", name="白鹭蔬菜合作社", region="350212")
    organisation = create_organisation(
        kind="enterprise", name=party.name, party=party.code, region="350212", by="system", at=AT
    )
    create_person(organisation=organisation, username="lin", password=PASSWORD, role="member", by="system", at=AT)
    Role.objects.create(party=party, sector="crops", role="farm", valid_from_on=date(2024, 1, 1))
    Place.objects.create(code="gs1.sgln:414/9520000000028", name="东坡大棚", operator=party, region="350212")
    for gtin, name in (("09520000000011", "番茄苗"), ("09520000000028", "番茄")):
        Product.objects.create(code=f"gs1.gtin:01/{gtin}", name=name, kind="crops.vegetable", holder=party)
    return party


@pytest.fixture
def phone(browser: Any) -> Iterator[Any]:
    """A browser as wide as a telephone."""
    page = browser.new_page(viewport={"width": 390, "height": 844}, locale="zh-CN")
    yield page
    page.close()


def settle() -> None:
    """What the worker does."""
    publish(timezone.now())
    while judge_next(timezone.now()):
        continue


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_harvest_on_a_telephone(farm: Party, live_server: Any, phone: Any) -> None:
    wrong: list[str] = []
    phone.on("console", lambda line: wrong.append(line.text) if "Content Security Policy" in line.text else None)
    phone.on("pageerror", lambda error: wrong.append(str(error)))
    phone.set_default_timeout(45_000)
    send = phone.locator(".act .actions button")

    def fits() -> bool:
        return bool(phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))

    def done() -> None:
        """Recorded, also where something was only warned of."""
        phone.wait_for_load_state()
        if phone.locator(".findings button").count():
            phone.locator(".findings button").click()
        phone.wait_for_url("**/desk/records/act**")
        settle()

    phone.goto(f"{live_server.url}/sign-in?next=/desk/records")
    phone.get_by_label("用户名").fill("lin")
    phone.get_by_label("密码").fill(PASSWORD)
    held: list[Any] = []
    phone.route("**/records*.js", lambda route: held.append(route))
    with phone.expect_request("**/records*.js"):
        phone.locator("main button[type=submit]").click()
    phone.locator("#q").fill("种植")  # the tiles narrow while one types; this was before the script came
    for script in held:
        script.continue_()
    phone.unroute("**/records*.js")
    phone.locator(".tile[hidden]").first.wait_for(state="attached", timeout=10_000)
    assert phone.locator(".tile:visible").count() < phone.locator(".tile").count()
    phone.locator(".tile:visible a").first.click()
    phone.locator("#line_things .offer").first.click()
    phone.locator("#id_variety").fill("大红一号")
    phone.locator("#id_plotName").fill("东坡三号")
    phone.locator("#line_plantedOn .offer").last.click()
    phone.locator("#id_eventTime").fill(f"{timezone.localdate() - timedelta(1)}T08:00")
    assert fits()
    send.click()
    done()

    phone.goto(f"{live_server.url}/desk/records/crops/treat")
    assert not phone.locator("#id_registrationNumber").is_visible()  # is asked for pesticides alone
    phone.get_by_role("radio", name="农药").check()
    assert phone.locator("#id_registrationNumber").is_visible()

    phone.goto(f"{live_server.url}/desk/records/crops/harvest")
    phone.locator("#line_inputs .offer").first.click()
    phone.locator("#id_inputQuantity").fill("420公斤")
    phone.locator("#line_outputs .offer").first.click()
    phone.locator("#id_outputQuantity").fill("很多")
    phone.locator("#line_harvestedOn .offer").first.click()
    send.click()
    phone.locator("#faults").wait_for()
    assert phone.locator("#id_inputQuantity").input_value() == "420公斤"
    phone.locator("#id_outputQuantity").fill("420公斤")
    assert fits()
    send.click()
    done()
    phone.reload()
    assert "420 kg" in phone.locator(".facts").first.inner_text()

    phone.get_by_role("link", name="更正这条记录").click()
    phone.locator("#id_outputQuantity").fill("400")
    send.click()
    done()
    phone.goto(f"{live_server.url}/desk/records/done?sector=crops&step=harvest")
    assert phone.get_by_text("已更正").count() == 1
    assert fits()
    assert not wrong


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_code_held_before_the_camera_lands_in_its_field(
    farm: Party, live_server: Any, browser: Any, tmp_path: Path
) -> None:
    if wrong_files(PACKAGE, by="name"):
        pytest.skip("no code reader here: python -m zhuisu.config.assets")
    text = "https://example.org/01/09520000000011/10/P26"
    film = tmp_path / "film.y4m"
    film.write_bytes(b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420\n" + frame(symbol("qr", text).matrix) * 10)
    second = browser.browser_type.launch(
        executable_path=CHROMIUM, args=[*ARGUMENTS, f"--use-file-for-fake-video-capture={film}"]
    )
    try:
        page = second.new_page(viewport={"width": 390, "height": 844}, locale="zh-CN")
        wrong: list[str] = []
        page.on("console", lambda line: wrong.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.set_default_timeout(45_000)
        page.goto(f"{live_server.url}/sign-in?next=/desk/records/crops/plant")
        page.get_by_label("用户名").fill("lin")
        page.get_by_label("密码").fill(PASSWORD)
        page.locator("main button[type=submit]").click()
        page.locator("#id_things").fill("09520000000011/P25")
        page.locator("#line_things [data-scan]").click()
        page.locator("#camera").wait_for()
        page.locator("#camera").wait_for(state="hidden")
        assert page.locator("#id_things").input_value() == f"09520000000011/P25\n{text}"
        assert page.evaluate("document.querySelector('#camera video').srcObject.active") is False  # the light is out
        assert not wrong
    finally:
        second.close()


def frame(matrix: Sequence[Sequence[bool]]) -> bytes:
    """One picture of a film, 640 by 480, with the symbol in the middle."""
    scale = 400 // len(matrix)
    rows = [bytes(0 if dark else 255 for dark in row for _ in range(scale)).center(640, b"\xff") for row in matrix]
    thick = [row for row in rows for _ in range(scale)]
    above = (480 - len(thick)) // 2
    whole = [b"\xff" * 640] * above + thick + [b"\xff" * 640] * (480 - len(thick) - above)
    return b"FRAME\n" + b"".join(whole) + b"\x80" * (640 * 480 // 2)
