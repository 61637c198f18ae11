"""`zhuisu snapshot`: keeps the flat copy of the log that large walks read."""

import logging
import time
from typing import TYPE_CHECKING, Annotated

import typer

from zhuisu.config.cli.common import setup
from zhuisu.config.cli.projectors import on_signal
from zhuisu.config.cli.server import AGAIN_SECONDS

if TYPE_CHECKING:
    from zhuisu.lineage.snapshot.segment import Segment

LOOK_SECONDS = 1.0
# Walks read what is younger from the database, some thousands of positions in tens of milliseconds: a file for each second
# of a quiet day would be only work.
MANY_BEHIND = 5_000  # positions
OLD_SECONDS = 30.0  # or so long after the last


def snapshot(
    once: Annotated[bool, typer.Option("--once", help="Bring it up to the head of the log, and stop.")] = False,
) -> None:
    """Keep the flat copy of the log that large walks read. `zhuisu up` starts one.

    Example: zhuisu snapshot --once
    """
    setup(migrate=False)
    from zhuisu.lineage.snapshot import keeper

    held: list[Segment] = []
    if once:
        told = keeper.keep(held)
        size = sum(each.size for each in held)
        facts = sum(each.facts for each in held)
        typer.echo(f"{told:,} positions added; {facts:,} facts in {size:,} bytes, {len(held)} files")
        return
    stopping = on_signal()
    kept = 0.0
    while not stopping:
        behind = _look(held, old=time.monotonic() - kept > OLD_SECONDS)
        if behind:
            kept = time.monotonic()
        time.sleep(AGAIN_SECONDS if behind is None else LOOK_SECONDS)


def _look(held: "list[Segment]", *, old: bool) -> int | None:
    """Write what is new, if it is worth it. How many positions; None where that failed: it is tried again."""
    from django.db import InterfaceError, OperationalError, connection

    from zhuisu.config.faults import first_line
    from zhuisu.lineage.snapshot import keeper

    try:
        behind = keeper.last_position() - (held[-1].upto if held else 0)
        if behind >= MANY_BEHIND or (behind != 0 and old):
            return keeper.keep(held)
        return 0
    except (OperationalError, InterfaceError) as error:
        logging.getLogger(__name__).warning("snapshot: database away, trying again: %s", first_line(error))
        connection.close()
    except Exception:  # a full disk, say: walks go on without it
        logging.getLogger(__name__).exception("the snapshot could not be kept; it is tried again")
    return None
