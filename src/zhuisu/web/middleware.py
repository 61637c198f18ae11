"""What every answer of the site carries: a strict content policy; and the language that a link asks for (?lang=en)."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

Handler = Callable[[HttpRequest], HttpResponse]

POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'{scripts}; object-src 'none'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
# The code reader is WebAssembly; no other page than those with the camera may compile any.
SCAN_PATH = "/scan"
LANGUAGE_COOKIE_SECONDS = 365 * 24 * 3600


def content_policy(get_response: Handler) -> Handler:
    """Nothing is fetched from outside, nothing written into a page runs, nobody frames us; the camera is for /scan, and for the
    pages that went through with_camera."""

    def handle(request: HttpRequest) -> HttpResponse:
        return _policed(get_response(request), scan=request.path == SCAN_PATH)

    return handle


def with_camera(response: HttpResponse) -> HttpResponse:
    """The answer, allowed to open the camera and to run the code reader."""
    return _policed(response, scan=True)


def _policed(response: HttpResponse, *, scan: bool) -> HttpResponse:
    response.setdefault("Content-Security-Policy", POLICY.format(scripts=" 'wasm-unsafe-eval'" if scan else ""))
    response.setdefault("Permissions-Policy", f"camera=({'self' if scan else ''}), microphone=(), geolocation=()")
    return response


def language_link(get_response: Handler) -> Handler:
    """?lang=en shows this page in English and remembers it. Stands before LocaleMiddleware, which reads the cookie."""

    known = {code for code, _name in settings.LANGUAGES}

    def handle(request: HttpRequest) -> HttpResponse:
        # Most requests ask for none, and a machine's thousand parameters are not ours to count.
        wanted = request.GET.get("lang") if "lang=" in request.META.get("QUERY_STRING", "") else None
        if wanted not in known:
            return get_response(request)
        request.COOKIES[settings.LANGUAGE_COOKIE_NAME] = wanted
        response = get_response(request)
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, wanted, max_age=LANGUAGE_COOKIE_SECONDS, samesite="Lax", path="/"
        )
        return response

    return handle
