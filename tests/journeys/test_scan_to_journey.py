"""A person with a phone: from a code, typed, photographed or held before the camera, to where the thing came from.

The site runs as `zhuisu up` runs it, on a folder of its own, with the demonstration data.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from running import ARGUMENTS, CHROMIUM, node

pytestmark = pytest.mark.browser
# EAN-13 symbol, ISO/IEC 15420: odd-parity digits, and which of the left six are even by the first digit.
ODD = ["0001101", "0011001", "0010011", "0111101", "0100011", "0110001", "0101111", "0111011", "0110111", "0001011"]
EVEN_AT = ["", "245", "235", "234", "145", "125", "123", "135", "134", "124"]


@dataclass
class Site:
    """The running site and the codes it told us to try."""

    address: str
    codes: list[str]

    @property
    def tin(self) -> str:
        return next(code for code in self.codes if "(21)" in code)

    @property
    def lot(self) -> str:
        return next(code for code in self.codes if "(10)" in code)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """`zhuisu up` with a database of its own, until the last test of this file."""
    with node(tmp_path_factory.mktemp("site")) as ours:
        yield Site(ours.address, re.findall(r"^\s+(\(\d\S+|urn:\S+)  ", ours.said, re.MULTILINE))


@pytest.fixture
def outside(site: Site) -> Iterator[list[str]]:
    """Addresses outside the site that a page asked for: there must be none."""
    asked: list[str] = []
    yield asked
    assert not asked


def phone(browser: Any, site: Site, outside: list[str], **options: Any) -> Any:
    context = browser.new_context(
        base_url=site.address, **{"locale": "zh-CN", "viewport": {"width": 390, "height": 844}} | options
    )
    page = context.new_page()
    page.set_default_timeout(45_000)

    def watch(request: Any) -> None:
        if not request.url.startswith((site.address, "data:", "blob:")):
            outside.append(request.url)

    page.on("request", watch)
    page.on("pageerror", lambda error: outside.append(f"error in a script: {error}"))
    page.on("console", lambda line: outside.append(line.text) if "Content Security Policy" in line.text else None)
    return page


def fits(page: Any) -> bool:
    page.wait_for_load_state()  # a click may have begun the next page, which has no elements yet
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_from_a_typed_code_to_the_farms_and_into_english(browser: Any, site: Site, outside: list[str]) -> None:
    page = phone(browser, site, outside)
    page.goto("/")
    assert fits(page)
    page.get_by_label("追溯码").fill(site.tin)
    page.get_by_role("button", name="查询").click()
    page.wait_for_url("**/01/*/21/*")
    assert "步记录" in page.locator("h1").inner_text()
    steps = page.locator("#path h3").all_inner_texts()
    assert steps[0] == "零售"
    assert steps[-1] == "生产"  # in the sector's own word
    assert page.locator("#path svg.route .stop").count() >= 3

    page.evaluate("window.same = true")
    levels = 0
    while page.locator("#origin [data-level]").count():
        before = page.locator("#origin svg.graph rect").count()
        page.locator("#origin [data-level]").click()
        page.wait_for_function("n => document.querySelectorAll('#origin svg.graph rect').length > n", arg=before)
        levels += 1
    assert levels >= 2
    assert page.evaluate("window.same")  # opened in place, the page was not loaded again
    assert fits(page)
    page.locator("#origin-list summary").click()
    milk = page.locator("#origin-list .group", has_text="生牛乳").filter(has_not_text="混合")
    assert len({text.split("·")[1].split()[0] for text in milk.all_inner_texts()}) == 6  # six farms

    page.get_by_role("link", name="EN", exact=True).click()
    page.wait_for_selector("html[lang=en]")
    assert "steps recorded" in page.locator("h1").inner_text()
    assert page.locator("#path h3").first.inner_text() == "Retail sale"
    assert fits(page)


def test_the_same_without_a_script(browser: Any, site: Site, outside: list[str]) -> None:
    page = phone(browser, site, outside, java_script_enabled=False)
    page.goto("/")
    page.get_by_label("追溯码").fill(site.tin)
    page.get_by_role("button", name="查询").click()
    before = page.locator("#origin svg.graph rect").count()
    page.get_by_role("link", name="再往上一层").click()
    page.wait_for_url("**up=3#origin")
    page.wait_for_load_state()
    assert page.locator("#origin svg.graph rect").count() > before
    page.get_by_role("link", name="EN", exact=True).click()
    page.wait_for_selector("html[lang=en]")
    page.goto("/scan")
    assert page.get_by_label("Code").is_visible()
    assert not page.get_by_role("button", name="Open the camera").is_visible()


def test_everything_can_be_reached_by_the_keyboard(browser: Any, site: Site, outside: list[str]) -> None:
    page = phone(browser, site, outside)
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type(site.lot)
    page.keyboard.press("Enter")
    page.wait_for_url("**/01/*/10/*")
    lot = page.url
    page.locator("#origin svg a").last.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("lot => location.href !== lot", arg=lot)


def bars(gtin13: str) -> str:
    """The 95 modules of an EAN-13 symbol."""
    first, left, right = int(gtin13[0]), gtin13[1:7], gtin13[7:]
    even = {int(at) for at in EVEN_AT[first]}
    coded = [turned(ODD[int(digit)])[::-1] if place in even else ODD[int(digit)] for place, digit in enumerate(left)]
    return "101" + "".join(coded) + "01010" + "".join(turned(ODD[int(digit)]) for digit in right) + "101"


def turned(modules: str) -> str:
    return modules.translate(str.maketrans("01", "10"))


def picture(gtin13: str, width: int = 640, height: int = 480) -> list[bytes]:
    """Rows of grey pixels with the symbol in the middle."""
    modules = "0" * 11 + bars(gtin13) + "0" * 11
    scale = width // len(modules)
    row = "".join(module * scale for module in modules).ljust(width, "0")
    line = bytes(0 if module == "1" else 255 for module in row[:width])
    return [line if height // 4 < y < 3 * height // 4 else b"\xff" * width for y in range(height)]


def png(rows: list[bytes]) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def gtin13(site: Site) -> str:
    return re.findall(r"\(01\)0?(\d{13})", site.tin)[0]


@pytest.fixture
def reader() -> None:
    from zhuisu.config.assets import PACKAGE, wrong

    if wrong(PACKAGE, by="name"):
        pytest.skip("no code reader here: python -m zhuisu.config.assets")


def test_a_photo_of_a_barcode_is_read_on_the_device(browser: Any, site: Site, outside: list[str], reader: None) -> None:
    page = phone(browser, site, outside)
    page.goto("/scan")
    page.locator("#scanner input[type=file]").set_input_files(
        {"name": "photo.png", "mimeType": "image/png", "buffer": png(picture(gtin13(site)))}
    )
    page.wait_for_url("**/find?q=*")
    assert page.get_by_role("link", name=re.compile("商品条码")).is_visible()


def test_a_photo_without_a_code_is_answered_in_words(
    browser: Any, site: Site, outside: list[str], reader: None
) -> None:
    page = phone(browser, site, outside)
    page.goto("/scan")
    blank = png([b"\xff" * 200] * 200)
    page.locator("#scanner input[type=file]").set_input_files(
        {"name": "photo.png", "mimeType": "image/png", "buffer": blank}
    )
    page.wait_for_function("document.querySelector('#scanner .status').textContent.includes('没有读到码')")


def test_the_camera_reads_a_barcode(site: Site, outside: list[str], reader: None, tmp_path: Path, browser: Any) -> None:
    rows = picture(gtin13(site))
    frame = b"FRAME\n" + b"".join(rows) + b"\x80" * (640 * 480 // 2)
    film = tmp_path / "film.y4m"
    film.write_bytes(b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420\n" + frame * 10)
    second = browser.browser_type.launch(
        executable_path=CHROMIUM, args=[*ARGUMENTS, f"--use-file-for-fake-video-capture={film}"]
    )
    try:
        page = phone(second, site, outside)
        page.goto("/scan")
        page.get_by_role("button", name="打开摄像头").click()
        page.wait_for_url("**/find?q=*")
    finally:
        second.close()


# Contrast of every text against what lies behind it (WCAG 2.2, 1.4.3), and the size of what is pressed (2.5.8).
CHECK = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    if (element.ownerSVGElement) {
      const shape = element.parentElement.querySelector('rect, circle');
      const inside = element.classList.contains('k') || (shape && shape.tagName === 'rect');
      if (inside && getComputedStyle(shape).fill !== 'none') return rgba(getComputedStyle(shape).fill);
      element = element.ownerSVGElement;
    }
    for (let each = element; each; each = each.parentElement) {
      const colour = rgba(getComputedStyle(each).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const faults = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !element.getClientRects().length) continue;
    if (element.closest('.visually-hidden, script, title, noscript')) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(rgba(element.ownerSVGElement ? style.fill : style.color)), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) faults.push(`${ratio.toFixed(2)}: ${walker.currentNode.textContent.trim().slice(0, 30)}`);
    if (parseFloat(style.fontSize) < 12) faults.push(`small: ${walker.currentNode.textContent.trim().slice(0, 30)}`);
  }
  for (const each of document.querySelectorAll('button, .btn, nav a, input:not(.visually-hidden), summary')) {
    const box = each.getBoundingClientRect();
    if (box.width && (box.width < 24 || box.height < 24)) faults.push(`target ${box.width}×${box.height}: ${each.textContent}`);
  }
  for (const each of document.querySelectorAll('input:not([type=hidden])'))
    if (!each.labels.length && !each.ariaLabel) faults.push(`no label: ${each.outerHTML}`);
  return faults;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_is_legible_in_daylight_and_in_the_dark(
    browser: Any, site: Site, outside: list[str], scheme: str
) -> None:
    page = phone(browser, site, outside, color_scheme=scheme)
    for address in (
        "/",
        "/scan",
        "/find?q=abc",
        f"/find?q={gtin13(site)}",
        f"/find?q={site.tin}",
        f"/find?q={site.lot}",
    ):
        for width in (390, 1440):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(address)
            assert page.evaluate(CHECK) == [], address
            assert fits(page), address


def test_text_twice_as_large_still_fits(browser: Any, site: Site, outside: list[str]) -> None:
    page = phone(browser, site, outside, viewport={"width": 320, "height": 700})
    for address in ("/", "/scan", f"/find?q={site.tin}", f"/find?q={site.lot}"):
        page.goto(address)
        assert fits(page), address  # 320 px is 1280 px at 400 % (WCAG 2.2, 1.4.10)
