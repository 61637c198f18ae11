"""Who sees what: two enterprises, a counterparty named by its other code, authorities of three levels, the operator."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from support import AT, document, event
from zhuisu import codes
from zhuisu.accounts import services
from zhuisu.accounts.models import Organisation
from zhuisu.epcis.query import Query
from zhuisu.events import queries, usage
from zhuisu.events.scope import Scope, scope_of
from zhuisu.events.search import search
from zhuisu.events.sequencer import publish
from zhuisu.events.services import receive
from zhuisu.registry.models import Party, PartyAlias, Place

Capture = Callable[..., Any]
TIN = "urn:epc:id:sgtin:9506000.013435.%d"
PGLN, PGLN_KEY = "urn:epc:id:pgln:9506000.00001", "gs1.pgln:417/9506000000015"
SGLN, SGLN_KEY = "urn:epc:id:sgln:9506000.00002.0", "gs1.sgln:414/9506000000022"
# Whose events they are, and by what they differ.
SENT = {
    "urn:x:own": {},
    "urn:x:sold-by-uscc": {"destinationList": [{"type": "owning_party", "destination": "urn:zhuisu:cn.uscc:%s"}]},
    "urn:x:sold-by-pgln": {"destinationList": [{"type": "owning_party", "destination": PGLN}]},
    "urn:x:at-a-place-of-zhangzhou": {"bizLocation": {"id": SGLN}},
}
SEES = {
    "dairy": set(SENT),
    "market": {"urn:x:sold-by-uscc", "urn:x:sold-by-pgln"},
    "stranger": set(),
    "county": set(SENT),
    "city": set(SENT),
    "other county": set(),
    "other city": {"urn:x:at-a-place-of-zhangzhou"},
    "province": set(SENT),
    "other province": set(),
    "operator": set(SENT),
}


@pytest.fixture
def callers(dairy: Organisation, market: Organisation) -> dict[str, Organisation]:
    party = Party.objects.create(code=market.party, name=market.name)
    PartyAlias.objects.create(code=PGLN_KEY, party=party)
    Place.objects.create(code=SGLN_KEY, name="漳州冷库", region="350602")
    found = {"dairy": dairy, "market": market}
    regions = {
        "county": "350212",
        "city": "3502",
        "other county": "350213",
        "other city": "3506",
        "province": "35",
        "other province": "36",
    }
    for name, region in regions.items():
        found[name] = Organisation.objects.create(
            kind="regulator", name=name, party=f"uri:urn:x:{region}", region=region
        )
    for name, kind in (("operator", "operator"), ("stranger", "enterprise")):
        found[name] = Organisation.objects.create(kind=kind, name=name, party=f"uri:urn:x:{name}", region="1101")
    for number, (name, more) in enumerate(SENT.items()):
        told = document(event(eventID=name, epcList=[TIN % number], **more)).replace(b"%s", b"91350206MA31QWE52L")
        receive(told, media_type=None, organisation=dairy.pk, by="system:test", at=AT)
    publish(AT)
    return found


def test_who_sent_it_too_sees_it(callers: dict[str, Organisation]) -> None:
    """An event that was here already is no less the sender's own, nor less of his region."""
    told = document(event(eventID="urn:x:own", epcList=[TIN % 0]))
    stranger, abroad = callers["stranger"], Organisation.objects.create(kind="regulator", name="京", region="11")
    assert receive(told, media_type=None, organisation=stranger.pk, by="system:test", at=AT).counts["duplicate"] == 1
    publish(AT)
    for caller in (stranger, abroad):
        scope = scope_of(caller)
        assert [one.event_id for one in search(scope, Query(), limit=99).events] == ["urn:x:own"]
        assert queries.event_by_id(scope, "urn:x:own")
        assert [one.value for one in usage.used(scope, usage.Field.STEP, limit=9)] == ["commissioning"]
        assert len(usage.epcs(scope, limit=9).found) == 1


@pytest.mark.parametrize("name", SEES)
def test_every_query_shows_the_same_and_no_more(callers: dict[str, Organisation], name: str) -> None:
    scope = scope_of(callers[name])
    assert {one.event_id for one in search(scope, Query(), limit=99).events} == SEES[name]
    assert {one for one in SENT if queries.event_by_id(scope, one)} == SEES[name]
    tins = [queries.item_by_code(codes.parse(TIN % number)) for number in range(len(SENT))]
    assert {one.event_id for one in queries.history(scope, [tin.id for tin in tins if tin])} == SEES[name]
    documents = len(SENT) if name in ("dairy", "county", "city", "province", "operator") else 0
    jobs = queries.capture_jobs(scope)
    assert len(jobs) == documents
    for job in queries.capture_jobs(Scope("all")):
        assert (queries.capture_job(scope, job.token) is not None) == (documents > 0)


@pytest.mark.parametrize("name", SEES)
def test_every_address_shows_the_same_and_no_more(callers: dict[str, Organisation], name: str) -> None:
    _, key = services.issue_key(organisation=callers[name], label="ERP", by="system:test", at=AT)
    ask = lambda path: Client().get(path, headers={"X-API-Key": key})  # noqa: E731
    found = ask("/epcis/events").json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    assert {one["eventID"] for one in found} == SEES[name]
    assert {one for one in SENT if ask(f"/epcis/events/{one}").status_code == 200} == SEES[name]
    for one in SENT:
        found = ask(f"/epcis/events?EQ_eventID={one}").json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
        assert len(found) == (one in SEES[name])
    jobs = [one.token for one in queries.capture_jobs(Scope("all"))]
    assert len(ask("/epcis/capture").json()) == (len(SENT) if name == "dairy" else 0)
    assert {ask(f"/epcis/capture/{token}").status_code for token in jobs} == {200 if name == "dairy" else 404}
