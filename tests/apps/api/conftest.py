"""What tests of /codes start from: a dairy that may issue codes for its milk, and a stranger who may issue others."""

import pytest

from coding import GTIN, key_of, licensed
from zhuisu.accounts.models import Organisation
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
