"""What Prometheus scrapes: requests as every web process counted them, and the state of the store as the scrape finds it."""

import hmac
from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from zhuisu.api.problems import not_found
from zhuisu.config import gauges, processes

# Where each process counts in files of its own, by settings.py; a scrape of any of them adds all up.
FOLDER: Path = settings.HOME / "metrics"
FOLDER.mkdir(parents=True, exist_ok=True)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# Half a millisecond for a page out of memory, a minute for a walk over millions.
BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)
METHODS = frozenset(
    {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
)  # any other is "other": names are endless
_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PROTO", "HTTP_VIA")  # fmt: skip
_LOCAL = frozenset({"127.0.0.1", "localhost", "[::1]", "::1"})

_own = CollectorRegistry()
_requests = Counter(
    "zhuisu_http_requests", "Requests answered, by pattern of the address, method and status.",
    ["route", "method", "status"], registry=_own,
)  # fmt: skip
_seconds = Histogram(
    "zhuisu_http_request_seconds", "Seconds until the head of the answer.", ["route"], buckets=BUCKETS, registry=_own
)
_in_flight = Gauge(
    "zhuisu_http_requests_in_flight", "Requests being answered.", multiprocess_mode="livesum", registry=_own
)
# Looking up labels in the library costs more than counting.
_counted: dict[tuple[str, str, str], Counter] = {}
_timed: dict[str, Histogram] = {}


def begun() -> None:
    """A request came."""
    _in_flight.inc()


def answered(route: str, method: str, status: int, seconds: float) -> None:
    """It was answered. `route` is a pattern of the addresses, of which there are few; never an address."""
    _in_flight.dec()
    counted(route, method, status, seconds)


def counted(route: str, method: str, status: int, seconds: float) -> None:
    """A request and its answer, as for `answered`."""
    key = (route, method if method in METHODS else "other", str(status))
    if (counter := _counted.get(key)) is None:
        counter = _counted[key] = _requests.labels(*key)
    counter.inc()
    if (histogram := _timed.get(route)) is None:
        histogram = _timed[route] = _seconds.labels(route)
    histogram.observe(seconds)


def begin() -> None:
    """Forget what the processes of an earlier start counted: Prometheus takes a smaller number for a start from nothing."""
    for path in FOLDER.glob("*.db"):
        path.unlink(missing_ok=True)


def exposition() -> bytes:
    """Everything, in Prometheus' text format."""
    registry = CollectorRegistry()
    for number in _dead():
        mark_process_dead(number, str(FOLDER))  # type: ignore[no-untyped-call]
    registry.register(_Counted())
    registry.register(_Once([*gauges.collect(), *processes.collect()]))
    return generate_latest(registry)


def _dead() -> set[int]:
    found = {int(path.stem.rpartition("_")[2]) for path in FOLDER.glob("gauge_live*.db")}
    return (
        {number for number in found if not Path(f"/proc/{number}").exists()} if Path("/proc/self").exists() else set()
    )


class _Counted:
    """What the processes counted. A file that one has only just opened, or ended over, is empty and says nothing; that of a process
    that is gone another scrape may just have taken away."""

    def collect(self) -> Iterable[Metric]:
        files = [str(path) for path in FOLDER.glob("*.db") if _octets(path)]
        return MultiProcessCollector.merge(files, accumulate=True)  # type: ignore[no-untyped-call, no-any-return]


def _octets(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


class _Once:
    """What was gathered for this scrape, in the form that the library asks for."""

    def __init__(self, held: list[Metric]) -> None:
        self.held = held

    def collect(self) -> Iterator[Metric]:
        yield from self.held


def allowed(request: HttpRequest) -> bool:
    """Whether the caller may read figures of operation: with ZHUISU_METRICS_TOKEN its bearer; without one, whoever asks from this
    very machine, of a node that nobody else can reach.

    A proxy on the same machine makes strangers look local. So an open address is only had by a node that has no name but
    localhost, knows of no proxy and no HTTPS, and gets a request that went through none.
    """
    if settings.METRICS_TOKEN:
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(
            text.strip().encode(), settings.METRICS_TOKEN.encode()
        )
    if settings.PROXIES or settings.SECURE_PROXY_SSL_HEADER or not set(settings.ALLOWED_HOSTS) <= _LOCAL:
        return False
    try:
        near = ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
    return near and not any(name in request.META for name in _FORWARDED)


def metrics(request: HttpRequest) -> HttpResponse:
    """GET /metrics. Who may not read it is told that there is nothing."""
    if request.method not in ("GET", "HEAD") or not allowed(request):
        return not_found().response()
    return HttpResponse(exposition(), content_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})
