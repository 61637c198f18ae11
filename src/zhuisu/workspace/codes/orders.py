"""An order of codes: the form, a question before a large one, and the order itself, which the same form makes only once."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from zhuisu.accounts.models import Person
from zhuisu.registry.issuing.errors import IssueError
from zhuisu.registry.issuing.orders import issue_once
from zhuisu.web.doors import signed_in
from zhuisu.workspace.codes.forms import OrderForm
from zhuisu.workspace.rights import denied, may_capture, rights_of

LARGE_ORDER = (
    100_000  # from here on the order is shown once more before it is made: a zero too many costs a truck of labels
)


@require_http_methods(["GET", "POST"])
@signed_in
def order(request: HttpRequest, person: Person) -> HttpResponse:
    """Order codes for a product and a package level."""
    if not may_capture(person):
        return denied(request, person)
    if request.method == "GET":
        form = OrderForm(organisation=person.organisation, initial={"request_id": uuid.uuid4()})
        return _page(request, person, form)
    form = OrderForm(request.POST, organisation=person.organisation)
    if not form.is_valid():
        return _page(request, person, form, status=422)
    if "change" in request.POST:
        return _page(request, person, form)
    held = dict(form.cleaned_data)
    if held["count"] >= LARGE_ORDER and "sure" not in request.POST:
        context = {"form": form, "held": held, "level": dict(form.fields["level"].choices)[held["level"]]}  # type: ignore[attr-defined]
        return render(request, "workspace/codes_order_sure.html", context | rights_of(person))
    number = str(held.pop("request_id"))
    try:
        batch, fresh = issue_once(
            number, organisation=person.organisation, by=f"person:{person.username}", at=timezone.now(), **held
        )
    except IssueError as error:
        form.add_error(error.field if error.field in form.fields else None, in_words(error))
        return _page(request, person, form, status=422)
    if fresh:
        said = _("已赋码 %(count)s 个。下一步：打印标签。") % {"count": f"{batch.count:,}"}
        messages.success(request, said)
    else:
        messages.warning(request, _("这份订单已经提交过，没有重复赋码。"))
    return redirect("desk-codes-batch", number=batch.pk)


def in_words(error: Any) -> str:
    """What is wrong, in the reader's language; of anything that has `message` and `message_zh`."""
    said: str = error.message if (get_language() or "").startswith("en") else error.message_zh
    return said


def _page(request: HttpRequest, person: Person, form: OrderForm, status: int = 200) -> HttpResponse:
    return render(request, "workspace/codes_order.html", {"form": form, **rights_of(person)}, status=status)
