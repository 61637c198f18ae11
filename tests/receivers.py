"""A receiver of deliveries: a small HTTP server on this machine that answers as a test wants and keeps what it took."""

import http.server
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_network
from typing import Any

HERE = (ip_network("127.0.0.0/8"),)
Answer = Callable[[dict[str, Any]], int | None]


def events_of(said: dict[str, Any]) -> list[dict[str, Any]]:
    """The events of a delivered document; none in a problem."""
    found = said.get("epcisBody", {}).get("queryResults", {}).get("resultsBody", {}).get("eventList", [])
    assert isinstance(found, list)
    return found


class Receiver:
    """`answer` says the status of each delivery, None hangs up; `taken` counts the eventIDs of all that came in."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.taken: Counter[str] = Counter()
        self.order: list[str] = []
        self.bodies: list[dict[str, Any]] = []
        self.lock = threading.Lock()
        self.port = 0

    @property
    def dest(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def take(self, raw: bytes) -> int | None:
        said = json.loads(raw)
        with self.lock:
            self.bodies.append(said)
            ids = [one["eventID"] for one in events_of(said)]
            self.order += [one for one in ids if one not in self.taken]
            self.taken.update(ids)
        return self.answer(said)


@contextmanager
def receiver(answer: Answer = lambda _: 200) -> Iterator[Receiver]:
    """A receiver on a free port, until the block ends."""
    here = Receiver(answer)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status = here.take(self.rfile.read(int(self.headers["Content-Length"])))
            if status is None:
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except OSError:  # the other side hung up first, as some tests want
                self.close_connection = True

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    here.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield here
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
