"""A product with its holder, a stranger, the operator; and links in a line."""

from collections.abc import Callable
from typing import Any

import pytest

from support import AT
from zhuisu import codes
from zhuisu.accounts.models import Organisation
from zhuisu.registry.models import Party, Product
from zhuisu.resolver.models import Link
from zhuisu.resolver.services import add_link

GTIN = "09506000134352"


@pytest.fixture
def operator(db: None) -> Organisation:
    return Organisation.objects.create(kind="operator", name="平台", party="uri:urn:zhuisu:platform")


@pytest.fixture
def product(dairy: Organisation) -> Product:
    """Held by the dairy."""
    party = Party.objects.create(code=dairy.party, name=dairy.name)
    return Product.objects.create(
        code=f"gs1.gtin:01/{GTIN}", name="鹭岛奶粉", name_en="Island milk powder", holder=party
    )


@pytest.fixture
def link(product: Product, dairy: Organisation) -> Callable[..., Link]:
    """Register a link of the dairy's; by default a product page at the product."""

    def add(href: str, code: str = f"01/{GTIN}", link_type: str = "gs1:pip", **more: Any) -> Link:
        at = codes.parse(f"https://id.gs1.org/{code}")
        options = {"organisation": dairy, "by": "system:test", "at": AT} | more
        return add_link(code=at, href=href, link_type=link_type, **options)

    return add
