"""The resolver over HTTP: where it sends whom, what it lists, what it refuses."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support import AT
from zhuisu import codes
from zhuisu.accounts.models import Organisation
from zhuisu.api.resolver import pass_on
from zhuisu.codes import gs1_compressed
from zhuisu.registry.models import Party, Product
from zhuisu.resolver.models import Link
from zhuisu.resolver.services import add_forward, add_link

pytestmark = pytest.mark.django_db
GTIN = "09506000134352"
ITEM = f"/01/{GTIN}/21/7KQA3M9TWX2C8HRL"
HOST = "http://testserver"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"


@pytest.fixture
def operator(db: None) -> Organisation:
    return Organisation.objects.create(kind="operator", name="平台", party="uri:urn:zhuisu:platform")


@pytest.fixture
def link(dairy: Organisation) -> Callable[..., Link]:
    """Register a link of the dairy, which holds the product."""
    holder = Party.objects.create(code=dairy.party, name=dairy.name)
    Product.objects.create(code=f"gs1.gtin:01/{GTIN}", name="鹭岛奶粉", name_en="Island milk powder", holder=holder)

    def add(href: str, code: str = f"01/{GTIN}", link_type: str = "gs1:pip", **more: Any) -> Link:
        read = codes.parse(f"https://id.gs1.org/{code}")
        options = {"code": read, "link_type": link_type, "organisation": dairy, "by": "system:test", "at": AT} | more
        return add_link(href=href, **options)

    return add


def goes(client: Client, address: str, **headers: str) -> str:
    answer = client.get(address, headers={name.replace("_", "-"): value for name, value in headers.items()})
    assert answer.status_code == 307, (answer.status_code, answer.content[:300])
    return answer.headers["Location"]


def listed(client: Client, address: str, **headers: str) -> list[dict[str, Any]]:
    answer = client.get(address, {"linkType": "linkset"}, headers=headers)
    assert answer.status_code == 200
    return answer.json()["linkset"]


@pytest.mark.parametrize(
    ("address", "page"),
    [
        (f"/01/{GTIN}", f"/i/01/{GTIN}"),
        (f"/01/{GTIN}/", f"/i/01/{GTIN}"),
        ("/01/9506000134352", f"/i/01/{GTIN}"),
        ("/gtin/9506000134352/lot/A-1", f"/i/01/{GTIN}/10/A-1"),
        (ITEM, f"/i{ITEM}"),
        (f"/01/{GTIN}/22/2A/10/L1/21/7", f"/i/01/{GTIN}/21/7"),
        (f"/01/{GTIN}/10/L%2F1", f"/i/01/{GTIN}/10/L%2F1"),
        (f"/01/{GTIN}/235/abc", f"/i/01/{GTIN}/235/abc"),
        ("/00/095060001343500019", "/i/00/095060001343500019"),
        ("/414/9506000134352/254/X", "/i/414/9506000134352/254/X"),
        ("/8004/9506000A1", "/i/8004/9506000A1"),
    ],
)
def test_the_default_of_any_code_is_its_own_page(client: Client, address: str, page: str) -> None:
    assert goes(client, address) == HOST + page


def test_known_and_unknown_codes_are_answered_alike(client: Client, link: Callable[..., Link]) -> None:
    """The same status, the same headers but for the code, the same statements: the page says the rest."""
    seen = []
    for serial in ("7KQA3M9TWX2C8HRL", "7KQA3M9TWX2C8HRM", "x-y-z"):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            answer = client.get(f"/01/{GTIN}/21/{serial}")
        statements = [each["sql"].replace(serial, "S") for each in asked.captured_queries]
        headers = {name: value.replace(serial, "S") for name, value in answer.headers.items()}
        seen.append((answer.status_code, headers, statements))
    assert seen[0] == seen[1] == seen[2]
    assert len(seen[0][2]) <= 3


@pytest.mark.parametrize(
    "address",
    [
        "/01/09506000134353",
        "/01",
        "/01/",
        f"/01/{GTIN}/99/x",
        f"/01/{GTIN}/21/ü",
        "/00/1",
        f"/01/{GTIN}?17=999999",
        f"/01/{GTIN}?4=5",
    ],
)
def test_a_wrong_link_is_400_in_words(client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 400
    problem = answer.json()
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert problem["type"] == "urn:zhuisu:problem:link"
    assert problem["detail"] and problem["detail_zh"] != problem["detail"]
    page = client.get(address, headers={"accept": BROWSER})
    assert page.status_code == 400
    assert "这个网址不是有效的码" in page.content.decode()
    assert problem["detail_zh"].split("'")[0] in page.content.decode()
    english = client.get(address, headers={"accept": BROWSER, "accept-language": "en"}).content.decode()
    assert "not a valid code" in english and '<html lang="en"' in english


def test_the_type_that_is_asked_for_is_found_at_the_finest_level_that_has_it(
    client: Client, link: Callable[..., Link]
) -> None:
    link("https://dairy.example/recipe", link_type="gs1:recipeInfo")
    link("https://dairy.example/lot", code=f"01/{GTIN}/10/L1", link_type="gs1:certificationInfo")
    link("https://dairy.example/all", link_type="gs1:certificationInfo")
    for written in (
        "gs1:recipeInfo",
        "recipeInfo",
        "https://gs1.org/voc/recipeInfo",
        "http://www.gs1.org/voc/recipeInfo",
    ):
        assert goes(client, f"{ITEM}?linkType={written}").startswith("https://dairy.example/recipe")
    assert goes(client, f"/01/{GTIN}/10/L1/21/7?linkType=gs1:certificationInfo").startswith("https://dairy.example/lot")
    assert goes(client, f"/01/{GTIN}/10/L2?linkType=gs1:certificationInfo").startswith("https://dairy.example/all")
    assert goes(client, f"{ITEM}?linkType=gs1:traceability").startswith(f"{HOST}/i{ITEM}")
    assert goes(client, f"{ITEM}?linkType=gs1:defaultLink").startswith(f"{HOST}/i{ITEM}")
    for missing in ("gs1:faqs", "no such", "https://example.org/x#y"):
        answer = client.get(ITEM, {"linkType": missing})
        assert answer.status_code == 404
        assert answer.json()["type"] == "urn:zhuisu:problem:no-link"
        assert "linkset" in answer.headers["Link"]
    page = client.get(ITEM, {"linkType": "gs1:faqs"}, headers={"accept": BROWSER})
    assert page.status_code == 404 and "没有这种链接" in page.content.decode()


def test_a_registered_default_takes_the_pages_place_at_its_own_level_alone(
    client: Client, link: Callable[..., Link]
) -> None:
    link("https://dairy.example/first", is_default=True)
    link("https://dairy.example/powder", link_type="gs1:homepage", is_default=True)
    assert goes(client, f"/01/{GTIN}") == "https://dairy.example/powder"
    # A package in somebody's hand is looked up here, whatever its maker advertises.
    assert goes(client, ITEM) == f"{HOST}/i{ITEM}"
    assert Link.objects.filter(is_default=True).count() == 1
    assert goes(client, f"/01/{GTIN}?linkType=gs1:pip") == "https://dairy.example/first?linkType=gs1:pip"


def test_language_media_type_and_context_decide_between_several(client: Client, link: Callable[..., Link]) -> None:
    link("https://dairy.example/zh", language="zh")
    link("https://dairy.example/en", language="en")
    link("https://dairy.example/en.pdf", language="en", media_type="application/pdf")
    link("https://dairy.example/fr", language="fr-CA", context="CA")
    asked = f"/01/{GTIN}?linkType=gs1:pip"
    assert goes(client, asked, accept_language="zh-CN,en;q=0.5").startswith("https://dairy.example/zh?")
    assert goes(client, asked, accept_language="de, en;q=0.8, zh;q=0.3").startswith("https://dairy.example/en?")
    assert goes(client, asked, accept_language="en", accept="application/pdf").startswith(
        "https://dairy.example/en.pdf"
    )
    assert goes(client, asked + "&context=CA", accept_language="en").startswith("https://dairy.example/fr?")
    undecided = client.get(asked, headers={"accept-language": "de"})
    assert undecided.status_code == 300
    (choices,) = undecided.json()["linkset"]
    assert [one["href"][-2:] for one in choices["https://gs1.org/voc/pip"]] == ["zh", "en"]
    link("https://dairy.example/any")
    assert goes(client, asked, accept_language="de").startswith("https://dairy.example/any?")


def test_variants_of_the_default_are_taken_where_they_are_what_is_wanted(
    client: Client, link: Callable[..., Link]
) -> None:
    link("https://dairy.example/plain", is_default=True)
    link("https://dairy.example/en", language="en", is_multi=True)
    assert goes(client, f"/01/{GTIN}", accept_language="en-GB") == "https://dairy.example/en"
    assert goes(client, f"/01/{GTIN}", accept_language="de") == "https://dairy.example/plain"
    assert goes(client, f"/01/{GTIN}") == "https://dairy.example/plain"
    (top,) = listed(client, f"/01/{GTIN}")
    assert [one["href"] for one in top["https://gs1.org/voc/defaultLinkMulti"]] == ["https://dairy.example/en"]


def test_the_linkset_has_every_level_with_one_default_each(client: Client, link: Callable[..., Link]) -> None:
    link("https://dairy.example/p", language="zh", title="产品页", title_en="Product page", is_default=True)
    sets = listed(client, f"/01/{GTIN}/22/2A/10/L1/21/7")
    assert [one["anchor"].removeprefix(HOST) for one in sets] == [
        f"/01/{GTIN}/22/2A/10/L1/21/7",
        f"/01/{GTIN}/10/L1",
        f"/01/{GTIN}/22/2A",
        f"/01/{GTIN}",
    ]
    for one in sets:
        (default,) = one["https://gs1.org/voc/defaultLink"]
        assert set(default) == {"href", "title"}
        described = [each for name, found in one.items() if name.startswith("https://gs1.org/voc/") for each in found]
        assert len([each for each in described if each["href"] == default["href"]]) >= 2
    assert sets[-1]["itemDescription"] == "鹭岛奶粉"
    assert sets[-1]["https://gs1.org/voc/pip"][0] == {
        "href": "https://dairy.example/p",
        "title": "产品页",
        "hreflang": ["zh"],
    }
    english = listed(client, f"/01/{GTIN}", **{"accept-language": "en"})
    assert english[0]["itemDescription"] == "Island milk powder"
    assert english[0]["https://gs1.org/voc/pip"][0]["title"] == "Product page"


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/linkset+json", "application/linkset+json"),
        ("application/json", "application/json"),
        ("application/ld+json, */*;q=0.1", "application/ld+json"),
        # RFC 9264 gives the type a parameter; what is named comes before what a star stands for.
        ('application/linkset+json; profile="https://a.example/p"', "application/linkset+json"),
        ("*/*, APPLICATION/linkset+json", "application/linkset+json"),
        ("application/json; charset=utf-8", "application/json"),
        ("text/html;q=0.4, application/*;q=0.5", "application/linkset+json"),
    ],
)
def test_machines_that_ask_for_a_list_by_its_type_get_it(client: Client, accept: str, kind: str) -> None:
    answer = client.get(ITEM, headers={"accept": accept})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, kind)
    assert f'<{HOST}/linkset-context.jsonld>; rel="http://www.w3.org/ns/json-ld#context"' in answer.headers["Link"]
    assert ("@context" in answer.json()) == (kind == "application/ld+json")
    assert client.get(ITEM, headers={"accept": BROWSER}).status_code == 307
    for redirected in (
        "*/*",
        "text/html, application/json",
        "application/linkset+json;q=0",
        "x",
        ",;q=,;",
        "*/*;q=nan",
    ):
        assert client.get(ITEM, headers={"accept": redirected}).status_code == 307
    for written in ("all", "gs1:all", "LINKSET", "gs1:linkset"):
        assert client.get(ITEM, {"linkType": written}, headers={"accept": BROWSER}).status_code == 200


@pytest.mark.parametrize(
    "address", [ITEM, f"{ITEM}?linkType=linkset", "/.well-known/gs1resolver", "/linkset-context.jsonld"]
)
def test_any_site_may_ask_and_only_ask(client: Client, address: str) -> None:
    got, head = client.get(address), client.head(address)
    assert (head.status_code, head.content) == (got.status_code, b"")
    assert {name: value for name, value in head.headers.items() if name != "Content-Length"} == {
        name: value for name, value in got.headers.items() if name != "Content-Length"
    }
    options = client.options(address)
    assert options.status_code == 204
    assert options.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert int(options.headers["Access-Control-Max-Age"]) > 0
    for answer in (got, head, options, client.post(address), client.get("/01/1")):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Link" in answer.headers["Access-Control-Expose-Headers"]
        # A link that nobody has today may be there tomorrow: a 404 is not kept either.
        assert answer is options or answer.headers["Cache-Control"] == "no-cache"
    assert options.headers["Access-Control-Allow-Headers"] == "*"  # scripts add what they like
    assert client.post(address).status_code == client.delete(address).status_code == 405


def test_the_query_goes_along(client: Client, link: Callable[..., Link]) -> None:
    link("https://dairy.example/p?id=5#part", is_default=True)
    assert goes(client, f"/01/{GTIN}?a=1&17=271231&b=%E4%B8%AD") == (
        "https://dairy.example/p?id=5&a=1&17=271231&b=%E4%B8%AD#part"
    )
    assert goes(client, f"/01/{GTIN}?id=6") == "https://dairy.example/p?id=5#part"
    assert goes(client, f"/01/{GTIN}?i%64=6") == "https://dairy.example/p?id=5#part"
    assert goes(client, f"{ITEM}?lang=en&x") == f"{HOST}/i{ITEM}?lang=en&x"


@given(query=st.text("ab=&?#%/;+ 1", max_size=20))
def test_no_query_moves_the_target(query: str) -> None:
    passed = pass_on("https://dairy.example/p?id=5#part", query.replace("#", ""))
    assert passed.startswith("https://dairy.example/p?id=5") and passed.endswith("#part")
    assert pass_on("https://dairy.example/p", "") == "https://dairy.example/p"


def test_a_company_prefix_of_another_resolver_is_passed_on_whole(
    client: Client, operator: Organisation, link: Callable[..., Link]
) -> None:
    def forward(prefix: str, host: str) -> None:
        add_forward(
            scheme="gs1",
            prefix=prefix,
            template=f"https://{host}/{{value}}",
            name="别家",
            organisation=operator,
            by="t",
            at=AT,
        )

    forward("0614", "wide.example")
    forward("0614141", "near.example")
    answer = client.get("/01/00614141123452/10/L%2F1/21/7?linkType=linkset&17=271231")
    assert answer.status_code == 307
    assert answer.headers["Location"] == (
        "https://near.example/01/00614141123452/10/L%2F1/21/7?linkType=linkset&17=271231"
    )
    assert 'rel="gs1:handledBy"' in answer.headers["Link"] and "linkset+json" not in answer.headers["Link"]
    assert goes(client, "/00/106141411234567897") == "https://near.example/00/106141411234567897"
    compressed = "/" + gs1_compressed.compress([("01", "00614141123452"), ("21", "7")])
    assert goes(client, compressed) == "https://near.example/01/00614141123452/21/7"
    # What its holder has registered here is not passed on.
    forward("9506000", "other.example")
    assert goes(client, f"/01/{GTIN}") == f"https://other.example/01/{GTIN}"
    link("https://dairy.example/p")
    assert goes(client, f"/01/{GTIN}/21/7") == f"{HOST}/i/01/{GTIN}/21/7"


def test_compressed_links_are_answered_and_say_what_they_mean(client: Client) -> None:
    segment = gs1_compressed.compress([("01", GTIN), ("10", "L1"), ("17", "271231")], [("k", "v")])
    part = gs1_compressed.compress([("10", "L1"), ("17", "271231")])
    for address in (f"/{segment}", f"/{segment}/", f"/01/{GTIN}/{part}?k=v"):
        answer = client.get(address)
        assert answer.status_code == 307
        assert answer.headers["Location"] == f"{HOST}/i/01/{GTIN}/10/L1?17=271231&k=v"
        assert f'<{HOST}/01/{GTIN}/10/L1?17=271231>; rel="owl:sameAs"' in answer.headers["Link"]
    sets = client.get(f"/{segment}?linkType=linkset").json()["linkset"]
    assert sets[0]["anchor"] == f"{HOST}/01/{GTIN}/10/L1"
    for nobody in (
        "/nothing-here-at-all",
        "/ARFKk4XBpA",
        "/wp-login.php",
        "/favicon.ico",
        "/a/b/c",
        "/news/12345670.html",
        "/news?item=12345670",
        "/a/96385074",
        # A file or a page of ours that is missing is missing, whatever number is in its name.
        f"/static/{DRUG}.js",
        f"/static/{DRUG}",
        f"/desk/{DRUG}",
        f"/admin/{DRUG}",
        f"/healthz/{DRUG}",
        f"/.well-known/acme-challenge/{DRUG}",
        f"/.well-known/x?code={DRUG}",
    ):
        assert client.get(nobody).status_code == client.post(nobody).status_code == 404


DRUG = "84765620001563394047"


@pytest.mark.parametrize(
    ("address", "leads"),
    [
        (f"/c/{DRUG}", f"/i/cn.drug_trace_msfx/{DRUG}"),
        (f"/trace/{DRUG}/", f"/i/cn.drug_trace_msfx/{DRUG}"),
        (f"/q?c={DRUG}&t=1", f"/i/cn.drug_trace_msfx/{DRUG}"),
        (f"/?code={DRUG}", f"/i/cn.drug_trace_msfx/{DRUG}"),
        (f"/Search/view.aspx?uid=3&fwm={DRUG}", f"/i/cn.drug_trace_msfx/{DRUG}"),
        ("/s/7kqa-3m9t-wx2c-8hrl", "/i/zs.unit/7KQA3M9TWX2C8HRL"),
        (f"/c/(01){GTIN}(21)7", f"/01/{GTIN}/21/7"),
        ("/c/9506000134352", "/find?q=9506000134352"),  # a product, a place or a party
        ("/c/nonsense", "/find?q=nonsense"),  # which says why it is none
    ],
)
def test_labels_of_other_systems_lead_to_the_code_on_them(client: Client, address: str, leads: str) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer.headers.get("Location")) == (302, leads)


@pytest.mark.parametrize(
    "address", ["/c/110101199003070097", "/x?id=110101199003070097", "/x/20261122", "/x?d=2026-11-22"]
)
def test_a_persons_number_or_a_date_in_an_address_leads_nowhere_by_itself(client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 404 or answer.headers["Location"].startswith("/find?q=")


PERSON, PERSON_AND_SSCC = "110101199003070097", "110101199408097386"


@pytest.mark.parametrize("number", [PERSON, PERSON_AND_SSCC])
@pytest.mark.parametrize("accept", [BROWSER, "application/json"])
def test_a_persons_number_is_given_back_to_nobody(client: Client, number: str, accept: str) -> None:
    texts = [number, " ".join(number), f"1. {number}", f"https://a.example/01/{GTIN}/21/{number}", f"(01){GTIN}(21){number}", f"01{GTIN}21{number}", f'{{"id":"{number}"}}']  # fmt: skip
    for text in texts:
        for address in ("/resolve", "/find"):
            name = "code" if address == "/resolve" else "q"
            answer = client.get(address, {name: text}, headers={"accept": accept})
            assert answer.status_code == 400
            assert number not in answer.content.decode().replace(" ", "").replace("+", "")
    answer = client.get(ITEM, {"linkType": number}, headers={"accept": accept})
    assert answer.status_code == 404
    assert number not in answer.content.decode()
    assert number not in client.get(f"/i/uri/{number}").content.decode()


def test_any_text_is_told_to_machines(client: Client, operator: Organisation) -> None:
    add_forward(
        scheme="cn.drug_trace_msfx",
        prefix="84",
        template="https://drugs.example/look?code={value}",
        name="药品追溯平台",
        organisation=operator,
        by="t",
        at=AT,
    )
    answer = client.get("/resolve", {"code": DRUG})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    (reading,) = answer.json()["readings"]
    assert reading["canonical"] == f"cn.drug_trace_msfx:{DRUG}"
    assert reading["handledBy"]["href"] == f"https://drugs.example/look?code={DRUG}"
    assert reading["page"] == f"{HOST}/i/cn.drug_trace_msfx/{DRUG}"
    three = client.get("/resolve", {"code": "9506000134352"}).json()["readings"]
    assert [one["scheme"] for one in three] == ["gs1.gtin", "gs1.sgln", "gs1.pgln"]
    assert three[0]["digitalLink"] == f"{HOST}/01/{GTIN}"
    assert {one["linkType"] for one in three[0]["links"]} == {
        "https://gs1.org/voc/pip",
        "https://gs1.org/voc/traceability",
    }
    for text in ("", "你好", "110101199003070097", "x" * 3000):
        refused = client.get("/resolve", {"code": text})
        assert refused.status_code == 400
        assert refused.json()["detail_zh"]


def test_it_describes_itself(client: Client, link: Callable[..., Link]) -> None:
    link("https://dairy.example/cn", context="CN")
    told = client.get("/.well-known/gs1resolver").json()
    assert told["resolverRoot"] == HOST
    assert {"01", "00", "414", "8004", "253"} <= set(told["supportedPrimaryKeys"])
    assert told["supportedContextValuesEnumerated"] == ["CN"]
    context = client.get(told["jsonLdContextLocation"].removeprefix(HOST))
    assert context.headers["Content-Type"] == "application/ld+json"
    assert "@context" in json.loads(context.content)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    path=st.text(max_size=40) | st.text("019506000134352/21abAB-_.~%?#&=()", max_size=60),
    query=st.text("linkTypecoxs=&;%+:01/ gsä#", max_size=40),
)
def test_no_address_breaks_it(client: Client, path: str, query: str) -> None:
    for start in ("/01/", f"/01/{GTIN}/21/", "/", "/c/"):
        answer = client.get(start + path.replace("#", ""), QUERY_STRING=query)
        assert answer.status_code in (200, 300, 302, 307, 400, 404), answer.content[:200]
        location = answer.headers.get("Location", "/")
        assert location.startswith((HOST + "/i/", "/")) and not location.startswith("//")
