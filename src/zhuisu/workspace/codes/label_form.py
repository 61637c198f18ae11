"""The form of a print job: template, paper, which codes, and the fields of the template, filled from what the register knows."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from zhuisu import labels, sectors
from zhuisu.registry.issuing import queries
from zhuisu.registry.issuing.rights import needs
from zhuisu.registry.models import Batch, Licence, PackLevel, Party, Place
from zhuisu.workspace.codes.forms import numbers

PRINT_LIMIT = 5_000  # labels of one PDF: some ten seconds of a busy process; longer runs take the print file
FIELD_LENGTH = 500  # characters of one field: what a label of 100 mm holds
# What the product's category, or the package level, is printed on by default.
TEMPLATE_OF_LEVEL = {PackLevel.CASE: "case", PackLevel.PALLET: "pallet"}
TEMPLATE_OF_CATEGORY = {
    "edible_agricultural": "farm-producer",
    "food": "food",
    "drugs": "drug",
    "special_equipment": "equipment",
    "dangerous_goods": "explosives",
    "rare_earth": "rare-earth",
}
MAKERS = ("maker", "holder", "party", "operator", "owner")
SYMBOLS = (
    ("", _("按模板")),
    ("qr", _("二维码（QR）")),
    ("datamatrix", _("Data Matrix")),
)


def english() -> bool:
    """Whether the page, though never the label, is in English."""
    return (get_language() or "").startswith("en")


class PrintForm(forms.Form):
    """What to print on what. The template's own fields are `f_<key>`."""

    template = forms.ChoiceField(label=_("标签模板"))
    layout = forms.ChoiceField(label=_("纸张"))
    symbol = forms.ChoiceField(label=_("码的符号"), choices=SYMBOLS, required=False)
    brief = forms.BooleanField(label=_("只印追溯小签（依法应标注的内容已印在包装上）"), required=False)
    rolls = forms.CharField(label=_("卷号"), required=False, max_length=2000, help_text=_("如 3 或 1-4,7；从 1 数起。"))
    first = forms.IntegerField(label=_("从第几个"), min_value=1, required=False)
    last = forms.IntegerField(label=_("到第几个"), min_value=1, required=False)
    start = forms.IntegerField(
        label=_("第一页空出"),
        min_value=0,
        max_value=100,
        required=False,
        help_text=_("用过几张的整页标签纸，从下一张开始。"),
    )

    def __init__(self, data: QueryDict | None = None, *, batch: Batch, at: date, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.batch = batch
        known = labels.templates()
        sent = data.get("template") if data is not None else None
        chosen = sent or self.initial.get("template") or default_template(batch)
        self.chosen = known.get(str(chosen)) or known["plain"]
        self._choices("template", [(one.key, one.name_en if english() else one.name) for one in known.values()])
        self._choices("layout", [(one.key, one.name_en if english() else one.name) for one in labels.LAYOUTS.values()])
        self.initial.setdefault("template", self.chosen.key)
        self.initial.setdefault("layout", "roll-60x80")
        if not batch.rolls:
            del self.fields["rolls"]
        filled = prefilled(self.chosen, batch, at)
        for field in self.chosen.fields:
            if field.kind in ("text", "ticks"):
                self.fields[f"f_{field.key}"] = _field(field, filled.get(field.key, ""))

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101
        field.choices = choices

    def clean_rolls(self) -> str:
        """Numbers of rolls that there are."""
        text: str = self.cleaned_data["rolls"]
        for number in numbers(text):
            if not 1 <= number <= self.batch.rolls:
                raise ValidationError(
                    _("没有第 %(number)s 卷：共 %(count)s 卷。"), params={"number": number, "count": self.batch.rolls}
                )
        return text

    def clean(self) -> dict[str, Any]:
        """The codes asked for must be of this batch."""
        cleaned = super().clean() or self.cleaned_data
        for name in ("first", "last"):
            if (cleaned.get(name) or 1) > self.batch.count:
                self.add_error(name, _("这一批只有 %(count)s 个码。") % {"count": self.batch.count})
        if not self.errors and (cleaned.get("first") or 1) > (cleaned.get("last") or self.batch.count):
            self.add_error("last", _("末尾的序号小于开头的序号。"))
        return cleaned

    def spans(self) -> list[tuple[int, int]]:
        """Which places (from 0) of the batch, first and last. Only after is_valid()."""
        held = self.cleaned_data
        size = self.batch.roll_size
        if size and held.get("rolls", "").strip():
            return [((n - 1) * size, min(n * size, self.batch.count) - 1) for n in numbers(held["rolls"])]
        return [((held.get("first") or 1) - 1, (held.get("last") or self.batch.count) - 1)]

    def values(self) -> dict[str, str]:
        """The template's values: as sent, or as filled in where nothing was sent."""
        found = {}
        for key, bound in self.own():
            value = self.cleaned_data.get(f"f_{key}") if self.is_bound else bound.initial
            found[key] = "、".join(value) if isinstance(value, list) else str(value or "").strip()
        return found

    def own(self) -> Iterator[tuple[str, Any]]:
        """The template's fields with their keys, as the page shows them."""
        for name in self.fields:
            if name.startswith("f_"):
                yield name.removeprefix("f_"), self[name]

    def options(self) -> list[Any]:
        """The fields that choose codes and paper."""
        return [self[name] for name in ("symbol", "rolls", "first", "last", "start") if name in self.fields]


def _field(field: labels.Field, value: str) -> forms.Field:
    label = field.name_en if english() else field.name
    if field.kind == "ticks":
        chosen = [each for each in value.split("、") if each]
        return forms.MultipleChoiceField(
            label=label,
            choices=[(each, each) for each in field.options],
            required=False,
            widget=forms.CheckboxSelectMultiple,
            initial=chosen,
        )
    attributes = {"placeholder": field.example} if field.example else {}
    return forms.CharField(
        label=label,
        required=False,
        max_length=FIELD_LENGTH,
        initial=value,
        widget=forms.TextInput(attrs=attributes),
    )


def default_template(batch: Batch) -> str:
    """The template that suits a batch: by its package level, else as the product's sector says, else by the product's category."""
    if special := TEMPLATE_OF_LEVEL.get(PackLevel(batch.series.level)):
        return special
    product = batch.series.product
    if product is None:
        return "plain"
    sector = sectors.all().get(product.kind.partition(".")[0])
    return (sector and sector.editions[0].label_template) or TEMPLATE_OF_CATEGORY.get(product.category, "general")


def prefilled(template: labels.Template, batch: Batch, at: date) -> dict[str, str]:
    """What the register and the issue log know of the fields. In Chinese: a label's language is the law's."""
    product = batch.series.product
    party = Party.objects.filter(code=batch.series.organisation.party).first()
    span = next(iter(queries.lots_of(batch, limit=1)), None)
    known: dict[str, Any] = {"issued": f"{at:%Y-%m-%d}"}
    if product:
        days = product.shelf_days
        known |= {"name": product.name, "spec": product.specification, "storage": product.storage}
        known["shelf_life"] = f"{days} 天" if days else ""
    if span:
        known |= {"lot": span.lot, "produced": span.produced_on or "", "expires": span.expires_on or ""}
    if party:
        known |= dict.fromkeys(MAKERS, party.name)
        known["contact"] = party.phone
        known["licence"] = _licence(party, product.category if product else "", at)
        place = Place.objects.filter(operator=party).exclude(region_name="").order_by("pk").first()
        known["origin"] = place.region_name if place else ""
    keys = {field.key for field in template.fields}
    return {key: str(value) for key, value in known.items() if key in keys and value}


def _licence(party: Party, category: str, at: date) -> str:
    need = needs().get(category)
    if not need:
        return ""
    valid = Licence.objects.filter(party=party, kind__in=need.kinds, valid_from_on__lte=at).exclude(valid_to_on__lt=at)
    found = valid.order_by("-valid_from_on").first()
    return found.number if found else ""
