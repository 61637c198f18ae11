"""Findings: which events broke which rules, listed, as a file, of one event, of one capture."""

from datetime import date, datetime, time, timedelta
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from zhuisu import codes
from zhuisu.compliance import queries
from zhuisu.compliance.queries import By, Filter, Found, Verdict
from zhuisu.events import queries as events
from zhuisu.events.scope import Scope, scope_of

from .callers import Caller
from .orders import answer
from .paging import announce_next, page_of, parameters_of
from .problems import not_found, wrong_parameter
from .resource import resource
from .sector_bodies import csv_file, day_of, finding_fields, nothing_more, region_of
from .times import instant

# Lines of one file: what a spreadsheet opens at once. More come by days.
FILE_LIMIT = 10_000
# Events of a capture whose findings are told in one answer; a larger capture is asked by its days.
CAPTURE_LIMIT = 2_000
# A page's key is a number: a verdict's, and a finding's within it; an event of a megabyte breaks fewer rules.
_NUMBERS = 10_000_000
_SEVERITIES = ("error", "warning")
_GROUPS = ("rule", "sector", "step", "severity", "day", "region", "party")


def listed(request: HttpRequest, caller: Caller) -> HttpResponse:
    """GET: findings that stand today, the newest first, a page at a time."""
    parameters = parameters_of(request)
    page = page_of(request, caller, parameters)
    before = "" if page.after is None else "{}.{}".format(*divmod(page.after, _NUMBERS))
    found = queries.findings(scope_of(caller.organisation), filter_of(parameters), before=before, limit=page.size + 1)
    shown = found[: page.size]
    response = answer({"judgedTo": queries.judged_to(), "findings": [found_fields(one) for one in shown]})
    if len(found) > page.size:
        announce_next(response, request, page, _key(shown[-1]), timezone.now())
    return response


def as_file(request: HttpRequest, caller: Caller) -> HttpResponse:
    """GET: the same as CSV, up to FILE_LIMIT lines; the header X-Omitted says "true" where there are more."""
    wanted = filter_of(parameters_of(request))
    found = queries.findings(scope_of(caller.organisation), wanted, limit=FILE_LIMIT + 1)
    rows = [found_fields(one) for one in found[:FILE_LIMIT]]
    heading = list(COLUMNS)
    response = csv_file("findings.csv", heading, ([row.get(name) for name in heading] for row in rows))
    response.headers["X-Omitted"] = "true" if len(found) > FILE_LIMIT else "false"
    return response


COLUMNS = (
    "eventID",
    "eventTime",
    "sector",
    "step",
    "edition",
    "region",
    "party",
    "partyName",
    "path",
    "rule",
    "severity",
    "message",
    "message_zh",
    "article",
    "article_zh",
    "judgedAt",
)


def counted(request: HttpRequest, caller: Caller) -> HttpResponse:
    """GET: how many findings stand, by rule, sector, step, severity, day, region or party."""
    parameters = parameters_of(request)
    by = parameters.pop("by", "rule")
    if by not in _GROUPS:
        raise wrong_parameter("by", f"must be one of {', '.join(_GROUPS)}", f"应为 {'、'.join(_GROUPS)} 之一")
    scope, zone = scope_of(caller.organisation), timezone.get_current_timezone_name()
    found = queries.counts(scope, filter_of(parameters), cast(By, by), zone=zone)
    told = [{"key": one.key, "errors": one.errors, "warnings": one.warnings, "events": one.events} for one in found]
    return answer({"by": by, "judgedTo": queries.judged_to(), "counts": told})


def filter_of(parameters: dict[str, str]) -> Filter:
    """The filter that parameters mean; a 400 problem names the first that is unknown or wrong. Both days count whole."""
    held: dict[str, Any] = {name: parameters.pop(name, "") for name in ("sector", "step", "rule", "search")}
    held["severity"] = severity = parameters.pop("severity", "")
    if severity not in ("", *_SEVERITIES):
        raise wrong_parameter("severity", "must be error or warning", "应为 error 或 warning")
    held["party"] = _party(parameters.pop("party", ""))
    held["region"] = region_of(parameters)
    if parameters.get("since"):
        held["since"] = _midnight(day_of(parameters, "since"))
    if parameters.get("until"):
        held["until"] = _midnight(day_of(parameters, "until"), 1)
    parameters.pop("since", None)
    parameters.pop("until", None)
    nothing_more(parameters)
    return Filter(**held)


def _midnight(day: date, later: int = 0) -> datetime | None:
    """When a day begins here, or one some days later; nothing where the calendar ends."""
    try:
        return timezone.make_aware(datetime.combine(day + timedelta(days=later), time()))
    except OverflowError:
        return None


def _party(text: str) -> str:
    if not text:
        return ""
    try:
        return codes.parse(text).canonical
    except codes.CodeError as wrong:
        raise wrong_parameter("party", wrong.message, wrong.message_zh) from None


def found_fields(one: Found) -> dict[str, Any]:
    """One finding with its event."""
    return {
        "eventID": one.event_id,
        "eventTime": instant(one.happened_at),
        "sector": one.sector,
        "step": one.step,
        "edition": one.edition,
        "region": one.region,
        "party": one.actor,
        "partyName": one.actor_name,
        **finding_fields(one.finding),
        "judgedAt": instant(one.judged_at),
    }


def _key(one: Found) -> int:
    verdict, _, number = one.cursor.partition(".")
    return int(verdict) * _NUMBERS + int(number)


def of_event(_request: HttpRequest, caller: Caller, event_id: str) -> HttpResponse:
    """GET: what the sectors say of one event, with every verdict there was: a late event or a new certificate may change it."""
    scope = scope_of(caller.organisation)
    readable = "\x00" not in event_id and event_id.isprintable()
    stored = events.event_by_id(scope, event_id) if readable else []
    if not stored and not (readable and events.gone(scope, event_id)):  # of what went the verdicts stay
        raise not_found()
    judged_to = queries.judged_to()
    found = queries.verdicts(scope, events.numbers_of(scope, [event_id]), history=True)
    return answer(
        {
            "eventID": event_id,
            "judged": all(one.position <= judged_to for one in stored),
            "verdicts": [_verdict_fields(one) for told in found.values() for one in told],
        }
    )


def of_capture(_request: HttpRequest, caller: Caller, token: str) -> HttpResponse:
    """GET: what the sectors say of the events that one capture of the caller's own brought.

    An event may be judged and have no verdict: where no sector looks at it.
    """
    scope = scope_of(caller.organisation)
    job = None if "\x00" in token else events.capture_job(Scope("organisation", caller.organisation.pk), token)
    if job is None:
        raise not_found()
    brought = events.captured(scope, token, limit=CAPTURE_LIMIT + 1)
    shown = brought[:CAPTURE_LIMIT]
    found = queries.verdicts(scope, [number for number, _, _ in shown])
    judged_to = queries.judged_to()
    return answer(
        {
            "captureID": token,
            "judgedTo": judged_to,
            "events": [
                {
                    "eventID": event_id,
                    "judged": position is not None and position <= judged_to,
                    "verdicts": [_verdict_fields(one) for one in found.get(number, [])],
                }
                for number, event_id, position in shown
            ],
            "more": len(brought) > len(shown),
        }
    )


def _verdict_fields(one: Verdict) -> dict[str, Any]:
    return {
        "sector": one.sector,
        "step": one.step or None,
        "outcome": one.outcome,
        "edition": one.edition,
        "region": one.region or None,
        "party": one.actor or None,
        "judgedAt": instant(one.judged_at),
        "last": one.last,
        "findings": [finding_fields(each) for each in one.findings],
    }


finding_list = resource(GET=listed)
findings_csv = resource(GET=as_file, media=["text/csv"])
finding_counts = resource(GET=counted)
event_findings = resource(GET=of_event)
capture_findings = resource(GET=of_capture)
