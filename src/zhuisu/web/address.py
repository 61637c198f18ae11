"""The address of who asks, also behind proxies of ours."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The address of the client, "" where none is known.

    With settings.PROXIES proxies of ours in front, the one that the outermost of them saw: counted from the right end of
    X-Forwarded-For, since a client may write what it likes on the left. Without proxies the header is not believed at all.
    """
    seen = request.META.get("REMOTE_ADDR", "")
    if settings.PROXIES:
        chain = [each.strip() for each in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        seen = chain[-settings.PROXIES] if len(chain) >= settings.PROXIES else seen
    try:
        return str(ip_address(seen))
    except ValueError:
        return ""
