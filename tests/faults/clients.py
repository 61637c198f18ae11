"""Clients that send documents until each is acknowledged and done, and put all they did and were told into a history."""

import hashlib
import http.client
import json
import random
import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

from history import History, Sent, Told

from support import document, event

PATIENCE_SECONDS = 60
LOT = "urn:epc:class:lgtin:9506000.013435."


def flow(name: str, size: int, dice: random.Random) -> list[dict[str, Any]]:
    """A lot, and the lots that were made from it and from one another: a walk from the first meets all."""
    lots = [f"{LOT}{name}.{number}" for number in range(size)]
    ids = [f"urn:x:flow:{name}:{number}" for number in range(size)]
    first = event(eventID=ids[0], epcList=None, quantityList=[{"epcClass": lots[0], "quantity": 5}])
    return [
        first,
        *(
            event(
                "TransformationEvent",
                eventID=ids[number],
                bizStep="commissioning",
                inputQuantityList=[{"epcClass": lots[dice.randrange(number)], "quantity": 1}],
                outputQuantityList=[{"epcClass": lots[number], "quantity": 1}],
            )
            for number in range(1, size)
        ),
    ]


def sent(name: str, organisation: int, events: list[dict[str, Any]], **more: Any) -> tuple[Sent, bytes]:
    """The document of these events, and its bytes."""
    body, ids = document(*events), tuple(str(one["eventID"]) for one in events)
    return Sent(name, organisation, ids, hashlib.sha256(body).digest(), flow=ids, **more), body


class Client(threading.Thread):
    """Takes documents from `next` until there are none; what is not acknowledged it sends again."""

    def __init__(self, history: History, port: int, key: str, next: Callable[[], tuple[Sent, bytes] | None]) -> None:
        super().__init__(daemon=True)
        self.history, self.port, self.next = history, port, next
        self.headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/ld+json"}
        self.tries = self.bitten = self.there = 0  # bitten: sent again, and everything was there
        self.failed: list[str] = []
        self.statuses: set[int] = set()

    def run(self) -> None:
        try:
            while (found := self.next()) is not None:
                self.deliver(*found)
        except Exception as wrong:  # told in the test, not in a thread that nobody looks at
            self.failed.append(repr(wrong))

    def deliver(self, one: Sent, body: bytes) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        tried = 0
        while time.monotonic() < deadline:
            tried += 1
            told = self.history.sends(one, time.monotonic())
            try:
                self.attempt(told, body)
            except (OSError, http.client.HTTPException):
                time.sleep(0.01)
            if told.status is not None and 400 <= told.status < 500 and told.status != 429:
                self.failed.append(f"{one.name}: {told.status}")
                return
            if told.token and self.follow(told, deadline):
                self.tries += tried
                counts = (told.job or {}).get("counts", {})
                self.there += counts.get("duplicate") == len(one.events)
                self.bitten += tried > 1 and counts.get("duplicate") == len(one.events)
                return
            if told.status is not None and told.status >= 429:
                time.sleep(0.1)
        self.failed.append(f"{one.name}: not done within {PATIENCE_SECONDS} s")

    def attempt(self, told: Told, body: bytes) -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as line:
            # Every third is only to be made durable before the answer; a projector stores its events.
            prefer = {} if len(body) % 3 else {"Prefer": "respond-async"}
            line.request("POST", "/epcis/capture", body, self.headers | prefer)
            answer = line.getresponse()
            answer.read()
            told.ended, told.status = time.monotonic(), answer.status
            self.statuses.add(answer.status)
            if answer.status == 202:
                told.token = answer.headers["Location"].rpartition("/")[2]

    def follow(self, told: Told, deadline: float) -> bool:
        """Ask until the capture is done: what was acknowledged must come to an end by itself."""
        while time.monotonic() < deadline:
            try:
                with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as line:
                    line.request("GET", f"/epcis/capture/{told.token}", headers=self.headers)
                    answer = line.getresponse()
                    said = answer.read()
                if answer.status == 200:
                    told.job = json.loads(said)
                    if not told.job["running"]:
                        return True
                elif answer.status == 404:
                    self.failed.append(f"{told.document}: acknowledged, and its job is not there")
                    return True
            except (OSError, http.client.HTTPException):
                time.sleep(0.01)
            time.sleep(0.02)
        return False
