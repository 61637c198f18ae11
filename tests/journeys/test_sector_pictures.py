"""A shopper with a phone before the last thing of every sector's chain, and the desk of those who keep its books.

ZHUISU_PICTURES names a folder for pictures of all of them.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from running import node
from zhuisu import sectors

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TESTS = Path(__file__).parent.parent
PASSWORD = "a-long-enough-word"


class Site(NamedTuple):
    """Where it runs, and the path of each sector's last thing."""

    address: str
    pages: dict[str, str]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("chains")
    with node(home, "--no-demo", PYTHONPATH=str(TESTS)) as ours:
        plant = [sys.executable, str(TESTS / "journeys" / "planted_chains.py"), PASSWORD]
        planted = subprocess.run(plant, env=ours.environment, capture_output=True, text=True)
        assert planted.returncode == 0, planted.stderr[-3000:]
        yield Site(ours.address, json.loads(planted.stdout.splitlines()[-1]))


def page_of(browser: Any, site: Site, **options: Any) -> Any:
    defaults = {
        "locale": "zh-CN",
        "viewport": {"width": 390, "height": 844},
        "user_agent": "Mozilla/5.0 (Android) Mobile",
    }
    page = browser.new_context(base_url=site.address, **defaults | options).new_page()
    page.set_default_timeout(45_000)
    return page


def picture(page: Any, name: str) -> None:
    if folder := os.environ.get("ZHUISU_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def fits(page: Any) -> bool:
    page.wait_for_load_state()  # a click may have begun the next page, which has no elements yet
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def signed_in(browser: Any, site: Site, name: str, **options: Any) -> Any:
    page = page_of(browser, site, **options)
    page.goto("/sign-in")
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url("**/desk**")
    return page


def test_every_sector_has_its_page(browser: Any, site: Site) -> None:
    assert len(set(site.pages.values())) == len(sectors.all()), "two chains end in one code"
    page = page_of(browser, site)
    for sector, path in site.pages.items():
        page.goto(path)
        assert sectors.all()[sector].editions[0].name.zh in page.inner_text("main"), sector
        assert fits(page), sector
        picture(page, f"sector-{sector}")


def test_the_page_speaks_english_and_fills_a_desktop(browser: Any, site: Site) -> None:
    with_duty = next(name for name, each in sectors.all().items() if each.editions[0].duties)
    some = {with_duty, *list(sectors.all())[::13]}
    english, wide = (
        page_of(browser, site, locale="en-GB"),
        page_of(browser, site, viewport={"width": 1440, "height": 900}),
    )
    for sector in sorted(some):
        english.goto(site.pages[sector] + "?lang=en")
        assert sectors.all()[sector].editions[0].name.en in english.inner_text("main") and fits(english), sector
        picture(english, f"sector-{sector}-en")
        wide.goto(site.pages[sector])
        assert fits(wide), sector
        picture(wide, f"sector-{sector}-wide")


@pytest.mark.parametrize("size", [("phone", 390, 844), ("desktop", 1440, 900)])
def test_books_dossiers_and_the_gate_at_the_desk(browser: Any, site: Site, size: tuple[str, int, int]) -> None:
    name, width, height = size
    with_promise = next(
        key
        for key, each in sectors.all().items()
        if any("promiseBasis" in step.required for step in each.editions[0].steps.values())
    )
    page = signed_in(browser, site, f"{with_promise}-0", viewport={"width": width, "height": height})
    for address, called in (("/desk/books", "books"), ("/desk/promises/new", "promise-new"), ("/desk/entry", "entry")):
        page.goto(address)
        assert fits(page), address
        picture(page, f"{called}-{name}")
    page.goto("/desk/books")
    page.click(".book-list a")
    assert fits(page)
    picture(page, f"book-{name}")
    with_duty = next(key for key, each in sectors.all().items() if each.editions[0].duties)
    page = signed_in(browser, site, f"{with_duty}-0", viewport={"width": width, "height": height})
    page.goto("/desk/things")
    assert fits(page)
    picture(page, f"things-{name}")
    page.click(".desk-table a")
    assert fits(page)
    picture(page, f"thing-{name}")


def test_a_code_at_the_gate_is_answered(browser: Any, site: Site) -> None:
    with_promise = next(
        key
        for key, each in sectors.all().items()
        if any("promiseBasis" in step.required for step in each.editions[0].steps.values())
    )
    page = signed_in(browser, site, f"{with_promise}-1")
    page.goto("/desk/entry")
    page.fill("input[name=code]", "https://id.gs1.org" + site.pages[with_promise].removeprefix("/i"))
    page.click("main button.primary")
    assert page.locator(".big-answer").count() == 1 and fits(page)
    picture(page, "entry-answer")
