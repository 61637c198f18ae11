"""The way round Django's layers for answers that still hold: the same octets, noted and counted like any other answer."""

import logging
import time
from collections.abc import Callable, Iterable

from zhuisu.api import quick as api
from zhuisu.config import logs, metrics, requests
from zhuisu.portal import quick as portal
from zhuisu.web.quick import KEEP, MAY, OWN, Answer, Environ, Headers, Start

DOORS = (portal.DOOR, api.DOOR)
Application = Callable[[Environ, Start], Iterable[bytes]]
_log = logging.getLogger("zhuisu.request")


class Quick:
    """A WSGI application before Django's: it answers what is kept, and has Django's answer kept where a view says so."""

    def __init__(self, django: Application) -> None:
        self.django = django

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        """One request."""
        path = environ.get("PATH_INFO", "")
        for door in DOORS:
            if path.startswith(door.prefix):
                break
        else:
            return self.django(environ, start)
        key = door.key_of(environ)
        if key is None:
            return self.django(environ, start)
        began = time.perf_counter()
        answer = door.answer(environ, key)
        if answer is None:
            return self._made(environ, start, key)
        name = requests.request_id(environ.get("HTTP_X_REQUEST_ID", ""))
        _note(answer, time.perf_counter() - began, name)
        start(answer.status, [*answer.headers, *answer.own.items(), ("X-Request-ID", name)])
        return [answer.body] if answer.body else []

    def _made(self, environ: Environ, start: Start, key: object) -> Iterable[bytes]:
        environ[MAY] = key
        gone: list[Headers] = []

        def starting(status: str, headers: Headers, *more: object) -> object:
            if status.startswith("200"):
                gone.append(headers)
            return start(status, headers, *more)

        response = self.django(environ, starting)
        if gone and KEEP in environ:
            environ[KEEP].remember([header for header in gone[0] if header[0].lower() not in OWN])
        return response


def _note(answer: Answer, seconds: float, name: str) -> None:
    status = int(answer.status[:3])
    metrics.counted(answer.route, "GET", status, seconds)  # it was never long in flight
    if _log.isEnabledFor(logging.INFO):
        fields = {"route": answer.route, "method": "GET", "status": status, "ms": round(seconds * 1000, 1)}
        if answer.who:
            fields |= {"organisation": answer.who[0], "by": answer.who[1]}
        with logs.about("request", name):
            _log.info("request", extra={"fields": fields})
