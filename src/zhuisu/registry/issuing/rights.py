"""Who may issue codes for what: a verified identity, and the licence that the law asks of the product's category."""

import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path

from django.db.models import Q
from django.utils import timezone

from zhuisu.accounts.models import Organisation
from zhuisu.registry.issuing.errors import IssueError
from zhuisu.registry.models import Licence, Party, Product


@dataclass(frozen=True, slots=True)
class Need:
    """The licences that a category of products needs: one of `kinds`, or none. `source` is law and article."""

    kinds: tuple[str, ...]
    kinds_en: tuple[str, ...]
    source: str
    source_en: str


@cache
def needs() -> dict[str, Need]:
    """By category of product, from rights.toml."""
    read = tomllib.loads(Path(__file__).with_name("rights.toml").read_text("utf-8"))
    return {
        name: Need(tuple(one["kinds"]), tuple(one["kinds_en"]), one["source"], one["source_en"])
        for name, one in read.items()
    }


def demand(organisation: Organisation, product: Product | None, at: datetime) -> Party:
    """The party that may issue codes for the product at this time. Raises IssueError, in this order: "kind", "party",
    "identity", "holder", "licence"."""
    if organisation.kind != Organisation.Kind.ENTERPRISE:
        raise IssueError(
            "kind",
            "only an enterprise issues codes, neither an authority nor the operator",
            "只有企业可以赋码，监管部门和平台运营方不能赋码",
        )
    party = party_of(organisation)
    if party is None:
        raise IssueError(
            "party",
            f"the register has no party {organisation.party}: the operator must enter it first",
            f"登记库中没有主体 {organisation.party}：须先由运营方登记",
        )
    if party.verified_at is None or party.verified_at > at:
        raise IssueError(
            "identity",
            f"the identity of {party.name_en or party.name} is not verified yet: ask the operator of the platform",
            f"{party.name}的主体身份尚未核验：请联系平台运营方",
        )
    if product is not None and product.holder_id != party.pk:
        raise IssueError(
            "holder",
            f"{product.name_en or product.name} is not a product of {party.name_en or party.name}",
            f"{product.name}不是{party.name}的产品",
            "product",
        )
    _demand_licence(party, product, day_of(at))
    return party


def party_of(organisation: Organisation) -> Party | None:
    """The party in the register that an organisation is, by its code or by another of its codes."""
    return Party.objects.filter(Q(code=organisation.party) | Q(aliases__code=organisation.party)).first()


def day_of(at: datetime) -> date:
    """The calendar day of an instant where the platform stands: licences are valid by days."""
    return at.astimezone(timezone.get_default_timezone()).date()


def _demand_licence(party: Party, product: Product | None, on: date) -> None:
    need = needs().get(product.category) if product else None
    if need is not None and not need.kinds:
        return
    valid = Licence.objects.filter(party=party, valid_from_on__lte=on).filter(
        Q(valid_to_on=None) | Q(valid_to_on__gte=on)
    )
    if need is not None:
        valid = valid.filter(kind__in=need.kinds)
    if any(_covers(licence, product) for licence in valid.prefetch_related("products")):
        return
    name = product.name if product else "无产品的码"
    name_en = (product.name_en or product.name) if product else "codes without a product"
    if need is None:
        raise IssueError(
            "licence",
            f"{name_en}: a licence of any kind that is valid on {on} is needed, for the category is not known",
            f"{name}：产品类别不明，须有一项在 {on} 有效的许可",
            "product",
        )
    raise IssueError(
        "licence",
        f"{name_en}: no valid licence covers it on {on}; needed is {' or '.join(need.kinds_en)} ({need.source_en})",
        f"{name}：在 {on} 没有覆盖该产品的有效许可；须有{'或'.join(need.kinds)}（{need.source}）",
        "product",
    )


def _covers(licence: Licence, product: Product | None) -> bool:
    """Whether it is for this product: one it lists; where it lists none, one of its category; without category, any."""
    listed = licence.products.all()
    if listed:
        return product is not None and product in listed
    return not licence.category or (product is not None and licence.category == product.category)
