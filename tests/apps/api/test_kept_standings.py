"""How a code stands, told out of memory: the same answer as before, counted all the same, and gone soon after a change."""

import secrets
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection, transaction
from django.utils import timezone

from coding import key_of
from issued import BY, Issued, issued
from wsgi import Site
from zhuisu.accounts import services as accounts
from zhuisu.accounts.models import ApiKey, Organisation
from zhuisu.api import quick
from zhuisu.registry.issuing import services as issuing
from zhuisu.registry.issuing.services import Codes
from zhuisu.registry.models import Product
from zhuisu.verification.models import Looks

pytestmark = pytest.mark.django_db
RATE = {"RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "X-Request-ID"}


@pytest.fixture
def tins(dairy: Organisation) -> Issued:
    return issued(dairy)


@pytest.fixture
def site(settings: Any) -> Iterator[Site]:
    settings.ALLOWED_HOSTS = ["localhost"]
    _forget()
    yield Site()
    _forget()


def _forget() -> None:
    quick.answers.clear()
    quick._askers.clear()
    quick.watch.__init__()  # type: ignore[misc]


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let the time pass after which a process asks what changed."""

    def pass_() -> None:
        quick.watch.asked_at -= quick.LOOK_EVERY_SECONDS

    return pass_


def _bearer(organisation: Organisation) -> dict[str, str]:
    return {"HTTP_AUTHORIZATION": key_of(organisation)["Authorization"]}


def test_it_is_the_same_answer(site: Site, tins: Issued) -> None:
    who = _bearer(tins.maker)
    for path in (f"/codes/{tins.text(0)}", f"/codes/{tins.code(0).canonical}"):
        for more in ({}, {"HTTP_ACCEPT_LANGUAGE": "en"}, {"HTTP_ACCEPT": "application/json"}):
            made = site.get(path, **who, **more)
            assert made.status == "200 OK"
            before = site.made
            kept = site.get(path, **who, **more)
            plain = site.get(path, plain=True, **who, **more)
            assert site.made == before
            assert made.body == kept.body == plain.body
            assert kept.headers.keys() == plain.headers.keys()
            assert {k: v for k, v in kept.headers.items() if k not in RATE} == {
                k: v for k, v in plain.headers.items() if k not in RATE
            }
            assert kept.headers["RateLimit-Remaining"].isdigit()


def test_what_another_may_not_know_is_made_anew_each_time(site: Site, tins: Issued, market: Organisation) -> None:
    site.get(f"/codes/{tins.text(0)}", **_bearer(tins.maker))
    stranger = _bearer(market)
    for text in (tins.text(0), "2222333333333333"):
        for _ in range(2):
            before = site.made
            assert site.get(f"/codes/{text}", **stranger).status.startswith("404")
            assert site.made == before + 1
    assert site.get(f"/codes/{tins.text(0)}").status.startswith("401")


def test_a_change_is_told_when_the_process_has_looked(site: Site, tins: Issued, later: Callable[[], None]) -> None:
    who, path = _bearer(tins.maker), f"/codes/{tins.text(0)}"
    changes: list[tuple[Callable[[], object], bytes]] = [
        (lambda: issuing.use(Codes((tins.text(0),)), organisation=tins.maker, **BY), b'"used"'),
        (lambda: issuing.void(Codes((tins.text(0),)), organisation=tins.maker, reason="x", **BY), b'"voided"'),
        (lambda: Product.objects.filter(pk=tins.tin.pk).update(name="新名字"), "新名字".encode()),
        (lambda: Organisation.objects.filter(pk=tins.maker.pk).update(name="改名"), "改名".encode()),
    ]
    for act, sign in changes:
        for _ in range(2):
            assert sign not in site.get(path, **who).body
        act()
        later()
        assert sign in site.get(path, **who).body
        assert site.get(path, **who).body == site.get(path, plain=True, **who).body


def test_a_revoked_key_is_refused_at_its_next_request(site: Site, tins: Issued) -> None:
    who, path = _bearer(tins.maker), f"/codes/{tins.text(0)}"
    for _ in range(2):
        assert site.get(path, **who).status == "200 OK"
    accounts.revoke_key(ApiKey.objects.latest("pk"), **BY)
    quick.watch.asked_at = time.monotonic() + 60  # nobody asks the database what changed
    assert site.get(path, **who).status.startswith("401")


@pytest.mark.django_db(transaction=True)
def test_who_asked_while_a_key_was_being_revoked_is_asked_again(site: Site, tins: Issued) -> None:
    who, path = _bearer(tins.maker), f"/codes/{tins.text(0)}"
    with ThreadPoolExecutor(1) as elsewhere, transaction.atomic():
        accounts.revoke_key(ApiKey.objects.latest("pk"), **BY)
        quick.watch.asked_at = 0.0
        # On a connection of its own, before the commit: the key still lives, and is remembered as alive.
        for _ in range(2):
            assert elsewhere.submit(_apart, lambda: site.get(path, **who).status).result() == "200 OK"
        quick.watch.asked_at = time.monotonic() + 60
    assert site.get(path, **who).status.startswith("401")


def _apart(ask: Callable[[], str]) -> str:
    try:
        return ask()
    finally:
        connection.close()


def test_a_key_revoked_by_another_process_is_refused_at_its_next_request(site: Site, tins: Issued) -> None:
    who, path = _bearer(tins.maker), f"/codes/{tins.text(0)}"
    for _ in range(2):
        site.get(path, **who)
    before = site.made
    with (django_settings.HOME / "keys.stamp").open("r+b") as file:  # what another process of this node sees and writes
        file.write(secrets.token_bytes(8))
    quick.watch.asked_at = time.monotonic() + 60
    assert site.get(path, **who).status == "200 OK"
    assert site.made == before + 1


def test_looks_are_counted_and_limited_as_before(
    site: Site, tins: Issued, later: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    who, path = _bearer(tins.maker), f"/codes/{tins.text(0)}"
    moment = timezone.now()  # looks are counted by the minute: all of these are in one
    monkeypatch.setattr(timezone, "now", lambda: moment)
    for _ in range(30):
        site.get(path, **who)
    later()
    site.get(path, **who)
    assert sum(Looks.objects.values_list("looks", flat=True)) == 30
    for module in ("zhuisu.api.quick", "zhuisu.verification.services"):
        monkeypatch.setattr(f"{module}.TRUSTED_LIMIT", 35)
    told = [site.get(path, **who).status[:3] for _ in range(8)]
    assert told[0] == "200"
    assert told[-1] == "429"


def test_unusual_requests_go_the_usual_way(site: Site, tins: Issued) -> None:
    who, path = _bearer(tins.maker), f"/codes/{tins.text(0)}"
    site.get(path, **who)
    for more in (
        {"HTTP_ACCEPT": "text/html"}, {"HTTP_GS1_EPCIS_MIN": "3.0.0"}, {"HTTP_COOKIE": "a=b"}, {"REQUEST_METHOD": "HEAD"},
        {"REQUEST_METHOD": "OPTIONS"}, {"REQUEST_METHOD": "POST"}, {"QUERY_STRING": "a=b"}, {"HTTP_HOST": "elsewhere"},
    ):  # fmt: skip
        before = site.made
        site.get(path, **(who | more))
        assert site.made == before + 1, more
