"""From sixteen typed characters, or from what a label holds, to the page of the thing; and the same way for a code nobody issued."""

from datetime import date
from typing import Any

import pytest
from django.test import Client

from support import AT
from zhuisu.accounts.models import Organisation
from zhuisu.codes import zs_unit
from zhuisu.registry.issuing import keys, services
from zhuisu.registry.models import Batch, Licence, Party, Product

pytestmark = pytest.mark.django_db
GTIN = "06901234567892"


@pytest.fixture
def batch(dairy: Organisation) -> Batch:
    party = Party.objects.create(code=dairy.party, name=dairy.name, verified_at=AT, verified_by="person:op")
    Licence.objects.create(party=party, kind="食品生产许可证", number="SC1", valid_from_on=date(2024, 3, 1))
    tin = Product.objects.create(code=f"gs1.gtin:01/{GTIN}", name="婴儿配方奶粉", category="food", holder=party)
    asked: dict[str, Any] = {"product": tin, "level": "item", "by": "person:lin", "at": AT, "active": True}
    return services.issue(organisation=dairy, count=10, **asked)


def code_of(batch: Batch, place: int) -> str:
    return batch.code_at(keys.key_of(batch.series.key), place)


def test_typed_scanned_and_linked_codes_end_at_one_page(client: Client, batch: Batch) -> None:
    text = code_of(batch, 3)
    item = f"/01/{GTIN}/21/{text}"
    pages = []
    for start in (item, f"/find?q={zs_unit.shown(text).lower()}", f"/s/{text}", f"/find?q=http://testserver{item}"):
        answer = client.get(start, follow=True)
        assert answer.status_code == 200
        page = answer.content.decode()
        assert f'<link rel="canonical" href="http://testserver{item}">' in page
        pages.append("婴儿配方奶粉" in page)
    assert all(pages)


def test_the_way_to_a_code_nobody_issued_is_no_other(client: Client, batch: Batch) -> None:
    """Every step before the page is the same: only the page, which counts its visitors, may tell."""
    issued, guessed = code_of(batch, 3), code_of(batch, 11)  # of ten
    for shape in ("/find?q={}", "/s/{}", f"/01/{GTIN}/21/{{}}"):
        first, second = (client.get(shape.format(text)) for text in (issued, guessed))
        assert first.status_code == second.status_code
        assert first.headers["Location"].replace(issued, "X") == second.headers["Location"].replace(guessed, "X")
        assert client.get(shape.format(guessed), follow=True).status_code == 404
