"""How a line of the log is written: JSON or plain text, always one line, with the request or job it belongs to, without secrets."""

import json
import logging
import os
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from itertools import count
from typing import Any

from zhuisu.codes.recognition import hidden

MAX_MESSAGE = 4_000  # characters of a line's message: what a stranger sends must not fill a disk by being logged
MAX_FRAMES = 30  # of a stack: the innermost say what happened

# What a line must not hold, and what stands for it. The first characters of a key name it in the trail: they may stay.
_SECRETS = (
    (re.compile(r"(zs_[A-Za-z0-9_-]{9})[A-Za-z0-9_-]+"), r"\1…"),
    (re.compile(r"(?i)\b(bearer|basic)\s+\S+"), r"\1 …"),
    (re.compile(r"(?i)\b(password|passwd|secret|token|authorization|cookie|sessionid|csrftoken)(\s*[=:]\s*)\S+"), r"\1\2…"),
    (re.compile(r"://[^/\s@]+@"), "://…@"),
    (re.compile(r"\?[^\s?]*=\S*"), "?…"),
)  # fmt: skip
# Every character that a terminal or a reader of logs takes for the end of a line, or for a command.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
# Errors quote what they choked on. What PostgreSQL names is no input.
_QUOTED = re.compile(
    r"(?P<named>\b(?:constraint|relation|column|table|function|type) \"\w+\")|'[^']*'|\"[^\"]*\"|«[^»]*»"
)

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

_context: ContextVar[dict[str, str]] = ContextVar("zhuisu_log_context")
_jobs = count(1)


def wanted() -> str:
    """json or text: ZHUISU_LOG, else text where a person looks on, and JSON where a collector reads."""
    told = os.environ.get("ZHUISU_LOG", "")
    return told if told in ("json", "text") else "text" if sys.stderr.isatty() else "json"


@contextmanager
def about(kind: str, name: str) -> Iterator[None]:
    """Every line that is written within carries it: about("request", "4f1c…")."""
    token = _context.set({**_context.get({}), kind: name})
    try:
        yield
    finally:
        _context.reset(token)


@contextmanager
def job(kind: str) -> Iterator[str]:
    """One piece of a worker's work: its lines carry an id such as "judge-4711-12"."""
    name = f"{kind}-{os.getpid()}-{next(_jobs)}"
    with about("job", name):
        yield name


def safe(text: str) -> str:
    """The text as it may stand in a log: one line, no secret, no number of a person, no query string."""
    covered = hidden(_CONTROL.sub(" ", text[: 2 * MAX_MESSAGE]), mistyped=True)
    for pattern, instead in _SECRETS:
        covered = pattern.sub(instead, covered)
    covered = _CONTROL.sub(" ", covered)  # hidden() may have decoded %0A
    return covered if len(covered) <= MAX_MESSAGE else covered[:MAX_MESSAGE] + "…"


def said(error: BaseException) -> str:
    """What an error says, without what it quotes: that may be somebody's input. Only its first line: the database's others are rows."""
    first = (str(error).strip() or type(error).__name__).splitlines()[0]
    return safe(_unquoted(first))


def _unquoted(text: str) -> str:
    return _QUOTED.sub(lambda found: found["named"] or '"…"', text)


def _message(record: logging.LogRecord) -> str:
    request = getattr(record, "request", None)
    if record.name == "django.request" and request is not None:
        # Django names the address as it came: a code, or whatever a stranger typed.
        away = getattr(record, "away", "")
        return f"{getattr(record, 'status_code', '')} at {template_of(request)}" + (
            f": database away: {safe(away)}" if away else ""
        )
    told = record.getMessage()
    # It quotes a Host or an origin that is not ours: whatever somebody sent.
    return safe(_unquoted(told) if record.name.startswith("django.") else told)


def template_of(request: Any) -> str:
    """The pattern of the address, never the address itself; "none" where no pattern answered."""
    match = getattr(request, "resolver_match", None)
    return f"/{match.route}" if match else "none"


def _frames(record: logging.LogRecord) -> list[str]:
    if not record.exc_info or record.exc_info[2] is None:
        return []
    stack = traceback.extract_tb(record.exc_info[2])[-MAX_FRAMES:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in stack]


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class JsonLine(logging.Formatter):
    """One object a line: time, level, logger, request or job, message, what the record adds, and an error with its frames."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            **_context.get({}),
        }
        if fields := getattr(record, "fields", None):
            line |= fields
        else:
            line["message"] = _message(record)
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            line["error"] = {"type": type(error).__name__, "said": said(error), "frames": _frames(record)}
        return _encode(line)


class TextLine(logging.Formatter):
    """The same for a person: one line, and an error's frames indented below."""

    def format(self, record: logging.LogRecord) -> str:
        fields = getattr(record, "fields", None)
        told = " ".join(f"{name}={value}" for name, value in fields.items()) if fields else _message(record)
        where = "".join(f" {name}" for name in _context.get({}).values())
        lines = [f"{_time(record)} {record.levelname} {record.name}{where} {told}"]
        if record.exc_info and record.exc_info[1] is not None:
            lines += [f"    {frame}" for frame in _frames(record)]
            lines.append(f"    {type(record.exc_info[1]).__name__}: {said(record.exc_info[1])}")
        return "\n".join(lines)


def configuration(level: str) -> dict[str, Any]:
    """Django's LOGGING. `level` is "" where the operator named none: then warnings, and a line for each request."""
    form = "zhuisu.config.logs.JsonLine" if wanted() == "json" else "zhuisu.config.logs.TextLine"
    stream = {"class": "logging.StreamHandler", "formatter": "line"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": form}},
        "filters": {
            "told": {"()": "zhuisu.config.faults.Told"},
            "away": {"()": "zhuisu.config.faults.DatabaseAway"},
            "nameless": {"()": "zhuisu.config.faults.Nameless"},
        },
        "handlers": {"stderr": stream | {"filters": ["away", "nameless"]}, "requests": stream},
        "root": {"handlers": ["stderr"], "level": level or "WARNING"},
        "loggers": {
            # Every 4xx is a line of zhuisu.request already, by its pattern and not by its address.
            "django.request": {"level": "ERROR", "filters": ["told"]},
            "zhuisu.request": {"handlers": ["requests"], "level": level or "INFO", "propagate": False},
        },
    }
