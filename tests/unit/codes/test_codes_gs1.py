"""GS1 keys in every written form: what they become, and why the wrong ones are refused."""

import pytest

from zhuisu.codes import (
    Code,
    CodeError,
    Level,
    candidates,
    from_canonical,
    parse,
    parse_digital_link,
    parse_elements,
    parse_epc,
    to_ai,
    to_digital_link,
    to_urn,
    write_link,
)

# canonical text, level, EPC URN (None: there is none), prefix length, further forms of the same thing
SAMPLES: list[tuple[str, Level, str | None, int, list[str]]] = [
    (
        "gs1.sgtin:01/09506000134352/21/a%2F1%21",
        Level.INSTANCE,
        "urn:epc:id:sgtin:9506000.013435.a%2F1!",
        7,
        [
            "https://example.com/shop/01/09506000134352/21/a%2f1!",
            "(01)09506000134352(21)a/1!",
            "]d2010950600013435221a/1!",
            "^010950600013435221a/1!",
            "\x1d010950600013435221a/1!",
            "urn:epc:id:sgtin:950600013.0435.a%2F1%21",
            "HTTPS://ID.GS1.ORG/01/09506000134352/21/a%2F1%21",
            "https://example.com/gtin/9506000134352/ser/a%2F1%21",
            "https://溯源.example/产品/01/09506000134352/21/a%2F1%21",
            "http://example.com/01/9506000134352/22/v/10/lot/21/a%2F1%21?17=271231&utm=1#top",
        ],
    ),
    (
        "gs1.lgtin:01/09506000134352/10/L-1.x",
        Level.LOT,
        "urn:epc:class:lgtin:9506000.013435.L-1.x",
        7,
        ["https://id.gs1.org/01/09506000134352/10/L-1.x", "(10)L-1.x(01)09506000134352", "010950600013435210L-1.x"],
    ),
    (
        "gs1.gtin:01/09506000134352",
        Level.CLASS,
        "urn:epc:idpat:sgtin:9506000.013435.*",
        7,
        [
            "9506000134352",
            "95060 00134-352",
            "(01)09506000134352",
            "https://id.gs1.org/01/09506000134352",
            "９５０６０００１３４３５２",
        ],
    ),
    ("gs1.cpv:01/09506000134352/22/2A", Level.CLASS, None, 7, ["(01)09506000134352(22)2A"]),
    (
        "gs1.upui:01/09506000134352/235/T.x",
        Level.INSTANCE,
        "urn:epc:id:upui:9506000.013435.T.x",
        7,
        ["(01)09506000134352(235)T.x"],
    ),
    (
        "gs1.sscc:00/095060001234567893",
        Level.PACKAGE,
        "urn:epc:id:sscc:9506000.0123456789",
        7,
        ["095060001234567893", "00095060001234567893"],
    ),
    ("gs1.sgln:414/9506000123455", Level.PLACE, "urn:epc:id:sgln:9506000.12345.0", 7, ["(414)9506000123455"]),
    (
        "gs1.sgln:414/9506000123455/254/A%2F7",
        Level.PLACE,
        "urn:epc:id:sgln:9506000.12345.A%2F7",
        7,
        ["(414)9506000123455(254)A/7"],
    ),
    ("gs1.sgln:414/9506000123455/7040/1ABC", Level.PLACE, None, 7, ["(414)9506000123455(7040)1ABC"]),
    ("gs1.pgln:417/9506000123455", Level.PARTY, "urn:epc:id:pgln:9506000.12345", 7, ["(417)9506000123455"]),
    (
        "gs1.grai:8003/09506000123455s%2A",
        Level.ASSET,
        "urn:epc:id:grai:9506000.12345.s*",
        7,
        ["(8003)09506000123455s*"],
    ),
    ("gs1.grai:8003/09506000123455", Level.CLASS, "urn:epc:idpat:grai:9506000.12345.*", 7, []),
    ("gs1.giai:8004/9506000x.1", Level.ASSET, "urn:epc:id:giai:9506000.x.1", 7, ["(8004)9506000x.1"]),
    ("gs1.gdti:253/9506000123455d", Level.INSTANCE, "urn:epc:id:gdti:9506000.12345.d", 7, []),
    ("gs1.gdti:253/9506000123455", Level.CLASS, "urn:epc:idpat:gdti:9506000.12345.*", 7, []),
    ("gs1.gcn:255/950600012345504", Level.INSTANCE, "urn:epc:id:sgcn:9506000.12345.04", 7, []),
    ("gs1.gcn:255/9506000123455", Level.CLASS, "urn:epc:idpat:sgcn:9506000.12345.*", 7, []),
    ("gs1.gsrn:8018/950600012345678907", Level.PARTY, "urn:epc:id:gsrn:9506000.1234567890", 7, []),
    ("gs1.gsrn:8018/950600012345678907/8019/4", Level.PROCESS, None, 7, []),
    ("gs1.gsrnp:8017/950600012345678907", Level.PARTY, "urn:epc:id:gsrnp:9506000.1234567890", 7, []),
    ("gs1.itip:8006/095060001343520102/21/7", Level.INSTANCE, "urn:epc:id:itip:9506000.013435.01.02.7", 7, []),
    ("gs1.itip:8006/095060001343520102", Level.CLASS, "urn:epc:idpat:itip:9506000.013435.01.02.*", 7, []),
    ("gs1.itip:8006/095060001343520102/10/L", Level.LOT, None, 7, []),
    (
        "gs1.cpi:8010/9506000AB%2F-%231/8011/12",
        Level.INSTANCE,
        "urn:epc:id:cpi:9506000.AB%2F-%231.12",
        7,
        ["(8010)9506000AB/-#1(8011)12"],
    ),
    ("gs1.cpi:8010/9506000AB", Level.CLASS, "urn:epc:idpat:cpi:9506000.AB.*", 7, []),
    ("gs1.ginc:401/9506000c%25", Level.OTHER, "urn:epc:id:ginc:9506000.c%25", 7, []),
    ("gs1.gsin:402/95060001234567893", Level.OTHER, "urn:epc:id:gsin:9506000.123456789", 7, []),
    ("gs1.gmn:8013/1987654Ad4X4bL5ttr2310c2K", Level.CLASS, None, 7, ["(8013)1987654Ad4X4bL5ttr2310c2K"]),
    ("gs1.payment:415/9506000123455/8020/INV1", Level.OTHER, None, 7, ["(415)9506000123455(8020)INV1"]),
]


@pytest.mark.parametrize(("canonical", "level", "urn", "length", "forms"), SAMPLES, ids=[row[0] for row in SAMPLES])
def test_every_form_meets_in_one_code(
    canonical: str, level: Level, urn: str | None, length: int, forms: list[str]
) -> None:
    code = from_canonical(canonical)
    assert (code.canonical, code.level) == (canonical, level)
    link = to_digital_link(code, "https://example.com/x/")
    assert link == "https://example.com/x/" + code.value
    for form in [canonical, link, to_ai(code), "^" + to_ai(code, bracketed=False).replace("\x1d", "^"), *forms]:
        assert parse(form) == code, form
        assert parse(form).source == form
        assert parse(form, code.scheme) == code
    assert parse(to_ai(code, bracketed=False), code.scheme) == code
    assert parse_epc(link) == code
    if urn is None:
        with pytest.raises(CodeError, match="no EPC URN"):
            to_urn(code, length)
    else:
        assert to_urn(code, length) == urn
        assert parse_epc(urn) == code
        assert to_urn(parse_epc(urn)) == urn
        assert parse_epc(urn).level == level


REFUSED = [
    ("urn:epc:id:sgtin:9506000.013435.", "escape"),
    ("urn:epc:id:sgtin:9506000.013435.a/b", "escape"),
    ("urn:epc:id:sgtin:9506000.013435.a%2", "escape"),
    ("urn:epc:id:sgtin:9506000.013435.a%20b", "characters"),
    ("urn:epc:id:sgtin:9506000.013435.123456789012345678901", "length"),
    ("urn:epc:id:sgtin:9506000.13435.7", "urn"),
    ("urn:epc:id:sgtin:95060.00013435.7", "gcp-length"),
    ("urn:epc:id:sgtin:９506000.013435.7", "gcp-length"),
    ("urn:epc:id:lgtin:9506000.013435.7", "urn"),
    ("urn:epc:class:sgtin:9506000.013435.7", "urn"),
    ("urn:epc:idpat:sgtin:9506000.*.*", "pattern"),
    ("urn:epc:idpat:sgtin:9506000.013435.7", "pattern"),
    ("urn:epc:idpat:sgln:9506000.12345.*", "pattern"),
    ("urn:epc:tag:sgtin-96:3.9506000.013435.7", "urn"),
    ("urn:epc:id:nothing:1.2", "urn"),
    ("urn:epc:id:gid:1.2", "urn"),
    ("urn:epc:id:itip:9506000.013435.03.02.7", "piece"),
    ("urn:epc:id:cpi:9506000.AB.012", "zero"),
    ("urn:epc:", "urn"),
    ("https://id.gs1.org/01/09506000134353/21/1", "check-digit"),
    ("https://example.com/01/09506000134353/21/1", "check-digit"),
    ("https://id.gs1.org/01/0950600013435/21/1", "check-digit"),
    ("https://id.gs1.org/01/09506000134352/21/1/", "no-key"),
    ("https://id.gs1.org/01/09506000134352/21/", "length"),
    ("https://id.gs1.org/01/09506000134352/21/%C1", "characters"),
    ("https://id.gs1.org/01/09506000134352/21/1/10/L", "qualifier"),
    ("https://id.gs1.org/01/09506000134352/21/1/21/1", "qualifier"),
    ("https://id.gs1.org/01/09506000134352?21=1", "attribute"),
    ("https://id.gs1.org/01/09506000134352?10=1", "attribute"),
    ("https://id.gs1.org/01/09506000134352?17=271301", "date"),
    ("https://id.gs1.org/01/09506000134352?17=270229", "date"),
    ("https://id.gs1.org/01/09506000134352?17=271231&17=271231", "repeated"),
    ("https://id.gs1.org/01/09506000134352?05=1", "ai-unknown"),
    ("https://id.gs1.org/about", "no-key"),
    ("http://a b/01/09506000134352", "uri"),
    ("9506000134352", "uri"),
    ("urn:a\ud800", "uri"),
]


@pytest.mark.parametrize(("text", "rule"), REFUSED)
def test_refused_in_a_document(text: str, rule: str) -> None:
    with pytest.raises(CodeError) as refusal:
        parse_epc(text)
    assert refusal.value.rule == rule
    assert refusal.value.message
    assert refusal.value.message_zh


@pytest.mark.parametrize(
    "text",
    [
        "https://example.com/orders/01/abc",
        "https://example.com/01/",
        "http://example.com/",
        "https://example.com/8004/xyz",
        "https://example.com/gtin/9506000134353",
        "https://example.com/party/about",
        "urn:uuid:00000000-0000-0000-0000-000000000001",
        "urn:epcglobal:cbv:bt:9506000000000:1",
        "ex:Thing/01/09506000134353",
        "https://example.com/条/1",
    ],
)
def test_private_identifiers_stay_untouched(text: str) -> None:
    code = parse_epc(text)
    assert (code.scheme, code.value, code.level) == ("uri", text, Level.OTHER)
    assert parse(text) == code
    assert to_urn(code) == text
    assert from_canonical(code.canonical) == code


@pytest.mark.parametrize(
    "text",
    [
        "urn:epc:id:gid:1.2.3",
        "urn:epc:id:usdod:2S194.1",
        "urn:epc:id:adi:2S194..12",
        "urn:epc:id:bic:CSQU3054383",
        "urn:epc:id:imovn:9176187",
    ],
)
def test_foreign_epcs_are_kept(text: str) -> None:
    code = parse_epc(text)
    assert code.canonical == f"epc.{text.split(':')[3]}:{text}"
    assert to_urn(code) == text
    assert from_canonical(code.canonical) == code


def test_one_digit_says_what_it_should_be() -> None:
    with pytest.raises(CodeError) as refusal:
        parse("9506000134353")
    assert refusal.value.message == "(01) check digit is 3, should be 2"
    assert refusal.value.message_zh == "(01) 校验码为 3，应为 2"


def test_readings_of_a_bare_number() -> None:
    assert [code.scheme for code in candidates("9506000123455")] == ["gs1.gtin", "gs1.sgln", "gs1.pgln"]
    assert [code.scheme for code in candidates("095060001234567893")] == ["gs1.sscc", "gs1.gsrn", "gs1.gsrnp"]
    assert candidates("9506000123456") == []
    assert parse("9506000123455", "gs1.gln").canonical == "gs1.sgln:414/9506000123455"


def test_a_place_and_a_party_are_two_things() -> None:
    place, party = parse("9506000123455", "gs1.sgln"), parse("9506000123455", "gs1.pgln")
    assert place != party
    assert place.key != party.key


def test_the_rest_of_a_message_is_kept() -> None:
    code = parse("(01)09506000134352(10)L1(17)271231(21)7")
    assert code.canonical == "gs1.sgtin:01/09506000134352/21/7"
    assert code.parsed == {"gtin": "09506000134352", "lot": "L1", "17": "271231", "serial": "7"}
    assert parse("(02)09506000134352(37)24(00)095060001234567893").scheme == "gs1.sscc"
    assert parse("(414)9506000123455(01)09506000134352(10)L1").scheme == "gs1.lgtin"


def test_element_strings() -> None:
    assert parse_elements("(10)A\\(21)B(21)1") == [("10", "A(21)B"), ("21", "1")]
    assert parse_elements("(10)A(B)(21)1") == [("10", "A(B)"), ("21", "1")]
    assert parse_elements("(10)A \n(21)1") == [("10", "A"), ("21", "1")]
    assert parse_elements("10A\x1d211\x1d") == [("10", "A"), ("21", "1")]
    assert parse_elements("1727123110A") == [("17", "271231"), ("10", "A")]
    assert parse_elements("17271231\x1d10A") == [("17", "271231"), ("10", "A")]
    assert parse_elements("(10)A(10)A") == [("10", "A")]
    for text, rule in [
        ("(10)A(10)B", "repeated"),
        ("(01)9506000134352", "length"),
        ("01095060001343", "length"),
        ("(99X)1", "brackets"),
        ("(05)1", "ai-unknown"),
        ("0509506000134352", "ai-unknown"),
        ("(10)", "length"),
        ("(10)a b", "characters"),
        ("(422)999", "country"),
        ("(4307)XQ", "country"),
        ("(3912)15510", "currency"),
        ("(7003)2712312460", "time"),
        ("(8007)DE00123", "iban"),
        ("(8013)1987654Ad4X4bL5ttr2310c2L", "check-pair"),
        ("", "length"),
        ("^", "length"),
    ]:
        with pytest.raises(CodeError) as refusal:
            parse_elements(text)
        assert refusal.value.rule == rule, text
    with pytest.raises(CodeError, match="names nothing"):
        parse("(17)271231")


def test_digital_link_in_full() -> None:
    link = parse_digital_link(
        "HTTPS://Example.com:8443/a/b/01/9506000134352/10/L%2F1?17=271200&linkType=all&3103=000195&x"
    )
    assert link.domain == "https://example.com:8443/a/b"
    assert link.ais == (("01", "09506000134352"), ("10", "L/1"), ("17", "271200"), ("3103", "000195"))
    assert link.ignored == ("linkType=all", "x")
    assert (
        write_link(link.ais, link.domain)
        == "https://example.com:8443/a/b/01/09506000134352/10/L%2F1?17=271200&3103=000195"
    )


def test_prefix_length_is_never_guessed() -> None:
    code = parse("(01)00000096385074(21)1")
    assert to_urn(code) == "urn:epc:id:sgtin:00000963.08507.1"
    unknown = parse("(417)1400000000007")
    with pytest.raises(CodeError) as refusal:
        to_urn(unknown)
    assert refusal.value.rule == "gcp-length"
    for length in (5, 13):
        with pytest.raises(CodeError, match="company prefix"):
            to_urn(code, length)


def test_a_code_is_its_scheme_and_value() -> None:
    one = Code("uri", "a:b", Level.OTHER, {"x": "1"}, "a:b")
    assert one == Code("uri", "a:b", Level.CLASS, {}, "A:b")
    assert hash(one) == hash(Code("uri", "a:b", Level.CLASS, {}, ""))
    assert str(one.key) == "ad03d706-962e-ddee-a20f-15a749b37321"
