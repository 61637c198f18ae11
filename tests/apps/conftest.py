"""What tests with a database share: organisations, and capture in a line."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from support import AT, document
from zhuisu.accounts import services
from zhuisu.accounts.models import Organisation


@pytest.fixture
def dairy(db: None) -> Organisation:
    return Organisation.objects.create(
        kind="enterprise", name="厦门鹭岛乳业有限公司", party="cn.uscc:91350212MA2XYGR01A", region="350212"
    )


@pytest.fixture
def farm(db: None) -> Organisation:
    """Made as a node makes it, with its audit entry."""
    return services.create_organisation(
        kind="enterprise",
        name="同安示范养殖场",
        party="cn.uscc:91350212MA0000015N",
        by="system",
        at=AT,
        region="350212",
    )


@pytest.fixture
def market(db: None) -> Organisation:
    return Organisation.objects.create(
        kind="enterprise", name="岛内中心批发市场", party="cn.uscc:91350206MA31QWE52L", region="350206"
    )


@pytest.fixture
def capture() -> Callable[..., Any]:
    """Capture events for an organisation and publish them."""
    from zhuisu.events.sequencer import publish
    from zhuisu.events.services import receive

    def do(organisation: Organisation, *events: dict[str, Any], at: datetime = AT, **options: Any) -> Any:
        receipt = receive(
            document(*events), media_type=None, organisation=organisation.pk, by="system:test", at=at, **options
        )
        publish(at)
        return receipt

    return do


@pytest.fixture
def same_numbers(db: None) -> Iterator[None]:
    """Opening a part lets numbers jump, and sequences do not go back with the transaction."""
    from zhuisu.events.store import rows

    ((before,),) = rows("select last_value from event_id")
    yield
    rows("select setval('event_id', %s)", [before])
