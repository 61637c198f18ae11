"""Links over HTTP: register, list, end, each within the organisation."""

from typing import Any

import pytest
from django.test import Client

from support import AT
from zhuisu.accounts.models import AuditEntry, Organisation
from zhuisu.accounts.services import issue_key
from zhuisu.registry.models import Party, Product

pytestmark = pytest.mark.django_db
GTIN = "09506000134352"
BODY = {"code": GTIN, "href": "https://dairy.example/p", "linkType": "gs1:pip", "language": "zh"}


def key_of(organisation: Organisation, **options: Any) -> dict[str, str]:
    _, text = issue_key(organisation=organisation, label="t", by="t", at=AT, **options)
    return {"X-API-Key": text}


@pytest.fixture
def key(dairy: Organisation) -> dict[str, str]:
    holder = Party.objects.create(code=dairy.party, name=dairy.name)
    Product.objects.create(code=f"gs1.gtin:01/{GTIN}", name="鹭岛奶粉", holder=holder)
    return key_of(dairy)


def post(client: Client, key: dict[str, str], **body: Any) -> Any:
    whole = {name: value for name, value in (BODY | body).items() if value is not None}
    return client.post("/links", whole, content_type="application/json", headers=key)


def test_a_link_is_registered_used_listed_and_ended(client: Client, key: dict[str, str], farm: Organisation) -> None:
    made = post(client, key)
    assert made.status_code == 201
    link = made.json()
    assert made.headers["Location"] == f"/links/{link['id']}"
    assert (link["code"], link["linkType"], link["title"]) == (f"gs1.gtin:01/{GTIN}", "gs1:pip", "产品信息")
    assert client.get(f"/01/{GTIN}?linkType=pip").headers["Location"].startswith("https://dairy.example/p?")
    assert client.get("/links", {"code": GTIN}, headers=key).json() == {"links": [link]}
    stranger = key_of(farm)
    assert client.get("/links", headers=stranger).json() == {"links": []}
    assert client.delete(f"/links/{link['id']}", headers=stranger).status_code == 404
    assert client.delete(f"/links/{link['id']}", headers=key).status_code == 204
    assert client.delete(f"/links/{link['id']}", headers=key).status_code == 404
    assert client.delete("/links/" + "9" * 20, headers=key).status_code == 404
    assert AuditEntry.objects.filter(verb="link.add").latest("pk").actor.startswith("key:")


@pytest.mark.parametrize(
    ("wrong", "status", "path"),
    [
        ({"href": "http://dairy.example/p"}, 422, "href"),
        ({"linkType": "gs1:x"}, 422, "linkType"),
        ({"code": "06901234567892"}, 422, "code"),
        ({"code": "09506000134353"}, 422, "code"),
        ({"code": "110101199003070097"}, 422, "code"),
        ({"code": f"(01){GTIN}(21)110101199003070097ü"}, 422, "code"),
        ({"code": f"(01){GTIN}(10)L1", "default": True}, 422, "default"),
        ({"code": f"(01){GTIN}(21)7", "variant": True}, 422, "variant"),
        ({"default": True, "variant": True}, 422, "variant"),
        ({"titel": "x"}, 400, None),
        ({"href": None}, 400, None),
    ],
)
def test_what_does_not_fit_is_told_at_its_field(
    client: Client, key: dict[str, str], wrong: dict[str, Any], status: int, path: str | None
) -> None:
    answer = post(client, key, **wrong)
    assert answer.status_code == status, answer.content
    assert "110101199003070097" not in answer.content.decode()
    if path:
        assert [error["path"] for error in answer.json()["errors"]] == [path]
    assert client.get("/links", headers=key).json() == {"links": []}


def test_a_key_is_needed_that_may_write(client: Client, key: dict[str, str], dairy: Organisation) -> None:
    assert post(client, {}).status_code == 401
    assert post(client, key_of(dairy, may_capture=False)).status_code == 403
    assert client.get("/links").status_code == 401
    assert client.put("/links", headers=key).status_code == 405
