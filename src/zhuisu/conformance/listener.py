"""A door of the runner's own: it receives what a server delivers, answers as a point wants, and keeps what came."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

BODY_LIMIT = 64 * 1024 * 1024  # octets of a delivery: a server gone wild must not fill the runner's memory


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request that arrived, and how it was answered."""

    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes
    answered: int


class Listener:
    """An HTTP server on `address` (host:port, port 0 for any free one) until the process ends."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self.deliveries: list[Delivery] = []
        self.answers: dict[str, Callable[[int], int]] = {}  # path: the status of the nth request to it
        self._server = ThreadingHTTPServer((host, int(port)), self._handler())
        self.address = f"http://{host}:{self._server.server_port}"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def at(self, path: str) -> list[Delivery]:
        """What has come to this path."""
        return [one for one in self.deliveries if one.path == path]

    def wait(self, path: str, number: int, seconds: float) -> list[Delivery]:
        """What has come to this path, once there are so many or the time is over."""
        end = time.monotonic() + seconds
        while len(self.at(path)) < number and time.monotonic() < end:
            time.sleep(0.05)
        return self.at(path)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), BODY_LIMIT))
                told = listener.answers.get(self.path)
                answer = told(len(listener.at(self.path))) if told else 200
                headers = {name.lower(): value for name, value in self.headers.items()}
                listener.deliveries.append(Delivery(self.path, headers, body, answer))
                self.send_response(answer)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST

            def log_message(self, *_arguments: Any) -> None:
                """Nothing: the report says what came."""

        return Handler
