"""A small world: milk of two farms, mixed, made into tins and a bulk lot, sold to shops."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from support import event
from zhuisu.accounts.models import Organisation
from zhuisu.registry.models import Certificate, Licence, Mandate, Party, PartyAlias, Place, Product

OURS = ["zhuisu.web.middleware.language_link", "zhuisu.web.middleware.content_policy"]


def checked(digits: str) -> str:
    """The digits with GS1's check digit behind them."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return digits + str(-total % 10)


RAW, BULK, TIN = (checked(f"095060009{n}001") for n in (1, 2, 3))
PALLET = checked("09506000900000001")
SHOPS = 6


def gln(number: int) -> str:
    return checked(f"9506000{number:05d}")


def link(gtin: str, lot: str = "", serial: str = "") -> str:
    return f"https://id.gs1.org/01/{gtin}" + (f"/10/{lot}" if lot else "") + (f"/21/{serial}" if serial else "")


def at(number: int) -> dict[str, Any]:
    return {"id": f"https://id.gs1.org/414/{gln(number)}"}


def amount(gtin: str, lot: str, kilograms: float) -> dict[str, Any]:
    return {"epcClass": link(gtin, lot), "quantity": kilograms, "uom": "KGM"}


@pytest.fixture
def made_up() -> SimpleNamespace:
    """The words of the small world, for tests that add to it."""
    return SimpleNamespace(gln=gln, at=at, amount=amount, raw=RAW, bulk=BULK)


@dataclass
class World:
    """Addresses of the things, and who is who."""

    tin: str = f"/i/01/{TIN}/21/1"
    tin_lot: str = f"/i/01/{TIN}/10/T1"
    bulk: str = f"/i/01/{BULK}/10/B1"
    raw: str = f"/i/01/{RAW}/10/A1"
    pallet: str = f"/i/00/{PALLET}"
    tin_gtin: str = TIN
    buyer: str = "13800000000"


@pytest.fixture(autouse=True)
def our_middleware(settings: Any) -> None:
    if OURS[0] not in settings.MIDDLEWARE:
        settings.MIDDLEWARE = [OURS[1], OURS[0], *settings.MIDDLEWARE]


@pytest.fixture
def register(dairy: Organisation, market: Organisation) -> None:
    maker = Party.objects.create(
        code=dairy.party, name="乳业公司", name_en="Dairy Co.", kind="manufacturer", region="350213"
    )
    PartyAlias.objects.create(code=f"gs1.pgln:417/{gln(1)}", party=maker)
    Licence.objects.create(party=maker, kind="食品生产许可证", number="SC1", valid_from_on=date(2024, 1, 1))
    Party.objects.create(
        code=market.party, name="市场公司", name_en="Market Co.", kind="retail_market", region="350206"
    )
    spots = [(1, "乳品厂", "Plant", maker, "350213")]
    for number in (2, 3):
        farm = Party.objects.create(
            code=f"cn.uscc:farm{number}", name=f"{number}号牧场", name_en=f"Farm {number}", kind="farm"
        )
        Licence.objects.create(
            party=farm,
            kind="生鲜乳收购许可证",
            number=f"N{number}",
            valid_from_on=date(2024, 1, 1),
            valid_to_on=date(2026, 11, number + 15),
        )
        # An old one that ran out and a new one that begins later: neither is a fault.
        for span in ((date(2020, 1, 1), date(2023, 12, 31)), (date(2026, 12, 1), None)):
            Licence.objects.create(
                party=farm, kind="生鲜乳收购许可证", number="O", valid_from_on=span[0], valid_to_on=span[1]
            )
        spots.append((number, f"{number}号挤奶厅", f"Parlour {number}", farm, "350212"))
    for number in range(10, 10 + SHOPS):
        shop = Party.objects.create(
            code=f"cn.uscc:shop{number}", name=f"第{number}商店", name_en=f"Shop {number}", kind="retailer"
        )
        spots.append((number, f"{number}号门店", f"Store {number}", shop, "350206"))
    # Who records for farms and shops has their word for it: else the page would name the recorder.
    for number, holder in ((2, dairy), (3, dairy), *((number, market) for number in range(10, 10 + SHOPS))):
        Mandate.objects.create(
            giver=next(spot[3] for spot in spots if spot[0] == number), holder=Party.objects.get(code=holder.party),
            valid_from_on=date(2020, 1, 1), given_by="system:test", given_at=datetime(2020, 1, 1, tzinfo=UTC),
        )  # fmt: skip
    for number, name, name_en, operator, region in spots:
        Place.objects.create(
            code=f"gs1.sgln:414/{gln(number)}", name=name, name_en=name_en, operator=operator, region=region,
            region_name="厦门市 某区", region_name_en="Some District, Xiamen",
        )  # fmt: skip
    for gtin, name, name_en in (
        (RAW, "生牛乳", "Raw milk"),
        (BULK, "奶粉", "Milk powder"),
        (TIN, "听装奶粉", "Milk powder tin"),
    ):
        Product.objects.create(
            code=f"gs1.gtin:01/{gtin}", name=name, name_en=name_en, unit="KGM", holder=maker, icon="milk", shelf_days=3
        )
    Certificate.objects.create(
        kind="test", number="T-9", title="出厂检验报告", title_en="Release report", about=f"gs1.lgtin:01/{BULK}/10/B1",
        issuer="检测所", issued_at=datetime(2026, 11, 18, tzinfo=UTC),
    )  # fmt: skip


@pytest.fixture
def world(register: None, dairy: Organisation, market: Organisation, capture: Callable[..., Any]) -> World:
    def on(day: int, hour: int) -> dict[str, str]:
        return {"eventTime": f"2026-11-{day}T{hour:02d}:00:00+08:00"}

    capture(
        dairy,
        *(
            event(epcList=None, quantityList=[amount(RAW, lot, 400)], readPoint=at(place), **on(17, 5))
            for lot, place in (("A1", 2), ("A2", 3))
        ),
        event("TransformationEvent", inputQuantityList=[amount(RAW, "A1", 400), amount(RAW, "A2", 400)],
              outputQuantityList=[amount(BULK, "B1", 100)], bizStep="creating_class_instance", readPoint=at(1), **on(18, 8)),
        event("TransformationEvent", inputQuantityList=[amount(BULK, "B1", 2)], outputEPCList=[link(TIN, "", "1"), link(TIN, "", "2")],
              ilmd={"cbvmda:lotNumber": "T1", "cbvmda:itemExpirationDate": "2099-01-01"}, bizStep="commissioning", readPoint=at(1), **on(18, 9)),
        event("AggregationEvent", action="ADD", parentID=f"https://id.gs1.org/00/{PALLET}",
              childEPCs=[link(TIN, "", "1")], bizStep="packing", readPoint=at(1), **on(18, 10)),
        event(action="OBSERVE", epcList=[f"https://id.gs1.org/00/{PALLET}"], bizStep="shipping", readPoint=at(1),
              sensorElementList=[{"sensorReport": [{"type": "Temperature", "minValue": 1.8, "maxValue": 3.6, "uom": "CEL"}]}], **on(19, 4)),
    )  # fmt: skip
    capture(
        market,
        event("AggregationEvent", action="DELETE", parentID=f"https://id.gs1.org/00/{PALLET}", childEPCs=[link(TIN, "", "1")],
              bizStep="unpacking", readPoint=at(10), **on(19, 9)),
        event(action="OBSERVE", epcList=[f"https://id.gs1.org/00/{PALLET}"], bizStep="stocking", readPoint=at(15), **on(19, 12)),
        event(action="OBSERVE", epcList=[link(TIN, "", "1")], bizStep="retail_selling", disposition="retail_sold", readPoint=at(10),
              destinationList=[{"type": "owning_party", "destination": "urn:person:13800000000"}], **on(20, 9)),
        *(
            event(action="OBSERVE", epcList=None, quantityList=[amount(BULK, "B1", 5)], bizStep="receiving", readPoint=at(number), **on(20, 6))
            for number in range(10, 9 + SHOPS)
        ),
        event(action="OBSERVE", epcList=[link(TIN, "", "2")], bizStep="receiving", readPoint=at(9 + SHOPS), **on(20, 7)),
    )  # fmt: skip
    return World()
