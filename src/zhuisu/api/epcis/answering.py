"""A query over HTTP: its parameters read, run in the caller's scope, its page answered and the next one announced."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from zhuisu.epcis.query import Query, QueryError, read_url
from zhuisu.events.scope import scope_of
from zhuisu.events.search import Cursor, search
from zhuisu.registry.vocabulary.queries import vocabulary_of

from ..callers import Caller
from ..paging import Page, announce_next
from ..problems import Problem, wrong_parameter
from .documents import QUERY, answer

STATUSES = {
    "QueryTooLargeException": 413,
    "QueryTooComplexException": 413,
}  # OpenAPI, 413QueryScopeOrSize; all others 400


def query_of(request: HttpRequest, parameters: Mapping[str, str]) -> Query:
    """The query that the parameters mean, by the prefixes of the request's GS1-Extensions (prefix=uri, with commas)."""
    try:
        return read_url(parameters, _prefixes(request.headers.get("GS1-Extensions", "")))
    except QueryError as wrong:
        raise query_problem(wrong) from None


def answer_query(
    request: HttpRequest, caller: Caller, query: Query, page: Page, *, query_name: str = QUERY
) -> HttpResponse:
    """One page of the events that fit a query, of those that the caller may see."""
    try:
        found = search(
            scope_of(caller.organisation),
            query,
            vocabulary=vocabulary_of(caller.organisation.pk),
            limit=page.size,
            after=None if page.after is None else _cursor(page.after),
        )
    except QueryError as wrong:
        raise query_problem(wrong) from None
    now = timezone.now()
    response = answer(request, found.events, at=now, query_name=query_name)
    if found.next is not None:
        announce_next(response, request, page, _written(found.next), now)
    return response


def query_problem(wrong: QueryError) -> Problem:
    """400 with the parameter at fault, or 413 where the query asks for too much."""
    status = STATUSES.get(wrong.exception, 400)
    if status == 400 and wrong.parameter:
        return wrong_parameter(wrong.parameter, wrong.message, wrong.message_zh)
    return Problem(status, wrong.exception, wrong.message, wrong.message_zh)


def _prefixes(text: str) -> dict[str, str]:
    pairs = [one.strip().partition("=") for one in text.split(",")]
    return {prefix.strip(): uri.strip() for prefix, _, uri in pairs if prefix.strip() and ":" in uri}


def _written(cursor: Cursor) -> list[Any]:
    at = None if cursor.at is None else cursor.at.astimezone(UTC).isoformat()
    return [cursor.upto, cursor.position, at, cursor.number, cursor.given]


def _cursor(held: Any) -> Cursor:
    upto, position, at, number, given = held
    return Cursor(upto, position, None if at is None else datetime.fromisoformat(at), number, given)
