"""Arithmetic of counter ranges: sorted lists of (first, last), both ends in, none touching the next."""

from collections.abc import Iterable, Iterator

Span = tuple[int, int]


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same counters as a sorted list in which neighbours are one."""
    answer: list[Span] = []
    for first, last in sorted(spans):
        if answer and first <= answer[-1][1] + 1:
            answer[-1] = (answer[-1][0], max(last, answer[-1][1]))
        else:
            answer.append((first, last))
    return answer


def common(one: list[Span], other: list[Span]) -> list[Span]:
    """What is in both."""
    answer: list[Span] = []
    i = j = 0
    while i < len(one) and j < len(other):
        first, last = max(one[i][0], other[j][0]), min(one[i][1], other[j][1])
        if first <= last:
            answer.append((first, last))
        if one[i][1] < other[j][1]:
            i += 1
        else:
            j += 1
    return answer


def without(one: list[Span], other: list[Span]) -> list[Span]:
    """What is in `one` and not in `other`."""
    answer: list[Span] = []
    j = 0
    for first, last in one:
        start = first
        while j < len(other) and other[j][1] < start:
            j += 1
        k = j
        while k < len(other) and other[k][0] <= last:
            if other[k][0] > start:
                answer.append((start, other[k][0] - 1))
            start = max(start, other[k][1] + 1)
            k += 1
        if start <= last:
            answer.append((start, last))
    return answer


def size(spans: Iterable[Span]) -> int:
    """How many counters."""
    return sum(last - first + 1 for first, last in spans)


def cut(spans: Iterable[Span], length: int) -> Iterator[tuple[int, list[Span]]]:
    """The spans by page of `length` counters: page number, and its spans counted from the page's beginning."""
    page, inside = -1, list[Span]()
    for first, last in spans:
        while first <= last:
            here = first // length
            if here != page:
                if inside:
                    yield page, inside
                page, inside = here, []
            end = min(last, (here + 1) * length - 1)
            inside.append((first - here * length, end - here * length))
            first = end + 1
    if inside:
        yield page, inside
