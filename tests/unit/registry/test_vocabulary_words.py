"""The one key of a vocabulary's element, and the fields that name elements."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from zhuisu.registry.vocabulary.words import FIELDS, LOCATION, STANDARD_TYPES, key_of, type_of, uri_of

STEP = "urn:epcglobal:epcis:vtype:BusinessStep"


@pytest.mark.parametrize(
    ("type", "text", "key"),
    [
        (LOCATION, "urn:epc:id:sgln:9506000.00002.0", "gs1.sgln:414/9506000000022"),
        (LOCATION, "https://id.gs1.org/414/9506000000022", "gs1.sgln:414/9506000000022"),
        (LOCATION, "gs1.sgln:414/9506000000022", "gs1.sgln:414/9506000000022"),
        (LOCATION, "urn:x:shelf", "uri:urn:x:shelf"),
        (LOCATION, "urn:epc:id:sgln:no.such", "uri:urn:epc:id:sgln:no.such"),
        (LOCATION, "urn:epc:idpat:sgtin:0614141.*.*", "uri:urn:epc:idpat:sgtin:0614141.*.*"),
        (STEP, "cbv:BizStep-shipping", "shipping"),
        (STEP, "urn:epcglobal:cbv:bizstep:shipping", "shipping"),
        (STEP, "urn:x:step", "urn:x:step"),
        (STEP, "cbv:nonsense", "https://ref.gs1.org/cbv/nonsense"),
        ("https://example.org/own", "https://id.gs1.org/414/9506000000022", "gs1.sgln:414/9506000000022"),
    ],
)
def test_one_key_for_every_writing(type: str, text: str, key: str) -> None:
    assert key_of(type, text) == key


@given(type=st.sampled_from(STANDARD_TYPES), text=st.text(min_size=1).map("urn:x:{}".format) | st.text(min_size=1))
@example(type=LOCATION, text="uri:x")
@example(type=LOCATION, text="process:x")
@example(type=LOCATION, text="gs1.sgln:nonsense")
def test_a_key_is_its_own_key(type: str, text: str) -> None:
    key = key_of(type, text)
    assert key_of(type, key) == key


@given(text=st.text(min_size=1))
def test_a_key_can_always_be_written(text: str) -> None:
    for type in (LOCATION, STEP):
        assert uri_of(type, key_of(type, text))


def test_vocabularies_are_named_by_their_last_word() -> None:
    for uri in STANDARD_TYPES:
        word = uri.rpartition(":")[2]
        assert type_of(word) == type_of(word.upper()) == type_of(uri) == uri
    assert type_of("urn:x:own") == "urn:x:own"
    assert {one for types in FIELDS.values() for one in types} == set(STANDARD_TYPES)
