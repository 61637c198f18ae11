"""Identifiers in the form asked for: URN and Digital Link both ways, and what stays as it is."""

import json
import re
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhuisu import codes
from zhuisu.codes.gs1_lengths import length_in, read_lengths
from zhuisu.epcis.names import STANDARD
from zhuisu.epcis.translate import LINK, NEVER, NO_PREFERENCE, URN, Identifiers, bare_words, translated, xml_words

# GS1 General Specifications, figures 7.11-1 and 7.11-2: the characters of a serial and of a component number.
SET_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
SET_39 = "#-/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def check(digits: str) -> str:
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return digits + str((10 - total % 10) % 10)


def put(want: str, text: str, context: dict[str, str] | None = None, **options) -> str:
    return Identifiers(want, **options).of(context or {})(text)


def escaped(serial: str) -> str:
    """A plain oracle of TDS section 5: what a URN writes as %XX."""
    return "".join(one if re.match(r"[A-Za-z0-9!'()*+,\-.:;=_]", one) else f"%{ord(one):02X}" for one in serial)


@given(st.text(SET_82, min_size=1, max_size=20), st.integers(7, 9), st.sampled_from(["sgtin", "lgtin"]))
def test_every_serial_and_lot_survives_both_ways(serial, length, kind):
    body = "0" + "6" + "9" + {7: "01", 8: "26", 9: "72"}[length] + "12345678"
    urn = f"urn:epc:{'id' if kind == 'sgtin' else 'class'}:{kind}:{body[1 : length + 1]}.{body[0]}{body[length + 1 : 13].ljust(12 - length, '5')}.{escaped(serial)}"
    link = put(LINK, urn)
    gtin, ai, last = link.removeprefix("https://id.gs1.org/01/").split("/")
    assert (ai, unquote(last)) == ("21" if kind == "sgtin" else "10", serial)
    assert len(gtin) == 14
    assert gtin == check(gtin[:13])
    assert last == quote(serial, safe="")
    assert put(URN, link) == urn


@given(st.text(SET_39, min_size=1, max_size=20))
def test_every_component_number_survives_both_ways(part):
    urn = f"urn:epc:id:cpi:6901234.{escaped(part)}.12"
    if codes.parse_epc(urn).scheme == "gs1.cpi":
        link = put(LINK, urn)
        assert link == f"https://id.gs1.org/8010/6901234{quote(part, safe='')}/8011/12"
        assert put(URN, link) == urn


@pytest.mark.parametrize(
    ("urn", "link"),
    [
        ("urn:epc:id:sscc:6901234.0000000001", "00/" + check("06901234000000001")),
        ("urn:epc:idpat:sgtin:6901234.012345.*", "01/" + check("0690123412345")),
        ("urn:epc:id:sgln:6901234.12345.0", "414/" + check("690123412345")),
        ("urn:epc:id:sgln:6901234.12345.A%2F1", "414/" + check("690123412345") + "/254/A%2F1"),
        ("urn:epc:id:pgln:6901234.12345", "417/" + check("690123412345")),
        ("urn:epc:id:gdti:6901234.12345.DOC", "253/" + check("690123412345") + "DOC"),
        ("urn:epc:id:grai:6901234.12345.77", "8003/0" + check("690123412345") + "77"),
        ("urn:epc:id:giai:6901234.X-1", "8004/6901234X-1"),
        ("urn:epc:id:gsrn:6901234.0000000001", "8018/" + check("69012340000000001")),
    ],
)
def test_each_key_both_ways(urn, link):
    assert put(LINK, urn) == "https://id.gs1.org/" + link
    assert put(URN, "https://id.gs1.org/" + link) == urn
    assert put(URN, urn) == urn
    assert put(LINK, "https://own.example/x/" + link) == "https://own.example/x/" + link
    assert put(URN, "https://own.example/x/" + link) == urn
    for never in (NEVER, NO_PREFERENCE):
        assert put(never, urn) == urn


@pytest.mark.parametrize(
    "text",
    [
        "urn:x:1",
        "https://shop.example/item/5",
        "urn:uuid:0b0e0a30-1b0c-4f6e-9d5a-000000000001",
        "geo:1,2",
        "urn:zhuisu:cn.uscc:1",
    ],
)
def test_private_identifiers_stay(text):
    for want in (LINK, URN):
        ids = Identifiers(want)
        assert ids.of({})(text) == text
        assert ids.done == want


@pytest.mark.parametrize(
    ("want", "text"),
    [
        (URN, f"https://id.gs1.org/01/{check('0690123412345')}/22/A"),  # no URN for a variant
        (URN, f"https://id.gs1.org/01/{check('0882123412345')}/21/A"),  # nobody knows where the prefix ends
        (LINK, "urn:epc:id:gid:1.2.3"),
        (LINK, "urn:epc:idpat:sscc:6901234.*"),
        (LINK, "urn:epc:idpat:lgtin:6901234.012345.*"),
        (LINK, "urn:epc:tag:sgtin-96:1.6901234.012345.1"),
        (URN, f"https://id.gs1.org/01/{check('0690123412345')[:-1]}x/21/A"),  # a wrong key, such as a deviceID may be
    ],
)
def test_what_cannot_be_put_stays_and_is_counted(want, text):
    ids = Identifiers(want)
    assert ids.of({})(text) == text
    assert ids.left == 1
    assert ids.done == NO_PREFERENCE


def test_the_operators_table_comes_first():
    lengths = read_lengths(
        json.dumps(
            {
                "GCPPrefixFormatList": {
                    "date": "2026-01-01",
                    "entry": [
                        {"prefix": "882", "gcpLength": 8},
                        {"prefix": "8821", "gcpLength": 9},
                        {"prefix": "69", "gcpLength": 0},
                    ],
                }
            }
        ).encode()
    )
    assert (
        put(URN, f"https://id.gs1.org/01/{check('0882123412345')}/21/A", lengths=lengths)
        == "urn:epc:id:sgtin:882123412.0345.A"
    )
    assert (length_in(lengths, "8825"), length_in(lengths, "6901"), length_in(lengths, "1")) == (8, None, None)
    # Where it is silent, the public table says it.
    assert put(URN, f"https://id.gs1.org/01/{check('0690123412345')}/21/A", lengths=lengths).startswith(
        "urn:epc:id:sgtin:6901234."
    )


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"[]",
        b"{}",
        b'{"GCPPrefixFormatList": {"entry": 1}}',
        *(
            json.dumps({"GCPPrefixFormatList": {"entry": [entry]}}).encode()
            for entry in (
                1,
                {},
                {"prefix": "x", "gcpLength": 7},
                {"prefix": "69", "gcpLength": 13},
                {"prefix": "69", "gcpLength": "7"},
            )
        ),
    ],
)
def test_a_wrong_table_is_refused(wrong):
    with pytest.raises(ValueError, match=r"."):
        read_lengths(wrong)


def test_a_curie_means_what_its_event_says():
    ids = Identifiers(LINK)
    assert (
        ids.of({"p": "urn:epc:id:sgtin:"})("p:6901234.012345.1")
        == f"https://id.gs1.org/01/{check('0690123412345')}/21/1"
    )
    assert ids.of({"p": "urn:other:"})("p:6901234.012345.1") == "p:6901234.012345.1"


def test_nothing_but_identifiers_and_words_changes(made):
    urn = "urn:epc:id:sgtin:6901234.012345.1"
    event = {
        **made.samples["ObjectEvent"],
        "epcList": [urn],
        "eventID": urn,
        "certificationInfo": urn,
        "ex:note": urn,
        "ilmd": {"ex:a": urn},
        "quantityList": [{"epcClass": "urn:epc:class:lgtin:6901234.012345.1", "quantity": 1}],
    }
    got = translated(event, Identifiers(LINK).of({}), bare_words({}))
    changed = {name for name in event if got[name] != event[name]}
    assert changed == {"epcList", "quantityList"}
    assert event["epcList"] == [urn]


@pytest.mark.parametrize(
    "vocabulary, bare, urn, web",
    [
        ("bizStep", "shipping", "urn:epcglobal:cbv:bizstep:shipping", "https://ref.gs1.org/cbv/BizStep-shipping"),
        (
            "sourceDest",
            "owning_party",
            "urn:epcglobal:cbv:sdt:owning_party",
            "https://ref.gs1.org/cbv/SDT-owning_party",
        ),
    ],
)
def test_words(vocabulary, bare, urn, web):
    for text in (bare, urn, web):
        assert bare_words({})(vocabulary, text) == bare
        assert xml_words("Always_URN", {})(vocabulary, text) == urn
        assert xml_words("Always_Web_URI", {})(vocabulary, text) == web
        assert xml_words(NEVER, {})(vocabulary, text) == (web if text == bare else text)
    assert (
        bare_words({})(vocabulary, "urn:x:own") == xml_words("Always_URN", {})(vocabulary, "urn:x:own") == "urn:x:own"
    )


def test_a_word_that_the_cbv_does_not_list_is_a_curie_in_json():
    for text in ("https://gs1.org/voc/EffectiveDoseRate", "gs1:EffectiveDoseRate"):
        assert bare_words(STANDARD)("measurement", text) == "gs1:EffectiveDoseRate"
    own = {"gs1": "urn:own:"}
    assert bare_words(own)("measurement", "https://gs1.org/voc/Dose") == "https://gs1.org/voc/Dose"


def test_the_pairs_of_another_translator(shared):
    """Every pair that both sides hold right, through the form of an answer; conformance/test_digital_link.py has the rest."""
    pairs = json.loads((shared / "data/epcis/digital-link/urn-dl-pairs.json").read_text("utf-8"))["positive"]
    tried = 0
    for pair in pairs:
        if pair["method"] not in ("toURI", "toURIForClassLevelIdentifier"):
            continue
        try:
            code = codes.parse_epc(pair["input"])
        except codes.CodeError:
            continue
        if code.scheme == "uri":
            continue
        tried += 1
        theirs = codes.parse_epc(quote(pair["expected"], safe=":/%")) if "%" in pair["expected"] else None
        link = put(LINK, pair["input"])
        assert theirs is None or codes.parse_epc(link) == theirs
        assert unquote(link) == unquote(pair["expected"]) or "%" in pair["expected"], pair
    assert tried >= 30
