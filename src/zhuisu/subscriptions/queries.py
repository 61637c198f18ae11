"""What can be read of named queries and subscriptions: one's own only; and which of all are due."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from zhuisu.accounts.models import ApiKey, Organisation, Person
from zhuisu.events.queries import head
from zhuisu.events.store import rows

from .models import Delivery, NamedQuery, Subscription

MAX_DUE = 400  # looked at in one step: far more than the threads can begin
MOST_AT_ONCE = 2  # deliveries of one organisation at a time, in each lane: nobody fills a lane alone
# No stream waits longer than these, well or failing: where one seems to, the clock was set back.
_WELL, _FAILING = timedelta(seconds=10), timedelta(hours=2)
_DUE = """state = 'active' and (due_at <= %s or schedule is null and due_at > case when failures = 0 then %s else %s end)"""


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


def all_subscriptions_of(organisation: Organisation) -> list[Subscription]:
    """The subscriptions of an organisation, newest first; services.MAX_SUBSCRIPTIONS bounds them."""
    return list(Subscription.objects.select_related("query").filter(organisation=organisation).order_by("-pk"))


def attempts_of(subscription: Subscription, *, before: int | None, limit: int) -> Sequence[Delivery]:
    """What was sent, newest first, before the one with this number."""
    found = subscription.attempts.order_by("-pk")
    return list((found if before is None else found.filter(pk__lt=before))[:limit])


def may_receive(organisation: Organisation, by: str) -> bool:
    """Whether who made a subscription may still read for the organisation: a revoked key may not, nor a person who has left."""
    kind, _, name = by.partition(":")
    if kind == "key":
        return ApiKey.objects.filter(organisation=organisation, prefix=name, revoked_at=None).exists()
    if kind == "person":
        return Person.objects.filter(organisation=organisation, username=name, is_active=True).exists()
    return True


def due(at: datetime, slow: Sequence[bool], busy: Sequence[int]) -> list[tuple[int, int, bool]]:
    """(number, organisation, slow) of those in these lanes that are due, have something to be looked at and are not `busy`.

    Of each organisation and lane the longest waiting, first one of each, then another: no number of them hides the others.
    """
    return rows(
        f"""select id, organisation_id, slow from (
              select id, organisation_id, slow, due_at,
                     row_number() over (partition by organisation_id, slow order by due_at) as place
              from subscriptions_subscription
              where {_DUE} and slow = any(%s) and id <> all(%s)
                and (schedule is not null or test_wanted or cursor < %s)) one
            where place <= %s order by place, due_at limit %s""",
        [*_at(at), list(slow), list(busy), head(), MOST_AT_ONCE, MAX_DUE],
    )


def is_due(number: int, at: datetime) -> bool:
    """Whether it is (still) time for the subscription with this number."""
    return bool(rows(f"select 1 from subscriptions_subscription where {_DUE} and id = %s", [*_at(at), number]))


def _at(at: datetime) -> list[datetime]:
    return [at, at + _WELL, at + _FAILING]
