"""The desk's quieter pages on a phone and a large screen, in both languages: mandates, a promise certificate, the record of a thing, sheets,
the camera, what is recorded. ZHUISU_PICTURES names a folder for pictures of all of them.
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

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TESTS = Path(__file__).parent.parent
PASSWORD = "a-long-enough-word"
SIZES = [
    ("phone", 390, 844, "zh-CN"),
    ("desktop", 1440, 900, "zh-CN"),
    ("phone-en", 390, 844, "en-GB"),
    ("desktop-en", 1440, 900, "en-GB"),
]


class Site(NamedTuple):
    """Where it runs, and the number of its promise certificate."""

    address: str
    promise: str


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("desk")
    with node(home, "--no-demo", PYTHONPATH=str(TESTS)) as ours:
        plant = [sys.executable, str(TESTS / "journeys" / "planted_desk.py"), PASSWORD]
        planted = subprocess.run(plant, env=ours.environment, capture_output=True, text=True)
        assert planted.returncode == 0, planted.stderr[-3000:]
        yield Site(ours.address, json.loads(planted.stdout.splitlines()[-1]))


def signed_in(browser: Any, site: Site, name: str, width: int, height: int, locale: str) -> Any:
    context = browser.new_context(base_url=site.address, viewport={"width": width, "height": height}, locale=locale)
    page = context.new_page()
    page.set_default_timeout(45_000)
    page.goto("/sign-in" + ("?lang=en" if locale.startswith("en") else ""))
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url("**/desk**")
    return page


def looked_at(page: Any, name: str) -> None:
    """It fits, and leaves a picture where one is wanted."""
    page.wait_for_load_state()  # a click may have begun the next page, which has no elements yet
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
    if folder := os.environ.get("ZHUISU_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


@pytest.mark.parametrize("size", SIZES, ids=[each[0] for each in SIZES])
def test_the_quieter_pages_of_a_farm(browser: Any, site: Site, size: tuple[str, int, int, str]) -> None:
    name, width, height, locale = size
    page = signed_in(browser, site, "crops-farm", width, height, locale)
    for address, called in (
        ("/desk/mandates", "mandates"), ("/desk/mandates?side=held", "mandates-held"), ("/desk/subscriptions", "subscriptions"),
        (f"/desk/promises/{site.promise}", "promise-one"), (f"/promise/{site.promise}", "promise-public"),
        ("/desk/records", "records"), ("/desk/records?for=nobody", "records-for"), ("/desk/records/crops/plant/sheet", "sheet"),
        ("/desk/records/done", "done"), ("/desk/findings", "findings"), ("/desk/records/crops/plant", "form"),
    ):  # fmt: skip
        page.goto(address)
        looked_at(page, f"{called}-{name}")
    page.goto("/desk/records/done")
    page.click(".desk-table a")
    looked_at(page, f"act-{name}")
    page.goto("/desk/mandates")
    page.click(".desk-table a.danger")
    looked_at(page, f"mandate-withdraw-{name}")
    page.goto("/desk/mandates")
    page.fill("#id_holder", "123")
    page.click("main form.card button.primary")
    assert page.locator(".error").count()
    looked_at(page, f"mandate-wrong-{name}")
    page.goto("/desk/records/crops/plant")
    if page.locator("button[data-scan]:visible").count():
        page.locator("button[data-scan]:visible").first.click()
        page.locator("dialog#camera [role=status]:not(:empty)").wait_for()
        looked_at(page, f"camera-{name}")


@pytest.mark.parametrize("size", SIZES, ids=[each[0] for each in SIZES])
def test_the_dossier_of_a_lift_and_the_log_of_a_cold_store(
    browser: Any, site: Site, size: tuple[str, int, int, str]
) -> None:
    name, width, height, locale = size
    page = signed_in(browser, site, "elevators-user", width, height, locale)
    page.goto("/desk/things")
    looked_at(page, f"things-{name}")
    page.click(".desk-table a")
    looked_at(page, f"thing-{name}")
    page = signed_in(browser, site, "vaccines-holder", width, height, locale)
    page.goto("/desk/things/log/vaccines/store")
    assert page.locator("input[type=file]").count()
    looked_at(page, f"log-{name}")
