"""A later release may change the normal form: what was stored under an older one is still told apart from what is new."""

from collections.abc import Callable
from typing import Any

import pytest

from support import document, event
from zhuisu import epcis
from zhuisu.accounts.models import Organisation
from zhuisu.events import projection, proof, store

Capture = Callable[..., Any]
NAME = "urn:uuid:00000000-0000-4000-8000-000000000001"
DECLARATION = {"declarationTime": "2026-11-20T12:00:00+08:00", "reason": "incorrect_data"}


@pytest.fixture
def next_release(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From here on the normal form is another: every digest differs, and says so by its version."""
    identity, digest = epcis.identity, epcis.digest

    def turned(found: bytes) -> bytes:
        return bytes(255 - one for one in found)

    def change() -> None:
        monkeypatch.setattr(epcis, "identity", lambda one: (identity(one)[0], turned(identity(one)[1])))
        monkeypatch.setattr(epcis, "digest", lambda one: turned(digest(one)))
        for module in (projection, store, proof):
            monkeypatch.setattr(module, "DIGEST_VERSION", 2)

    return change


RICH = event(
    "TransformationEvent",
    inputQuantityList=[{"epcClass": "urn:epc:class:lgtin:9506000.013435.L1", "quantity": 1.50, "uom": "KGM"}],
    outputEPCList=["urn:epc:id:sgtin:9506000.013435.1", "https://id.gs1.org/01/09506000134352/21/2"],
    bizStep="urn:epcglobal:cbv:bizstep:commissioning",
    readPoint={"id": "urn:epc:id:sgln:9506000.00001.0"},
    destinationList=[{"type": "owning_party", "destination": "urn:epc:id:pgln:9506000.00001"}],
    ilmd={"cbvmda:lotNumber": "B7"},
    sensorElementList=[{"sensorReport": [{"type": "Temperature", "value": 4.0, "uom": "CEL"}]}],
    **{"zs:note": {"zs:deep": ["二", "一"]}},
)


def test_the_form_of_this_version_has_not_changed() -> None:
    """Red: the normal form is another one. Raise DIGEST_VERSION, then write the new digest here."""
    (one,) = epcis.read(document(RICH)).events
    assert isinstance(one, epcis.Event)
    assert (projection.DIGEST_VERSION, projection.digest_of(one).hex) == (1, "d9c809d97d41183694919fbbfbc1e5be")


def test_what_was_stored_before_is_still_a_duplicate(
    dairy: Organisation, market: Organisation, capture: Capture, next_release: Callable[[], None]
) -> None:
    one, other = event(eventID=NAME), event(eventID=NAME, disposition="active")
    capture(dairy, one)
    capture(market, other)
    next_release()
    assert capture(dairy, one).counts["duplicate"] == 1
    assert capture(dairy, other).counts["duplicate"] == 1  # what the market disputes
    assert capture(market, other).counts["duplicate"] == 1
    assert capture(dairy, event(eventID=NAME, disposition="recalled")).counts["conflict"] == 1
    assert store.rows("select version from event_seen union all select version from event_disputed") == [(1,), (1,)]
    assert [found for found in proof.audit() if not isinstance(found, int)] == []


@pytest.mark.parametrize("declaration_first", [False, True])
def test_declarations_meet_their_events_across_versions(
    dairy: Organisation, capture: Capture, next_release: Callable[[], None], declaration_first: bool
) -> None:
    both = [event(eventID=NAME), event(eventID=NAME, errorDeclaration=DECLARATION)]
    first, second = reversed(both) if declaration_first else both
    assert capture(dairy, first).counts["accepted"] == 1
    next_release()
    assert capture(dairy, second).counts["accepted"] == 1
    assert store.rows("select count(*) from void") == [(1,)]
    assert store.rows("select version from event_seen order by 1") == [(1,), (2,)]
    assert [found for found in proof.audit() if not isinstance(found, int)] == []


def test_a_declaration_of_other_content_is_a_conflict_across_versions(
    dairy: Organisation, capture: Capture, next_release: Callable[[], None]
) -> None:
    capture(dairy, event(eventID=NAME))
    next_release()
    wrong = event(eventID=NAME, disposition="active", errorDeclaration=DECLARATION)
    assert capture(dairy, wrong).counts["conflict"] == 1


def test_an_older_digest_is_guarded_by_its_leaf(
    dairy: Organisation, capture: Capture, next_release: Callable[[], None]
) -> None:
    capture(dairy, event(eventID=NAME))
    store.rows("alter table event_seen disable trigger append_only")
    store.rows("update event_seen set digest = '00000000-0000-4000-8000-000000000000'")
    next_release()
    (found,) = (one for one in proof.audit() if not isinstance(one, int))
    assert found.message == "the record does not hash to its leaf"
