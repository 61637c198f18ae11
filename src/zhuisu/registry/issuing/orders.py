"""An order that may be sent twice: the second time it is answered with the batch of the first."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from zhuisu.accounts.models import Organisation

from .errors import IssueError
from .models import Batch
from .services import issue

# A UUID has 36 characters; with the organisation's number in front it must fit Batch.request_id.
REQUEST_ID_LENGTH = 128


@transaction.atomic
def issue_once(
    request_id: str, *, organisation: Organisation, by: str, at: datetime, **order: Any
) -> tuple[Batch, bool]:
    """The batch of an order that its sender numbered, and whether it was made just now. `order` is as for `issue`.

    Two senders at the same moment wait for each other. Raises IssueError as `issue` does, and with rule
    "request-id" for a number that is empty or too long, "request-reused" for one that stood on another order.
    """
    if not 0 < len(request_id) <= REQUEST_ID_LENGTH:
        raise IssueError(
            "request-id",
            f"the number of an order has 1 to {REQUEST_ID_LENGTH} characters",
            f"订单编号应为 1 至 {REQUEST_ID_LENGTH} 个字符",
            "request_id",
        )
    known_as = f"{organisation.pk}:{request_id}"
    digest = _digest(order)
    # A row cannot be locked before it is there; the lock ends with the transaction.
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"issue:{known_as}"])
    known = Batch.objects.select_related("series__product", "series__key").filter(request_id=known_as).first()
    if known is None:
        batch = issue(organisation=organisation, by=by, at=at, **order)
        batch.request_id, batch.request_digest = known_as, digest
        batch.save(update_fields=["request_id", "request_digest"])
        return batch, True
    if known.request_digest != digest:
        raise IssueError(
            "request-reused",
            f"this number stood on another order, of {known.at:%F}: batch {known.pk}",
            f"该订单编号已用于 {known.at:%F} 的另一订单：批号 {known.pk}",
            "request_id",
        )
    return known, False


def _digest(order: Mapping[str, Any]) -> str:
    """SHA-256 of what was ordered, whatever the order of its fields."""
    held = {name: getattr(value, "pk", value) for name, value in order.items()}
    return hashlib.sha256(repr(sorted(held.items())).encode()).hexdigest()
