"""How many statements a walk makes is bounded by how deep the goods lie, not by how many they are."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from stories import Story

pytestmark = pytest.mark.django_db

# A level reads: codes, parts, other codes, containers (with their codes, parts and ends), far sides of events, children.
STATEMENTS_A_LEVEL = 10


def pallet(cases, tins):
    """One silo fills every tin, each in an event of its own; the tins lie in cases on one pallet, which is made into a gift."""
    told = []
    for case in range(cases):
        inside = [f"bTin{case}x{tin}" for tin in range(tins)]
        told += [(1, "made", "lSilo", one) for one in inside]
        told.append((2, "pack", f"cCase{case}", " ".join(inside)))
        told.append((3, "pack", "cPallet", f"cCase{case}"))
    return Story(*told, (4, "made", "cPallet", "bGift"))


# start, direction, depth, items beside the tins (and the cases where they were asked for)
@pytest.mark.parametrize(
    ("start", "direction", "levels", "with_cases"),
    [
        ("cPallet", "down", 3, True),
        ("cPallet", "up", 4, True),
        ("bGift", "up", 5, True),
        ("lSilo", "down", 5, False),
        ("bTin0x0", "down", 4, None),
    ],
)
def test_statements_grow_with_depth_and_not_with_the_number_of_things(
    start, direction, levels, with_cases, django_assert_max_num_queries
):
    counts = []
    for cases, tins in ((2, 3), (20, 12)):
        story = pallet(cases, tins)
        with (
            django_assert_max_num_queries(levels * STATEMENTS_A_LEVEL),
            CaptureQueriesContext(connection) as made,
        ):
            answer = story.ask(start, direction)
        counts.append(len(made))
        reached = story.items_of(answer)
        if with_cases is not None:
            assert sum(name.startswith("bTin") for name in reached) == cases * tins
            assert sum(name.startswith("cCase") for name in reached) == (cases if with_cases else 0)
    assert counts[0] == counts[1]
