"""The way round Django's layers for answers that still hold: the same octets, noted and counted like any other answer."""

import logging
import time
from collections.abc import Callable, Iterable

from zhuisu.api import quick as api
from zhuisu.config import logs, metrics, requests
from zhuisu.portal import quick as portal
from zhuisu.web.quick import KEEP, MAY, Answer, Environ, Headers, Start, sent

DOORS = (portal.DOOR, api.DOOR)
Application = Callable[[Environ, Start], Iterable[bytes]]
_REQUEST_ID = "X-Request-ID"
_log = logging.getLogger("zhuisu.request")


class Quick:
    """A WSGI application before Django's: it answers what is kept, and has Django's answer kept where a view says so."""

    def __init__(self, django: Application) -> None:
        self.django = django

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        """One request."""
        path = environ.get("PATH_INFO", "")
        door = next((door for door in DOORS if path.startswith(door.prefix)), None)
        if door is None or (key := door.key_of(environ)) is None:
            return self.django(environ, start)
        began = time.perf_counter()
        answer = door.answer(environ, key)
        if answer is None:
            return self._made(environ, start, key)
        name = requests.request_id(environ.get("HTTP_X_REQUEST_ID", ""))
        answer.headers[:] = [(each, name if each == _REQUEST_ID else value) for each, value in answer.headers]
        _note(answer, time.perf_counter() - began, name)
        return sent(answer, start)

    def _made(self, environ: Environ, start: Start, key: object) -> Iterable[bytes]:
        environ[MAY] = key
        gone: list[Headers] = []

        def starting(status: str, headers: Headers, *more: object) -> object:
            if status.startswith("200"):
                gone.append(headers)
            return start(status, headers, *more)

        response = self.django(environ, starting)
        if gone and KEEP in environ:
            environ[KEEP].remember([*gone[0]])
        return response


def _note(answer: Answer, seconds: float, name: str) -> None:
    status = int(answer.status[:3])
    metrics.begun()
    metrics.answered(answer.route, "GET", status, seconds)
    if _log.isEnabledFor(logging.INFO):
        fields = {"route": answer.route, "method": "GET", "status": status, "ms": round(seconds * 1000, 1)}
        if answer.who:
            fields |= {"organisation": answer.who[0], "by": answer.who[1]}
        with logs.about("request", name):
            _log.info("request", extra={"fields": fields})
