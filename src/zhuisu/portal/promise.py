"""Anyone's check of a promise certificate by its number or QR: what it promises, who by, whether it is void."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from zhuisu.portal.addresses import address_of_canonical, label_of_canonical
from zhuisu.portal.public import promise_facts
from zhuisu.registry.promises.queries import by_number


@require_safe
def ask(request: HttpRequest) -> HttpResponse:
    """The box for a number; with one, its page."""
    number = request.GET.get("number", "").replace("\x00", "").strip()[:40]
    if number and (found := by_number(number)):
        return redirect("promise", number=found.certificate.number)
    return render(request, "portal/promise.html", {"number": number}, status=404 if number else 200)


@require_safe
def promise(request: HttpRequest, number: str) -> HttpResponse:
    """The certificate of a number."""
    found = by_number(number)
    if found is None:
        return render(request, "portal/promise.html", {"number": number[:40]}, status=404)
    about = found.certificate.about
    context = {
        "promise": found,
        "number": found.certificate.number,
        "facts": promise_facts(found),
        "about": (label_of_canonical(about), address_of_canonical(about)) if about else None,
    }
    return render(request, "portal/promise.html", context)
