"""One run against one server: who calls, what the points need again and again, and the rows that come out."""

import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Literal
from urllib.parse import urlsplit

from .client import Answer, Client, Unreachable, Wire
from .data import Event, Maker, document
from .listener import Listener
from .table import POINTS, Failed, NotApplicable, Point, check

WAIT_SECONDS = 20.0  # for a job to end and for what was captured to be found: EPCIS promises no time
PAUSE_SECONDS = 0.05
PAGES = 200  # pages followed before a list counts as endless

NO_ANSWER = "no answer"
GONE = 3  # points in a row without any answer, after which the server counts as gone
# A link's address may hold commas, and so may a quoted text behind it.
LINK = re.compile(r'<([^>]*)>((?:[^,"]|"[^"]*")*)')
NEXT = re.compile(r';\s*rel="?(?:[^"]* )?next\b', re.IGNORECASE)

Verdict = Literal["pass", "fail", "not applicable"]


@dataclass(frozen=True, slots=True)
class Row:
    """The outcome of one point, with the last request and answer of it as evidence."""

    point: int
    title: str
    clause: str
    verdict: Verdict
    why: str
    request: str
    answer: str

    def as_json(self) -> dict[str, Any]:
        """As a line of the report."""
        return {
            "point": self.point,
            "title": self.title,
            "clause": self.clause,
            "verdict": self.verdict,
            "why": self.why,
            "request": self.request,
            "answer": self.answer,
        }


class Run:
    """A server under test. `server` calls with the first key, `other` with the second (None without one), `nobody` with none.

    `mark` must be new for each run; `at` is its time in UTC. `listen` is where the server can reach the runner, as host:port.
    """

    def __init__(
        self,
        base: str,
        key: str,
        second_key: str,
        *,
        mark: str,
        at: datetime,
        listen: str = "",
        wire: Wire | None = None,
    ) -> None:
        wire = wire or Wire()
        self.server = Client(base, _credentials(key), wire)
        self.other = Client(base, _credentials(second_key), wire) if second_key else None
        self.nobody = Client(base, {}, wire)
        self.at = at
        self.make = Maker(mark, f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z")
        self.listen = listen
        self.local = urlsplit(base).hostname in ("127.0.0.1", "localhost", "::1")

    @cached_property
    def listener(self) -> Listener:
        """The runner's own door, opened when the first point wants it."""
        return Listener(self.listen or "127.0.0.1:0")

    def need_other(self) -> Client:
        """The second caller, of another organisation."""
        if self.other is None:
            raise NotApplicable("needs the key of a second organisation: --second-key")
        return self.other

    def need_listener(self) -> Listener:
        """A door that the server can reach."""
        if not self.listen and not self.local:
            raise NotApplicable("needs an address at which the server reaches the runner: --listen host:port")
        return self.listener

    # Capture.

    def job_of(self, answer: Answer, client: Client | None = None) -> dict[str, Any]:
        """The capture job that a 202 names, once it has ended."""
        client = client or self.server
        check(answer.status == 202, f"POST /capture: 202 wanted, {answer.status} came")
        place = answer.headers.get("location")
        check(place, "the 202 has no Location")
        for _ in self.waiting():
            held = client.get(place or "")
            job = held.json
            check(held.status == 200 and isinstance(job, dict), f"GET of the job: 200 wanted, {held.status} came")
            if not job.get("running"):
                return dict(job)
        raise Failed(f"the capture job still runs after {WAIT_SECONDS:.0f} s")

    def capture(self, *events: Event, behaviour: str = "", header: Event | None = None) -> dict[str, Any]:
        """Send a document and wait for its job."""
        headers = {"GS1_Capture_Error_Behaviour": behaviour} if behaviour else {}
        return self.job_of(self.server.post("capture", document(*events, header=header), **headers))

    def keep(self, *events: Event, header: Event | None = None) -> None:
        """Capture events that are right, and wait until all of them are found."""
        job = self.capture(*events, header=header)
        check(job.get("success") is True, f"a correct document was not captured: {str(job.get('errors'))[:500]}")
        for event in events:
            self.seen(event["eventID"])

    def seen(self, event_id: str, times: int = 1) -> list[Event]:
        """Wait until this event is found so many times."""
        found: list[Event] = []
        for _ in self.waiting():
            found = self.find(EQ_eventID=event_id)
            if len(found) >= times:
                return found
        raise Failed(f"captured {times} with the id {event_id}, a query finds {len(found)}")

    def takes(self, event: Event) -> bool:
        """Whether a document with this one event is captured; a refusal may come at once or in the job."""
        return self.takes_document(document(event))

    def takes_document(self, content: bytes, media_type: str = "application/json") -> bool:
        """Whether this document is captured. An answer that is neither yes nor no fails the point."""
        answer = self.server.post("capture", content, media_type)
        if answer.status == 400:
            return False
        return self.job_of(answer).get("success") is True

    def must_take(self, **events: Event) -> None:
        """Each is captured; the name says what it is, for the report."""
        for name, event in events.items():
            check(self.takes(event), f"refused although right: {name.replace('_', ' ')}")

    def must_refuse(self, **events: Event) -> None:
        """None is captured."""
        for name, event in events.items():
            check(not self.takes(event), f"captured although wrong: {name.replace('_', ' ')}")

    # Query.

    def find(
        self, headers: dict[str, str] | None = None, client: Client | None = None, /, **parameters: str
    ) -> list[Event]:
        """The events of the first page that fit."""
        answer = (client or self.server).send("GET", "events", parameters=parameters, headers=headers)
        check(answer.status == 200, f"GET /events: 200 wanted, {answer.status} came: {answer.text[:300]}")
        return events_of(answer)

    def ids(self, headers: dict[str, str] | None = None, /, **parameters: str) -> list[str]:
        """The ids of the events that fit, in the order of the answer."""
        return [str(event.get("eventID")) for event in self.find(headers, **parameters)]

    def same(
        self, wanted: Iterable[Event], why: str, headers: dict[str, str] | None = None, /, **parameters: str
    ) -> None:
        """A query finds exactly these events, in any order."""
        found, wished = self.ids(headers, **parameters), [event["eventID"] for event in wanted]
        check(
            sorted(found) == sorted(wished), f"{why}: {len(wished)} wanted, {len(found)} found ({_asked(parameters)})"
        )

    def refused_query(self, exception: str, status: int = 400, /, **parameters: str) -> None:
        """A query is answered with this problem."""
        is_problem(self.server.get("events", parameters), status, exception, f"GET /events?{_asked(parameters)}")

    def pages(self, path: str, parameters: dict[str, str], client: Client | None = None) -> Iterator[Answer]:
        """The pages of a list, by its Link headers."""
        answer = (client or self.server).get(path, parameters)
        for _ in range(PAGES):
            check(answer.status == 200, f"a page of {path}: 200 wanted, {answer.status} came")
            yield answer
            following = next_of(answer)
            if not following:
                return
            answer = (client or self.server).get(following)
        raise Failed(f"{path}: more than {PAGES} pages")

    def waiting(self, seconds: float = WAIT_SECONDS) -> Iterator[None]:
        """Again and again until the time is over, with a rest between."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            yield
            time.sleep(PAUSE_SECONDS)


def events_of(answer: Answer) -> list[Event]:
    """The events of an EPCISQueryDocument in JSON."""
    try:
        found = answer.json["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    except (TypeError, KeyError):
        raise Failed("the answer is no EPCISQueryDocument with an eventList") from None
    return list(found)


def next_of(answer: Answer) -> str:
    """The address of the next page (RFC 8288 §3); empty on the last."""
    header = answer.headers.get("link", "")
    for address, parameters in LINK.findall(header):
        if NEXT.search(parameters):
            return str(address)
    check(not NEXT.search(header), f'Link is not <address>; rel="next" (RFC 8288 §3): {header}')
    return ""


def is_problem(answer: Answer, status: int, exception: str, asked: str) -> None:
    """An RFC 7807 problem with this status, in the head and in the body, and this EPCIS exception."""
    check(answer.status == status, f"{asked}: {status} wanted, {answer.status} came")
    body = answer.json
    check(answer.type == "application/problem+json" and isinstance(body, dict), f"{asked}: no application/problem+json")
    check(
        body.get("type") == f"epcisException:{exception}",
        f"{asked}: epcisException:{exception} wanted, {body.get('type')} came",
    )
    check(body.get("status", status) == status, f"{asked}: the body says status {body.get('status')}")


def _asked(parameters: dict[str, str]) -> str:
    return "&".join(f"{name}={value}" for name, value in parameters.items())


def _credentials(key: str) -> dict[str, str]:
    """A key goes as Bearer (RFC 6750); one with a space is taken as a whole Authorization header, such as Basic …"""
    if not key:
        return {}
    return {"Authorization": key if " " in key else f"Bearer {key}"}


def obstacle(run: Run) -> str:
    """Why no point can be tried at all, in one line; empty where a document can be sent. It sends one."""
    try:
        answer = run.server.post("capture", document(run.make.event()))
    except (Unreachable, ValueError) as reason:
        return f"no answer from {run.server.base}: {reason}"
    said = f"POST {run.server.base}capture answered {answer.status}"
    if answer.status == 401:
        return f"{said}: the server does not know this key"
    if answer.status == 403:
        return f"{said}: this key may not capture; the points need one that may"
    if answer.status in (404, 405, 501) or 300 <= answer.status < 400 or (answer.type == "text/html" and answer.body):
        return f"{said} {answer.type}: this is no base address of an EPCIS 2.0 server"
    return ""


def run_all(run: Run, wanted: Iterable[int] = (), told: Callable[[Row], None] = lambda _row: None) -> list[Row]:
    """Every point, or those wanted, in order. A point that breaks by itself is a failed point, with the reason."""
    rows: list[Row] = []
    silent = 0
    for number in sorted(set(wanted) or set(POINTS)):
        if silent < GONE:
            row = judge(run, POINTS[number])
            silent = silent + 1 if row.why.startswith(NO_ANSWER) else 0
        else:
            one = POINTS[number]
            why = f"not tried: no answer to {GONE} points before this one"
            row = Row(number, one.title, one.clause, "fail", why, "", "")
        rows.append(row)
        told(row)
    return rows


def judge(run: Run, point: Point) -> Row:
    """One point."""
    run.server.wire.last = None
    verdict: Verdict = "pass"
    try:
        why = point.judge(run)
    except NotApplicable as reason:
        verdict, why = "not applicable", str(reason)
    except Failed as reason:
        verdict, why = "fail", str(reason)
    except Unreachable as reason:
        verdict, why = "fail", f"{NO_ANSWER}: {reason}"
    except (TypeError, KeyError, ValueError, AttributeError, IndexError) as strange:
        verdict, why = "fail", f"an answer of another shape than the standard's: {type(strange).__name__}: {strange}"
    request, answer = run.server.wire.last or ("", None)
    return Row(point.number, point.title, point.clause, verdict, why, str(request), str(answer or ""))
