"""The log's tree against RFC 9162's own recursive definition."""

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from zhuisu.events import merkle


def mth(leaves: list[bytes]) -> bytes:
    """RFC 9162 §2.1.1, word for word, over leaf hashes."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


@given(st.lists(st.lists(st.binary(max_size=4), max_size=9), max_size=12))
def test_root_is_that_of_the_definition_after_every_batch(batches: list[list[bytes]]) -> None:
    size, peaks, all_leaves = 0, list[bytes](), list[bytes]()
    for batch in batches:
        leaves = [merkle.leaf_hash(record) for record in batch]
        all_leaves += leaves
        size, peaks = merkle.append(size, peaks, leaves)
        assert size == len(all_leaves)
        assert merkle.root(peaks) == mth(all_leaves)


def test_known_answers_of_certificate_transparency() -> None:
    # RFC 9162's predecessor published these with its reference code: the empty tree, and one empty leaf.
    assert merkle.root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert merkle.leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
