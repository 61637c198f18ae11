"""What a stranger may see: each rule against a plain statement of it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhuisu.events.queries import Happening
from zhuisu.events.vocabulary import Action, Kind, PartyRole, Role
from zhuisu.portal.public import LEAST_TOGETHER, Register, makers_steps, making, single_steps, spread
from zhuisu.registry.models import Mandate, Party, Place

NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
DAIRY, SHOP, CARRIER = (Party(pk=n, code=f"cn.uscc:{n}", name=f"P{n}") for n in (1, 2, 3))
PLANT = Place(pk=1, code="gs1.sgln:414/1", name="厂", region="350212", operator=DAIRY)
STORE = Place(pk=2, code="gs1.sgln:414/2", name="店", region="350206", operator=SHOP)
YARD = Place(pk=4, code="gs1.sgln:414/4", name="场", region="350206", operator=CARRIER)
OPEN = Place(pk=3, code="gs1.sgln:414/3", name="路", region="350206")
REGISTER = Register(
    {each.code: each for each in (DAIRY, SHOP, CARRIER)},
    {each.code: each for each in (PLANT, STORE, YARD, OPEN)},
    {11: DAIRY.code, 12: SHOP.code},
)


def happening(event: int, **fields: object) -> Happening:
    base = Happening(
        item=1,
        event=event,
        event_id=f"urn:uuid:{event}",
        kind=Kind.OBJECT,
        action=Action.OBSERVE,
        at=NOON + timedelta(hours=event),
        zone="+08:00",
        step="storing",
        disposition=None,
        role=Role.OBSERVED,
        read_point=PLANT.code,
        biz_location=None,
        quantity=None,
        unit=None,
        voided=False,
        disputed=False,
        organisation=11,
        parties=(),
    )
    return replace(base, **fields)


def test_who_is_meant_is_named_first_then_works_there_then_sent_then_reported() -> None:
    at_shop = happening(1, read_point=STORE.code)
    assert REGISTER.meant(replace(at_shop, parties=((CARRIER.code, PartyRole.ANSWERABLE),))) == CARRIER
    assert REGISTER.meant(at_shop) == SHOP
    nowhere = happening(1, read_point=None, parties=((CARRIER.code, PartyRole.SOURCE_CUSTODIAN),))
    assert REGISTER.meant(nowhere) == CARRIER
    assert REGISTER.meant(happening(1, read_point=None)) == DAIRY
    assert REGISTER.meant(happening(1, read_point=None, organisation=99)) is None


NAMING = [
    {"parties": ((CARRIER.code, PartyRole.ANSWERABLE),)},
    {"parties": ((CARRIER.code, PartyRole.ON_BEHALF_OF),)},
    {"parties": ((CARRIER.code, PartyRole.SOURCE_CUSTODIAN),), "read_point": None},
    {"parties": ((CARRIER.code, PartyRole.SOURCE_OWNER),), "read_point": None},
    {"read_point": YARD.code},
]


@pytest.mark.parametrize("fields", NAMING)
def test_who_neither_acted_nor_agreed_is_not_shown(fields: dict[str, object]) -> None:
    """Anyone may name anyone, and anyone's place: only the reporter's own party, or who gave it a mandate of that day, is shown."""
    named = happening(1, **fields)
    assert (REGISTER.meant(named), REGISTER.party(named)) == (CARRIER, DAIRY)
    assert replace(REGISTER, mandates=[mandate()]).party(named) == CARRIER
    assert replace(REGISTER, mandates=[mandate(holder=SHOP)]).party(named) == DAIRY
    assert replace(REGISTER, mandates=[mandate(giver=SHOP)]).party(named) == DAIRY
    assert replace(REGISTER, mandates=[mandate(valid_to_on=date(2026, 11, 19))]).party(named) == DAIRY
    late = replace(named, at=datetime(2026, 11, 20, 16, tzinfo=UTC))  # the 21st where it happened
    assert replace(REGISTER, mandates=[mandate(valid_from_on=date(2026, 11, 21))]).party(late) == CARRIER
    assert replace(REGISTER, mandates=[mandate()]).party(replace(named, organisation=99)) is None


def mandate(giver: Party = CARRIER, holder: Party = DAIRY, **days: object) -> Mandate:
    return Mandate(giver=giver, holder=holder, **{"valid_from_on": date(2026, 1, 1), **days})


def test_a_buyer_is_never_taken_for_the_one_who_answers() -> None:
    shipped = happening(1, read_point=None, organisation=99, parties=((SHOP.code, PartyRole.DESTINATION_OWNER),))
    assert REGISTER.party(shipped) is None


def test_a_party_that_is_not_in_the_register_is_nobody() -> None:
    private = happening(1, read_point=None, organisation=99, parties=(("uri:tel:13800000000", PartyRole.ANSWERABLE),))
    assert REGISTER.party(private) is None


def test_of_a_lot_only_what_its_maker_did_at_home_is_seen() -> None:
    made = happening(1, role=Role.OUTPUT)
    kept = happening(2)
    sold_by_maker_at_the_shop = happening(3, read_point=STORE.code)
    received_by_shop = happening(4, read_point=STORE.code, organisation=12)
    said_by_the_shop_about_the_plant = happening(5, organisation=12)
    carried = happening(6, read_point=OPEN.code, parties=((CARRIER.code, PartyRole.ANSWERABLE),))
    everything = [made, kept, sold_by_maker_at_the_shop, received_by_shop, said_by_the_shop_about_the_plant, carried]
    assert makers_steps(everything, REGISTER) == [made, kept]


def test_a_lot_begins_where_it_was_made_even_if_it_was_seen_before() -> None:
    seen, made = happening(1), happening(2, role=Role.OUTPUT)
    assert making([seen, made]) == made
    assert making([seen]) == seen
    assert making([replace(made, voided=True), seen]) == seen
    assert making([replace(made, voided=True)]).voided
    assert making([]) is None


def test_a_container_is_followed_only_while_it_held_the_thing() -> None:
    own = [happening(1)]
    box = [happening(n, item=7) for n in (2, 3, 4, 5)]
    spans = {7: [(NOON + timedelta(hours=3), NOON + timedelta(hours=4))]}
    assert [each.event for each in single_steps(own, box, spans)] == [1, 3, 4]
    assert [each.event for each in single_steps(own, box, {7: [(None, NOON + timedelta(hours=2))]})] == [1, 2]
    assert [each.event for each in single_steps(own, box, {})] == [1]


def test_an_event_that_names_thing_and_container_is_one_step() -> None:
    assert len(single_steps([happening(1)], [happening(1, item=7)], {7: [(None, None)]})) == 1


CITIES = st.sampled_from(["350203", "350206", "350502", "350603", ""])
VISITS = st.lists(st.tuples(st.integers(1, 14), CITIES), max_size=40)


@given(VISITS)
def test_counts_never_speak_of_fewer_than_five_together(visits: list[tuple[int, str]]) -> None:
    places = [
        Place(pk=number, region=region, operator_id=party) for number, (party, region) in enumerate(visits, start=1)
    ]
    found = spread(places, Party(pk=1))
    by_city: dict[str, set[int]] = {}
    for party, region in visits:
        if party != 1:
            by_city.setdefault(region[:4], set()).add(party)
    large = {city: len(who) for city, who in by_city.items() if city and len(who) >= 5}
    small = set().union(*(who for city, who in by_city.items() if city not in large))
    assert {each.city: each.businesses for each in found.cities} == large
    assert found.others == (len(small) if len(small) >= 5 else 0)
    assert found.few == (0 < len(small) < 5)
    assert found.nothing == (not by_city)
    assert LEAST_TOGETHER == 5


def test_places_of_unknown_operators_count_one_each() -> None:
    places = [Place(pk=n, region="350203") for n in range(5)]
    assert spread(places, None).cities[0].businesses == 5
    assert spread(places[:4], None).few
