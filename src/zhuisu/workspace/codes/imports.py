"""Codes of other authorities: a list, a number range or a parent-child file is taken over; and putting things into packages."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from zhuisu import codes
from zhuisu.accounts.models import Organisation, Person
from zhuisu.codes.model import PERSONAL
from zhuisu.events.packing import MAX_CHILDREN, PackRefused, import_tree, pack, unpack
from zhuisu.registry.issuing import queries, services
from zhuisu.registry.issuing.errors import IssueError
from zhuisu.registry.issuing.files import MAX_FILE
from zhuisu.registry.issuing.imports import About, Imported
from zhuisu.registry.models import Product
from zhuisu.web import words
from zhuisu.web.doors import signed_in
from zhuisu.workspace.codes.forms import ProductField, day
from zhuisu.workspace.codes.orders import in_words
from zhuisu.workspace.codes.reads import own_products
from zhuisu.workspace.rights import denied, may_capture, rights_of

SHOWN_LIMIT = 30  # imported batches on the page; the newest
REFUSED_LIMIT = 200  # lines refused that are shown: whoever has more has sent the wrong file
# Schemes that number single things; what people import most stands first.
FIRST = ("cn.drug_trace_msfx", "cn.pesticide_unit32", "cn.vetdrug_trace24", "cn.livestock_tag15", "cn.detonator13")
LEVELS = (codes.Level.INSTANCE, codes.Level.PACKAGE, codes.Level.ASSET, codes.Level.OTHER)


def importable() -> list[tuple[str, str]]:
    """The schemes to choose from, with their names."""
    known = codes.schemes()
    fit = [name for name in known if known[name].level in LEVELS and name not in PERSONAL | {"uri", "zs.unit"}]
    ordered = [*FIRST, *sorted(name for name in fit if name not in FIRST)]
    return [(name, words.scheme(name)) for name in ordered if name in fit]


class ImportForm(forms.Form):
    """Codes that another authority has issued, in one of three shapes."""

    scheme = forms.ChoiceField(label=_("码的种类"), choices=importable)
    kind = forms.ChoiceField(
        label=_("怎样给出"),
        widget=forms.RadioSelect,
        initial="list",
        choices=[
            ("list", _("清单：一行一个码")),
            ("tree", _("包装关系：一行写小码、中码、大码")),
            ("range", _("号段：从首号到末号，纯数字连号")),
        ],
    )
    file = forms.FileField(
        label=_("文件"),
        required=False,
        help_text=_("主管平台导出的文本或 CSV，UTF-8 或 GBK，最大 64 MB。"),
        widget=forms.FileInput(attrs={"accept": ".txt,.csv,text/plain,text/csv"}),
        error_messages={"empty": _("文件是空的。")},
    )
    first = forms.CharField(label=_("首号"), required=False, max_length=300)
    last = forms.CharField(label=_("末号"), required=False, max_length=300)
    product = ProductField(queryset=Product.objects.none(), label=_("产品"), required=False, empty_label=_("不指明"))
    lot = forms.CharField(label=_("批号"), required=False, max_length=services.MAX_LOT)
    produced_on = day(_("生产日期"))
    expires_on = day(_("有效期至"))
    note = forms.CharField(label=_("备注"), required=False, max_length=services.MAX_TEXT)

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        product = self.fields["product"]
        assert isinstance(product, ProductField)  # noqa: S101
        product.queryset = own_products(organisation)

    def clean_file(self) -> "UploadedFile[Any] | None":
        """Not more than is read."""
        file: UploadedFile[Any] | None = self.cleaned_data.get("file")
        if file and (file.size or 0) > MAX_FILE:
            raise ValidationError(_("文件超过 64 MB，请拆分。"))
        return file

    def clean(self) -> dict[str, Any]:
        """What the chosen shape needs must be there."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("kind") == "range":
            for name in ("first", "last"):
                if not cleaned.get(name):
                    self.add_error(name, _("请填写。"))
        elif not cleaned.get("file") and "file" not in self.errors:
            self.add_error("file", _("请选择文件。"))
        return cleaned

    def about(self) -> About:
        """What is said of all codes."""
        held = self.cleaned_data
        return About(held["product"], held["lot"], held["produced_on"], held["expires_on"], held["note"])


class PackForm(forms.Form):
    """Which package, and what goes into it or comes out of it."""

    action = forms.ChoiceField(
        label=_("做什么"),
        widget=forms.RadioSelect,
        initial="pack",
        choices=[("pack", _("装入")), ("unpack", _("取出"))],
    )
    parent = forms.CharField(
        label=_("外包装的码"),
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
        help_text=_("箱、托盘或物流单元的码；可用扫码枪扫入。"),
    )
    children = forms.CharField(
        label=_("里面的码"),
        required=False,
        widget=forms.Textarea(
            attrs={"rows": 10, "spellcheck": "false", "autocomplete": "off", "autocapitalize": "off"}
        ),
        help_text=_("一行一个，可连续扫入，最多 5,000 个。全部取出时可留空。"),
    )
    place = forms.CharField(label=_("地点码"), required=False, max_length=300, help_text=_("位置码（GLN）；可不填。"))

    def clean_place(self) -> str:
        """A code that names a place, or nothing."""
        text: str = self.cleaned_data["place"].strip()
        if text:
            try:
                codes.parse(text)
            except codes.CodeError as error:
                raise ValidationError(in_words(error)) from None
        return text

    def clean(self) -> dict[str, Any]:
        """Packing needs something to pack."""
        cleaned = super().clean() or self.cleaned_data
        listed = self.listed()
        if cleaned.get("action") == "pack" and not listed:
            self.add_error("children", _("请列出装入的码。"))
        elif len(listed) > MAX_CHILDREN:
            self.add_error("children", _("一次最多 5,000 个。"))
        return cleaned

    def listed(self) -> list[str]:
        """The codes inside, blank lines left out."""
        return [line.strip() for line in (self.cleaned_data.get("children") or "").splitlines() if line.strip()]


@require_http_methods(["GET", "POST"])
@signed_in
def take_over(request: HttpRequest, person: Person) -> HttpResponse:
    """Import codes of another authority; do=check only looks."""
    if not may_capture(person):
        return denied(request, person)
    if request.method == "GET":
        return _import_page(request, person, ImportForm(organisation=person.organisation))
    form = ImportForm(request.POST, request.FILES, organisation=person.organisation)
    if not form.is_valid():
        return _import_page(request, person, form, status=422)
    check = request.POST.get("do") == "check"
    try:
        done = _taken(form, person, check)
    except IssueError as error:
        name = {"content": "file", "first": "first", "last": "last"}.get(error.field, error.field)
        form.add_error(name if name in form.fields else None, in_words(error))
        return _import_page(request, person, form, status=422)
    except PackRefused as error:
        return _import_page(request, person, form, refused=error.refused, status=422)
    if done.refused:
        return _import_page(request, person, form, refused=done.refused, status=422)
    if check and not done.again:
        said = ngettext("检查通过：%(count)s 个码都可以导入。", "检查通过：%(count)s 个码都可以导入。", done.count)
        messages.success(request, said % {"count": f"{done.count:,}"})
        return _import_page(request, person, form)
    if done.again:
        messages.warning(request, now("这个文件此前已经导入过，没有重复导入。"))
    else:
        said = ngettext("已导入 %(count)s 个码。", "已导入 %(count)s 个码。", done.count)
        messages.success(request, said % {"count": f"{done.count:,}"})
    return redirect("desk-codes-import")


def _taken(form: ImportForm, person: Person, check: bool) -> Imported:
    held = form.cleaned_data
    who: dict[str, Any] = {
        "organisation": person.organisation,
        "scheme": held["scheme"],
        "by": f"person:{person.username}",
        "at": timezone.now(),
        "about": form.about(),
    }
    if held["kind"] == "range":
        return services.import_range(first=held["first"], last=held["last"], dry_run=check, **who)
    content = held["file"].read()
    if held["kind"] == "tree" and not check:
        done, _receipts = import_tree(content=content, **who)
        return done
    return services.import_codes(content=content, tree=held["kind"] == "tree", dry_run=check, **who)


def _import_page(
    request: HttpRequest,
    person: Person,
    form: ImportForm,
    refused: tuple[services.Refused, ...] = (),
    status: int = 200,
) -> HttpResponse:
    known = queries.imported_batches_of(person.organisation, limit=SHOWN_LIMIT)
    context = {
        "form": form,
        "refused": [(one.position, one.text, in_words(one)) for one in refused[:REFUSED_LIMIT]],
        "omitted": max(0, len(refused) - REFUSED_LIMIT),
        "imported": [(one, words.scheme(one.scheme)) for one in known],
        **rights_of(person),
    }
    return render(request, "workspace/codes_import.html", context, status=status)


@require_http_methods(["GET", "POST"])
@signed_in
def packing(request: HttpRequest, person: Person) -> HttpResponse:
    """Put things into a package, or take them out."""
    if not may_capture(person):
        return denied(request, person)
    form = PackForm(request.POST or None)
    refused: tuple[services.Refused, ...] = ()
    if request.method == "POST" and form.is_valid():
        held, listed = form.cleaned_data, form.listed()
        do = pack if held["action"] == "pack" else unpack
        try:
            receipt = do(
                held["parent"].strip(),
                listed,
                organisation=person.organisation,
                by=f"person:{person.username}",
                at=timezone.now(),
                place=held["place"],
            )
            said = now("已记录装箱。") if held["action"] == "pack" else now("已记录拆箱。")
            messages.success(request, said)
            return redirect("desk-capture", token=receipt.token)
        except PackRefused as error:
            refused = error.refused
    context = {
        "form": form,
        # Position 1 is the package; people count what they have listed.
        "refused": [(one.position - 1, one.text, in_words(one)) for one in refused[:REFUSED_LIMIT]],
        "omitted": max(0, len(refused) - REFUSED_LIMIT),
        **rights_of(person),
    }
    return render(request, "workspace/codes_pack.html", context, status=422 if form.errors or refused else 200)
