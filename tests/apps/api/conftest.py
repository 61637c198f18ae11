"""What tests of /codes start from: a dairy that may issue codes for its milk, and a stranger who may issue others; and
what tests of all addresses under /epcis start from: an owner of one thing of each kind, and others."""

from urllib.parse import unquote

import pytest
from django.test import Client
from django.utils import timezone

from addresses import MAKE, STATE, STEP
from coding import GTIN, key_of, licensed
from zhuisu.accounts import services
from zhuisu.accounts.models import Organisation
from zhuisu.conformance.data import document, link, master_data
from zhuisu.events.sequencer import publish
from zhuisu.registry.models import Product


@pytest.fixture
def milk(dairy: Organisation) -> Product:
    return Product.objects.create(code=GTIN, name="纯牛奶", name_en="Milk", category="food", holder=licensed(dairy))


@pytest.fixture
def key(dairy: Organisation, milk: Product) -> dict[str, str]:
    return key_of(dairy)


@pytest.fixture
def stranger(market: Organisation) -> dict[str, str]:
    licensed(market)
    return key_of(market)


@pytest.fixture
def tenants(db, settings):
    settings.OUTBOUND_ALLOWED = ()
    made = []
    for name, party in (
        ("owner", "uri:urn:example:owner"),
        ("other", "uri:urn:example:other"),
        ("fresh", "uri:urn:example:fresh"),
    ):
        organisation = services.create_organisation(
            kind="enterprise", name=name, party=party, by="system", at=timezone.now(), region="350212"
        )
        _, text = services.issue_key(organisation=organisation, label="ERP", by="system", at=timezone.now())
        made.append(Client(headers={"Authorization": f"Bearer {text}"}))
    return made


@pytest.fixture
def owned(tenants, monkeypatch) -> dict[str, str]:
    """What the owner has: a value for every name of a path's value."""
    owner = tenants[0]
    place, point = MAKE.place(), MAKE.place()
    events = [MAKE.at(place, readPoint={"id": point}, bizStep=STEP, disposition=STATE) for _ in range(2)]
    body = document(*events, header=master_data(place, city="Xiamen"))
    captured = owner.post("/epcis/capture", body, content_type="application/json")
    assert captured.status_code == 202, captured.content
    publish(timezone.now())
    query = {"name": "mine", "query": {"eventType": ["ObjectEvent"]}}
    assert owner.post("/epcis/queries", query, content_type="application/json").status_code == 201
    monkeypatch.setattr("zhuisu.subscriptions.services.outside.checked", lambda *_, **__: None)
    wish = {"dest": "https://example.org/hook", "stream": True}
    made = owner.post("/epcis/queries/mine/subscriptions", wish, content_type="application/json")
    assert made.status_code == 201, made.content
    page = owner.get("/epcis/events?perPage=1")
    return {
        "captureID": captured.headers["Location"].rpartition("/")[2],
        "eventID": events[0]["eventID"],
        "epc": link(events[0]["epcList"][0]),
        "bizStep": STEP,
        "disposition": STATE,
        "bizLocation": place,
        "readPoint": point,
        "queryName": "mine",
        "subscriptionID": made.json()["subscriptionID"],
        "token": unquote(page.headers["Link"].partition("nextPageToken=")[2].partition(">")[0]),
        "vocabulary": f"BusinessLocation/{place}",
    }
