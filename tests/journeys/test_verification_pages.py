"""A shopper with a phone before every state of a code, in both languages; an inspector who sees which one it is.

The site runs as `zhuisu up` runs it, on a folder of its own; planted_states.py puts one code of each state into it.
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

pytestmark = pytest.mark.browser
TESTS = Path(__file__).parent.parent
PASSWORD = "a-long-enough-word"
SAID = {
    "seventh": ("这是第 7 次查询", "look-up number 7"),
    "genuine": ("签发，已启用", "is active"),
    "inactive": ("还没有启用", "not active yet"),
    "voided": ("已经作废", "has been voided"),
    "used": ("已经使用过", "has been used"),
    "sold": ("已经售出", "has been sold"),
    "recalled": ("正在召回", "being recalled"),
    "expired": ("已过保质期", "past its expiry date"),
    "copied": ("可能被复制", "may have been copied"),
    "traced": ("签发，已启用", "is active"),
    "never": ("没有这个码的记录", "no record of this code"),
    "forged": ("没有这个码的记录", "no record of this code"),
    "unknown": ("没有这个码的记录", "no record of this code"),
    "foreign": ("在主管平台导出的码表中", "authority's list of codes"),
}


class Site(NamedTuple):
    """Where it runs, and the paths of its codes by state."""

    address: str
    pages: dict[str, str]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("states")
    (home / "regions.csv").write_text("network,region\n127.0.0.0/8,350200\n")
    with node(home, "--no-demo", ZHUISU_ADDRESS_REGIONS=str(home / "regions.csv"), PYTHONPATH=str(TESTS)) as ours:
        plant = [sys.executable, str(TESTS / "journeys" / "planted_states.py"), PASSWORD]
        planted = subprocess.run(plant, env=ours.environment, capture_output=True, text=True)
        assert planted.returncode == 0, planted.stderr
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


def test_the_story_of_one_tin(browser: Any, site: Site) -> None:
    page = page_of(browser, site)
    page.goto("/")
    page.get_by_label("追溯码").fill(site.pages["typed"].lower())
    page.get_by_role("button", name="查询").click()
    page.wait_for_url("**/i/**")
    assert "签发，已启用" in page.locator("h1").inner_text()
    assert page.locator(".verdict .scan").inner_text() == "这是平台记录到的第一次查询。"
    page.reload()
    assert (
        page.locator(".verdict .scan").inner_text() == "这是平台记录到的第一次查询。"
    )  # the same shopper, still the first
    page.get_by_role("link", name="EN", exact=True).click()
    page.wait_for_selector("html[lang=en]")
    assert "first look-up" in page.locator(".verdict .scan").inner_text()


@pytest.mark.parametrize("state", SAID)
def test_every_state_is_said_on_phone_and_desk_in_both_languages(browser: Any, site: Site, state: str) -> None:
    for width in (390, 1440):
        page = page_of(browser, site, viewport={"width": width, "height": 900})
        for language, words in zip(("zh-hans", "en"), SAID[state], strict=True):
            page.goto(f"{site.pages[state]}?lang={language}")
            assert words in page.locator(".verdict").inner_text()
            assert fits(page)
            picture(page, f"{state}-{width}-{language}")


def test_an_inspector_sees_which_miss_it_is_and_the_scans_of_a_copy(browser: Any, site: Site) -> None:
    page = page_of(browser, site, viewport={"width": 1440, "height": 900})
    page.goto("/sign-in")
    page.locator("input[name=username]").fill("inspector")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main button[type=submit]").click()
    page.wait_for_url("**/desk**")
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(site.pages["forged"])
        assert "伪造" in page.locator("#insight").inner_text()
        assert fits(page)
        picture(page, f"inspector-forged-{width}")
        page.goto(site.pages["seventh"])
        assert page.locator("#insight svg rect").count() >= 6
        page.locator("#insight summary").click()
        assert "广东省" in page.locator("#insight table").inner_text()
        assert fits(page)
        picture(page, f"inspector-seventh-{width}")
        page.goto(site.pages["copied"])
        assert "北京市与上海市" in page.locator("#insight").inner_text()
        picture(page, f"inspector-copied-{width}")


def test_whoever_tries_too_many_is_told_to_wait(browser: Any, site: Site) -> None:
    page = page_of(browser, site)
    answers = (
        page.evaluate(
            "async (path) => { let last; for (let i = 0; i < 240; i += 1) { last = await fetch(path + i); "
            "if (last.status === 429) break; } return [last.status, last.headers.get('Retry-After')]; }",
            f"{site.address}{site.pages['unknown']}",
        )
        if page.goto("/")
        else None
    )
    assert answers
    assert answers[0] == 429
    assert 0 < int(answers[1]) <= 60
    page.goto(site.pages["genuine"])
    assert "查询过于频繁" in page.locator("h1").inner_text()
    picture(page, "too-often-390")
