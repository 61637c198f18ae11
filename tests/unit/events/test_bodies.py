"""The bytes of events as they are stored: there and back, also those of the store's first days, by several threads at once."""

import zlib
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhuisu.events import bodies

EVENT = b'{"type": "ObjectEvent", "eventID": "urn:uuid:00000000-0000-4000-8000-000000000007", "action": "OBSERVE"}'


@given(st.binary(max_size=4_000))
def test_there_and_back(raw: bytes) -> None:
    assert bodies.unpacked(bodies.packed(raw)) == raw
    assert bodies.unpacked(zlib.compress(raw, 1)) == raw
    assert bodies.unpacked_document(bodies.packed_document(raw)) == raw
    assert bodies.unpacked_document(zlib.compress(raw, 1)) == raw


def test_the_words_of_the_first_number_have_not_changed() -> None:
    """Red: what is stored cannot be read any more. Other words get another number, and these stay."""
    assert (
        sha256(bodies._WORDS.as_bytes()).hexdigest()
        == "a54fe39061bc2fa531422704a6b26392624b522f1db266e998938f023581c995"
    )
    assert (
        bodies.unpacked(
            bytes.fromhex(
                "0128b52ffd206825010010377d0a00ff6602d983053b82d7c59e59541509aa711abc911084a90bafe70317360104"
            )
        )
        == EVENT
    )


def test_an_event_is_mostly_words() -> None:
    assert len(bodies.packed(EVENT)) < 0.6 * len(zlib.compress(EVENT))


@pytest.mark.parametrize("stored", [b"", b"\x01", b"\x02" + EVENT, b"\x01" + EVENT, b"\x78\x9c" + EVENT])
def test_what_is_no_body_is_said(stored: bytes) -> None:
    with pytest.raises(bodies.Damaged):
        bodies.unpacked(stored)
    with pytest.raises(bodies.Damaged):
        bodies.unpacked_document(stored)


def test_threads_do_not_disturb_each_other() -> None:
    raws = [bytes([number]) * 3_000 + EVENT for number in range(250)]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            assert list(pool.map(lambda raw: bodies.unpacked(bodies.packed(raw)), raws)) == raws
