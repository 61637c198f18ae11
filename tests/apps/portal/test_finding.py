"""From any text to the page it means: reading, choosing, refusing in words; language and content policy on every page."""

import itertools
import re
from typing import Any
from urllib.parse import quote, unquote

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhuisu import codes
from zhuisu.portal.addresses import address_of, code_of_name, code_of_path
from zhuisu.resolver.paths import KEYS

pytestmark = pytest.mark.django_db
TIN = "/i/01/09506000134352/21/1"
CSET82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("(01)09506000134352(21)1", TIN),
        (" https://id.gs1.org/01/09506000134352/21/1 ", TIN),
        ("https://some.where/anything/01/09506000134352/21/1?x=1", TIN),
        ("urn:epc:id:sgtin:9506000.013435.1", TIN),
        ("gs1.sgtin:01/09506000134352/21/1", TIN),
        ("0109506000134352211", TIN),
        ("https://id.gs1.org/DBFKk4XBoA4AYHI", "/i/01/09506000134352/21/0012345"),  # compressed
        ("09506000134352", "/i/01/09506000134352"),
        ("(00)095060001343500019", "/i/00/095060001343500019"),
        ("urn:example:crate:7/8?x#y", "/i/uri/urn%3Aexample%3Acrate%3A7%2F8%3Fx%23y"),
        ("http://testserver/i/uri/urn%3Aexample%3Acrate%3A7%2F8", "/i/uri/urn%3Aexample%3Acrate%3A7%2F8"),
    ],
)
def test_every_written_form_leads_to_the_items_own_address(client: Client, typed: str, address: str) -> None:
    answer = client.get("/find", {"q": typed})
    assert answer.status_code == 302
    assert answer.headers["Location"] == address


def test_a_number_with_several_meanings_is_not_guessed(client: Client) -> None:
    answer = client.get("/find", {"q": "9506000134352"})
    assert answer.status_code == 200
    body = answer.content.decode()
    for address in ("/i/01/09506000134352", "/i/414/9506000134352", "/i/417/9506000134352"):
        assert body.count(f'href="{address}"') == 1


@pytest.mark.parametrize(
    "typed", ["095060001343500014", "(01)09506000134353", "hello 你好", "<script>alert(1)</script>", ""]
)
def test_what_cannot_be_read_stands_in_the_box_again_with_the_reason_beside_it(client: Client, typed: str) -> None:
    answer = client.get("/find", {"q": typed})
    assert answer.status_code == 400
    body = answer.content.decode()
    assert 'aria-invalid="true"' in body
    assert re.search(r'<p class="error" id="q-error" role="alert">[^<]+</p>', body)
    assert "<script>alert" not in body
    if "<" not in typed:
        assert f'name="q" value="{typed}"' in body


def test_a_wrong_code_in_an_address_is_404_with_the_reason(client: Client) -> None:
    answer = client.get("/i/01/09506000134353/21/1")
    assert answer.status_code == 404
    assert "校验码" in answer.content.decode()


def test_a_gs1_code_under_the_general_address_moves_to_its_own(client: Client) -> None:
    answer = client.get("/i/gs1.sgtin/01/09506000134352/21/1")
    assert answer.status_code == 301
    assert answer.headers["Location"] == TIN


def test_an_unknown_scheme_is_404(client: Client) -> None:
    assert client.get("/i/no.such/1").status_code == 404
    assert client.get("/i/process/1").status_code == 404  # a production's own number is on no label


VALUES = st.text(CSET82, min_size=1, max_size=20).filter(lambda text: not re.search(r"/(10|21|22)(/|$)", text))


@given(value=VALUES, qualifier=st.sampled_from(["10", "21"]))
def test_every_gs1_code_survives_its_address(value: str, qualifier: str) -> None:
    code = codes.parse(f"https://id.gs1.org/01/09506000134352/{qualifier}/{quote(value, safe='')}")
    assert code_of_path(unquote(address_of(code)).removeprefix("/i/")) == code


@given(st.text(min_size=1, max_size=40))
def test_every_private_code_survives_its_address(tail: str) -> None:
    try:
        code = codes.parse("urn:example:" + tail)
    except codes.CodeError:
        return
    _, _, scheme, value = address_of(code).split("/", 3)
    assert code_of_name(unquote(scheme), unquote(value)) == code


ANYTHING = st.text(max_size=60) | st.text(CSET82 + "\0\x1d\n ü龘()[]^#?", max_size=40)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    text=ANYTHING,
    key=st.sampled_from(
        [*KEYS, *(f"i/{key}" for key in KEYS), "i/uri", "i/uri/urn:x", "i/cn.uscc", "i/gs1.sgtin", "c"]
    ),
)
def test_no_text_whatever_breaks_a_page(client: Client, text: str, key: str) -> None:
    for address, query in (
        (f"/{key}/{quote(text, safe='/')}", {}),
        ("/find", {"q": text}),
        ("/", {"lang": text, "up": text}),
    ):
        assert client.get(address, query).status_code in (200, 301, 302, 307, 400, 404)


@pytest.mark.parametrize("levels", ["0", "-1", "99999999999999999999", "x", "٣", ""])
def test_a_strange_number_of_levels_is_no_fault(client: Client, levels: str) -> None:
    assert client.get(TIN, {"up": levels}).status_code == 404


def test_all_primary_keys_have_a_page(client: Client) -> None:
    for key in KEYS:
        answer = client.get(f"/i/{key}/!")
        assert answer.status_code == 404  # read by us and refused in words, not an address nobody knows
        assert "q-error" in answer.content.decode()


def test_the_language_link_works_without_a_script_and_is_remembered(client: Client) -> None:
    chinese = client.get("/", headers={"accept-language": "zh-CN"})
    assert '<html lang="zh-Hans">' in chinese.content.decode()
    link = re.search(r'<a href="([^"]+)" lang="en"', chinese.content.decode())
    assert link
    english = client.get("/" + link[1])
    assert '<html lang="en">' in english.content.decode()
    assert '<html lang="en">' in client.get("/", headers={"accept-language": "zh-CN"}).content.decode()
    assert '<html lang="zh-Hans">' in client.get("/?lang=zh-hans").content.decode()
    assert "set-cookie" not in client.get("/?lang=xx").headers


def test_the_language_link_keeps_the_question(client: Client) -> None:
    body = client.get("/find", {"q": "9506000134352"}).content.decode()
    assert "?q=9506000134352&amp;lang=en" in body


def test_a_browser_that_prefers_english_gets_it(client: Client) -> None:
    assert '<html lang="en">' in client.get("/", headers={"accept-language": "en-GB,en"}).content.decode()


@pytest.mark.parametrize("address", ["/", "/scan", "/find?q=x y", TIN, "/i/01/09506000134352", "/nothing"])
def test_no_page_needs_an_inline_script_or_style_and_the_policy_forbids_them(client: Client, address: str) -> None:
    answer = client.get(address)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe-inline" not in policy
    assert ("'wasm-unsafe-eval'" in policy) == (address == "/scan")
    assert ("camera=(self)" in answer.headers["Permissions-Policy"]) == (address == "/scan")
    body = answer.content.decode()
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|javascript:", body)
    assert not re.search(r"(?:src|href|action)=[\"'](?:https?:)?//(?!testserver)", body)


@pytest.mark.parametrize("address", ["/", "/scan", "/find?q=9506000134352", "/i/01/09506000134352", "/nothing"])
def test_every_page_has_a_title_one_first_heading_and_labels(client: Client, address: str) -> None:
    body = client.get(address).content.decode()
    assert re.search(r"<title>\s*\S.*?</title>", body, re.DOTALL)
    assert len(re.findall(r"<h1[ >]", body)) == 1
    levels = [int(level) for level in re.findall(r"<h([1-6])[ >]", body)]
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    identifiers = re.findall(r'\sid="([^"]+)"', body)
    assert len(identifiers) == len(set(identifiers))
    for name in re.findall(r"<input(?![^>]*type=\"(?:hidden|file)\")[^>]*\sid=\"([^\"]+)\"", body):
        assert f'<label for="{name}"' in body


def test_a_site_without_the_code_reader_says_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zhuisu.web.camera.finders.find", lambda _name: None)
    body = client.get("/scan").content.decode()
    assert "没有安装读码组件" in body
    assert "<script" not in body
    assert 'name="q"' in body


def test_a_page_that_breaks_is_said_in_the_same_look(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Any:
        raise RuntimeError

    monkeypatch.setattr("zhuisu.portal.views.samples", broken)
    client.raise_request_exception = False
    answer = client.get("/")
    assert answer.status_code == 500
    assert "这一页没有做成" in answer.content.decode()
    assert "site.css" in answer.content.decode()
