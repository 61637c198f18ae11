"""Servers and load for measurements over HTTP: our site and nginx on free ports, wrk for as fast as it goes, ours for a fixed rate."""

import os
import re
import selectors
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

CONNECTIONS = 32
START_SECONDS = 60
ANSWER_OCTETS = 1 << 16
_NGINX = """
worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; keepalive_requests 100000000; default_type application/json;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u;
  scgi_temp_path {folder}/s;
  server {{ listen 127.0.0.1:{port}; root {folder}/files; }}
}}
"""


_servers: dict[int, int] = {}  # the process that listens on a port


class Load(NamedTuple):
    """What a server did under load: answers a second, those that were no 2xx or 3xx, and the 99th percentile in milliseconds."""

    rate: float
    wrong: int
    p99: float


def missing(*tools: str) -> str:
    """Which of these programs are not installed here, as a reason; empty where all are."""
    absent = [tool for tool in tools if not shutil.which(tool)]
    return f"not installed: {', '.join(absent)}" if absent else ""


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextmanager
def granian(application: str, **environment: str) -> Iterator[int]:
    """One web process as `zhuisu up` starts them, on a free port."""
    port = free_port()
    command = [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)),
        *("--workers", "1", "--blocking-threads", "4", "--backpressure", "64", "--no-access-log"),
        *("--log-level", "warning", application),
    ]
    with _running(command, port, os.environ | environment):
        yield port


@contextmanager
def nginx(body: bytes) -> Iterator[int]:
    """nginx with one worker, which has one file to give: /file.json."""
    port = free_port()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "files").mkdir()
        (folder / "files" / "file.json").write_bytes(body)
        (folder / "nginx.conf").write_text(_NGINX.format(folder=folder, port=port))
        with _running(["nginx", "-p", name, "-c", str(folder / "nginx.conf")], port, dict(os.environ)):
            yield port


@contextmanager
def _running(command: list[str], port: int, environment: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _servers[port] = process.pid
    try:
        _wait(process, port)
        yield
    finally:
        del _servers[port]
        process.terminate()
        process.wait(30)


def spent(port: int) -> float:
    """Seconds of the processor that the server on this port has taken so far, with its workers."""
    import psutil  # comes with the embedded server

    first = psutil.Process(_servers[port])
    times = [each.cpu_times() for each in (first, *first.children(recursive=True))]
    return float(sum(each.user + each.system for each in times))


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the server did not start")


def fastest(port: int, requests: Sequence[bytes], seconds: int) -> Load:
    """As many answers as it gives, by wrk: 32 connections that ask again as soon as they are answered."""
    with tempfile.TemporaryDirectory() as name:
        script, data = Path(name, "ask.lua"), Path(name, "requests")
        # Lua reads the requests as they are; each is followed by a mark that no request has in it.
        data.write_bytes(b"\x00".join(requests))
        script.write_text(
            f'local all, n = {{}}, 0\nlocal held = io.open("{data}", "rb"):read("*a")\n'
            'for each in held:gmatch("([^%z]+)") do all[#all + 1] = each end\n'
            "request = function() n = n % #all + 1; return all[n] end\n"
        )
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", str(script)]
        said = subprocess.run(
            [*command, f"http://127.0.0.1:{port}/"], capture_output=True, text=True, check=True
        ).stdout
    rate = float(_found(r"Requests/sec:\s+([\d.]+)", said, "0"))
    wrong = int(_found(r"Non-2xx or 3xx responses:\s+(\d+)", said, "0"))
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", said).groups()  # type: ignore[union-attr]
    return Load(rate, wrong, float(number) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[unit])


def _found(pattern: str, text: str, otherwise: str) -> str:
    found = re.search(pattern, text)
    return found[1] if found else otherwise


def at_rate(port: int, requests: Sequence[bytes], rate: int, seconds: float) -> Load:
    """So many requests a second, whether or not the earlier ones are answered; each is timed from when it was due, so that one
    slow answer is not hidden by waiting for it."""
    lines = [socket.create_connection(("127.0.0.1", port)) for _ in range(2 * CONNECTIONS)]
    chosen = selectors.DefaultSelector()
    for line in lines:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        chosen.register(line, selectors.EVENT_READ)
    took: list[float] = []
    free, due_of, wrong = list(lines), dict[socket.socket, float](), 0
    total, asked, begun = int(rate * seconds), 0, time.perf_counter()
    while len(took) < total:
        ready = int((time.perf_counter() - begun) * rate)
        while asked < min(ready, total) and free:
            line = free.pop()
            due_of[line] = begun + asked / rate
            line.sendall(requests[asked % len(requests)])
            asked += 1
        for key, _ in chosen.select(0.001 if asked < total else 1.0):
            line = key.fileobj  # type: ignore[assignment]
            head = _answer(line)
            took.append(time.perf_counter() - due_of[line])
            wrong += not head.startswith((b"HTTP/1.1 2", b"HTTP/1.1 3"))
            free.append(line)
    spent = time.perf_counter() - begun
    for line in lines:
        line.close()
    took.sort()
    return Load(total / spent, wrong, took[int(len(took) * 0.99)] * 1000)


def _answer(line: socket.socket) -> bytes:
    """One whole answer."""
    held = line.recv(ANSWER_OCTETS)
    while b"\r\n\r\n" not in held:
        held += _more(line)
    head, _, body = held.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    left = (int(length[1]) if length else 0) - len(body)
    while left > 0:
        left -= len(_more(line))
    return head


def _more(line: socket.socket) -> bytes:
    held = line.recv(ANSWER_OCTETS)
    if not held:
        raise RuntimeError("the server closed the line")
    return held
