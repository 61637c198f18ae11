"""One line of the log, whatever is put into it: no end of line, no secret, no number of a person."""

import json
import logging
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhuisu.config import logs

PERSON = "11010519491231002X"
KEY = "zs_" + "Abc-_7890" + "secretsecretsecretsecretsecretsec"
SECRETS = {
    "key": (KEY, "secretsecret"),
    "bearer": ("Authorization: Bearer canary-1", "canary-1"),
    "password": ("password=canary-2 done", "canary-2"),
    "cookie": ("Cookie: canary-3", "canary-3"),
    "query": ("at /find?q=canary-4&b=1", "canary-4"),
    "address": ("postgresql://me:canary-5@host/db", "canary-5"),
    "person": (f"id {PERSON}", "19491231"),
    "person in an address": ("/x/%31" + PERSON[1:], "19491231"),
    "person in groups": ("110105 19491231 002X", "19491231"),
}


def line(message: str, *arguments: Any, error: BaseException | None = None, form: type = logs.JsonLine) -> str:
    information = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("zhuisu.test", logging.WARNING, __file__, 1, message, arguments, information)
    return str(form().format(record))


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("form", [logs.JsonLine, logs.TextLine])
def test_a_secret_never_stands_in_a_line(name: str, form: type) -> None:
    text, canary = SECRETS[name]
    assert canary not in line("saw %s", text, form=form)
    assert canary not in line("failed", error=ValueError(text), form=form)


@given(st.text())
def test_a_line_is_one_line(text: str) -> None:
    for form in (logs.JsonLine, logs.TextLine):
        said = line("saw %s", text, form=form)
        assert len(said.splitlines()) == 1, said
        assert not any(ord(char) < 32 for char in said)
    json.loads(line("saw %s", text))


def test_what_is_long_is_cut() -> None:
    assert len(line("%s", "a" * 10**6)) < logs.MAX_MESSAGE + 200


def test_an_error_is_told_without_what_it_quotes() -> None:
    try:
        int("canary")
    except ValueError as error:
        told = json.loads(line("failed", error=error))["error"]
    assert told["type"] == "ValueError"
    assert told["said"] == 'invalid literal for int() with base 10: "…"'
    assert any("test_log_lines.py" in frame for frame in told["frames"])
    unique = 'duplicate key value violates unique constraint "event_pkey"\nDETAIL: Key (id)=(canary) already exists.'
    assert logs.said(ValueError(unique)).endswith('constraint "event_pkey"')
    assert "canary" not in logs.said(ValueError('invalid input syntax for type uuid: "canary"'))


def test_lines_carry_their_request_or_job() -> None:
    with logs.about("request", "abc"):
        assert json.loads(line("a"))["request"] == "abc"
        assert " abc " in line("a", form=logs.TextLine)
    with logs.job("judge") as name:
        assert json.loads(line("a"))["job"] == name
        assert name.startswith("judge-")
    assert not {"request", "job"} & json.loads(line("a")).keys()


@pytest.mark.parametrize(("told", "terminal", "form"), [("json", True, "json"), ("text", False, "text"), ("", True, "text"), ("", False, "json"), ("xml", False, "json")])  # fmt: skip
def test_the_form_is_the_operators_or_follows_the_terminal(
    told: str, terminal: bool, form: str, monkeypatch: Any
) -> None:
    monkeypatch.setenv("ZHUISU_LOG", told)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    assert logs.wanted() == form
