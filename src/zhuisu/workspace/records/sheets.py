"""Many acts at once by a sheet: taken away, filled in, sent, looked through cell by cell, and recorded in whole or without its bad rows."""

import uuid
from collections import Counter
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhuisu import sectors
from zhuisu.accounts.models import Person
from zhuisu.accounts.services import record as note
from zhuisu.compliance.services import MOST_ASKED, may
from zhuisu.events.queries import Job, capture_job
from zhuisu.events.scope import scope_of
from zhuisu.profiles import entry, sheets
from zhuisu.profiles.cells import MAX_BYTES, SheetError
from zhuisu.profiles.model import Profile
from zhuisu.profiles.receipts import with_receipt_lots
from zhuisu.web.doors import signed_in
from zhuisu.workspace.models import Sheet
from zhuisu.workspace.records import queue, reads, writing
from zhuisu.workspace.records.forms import zone
from zhuisu.workspace.records.lists import XLSX
from zhuisu.workspace.records.reads import Actor
from zhuisu.workspace.records.said import in_words, language
from zhuisu.workspace.rights import denied, may_capture, rights_of

FAULTS_LIMIT = 200  # faults that the page lists; the marked sheet has all
SHEET_LIFE = timedelta(days=1)  # a sheet that nobody decides on: until then it may be changed and sent again


class SheetForm(forms.Form):
    """A filled-in sheet."""

    file = forms.FileField(
        label=_("填好的表格"),
        help_text=_("Excel（.xlsx），最多 1 万行、20 MB。"),
        widget=forms.FileInput(attrs={"accept": ".xlsx"}),
        error_messages={"empty": _("文件是空的。"), "required": _("请选择文件。")},
    )


@require_GET
@signed_in
def template(request: HttpRequest, person: Person, sector: str, step: str) -> HttpResponse:
    """The empty sheet of a step, in the reader's language."""
    today = timezone.localdate()
    other = reads.canonical(request.GET.get("for", "").strip()[: writing.SEARCH_LENGTH])
    who = reads.actor(person.organisation, today, other)
    profile = reads.profile_of(sector, today, who.region if who else person.organisation.region)
    if profile is None or step not in profile.steps:
        raise Http404
    return _download(sheets.write(profile, step, lang=language()), f"{sector}-{step}.xlsx")


@require_http_methods(["GET", "POST"])
@signed_in
def upload(request: HttpRequest, person: Person, sector: str, step: str) -> HttpResponse:
    """Take a filled-in sheet and look through it; nothing is recorded yet."""
    who, profile = writing.allowed(request, person, sector, step)
    if who is None:
        return denied(request, person)
    form = SheetForm(request.POST, request.FILES) if request.method == "POST" else SheetForm()
    if request.method == "POST" and form.is_valid():
        file: UploadedFile[Any] = form.cleaned_data["file"]
        try:
            if (file.size or 0) > MAX_BYTES:
                raise SheetError("size", "the file is larger than 20 MB", "文件超过 20 MB，请拆分")
            held = _kept(person, who, profile, step, file)
            return redirect("desk-sheet-look", token=held.token)
        except SheetError as wrong:
            form.add_error("file", in_words(wrong))
    context = {
        "form": form,
        "profile": profile,
        "step_id": step,
        "step": profile.steps[step],
        "who": who,
        **rights_of(person),
    }
    return render(request, "workspace/records/sheet.html", context, status=422 if form.errors else 200)


@require_GET
@signed_in
def look(request: HttpRequest, person: Person, token: uuid.UUID) -> HttpResponse:
    """What a sheet holds and what is wrong in it; once decided on, how far its recording has come."""
    held = _own(person, token)
    profile = _profile(held)
    jobs = [job for each in held.captures if (job := capture_job(scope_of(person.organisation), each))]
    context = {
        "sheet": held,
        "profile": profile,
        "step": profile.steps[held.step],
        "warned": _warned(person, held) if held.state == Sheet.State.OPEN else [],
        "done": _sum(jobs),
        "refused": [job.token for job in jobs if not job.success],
        **rights_of(person),
    }
    return render(request, "workspace/records/sheet_look.html", context)


@require_GET
@signed_in
def marked(_request: HttpRequest, person: Person, token: uuid.UUID) -> HttpResponse:
    """The sender's sheet again, its bad cells marked."""
    held = _own(person, token)
    if held.state != Sheet.State.OPEN:
        raise Http404
    profile, content = _profile(held), bytes(held.content)
    found = sheets.read(profile, held.step, content, timezone.localdate(held.at))
    return _download(sheets.marked(profile, held.step, content, found.faults, language()), "marked.xlsx")


@require_POST
@signed_in
def decide(request: HttpRequest, person: Person, token: uuid.UUID) -> HttpResponse:
    """Record all rows or only the good ones, as the person says; throw the sheet away; or stop what is being recorded."""
    held = _own(person, token)
    by, at, do = f"person:{person.username}", timezone.now(), request.POST.get("do")
    if not may_capture(person):
        return denied(request, person)
    if do == "cancel" and held.state == Sheet.State.OPEN:
        note("sheet.cancel", by=by, at=at, organisation=person.organisation, target=str(token))
        held.delete()
        messages.success(request, now("表格已丢弃，什么也没有记录。"))
        return redirect("desk-sheet", sector=held.sector, step=held.step)
    if do == "stop":
        queue.stop(held, by=by, at=at)
    wanted = held.good and (do == "good" or (do == "all" and not held.bad))
    # What is small is there when the page is; it goes the same way, in its turn.
    if wanted and queue.enqueue(held, by=by, at=at) and held.good <= queue.PART_LIMIT:
        queue.record_next(at)
    return redirect("desk-sheet-look", token=token)


def _kept(person: Person, who: Actor, profile: Profile, step: str, file: "UploadedFile[Any]") -> Sheet:
    """The sheet, looked through and put aside. Raises SheetError."""
    content = bytes(file.read())
    at = timezone.now()
    found = sheets.read(profile, step, content, timezone.localdate(at))
    if not found.records:
        raise SheetError("empty", "the sheet has no row that is filled in", "表格里没有填写任何一行")
    Sheet.objects.filter(at__lt=at - SHEET_LIFE, state=Sheet.State.OPEN).delete()
    bad = {(fault.sheet, fault.row) for fault in found.faults if fault.severity == "error"}
    good = [(record, place) for record, place in zip(found.records, found.places, strict=True) if place not in bad]
    events = _events(person, profile, step, who.other, [record for record, _ in good])
    held = Sheet.objects.create(
        token=uuid.uuid4(), organisation=person.organisation, by=f"person:{person.username}"[:120], at=at,
        sector=profile.id, step=step, region=who.region, answerable=who.other, name=str(file.name or "")[:200],
        content=content, prepared=queue.prepared(events, [place for _, place in good]),
        rows=len(found.records), bad=len(found.records) - len(good),
        faults=[_fault(each) for each in found.faults[:FAULTS_LIMIT]], more=max(0, len(found.faults) - FAULTS_LIMIT),
    )  # fmt: skip
    target = str(held.token)
    note("sheet.send", by=held.by, at=at, organisation=person.organisation, target=target, rows=held.rows, bad=held.bad)
    return held


def _fault(one: sheets.CellFault) -> dict[str, str]:
    return {
        "sheet": one.sheet, "cell": one.cell, "severity": one.severity, "rule": one.rule, "zh": one.says.zh, "en": one.says.en,
    }  # fmt: skip


def _events(
    person: Person, profile: Profile, step: str, other: str, records: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The events of good rows. A row of the same content has the same id whatever file it stands in, so that a mended
    sheet may be sent whole; two equal rows of one file are two acts. `other`: for whom they are recorded."""
    space, seen = uuid.uuid5(uuid.NAMESPACE_URL, f"urn:zhuisu:sheet:{person.organisation_id}"), Counter[bytes]()
    whose = {"answerable": reads.typed(other)} if other else {}
    events = []
    for record in records:
        whole = with_receipt_lots(profile, step, {**whose, **record}, person.organisation.party)
        made = entry.event(profile, step, whole, zone())
        content = writing.encode(made)
        seen[content] += 1
        name = f"{profile.id}.{step}.{seen[content]}.{content.decode()}"
        events.append({"eventID": f"urn:uuid:{uuid.uuid5(space, name)}", **made})
    return events


def _warned(person: Person, held: Sheet) -> list[tuple[str, int, Any]]:
    """What speaks against the good rows of a small sheet, before they are recorded; larger ones are judged afterwards."""
    if held.good > MOST_ASKED or not held.good:
        return []
    waiting = queue.unpacked(held)
    answers = may(writing.document(waiting.events), organisation=person.organisation_id, at=timezone.now())
    return [(*waiting.places[one.index], finding) for one in answers for finding in one.findings]


def _sum(jobs: list[Job]) -> dict[str, int]:
    names = ("accepted", "duplicate", "conflict", "refused")
    return {name: sum(getattr(job, name) or 0 for job in jobs) for name in names}


def _own(person: Person, token: uuid.UUID) -> Sheet:
    found = Sheet.objects.filter(token=token, organisation=person.organisation).first()
    if found is None:
        raise Http404
    return found


def _profile(held: Sheet) -> Profile:
    """The edition by which a sheet was looked through."""
    profile = sectors.profile(held.sector, timezone.localdate(held.at), held.region)
    if profile is None or held.step not in profile.steps:
        raise Http404
    return profile


def _download(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=XLSX)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
