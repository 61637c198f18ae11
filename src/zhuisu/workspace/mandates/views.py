"""Whom we let record for us, and who lets us record for them: a list, a form to give, a page to withdraw."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from zhuisu import sectors
from zhuisu.accounts.models import Organisation, Person
from zhuisu.registry.issuing.errors import IssueError
from zhuisu.registry.issuing.rights import party_of
from zhuisu.registry.mandates import queries, services
from zhuisu.registry.models import Mandate, Party
from zhuisu.registry.queries import parties
from zhuisu.web.doors import signed_in
from zhuisu.workspace.records import reads
from zhuisu.workspace.records.lists import sector_names
from zhuisu.workspace.records.said import told
from zhuisu.workspace.rights import denied, may_capture, rights_of

PAGE = 30  # mandates of a page
MAX_SEARCH = 60  # characters of a search: a name or a code


class MandateForm(forms.Form):
    """A new mandate."""

    holder = forms.CharField(
        label=_("受托主体的编码"), max_length=120, help_text=_("统一社会信用代码或 GLN。"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}),
    )  # fmt: skip
    sector = forms.ChoiceField(label=_("行业"), required=False)
    valid_from_on = forms.DateField(
        label=_("起始日"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("此前已经代记的作业要算作本单位的，可以填过去的日期。"),
    )  # fmt: skip
    valid_to_on = forms.DateField(
        label=_("截止日"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("留空：一直有效，直到撤回。"),
    )  # fmt: skip
    note = forms.CharField(label=_("书面授权编号"), required=False, max_length=120)

    def __init__(self, person: Person, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        choices: Any = self.fields["sector"]
        choices.choices = [("", _("全部行业")), *sector_names(person)]

    def clean_holder(self) -> Party:
        """The party behind the code."""
        text = self.cleaned_data["holder"].strip()
        code = reads.canonical(text)
        found = parties([code]).get(code)
        if found is None:
            raise forms.ValidationError(_("登记簿里没有这个主体，请核对编码。"))
        return found


class WithdrawForm(forms.Form):
    """The last day of a mandate."""

    last_on = forms.DateField(
        label=_("最后有效日"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("这一天及以前代记的作业仍由本单位负责。"),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One mandate as a line. `state`: ended, coming, holds."""

    mandate: Mandate
    other: Party
    sector: str
    state: str


@require_http_methods(["GET", "POST"])
@signed_in
def page(request: HttpRequest, person: Person) -> HttpResponse:
    """The mandates on one side, a page at a time; sent, one more is given."""
    party = party_of(person.organisation)
    if not may_capture(person) or (request.method == "POST" and not _may_give(person)):
        return denied(request, person)
    today = timezone.localdate()
    form = MandateForm(person, request.POST if request.method == "POST" else None, initial={"valid_from_on": today})
    if request.method == "POST" and party is not None and form.is_valid() and _given(person, party, form):
        messages.success(request, now("已授权。"))
        return redirect("desk-mandates")
    side = "held" if request.GET.get("side") == "held" else "given"
    search = request.GET.get("q", "").replace("\x00", "").strip()[:MAX_SEARCH]
    before = _number(request.GET.get("before", ""))
    sides: dict[str, Any] = {"giver" if side == "given" else "holder": party}
    found = queries.mandates(**sides, search=search, before=before, limit=PAGE + 1) if party else []
    context = {
        "form": form, "party": party, "side": side, "search": search, "before": before,
        "rows": [_row(one, side, today) for one in found[:PAGE]],
        "older": found[PAGE - 1].pk if len(found) > PAGE else None,
        "may_give": _may_give(person), **rights_of(person),
    }  # fmt: skip
    return render(request, "workspace/mandates/list.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@signed_in
def withdraw(request: HttpRequest, person: Person, number: int) -> HttpResponse:
    """Ask for the last day, then end a mandate of ours."""
    if not _may_give(person):
        return denied(request, person)
    party = party_of(person.organisation)
    held = Mandate.objects.select_related("holder").filter(pk=number, giver=party).first() if party else None
    today = timezone.localdate()
    if held is None or _state(held, today) == "ended":
        raise Http404
    form = WithdrawForm(request.POST if request.method == "POST" else None, initial={"last_on": today})
    if request.method == "POST" and form.is_valid():
        try:
            services.withdraw_mandate(held, last_on=form.cleaned_data["last_on"], **_who(person))
            messages.success(request, now("已撤回。"))
            return redirect("desk-mandates")
        except IssueError as wrong:
            form.add_error("last_on", _said(wrong))
    context = {"form": form, "row": _row(held, "given", today), **rights_of(person)}
    return render(request, "workspace/mandates/withdraw.html", context, status=422 if form.errors else 200)


def _may_give(person: Person) -> bool:
    """Whoever lets others act for the enterprise must be its administrator."""
    return may_capture(person) and person.role == Person.Role.ADMIN


def _given(person: Person, party: Party, form: MandateForm) -> bool:
    held = form.cleaned_data
    try:
        services.give_mandate(
            party, held["holder"], held["sector"], valid_from_on=held["valid_from_on"], valid_to_on=held["valid_to_on"],
            note=held["note"].replace("\x00", ""), **_who(person),
        )  # fmt: skip
    except IssueError as wrong:
        form.add_error(wrong.field if wrong.field in form.fields else None, _said(wrong))
        return False
    return True


def _who(person: Person) -> dict[str, Any]:
    organisation: Organisation = person.organisation
    at: datetime = timezone.now()
    return {"by": f"person:{person.username}"[:120], "at": at, "organisation": organisation}


def _said(wrong: IssueError) -> str:
    return wrong.message_zh if (get_language() or "zh").startswith("zh") else wrong.message


def _row(one: Mandate, side: str, today: date) -> Row:
    held = sectors.all().get(one.sector)
    name = told(held.editions[0].name) if held else one.sector or now("全部行业")
    return Row(one, one.holder if side == "given" else one.giver, name, _state(one, today))


def _state(one: Mandate, today: date) -> str:
    if one.valid_to_on is not None and one.valid_to_on < max(today, one.valid_from_on):
        return "ended"
    return "coming" if one.valid_from_on > today else "holds"


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
