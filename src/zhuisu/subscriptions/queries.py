"""What can be read of named queries and subscriptions: one's own only."""

from collections.abc import Sequence

from zhuisu.accounts.models import ApiKey, Organisation

from .models import Delivery, NamedQuery, Subscription


def query_named(organisation: Organisation, name: str) -> NamedQuery | None:
    """The organisation's query of this name."""
    return NamedQuery.objects.filter(organisation=organisation, name=name).first() if "\x00" not in name else None


def queries_of(organisation: Organisation, *, after: int, limit: int) -> list[NamedQuery]:
    """The organisation's queries, oldest first, behind the one with this number."""
    return list(NamedQuery.objects.filter(organisation=organisation, pk__gt=after).order_by("pk")[:limit])


def subscription(organisation: Organisation, name: str, token: str) -> Subscription | None:
    """One subscription of the organisation's query of this name."""
    if "\x00" in name + token:
        return None
    found = Subscription.objects.select_related("query", "organisation")
    return found.filter(organisation=organisation, query__name=name, token=token).first()


def subscriptions_of(query: NamedQuery, *, after: int, limit: int) -> list[Subscription]:
    """The subscriptions of a query, oldest first, behind the one with this number; suspended and ended ones too."""
    return list(query.subscriptions.select_related("query").filter(pk__gt=after).order_by("pk")[:limit])


def attempts_of(subscription: Subscription, *, before: int | None, limit: int) -> Sequence[Delivery]:
    """What was sent, newest first, before the one with this number."""
    found = subscription.attempts.order_by("-pk")
    return list((found if before is None else found.filter(pk__lt=before))[:limit])


def may_receive(organisation: Organisation, by: str) -> bool:
    """Whether who made a subscription may still read for the organisation: a key that was revoked may not."""
    kind, _, prefix = by.partition(":")
    return kind != "key" or ApiKey.objects.filter(organisation=organisation, prefix=prefix, revoked_at=None).exists()
