"""A maker who may issue: verified party, licence, a product with GTIN and one without."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from support import AT
from zhuisu.accounts.models import Organisation
from zhuisu.registry.issuing import services
from zhuisu.registry.models import Batch, Licence, Party, Product

GTIN = "06901234567892"


@pytest.fixture
def operator(db: None) -> Organisation:
    return Organisation.objects.create(kind="operator", name="运营方", party="uri:urn:zhuisu:test:operator")


@pytest.fixture
def maker(dairy: Organisation) -> Organisation:
    party = Party.objects.create(code=dairy.party, name=dairy.name, verified_at=AT, verified_by="person:op")
    Licence.objects.create(
        party=party, kind="食品生产许可证", number="SC12935021290019", valid_from_on=date(2024, 3, 1), valid_to_on=None
    )
    return dairy


@pytest.fixture
def tin(maker: Organisation) -> Product:
    holder = Party.objects.get(code=maker.party)
    return Product.objects.create(code=f"gs1.gtin:01/{GTIN}", name="婴儿配方奶粉", category="food", holder=holder)


@pytest.fixture
def cabbage(maker: Organisation) -> Product:
    holder = Party.objects.get(code=maker.party)
    return Product.objects.create(
        code="uri:urn:zhuisu:test:cabbage", name="上海青", category="edible_agricultural", holder=holder
    )


@pytest.fixture
def issue(maker: Organisation, tin: Product) -> Callable[..., Batch]:
    """Issue for the maker; what is given lays over a plain order."""

    def do(count: int = 1000, **fields: Any) -> Batch:
        asked: dict[str, Any] = {"product": tin, "level": "item", "by": "person:lin", "at": AT} | fields
        return services.issue(organisation=maker, count=count, **asked)

    return do
