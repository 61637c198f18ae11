"""The figure of `may` is taken: over HTTP, with a baseline of the same run."""

import pytest

from zhuisu.config.bench import asking
from zhuisu.config.bench.figures import Scale
from zhuisu.events.store import rows


@pytest.mark.django_db(transaction=True)
def test_may_is_measured_against_capture_of_the_same_event() -> None:
    (figure,) = asking.figures(Scale(asking.CALLS // 2))
    assert figure.id == "M1" and figure.value > 0 and figure.baseline
    ((stored,),) = rows("select count(*) from event_body where event_id like 'urn:x:bench:%%'")
    assert stored == 3  # what was captured; what was only asked for is nowhere
