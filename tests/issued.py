"""What tests of verification share: an enterprise that may issue, its products, and codes of it in every state."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from support import AT
from zhuisu import codes
from zhuisu.accounts.models import Organisation
from zhuisu.codes import zs_unit
from zhuisu.registry.issuing import keys, services
from zhuisu.registry.models import Batch, Licence, Party, Product

GTIN = "06901234567892"
OTHER_GTIN = "06901234567885"
BY: dict[str, Any] = {"by": "person:lin", "at": AT}


@dataclass
class Issued:
    """One batch of a maker, all active; `code(place)` is the thing's own code."""

    maker: Organisation
    tin: Product
    batch: Batch

    def text(self, place: int) -> str:
        return self.batch.code_at(keys.key_of(self.batch.series.key), place)

    def code(self, place: int) -> codes.Code:
        return codes.from_canonical(self.batch.series.canonical(self.text(place)))

    def path(self, place: int) -> str:
        return f"/i/01/{GTIN}/21/{self.text(place)}"

    def urn(self, place: int) -> str:
        return f"https://id.gs1.org/01/{GTIN}/21/{self.text(place)}"

    @property
    def lot(self) -> str:
        return f"https://id.gs1.org/01/{GTIN}/10/L1"


def issued(maker: Organisation, *, count: int = 300, expires_on: date = date(2027, 6, 1), at: datetime = AT) -> Issued:
    """A maker with licence and product, and a batch of active codes of it."""
    party = Party.objects.create(
        code=maker.party, name=maker.name, name_en="Ludao Dairy", kind="manufacturer", verified_at=at, region="350212"
    )
    Licence.objects.create(
        party=party, kind="食品生产许可证", kind_en="Food production licence", number="SC12935021290019",
        valid_from_on=date(2024, 3, 1),
    )  # fmt: skip
    tin = Product.objects.create(
        code=f"gs1.gtin:01/{GTIN}",
        name="婴儿配方奶粉",
        name_en="Infant formula",
        category="food",
        holder=party,
        icon="milk",
    )
    batch = services.issue(
        organisation=maker, product=tin, level="item", count=count, active=True, lot="L1",
        produced_on=date(2026, 11, 1), expires_on=expires_on, by="person:lin", at=at,
    )  # fmt: skip
    return Issued(maker, tin, batch)


def never_issued() -> str:
    """Our form with a right check character, of a series that nobody has (unless one in 700,000 says otherwise)."""
    return _checked("2222" + "3" * 11)


def forged(text16: str, number: int = 1) -> str:
    """A code that claims the series of a real one, with a body that its issuer never made."""
    body, alphabet = text16[4:15], zs_unit.ALPHABET
    place = number % 11
    turned = alphabet[(alphabet.index(body[place]) + 1 + number // 11) % 29]
    return _checked(text16[:4] + body[:place] + turned + body[place + 1 :])


def _checked(text15: str) -> str:
    return text15 + zs_unit.check_character(text15)
