"""Points 64 to 66: the event hash, the resolver, and what a stranger may see."""

import json
from hashlib import sha256
from urllib.parse import urljoin, urlsplit

from .data import CBV, Event, document, link
from .run import Run
from .table import Failed, NotApplicable, check, point

HASH = "ni:///sha-256;"


@point(
    64, "The event hash is the CBV's, and leaves out what is not the event", "CBV 2.0 §8.9 (event hash ID); RFC 6920"
)
def hashes(run: Run) -> str:
    event = run.make.event(
        eventID=None, epcList=[run.make.thing("b" + run.make.next()), run.make.thing("a" + run.make.next())]
    )
    first = _given(run, event)
    if not first.startswith(HASH):
        raise NotApplicable(f"ids that are given are no event hashes ({first[:40]}): CBV 2.0 §8.9 leaves that open")
    check("?ver=CBV" in first, f"the hash does not name its version: {first}")
    wanted = f"{HASH}{sha256(_hashed(event).encode()).hexdigest()}?ver=CBV2.0"
    check(first == wanted, f"the hash of this event is {wanted}, {first} came")
    again = event | {"recordTime": "2001-01-01T00:00:00Z", "epcList": event["epcList"][::-1]}
    check(
        _given(run, again, {"later": "https://example.org/later/"}) == first,
        "recordTime, order of items or context change the hash",
    )
    zone = run.make.when.replace("Z", "+00:00")
    check(_given(run, event | {"eventTime": zone}) == first, "the spelling of a time changes the hash")
    other = _given(run, event | {"bizStep": "receiving"})
    check(other != first, "another business step has the same hash")
    return f"{first[:30]}…: as CBV 2.0 has it, the same for the same event, another for another"


def _hashed(event: Event) -> str:
    """The text that CBV 2.0 §8.9 hashes, of an event such as the point sends: names and values in order, nothing between."""
    time = event["eventTime"].replace("Z", ".000Z")
    items = "".join(f"epc={one}" for one in sorted(link(urn) for urn in event["epcList"]))
    return (
        f"eventType={event['type']}eventTime={time}eventTimeZoneOffset={event['eventTimeZoneOffset']}"
        f"epcList{items}action={event['action']}bizStep={CBV}BizStep-{event['bizStep']}"
    )


def _given(run: Run, event: Event, prefixes: dict[str, str] | None = None) -> str:
    """The id that the server gives to an event without one."""
    job = run.job_of(run.server.post("capture", document(event, prefixes=prefixes)))
    check(job.get("success") is True, f"an event without id was refused: {json.dumps(job.get('errors'))[:300]}")
    asked = {"MATCH_epc": event["epcList"][0], "EQ_bizStep": event["bizStep"]}
    for _ in run.waiting():
        found = run.find(**asked)
        if found:
            ids = {str(one["eventID"]) for one in found}
            check(len(ids) == 1, f"the same event got several ids: {ids}")
            return ids.pop()
    raise Failed("an event without id is not found")


@point(65, "The resolver, where there is one", "GS1-conformant resolver 1.0; Digital Link 1.1; RFC 9264")
def resolver(run: Run) -> str:
    root = _root(run)
    known = run.nobody.get(urljoin(root, "/.well-known/gs1resolver"))
    if known.status == 404:
        raise NotApplicable(
            "no resolver here: EPCIS 2.0 wants none (GS1-conformant resolver 1.0 is a standard of its own)"
        )
    check(
        known.status == 200 and isinstance(known.json, dict), f"the description file: 200 wanted, {known.status} came"
    )
    check({"resolverRoot", "supportedPrimaryKeys"} <= set(known.json), "the description file lacks root or keys")
    check(
        known.headers.get("access-control-allow-origin") == "*",
        "the description file cannot be read across origins (CORS)",
    )
    right = urljoin(root, urlsplit(link(run.make.thing())).path)
    digit = right.index("/21/") - 1
    wrong = run.nobody.get(right[:digit] + str((int(right[digit]) + 1) % 10) + right[digit + 1 :], Accept="text/html")
    check(wrong.status == 400, f"a link with a wrong check digit: 400 wanted, {wrong.status} came")
    for address, accept in ((f"{right}?linkType=linkset", "text/html"), (right, "application/linkset+json")):
        links = run.nobody.get(address, Accept=accept)
        # An item nobody registered links for may be unknown to a resolver; a redirect or a page it must not be.
        check(links.status in (200, 404), f"the linkset: 200 without redirect wanted, {links.status} came")
        said = links.status == 404 or (links.type == "application/linkset+json" and "linkset" in (links.json or {}))
        check(said, f"the linkset came as {links.type}")
    nothing = run.nobody.get(f"{right}?linkType=gs1:recallStatus", Accept="text/html")
    check(nothing.status == 404, f"a linkType that is not there: 404 wanted, {nothing.status} came")
    plain, slash = (run.nobody.get(address, Accept="text/html") for address in (right, right + "/"))
    same = (plain.status, plain.headers.get("location")) == (slash.status, slash.headers.get("location"))
    check(same, "a slash at the end changes the answer")
    return "description file with CORS; 400 for a bad link; linkset without redirect; 404 for a link type that is not there"


@point(66, "Strangers see no trade secrets", "EPCIS 2.0 §8.2.2 (authorisation); OpenAPI 2.0.0, 401")
def strangers(run: Run) -> str:
    secret = f"order-{run.make.next()}"
    event = run.make.event(
        bizTransactionList=[{"type": "po", "bizTransaction": f"urn:example:{secret}"}], **{"ex:note": secret}
    )
    run.keep(event)
    path = urlsplit(link(event["epcList"][0])).path
    for address in (urljoin(run.server.base, "events"), urljoin(run.server.base, "epcs"), urljoin(_root(run), path)):
        for accept in ("text/html", "application/json", "application/linkset+json"):
            answer = run.nobody.get(address, Accept=accept)
            check(
                secret not in answer.text and event["eventID"] not in answer.text,
                f"GET {address} without a key shows the event",
            )
    for resource in ("events", "epcs", "capture", "queries"):
        answer = run.nobody.get(resource)
        check(answer.status in (401, 403), f"GET /{resource} without a key: 401 wanted, {answer.status} came")
    return "without a key no event, no order number, no list"


def _root(run: Run) -> str:
    parts = urlsplit(run.server.base)
    return f"{parts.scheme}://{parts.netloc}/"
