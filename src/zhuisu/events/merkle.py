"""The Merkle tree over the log (RFC 9162 §2.1), kept as the roots of its full subtrees: appending needs nothing else. Pure."""

from collections.abc import Iterable, Sequence
from hashlib import sha256

LEAF_OCTETS = 32
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(record: bytes) -> bytes:
    """Hash of one leaf, RFC 9162 §2.1.1: SHA-256(0x00 || record)."""
    return sha256(b"\x00" + record).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node, RFC 9162 §2.1.1: SHA-256(0x01 || left || right)."""
    return sha256(b"\x01" + left + right).digest()


def append(size: int, peaks: Sequence[bytes], leaves: Iterable[bytes]) -> tuple[int, list[bytes]]:
    """The size and the peaks after `leaves` are added to a tree of `size` leaves.

    A peak is the root of a full subtree; there is one for each bit set in the size, the largest subtree first.
    """
    grown = list(peaks)
    for leaf in leaves:
        node, bits = leaf, size
        while bits & 1:
            node = node_hash(grown.pop(), node)
            bits >>= 1
        grown.append(node)
        size += 1
    return size, grown


def root(peaks: Sequence[bytes]) -> bytes:
    """The tree head of RFC 9162 from the peaks: the smaller subtrees are folded in from the right."""
    if not peaks:
        return EMPTY_ROOT
    node = peaks[-1]
    for peak in reversed(peaks[:-1]):
        node = node_hash(peak, node)
    return node
