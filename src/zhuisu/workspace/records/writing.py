"""Recording one act: the form, what speaks against it, and what became of it."""

import uuid
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import msgspec
from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as now
from django.views.decorators.http import require_GET, require_http_methods

from zhuisu import epcis
from zhuisu.accounts.models import Person
from zhuisu.compliance.services import Answer, may
from zhuisu.events.queries import numbers_of
from zhuisu.events.scope import scope_of
from zhuisu.events.services import Receipt, Refused, receive
from zhuisu.profiles import entry
from zhuisu.profiles.model import Profile
from zhuisu.profiles.receipts import with_receipt_lots
from zhuisu.web.camera import reader_files
from zhuisu.web.doors import signed_in
from zhuisu.web.middleware import with_camera
from zhuisu.workspace.records import offered, reads
from zhuisu.workspace.records.forms import RecordForm, form_for, zone
from zhuisu.workspace.records.reads import Actor
from zhuisu.workspace.records.said import in_words
from zhuisu.workspace.rights import denied, may_capture, rights_of

SEARCH_LENGTH = 60
MEDIA_TYPE = "application/ld+json"

encode = msgspec.json.Encoder(decimal_format="number").encode


class OnceForm(forms.Form):
    """What a form carries beside the act: the token by which a second press of the button is known, and what was warned of."""

    once = forms.UUIDField()
    seen = forms.CharField(required=False, max_length=64)


@require_GET
@signed_in
def choose(request: HttpRequest, person: Person) -> HttpResponse:
    """What somebody may record: one tile a step."""
    if not may_capture(person):
        return denied(request, person)
    search = request.GET.get("q", "").strip()[:SEARCH_LENGTH]
    other = request.GET.get("for", "").strip()[:SEARCH_LENGTH]
    today = timezone.localdate()
    who = reads.actor(person.organisation, today, reads.canonical(other))
    own = who or reads.actor(person.organisation, today)
    context = {
        "who": who,
        "found": reads.offers(who, today, search) if who else [],
        "roles": reads.role_names(own, today) if own else [],
        "search": search,
        "other": other,
        **rights_of(person),
    }
    return render(request, "workspace/records/choose.html", context)


@require_http_methods(["GET", "POST"])
@signed_in
def record(request: HttpRequest, person: Person, sector: str, step: str) -> HttpResponse:
    """The form of a step. Sent, it is first asked whether the act may be; then it is stored, by whoever insists also against a no."""
    who, profile = allowed(request, person, sector, step)
    if who is None:
        return denied(request, person)
    kind = form_for(profile, step)
    if request.method == "GET":
        start = offered.initial(person, who, profile, step, request.GET.get("again", ""), timezone.now())
        if things := request.GET.getlist("things"):  # from the check at the gate, or a dossier
            start["things"] = [each[:2048] for each in things[:100]]
        form = kind(initial=start)
        return page(request, person, who, form)
    form, once = kind(request.POST), OnceForm(request.POST)
    if not once.is_valid():
        return page(request, person, who, form, wrong=[now("页面已过期，请核对后再提交一次。")], status=422)
    if not form.is_valid():
        return page(request, person, who, form, status=422)
    made = built(form, event_id(person, once.cleaned_data["once"]), person.organisation.party)
    # Pressed twice, the first answer lost: what is stored is not asked about again, it would only stand in its own way.
    answers = [] if stored(person, made["eventID"]) else asked(person, [made])
    if answers and request.POST.get("seen") != warned(answers):
        return page(request, person, who, form, answers=answers)
    try:
        receipt = send(person, document([made]))
    except (Refused, epcis.DocumentError) as refused:
        return page(request, person, who, form, wrong=reasons(refused), status=422)
    if receipt.counts["conflict"]:
        return page(
            request,
            person,
            who,
            form,
            wrong=[now("这张表单此前已经记录过一次，内容不同，这次没有存入；要改动，请到那条记录里更正。")],
            status=409,
        )
    return redirect(f"{reverse('desk-record-act')}?{urlencode({'id': made['eventID'], 'new': 1})}")


def allowed(request: HttpRequest, person: Person, sector: str, step: str) -> tuple[Actor | None, Profile]:
    """Who acts and by which edition; nobody where the person may not record this step. Raises Http404 for a step that is none."""
    today = timezone.localdate()
    other = reads.canonical((request.POST.get("for") or request.GET.get("for", "")).strip()[:SEARCH_LENGTH])
    who = reads.actor(person.organisation, today, other)
    profile = reads.profile_of(sector, today, who.region if who else "")
    if profile is None or step not in profile.steps:
        raise Http404
    if who is None or not may_capture(person) or not reads.may_do(who, profile, step):
        return None, profile
    return who, profile


def built(form: RecordForm, event_id: str, receiver: str = "") -> dict[str, Any]:
    """The event of a form that is valid. `receiver`: whose receipts begin lots of goods without one."""
    record = form.record()
    if receiver:
        record = dict(with_receipt_lots(form.profile, form.step, record, receiver))
    return {"eventID": event_id, **entry.event(form.profile, form.step, record, zone())}


def event_id(person: Person, token: uuid.UUID) -> str:
    """The id of the event that a form makes: of one token of one organisation always the same, so that pressing twice is one act."""
    return f"urn:uuid:{uuid.uuid5(token, str(person.organisation_id))}"


def stored(person: Person, event_id: str) -> bool:
    """Whether an event of this id is there already, published or not."""
    return bool(numbers_of(scope_of(person.organisation), [event_id]))


def asked(person: Person, events: list[dict[str, Any]]) -> list[Answer]:
    """What speaks against these acts: the answers with findings."""
    answers = may(document(events), organisation=person.organisation_id, at=timezone.now())
    return [one for one in answers if one.findings]


def warned(answers: list[Answer]) -> str:
    """A token of what somebody was told: if it is something else the next time, it is told again."""
    told_of = sorted(f"{one.index}{found.rule}{found.path}" for one in answers for found in one.findings)
    return sha256("\n".join(told_of).encode()).hexdigest()


def document(events: Sequence[dict[str, Any] | msgspec.Raw]) -> bytes:
    """An EPCIS document of these events."""
    whole = entry.document([], timezone.localtime())
    whole["epcisBody"] = {"eventList": list(events)}
    return encode(whole)


def send(person: Person, document: bytes) -> Receipt:
    """Store a document. Raises events.services.Refused, epcis.DocumentError."""
    return receive(
        document,
        media_type=MEDIA_TYPE,
        organisation=person.organisation_id,
        by=f"person:{person.username}",
        at=timezone.now(),
    )


def reasons(refused: Refused | epcis.DocumentError) -> list[str]:
    """Why nothing was stored, in the reader's language."""
    if isinstance(refused, epcis.DocumentError):
        return [in_words(refused)]
    return [in_words(why) for one in refused.refusals for why in one.reasons]


def page(
    request: HttpRequest,
    person: Person,
    who: Actor,
    form: RecordForm,
    *,
    answers: list[Answer] | tuple[()] = (),
    wrong: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The form with what speaks against it."""
    offers = offered.offers(person, who, form.profile, form.step, form.columns, timezone.now())
    held = context(request, form, offers, answers, wrong) | {"who": who, **rights_of(person)}
    return with_camera(render(request, "workspace/records/form.html", held, status=status))


def context(
    request: HttpRequest,
    form: RecordForm,
    offers: offered.Offers,
    answers: list[Answer] | tuple[()] = (),
    wrong: list[str] | None = None,
) -> dict[str, Any]:
    """What the pages with a form of an act show."""
    step = form.profile.steps[form.step]
    return {
        **reader_files(),
        "form": form,
        "groups": list(form.groups(offers)),
        "profile": form.profile,
        "step_id": form.step,
        "step": step,
        "article": form.profile.basis[step.basis],
        "answers": answers,
        "forbidden": any(not one.may for one in answers),
        "seen": warned(list(answers)) if answers else "",
        "once": request.POST.get("once") or str(uuid.uuid4()),
        "wrong": [*(wrong or []), *(form.non_field_errors() if form.is_bound else [])],
        "faults": [(form[name], errors[0]) for name, errors in form.errors.items() if name in form.fields],
    }
