"""A node's processes made by forking a parent that has loaded everything: killed, each is there again in milliseconds.

`python warm.py PORT WEBS`: Granian with our application, `zhuisu worker` and `zhuisu project`. What runs in the children is what
`zhuisu up` runs, each with connections of its own; only the seconds that Python takes to start are saved.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import NoReturn

from django.db import connections

from zhuisu.config.cli.common import setup

AT_ONCE = 0.0


class Patient(dict[int, float]):
    """Granian gives up where workers die within seconds of their start. Here that is the test."""

    def get(self, key: int, default: float | None = None) -> float:
        return float("-inf")


def keep_workers() -> NoReturn:
    """Fork a worker and a projector; each that dies is followed by another, until SIGTERM."""
    from zhuisu.config.cli.projectors import project
    from zhuisu.config.cli.server import worker

    kinds: dict[int, Callable[[], None]] = {}

    def stop(*_: object) -> None:
        for child in kinds:
            os.kill(child, signal.SIGKILL)
        os._exit(0)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    missing: list[Callable[[], None]] = [worker, project]
    while True:
        for kind in missing:
            child = os.fork()
            if not child:
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                kind()
                os._exit(0)
            kinds[child] = kind
        gone, _ = os.wait()
        missing = [kinds.pop(gone)]


def main(port: int, webs: int) -> None:
    os.environ["ZHUISU_PROJECTORS"] = "0"  # they are forked here
    setup(migrate=False)
    from django.urls import get_resolver
    from granian import Granian

    from zhuisu.config.wsgi import application

    get_resolver().url_patterns  # noqa: B018 what the first request would load
    connections.close_all()  # nobody inherits a connection
    keeper = os.fork()
    if not keeper:
        keep_workers()
    server = Granian(
        "zhuisu.config.wsgi:application",
        interface="wsgi",
        port=port,
        workers=webs,
        blocking_threads=4,
        backpressure=64,
        respawn_failed_workers=True,
        respawn_interval=AT_ONCE,
        log_access=False,
        log_level="warning",
    )
    server.respawned_wrks = Patient()
    try:
        server.serve(target_loader=lambda: application, wrap_loader=False)
    finally:
        os.kill(keeper, signal.SIGTERM)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
