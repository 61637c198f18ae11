"""Activate, void and mark used: which codes, a look at what would happen, then the change itself."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from zhuisu import codes
from zhuisu.accounts.models import Person
from zhuisu.registry.issuing import services
from zhuisu.registry.issuing.selections import read_own
from zhuisu.registry.models import Batch
from zhuisu.web.doors import signed_in
from zhuisu.workspace.codes.forms import ChangeForm
from zhuisu.workspace.codes.lists import batch_or_404
from zhuisu.workspace.codes.orders import in_words
from zhuisu.workspace.rights import denied, may_capture, rights_of

REFUSED_LIMIT = 200  # refusals listed on the page: whoever has more has taken the wrong list


@dataclass(frozen=True, slots=True)
class Words:
    """How a verb is said: as a title, as what would happen, as what has happened, and of codes that were so before."""

    title: Promise
    would: Promise
    done: Promise
    already: Promise
    hint: Promise


VERBS = {
    "activate": Words(
        gettext_lazy("启用追溯码"),
        gettext_lazy("将启用 %(count)s 个码"),
        gettext_lazy("已启用 %(count)s 个码。"),
        gettext_lazy("另有 %(count)s 个早已启用，不变"),
        gettext_lazy("标签贴上产品、准备出厂时启用。启用后，消费者扫码会看到“已启用”。"),
    ),
    "void": Words(
        gettext_lazy("作废追溯码"),
        gettext_lazy("将作废 %(count)s 个码，作废后不能恢复"),
        gettext_lazy("已作废 %(count)s 个码。"),
        gettext_lazy("另有 %(count)s 个早已作废，不变"),
        gettext_lazy("破损、丢失、印错的标签在此作废。作废不能恢复；扫到作废的码会看到警示。"),
    ),
    "use": Words(
        gettext_lazy("标记为已使用"),
        gettext_lazy("将把 %(count)s 个码标记为已使用"),
        gettext_lazy("已把 %(count)s 个码标记为已使用。"),
        gettext_lazy("另有 %(count)s 个早已标记，不变"),
        gettext_lazy("产品售出、配发或开启后标记。之后再有人扫到，会看到它已使用过。"),
    ),
}


@require_http_methods(["GET", "POST"])
@signed_in
def change(request: HttpRequest, person: Person, verb: str, number: int | None = None) -> HttpResponse:
    """The form, then (do=look) what would happen, then (do=change) the change."""
    if verb not in VERBS:
        raise Http404
    if not may_capture(person):
        return denied(request, person)
    batch = batch_or_404(person, number) if number is not None else None
    if request.method == "GET":
        initial = {name: request.GET[name] for name in ("how", "rolls") if name in request.GET}
        return _page(request, person, ChangeForm(verb=verb, batch=batch, initial=initial), verb, batch)
    form = ChangeForm(request.POST, request.FILES, verb=verb, batch=batch)
    if not form.is_valid():
        return _page(request, person, form, verb, batch, status=422)
    if "back" in request.POST:
        return _page(request, person, form, verb, batch)
    sure = "sure" in request.POST
    try:
        outcome = _do(verb, form, person, dry_run=not sure)
    except services.IssueError as error:
        form.add_error(_field(form, error.field), in_words(error))
        return _page(request, person, form, verb, batch, status=422)
    if sure and outcome.accepted:
        said = [VERBS[verb].done % {"count": f"{outcome.changed:,}"}]
        said += [VERBS[verb].already % {"count": f"{outcome.already:,}"}] if outcome.already else []
        tell = messages.success if outcome.changed else messages.warning
        tell(request, " ".join(said))
        return redirect("desk-codes-batch", number=batch.pk) if batch else redirect("desk-codes")
    return _looked(request, person, form, verb, batch, outcome)


def _do(verb: str, form: ChangeForm, person: Person, *, dry_run: bool) -> services.Outcome:
    held = form.cleaned_data
    selection = form.selection()
    who: dict[str, Any] = {
        "organisation": person.organisation,
        "by": f"person:{person.username}",
        "at": timezone.now(),
        "dry_run": dry_run,
    }
    if verb == "activate":
        dates = {name: held[name] for name in ("produced_on", "expires_on")}
        return services.activate(selection, lot=held["lot"], **dates, **who)
    if verb == "void":
        return services.void(selection, reason=held["reason"], **who)
    return services.use(selection, reason=held["reason"], **who)


def _looked(
    request: HttpRequest, person: Person, form: ChangeForm, verb: str, batch: Batch | None, outcome: services.Outcome
) -> HttpResponse:
    said = VERBS[verb]
    refused = [(one.position, one.text, in_words(one)) for one in outcome.refused[:REFUSED_LIMIT]]
    context = {
        "form": form,
        "verb": verb,
        "batch": batch,
        "title": said.title,
        "would": said.would % {"count": f"{outcome.changed:,}"},
        "already": said.already % {"count": f"{outcome.already:,}"} if outcome.already else "",
        "outcome": outcome,
        "refused": refused,
        "omitted": len(outcome.refused) - len(refused),
        "keep": _kept(form),
        **rights_of(person),
    }
    # What was sent is understood but cannot be done while a code in it is refused.
    return render(request, "workspace/codes_change_sure.html", context, status=422 if outcome.refused else 200)


def _kept(form: ChangeForm) -> list[tuple[str, str]]:
    """What was chosen, for the second form: a file as its codes, each in its sixteen characters so that it fits."""
    held = dict(form.cleaned_data)
    held.pop("file", None)
    if held["how"] == "codes":
        held["texts"] = "\n".join(_short(text) for text in form.listed())
    dates = {name: f"{value:%Y-%m-%d}" for name, value in held.items() if name.endswith("_on") and value}
    return [(name, str(value)) for name, value in (held | dates).items() if value not in (None, "")]


def _short(text: str) -> str:
    try:
        return read_own(text).text16
    except codes.CodeError:
        return text


def _field(form: ChangeForm, name: str) -> str | None:
    return name if name in form.fields else None


def _page(
    request: HttpRequest, person: Person, form: ChangeForm, verb: str, batch: Batch | None, status: int = 200
) -> HttpResponse:
    context = {"form": form, "verb": verb, "batch": batch, "title": VERBS[verb].title, "hint": VERBS[verb].hint}
    return render(request, "workspace/codes_change.html", context | rights_of(person), status=status)
