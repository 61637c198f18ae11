"""What the collections list is what a plain SELECT DISTINCT over the caller's events gives, whoever asks, whatever is registered later."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support import AT, document, event
from zhuisu import codes
from zhuisu.accounts.models import Organisation
from zhuisu.events import usage
from zhuisu.events.queries import ANY_ROLES
from zhuisu.events.scope import Scope, few_events, scope_of
from zhuisu.events.sequencer import publish
from zhuisu.events.services import receive
from zhuisu.events.store import rows
from zhuisu.events.usage import Field
from zhuisu.registry.models import Party, PartyAlias, Place

TIN = "urn:epc:id:sgtin:9506000.013435.%d"
PGLN = ["urn:epc:id:pgln:9506000.00001", "urn:epc:id:pgln:9506000.00003"]
SGLN = [f"urn:epc:id:sgln:9506000.0000{number}.0" for number in (2, 4, 5)]
STEPS = ["shipping", "receiving", "urn:x:step:Ähre", "urn:x:step:ähre"]
COLUMNS = {
    Field.STEP: "e.step",
    Field.DISPOSITION: "e.disposition",
    Field.READ_POINT: "(select canonical from item where id = e.read_point)",
    Field.BIZ_LOCATION: "(select canonical from item where id = e.biz_location)",
}


def _sent(number: int, draw: Any) -> dict[str, Any]:
    place = st.sampled_from([None, *SGLN])
    read, location = draw(place), draw(place)
    buyer = draw(st.sampled_from([None, *PGLN]))
    return event(
        eventID=f"urn:x:{number}",
        epcList=[TIN % one for one in draw(st.lists(st.integers(0, 8), min_size=1, max_size=3, unique=True))],
        bizStep=draw(st.sampled_from([None, *STEPS])),
        disposition=draw(st.sampled_from([None, "active", "in_transit"])),
        readPoint={"id": read} if read else None,
        bizLocation={"id": location} if location else None,
        destinationList=[{"type": "owning_party", "destination": buyer}] if buyer else None,
    )


def _plain(scope: Scope, column: str) -> list[str]:
    condition, parameters = scope.condition("e")
    sql = f"select distinct {column} from event e join log_entry l on l.event = e.id where {condition}"
    return sorted(value for (value,) in rows(sql, parameters) if value is not None)


def _plain_epcs(scope: Scope) -> list[int]:
    condition, parameters = scope.condition("e")
    found = rows(
        f"""select distinct i.id from event e join log_entry l on l.event = e.id join part p on p.event = e.id
            join item i on i.id = p.item where p.role = any(%s) and i.level not in (2, 3, 8) and {condition}""",
        [[int(role) for role in ANY_ROLES], *parameters],
    )
    return sorted(number for (number,) in found)


def _by_pages(scope: Scope, field: Field, size: int) -> list[str]:
    found: list[str] = []
    while page := usage.used(scope, field, after=found[-1] if found else "", limit=size):
        found += [one.value for one in page]
    return found


def _epcs_by_pages(scope: Scope, size: int) -> list[int]:
    found: list[int] = []
    after: int | None = 0
    while after is not None:
        page = usage.epcs(scope, after=after, limit=size)
        assert len(page.found) <= size
        found += [number for number, _, _ in page.found]
        after = page.next
    return found


def _organisations() -> list[Organisation]:
    made = []
    for kind, name, region in (
        ("enterprise", "甲", "350212"),
        ("enterprise", "乙", "350602"),
        ("enterprise", "丙", "110101"),
        ("regulator", "厦门", "3502"),
        ("regulator", "漳州", "3506"),
        ("operator", "运营", "11"),
    ):
        made.append(Organisation.objects.create(kind=kind, name=name, party=f"uri:urn:x:{name}", region=region))
    return made


@pytest.mark.one_machine("its plain query joins items and events")
@pytest.mark.django_db
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), few=st.booleans())
def test_lists_are_what_a_plain_query_finds(data: st.DataObject, few: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import transaction

    monkeypatch.setattr(usage, "EXAMINED_LIMIT", 4)
    monkeypatch.setattr(usage, "FEW_LIMIT", 2_000 if few else 0)
    with transaction.atomic():
        callers = _organisations()
        for number in range(data.draw(st.integers(1, 8))):
            if number == 4:
                _register(callers)
            sender = data.draw(st.sampled_from(callers[:3]))
            sent = document(_sent(number, data.draw))
            # The second, if another, is a witness.
            for one in {sender.pk, data.draw(st.sampled_from(callers[:3])).pk}:
                receive(sent, media_type=None, organisation=one, by="system:test", at=AT)
            if data.draw(st.booleans()):
                publish(AT)
        _same_as_plain(callers)
        if number < 4:
            _register(callers)
            _same_as_plain(callers)
        transaction.set_rollback(True)


def _register(callers: list[Organisation]) -> None:
    """A counterparty's other code and a place, after events named them."""
    party = Party.objects.create(code=callers[2].party, name="丙")
    PartyAlias.objects.create(code="gs1.pgln:417/9506000000015", party=party)
    Place.objects.create(code=codes.parse_epc(SGLN[0]).canonical, name="漳州冷库", region="350602")


def _same_as_plain(callers: list[Organisation]) -> None:
    for caller in callers:
        scope = scope_of(caller)
        for field, column in COLUMNS.items():
            plain = _plain(scope, column)
            assert _by_pages(scope, field, 2) == plain
            for value in _plain(Scope("all"), column):
                assert usage.is_used(scope, field, value) == (value in plain)
        things = _plain_epcs(scope)
        assert _epcs_by_pages(scope, 3) == things
        for number, canonical in rows("select id, canonical from item"):
            assert usage.has_epc(scope, codes.from_canonical(canonical)) == (number in things)


def test_a_step_longer_than_an_index_entry_does_not_stop_the_log(dairy: Organisation, capture: Any) -> None:
    step = "urn:x:" + "步" * 1_900
    capture(dairy, event(bizStep=step))
    assert [one.value for one in usage.used(scope_of(dairy), Field.STEP, limit=9)] == [step]


def test_the_sample_shows_how_the_caller_saw_it_written(
    dairy: Organisation, market: Organisation, capture: Any
) -> None:
    link = "https://id.gs1.org/414/9506000000022"
    capture(dairy, event(readPoint={"id": SGLN[0]}))
    capture(market, event(eventID="urn:x:2", epcList=[TIN % 2], readPoint={"id": link}))
    for caller, text in ((dairy, SGLN[0]), (market, link)):
        (one,) = usage.used(scope_of(caller), Field.READ_POINT, limit=9)
        assert usage.places_as_sent([one.event]) == {"gs1.sgln:414/9506000000022": text}
        ((_, canonical, sample),) = usage.epcs(scope_of(caller), limit=9).found
        assert canonical in usage.epcs_as_sent([sample])


def test_few_events_are_all_or_none(dairy: Organisation, market: Organisation) -> None:
    """Those not yet published count: read up to a limit, they would stand in the place of some that are."""
    for number in range(5):
        receive(document(event(eventID=f"urn:x:{number}")), media_type=None, organisation=dairy.pk, by="x", at=AT)
        if number == 2:
            publish(AT)
    assert few_events(scope_of(dairy), 4) is None
    assert len(few_events(scope_of(dairy), 5) or []) == 3
    assert few_events(scope_of(market), 4) == []
    assert few_events(Scope("all"), 9) is None
