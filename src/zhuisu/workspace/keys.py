"""The keys of an organisation's systems."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from zhuisu.accounts import services as accounts
from zhuisu.accounts.models import ApiKey, Organisation, Person
from zhuisu.accounts.queries import keys_of
from zhuisu.web.doors import signed_in
from zhuisu.workspace.rights import denied, may_manage_keys, rights_of


class KeyForm(forms.Form):
    """A new key: for what, and whether it may capture."""

    label = forms.CharField(label=_("用途"), max_length=80, help_text=_("例如：仓储系统、收银系统。"))
    may_capture = forms.BooleanField(label=_("可以上报（不勾选则只能查询）"), required=False, initial=True)


@require_http_methods(["GET", "POST"])
@signed_in
def keys(request: HttpRequest, person: Person) -> HttpResponse:
    """The keys of the organisation's systems. A new one is shown in this answer and never again."""
    if not may_manage_keys(person):
        return denied(request, person)
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
    context = {"form": form, "fresh": fresh, "keys": keys_of(person.organisation), **rights_of(person)}
    return render(request, "workspace/keys.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@signed_in
def revoke(request: HttpRequest, person: Person, number: int) -> HttpResponse:
    """Ask once more, then end a key."""
    if not may_manage_keys(person):
        return denied(request, person)
    key = get_object_or_404(ApiKey, pk=number, organisation=person.organisation, revoked_at=None)
    if request.method == "POST":
        accounts.revoke_key(key, by=f"person:{person.username}", at=timezone.now())
        return redirect("desk-keys")
    return render(request, "workspace/revoke.html", {"key": key, **rights_of(person)})
