"""The audit of sealed documents: what was damaged is told, what was destroyed on purpose is only counted."""

from collections.abc import Callable
from typing import Any

import pytest

from support import event
from zhuisu.accounts.models import Organisation
from zhuisu.events import store, vault
from zhuisu.events.proof import Documents, Finding, audit_documents

Capture = Callable[..., Any]
DAMAGE = {
    "a byte of the body": "update capture set body = set_byte(body, 20, get_byte(body, 20) # 1)",
    "the body cut": "update capture set body = substring(body for 9)",
    "the key": "update capture_key set sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1)",
    "the digest": "update capture set sha256 = set_byte(sha256, 0, get_byte(sha256, 0) # 1)",
    "the size": "update capture set size = size + 1",
    "another document's seal": "update capture set token = 'x'",
}


def told(said: type) -> list[Any]:
    return [one for one in audit_documents() if isinstance(one, said)]


def test_documents_are_opened_and_destroyed_keys_counted(dairy: Organisation, capture: Capture) -> None:
    assert told(Documents) == []
    for number in range(3):
        capture(dairy, event(epcList=[f"urn:epc:id:sgtin:9506000.013435.{number}"]))
    store.rows("delete from capture_key where capture = (select min(capture) from capture_key)")
    assert told(Finding) == []
    assert told(Documents)[-1] == Documents(opened=2, destroyed=1)


@pytest.mark.parametrize("what", DAMAGE)
def test_damage_is_found(dairy: Organisation, capture: Capture, what: str) -> None:
    capture(dairy, event())
    store.rows("alter table capture disable trigger append_only")
    store.rows(DAMAGE[what])
    (found,) = told(Finding)
    assert found.message.startswith("document ")


def test_another_platforms_key_opens_nothing(
    dairy: Organisation, capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture(dairy, event())
    monkeypatch.setattr(vault, "_master_key", lambda: bytes(32))
    assert len(told(Finding)) == 1
