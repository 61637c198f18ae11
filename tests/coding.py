"""What tests of the addresses under /codes share: enterprises that may issue codes, their keys, and calls in a line."""

import json
from datetime import date
from typing import Any

from django.test import Client

from support import AT
from zhuisu.accounts import services
from zhuisu.accounts.models import Organisation
from zhuisu.registry.models import Licence, Party

GTIN = "gs1.gtin:01/06901234567892"


def key_of(organisation: Organisation, **options: Any) -> dict[str, str]:
    _, text = services.issue_key(organisation=organisation, label="MES", by="system", at=AT, **options)
    return {"Authorization": f"Bearer {text}"}


def licensed(organisation: Organisation) -> Party:
    party = Party.objects.create(code=organisation.party, name=organisation.name, verified_at=AT, verified_by="system")
    Licence.objects.create(party=party, kind="食品生产许可证", number="SC1", valid_from_on=date(2020, 1, 1))
    return party


def post(client: Client, where: str, key: dict[str, str], body: Any, **headers: str) -> Any:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(f"/codes/{where}", sent, content_type="application/json", headers=key | headers)


def ordered(client: Client, key: dict[str, str], **changes: Any) -> dict[str, Any]:
    """A batch, as the answer to its order tells it."""
    answer = post(client, "batches", key, {"product": GTIN, "level": "item", "count": 10} | changes)
    assert answer.status_code == 201, answer.content.decode()
    batch: dict[str, Any] = answer.json()
    return batch


def printed(client: Client, key: dict[str, str], batch: dict[str, Any], **query: Any) -> list[list[str]]:
    answer: Any = client.get(batch["printFile"], query, headers=key)
    assert answer.status_code == 200, answer.content
    head, *rows = b"".join(answer.streaming_content).decode().splitlines()
    assert head == "roll,number,code,link"
    return [row.split(",") for row in rows]


def texts(client: Client, key: dict[str, str], batch: dict[str, Any], **query: Any) -> list[str]:
    return [row[2] for row in printed(client, key, batch, **query)]


def problem(answer: Any, status: int, name: str = "", rule: str = "") -> dict[str, Any]:
    said: dict[str, Any] = answer.json()
    assert answer.status_code == status, said
    assert answer["Content-Type"] == "application/problem+json"
    assert said["status"] == status
    assert said["detail"]
    assert said["detail_zh"]
    assert any("\u4e00" <= char <= "\u9fff" for char in said["detail_zh"])
    if name:
        assert said["type"].endswith(name)
    if rule:
        assert said["errors"][0]["rule"] == rule, said
        assert said["errors"][0]["message_zh"]
    return said
