"""GS1-Conformant resolver 1.0, line by line: every line of the published list has a verdict here, and a test where it applies."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, override_settings

from repository import ROOT
from support import AT
from zhuisu import codes
from zhuisu.accounts.models import Organisation
from zhuisu.codes import gs1_ai, gs1_compressed, gs1_keys
from zhuisu.resolver.models import Link
from zhuisu.resolver.services import LinkError, add_forward, add_link

pytestmark = [pytest.mark.django_db, pytest.mark.shared]
GTIN = "09506000134352"
HOST = "http://testserver"
VOC = "https://gs1.org/voc/"
BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"

Check = Callable[[Client, Organisation], None]
CHECKS: dict[int, Check] = {}
# How each of these lines begins in the published list, which numbers none; blank lines do not count.
STARTS: dict[int, str] = {}
# Headings demand nothing.
NOT_APPLICABLE = {7: "Compression:", 12: "Linksets:", 27: "Resolver Description File:"}


def line(number: int, start: str, *more: int) -> Callable[[Check], Check]:
    """The check of a line of the list, by its number and beginning; `more` are lines further down that say the same again."""

    def keep(check: Check) -> Check:
        for each in (number, *more):
            assert each not in CHECKS
            CHECKS[each] = check
        STARTS[number] = start
        return check

    return keep


@pytest.fixture
def operator(db: None) -> Organisation:
    return Organisation.objects.create(kind="operator", name="平台", party="uri:urn:zhuisu:platform")


def register(operator: Organisation, href: str, code: str = f"01/{GTIN}", kind: str = "gs1:pip", **more: Any) -> Link:
    read = codes.parse(f"https://id.gs1.org/{code}")
    return add_link(code=read, href=href, link_type=kind, organisation=operator, by="test", at=AT, **more)


def linkset(client: Client, path: str, **headers: str) -> list[dict[str, Any]]:
    answer = client.get(path, {"linkType": "linkset"}, headers=headers)
    assert answer.status_code == 200
    return answer.json()["linkset"]


SAMPLES = {
    "00": "095060001343500019",
    "01": GTIN,
    "253": "9506000134352x7",
    "255": "950600013435207",
    "401": "9506000ABC",
    "402": "95060001343520017",
    "414": "9506000134352",
    "415": "9506000134352",
    "417": "9506000134352",
    "8003": "09506000134352A1",
    "8004": "9506000A1",
    "8006": "095060001343520102",
    "8010": "9506000A1",
    "8013": "9506000Abc3P",
    "8017": "950600013435200016",
    "8018": "950600013435200016",
}
QUALIFIED = {
    "22": "2A",
    "10": "L1",
    "21": "7",
    "235": "tpx",
    "254": "X",
    "7040": "1ABC",
    "8011": "7",
    "8019": "3",
    "8020": "R1",
}


def _right(key: str) -> str:
    """The sample with its check digits put right, so that nobody has to count them here."""
    value = SAMPLES[key]
    letters = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
    tails = [first + last for first in letters for last in letters] if key == "8013" else list("0123456789")
    if key in ("253", "255", "8003"):  # the check digit stands before the serial
        value, serial = value[: 14 if key == "8003" else 13], value[14 if key == "8003" else 13 :]
    else:
        serial = ""
    for tail in ["", *tails]:
        candidate = value[: len(value) - len(tail)] + tail + serial
        try:
            gs1_ai.check_value(key, candidate)
        except codes.CodeError:
            continue
        return candidate
    raise AssertionError(key)


@line(1, "For primary keys that have key qualifiers, all key qualifiers SHALL")
def qualifiers(client: Client, _operator: Organisation) -> None:
    assert set(SAMPLES) == set(gs1_keys.FORMS)
    for key in SAMPLES:
        for sequence in gs1_ai.look_up(key).qualifiers or ((),):
            for many in range(len(sequence) + 1):
                path = f"/{key}/{_right(key)}" + "".join(f"/{ai}/{QUALIFIED[ai]}" for ai in sequence[:many])
                if key == "415" and not many:
                    continue  # a GLN for payments never stands without its reference
                assert client.get(path).status_code == 307, path


@line(2, "SHALL support HTTP 1.1 (or higher) GET, HEAD and OPTIONS")
def methods(client: Client, _operator: Organisation) -> None:
    path = f"/01/{GTIN}"
    assert client.get(path).status_code == client.head(path).status_code == 307
    assert client.options(path).headers["Allow"] == "GET, HEAD, OPTIONS"
    assert client.post(path).status_code == 405


@line(3, "SHALL support HTTP Over TLS")
def tls(client: Client, _operator: Organisation) -> None:
    """TLS ends at the proxy (ZHUISU_HTTPS); what it forwards is answered with https addresses."""
    text = (ROOT / "src/zhuisu/config/settings.py").read_text("utf-8")
    assert 'SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")' in text
    with override_settings(SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https")):
        answer = client.get(f"/01/{GTIN}", headers={"x-forwarded-proto": "https", "host": "testserver"})
    assert answer.headers["Location"].startswith("https://testserver/")
    assert "https://testserver/01/" in answer.headers["Link"]


@line(4, "SHALL support CORS")
def cors(client: Client, _operator: Organisation) -> None:
    for answer in (client.get(f"/01/{GTIN}"), client.options(f"/01/{GTIN}"), client.get("/01/1")):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Link" in answer.headers["Access-Control-Expose-Headers"]


@line(5, "SHALL extract and syntactically validate the URI")
def validation(client: Client, _operator: Organisation) -> None:
    for wrong in ("/01/09506000134353", "/01/1", f"/01/{GTIN}/21/7/10/L", f"/01/{GTIN}?17=261399", "/00/abc"):
        assert client.get(wrong).status_code == 400, wrong


@line(6, "SHALL NOT use a 200 OK response code")
def no_false_200(client: Client, _operator: Organisation) -> None:
    for accept in (BROWSER, "*/*", "application/linkset+json"):
        assert client.get("/01/1", headers={"accept": accept}).status_code == 400
        assert (
            client.get(f"/01/{GTIN}?linkType=gs1:faqs", headers={"accept": accept.replace("linkset+", "")}).status_code
            == 404
        )


SEGMENT = gs1_compressed.compress([("01", GTIN), ("21", "7")])


@line(8, "- A resolver SHALL be able to decompress")
def decompression(client: Client, _operator: Organisation) -> None:
    assert client.get(f"/{SEGMENT}").headers["Location"] == f"{HOST}/i/01/{GTIN}/21/7"


@line(9, "- A resolver SHOULD NOT redirect to the equivalent")
def no_detour(client: Client, _operator: Organisation) -> None:
    assert not client.get(f"/{SEGMENT}").headers["Location"].startswith(f"{HOST}/01/")


@line(10, "- It SHALL expose the uncompressed URI")
def same_as(client: Client, _operator: Organisation) -> None:
    assert f'<{HOST}/01/{GTIN}/21/7>; rel="owl:sameAs"' in client.get(f"/{SEGMENT}").headers["Link"]


@line(11, "- If redirecting to an alternative resolver")
def uncompressed_elsewhere(client: Client, operator: Organisation) -> None:
    forward(operator)
    segment = gs1_compressed.compress([("01", "00614141123452"), ("21", "7")])
    assert client.get(f"/{segment}").headers["Location"] == "https://id.example/01/00614141123452/21/7"


def forward(operator: Organisation) -> None:
    add_forward(
        scheme="gs1",
        prefix="0614141",
        template="https://id.example/{value}",
        name="别家",
        organisation=operator,
        by="test",
        at=AT,
    )


@line(13, "- SHALL respond to a query parameter of linkType set to linkset")
def list_of_links(client: Client, _operator: Organisation) -> None:
    assert linkset(client, f"/01/{GTIN}")
    answer = client.get(f"/01/{GTIN}", headers={"accept": "application/linkset+json"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/linkset+json")


@line(14, "- If the request GS1 Digital Link URI includes one or more key qualifiers")
def every_level(client: Client, operator: Organisation) -> None:
    for path in (f"01/{GTIN}", f"01/{GTIN}/22/2A", f"01/{GTIN}/10/L1", f"01/{GTIN}/21/7"):
        register(operator, f"https://a.example/{path}", path, "gs1:certificationInfo")
    sets = linkset(client, f"/01/{GTIN}/22/2A/10/L1/21/7")
    assert len([one for one in sets if f"{VOC}certificationInfo" in one]) == 4


@line(15, "- The URI used as the subject of facts presented SHALL be the uncompressed")
def subject(client: Client, _operator: Organisation) -> None:
    assert [one["anchor"] for one in linkset(client, f"/{SEGMENT}")] == [f"{HOST}/01/{GTIN}/21/7", f"{HOST}/01/{GTIN}"]


@line(16, "- All links in the linkset SHALL include the target URL", 35)
def complete(client: Client, operator: Organisation) -> None:
    register(operator, "https://a.example/x", language="zh")
    for one in linkset(client, f"/01/{GTIN}/21/7"):
        for kind, found in one.items():
            if kind.startswith("http"):
                assert all(link["href"] and link["title"] for link in found)
                assert kind.endswith("defaultLink") or all(link["hreflang"] for link in found)


@line(17, "- If a media type is defined for a link")
def media_types(_client: Client, operator: Organisation) -> None:
    register(operator, "https://a.example/x", media_type="application/pdf")
    for wrong in ("pdf", "text", "x/y", "text/html; charset=utf-8"):
        with pytest.raises(LinkError):
            register(operator, "https://a.example/y", media_type=wrong)


@line(18, "- Links that are typed gs1:defaultLink or gs1:defaultLinkMulti SHALL also")
def described(client: Client, operator: Organisation) -> None:
    register(operator, "https://a.example/x", is_default=True)
    register(operator, "https://a.example/en", language="en", is_multi=True)
    for one in linkset(client, f"/01/{GTIN}/21/7"):
        for special in ("defaultLink", "defaultLinkMulti"):
            for link in one.get(VOC + special, []):
                kinds = [
                    kind
                    for kind, found in one.items()
                    if kind.startswith("http")
                    and "defaultLink" not in kind
                    and link["href"] in [each["href"] for each in found]
                ]
                assert kinds


@line(19, "- the resolver SHOULD include an HTTP Link header pointing to a JSON-LD context")
def json_ld(client: Client, _operator: Organisation) -> None:
    answer = client.get(f"/01/{GTIN}?linkType=linkset")
    found = re.search(r'<([^>]+)>; rel="http://www.w3.org/ns/json-ld#context"', answer.headers["Link"])
    assert found
    assert client.get(found[1].removeprefix(HOST)).headers["Content-Type"] == "application/ld+json"


@line(20, "- The resolver SHALL recognise one available link as the default", 34)
def one_default(client: Client, operator: Organisation) -> None:
    register(operator, "https://a.example/1", language="zh", media_type="text/html", is_default=True)
    register(operator, "https://a.example/2", kind="gs1:homepage", language="en", is_default=True)
    for one in linkset(client, f"/01/{GTIN}/10/L1/21/7"):
        (default,) = one[f"{VOC}defaultLink"]
        assert set(default) == {"href", "title"}


@line(21, "The resolver SHALL redirect to the default link unless", 36)
def default(client: Client, operator: Organisation) -> None:
    assert client.get(f"/01/{GTIN}/21/7").headers["Location"] == f"{HOST}/i/01/{GTIN}/21/7"
    register(operator, "https://a.example/x", is_default=True)
    assert client.get(f"/01/{GTIN}").headers["Location"] == "https://a.example/x"


@line(22, "For any request URI, no matter how granular, there SHALL be a default link")
def always_a_default(client: Client, _operator: Organisation) -> None:
    for path in (
        f"/01/{GTIN}",
        f"/01/{GTIN}/22/2A",
        f"/01/{GTIN}/22/2A/10/L1",
        f"/01/{GTIN}/22/2A/10/L1/21/7?17=271231",
    ):
        assert client.get(path).status_code == 307


@line(23, "SHALL redirect to the requested type of link if available", 37)
def requested_type(client: Client, operator: Organisation) -> None:
    register(operator, "https://a.example/recipe", kind="gs1:recipeInfo")
    for path in (f"/01/{GTIN}", f"/01/{GTIN}/10/L1", f"/01/{GTIN}/10/L1/21/7"):
        assert client.get(f"{path}?linkType=gs1:recipeInfo").headers["Location"].startswith("https://a.example/recipe")


@line(24, "SHALL return a 404 Not Found message if a link of the requested type")
def missing_type(client: Client, _operator: Organisation) -> None:
    assert client.get(f"/01/{GTIN}?linkType=gs1:recipeInfo").status_code == 404


@line(25, "By default, SHALL pass on all key=value pairs", 38)
def query_passed_on(client: Client, operator: Organisation) -> None:
    register(operator, "https://a.example/x?own=1#here", is_default=True)
    query = "a=1&b=%C3%BC&17=271231&linkType=gs1:pip&context=CN"
    assert client.get(f"/01/{GTIN}?{query}").headers["Location"] == f"https://a.example/x?own=1&{query}#here"
    assert (
        client.get(f"/01/{GTIN}/21/7?{query.replace('pip', 'traceability')}")
        .headers["Location"]
        .endswith(query.replace("pip", "traceability"))
    )


@line(26, "SHOULD support use of the Accept-Language and MAY support Accept")
def disambiguation(client: Client, operator: Organisation) -> None:
    for language in ("zh", "en"):
        for media in ("text/html", "application/pdf"):
            register(operator, f"https://a.example/{language}/{media}", language=language, media_type=media)
    register(operator, "https://a.example/cn", context="CN")

    def target(query: str = "", **headers: str) -> str:
        answer = client.get(f"/01/{GTIN}?linkType=gs1:pip{query}", headers=headers)
        return answer.headers["Location"].removeprefix("https://a.example/").partition("?")[0]

    assert target(**{"accept-language": "en-GB", "accept": "application/pdf"}) == "en/application/pdf"
    assert target(**{"accept-language": "zh-CN, en;q=0.9", "accept": BROWSER}) == "zh/text/html"
    assert target("&context=CN") == "cn"


@line(28, "- The resolver SHALL provide a resolver description file", 39)
def description(client: Client, _operator: Organisation) -> None:
    answer = client.get("/.well-known/gs1resolver")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.json()["resolverRoot"] == HOST


@line(29, "- The list of supported primary identifiers")
def primary_keys(client: Client, _operator: Organisation) -> None:
    assert set(client.get("/.well-known/gs1resolver").json()["supportedPrimaryKeys"]) == set(gs1_keys.FORMS)


@line(30, "- A context file that can be used to render the linkset as JSON-LD")
def context_declared(client: Client, _operator: Organisation) -> None:
    address = client.get("/.well-known/gs1resolver").json()["jsonLdContextLocation"]
    assert "@context" in client.get(address.removeprefix(HOST)).json()


@line(31, "If supporting redirection based on an MO or Global Company Prefix", 41)
def handled_by(client: Client, operator: Organisation) -> None:
    forward(operator)
    header = client.get("/01/00614141123452").headers["Link"]
    assert 'rel="gs1:handledBy"' in header
    assert "linkset" not in header


@line(32, "SHOULD tolerate trailing slashes", 42)
def trailing_slash(client: Client, _operator: Organisation) -> None:
    for path in (f"/01/{GTIN}", f"/01/{GTIN}/21/7", f"/{SEGMENT}"):
        assert client.get(path + "/").headers["Location"] == client.get(path).headers["Location"]


@line(33, "SHOULD expose link to the linkset in an HTTP Link header")
def linkset_header(client: Client, _operator: Organisation) -> None:
    answer = client.get(f"/01/{GTIN}/21/7")
    assert answer.status_code == 307
    found = re.search(r'<([^>]+)>; rel="linkset"; type="application/linkset\+json"', answer.headers["Link"])
    assert found
    assert client.get(found[1].removeprefix(HOST)).json()["linkset"]


@line(40, "If supporting multiple links per identified item, SHALL recognise the GS1 Web vocabulary")
def vocabulary(client: Client, operator: Organisation) -> None:
    register(operator, "https://a.example/x", kind="https://example.org/own/menuOfTheDay", title="今日菜单")
    for written in ("https://schema.org/recipeInfo", "gs1:noSuchType", "gs1:defaultLink"):
        with pytest.raises(LinkError):
            register(operator, "https://a.example/y", kind=written)
    told = client.get("/.well-known/gs1resolver").json()["supportedLinkType"]
    assert {"namespace": VOC, "prefix": "gs1:"} in told


def published(shared: Path) -> dict[int, str]:
    text = (shared / "data/epcis/digital-link/ConformantResolver1_0.txt").read_text("utf-8")
    return dict(enumerate((each.strip() for each in text.splitlines() if each.strip()), 1))


def test_every_line_has_a_verdict_here_and_in_the_table(shared: Path) -> None:
    lines = published(shared)
    assert set(lines) == set(CHECKS) | set(NOT_APPLICABLE)
    for number, start in (STARTS | NOT_APPLICABLE).items():
        assert lines[number].startswith(start), number
    table = (ROOT / "docs/reference/resolver.md").read_text("utf-8")
    told = {int(found) for row in re.findall(r"^\| ([0-9, ]+) \|", table, re.MULTILINE) for found in row.split(", ")}
    assert told == set(lines)


@pytest.mark.parametrize("number", sorted(CHECKS))
def test_line(number: int, shared: Path, client: Client, operator: Organisation) -> None:
    CHECKS[number](client, operator)


def faults(value: Any, schema: dict[str, Any], at: str = "$") -> list[str]:
    """What of the JSON schema's own words, as far as this schema uses them, a value does not keep."""
    kinds = {"object": dict, "array": list, "string": str, "boolean": bool}
    if not isinstance(value, kinds.get(schema.get("type", ""), object)):
        return [f"{at} is no {schema['type']}"]
    found: list[str] = []
    if "pattern" in schema and not re.search(schema["pattern"], value):
        found.append(f"{at}: {value}")
    for number, item in enumerate(value if isinstance(value, list) else []):
        found += faults(item, schema.get("items", {}), f"{at}[{number}]")
    if isinstance(value, dict):
        found += [f"{at} lacks {name}" for name in schema.get("required", []) if name not in value]
        for name, inner in value.items():
            fitting = [schema["properties"][name]] if name in schema.get("properties", {}) else []
            fitting += [one for form, one in schema.get("patternProperties", {}).items() if re.search(form, name)]
            if not fitting and schema.get("additionalProperties") is False:
                found.append(f"{at} has {name}")
            for one in fitting:
                found += faults(inner, one, f"{at}.{name}")
    return found


def test_every_linkset_keeps_the_published_schema(shared: Path, client: Client, operator: Organisation) -> None:
    schema = json.loads((shared / "data/epcis/digital-link/gs1-linkset-schema.json").read_text("utf-8"))
    register(
        operator, "https://a.example/x?y=1#z", language="zh-CN", context="CN", media_type="text/html", is_default=True
    )
    register(operator, "https://a.example/en", language="en", is_multi=True, title="标题", title_en="Title")
    register(operator, "https://a.example/own", kind="https://example.org/own/thing", title="自有")
    for key in SAMPLES:
        document = client.get(f"/{key}/{_right(key)}?linkType=linkset").json()
        assert faults(document, schema) == []
    for path in (f"/01/{GTIN}/22/2A/10/L%2F1/21/!?linkType=linkset", f"/{SEGMENT}?linkType=all"):
        assert faults(client.get(path).json(), schema) == []
    several = client.get(f"/01/{GTIN}?linkType=gs1:pip", headers={"accept-language": "fr"})
    assert several.status_code in (300, 307)
    # The checker itself sees what is wrong.
    for right, wrong in (('"title"', '"titel"'), ('"anchor": "http', '"anchor": "ftp'), (VOC, "ftp://gs1.org/voc/")):
        assert faults(json.loads(json.dumps(document).replace(right, wrong)), schema)
