"""The short list under a product's name."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from zhuisu.codes import zs_unit
from zhuisu.portal.addresses import address_of_canonical
from zhuisu.portal.page import Page
from zhuisu.registry.models import PackLevel
from zhuisu.verification.gathering import issued_lot
from zhuisu.web import words

Fact = tuple[str, str, str]  # name, text, address or empty

LABELS = {
    "productionDate": gettext_lazy("生产日期"),
    "harvestStartDate": gettext_lazy("采收日期"),
    "itemExpirationDate": gettext_lazy("保质期至"),
    "bestBeforeDate": gettext_lazy("最佳食用期至"),
    "sellByDate": gettext_lazy("销售期至"),
    "countryOfOrigin": gettext_lazy("原产国"),
}
COUNTRIES = {"CN": gettext_lazy("中国"), "156": gettext_lazy("中国")}


def title_of(page: Page) -> str:
    """What it is called, or what kind of code it is."""
    named = page.product or page.place or page.party
    if named:
        return words.said(named, "name")
    return next(iter(page.sector.names), "") or words.kind_of_canonical(page.code.canonical)


def facts_of(page: Page) -> list[Fact]:
    """Lot, amount, making, what the label says, product data; only what is known."""
    facts = _of_issue(page)
    if page.lot:
        facts.append((_("批次"), *page.lot))
    if page.amount:
        facts.append((_("数量"), page.amount, ""))
    if page.made_step:
        made = words.listed(f"{page.made_step.when:%Y-%m-%d %H:%M}", page.made_step.where)
        facts.append((page.made_step.title, made, ""))
    for name, value in page.label.items():
        facts.append((str(LABELS[name]), str(COUNTRIES.get(value, value[:10] if "Date" in name else value)), ""))
    if page.product:
        facts += _of_product(page)
    if page.place:
        facts.append((_("所在地"), words.said(page.place, "region_name"), ""))
        if page.place.operator:
            facts.append((_("经营者"), words.said(page.place.operator, "name"), ""))
    if page.party:
        facts.append((_("类型"), str(words.PARTY_KINDS.get(page.party.kind, page.party.kind)), ""))
    return [fact for fact in facts if fact[1]]


def _of_issue(page: Page) -> list[Fact]:
    """What the issue log says of the code, whether or not an event does: the code as printed, level, lot and dates."""
    standing = page.answer.standing if page.answer else None
    if standing is None or not standing.real:
        return []
    facts: list[Fact] = []
    if standing.series:
        facts.append((_("十六位追溯码"), zs_unit.shown(page.code.value.rpartition("/")[2]), ""))
        if standing.level != PackLevel.ITEM:
            facts.append((_("包装层级"), str(PackLevel(standing.level).label), ""))
    if standing.lot and not page.lot:
        lot = issued_lot(standing)
        facts.append((_("批次"), standing.lot, address_of_canonical(lot.canonical) if lot else ""))
    for name, day in (("productionDate", standing.produced_on), ("itemExpirationDate", standing.expires_on)):
        if day and name not in page.label:
            facts.append((str(LABELS[name]), f"{day:%Y-%m-%d}", ""))
    return facts


def _of_product(page: Page) -> list[Fact]:
    product = page.product
    if product is None:
        return []
    days = ngettext("%(count)s 天", "%(count)s 天", product.shelf_days or 0) % {"count": product.shelf_days}
    return [
        (_("规格"), words.said(product, "specification"), ""),
        (_("贮存"), words.said(product, "storage"), ""),
        (_("保质期"), days if product.shelf_days else "", ""),
        (_("品牌方"), words.said(product.holder, "name") if product.holder else "", ""),
    ]
