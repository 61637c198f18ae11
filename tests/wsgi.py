"""Requests straight to the WSGI application that serves the site, with what it keeps of its answers."""

import re
from dataclasses import dataclass, field
from typing import Any
from wsgiref.util import setup_testing_defaults

from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections

from zhuisu.config.quick import Quick

PHONE = "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0"


@dataclass
class Told:
    """One answer."""

    status: str
    headers: dict[str, str]
    body: bytes

    @property
    def words(self) -> str:
        """What of its content is the same whoever asks and however often: all but the line of log positions."""
        return re.sub(r'<p class="small muted seal-line">.*?</p>', "", self.body.decode(), flags=re.DOTALL)


@dataclass
class Site:
    """The application as a server calls it; `made` counts the requests that went through all layers."""

    made: int = 0
    application: Any = field(init=False)

    def __post_init__(self) -> None:
        self.django = get_wsgi_application()
        self.application = Quick(self._django)

    def _django(self, environ: Any, start: Any) -> Any:
        self.made += 1
        return self.django(environ, start)

    def get(self, path: str, *, plain: bool = False, **headers: str) -> Told:
        """GET; `plain` goes round what is kept. Headers as WSGI names them."""
        path, _, query = path.partition("?")
        environ: dict[str, Any] = {
            "PATH_INFO": path.encode().decode("latin-1"), "QUERY_STRING": query, "HTTP_HOST": "localhost", "REMOTE_ADDR": "192.0.2.1",
            "HTTP_USER_AGENT": PHONE,
        } | headers  # fmt: skip
        setup_testing_defaults(environ)
        seen: list[Any] = []

        def start(status: str, given: list[tuple[str, str]], *_more: Any) -> None:
            seen[:] = [status, dict(given)]

        # The test's transaction lives on one connection, which the end of a request would close.
        for signal in (request_started, request_finished):
            signal.disconnect(close_old_connections)
        try:
            response = (self.django if plain else self.application)(environ, start)
            body = b"".join(response)
            if hasattr(response, "close"):
                response.close()
        finally:
            for signal in (request_started, request_finished):
                signal.connect(close_old_connections)
        return Told(seen[0], seen[1], body)
