"""A re-used code: where one load ends and the next begins, against a plain oracle."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from zhuisu.events.queries import Happening
from zhuisu.events.vocabulary import Action, Kind, Role
from zhuisu.portal.loads import load_of, loads_of

BOX, ELSEWHERE = 0, 99
START = datetime(2026, 11, 20, tzinfo=UTC)

Told = tuple[str, frozenset[int]]  # what the box did, and to which children


def happening(item: int, number: int, role: Role, quantity: int | None = None, voided: bool = False) -> Happening:
    """Event `number`, in its hour, from the side of an item."""
    return Happening(
        item=item, event=number, event_id=str(number), kind=Kind.OBJECT, action=Action.ADD,
        at=START + timedelta(hours=number), zone="+08:00", step=None, disposition=None, role=role, read_point=None,
        biz_location=None, quantity=None if quantity is None else Decimal(quantity), unit=None, voided=voided,
        disputed=False, organisation=1, parties=(),
    )  # fmt: skip


BOX_ROLES = {
    "pack": Role.PACK_PARENT,
    "unpack": Role.UNPACK_PARENT,
    "look": Role.OBSERVED,
    "end": Role.DECOMMISSIONED,
    "begin": Role.COMMISSIONED,
}
CHILD_ROLES = {
    "pack": Role.PACKED,
    "unpack": Role.UNPACKED,
    "elsewhere": Role.PACKED,
    "child-end": Role.DECOMMISSIONED,
}


def told(story: Sequence[Told]) -> tuple[list[Happening], list[Happening]]:
    """The story as the core would tell it: the box's history, and that of its contents."""
    own = [happening(BOX, n, BOX_ROLES[what]) for n, (what, _) in enumerate(story) if what in BOX_ROLES]
    contents = [
        happening(child, n, CHILD_ROLES[what])
        for n, (what, children) in enumerate(story)
        if what in CHILD_ROLES
        for child in sorted(children)
    ]
    return own, contents


def oracle(story: Sequence[Told]) -> list[int]:
    """Where loads after the first begin: each time, look back at everything that was told and ask what is still inside."""
    starts: list[int] = []
    for n, (what, _) in enumerate(story):
        since = starts[-1] if starts else 0
        before = story[since:n]
        again = what == "begin" and any(word == "end" for word, _ in before)
        refilled = what == "pack" and any(word == "pack" for word, _ in before)
        if again or (refilled and not any(inside(child, before) for child in range(1, 5))):
            starts.append(n)
    return starts


def inside(child: int, before: Sequence[Told]) -> bool:
    for what, children in reversed(before):
        if what == "end" or (what == "unpack" and not children):
            return False
        if what in CHILD_ROLES and child in children:
            return what == "pack"
    return False


children = st.frozensets(st.integers(1, 4), max_size=3)
some = children.filter(bool)
stories = st.lists(
    st.one_of(
        st.tuples(st.just("pack"), some),
        st.tuples(st.just("unpack"), children),
        st.tuples(st.sampled_from(["elsewhere", "child-end"]), some),
        st.tuples(st.sampled_from(["look", "end", "begin"]), st.just(frozenset[int]())),
    ),
    min_size=1,
    max_size=14,
)


@given(stories)
def test_a_new_load_begins_where_the_box_is_empty(story: list[Told]) -> None:
    own, contents = told(story)
    loads = loads_of(own, contents)
    assert [START + timedelta(hours=n) for n in oracle(story)] == [load.since for load in loads[1:]]
    assert [load.number for load in loads] == list(range(1, len(loads) + 1))


@given(stories)
def test_every_happening_belongs_to_exactly_one_load(story: list[Told]) -> None:
    own, contents = told(story)
    loads = loads_of(own, contents)
    assert sorted(event for load in loads for event in load.events) == [each.event for each in own]
    for each in own:
        assert [load for load in loads if each.event in load.events] == [load_of(each, loads)]
        assert load_of(each, loads).holds(each.at)
    for lorry in (happening(ELSEWHERE, n, Role.OBSERVED) for n in range(len(story))):
        assert sum(load.holds(lorry.at) for load in loads) == 1
        assert load_of(lorry, loads).holds(lorry.at)


def of(*parts: Happening) -> int:
    own = [each for each in parts if each.item == BOX]
    return len(loads_of(own, [each for each in parts if each.item != BOX]))


def test_a_lot_is_out_when_all_that_went_in_is_out() -> None:
    first = [
        happening(BOX, 1, Role.PACK_PARENT), happening(7, 1, Role.PACKED, 10),
        happening(BOX, 2, Role.UNPACK_PARENT), happening(7, 2, Role.UNPACKED, 4),
    ]  # fmt: skip
    rest = [happening(BOX, 3, Role.UNPACK_PARENT), happening(7, 3, Role.UNPACKED, 6)]
    again = [happening(BOX, 4, Role.PACK_PARENT), happening(7, 4, Role.PACKED, 5)]
    assert of(*first, *again) == 1
    assert of(*first, *rest, *again) == 2
    # Packing a lot elsewhere ends nothing: it lies in many places.
    assert of(*first, happening(7, 3, Role.PACKED, 6), *again) == 1


def test_of_an_unknown_amount_something_is_left() -> None:
    first = [
        happening(BOX, 1, Role.PACK_PARENT), happening(7, 1, Role.PACKED),
        happening(BOX, 2, Role.UNPACK_PARENT), happening(7, 2, Role.UNPACKED, 4),
    ]  # fmt: skip
    again = [happening(BOX, 4, Role.PACK_PARENT), happening(7, 4, Role.PACKED, 5)]
    assert of(*first, *again) == 1
    assert of(*first, happening(BOX, 3, Role.UNPACK_PARENT), happening(7, 3, Role.UNPACKED), *again) == 2


def test_what_was_declared_wrong_begins_and_ends_nothing() -> None:
    packed = [happening(BOX, 1, Role.PACK_PARENT), happening(7, 1, Role.PACKED)]
    again = [happening(BOX, 4, Role.PACK_PARENT), happening(8, 4, Role.PACKED)]
    assert of(*packed, happening(BOX, 2, Role.UNPACK_PARENT), *again) == 2
    assert of(*packed, happening(BOX, 2, Role.UNPACK_PARENT, voided=True), *again) == 1


def test_a_box_whose_contents_nobody_named_is_not_taken_to_be_empty() -> None:
    assert of(happening(BOX, 1, Role.PACK_PARENT), happening(BOX, 2, Role.PACK_PARENT)) == 1
    assert (
        of(
            happening(BOX, 1, Role.PACK_PARENT),
            happening(BOX, 2, Role.UNPACK_PARENT),
            happening(BOX, 3, Role.PACK_PARENT),
        )
        == 2
    )
