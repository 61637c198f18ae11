"""Two real web processes that keep pages: what one is told the other tells at once, and of many who scan at once one is the first."""

import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.utils import timezone

from issued import Issued, issued
from support import document, event
from zhuisu.accounts.models import Organisation
from zhuisu.accounts.services import issue_key
from zhuisu.events.sequencer import publish
from zhuisu.verification.models import Scan

BUYERS = 16


@pytest.fixture
def tins(dairy: Organisation) -> Issued:
    return issued(dairy, at=timezone.now())


@pytest.fixture(autouse=True)
def behind_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHUISU_PROXIES", "1")
    monkeypatch.setenv("ZHUISU_STATIC", "plain")


def look(server: Any, path: str, buyer: int) -> str:
    request = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Mozilla/5.0 MicroMessenger/8.0\r\n"
        f"X-Forwarded-For: 192.0.2.{buyer}\r\nConnection: close\r\n\r\n"
    )
    status, body = server.send(request.encode())
    assert status == 200
    return body.decode()


def test_a_recall_told_to_one_is_told_by_the_other_and_one_is_the_first(
    serve: Callable[..., Any], tins: Issued
) -> None:
    one, other = serve(), serve()
    with ThreadPoolExecutor(BUYERS) as crowd:
        told = list(crowd.map(lambda n: look((one, other)[n % 2], tins.path(0), n + 1), range(BUYERS)))
    numbers = Counter(
        "first" if "平台记录到的第一次查询" in page else re.search(r"这是第 (\d+) 次查询", page)[1]  # type: ignore[index]
        for page in told
    )
    assert numbers == Counter(["first", *(str(n) for n in range(2, BUYERS + 1))])
    assert Scan.objects.count() == BUYERS

    _, key = issue_key(organisation=tins.maker, label="MES", by="system", at=timezone.now())
    for disposition, said in (("recalled", True), ("sellable_accessible", False), ("recalled", True)):
        when = timezone.now().isoformat(timespec="milliseconds")
        happening = event(epcList=[tins.urn(0)], action="OBSERVE", disposition=disposition, eventTime=when)
        body = document(happening)
        head = (
            f"POST /epcis/capture HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        assert one.send(head.encode() + body)[0] in (201, 202)
        publish(timezone.now())
        for server in (other, one):
            assert ("正在召回" in look(server, tins.path(0), 1)) is said
    assert Scan.objects.count() == BUYERS
