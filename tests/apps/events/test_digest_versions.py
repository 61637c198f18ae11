"""A later release may change the normal form: what was stored under an older one is still told apart from what is new."""

import json
import uuid
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest

from support import AT, document, event
from zhuisu import epcis
from zhuisu.accounts.models import Organisation
from zhuisu.events import merkle, projection, proof, store
from zhuisu.events.bodies import unpacked
from zhuisu.events.services import receive

Capture = Callable[..., Any]
NAME = "urn:uuid:00000000-0000-4000-8000-000000000001"
DECLARATION = {"declarationTime": "2026-11-20T12:00:00+08:00", "reason": "incorrect_data"}


@pytest.fixture
def next_release(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From here on the normal form is another: every digest differs, and says so by its version."""
    digest = epcis.digest

    def change() -> None:
        monkeypatch.setattr(epcis, "digest", lambda one: bytes(255 - octet for octet in digest(one)))
        for module in (projection, store):
            monkeypatch.setattr(module, "DIGEST_VERSION", 2)

    return change


@pytest.fixture(params=["bytes", "form"])
def stored_as(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """What was stored so far has digests of its bytes, or, as an earlier release made them, of the normal form."""
    if request.param == "form":
        made = projection.digest_of
        monkeypatch.setattr(projection, "digest_of", lambda one, _version=None: made(one))
    return str(request.param)


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
    assert projection.digest_of(one) == ("d9c809d97d41183694919fbbfbc1e5be", 1)


def test_what_was_stored_before_is_still_a_duplicate(
    dairy: Organisation, market: Organisation, capture: Capture, stored_as: str, next_release: Callable[[], None]
) -> None:
    one, other = event(eventID=NAME), event(eventID=NAME, disposition="active")
    capture(dairy, one)
    capture(market, other)
    next_release()
    assert capture(dairy, one).counts["duplicate"] == 1
    assert capture(dairy, other).counts["duplicate"] == 1  # what the market disputes
    assert capture(market, other).counts["duplicate"] == 1
    assert capture(dairy, event(eventID=NAME, disposition="recalled")).counts["conflict"] == 1
    held = store.rows("select version from event_seen union all select version from event_disputed")
    assert held == [(0 if stored_as == "bytes" else 1,)] * 2
    assert [found for found in proof.audit() if not isinstance(found, int)] == []


@pytest.mark.parametrize("declaration_first", [False, True])
def test_declarations_meet_their_events_across_versions(
    dairy: Organisation, capture: Capture, stored_as: str, next_release: Callable[[], None], declaration_first: bool
) -> None:
    both = [event(eventID=NAME), event(eventID=NAME, errorDeclaration=DECLARATION)]
    first, second = reversed(both) if declaration_first else both
    assert capture(dairy, first).counts["accepted"] == 1
    next_release()
    assert capture(dairy, second).counts["accepted"] == 1
    assert store.rows("select count(*) from void") == [(1,)]
    versions = [(0,), (1 if declaration_first else 2,)] if stored_as == "bytes" else [(1,), (2,)]
    assert store.rows("select version from event_seen order by 1") == versions
    assert [found for found in proof.audit() if not isinstance(found, int)] == []


def test_a_declaration_of_other_content_is_a_conflict_across_versions(
    dairy: Organisation, capture: Capture, stored_as: str, next_release: Callable[[], None]
) -> None:
    capture(dairy, event(eventID=NAME))
    next_release()
    wrong = event(eventID=NAME, disposition="active", errorDeclaration=DECLARATION)
    assert capture(dairy, wrong).counts["conflict"] == 1


def test_an_older_digest_is_guarded_by_its_leaf(
    dairy: Organisation, capture: Capture, stored_as: str, next_release: Callable[[], None]
) -> None:
    capture(dairy, event(eventID=NAME))
    store.rows("alter table event_seen disable trigger append_only")
    store.rows("update event_seen set digest = '00000000-0000-4000-8000-000000000000'")
    next_release()
    (found,) = (one for one in proof.audit() if not isinstance(one, int))
    assert found.message == "the record does not hash to its leaf"


def _turned(one: dict[str, Any]) -> dict[str, Any]:
    """The same event in other bytes."""
    return dict(reversed(one.items()))


def test_other_bytes_that_say_the_same_are_a_duplicate(
    dairy: Organisation, market: Organisation, capture: Capture, stored_as: str
) -> None:
    one, other = event(eventID=NAME), event(eventID=NAME, disposition="active")
    assert capture(dairy, one, _turned(one)).counts == {"accepted": 1, "duplicate": 1, "conflict": 0, "refused": 0}
    for owner in (dairy, market):
        assert capture(owner, _turned(one)).counts["duplicate"] == 1
    assert capture(market, other).counts["accepted"] == 1  # it disputes what the dairy said
    for each in (other, _turned(other)):
        assert capture(market, each).counts["duplicate"] == 1
        assert capture(dairy, each).counts["duplicate"] == 1
    assert capture(dairy, _turned(event(eventID=NAME, disposition="recalled"))).counts["conflict"] == 1
    assert [found for found in proof.audit() if not isinstance(found, int)] == []


def test_the_same_bytes_under_other_prefixes_are_something_else(dairy: Organisation) -> None:
    sent = document(event(eventID=NAME, **{"x:note": "1"}))
    for namespace, verdict in (("one", "accepted"), ("two", "conflict"), ("one", "duplicate")):
        whole = json.loads(sent)
        whole["@context"] = [*whole["@context"], {"x": f"urn:x:{namespace}:"}]
        said = receive(
            json.dumps(whole).encode(), media_type=None, organisation=dairy.pk, by="x", at=AT, behaviour="proceed"
        )
        assert said.counts[verdict] == 1


def test_a_changed_digest_is_found_though_its_leaf_fits(dairy: Organisation, capture: Capture, stored_as: str) -> None:
    """The leaf covers the digest; that the digest is that of the bytes, only making it again shows."""
    capture(dairy, event(eventID=NAME))
    (row,) = proof._batch(0)
    digest = uuid.UUID(int=7)
    record = projection.leaf_record(
        row[6], projection.Digest(digest.hex, row[11]), row[3], row[4], row[5], sha256(unpacked(row[9])).digest()
    )
    changed = (*row[:2], merkle.leaf_hash(record), *row[3:10], digest, *row[11:])
    assert "the event's row is not what its bytes say" in list(
        proof._event_findings(changed, proof._held([row[1]])[row[1]])
    )
