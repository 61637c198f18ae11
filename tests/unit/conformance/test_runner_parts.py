"""The runner's own parts: test data that is right by an independent reading, links of pages, problems, evidence."""

import json
import socket
from contextlib import suppress
from datetime import UTC, datetime
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhuisu import codes, epcis
from zhuisu.codes import gs1_rules
from zhuisu.conformance import POINTS, Run, judge, obstacle, run_all
from zhuisu.conformance.client import SHOWN, Answer, Request, Unreachable, Wire
from zhuisu.conformance.data import Maker, check_digit, document, link, master_data, query_document, xml_document
from zhuisu.conformance.run import is_problem, next_of
from zhuisu.conformance.table import Failed

MAKE = Maker("4d6b", "2026-01-01T00:00:00Z")


@given(st.text("0123456789", min_size=1, max_size=17))
def test_check_digits_are_those_of_the_codes(digits):
    assert check_digit(digits) == gs1_rules.check_digit(digits)


def test_things_and_their_links_are_one():
    urn = MAKE.thing()
    assert codes.parse_epc(urn) == codes.parse_epc(link(urn))


@pytest.mark.parametrize("make", [document, query_document])
def test_documents_are_right_by_the_reader(make):
    read = epcis.read(make(MAKE.event(), MAKE.at(MAKE.place())))
    assert [type(one).__name__ for one in read.events] == ["Event", "Event"]


def test_xml_and_master_data_are_right_by_the_reader():
    event = MAKE.at(MAKE.place())
    (one,) = epcis.read(xml_document(event), media_type="application/xml").events
    assert (one.event_id, one.biz_step) == (event["eventID"], "shipping")
    whole = json.loads(document(event, header=master_data(MAKE.place(), children=[MAKE.place()], city="x")))
    assert whole["epcisHeader"]["epcisMasterData"]["vocabularyList"][0]["vocabularyElementList"][0]["attributes"]


def answer(status: int, body: object, **headers: str) -> Answer:
    return Answer(status, headers, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ('<https://a/?x=1>; rel="next"', "https://a/?x=1"),
        ("<https://a/?x=1>; rel=next", "https://a/?x=1"),
        ('<https://a/1>; rel="prev", <https://a/2>; title="n"; rel="next"', "https://a/2"),
        ('<https://a/1>; rel="prev"', ""),
        ('<https://a/?x=1,2;3>; rel="next"', "https://a/?x=1,2;3"),
        ('<https://a/1>; title="a, b"; rel="start", <https://a/2>; rel="next"', "https://a/2"),
        ("", ""),
    ],
)
def test_the_next_page(header, found):
    assert next_of(answer(200, None, link=header)) == found


def test_a_link_that_is_no_link_fails():
    with pytest.raises(Failed, match="RFC 8288"):
        next_of(answer(200, None, link='7f3a; rel="next"'))


@pytest.mark.parametrize(
    ("given_answer", "words"),
    [
        (answer(500, {}), "400 wanted"),
        (answer(400, {"type": "epcisException:X"}, **{"content-type": "application/json"}), "problem.json"),
        (answer(400, {"type": "epcisException:Y"}, **{"content-type": "application/problem+json"}), "X wanted"),
        (
            answer(400, {"type": "epcisException:X", "status": 500}, **{"content-type": "application/problem+json"}),
            "500",
        ),
        (answer(400, ["x"], **{"content-type": "application/problem+json"}), "problem.json"),
    ],
)
def test_what_is_no_problem_fails(given_answer, words):
    with pytest.raises(Failed, match=words):
        is_problem(given_answer, 400, "X", "a request")


def test_evidence_hides_keys_and_cuts_bodies():
    shown = str(
        Request("POST", "http://a/", {"Authorization": "Bearer zs_secret", "X-API-Key": "zs_secret"}, b"x" * 9_000)
    )
    assert "zs_secret" not in shown and len(shown) < SHOWN + 300


def test_no_run_meets_an_earlier_one():
    first, second = (Run("http://a", "", "", mark=mark, at=datetime(2026, 1, 1, tzinfo=UTC)) for mark in ("aa", "bb"))
    ids = [run.make.event_id() for run in (first, second) for _ in range(50)]
    assert len(set(ids)) == 100


class Scripted(Wire):
    """A server of which each answer is known before; what it was asked is kept."""

    def __init__(self, *answers: Answer | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[Request] = []

    def send(self, request: Request) -> Answer:
        self.asked.append(request)
        said = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(said, Exception):
            raise said
        return said


def run_of(*answers: Answer | Exception) -> tuple[Run, Scripted]:
    wire = Scripted(*answers)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return Run("http://a/epcis", "zs_key", "zs_other", mark="aa", at=at, wire=wire), wire


def test_a_job_may_have_failed_while_it_still_runs():
    job = {"running": True, "success": False}
    run, _ = run_of(answer(200, job), answer(200, job | {"running": False}))
    assert run.job_of(answer(202, None, location="/epcis/capture/1"))["running"] is False


@pytest.mark.parametrize(
    ("place", "told"), [("/epcis/x", True), ("http://a/x", True), ("http://b/x", False), ("https://a/x", False)]
)
def test_the_key_goes_to_its_own_server_only(place, told):
    run, wire = run_of(answer(200, {}))
    run.server.get(place)
    assert ("Authorization" in wire.asked[0].headers) is told


def test_the_evidence_is_what_was_said_last_whoever_asked():
    point = POINTS[1]
    run, _ = run_of(answer(200, {}))
    row = judge(run, type(point)(1, "x", "x", lambda run: run.need_other().get("seen-by-another").text))
    assert "seen-by-another" in row.request


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (Unreachable("refused"), "no answer from"),
        (answer(401, {}), "does not know this key"),
        (answer(403, {}), "may not capture"),
        (answer(404, {}), "no base address"),
        (answer(302, {}), "no base address"),
        (answer(200, "<html>", **{"content-type": "text/html"}), "no base address"),
    ],
)
def test_what_makes_a_run_pointless_is_said_at_once(said, words):
    assert words in obstacle(run_of(said)[0])


@pytest.mark.parametrize("status", [202, 201, 400, 415, 429, 500])
def test_a_server_that_does_wrong_is_tried_all_the_same(status):
    assert obstacle(run_of(answer(status, {}))[0]) == ""


def test_a_server_that_has_gone_is_not_waited_for_at_each_point():
    run, wire = run_of(Unreachable("time-out"))
    rows = run_all(run)
    assert len(rows) == len(POINTS) and len(wire.asked) == 3
    assert {row.why.partition(":")[0] for row in rows} == {"no answer", "not tried"}


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        ("Content-Type: text/plain", b"x" * 4096),
        ("Transfer-Encoding: chunked", b"4\r\nxxxx\r\n"),
    ],
)
def test_an_answer_without_end_is_left(monkeypatch, head, piece):
    monkeypatch.setattr("zhuisu.conformance.client.ANSWER_LIMIT", 100_000)
    with socket.create_server(("127.0.0.1", 0)) as door:

        def serve() -> None:
            line, _ = door.accept()
            with line, suppress(OSError):
                line.sendall(f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n".encode())
                while True:
                    line.sendall(piece)

        Thread(target=serve, daemon=True).start()
        with pytest.raises(Unreachable, match="without end"):
            Wire().send(Request("GET", f"http://127.0.0.1:{door.getsockname()[1]}/"))
