"""What a person sees where no page could be made: calm words in both languages, the look of the site, and no question to a
database that does not answer."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import InterfaceError, OperationalError, connection
from django.template.loader import render_to_string
from django.test import Client
from django.utils import translation

from zhuisu.accounts.models import Organisation, Person

pytestmark = pytest.mark.django_db
ADDRESS = "/i/01/09506000134352/21/1"


@pytest.fixture
def stranger() -> Client:
    """A browser: it gets an answer, whatever happens behind it."""
    return Client(raise_request_exception=False)


@pytest.fixture
def lin(stranger: Client, dairy: Organisation) -> Client:
    stranger.force_login(Person.objects.create(username="lin", organisation=dairy, role="admin"))
    return stranger


@pytest.fixture(params=[OperationalError, InterfaceError])
def away(request: pytest.FixtureRequest, dairy: Organisation) -> Iterator[None]:
    """From here on every statement finds the database gone."""

    def gone(*_: Any) -> Any:
        raise request.param("server closed the connection unexpectedly")

    with connection.execute_wrapper(gone):
        yield


def calm(answer: Any, status: int, words: str) -> str:
    page: str = answer.content.decode()
    assert answer.status_code == status
    assert words in page
    assert "site-header" in page
    assert "Traceback" not in page
    assert "OperationalError" not in page
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    return page


CASES = {
    403: (PermissionDenied, "不能打开", "Not allowed"),
    400: (SuspiciousOperation, "请求有误", "Bad request"),
    500: (RuntimeError, "出了差错", "Something went wrong"),
}


@pytest.mark.parametrize("status", CASES)
def test_faults_have_a_page_in_both_languages(stranger: Client, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    error, chinese, english = CASES[status]

    def fail(*_: Any, **__: Any) -> Any:
        raise error("no")

    monkeypatch.setattr("zhuisu.portal.views.page_of", fail)
    calm(stranger.get(ADDRESS), status, chinese)
    page = calm(stranger.get(ADDRESS, {"lang": "en"}), status, english)
    assert chinese not in page


def test_an_address_of_nothing(stranger: Client) -> None:
    calm(stranger.get("/nothing"), 404, "没有这个页面")
    calm(stranger.get("/nothing", {"lang": "en"}), 404, "No such page")


def test_a_form_that_was_open_too_long() -> None:
    client = Client(enforce_csrf_checks=True)
    calm(client.post("/sign-in", {"username": "lin"}), 403, "页面已过期")
    calm(client.post("/sign-in?lang=en", {"username": "lin"}), 403, "This page has expired")


@pytest.mark.usefixtures("away")
def test_without_the_database_pages_say_so_calmly(stranger: Client) -> None:
    answer = stranger.get(ADDRESS)
    calm(answer, 503, "请过一会儿再")
    assert int(answer.headers["Retry-After"]) > 0
    calm(stranger.get(ADDRESS, {"lang": "en"}), 503, "in a while")


def test_the_page_for_a_database_that_is_away_needs_nothing_of_the_request() -> None:
    assert "暂时不能查询" in render_to_string("503.html")
    with translation.override("en"):
        page = render_to_string("503.html")
    assert "Not available just now" in page
    assert "in a while" in page


def test_someone_signed_in_is_told_the_same(lin: Client, away: None) -> None:
    for address in ("/desk", "/desk/upload", ADDRESS, "/nothing"):
        answer = lin.get(address)
        calm(answer, 503, "请过一会儿再")
        assert "Retry-After" in answer.headers


@pytest.mark.usefixtures("away")
def test_signing_in_without_the_database_is_a_503_too(stranger: Client) -> None:
    calm(stranger.post("/sign-in", {"username": "lin", "password": "x"}), 503, "请过一会儿再")


@pytest.mark.usefixtures("away")
def test_what_needs_no_database_is_there_without_one(stranger: Client) -> None:
    for address in ("/", "/scan", "/sign-in"):
        assert stranger.get(address).status_code == 200
    assert stranger.get("/nothing").status_code == 404
