"""The form of promise certificates: what the decree wants on them, filled from what the register knows."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from zhuisu import labels
from zhuisu.registry.issuing.errors import IssueError
from zhuisu.registry.models import Party, Place, Promise
from zhuisu.web.tables import neutral
from zhuisu.workspace.codes.label_form import english
from zhuisu.workspace.codes.orders import in_words
from zhuisu.workspace.promises.issuing import Lot, Wish, check_lot, quantity_text

# The label of each of the two forms; its ticks are the three bases of the decree, in the order of the profiles' choices.
TEMPLATES = {Promise.Form.PRODUCER: "farm-producer", Promise.Form.BUYER: "farm-buyer"}
BASES = ("control", "own_test", "outside_test")
TEXT = 200  # characters of one text: what the label holds in two lines
COMMON = ("origin", "party", "contact")
MAX_BACK_DAYS = 366  # a paper certificate that is entered later; fresh goods are eaten by then
MAX_AT_ONCE = 50  # certificates of one form: each is an event of its own; a farm's busiest day


class PromiseForm(forms.Form):
    """One or many certificates: the lots that are ticked, or one that is typed."""

    request_id = forms.UUIDField(widget=forms.HiddenInput)
    form = forms.ChoiceField(
        label=_("样式"), choices=Promise.Form.choices, widget=forms.RadioSelect, initial=Promise.Form.PRODUCER
    )
    basis = forms.MultipleChoiceField(
        label=_("承诺依据"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("请至少勾选一项承诺依据。")},
    )
    lots = forms.MultipleChoiceField(label=_("批次"), required=False, widget=forms.CheckboxSelectMultiple)
    code = forms.CharField(
        label=_("批次编码（可不填）"), required=False, max_length=TEXT,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false", "enterkeyhint": "next"}),
    )  # fmt: skip
    name = forms.CharField(label=_("产品名称"), required=False, max_length=TEXT)
    quantity = forms.CharField(
        label=_("数量（重量）"), required=False, max_length=40, help_text=_("连单位一起写，如 25 kg、10 箱。")
    )
    origin = forms.CharField(label=_("产地"), max_length=TEXT)
    party = forms.CharField(label=_("生产者或收购者"), max_length=TEXT)
    contact = forms.CharField(label=_("联系方式"), max_length=40, help_text=_("印在合格证上；网上查验页不显示。"))
    issued = forms.DateField(label=_("开具日期"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def __init__(self, data: QueryDict | None = None, *, lots: Sequence[Lot], today: date, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.offered = {each.epc: each for each in lots}
        self.today = today
        chosen, basis = self.fields["lots"], self.fields["basis"]
        assert isinstance(chosen, forms.MultipleChoiceField)  # noqa: S101
        assert isinstance(basis, forms.MultipleChoiceField)  # noqa: S101
        chosen.choices = [(each.epc, each.label) for each in lots]
        options = labels.templates()[TEMPLATES[Promise.Form.PRODUCER]].field("basis").options
        shown = ("Quality control meets the requirements", "Own test passed", "Commissioned test passed")
        basis.choices = list(zip(BASES, shown if english() else options, strict=True))

    def clean_issued(self) -> date:
        """Not in the future: a promise speaks of what is there; and not long ago, which is a slip of the hand."""
        issued: date = self.cleaned_data["issued"]
        if issued > self.today:
            raise ValidationError(_("开具日期不能晚于今天。"))
        if issued < self.today - timedelta(days=MAX_BACK_DAYS):
            raise ValidationError(_("开具日期不能早于一年前。"))
        return issued

    def clean_lots(self) -> list[str]:
        """Not more than one request carries."""
        lots: list[str] = self.cleaned_data["lots"]
        if len(lots) > MAX_AT_ONCE:
            raise ValidationError(_("一次最多开具 %(count)s 张。"), params={"count": MAX_AT_ONCE})
        return lots

    def clean(self) -> dict[str, Any]:
        """Some lot ticked, or one described."""
        cleaned = super().clean() or self.cleaned_data
        typed = any(cleaned.get(name) for name in ("code", "name", "quantity"))
        if not cleaned.get("lots") and not typed:
            self.add_error("name", _("请勾选批次，或填写产品名称和数量。"))
        if typed:
            try:
                cleaned["lot"] = check_lot(cleaned["code"]) if cleaned.get("code") else None
            except IssueError as wrong:
                self.add_error("code", in_words(wrong))
            if not cleaned.get("name") and not (cleaned.get("lot") and cleaned["lot"].name):
                self.add_error("name", _("请填写产品名称。"))
            if not cleaned.get("quantity"):
                self.add_error("quantity", _("请填写数量或重量，连同单位。"))
        for epc in cleaned.get("lots") or ():
            if not quantity_text(self.offered[epc]):
                self.add_error(
                    "lots", _("批次 %(lot)s 没有记录数量，请在下面单独开具。") % {"lot": self.offered[epc].label}
                )
        return cleaned

    def wishes(self) -> list[Wish]:
        """What is to be made. Only after is_valid()."""
        held = self.cleaned_data
        template = labels.templates()[TEMPLATES[Promise.Form(held["form"])]]
        options = template.field("basis").options
        basis = "、".join(options[BASES.index(each)] for each in BASES if each in held["basis"])
        common = {name: held[name] for name in COMMON} | {"basis": basis, "issued": f"{held['issued']:%Y-%m-%d}"}
        first = next(each for each in BASES if each in held["basis"])
        made = [
            Wish(
                {**common, "name": lot.name or lot.label, "quantity": quantity_text(lot)},
                first,
                held["form"],
                lot,
                line,
            )
            for line, lot in enumerate(self.offered[epc] for epc in held["lots"])
        ]
        if held.get("name") or held.get("quantity"):
            lot = held.get("lot")
            name = held["name"] or (lot.name if lot else "")
            said = {**common, "name": name, "quantity": held["quantity"]}
            made.append(Wish(said, first, held["form"], lot, len(made)))
        return made


def filled(party: Party | None, today: date) -> dict[str, Any]:
    """What the register knows of the common fields. In Chinese: a label's language is the law's."""
    if party is None:
        return {"issued": today}
    place = Place.objects.filter(operator=party).exclude(region_name="").order_by("pk").first()
    return {
        "party": party.name,
        "contact": party.phone,
        "origin": place.region_name if place else "",
        "issued": today,
    }


class ListForm(forms.Form):
    """What the list is narrowed to. Anything wrong in it is left out."""

    q = forms.CharField(required=False, max_length=100)
    form = forms.ChoiceField(required=False, choices=[("", _("两种样式")), *Promise.Form.choices])
    state = forms.ChoiceField(
        required=False, choices=[("", _("全部状态")), ("valid", _("有效")), ("void", _("已作废"))]
    )
    since = forms.DateField(required=False)
    until = forms.DateField(required=False)
    before = forms.IntegerField(required=False, min_value=1, max_value=2**62)


def cells(promise: Promise) -> list[str]:
    """One line of the export."""
    held = promise.certificate
    said = promise.said
    return [
        neutral(each)
        for each in (
            held.number, promise.get_form_display(), said.get("name"), said.get("quantity"), said.get("origin"),
            said.get("party"), said.get("basis"), said.get("issued"), held.about,
            _("已作废") if held.voided_at else _("有效"), promise.void_reason, promise.issued_by,
        )
    ]  # fmt: skip


HEADS = (
    _("编号"), _("样式"), _("产品名称"), _("数量（重量）"), _("产地"), _("生产者或收购者"), _("承诺依据"), _("开具日期"),
    _("批次编码"), _("状态"), _("作废原因"), _("经办"),
)  # fmt: skip
