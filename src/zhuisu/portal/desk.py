"""The desk of someone who signed in: what the organisation sent lately, sending a document, and keys for its systems."""

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from zhuisu import epcis
from zhuisu.accounts import services as accounts
from zhuisu.accounts.models import ApiKey, Organisation, Person
from zhuisu.accounts.queries import keys_of
from zhuisu.events.queries import Job, capture_job, capture_jobs
from zhuisu.events.scope import scope_of
from zhuisu.events.services import Refused, receive
from zhuisu.portal import words
from zhuisu.registry.queries import parties

from .desk_forms import KeyForm, ListForm, SignInForm, UploadForm

PAGE = 30  # captures of a page
EXPORT_LIMIT = 10_000  # rows of an export: a few megabytes, built in memory
EXPORT_STEP = 500
VERDICTS_LIMIT = 500  # rows of the table of verdicts; the machine's door gives all
REFILL_LIMIT = 200_000  # octets of a refused file that come back into the box, to be mended there

DeskView = Callable[..., HttpResponse]


class SignIn(LoginView):
    """Name and password."""

    template_name = "portal/desk/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_redirect_url(self, _request: HttpRequest | None = None) -> str:
        """Where to go afterwards, but never back to this page: for someone signed in that would be a circle."""
        wanted = super().get_redirect_url()
        return "" if wanted.startswith(self.request.path) else wanted

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Write down who came in."""
        person = form.get_user()
        if isinstance(person, Person):
            accounts.note_sign_in(person, address=self.request.META.get("REMOTE_ADDR", ""), at=timezone.now())
        return super().form_valid(form)


@method_decorator(never_cache, name="dispatch")
class SignOut(LogoutView):
    """By POST only, so that no link of a stranger can do it."""


def signed_in(view: DeskView) -> DeskView:
    """A view that gets the person beside the request; others are asked to sign in. Its pages are never stored by a browser."""

    @never_cache
    @login_required
    @wraps(view)
    def inner(request: HttpRequest, **values: Any) -> HttpResponse:
        if not isinstance(request.user, Person):
            raise PermissionDenied
        return view(request, request.user, **values)

    return inner


def may_capture(person: Person) -> bool:
    """Enterprises record; authorities and readers look."""
    return person.organisation.kind == Organisation.Kind.ENTERPRISE and person.role != Person.Role.READER


def may_manage_keys(person: Person) -> bool:
    """Whoever has a key acts for the whole organisation."""
    return person.role == Person.Role.ADMIN


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table of verdicts. `number` counts events from 1, as people do."""

    number: int
    verdict: str
    event_id: str | None
    path: str
    reason: str
    rule: str


@require_GET
@signed_in
def desk(request: HttpRequest, person: Person) -> HttpResponse:
    """What was sent lately, by this organisation or by those that it answers for."""
    asked = _asked(request)
    found = capture_jobs(scope_of(person.organisation), limit=PAGE + 1, **asked)
    shown = found[:PAGE]
    names = _names(shown)
    context = {
        "rows": [(job, names.get(job.organisation, "")) for job in shown],
        "export_limit": EXPORT_LIMIT,
        "sums": {
            name: sum(getattr(job, name) or 0 for job in shown)
            for name in ("accepted", "duplicate", "conflict", "refused")
        },
        "older": shown[-1].id if len(found) > PAGE else None,
        "asked": asked,
        "outcomes": ListForm.base_fields["outcome"].choices,  # type: ignore[attr-defined]
        **_rights(person),
    }
    return render(request, "portal/desk/desk.html", context)


@require_GET
@signed_in
def export(request: HttpRequest, person: Person) -> HttpResponse:
    """The same list as CSV for a spreadsheet."""
    asked = _asked(request)
    scope = scope_of(person.organisation)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="captures.csv"'
    response.write("\ufeff")  # else a spreadsheet takes UTF-8 for GBK
    writer = csv.writer(response)
    writer.writerow(
        (
            *(_("上报编号"), _("主体"), _("上报人"), _("收到时间"), _("完成时间"), _("结果")),
            *(_("入库"), _("重复"), _("冲突"), _("退回")),
        )
    )
    written = 0
    while found := capture_jobs(scope, limit=EXPORT_STEP, **asked):
        if written >= EXPORT_LIMIT:
            text = _("已到 %(count)s 行的上限，更早的没有导出：请用条件缩小范围后再导出。")
            writer.writerow([text % {"count": EXPORT_LIMIT}])
            break
        names = _names(found)
        writer.writerows([neutral(cell) for cell in _cells(job, names)] for job in found)
        written += len(found)
        asked["before"] = found[-1].id
    return response


def neutral(cell: Any) -> str:
    """Text that no spreadsheet takes for a formula."""
    text = "" if cell is None else str(cell)
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")) else text


@require_GET
@signed_in
def capture(request: HttpRequest, person: Person, token: str) -> HttpResponse:
    """What became of one document."""
    job = None if "\x00" in token else capture_job(scope_of(person.organisation), token)
    if job is None:
        raise Http404
    rows = [row for verdict in job.verdicts or [] for row in _stored_rows(verdict)]
    context = {
        "job": job,
        "sender": _names([job])[job.organisation],
        "rows": rows[:VERDICTS_LIMIT],
        "omitted": max(0, len(rows) - VERDICTS_LIMIT),
        **_rights(person),
    }
    return render(request, "portal/desk/capture.html", context)


@require_http_methods(["GET", "POST"])
@signed_in
def upload(request: HttpRequest, person: Person) -> HttpResponse:
    """Send a document: a file or pasted text."""
    if not may_capture(person):
        return _denied(request, person)
    if request.method == "GET":
        return render(request, "portal/desk/upload.html", {"form": UploadForm(), **_rights(person)})
    form = UploadForm(request.POST, request.FILES)
    rows: list[Row] = []
    if form.is_valid():
        document = form.document()
        try:
            receipt = receive(
                document,
                media_type=None,
                organisation=person.organisation.pk,
                by=f"person:{person.username}",
                at=timezone.now(),
                behaviour=form.cleaned_data["behaviour"],
            )
            return redirect("desk-capture", token=receipt.token)
        except epcis.DocumentError as wrong:
            form.add_error("file" if form.cleaned_data["file"] else "text", _in_words(wrong.message, wrong.message_zh))
        except Refused as wrong:
            rows = [
                Row(one.index + 1, "refused", one.event_id, why.path, _in_words(why.message, why.message_zh), why.rule)
                for one in wrong.refusals
                for why in one.reasons
            ]
        form = _refilled(form, document)
    context = {"form": form, "rows": rows[:VERDICTS_LIMIT], "omitted": max(0, len(rows) - VERDICTS_LIMIT)}
    return render(request, "portal/desk/upload.html", context | _rights(person), status=422)


@require_http_methods(["GET", "POST"])
@signed_in
def keys(request: HttpRequest, person: Person) -> HttpResponse:
    """The keys of the organisation's systems. A new one is shown in this answer and never again."""
    if not may_manage_keys(person):
        return _denied(request, person)
    form = KeyForm(request.POST or None)
    fresh = None
    if request.method == "POST" and form.is_valid():
        _key, fresh = accounts.issue_key(
            organisation=person.organisation,
            label=form.cleaned_data["label"],
            by=f"person:{person.username}",
            at=timezone.now(),
            may_capture=form.cleaned_data["may_capture"] and person.organisation.kind == Organisation.Kind.ENTERPRISE,
        )
        form = KeyForm()
    context = {"form": form, "fresh": fresh, "keys": keys_of(person.organisation), **_rights(person)}
    return render(request, "portal/desk/keys.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@signed_in
def revoke(request: HttpRequest, person: Person, number: int) -> HttpResponse:
    """Ask once more, then end a key."""
    if not may_manage_keys(person):
        return _denied(request, person)
    key = get_object_or_404(ApiKey, pk=number, organisation=person.organisation, revoked_at=None)
    if request.method == "POST":
        accounts.revoke_key(key, by=f"person:{person.username}", at=timezone.now())
        return redirect("desk-keys")
    return render(request, "portal/desk/revoke.html", {"key": key, **_rights(person)})


def _asked(request: HttpRequest) -> dict[str, Any]:
    form = ListForm(request.GET)
    form.is_valid()
    held = form.cleaned_data
    search = (held.get("q") or "").strip()
    return {"search": search, "outcome": held.get("outcome") or "", "before": held.get("before")}


def _rights(person: Person) -> dict[str, Any]:
    return {
        "organisation": named([person.organisation])[person.organisation.pk],
        "may_capture": may_capture(person),
        "may_manage_keys": may_manage_keys(person),
        "sees_others": person.organisation.kind != Organisation.Kind.ENTERPRISE,
    }


def _denied(request: HttpRequest, person: Person) -> HttpResponse:
    return render(request, "portal/desk/denied.html", _rights(person), status=403)


def _refilled(form: UploadForm, document: bytes) -> UploadForm:
    """A browser forgets a chosen file: a small one comes back as text, so that it can be mended in place."""
    if not form.cleaned_data.get("file") or len(document) > REFILL_LIMIT:
        return form
    try:
        text = document.decode()
    except UnicodeDecodeError:
        return form
    again = UploadForm({"text": text, "behaviour": form.cleaned_data["behaviour"]})
    again.full_clean()
    for error in form.errors.get("file", []):
        again.add_error("text", error)
    return again


def _stored_rows(verdict: dict[str, Any]) -> Iterable[Row]:
    head = (verdict["index"] + 1, verdict["verdict"], verdict["eventID"])
    for why in verdict["reasons"]:
        yield Row(*head, why["path"], _in_words(why["message"], why["message_zh"]), why["rule"])
    if not verdict["reasons"]:
        yield Row(*head, "", _("未带 eventID，平台已为它编号；日后更正须用此编号。"), "")


def _cells(job: Job, names: dict[int, str]) -> list[Any]:
    outcome = _("处理中") if job.finished_at is None else _("全部入库") if job.success else _("有退回")
    if job.finished_at and not job.success and job.behaviour == "rollback":
        outcome = _("整份退回")
    times = [f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S}" if at else "" for at in (job.received_at, job.finished_at)]
    counts = (job.accepted, job.duplicate, job.conflict, job.refused)
    return [job.token, names.get(job.organisation, ""), job.by, *times, outcome, *counts]


def _names(jobs: Iterable[Job]) -> dict[int, str]:
    """The names of those who sent, in the reader's language."""
    return named(Organisation.objects.in_bulk({job.organisation for job in jobs}).values())


def named(organisations: Iterable[Organisation]) -> dict[int, str]:
    """Names by number: the register's, which has both languages, else the account's own."""
    known = {each.pk: each for each in organisations}
    found = parties(each.party for each in known.values())
    return {pk: words.said(found.get(each.party), "name") or each.name for pk, each in known.items()}


def _in_words(message: str, message_zh: str) -> str:
    return message if (get_language() or settings.LANGUAGE_CODE).startswith("en") else message_zh


urlpatterns = [
    path("sign-in", SignIn.as_view(), name="sign-in"),
    path("sign-out", SignOut.as_view(), name="sign-out"),
    path("desk", desk, name="desk"),
    path("desk/captures.csv", export, name="desk-export"),
    path("desk/captures/<str:token>", capture, name="desk-capture"),
    path("desk/upload", upload, name="desk-upload"),
    path("desk/keys", keys, name="desk-keys"),
    path("desk/keys/<int:number>/revoke", revoke, name="desk-revoke"),
]
