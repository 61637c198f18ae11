"""What is answered where no view could: a wrong request, a database that is away, a fault of ours. Machines get problems."""

import logging
import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.views import defaults

from zhuisu.api import problems
from zhuisu.codes.recognition import hidden

AWAY = (OperationalError, InterfaceError)


class DatabaseAway(logging.Filter):
    """One line for a database that is away, as a warning: a stack trace would tell nothing, a hundred times over."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, AWAY):
            record.msg, record.args = f"{record.getMessage()}: database away: {first_line(error)}", ()
            record.away = first_line(error)  # the line of a request names its pattern instead of its address (logs.py)
            record.exc_info = record.exc_text = None
            record.levelno, record.levelname = logging.WARNING, "WARNING"
        return True


class Told(logging.Filter):
    """Django says each failed request once more: without an error to it, the request's own line (requests.py) has said it."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.name != "django.request" or bool(record.exc_info)


class Nameless(logging.Filter):
    """No number of a person in the log, as it may stand in an address that was not found."""

    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage()
        if (covered := hidden(said, mistyped=True)) != said:
            record.msg, record.args = " ".join(covered.splitlines()), ()
        return True


def first_line(error: BaseException) -> str:
    """What an error says, in one line, even where it says nothing."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400, such as for a Host that is not ours."""
    if not _machine(request):
        return defaults.bad_request(request, exception)
    return problems.unreadable_request().response()


def server_error(request: HttpRequest) -> HttpResponse:
    """503 where the database is away, else 500."""
    away = isinstance(sys.exc_info()[1], AWAY)
    if _machine(request):
        return (problems.database_away() if away else problems.failed()).response()
    response = defaults.server_error(request, "503.html" if away else "500.html")
    if away:
        response.status_code = 503
        response.headers["Retry-After"] = "2"
    return response


def _machine(request: HttpRequest) -> bool:
    return request.path_info == "/epcis" or request.path_info.startswith("/epcis/")
