"""A dairy that may issue codes, its people, and a stranger beside it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client

from farm import FRUIT, SEED, STATION, Land
from support import AT
from zhuisu.accounts.models import Organisation, Person
from zhuisu.accounts.services import create_organisation
from zhuisu.codes import zs_unit
from zhuisu.labels import LabelError
from zhuisu.labels import fonts as label_fonts
from zhuisu.registry.issuing import keys
from zhuisu.registry.issuing.services import issue
from zhuisu.registry.models import Batch, Licence, Party, Place, Product, Role

GTIN = "09506000134352"
BEFORE = datetime(2024, 1, 1, tzinfo=UTC)  # the pages go by the real clock


@dataclass
class Desk:
    """Who sits where, and what they make."""

    dairy: Organisation
    product: Product

    def client(self, role: str = "member", organisation: Organisation | None = None) -> Client:
        """Someone of this role, signed in."""
        tenant = organisation or self.dairy
        # No password: hashing one would take longer than the test.
        person, _made = Person.objects.get_or_create(
            organisation=tenant, role=role, defaults={"username": f"{tenant.pk}-{role}"}
        )
        client = Client()
        client.force_login(person)
        return client

    def batch(self, count: int = 1000, **order: Any) -> Batch:
        """A batch, as if ordered before."""
        given = {"product": self.product, "level": "item", "roll_size": 100} | order
        return issue(organisation=self.dairy, count=count, by="system:test", at=AT, **given)

    def code(self, batch: Batch, place: int) -> str:
        """The code at a place, as it is printed."""
        return zs_unit.shown(batch.code_at(keys.key_of(batch.series.key), place))


def tenant(kind: str, name: str, party: str, region: str = "350212") -> Organisation:
    return create_organisation(kind=kind, name=name, party=party, region=region, by="system", at=AT)


@pytest.fixture
def desk(db: None) -> Desk:
    party = Party.objects.create(
        code="cn.uscc:91350212MA2XYGR01A", name="示范乳业公司", name_en="Dairy Co.", phone="400-000-0000",
        verified_at=BEFORE, verified_by="system",
    )  # fmt: skip
    Licence.objects.create(
        party=party, kind="食品生产许可证", number="SC10135021200001", valid_from_on=date(2024, 1, 1)
    )
    product = Product.objects.create(
        code=f"gs1.gtin:01/{GTIN}", name="听装奶粉", name_en="Milk powder", category="food", holder=party,
        specification="900 g/听", storage="常温", shelf_days=730,
    )  # fmt: skip
    return Desk(tenant("enterprise", "示范乳业公司", party.code), product)


@pytest.fixture
def fonts() -> None:
    """The letters of labels come at installation; without them nothing is printed."""
    try:
        label_fonts.load()
    except LabelError as error:
        pytest.skip(error.message)


@pytest.fixture
def stranger(desk: Desk) -> Organisation:
    return tenant("enterprise", "别的公司", "cn.uscc:91350206MA31QWE52L", "350206")


@pytest.fixture
def authority(desk: Desk) -> Organisation:
    return tenant("regulator", "同安监管", "cn.uscc:11350212000000000B", "350212")


@pytest.fixture
def land(db: None) -> Land:
    farm = create_organisation(
        kind="enterprise", name="白鹭蔬菜合作社", party=STATION, region="350212", by="system", at=AT
    )
    party = Party.objects.create(code=STATION, name="白鹭蔬菜合作社", name_en="Egret Vegetable Co-op", region="350212")
    Role.objects.create(party=party, sector="crops", role="farm", valid_from_on=date(2024, 1, 1))
    Place.objects.create(code="gs1.sgln:414/9520000000028", name="东坡大棚", operator=party, region="350212")
    Product.objects.create(code=f"gs1.gtin:01/{SEED}", name="番茄苗", kind="crops.vegetable", holder=party)
    Product.objects.create(code=f"gs1.gtin:01/{FRUIT}", name="番茄", kind="crops.vegetable", holder=party)
    return Land(farm, party)
