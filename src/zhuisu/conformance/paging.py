"""Points 46 to 51: pages, resources, and who sees what."""

from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qs, urlsplit

from .client import Answer
from .data import link
from .identifiers import escaped
from .run import Run, events_of, next_of
from .table import check, point

DEFAULT = 30  # OpenAPI 2.0.0, PerPage
TOP_LEVEL = ("eventTypes", "epcs", "bizSteps", "bizLocations", "readPoints", "dispositions")


@point(46, "Pages of thirty, and a Link only while there is more", "OpenAPI 2.0.0, PerPage, Link; RFC 8288 §3")
def pages(run: Run) -> str:
    place = run.make.place()
    run.keep(*(run.make.at(place) for _ in range(DEFAULT + 1)))
    sizes = [len(events_of(page)) for page in run.pages("events", {"EQ_bizLocation": place})]
    check(sizes[0] <= DEFAULT and sum(sizes) == DEFAULT + 1, f"{DEFAULT + 1} events without perPage came as {sizes}")
    check(sizes[-1] > 0, "the last page is empty")
    exact = run.server.get("events", {"EQ_bizLocation": place, "perPage": str(DEFAULT + 1)})
    check(len(events_of(exact)) < DEFAULT + 1 or not next_of(exact), "a page with all events still has a next page")
    sizes = [len(events_of(page)) for page in run.pages("events", {"EQ_bizLocation": place, "perPage": "8"})]
    check(max(sizes) <= 8 and sum(sizes) == DEFAULT + 1, f"{DEFAULT + 1} events with perPage=8 came as {sizes}")
    for wrong in ("0", "-1", "many"):
        run.refused_query("QueryParameterException", EQ_bizLocation=place, perPage=wrong)
    return "thirty by default, never more than asked for, no empty page at the end"


@point(47, "Page tokens: bound, expiring, not guessable", "OpenAPI 2.0.0, NextPageToken, GS1-Next-Page-Token-Expires")
def tokens(run: Run) -> str:
    place = run.make.place()
    run.keep(*(run.make.at(place) for _ in range(3)))
    asked = {"EQ_bizLocation": place, "perPage": "1"}
    first = run.server.get("events", asked)
    following = next_of(first)
    check(following, "three events with perPage=1 have no next page")
    check(_moment(first.headers.get("gs1-next-page-token-expires", "")), "GS1-Next-Page-Token-Expires is no time")
    token = parse_qs(urlsplit(following).query).get("nextPageToken", [""])[0]
    check(token and not token.isdigit(), f"the token is a number: {token}")
    changed = token[:-1] + ("A" if token[-1] != "A" else "B")
    _refused(run.server.get("events", asked | {"nextPageToken": changed}), "a changed token")
    _refused(run.server.get("events", asked | {"nextPageToken": "1"}), "an invented token")
    elsewhere = asked | {"EQ_bizLocation": run.make.place(), "nextPageToken": token}
    _refused(run.server.get("events", elsewhere), "a token with another query")
    if run.other:
        _refused(run.other.get("events", asked | {"nextPageToken": token}), "another organisation's token")
    gone = run.server.send("DELETE", f"nextPageToken/{escaped(token)}")
    check(gone.status in (204, 501), f"DELETE /nextPageToken: 204 or 501 wanted, {gone.status} came")
    if gone.status == 204:
        _refused(run.server.get("events", asked | {"nextPageToken": token}), "a token after DELETE")
    return f"a changed, invented or foreign token is 4xx; DELETE answers {gone.status}"


def _refused(answer: Answer, what: str) -> None:
    check(400 <= answer.status < 500, f"{what}: 4xx wanted, {answer.status} came")


def _moment(text: str) -> datetime | None:
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            return read(text)
        except ValueError:
            continue
    return None


@point(48, "What comes while one reads neither doubles nor hides", "OpenAPI 2.0.0, NextPageToken; EPCIS 2.0 §12.5")
def while_reading(run: Run) -> str:
    place = run.make.place()
    events = [run.make.at(place, eventTime=f"2026-01-01T00:00:{second:02d}Z") for second in range(10, 16)]
    run.keep(*events)
    orders: list[dict[str, str]] = [{}, {"orderBy": "eventTime"}, {"orderBy": "eventTime", "orderDirection": "ASC"}]
    for order in orders:
        came: list[str] = []
        for page in run.pages("events", {"EQ_bizLocation": place, "perPage": "2", **order}):
            came += [str(event["eventID"]) for event in events_of(page)]
            for second in ("00", "59"):  # one before, one behind all others
                if len(came) < 6:
                    run.keep(run.make.at(place, eventTime=f"2026-01-01T00:00:{second}Z"))
        check(len(came) == len(set(came)), f"an event came twice while others arrived ({order or 'no order'})")
        missing = {event["eventID"] for event in events} - set(came)
        check(not missing, f"{len(missing)} events were skipped while others arrived ({order or 'no order'})")
    return "three orders, new events between the pages: all came, each once"


@point(49, "Values with slashes in paths", "OpenAPI 2.0.0, /epcs/{epc}/events; RFC 3986 §2.2, §3.3")
def slashes(run: Run) -> str:
    place = run.make.place()
    event = run.make.at(place)
    run.keep(event)
    urn = event["epcList"][0]
    paths = [f"epcs/{escaped(urn)}", f"epcs/{escaped(link(urn))}", f"bizLocations/{escaped(place)}"]
    paths += [f"events/{escaped(event['eventID'])}"]
    for path in paths:
        answer = run.server.get(path)
        check(answer.status == 200, f"GET /{path}: 200 wanted, {answer.status} came")
        if path.startswith("events"):
            continue
        inside = run.server.get(f"{path}/events")
        check(inside.status == 200, f"GET /{path}/events: 200 wanted, {inside.status} came")
        found = [one.get("eventID") for one in events_of(inside)]
        check(found == [event["eventID"]], f"GET /{path}/events: one event wanted, {len(found)} came")
    step = run.server.get(
        f"bizSteps/{escaped('https://ref.gs1.org/cbv/BizStep-shipping')}/events", {"EQ_bizLocation": place}
    )
    check(step.status == 200 and len(events_of(step)) == 1, "a bizStep by its web URI does not lead to its events")
    return "URN, Digital Link and web URI in a path lead to their events"


@point(50, "Nobody sees or counts what is another's", "EPCIS 2.0 §8.2.2 (authorisation); OpenAPI 2.0.0, 401, 403, 404")
def tenants(run: Run) -> str:
    other = run.need_other()
    place = run.make.place()
    event = run.make.at(place, readPoint={"id": place})
    run.keep(event, run.make.at(place))
    urn, own = event["epcList"][0], escaped(event["eventID"])
    missing = escaped(run.make.event_id())
    foreign, absent = other.get(f"events/{own}"), other.get(f"events/{missing}")
    check(foreign.status in (403, 404), f"another organisation reads the event: {foreign.status}")
    same = foreign.status == absent.status and _said(foreign) == _said(absent)
    check(same, "an event of another is answered otherwise than one that is not there")
    check(run.find(None, other, EQ_bizLocation=place) == [], "another organisation finds the event")
    check(run.find(None, other, MATCH_anyEPC=urn) == [], "another organisation finds the event by its item")
    for path, value in (("epcs", urn), ("bizLocations", place), ("readPoints", place)):
        for page in run.pages(path, {}, other):
            check(
                value not in page.text and link_of(value) not in page.text,
                f"/{path} shows another organisation {value}",
            )
    for path in (f"epcs/{escaped(urn)}/events", f"bizLocations/{escaped(place)}/events"):
        answer = other.get(path)
        check(answer.status == 404 or not events_of(answer), f"/{path} shows another's events")
    counted = other.get("events", {"EQ_bizLocation": place, "maxEventCount": "1"})
    check(counted.status == 200, f"maxEventCount counts events of another: {counted.status}")
    return "by id, by query, in lists and in counts: nothing of another's"


def link_of(value: str) -> str:
    """How a thing may stand in a list besides its URN."""
    return link(value) if ":sgtin:" in value else value


@point(
    51,
    "Collections and query documents have their shape",
    "OpenAPI 2.0.0, UriCollection, EPCISQueryDocument; JSON-LD 1.1",
)
def shapes(run: Run) -> str:
    event = run.make.at(run.make.place(), readPoint={"id": run.make.place()}, disposition="in_transit")
    run.keep(event)
    for path in TOP_LEVEL:
        answer = run.server.get(path)
        body = answer.json
        check(
            answer.status == 200 and isinstance(body, dict),
            f"GET /{path}: 200 with an object wanted, {answer.status} came",
        )
        check(body.get("type") == "Collection" and "@context" in body, f"GET /{path}: no Collection with @context")
        member = body.get("member")
        check(isinstance(member, list) and member, f"GET /{path}: no member")
        check(len(member) == len({str(one) for one in member}), f"GET /{path}: a member twice")
    for path in ("eventTypes/ObjectEvent", "bizSteps/shipping", "dispositions/in_transit"):
        body = run.server.get(path).json
        check("events" in (body or {}).get("member", []), f"GET /{path}: events is not among its members")
    whole = run.server.get("events", {"EQ_eventID": event["eventID"]}).json
    shape = (whole.get("type"), whole.get("schemaVersion"), whole["epcisBody"]["queryResults"].get("queryName"))
    check(shape == ("EPCISQueryDocument", "2.0", "SimpleEventQuery"), f"the answer to a query is {shape}")
    check("@context" in whole and "creationDate" in whole, "the answer to a query lacks @context or creationDate")
    named = run.server.get("").json
    check(isinstance(named, dict), "GET / gives no list of resources")
    check(set(TOP_LEVEL) <= set(named.get("member", [])), "GET / does not name all resources")
    return f"{len(TOP_LEVEL)} collections and the query document are as described"


def _said(answer: Answer) -> object:
    """A problem without its `instance`, which names this one occurrence (RFC 9457 §3.1.5); other bodies as they are."""
    said = answer.json
    return (
        {name: value for name, value in said.items() if name != "instance"} if isinstance(said, dict) else answer.body
    )
