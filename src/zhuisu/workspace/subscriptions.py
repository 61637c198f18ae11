"""The subscriptions of an organisation: how each fares, and stopping and resuming them."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_GET, require_POST

from zhuisu.accounts.models import Person
from zhuisu.subscriptions import services
from zhuisu.subscriptions.models import Subscription
from zhuisu.subscriptions.queries import all_subscriptions_of
from zhuisu.web.doors import signed_in
from zhuisu.workspace.rights import denied, may_manage_keys, rights_of

_VERBS = {"stop": services.suspend, "resume": services.resume}


@require_GET
@signed_in
def subscriptions(request: HttpRequest, person: Person) -> HttpResponse:
    """All of them, newest first."""
    return _page(request, person)


@require_POST
@signed_in
def change(request: HttpRequest, person: Person, number: int, verb: str) -> HttpResponse:
    """Stop one, or let it go on where it stood; for those who manage keys, since either decides what leaves the house."""
    if not may_manage_keys(person):
        return denied(request, person)
    if verb not in _VERBS:
        raise Http404
    one = get_object_or_404(Subscription, pk=number, organisation=person.organisation)
    try:
        _VERBS[verb](one, by=f"person:{person.username}", at=timezone.now())
    except services.SubscriptionError as wrong:
        return _page(request, person, wrong)
    return redirect("desk-subscriptions")


def _page(request: HttpRequest, person: Person, wrong: services.SubscriptionError | None = None) -> HttpResponse:
    chinese = (get_language() or "zh").startswith("zh")
    rows: list[dict[str, Any]] = [
        {"one": one, "error": one.last_error_zh if chinese else one.last_error}
        for one in all_subscriptions_of(person.organisation)
    ]
    said = (wrong.message_zh if chinese else str(wrong)) if wrong else ""
    context = {"rows": rows, "wrong": said, **rights_of(person)}
    return render(request, "workspace/subscriptions.html", context, status=409 if wrong else 200)
