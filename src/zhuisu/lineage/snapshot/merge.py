"""Two segments that follow each other made one, without the database. Pure."""

import numpy as np

from zhuisu.lineage.snapshot.segment import NEIGHBOUR_BITS, PAGE, Array, Segment, index, linked, narrow
from zhuisu.lineage.snapshot.view import spread

_JOINED = ("position", "event", "at", "role", "group", "void_of", "void_position", "value", "measure")
TEXTS = 500_000  # codes copied at once: bounds the memory that a merge takes


def merge(one: Segment, two: Segment) -> Segment:
    """The facts of both, as if they had been read at once."""
    if (two.after, two.first) != (one.upto, one.first + one.events):
        raise ValueError("these segments do not follow each other")
    a, b = one.arrays, two.arrays

    def both(name: str) -> Array:
        return np.concatenate([a[name], b[name]])

    (ids_a, place_a), (ids_b, place_b) = _items(one), _items(two)
    counts_a, counts_b = (
        each["facts"][place + 1] - each["facts"][place] for each, place in ((a, place_a), (b, place_b))
    )
    # Both are in the order of the items; of one item, the later segment's facts are the later ones.
    order = np.argsort(np.r_[np.repeat(ids_a, counts_a), np.repeat(ids_b, counts_b)], kind="stable")
    ids = np.union1d(ids_a, ids_b)
    in_a, in_b = np.searchsorted(ids, ids_a), np.searchsorted(ids, ids_b)
    counts = np.zeros(len(ids), np.int64)
    counts[in_a] += counts_a
    counts[in_b] += counts_b
    flags = np.zeros(len(ids), np.uint16)
    flags[in_a] |= a["flags"][place_a]
    flags[in_b] |= b["flags"][place_b]
    text, text_start, text_size = _texts(one, two, (ids, in_a, in_b), place_a, place_b)
    amount_fact = np.r_[a["amount_fact"], b["amount_fact"] + np.int32(len(a["item"]))]
    back = np.empty(len(order), np.int32)
    back[order] = np.arange(len(order), dtype=np.int32)
    amount_fact, amount_row = (
        back[amount_fact],
        np.r_[a["amount_row"], b["amount_row"] + np.int32(len(a["amount_end"]))],
    )
    by_fact = np.argsort(amount_fact)
    arrays = {name: both(name) for name in _JOINED}
    arrays |= {name: both(name)[order] for name in ("item_event", "item_role", "item_group")}
    arrays |= {
        "measured": np.r_[a["measured"], b["measured"] + np.int32(len(a["item"]))],
        "parent": narrow(both("parent")),
        "item": narrow(both("item")),
        "start": np.r_[a["start"], b["start"][1:] + np.int32(len(a["item"]))],
        "text": text,
        "amounts": both("amounts"),
        "amount_end": np.r_[a["amount_end"], b["amount_end"] + len(a["amounts"])],
        "amount_fact": amount_fact[by_fact],
        "amount_row": amount_row[by_fact],
    }
    arrays |= index(ids, counts, flags, text_start, text_size)
    arrays |= linked(arrays)
    return Segment(one.after, two.upto, one.first, two.identity, arrays)


def _items(segment: Segment) -> tuple[Array, Array]:
    """The items of a segment in order, and where their entries stand."""
    page = segment.arrays["page"]
    pages = np.flatnonzero(page)
    numbers = ((pages[:, None] << NEIGHBOUR_BITS) + np.arange(PAGE)).ravel()
    place = (page[pages].astype(np.int64)[:, None] + np.arange(PAGE)).ravel()
    here = segment.arrays["facts"][place + 1] > segment.arrays["facts"][place]
    return numbers[here], place[here]


def _texts(
    one: Segment, two: Segment, items: tuple[Array, Array, Array], place_a: Array, place_b: Array
) -> tuple[Array, Array, Array]:
    """All codes of the first, and those of the second that are new."""
    ids, in_a, in_b = items
    start, size = np.zeros(len(ids), np.int64), np.zeros(len(ids), np.int64)
    start[in_a], size[in_a] = one.arrays["text_start"][place_a], one.arrays["text_size"][place_a]
    known = np.zeros(len(ids), bool)
    known[in_a] = True
    new, place = in_b[~known[in_b]], place_b[~known[in_b]]
    starts, sizes = two.arrays["text_start"][place], two.arrays["text_size"][place].astype(np.int64)
    size[new] = sizes
    start[new] = len(one.arrays["text"]) + np.cumsum(sizes) - sizes
    pieces = [one.arrays["text"]]
    for begin in range(0, len(new), TEXTS):
        _, where = spread(starts[begin : begin + TEXTS], sizes[begin : begin + TEXTS])
        pieces.append(two.arrays["text"][where])
    return np.concatenate(pieces), start, size
