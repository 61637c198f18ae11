"""The ids that are drawn together: each is given once, whatever threads and processes ask."""

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor

import pytest

from zhuisu.config import requests
from zhuisu.config.requests import made  # the real one: what is looked up later is always the same in tests


def test_no_id_is_given_twice_and_none_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "DRAWN_TOGETHER", 2)  # so the last one is taken all the time
    with ThreadPoolExecutor(8) as threads:
        given = [one for some in threads.map(lambda _: [made() for _ in range(2_000)], range(8)) for one in some]
    assert len(set(given)) == len(given) == 16_000
    assert all(requests.GIVEN.fullmatch(one) and len(one) == 24 for one in given)


def test_another_thread_may_take_the_last_one(monkeypatch: pytest.MonkeyPatch) -> None:
    class Taken(deque[str]):
        def pop(self) -> str:  # type: ignore[override]
            if self == deque(["last"]):
                self.clear()
            return super().pop()

    monkeypatch.setattr(requests, "_drawn", Taken(["last"]))
    assert len(made()) == 24


def test_a_process_that_is_forked_gives_others() -> None:
    made()  # there are some left over now
    hears, tells = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(tells, made().encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(hears, 24).decode() != made()
