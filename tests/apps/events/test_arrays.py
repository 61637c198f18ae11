"""Arrays as the server's own octets: what arrives is what was meant, however many there are."""

import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhuisu.events.arrays import bound, byteas, uuids

pytestmark = pytest.mark.django_db


@settings(max_examples=50)
@given(st.lists(st.uuids(), max_size=40), st.lists(st.binary(min_size=32, max_size=32), max_size=40))
def test_what_goes_as_octets_arrives(keys: list[uuid.UUID], leaves: list[bytes]) -> None:
    ((held, kept),) = bound("select %s, %s", [uuids([one.hex for one in keys]), byteas(leaves, 32)])
    assert held == keys
    assert [bytes(one) for one in kept] == leaves


def test_a_statement_without_an_answer_has_no_rows() -> None:
    assert bound("set local work_mem = '4MB'", []) == []
