"""Correct this entry: one click for a person; underneath, a declaration that the event was wrong, and a new event in its place."""

from typing import Any

import msgspec
from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from zhuisu import epcis
from zhuisu.accounts.models import Person
from zhuisu.compliance.acts import Acted, act_by_id
from zhuisu.compliance.services import Answer
from zhuisu.events.scope import scope_of
from zhuisu.events.services import Refused
from zhuisu.profiles import entry
from zhuisu.profiles.model import Profile
from zhuisu.profiles.receipts import with_receipt_lots
from zhuisu.web.doors import signed_in
from zhuisu.web.middleware import with_camera
from zhuisu.workspace.records import offered, reads, values, writing
from zhuisu.workspace.records.forms import RecordForm, form_for
from zhuisu.workspace.records.lists import ID_LENGTH
from zhuisu.workspace.rights import denied, may_capture, rights_of


class WhyForm(forms.Form):
    """Why an entry is taken back. The words are those of CBV 2.0 §7.6."""

    why = forms.ChoiceField(
        label=_("为什么更正"),
        widget=forms.RadioSelect,
        initial="incorrect_data",
        choices=[
            ("incorrect_data", _("内容记错了，改成下面这样")),
            ("did_not_occur", _("这件事没有发生过，撤回这条记录")),
        ],
    )


@require_http_methods(["GET", "POST"])
@signed_in
def correct(request: HttpRequest, person: Person) -> HttpResponse:
    """The form of an act as it was recorded. Sent, the old event is declared wrong and the new one stored, both or none."""
    if not may_capture(person):
        return denied(request, person)
    old, profile = _own(person, request.GET.get("id", "")[:ID_LENGTH])
    if old.outcome == "void":
        if request.method == "GET":
            raise Http404
        return _done(request, person, old)
    kind = form_for(profile, old.step)
    if request.method == "GET":
        form = kind(initial=entry.record_of(profile, old.step, old.event()))
        return _page(request, person, old, form, WhyForm())
    form, why, once = kind(request.POST), WhyForm(request.POST), writing.OnceForm(request.POST)
    if not why.is_valid() or not once.is_valid():
        return _page(request, person, old, form, why, wrong=[now("页面已过期，请核对后再提交一次。")], status=422)
    reason = why.cleaned_data["why"]
    made: list[dict[str, Any]] = []
    if reason == "incorrect_data":
        if not form.is_valid():
            return _page(request, person, old, form, why, status=422)
        made = [_new(form, old, writing.event_id(person, once.cleaned_data["once"]), person.organisation.party)]
        answers = [] if writing.stored(person, made[0]["eventID"]) else writing.asked(person, made)
        if answers and request.POST.get("seen") != writing.warned(answers):
            return _page(request, person, old, form, why, answers=answers)
    try:
        receipt = writing.send(person, declared(old, reason, made))
    except (Refused, epcis.DocumentError) as refused:
        return _page(request, person, old, form, why, wrong=writing.reasons(refused), status=422)
    if not receipt.success:
        return _page(
            request, person, old, form, why, wrong=[now("这条记录此前已经更正过，请看最新的那一条。")], status=409
        )
    messages.success(
        request, now("已更正：原来的记录保留，并注明有误。") if made else now("已撤回：原来的记录保留，并注明有误。")
    )
    shown = made[0]["eventID"] if made else old.event_id
    return redirect(f"{reverse('desk-record-act')}?{urlencode({'id': shown} | ({'new': 1} if made else {}))}")


def declared(old: Acted, reason: str, made: list[dict[str, Any]]) -> bytes:
    """A document with the old event declared wrong (EPCIS 2.0 §7.4.1.3), in its very bytes, and the events that replace it."""
    said: dict[str, Any] = {
        "declarationTime": timezone.localtime().isoformat(timespec="milliseconds"),
        "reason": reason,
        "correctiveEventIDs": [each["eventID"] for each in made],
    }
    if not made:
        del said["correctiveEventIDs"]
    # to_json leaves the numbers and texts as they were sent: a declaration is about the same content, or it is none.
    event = msgspec.json.decode(epcis.to_json(old.event()), type=dict[str, msgspec.Raw])
    event.setdefault("eventID", msgspec.Raw(msgspec.json.encode(old.event_id)))
    event["errorDeclaration"] = msgspec.Raw(msgspec.json.encode(said))
    new = [msgspec.Raw(writing.encode(each)) for each in made]
    whole = entry.document([], timezone.localtime())
    whole["epcisBody"] = {"eventList": [event, *new]}
    return writing.encode(whole)


def _new(form: RecordForm, old: Acted, event_id: str, receiver: str) -> dict[str, Any]:
    """The event in the old one's place: what was changed is changed, what no form holds stays as it was."""
    record = with_receipt_lots(form.profile, form.step, form.record(), receiver)
    return {"eventID": event_id, **entry.corrected(form.profile, form.step, record, old.event())}


def _done(request: HttpRequest, person: Person, old: Acted) -> HttpResponse:
    """Where somebody is led who presses twice: to what the first press made."""
    once = writing.OnceForm(request.POST)
    made = writing.event_id(person, once.cleaned_data["once"]) if once.is_valid() else ""
    held: dict[str, str] = {"id": made, "new": "1"} if made and writing.stored(person, made) else {"id": old.event_id}
    return redirect(f"{reverse('desk-record-act')}?{urlencode(held)}")


def _own(person: Person, event_id: str) -> tuple[Acted, Profile]:
    """An act that the person's own organisation recorded, with the edition of its day. Raises Http404."""
    for one in act_by_id(scope_of(person.organisation), event_id.replace("\x00", "")):
        profile = values.profile_of(one)
        if profile and one.organisation == person.organisation_id:
            return one, profile
    raise Http404


def _page(
    request: HttpRequest,
    person: Person,
    old: Acted,
    form: RecordForm,
    why: WhyForm,
    *,
    answers: list[Answer] | tuple[()] = (),
    wrong: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    at = timezone.now()
    who = reads.actor(person.organisation, timezone.localdate())
    offers = offered.offers(person, who, form.profile, form.step, form.columns, at) if who else {}
    context = writing.context(request, form, offers, answers, wrong) | {"old": old, "why": why, **rights_of(person)}
    return with_camera(render(request, "workspace/records/correct.html", context, status=status))
