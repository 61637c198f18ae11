"""The mass balance of the whole graph, by the bare sums of the same amounts."""

from collections.abc import Iterator

from zhuisu.config.bench.figures import Figure, Scale
from zhuisu.config.bench.walk import LOTS, in_turn


def figures(scale: Scale) -> Iterator[Figure]:
    """Needs empty tables."""
    import numpy as np

    from zhuisu.config.bench.lots import lots, publish
    from zhuisu.lineage.balance import balance
    from zhuisu.lineage.snapshot.segment import Segment

    told = lots(scale.of(LOTS))
    made: Segment = publish(told)
    item, value = made.arrays["item"], made.arrays["value"]
    ours, sums = in_turn(lambda: balance(told.count).over, lambda: np.bincount(item, value), 3)
    what = f"mass balance of {told.count:,} lots and {told.links:,} links"
    yield Figure("R1", what, ours, "s", sums, "bare sums of the same amounts, s")
