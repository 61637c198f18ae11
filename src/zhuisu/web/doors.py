"""Signing in and out, and the guard of every page behind it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from zhuisu.accounts.models import Person
from zhuisu.accounts.queries import may_try_sign_in
from zhuisu.accounts.services import note_failed_sign_in, note_sign_in
from zhuisu.web.address import client_address

GuardedView = Callable[..., HttpResponseBase]


class SignInForm(AuthenticationForm):
    """Name and password; closed for a while after ten failures for that name from that address."""

    error_messages = {
        "invalid_login": _("用户名或密码不正确。"),
        "inactive": _("此账号已停用。"),
        "locked": _("失败次数过多，请 15 分钟后再试，或联系管理员。"),
    }

    def clean(self) -> dict[str, Any]:
        """Count the failures; while the door is closed a right password does not open it either."""
        at = timezone.now()
        name = self.cleaned_data.get("username") or ""
        address = client_address(self.request) if self.request else ""
        if not may_try_sign_in(name, address, at):
            raise ValidationError(self.error_messages["locked"], code="locked")
        try:
            return super().clean()
        except ValidationError:
            note_failed_sign_in(name, address=address, at=at)
            raise


class SignIn(LoginView):
    """Name and password."""

    template_name = "web/sign_in.html"
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
            note_sign_in(person, address=client_address(self.request), at=timezone.now())
        return super().form_valid(form)


@method_decorator(never_cache, name="dispatch")
class SignOut(LogoutView):
    """By POST only, so that no link of a stranger can do it."""


def signed_in(view: GuardedView) -> GuardedView:
    """A view that gets the person beside the request; others are asked to sign in. Its pages are never stored by a browser."""

    @never_cache
    @login_required
    @wraps(view)
    def inner(request: HttpRequest, **values: Any) -> HttpResponseBase:
        if not isinstance(request.user, Person):
            raise PermissionDenied
        return view(request, request.user, **values)

    return inner


urlpatterns = [
    path("sign-in", SignIn.as_view(), name="sign-in"),
    path("sign-out", SignOut.as_view(), name="sign-out"),
]
