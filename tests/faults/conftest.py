"""The real server on a free port, against the test database: what the faults that need HTTP are tried on."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection

from zhuisu.accounts.models import Organisation

sys.path.insert(0, str(Path(__file__).parent))  # what these tests share stands beside them

START_SECONDS = 30
QUESTION = b"OPTIONS /epcis/capture HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"


def database_address() -> str:
    """The test database, as ZHUISU_DATABASE_URL names it."""
    held = connection.settings_dict
    login = ":".join(quote(held[name], safe="") for name in ("USER", "PASSWORD") if held[name])
    options = f"?host={quote(held['HOST'])}" if held["HOST"].startswith("/") else ""
    host = "" if options else held["HOST"]
    port = f":{held['PORT']}" if held["PORT"] else ""
    return f"postgresql://{login}@{host}{port}/{held['NAME']}{options}"


class Server:
    """Granian with our application; `send` speaks raw bytes to it."""

    def __init__(self, log: Path, *, workers: int = 1, threads: int = 2, database: str = "") -> None:
        self.log = log
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(self.port)]
        command += ["--workers", str(workers), "--blocking-threads", str(threads), "zhuisu.config.wsgi:application"]
        with log.open("w") as file:
            self.process = subprocess.Popen(
                command,
                env=os.environ | {"ZHUISU_DATABASE_URL": database or database_address()},
                stdout=file,
                stderr=file,
            )
        # Every worker: one that is told to stop before it has started goes on for ever, and the server with it.
        self._wait(lambda: log.read_text().count("Started worker-") >= workers)

    def _wait(self, started: Callable[[], bool]) -> None:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            try:
                if started() and self.send(QUESTION)[0] == 204:
                    return
            except OSError:
                pass
            time.sleep(0.1)
        raise TimeoutError("the server did not start")

    def send(self, request: bytes, *, finish: bool = False) -> tuple[int, bytes]:
        """The status (0 where it hung up without one) and the whole answer. `finish` ends our side after the request."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as line:
            try:
                line.sendall(request)
                if finish:
                    line.shutdown(socket.SHUT_WR)
            except (BrokenPipeError, ConnectionResetError) as gone:
                print("it answered and hung up before it had everything:", gone)
            answer = b""
            try:
                while piece := line.recv(65536):
                    answer += piece
            except ConnectionResetError as gone:
                print("it hung up:", gone)
        return (int(answer.split(b" ", 2)[1]) if answer else 0), answer

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)


@pytest.fixture
def serve(transactional_db: None, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts a server; it stops when the test ends."""
    running: list[Server] = []

    def start(**options: Any) -> Server:
        running.append(Server(tmp_path / f"web{len(running)}.log", **options))
        return running[-1]

    yield start
    for server in running:
        server.stop()


@pytest.fixture
def address(transactional_db: None) -> str:
    """The test database, for processes of their own."""
    return database_address()


@pytest.fixture
def dairy(db: None) -> Organisation:
    return Organisation.objects.create(
        kind="enterprise", name="厦门鹭岛乳业有限公司", party="cn.uscc:91350212MA2XYGR01A", region="350212"
    )
