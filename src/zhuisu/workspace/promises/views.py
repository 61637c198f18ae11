"""The pages of promise certificates: list and export, issue, one with its print and void."""

import csv
import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhuisu import epcis, labels
from zhuisu.accounts.models import Person
from zhuisu.accounts.services import record
from zhuisu.events.services import Refused
from zhuisu.registry import queries as registry
from zhuisu.registry.issuing.errors import IssueError
from zhuisu.registry.models import Promise
from zhuisu.registry.promises import queries
from zhuisu.registry.promises.queries import Asked
from zhuisu.web.doors import signed_in
from zhuisu.workspace.codes.label_form import english
from zhuisu.workspace.codes.orders import in_words
from zhuisu.workspace.promises import issuing
from zhuisu.workspace.promises.forms import HEADS, TEMPLATES, ListForm, PromiseForm, cells, filled
from zhuisu.workspace.rights import denied, may_capture, rights_of

PAGE = 30  # certificates of a page
EXPORT_LIMIT = 10_000  # rows of an export: built in memory, a few megabytes
PRINT_LIMIT = 200  # labels of one PDF: a second or two
PAPERS = ("a4-105x148", "roll-100x150", "roll-100x100", "roll-80x60", "roll-60x80", "a4-99x68")


@require_GET
@signed_in
def listed(request: HttpRequest, person: Person) -> HttpResponse:
    """The certificates, newest first."""
    asked, form = _asked(request)
    found = list(queries.promises(person.organisation, asked)[: PAGE + 1])
    context = {
        "rows": found[:PAGE],
        "older": found[PAGE - 1].pk if len(found) > PAGE else None,
        "asked": asked,
        "form": form,
        **rights_of(person),
    }
    return render(request, "workspace/promises/list.html", context)


@require_GET
@signed_in
def export(request: HttpRequest, person: Person) -> HttpResponse:
    """The same list as CSV for a spreadsheet."""
    asked, _form = _asked(request)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="promise-certificates.csv"'
    response.write("\ufeff")  # else a spreadsheet takes UTF-8 for GBK
    writer = csv.writer(response)
    writer.writerow([str(each) for each in HEADS])
    writer.writerows(cells(each) for each in queries.promises(person.organisation, asked)[:EXPORT_LIMIT])
    return response


@require_http_methods(["GET", "POST"])
@signed_in
def issue(request: HttpRequest, person: Person) -> HttpResponse:
    """Issue one or many."""
    if not may_capture(person):
        return denied(request, person)
    at = timezone.now()
    today = timezone.localdate(at)
    lots = issuing.recent_lots(person.organisation, at)
    party = registry.parties([person.organisation.party]).get(person.organisation.party)
    if request.method == "GET":
        start = {**filled(party, today), "request_id": uuid.uuid4(), "lots": request.GET.getlist("lot")}
        return _page(request, person, PromiseForm(None, lots=lots, today=today, initial=start))
    form = PromiseForm(request.POST, lots=lots, today=today)
    if not form.is_valid():
        return _page(request, person, form, 422)
    try:
        made = issuing.issue(
            form.wishes(),
            organisation=person.organisation,
            by=f"person:{person.username}",
            at=at,
            on=form.cleaned_data["issued"],
            request=str(form.cleaned_data["request_id"]),
            issuer=party.name if party else person.organisation.name,
            issuer_en=party.name_en if party else person.organisation.name_en,
        )
    except Refused as wrong:
        for reason in wrong.refusals[0].reasons:
            form.add_error(None, in_words(reason))
        return _page(request, person, form, 422)
    except (IssueError, epcis.DocumentError) as wrong:
        form.add_error(None, in_words(wrong))
        return _page(request, person, form, 422)
    said = ngettext("已开具 %(count)s 张合格证。", "已开具 %(count)s 张合格证。", len(made)) % {"count": len(made)}
    messages.success(request, said)
    if len(made) == 1:
        return redirect("desk-promise", number=made[0].certificate.number)
    return redirect("desk-promises")


@require_GET
@signed_in
def one(request: HttpRequest, person: Person, number: str) -> HttpResponse:
    """One certificate: what stands on it, its print, whether it is void."""
    promise = _promise_or_404(person, number)
    context = {
        "promise": promise,
        "template": _template(promise),
        "rows": [((english() and each.name_en) or each.name, promise.said.get(each.key) or each.text)
                 for each in _template(promise).fields if promise.said.get(each.key) or each.text],
        "papers": [(key, labels.LAYOUTS[key].name_en if english() else labels.LAYOUTS[key].name) for key in PAPERS],
        "link": _link(request, promise),
        "symbol": labels.symbol("qr", _link(request, promise)).svg(),
        "mine": promise.organisation_id == person.organisation_id,
        "limit": PRINT_LIMIT,
        **rights_of(person),
    }  # fmt: skip
    return render(request, "workspace/promises/one.html", context)


@require_GET
@signed_in
def printed(request: HttpRequest, person: Person, number: str) -> HttpResponse:
    """The labels of one certificate as a PDF; `paper` and `copies` as asked."""
    promise = _promise_or_404(person, number)
    paper, copies = request.GET.get("paper", PAPERS[0]), request.GET.get("copies", "1")
    count = int(copies) if copies.isascii() and copies.isdigit() and len(copies) < 4 else 1
    if paper not in PAPERS or not 1 <= count <= PRINT_LIMIT or promise.certificate.voided_at:
        raise Http404
    label = labels.Label(_template(promise), promise.said, promise.certificate.number, _link(request, promise))
    try:
        octets = labels.pdf([label] * count, labels.LAYOUTS[paper])
    except labels.LabelError as wrong:
        messages.error(request, in_words(wrong))
        return redirect("desk-promise", number=promise.certificate.number)
    record(
        "promise.print", by=f"person:{person.username}", at=timezone.now(), organisation=person.organisation,
        target=f"promise:{promise.certificate.number}", count=count, paper=paper,
    )  # fmt: skip
    response = HttpResponse(octets, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="promise-{promise.certificate.number}.pdf"'
    return response


@require_POST
@signed_in
def void(request: HttpRequest, person: Person, number: str) -> HttpResponse:
    """Void one, with a reason."""
    if not may_capture(person):
        return denied(request, person)
    promise = _promise_or_404(person, number)
    try:
        issuing.void(
            promise,
            organisation=person.organisation,
            by=f"person:{person.username}",
            at=timezone.now(),
            reason=request.POST.get("reason", "").replace("\x00", ""),
        )
        messages.success(request, _("合格证已作废；网上查验会显示“已作废”。"))
    except IssueError as wrong:
        messages.error(request, in_words(wrong))
    return redirect("desk-promise", number=promise.certificate.number)


def _page(request: HttpRequest, person: Person, form: PromiseForm, status: int = 200) -> HttpResponse:
    chosen = form["lots"].value() or []
    context = {
        "form": form,
        "lots": [(each, issuing.quantity_text(each), each.epc in chosen) for each in form.offered.values()],
        "typed": bool(form["name"].value() or form["code"].value() or not form.offered),
        **rights_of(person),
    }
    return render(request, "workspace/promises/issue.html", context, status=status)


def _promise_or_404(person: Person, number: str) -> Promise:
    """A certificate that the person may see; whether another one exists is not said here."""
    found = queries.by_number(number)
    if found is None or not queries.promises(person.organisation, Asked()).filter(pk=found.pk).exists():
        raise Http404
    return found


def _template(promise: Promise) -> labels.Template:
    return labels.templates()[TEMPLATES[Promise.Form(promise.form)]]


def _link(request: HttpRequest, promise: Promise) -> str:
    return f"{request.scheme}://{request.get_host()}/promise/{promise.certificate.number}"


def _asked(request: HttpRequest) -> tuple[Asked, ListForm]:
    form = ListForm(request.GET)
    form.is_valid()
    held: dict[str, Any] = form.cleaned_data
    search = (held.get("q") or "").replace("\x00", "").strip()
    asked = Asked(
        search,
        held.get("form") or "",
        held.get("state") or "",
        held.get("since"),
        held.get("until"),
        held.get("before"),
    )
    return asked, form
