"""The compiled loops of a walk, where numba is installed (the extra `fast`) and has done its work. Without them numpy gives the same answers."""

import gc
import logging
import threading
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from django.conf import settings

from zhuisu.lineage.snapshot.segment import ENDED, PUT_PARENT, SAME, TAKE_PARENT, Array, Segment
from zhuisu.lineage.snapshot.slate import Slate
from zhuisu.lineage.snapshot.stretches import PLAIN_LEVELS
from zhuisu.lineage.snapshot.view import View

if TYPE_CHECKING:
    from zhuisu.lineage.snapshot.herd import Trails

# As kernels.py reads them: larger numbers of items make some of them wider.
_NEEDED = {"page": np.int32, "lead": np.int32, "act": np.int64, "flags": np.uint16, "took": np.int32, "gave": np.int32}
_NOTHING = np.zeros(0, bool)

_log = logging.getLogger(__name__)


class Kernels(NamedTuple):
    """See kernels.py."""

    fire: Any
    settle: Any
    collect: Any


class _Process:
    """What this process has of it."""

    kernels: Kernels | None = None
    tried = False
    serves = False


_process = _Process()
_lock = threading.Lock()


def load() -> bool:
    """Have the loops compiled, or read from the disk: half a second, the first time on a machine some seconds. False where they
    cannot be had."""
    with _lock:
        if _process.tried:
            return _process.kernels is not None
        _process.tried = True
        if find_spec("numba") is None:
            return False
        try:
            import_module("numba").config.CACHE_DIR = str(settings.HOME / "compiled")
            _process.kernels = Kernels(*import_module("zhuisu.lineage.snapshot.kernels").compiled())
            gc.freeze()  # numba doubles what the collector would walk through: 60 ms, in which nobody is answered
        except Exception:  # whatever a compiler finds wrong with a machine, walks go on without it
            _log.warning("walks are not compiled", exc_info=True)
        return _process.kernels is not None


def allow() -> None:
    """This process lives long: it is worth its while to compile. A command is over before that pays."""
    _process.serves = True


def want() -> None:
    """A walk was large: have the loops for the next one. Nobody waits for it."""
    if _process.serves and not _process.tried:
        threading.Thread(target=load, name="compile walks", daemon=True).start()


class Lines(NamedTuple):
    """Events that fired together, as rows [first, end) of Trails; `reached` is how much they reach, some of it several times."""

    first: int
    end: int
    reached: int


class Arrived(NamedTuple):
    """What the lines reached: what leads on, new and at this very level (`touched`) or not (`again`), and what is not plain, with its row."""

    touched: Array
    again: Array
    others: Array
    other_rows: Array
    fresh: int
    seen: int  # flags of the first two


class Loops:
    """The compiled loops over one view, for one walk and its slate."""

    def __init__(self, kernels: Kernels, view: View, slate: Slate, *, up: bool, leading: int) -> None:
        self._kernels, self._view, self._slate, self._up, self._leading = kernels, view, slate, up, leading
        self._special = SAME | ENDED | (PUT_PARENT | TAKE_PARENT if up else 0)
        self._table = np.array([_addresses(one, up) for one in view.segments], np.int64)
        self._dead = _NOTHING if view.dead is None else view.dead
        self._address, self._known_at = slate.nodes.ctypes.data, slate.known_event.ctypes.data

    def fire(self, nodes: Array, trails: "Trails") -> Lines:
        """Fire what the labels of these nodes hold; `trails` gets a row for each event, with neither kind nor depth."""
        first, begin, reached = trails.used, 0, 0
        slate, view = self._slate, self._view
        while begin < len(nodes):
            begin, trails.used, more = self._kernels.fire(
                *(self._table, nodes, begin, slate.nodes, self._address, slate.since, slate.until, slate.clear),
                *(
                    slate.known_event,
                    slate.known_event.ctypes.data,
                    self._dead,
                    view.known,
                    self._up,
                    trails.event,
                    trails.parent,
                    trails.used,
                ),
                *(slate.when, slate.far_begin, slate.far_end, first),
            )
            reached += more
            if begin < len(nodes):
                trails.grow()
        return Lines(first, trails.used, reached)

    def settle(self, lines: Lines, trails: "Trails", depth: int) -> Arrived:
        """Give what the lines reach, at this depth, its label."""
        slate = self._slate
        touched, again, others, other_rows = (np.empty(lines.reached, np.int32) for _ in range(4))
        slate.used, new, same, left, fresh, seen = self._kernels.settle(
            *(self._table, slate.nodes, self._address, trails.depth, trails.event),
            *(slate.when, slate.far_begin, slate.far_end, lines.first, lines.end, self._up, depth),
            *(self._leading, self._special, PLAIN_LEVELS, slate.order, slate.used),
            *(touched, again, others, other_rows),
        )
        return Arrived(touched[:new].copy(), again[:same], others[:left], other_rows[:left], fresh, seen)

    def collect(self) -> tuple[Array, Array, Array]:
        """Node, time and row of what was reached; the slate forgets all of it."""
        count = self._slate.used
        nodes, at, row = (np.empty(count, kind) for kind in (np.int32, np.int64, np.int32))
        kept = self._kernels.collect(self._slate.reached, self._slate.nodes, self._address, nodes, at, row)
        return nodes[:kept], at[:kept], row[:kept]


def loops_over(view: View, slate: Slate, *, up: bool, leading: int) -> Loops | None:
    """None where there are no kernels, or numbers are too large for them."""
    kernels = _process.kernels
    fine = all(one.arrays[name].dtype == kind for one in view.segments for name, kind in _NEEDED.items())
    if kernels is None or not fine or slate.order.dtype != np.int32 or view.events >= 2**31:
        return None
    return Loops(kernels, view, slate, up=up, leading=leading)


def _addresses(one: Segment, up: bool) -> list[int]:
    """A line of the table that kernels.py describes. The view holds the arrays as long as the walk lasts."""
    led, far = ("made", "took") if up else ("used", "gave")
    numbers = [len(one.arrays["page"]), one.first]
    return numbers + [one.arrays[name].ctypes.data for name in ("page", "lead", led, "act", far, "flags")]
