"""Forms for codes: narrowing the list, an order, and which codes a change is about."""

import codecs
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from zhuisu.accounts.models import Organisation
from zhuisu.registry.issuing import services
from zhuisu.registry.issuing.selections import MOST_CODES, MOST_ROLLS
from zhuisu.registry.models import Batch, PackLevel, Product
from zhuisu.web import words
from zhuisu.workspace.codes.reads import DONE, own_products

LIST_LIMIT = 2 * 1024 * 1024  # octets of a list of codes: the most codes of one change, in their shortest form
REASON_LENGTH = services.MAX_TEXT


def day(label: Any, help_text: Any = "") -> forms.DateField:
    """A date, chosen from the browser's calendar."""
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, widget=widget, help_text=help_text)


class ListForm(forms.Form):
    """What the list of batches is narrowed to. Anything wrong in it is left out."""

    q = forms.CharField(required=False, max_length=100)
    level = forms.ChoiceField(required=False, choices=[("", _("全部层级")), *PackLevel.choices])
    done = forms.ChoiceField(required=False, choices=[("", _("全部状态")), *DONE.items()])
    since = forms.DateField(required=False)
    until = forms.DateField(required=False)
    before = forms.IntegerField(required=False, min_value=1, max_value=2**62)


class ProductField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A product, by its name and specification in the reader's language."""

    def label_from_instance(self, obj: Product) -> str:
        """What the list says of a product."""
        return words.listed(words.said(obj, "name"), words.said(obj, "specification"))


class OrderForm(forms.Form):
    """An order of codes. What may be ordered is decided by registry.issuing; its refusals come back to these fields."""

    product = ProductField(
        queryset=Product.objects.none(),
        label=_("产品"),
        required=False,
        empty_label=_("不对应产品（物流或内部用码）"),
        help_text=_("有商品条码（GTIN）的产品，标签上是“商品条码 + 序列号”；没有的，用平台自编码。"),
    )
    level = forms.ChoiceField(label=_("包装层级"), choices=PackLevel.choices, initial=PackLevel.ITEM)
    count = forms.IntegerField(
        label=_("数量"),
        min_value=1,
        max_value=services.MAX_ORDER,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        help_text=_("一次最多 1,000 万个。"),
    )
    roll_size = forms.IntegerField(
        label=_("每卷数量"),
        required=False,
        min_value=1,
        max_value=services.MAX_ROLL,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        help_text=_("预印成卷的标签填写；之后可以整卷启用。"),
    )
    lot = forms.CharField(
        label=_("批号"), required=False, max_length=services.MAX_LOT, help_text=_("还不知道的，可以在启用时再填。")
    )
    produced_on = day(_("生产日期"))
    expires_on = day(_("有效期至"))
    note = forms.CharField(label=_("备注"), required=False, max_length=services.MAX_TEXT)
    active = forms.BooleanField(label=_("立即启用（边印边贴时勾选；预印的标签请在上线时再启用）"), required=False)
    request_id = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        product = self.fields["product"]
        assert isinstance(product, ProductField)  # noqa: S101
        product.queryset = own_products(organisation)
        product.initial = product.queryset.first()  # codes without a product are the exception, and are chosen


class ChangeForm(forms.Form):
    """Which codes change, and with what. `whole` and `rolls` are only offered where a batch is at hand."""

    how = forms.ChoiceField(label=_("哪些码"), widget=forms.RadioSelect)
    rolls = forms.CharField(label=_("卷号"), required=False, max_length=2000, help_text=_("如 3 或 1-4,7；从 1 数起。"))
    first = forms.CharField(label=_("第一个码"), required=False, max_length=300)
    last = forms.CharField(label=_("最后一个码"), required=False, max_length=300)
    texts = forms.CharField(
        label=_("码的清单"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "autocomplete": "off", "autocapitalize": "off"}),
        help_text=_("一行一个，可用扫码枪连续扫入。"),
    )
    file = forms.FileField(
        label=_("或清单文件"),
        required=False,
        help_text=_("文本文件，一行一个码，最多 10 万个。"),
        widget=forms.FileInput(attrs={"accept": ".txt,.csv,text/plain"}),
        error_messages={"empty": _("文件是空的。")},
    )
    lot = forms.CharField(label=_("批号"), required=False, max_length=services.MAX_LOT)
    produced_on = day(_("生产日期"))
    expires_on = day(_("有效期至"))
    reason = forms.CharField(label=_("原因"), required=False, max_length=REASON_LENGTH)

    def __init__(self, *args: Any, verb: str, batch: Batch | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.verb, self.batch = verb, batch
        choices = [("codes", _("列出的码")), ("between", _("从某一个到某一个"))]
        if batch is not None:
            rolls = [("rolls", _("按卷"))] if batch.rolls else []
            choices = [("whole", _("本批全部")), *rolls, *choices]
        how = self.fields["how"]
        assert isinstance(how, forms.ChoiceField)  # noqa: S101
        how.choices, how.initial = choices, choices[0][0]
        if verb != "activate":
            for name in ("lot", "produced_on", "expires_on"):
                del self.fields[name]
        if verb == "activate":
            del self.fields["reason"]
        elif verb == "void":
            self.fields["reason"].required = True
            self.fields["reason"].help_text = _("会写入赋码记录，如：印刷破损、设备故障、召回销毁。")

    def clean_file(self) -> "UploadedFile[Any] | None":
        """Not more than the limit."""
        file: UploadedFile[Any] | None = self.cleaned_data.get("file")
        if file and (file.size or 0) > LIST_LIMIT:
            raise ValidationError(_("文件超过 2 MB，请拆分，或按卷、按首尾两个码来选。"))
        return file

    def clean_rolls(self) -> str:
        """Numbers and stretches of numbers."""
        text: str = self.cleaned_data["rolls"]
        if text.strip():
            numbers(text)
        return text

    def clean(self) -> dict[str, Any]:
        """What the chosen way needs must be there."""
        cleaned = super().clean() or self.cleaned_data
        how = cleaned.get("how")
        if how == "rolls" and not self.errors.get("rolls") and not cleaned.get("rolls", "").strip():
            self.add_error("rolls", _("请填写卷号。"))
        if how == "between":
            for name in ("first", "last"):
                if not cleaned.get(name, "").strip():
                    self.add_error(name, _("请填写或扫入这个码。"))
        if how == "codes" and "file" not in self.errors:
            if cleaned.get("file") and cleaned.get("texts", "").strip():
                self.add_error("texts", _("文件和粘贴内容请只提供一种。"))
            elif not self.listed():
                self.add_error("texts", _("请列出码，或选择文件。"))
            elif len(self.listed()) > MOST_CODES:
                self.add_error("texts", _("一次最多 10 万个；更多的请按卷或按首尾两个码来选。"))
        return cleaned

    def listed(self) -> list[str]:
        """The codes of the list or the file, blank lines left out."""
        file: UploadedFile[Any] | None = self.cleaned_data.get("file")
        text = self.cleaned_data.get("texts") or ""
        if file:
            file.seek(0)
            text = decoded(file.read())
        return [line.strip() for line in text.splitlines() if line.strip()]

    def selection(self) -> services.Selection:
        """What registry.issuing is asked to change. Only after is_valid()."""
        how = self.cleaned_data["how"]
        if how == "codes":
            return services.Codes(tuple(self.listed()))
        if how == "between":
            return services.Between(self.cleaned_data["first"], self.cleaned_data["last"])
        assert self.batch is not None  # noqa: S101
        if how == "whole":
            return services.Whole(self.batch)
        return services.Rolls(self.batch, numbers(self.cleaned_data["rolls"]))


def numbers(text: str) -> tuple[int, ...]:
    """The numbers of "1-4,7", in order, each once. Raises ValidationError."""
    found: set[int] = set()
    for piece in text.replace("，", ",").replace("、", ",").replace("–", "-").replace("—", "-").split(","):
        first, dash, last = (each.strip() for each in piece.partition("-"))
        if not first and not dash:
            continue
        if not (first.isdecimal() and (last.isdecimal() or not dash)) or len(first) > 7 or len(last) > 7:
            raise ValidationError(
                _("“%(text)s”不是卷号；请写成 3 或 1-4,7 的样子。"), params={"text": piece.strip()[:40]}
            )
        low, high = int(first), int(last or first)
        if high < low or high - low >= MOST_ROLLS or len(found) > MOST_ROLLS:
            raise ValidationError(_("“%(text)s”的先后颠倒，或者一次选了太多卷。"), params={"text": piece.strip()[:40]})
        found.update(range(low, high + 1))
    return tuple(sorted(found))


def decoded(octets: bytes) -> str:
    """The text of a file that an office program or a scanner wrote: UTF-16 if it says so, UTF-8, else the Chinese encodings."""
    marked = octets.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "gb18030"):
        try:
            return octets.decode(encoding)
        except UnicodeDecodeError:
            continue
    return octets.decode("utf-8", "replace")
