"""Looking up: how one code stands as JSON beside a static file of nginx, and the public page beside a view that says one word."""

import urllib.request
from collections.abc import Iterator, Sequence
from datetime import date
from statistics import median
from typing import Any

from zhuisu.config.bench.capture import wrapped
from zhuisu.config.bench.figures import Figure, NotMeasured, Scale
from zhuisu.config.bench.loading import Load, at_rate, fastest, granian, missing, nginx, spent
from zhuisu.config.cli.common import now

SITE = "zhuisu.config.wsgi:application"
EMPTY = "zhuisu.config.bench.empty:"
CODES = 1_000
PAGES = 200
# One caller may look up 6,000 codes a minute, one buyer 1,200: a load is that of many.
CALLERS, BUYERS = 256, 2_000
RATE, PAGE_RATE = 5_000, 1_500  # a second: what the goals offer
SECONDS = 10
TURNS = 3
LOOKS = 25_000  # more than a run asks for
# No line a request, as nginx beside it writes none.
QUIET = {"ZHUISU_LOG_LEVEL": "WARNING"}
GTIN = "09506000134352"
PHONE = "Mozilla/5.0 (Linux; Android 14) Mobile"


def figures(scale: Scale) -> Iterator[Figure | NotMeasured]:
    """Answers a second and p99, each beside its baseline, taken in turns."""
    if why := missing("wrk", "nginx"):
        yield from (NotMeasured(each, why) for each in ("L1", "L1b", "L1c", "A5", "A5b", "A5c", "A5d"))
        return
    codes, keys = _planted()
    _collect_static()
    seconds = max(2, scale.of(SECONDS))
    asked = [_request(f"/codes/{codes[n % CODES]}", f"Authorization: Bearer {keys[n % CALLERS]}") for n in range(4_000)]
    with granian(SITE, ZHUISU_PROXIES="1", **QUIET, ZHUISU_RATE_KEY="0", ZHUISU_RATE_ORGANISATION="0") as site:
        yield from _look_ups(site, asked, seconds)
        yield from _pages(site, codes[:PAGES], seconds)


def _look_ups(site: int, asked: Sequence[bytes], seconds: int) -> Iterator[Figure]:
    body = _body(site, asked[0])
    _warm(site, asked)
    with nginx(body) as still:
        file = [_request("/file.json")]
        ours, theirs = _in_turns((site, [asked]), (still, file), seconds)
        steady, floor, cost, least = _steady((site, asked), (still, file), seconds)
    yield Figure(
        "L1", "look-up of one code as JSON, answers/s", ours.rate, "/s", theirs.rate, "static file of nginx, /s"
    )
    said = f"the same, {RATE:,}/s offered:"
    yield Figure("L1b", f"{said} p99", steady, "ms", floor, "static file of nginx at the same rate, p99, ms")
    yield Figure(
        "L1c",
        f"{said} processor time of the server each",
        cost,
        "µs",
        least,
        "static file of nginx at the same rate, µs",
    )


def _pages(site: int, codes: Sequence[str], seconds: int) -> Iterator[Figure]:
    def page(number: int, query: str = "") -> bytes:
        # No buyer comes to a code twice: every look is a scan of its own.
        place, turn = number % len(codes), number // len(codes)
        buyer = (turn + place * 10) % BUYERS
        return _request(
            f"/i/01/{GTIN}/21/{codes[place]}{query}",
            f"X-Forwarded-For: 10.1.{buyer // 250}.{buyer % 250 + 1}",
        )

    # A run has looks of its own: one that came again within minutes would be no new scan.
    looks = [[page(n) for n in range(begin, begin + LOOKS)] for begin in range(0, (TURNS + 2) * LOOKS, LOOKS)]
    anew = [page(n, "?n=1") for n in range(2_000)]
    _warm(site, looks.pop()[: 2 * len(codes)])
    with (
        granian(EMPTY + "layers", **QUIET) as layers,
        granian(EMPTY + "bare", **QUIET) as bare,
    ):
        word = [_request("/empty")]
        ours, theirs = _in_turns((site, looks[:TURNS]), (layers, word), seconds)
        made = fastest(site, anew, seconds)
        least = fastest(bare, word, seconds)
    view = "empty view behind all layers, /s"
    yield Figure("A5", "public page, kept, every look a new scan, pages/s", ours.rate, "/s", theirs.rate, view)
    yield Figure("A5b", "the same made anew, pages/s", made.rate, "/s", theirs.rate, view)
    steady = at_rate(site, looks[TURNS], PAGE_RATE, seconds)
    yield Figure("A5c", f"public page, {PAGE_RATE:,}/s offered: p99", steady.p99, "ms", ours.p99, "p99 at full speed")
    yield Figure(
        "A5d", "empty view behind all layers, answers/s", theirs.rate, "/s", least.rate, "empty view alone, /s"
    )


def _collect_static() -> None:
    """The site's files under the names that the pages have for them, as `zhuisu up` lays them out."""
    from django.conf import settings
    from django.core.management import call_command
    from django.test.utils import override_settings

    with override_settings(STATIC_ROOT=settings.HOME / "static"):
        call_command("collectstatic", verbosity=0, interactive=False)


def _in_turns(
    one: tuple[int, Sequence[Sequence[bytes]]], other: tuple[int, Sequence[bytes]], seconds: int
) -> tuple[Load, Load]:
    """Both, each three times after the other: the middle ones. Of the first, the requests of each turn."""
    port, requests = one
    ran = [
        (_right(fastest(port, requests[turn % len(requests)], seconds)), _right(fastest(*other, seconds)))
        for turn in range(TURNS)
    ]
    ours, theirs = zip(*ran, strict=True)
    return sorted(ours)[TURNS // 2], sorted(theirs)[TURNS // 2]


def _steady(
    one: tuple[int, Sequence[bytes]], other: tuple[int, Sequence[bytes]], seconds: int
) -> tuple[float, float, float, float]:
    """p99 of both at the fixed rate, each three times after the other: the middle ones. Then what one answer takes of the
    processor, in microseconds.

    nginx is the floor of the measure: what a machine with other work makes of an answer that costs nothing.
    """
    late: tuple[list[float], list[float]] = ([], [])
    cost: tuple[list[float], list[float]] = ([], [])
    for _ in range(TURNS):
        for place, (port, requests) in enumerate((one, other)):
            before = spent(port)
            late[place].append(_right(at_rate(port, requests, RATE, seconds)).p99)
            cost[place].append((spent(port) - before) / (RATE * seconds) * 1e6)
    return median(late[0]), median(late[1]), median(cost[0]), median(cost[1])


def _right(load: Load) -> Load:
    if load.wrong:
        raise RuntimeError(f"{load.wrong} answers were none")
    return load


def _request(path: str, *headers: str) -> bytes:
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", f"User-Agent: {PHONE}", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


def _body(port: int, request: bytes) -> bytes:
    first, *lines = request.decode().strip().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    address = f"http://127.0.0.1:{port}{first.split()[1]}"
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=60) as answer:
        body: bytes = answer.read()
        return body


def _warm(port: int, requests: Sequence[bytes]) -> None:
    """Each once, slowly: what is kept is kept afterwards."""
    at_rate(port, requests, 200, len(requests) / 200)


def _planted() -> tuple[list[str], list[str]]:
    """Codes of one maker, some with a path of their own, and the keys of authorities that may ask for any."""
    from zhuisu.accounts.models import Organisation
    from zhuisu.accounts.services import issue_key
    from zhuisu.events.sequencer import publish
    from zhuisu.events.services import receive
    from zhuisu.registry.issuing import keys as files
    from zhuisu.registry.issuing.services import issue
    from zhuisu.registry.models import Licence, Party, Product

    at = now()
    maker = Organisation.objects.create(kind="enterprise", name="bench", party="uri:urn:zhuisu:bench")
    party = Party.objects.create(code=maker.party, name="bench", kind="manufacturer", verified_at=at, region="350212")
    Licence.objects.create(party=party, kind="食品生产许可证", number="SC1", valid_from_on=date(2020, 1, 1))
    tin = Product.objects.create(code=f"gs1.gtin:01/{GTIN}", name="tin", category="乳制品", holder=party)
    batch = issue(
        organisation=maker, product=tin, level="item", count=CODES, active=True, lot="L1", by="system:bench", at=at
    )
    key = files.key_of(batch.series.key)
    codes = [batch.code_at(key, place) for place in range(CODES)]
    events = [_event(code, step) for code in codes[:PAGES] for step in ("commissioning", "shipping", "receiving")]
    receive(wrapped(events), media_type=None, organisation=maker.pk, by="system:bench", at=at)
    publish(at)
    keys = []
    for number in range(CALLERS):
        office = Organisation.objects.create(
            kind="regulator", name=f"{number}", party=f"uri:urn:zhuisu:o{number}", region="35"
        )
        keys.append(issue_key(organisation=office, label="bench", by="system:bench", at=at, may_capture=False)[1])
    return codes, keys


def _event(code: str, step: str) -> dict[str, Any]:
    action = "ADD" if step == "commissioning" else "OBSERVE"
    return {
        "type": "ObjectEvent", "eventTime": f"2026-11-20T0{1 + len(step) % 7}:00:00Z", "eventTimeZoneOffset": "+08:00",
        "epcList": [f"https://id.gs1.org/01/{GTIN}/21/{code}"], "action": action, "bizStep": step,
    }  # fmt: skip
