"""Two bits of state a code, kept in pages; what each verb does to each state."""

import zlib
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from zhuisu.registry.issuing.spans import Span

States = NDArray[np.uint8]
PAGE_CODES = (
    7_680  # of a row: two bits each are 1,920 bytes, four rows a page of PostgreSQL even where nothing compresses
)
_COMPRESSION = 1  # long runs of one state are what pages hold: any level finds them


class State(IntEnum):
    """What a code is by itself; everything else about it is derived from events."""

    ISSUED = 0
    ACTIVE = 1
    VOIDED = 2
    USED = 3


class Verdict(IntEnum):
    """What a verb does to a code in some state."""

    CHANGE = 0
    ALREADY = 1
    REFUSE = 2


# Verdict by state (issued, active, voided, used). Nothing leaves voided; what was used may be voided, with a reason.
VERBS: dict[str, tuple[State, tuple[Verdict, Verdict, Verdict, Verdict]]] = {
    "activate": (State.ACTIVE, (Verdict.CHANGE, Verdict.ALREADY, Verdict.REFUSE, Verdict.REFUSE)),
    "void": (State.VOIDED, (Verdict.CHANGE, Verdict.CHANGE, Verdict.ALREADY, Verdict.CHANGE)),
    "use": (State.USED, (Verdict.REFUSE, Verdict.CHANGE, Verdict.REFUSE, Verdict.ALREADY)),
}


def fresh() -> States:
    """A page on which every code is as issued."""
    return np.zeros(PAGE_CODES, dtype=np.uint8)


def unpack(bits: bytes) -> States:
    """The states of a stored page, one byte each."""
    raw = np.frombuffer(zlib.decompress(bits), dtype=np.uint8)
    four = raw[:, None] >> np.array([0, 2, 4, 6], dtype=np.uint8) & np.uint8(3)
    return four.astype(np.uint8, copy=False).reshape(-1)


def pack(states: States) -> bytes:
    """A page as it is stored."""
    four = states.reshape(-1, 4)
    raw = four[:, 0] | four[:, 1] << 2 | four[:, 2] << 4 | four[:, 3] << 6
    return zlib.compress(raw.astype(np.uint8).tobytes(), _COMPRESSION)


def state_at(bits: bytes | None, place: int) -> State:
    """The state of one code of a page; of a page that is not there, issued. The same work for both."""
    raw = zlib.decompress(bits if bits is not None else _FRESH)
    return State(raw[place // 4] >> place % 4 * 2 & 3)


def mask(spans: list[Span]) -> NDArray[np.bool_]:
    """True at the places of a page that are in one of the spans."""
    answer = np.zeros(PAGE_CODES, dtype=np.bool_)
    for first, last in spans:
        answer[first : last + 1] = True
    return answer


def runs(flags: NDArray[np.bool_], offset: int) -> list[Span]:
    """The flags that are True as spans, counted from `offset`."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.view(np.int8), [0]))))
    return [(int(first) + offset, int(end) - 1 + offset) for first, end in edges.reshape(-1, 2)]


_FRESH = pack(fresh())
