"""What the organisation sent lately, what became of it, and sending a document."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from zhuisu import epcis
from zhuisu.accounts.models import Organisation, Person
from zhuisu.events.queries import Job, capture_job, capture_jobs
from zhuisu.events.scope import scope_of
from zhuisu.events.services import Refused, receive
from zhuisu.web.doors import signed_in
from zhuisu.web.tables import neutral
from zhuisu.workspace.forms import ListForm, UploadForm
from zhuisu.workspace.rights import denied, may_capture, named, rights_of

PAGE = 30  # captures of a page
EXPORT_LIMIT = 10_000  # rows of an export: a few megabytes, built in memory
EXPORT_STEP = 500
VERDICTS_LIMIT = 500  # rows of the table of verdicts; the machine's door gives all
REFILL_LIMIT = 200_000  # octets of a refused file that come back into the box, to be mended there


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
        **rights_of(person),
    }
    return render(request, "workspace/desk.html", context)


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
        **rights_of(person),
    }
    return render(request, "workspace/capture.html", context)


@require_http_methods(["GET", "POST"])
@signed_in
def upload(request: HttpRequest, person: Person) -> HttpResponse:
    """Send a document: a file or pasted text."""
    if not may_capture(person):
        return denied(request, person)
    if request.method == "GET":
        return render(request, "workspace/upload.html", {"form": UploadForm(), **rights_of(person)})
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
    return render(request, "workspace/upload.html", context | rights_of(person), status=422)


def _asked(request: HttpRequest) -> dict[str, Any]:
    form = ListForm(request.GET)
    form.is_valid()
    held = form.cleaned_data
    search = (held.get("q") or "").strip()
    return {"search": search, "outcome": held.get("outcome") or "", "before": held.get("before")}


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


def _in_words(message: str, message_zh: str) -> str:
    return message if (get_language() or settings.LANGUAGE_CODE).startswith("en") else message_zh
