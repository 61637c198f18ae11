"""POST /epcis/capture under load: what is judged at once, what is journalled, what is asked to come again, and what the sender prefers."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from support import AT, document, event
from zhuisu.accounts import services
from zhuisu.accounts.models import Organisation
from zhuisu.api.epcis import admission, capture
from zhuisu.api.epcis.admission import Door, Load, Preference
from zhuisu.events.backlog import Pace
from zhuisu.events.projecting import Projector


@pytest.fixture(autouse=True)
def door(monkeypatch: pytest.MonkeyPatch) -> Door:
    """A door of the test's own, that looks at the queue each time."""
    monkeypatch.setattr(admission, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(capture, "door", Door())
    return capture.door


def sender(organisation: Organisation) -> Client:
    _, text = services.issue_key(organisation=organisation, label="ERP", by="system", at=AT)
    return Client(headers={"Authorization": f"Bearer {text}"})


@pytest.fixture
def client(farm: Organisation) -> Client:
    return sender(farm)


def body(number: int = 1, **fields: Any) -> bytes:
    return document(event(epcList=[f"urn:epc:id:sgtin:9506000.013435.{number}"], **fields))


def post(client: Client, sent: bytes, **headers: str) -> Any:
    return client.post("/epcis/capture", sent, content_type="application/json", headers=headers)


def is_running(client: Client, answer: Any) -> bool:
    assert answer.status_code == 202, answer.content
    return bool(client.get(answer["Location"]).json()["running"])


def test_a_small_document_is_judged_at_once_where_there_is_room(client: Client) -> None:
    answer = post(client, body())
    assert not is_running(client, answer)
    assert "Preference-Applied" not in answer
    assert post(client, body(action="DANCE")).status_code == 400


def test_who_prefers_not_to_wait_is_told_at_once_and_judged_later(client: Client) -> None:
    answer = post(client, body(), Prefer="respond-async")
    assert answer["Preference-Applied"] == "respond-async"
    assert is_running(client, answer)
    wrong = post(client, body(2, action="DANCE"), Prefer="respond-async")
    assert Projector().step(timezone.now()) == 2
    told = client.get(answer["Location"]).json()
    assert (told["running"], told["success"], told["counts"]["accepted"]) == (False, True, 1)
    told = client.get(wrong["Location"]).json()
    assert (told["success"], told["counts"]["refused"], told["errors"][0]["index"]) == (False, 1, 0)
    assert post(client, b'{"type": "EPCISDocument"}', Prefer="respond-async").status_code == 400


def test_while_others_are_judged_a_document_is_journalled_unless_its_sender_waits(client: Client, door: Door) -> None:
    for _ in range(admission.INLINE_PLACES_LIMIT):
        assert door.places.acquire(blocking=False)
    assert is_running(client, post(client, body()))
    release = threading.Timer(0.2, door.places.release)
    release.start()
    answer = post(client, body(2), Prefer="respond-async, wait=10")
    release.join()
    assert not is_running(client, answer)
    assert answer["Preference-Applied"] == "wait=10"


def test_a_long_queue_is_not_overtaken(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "SHORT_DOCUMENTS_LIMIT", 1)
    for number in range(2):
        post(client, body(number), Prefer="respond-async")
    assert is_running(client, post(client, body(3)))
    Projector().step(timezone.now())
    assert not is_running(client, post(client, body(4)))


def test_too_much_waits_and_later_there_is_room(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "WAITING_DOCUMENTS_LIMIT", 8)
    monkeypatch.setattr(admission, "OWN_SHARE", 1)
    for number in range(8):
        assert is_running(client, post(client, body(number), Prefer="respond-async"))
    answer = post(client, body(9))
    assert answer.status_code == 503
    assert answer["Content-Type"] == "application/problem+json"
    assert int(answer["Retry-After"]) == admission.RETRY_UNKNOWN_SECONDS
    assert answer["Retry-After"] in answer.json()["detail"]
    assert answer.json()["detail_zh"]
    assert Projector().step(timezone.now()) == 8
    assert post(client, body(9)).status_code == 202


def test_one_organisation_fills_its_share_alone(
    client: Client, dairy: Organisation, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WAITING_BYTES = admission.OWN_SHARE * len(body()) * 2
    for number in (1, 2):
        assert is_running(client, post(client, body(number), Prefer="respond-async"))
    answer = post(client, body(3))
    assert (answer.status_code, answer.json()["title"]) == (429, "Too many requests")
    assert int(answer["Retry-After"]) >= 1
    assert post(sender(dairy), body(4)).status_code == 202
    Projector().step(timezone.now())
    assert post(client, body(3)).status_code == 202


def test_retry_after_follows_the_measured_rate() -> None:
    full = Load(1_000, 0, 1_000, 10_000)
    assert full.is_full(1)
    assert full.seconds(1, Pace(documents=10)) == 10  # a hundred must go first
    assert full.seconds(1, Pace(documents=1_000)) == admission.RETRY_LEAST_SECONDS
    assert full.seconds(1, Pace(documents=0.001)) == admission.RETRY_MOST_SECONDS
    octets = Load(2, 10_000, 1_000, 10_000)
    assert octets.is_full(1)
    assert octets.seconds(1_000, Pace(octets=100)) == 20
    assert not Load(0, 0, 10, 10).is_full(1_000)  # a single one that is larger than the limit


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("", Preference()),
        ("respond-async", Preference(True)),
        ("Respond-Async, WAIT=5", Preference(True, 5)),
        ('wait="7"; x=1, wait=9', Preference(wait=7)),
        ("wait=-1, wait=x, =, ;;,, handling=lenient", Preference()),
        ("wait=99999999999999", Preference()),
        ("return=minimal;respond-async", Preference()),
    ],
)
def test_what_a_sender_prefers(rf: Any, said: str, meant: Preference) -> None:
    assert admission.preference_of(rf.post("/", headers={"Prefer": said})) == meant


def test_the_rate_is_asked_of_the_store(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "WAITING_DOCUMENTS_LIMIT", 10)
    monkeypatch.setattr(admission, "OWN_SHARE", 1)
    post(client, body(100), Prefer="respond-async")
    Projector().step(timezone.now() - timedelta(seconds=20))  # one document in twenty seconds
    for number in range(10):
        post(client, body(number), Prefer="respond-async")
    assert int(post(client, body(11))["Retry-After"]) in range(19, 25)
