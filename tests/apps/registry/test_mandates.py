"""Giving and withdrawing a mandate: what is refused, what is written down, and what a list shows."""

from datetime import date, timedelta

import pytest

from support import AT
from zhuisu.accounts.models import AuditEntry
from zhuisu.registry.issuing.errors import IssueError
from zhuisu.registry.issuing.rights import day_of
from zhuisu.registry.mandates import services
from zhuisu.registry.mandates.queries import answering, holds, mandates, sectors_lent
from zhuisu.registry.models import Mandate, Party, PartyAlias

TODAY = day_of(AT)


def give(giver, holder, sector="", since=TODAY, until=None, **more):
    return services.give_mandate(
        giver, holder, sector, valid_from_on=since, valid_to_on=until, by="person:g", at=AT, **more
    )


def withdraw(one, last_on=TODAY):
    return services.withdraw_mandate(one, last_on=last_on, by="person:g", at=AT)


@pytest.fixture
def giver(db: None) -> Party:
    return Party.objects.create(code="uri:urn:x:giver", name="青禾合作社")


@pytest.fixture
def holder(db: None) -> Party:
    return Party.objects.create(code="uri:urn:x:holder", name="村级服务站")


def test_it_is_given_and_withdrawn_and_both_are_written_down(giver, holder):
    made = give(giver, holder, "crops", note="2026-01")
    assert (made.given_by, made.note) == ("person:g", "2026-01")
    ended = withdraw(made)
    assert (ended.valid_to_on, ended.withdrawn_by, ended.withdrawn_at) == (TODAY, "person:g", AT)
    told = list(AuditEntry.objects.order_by("id").values_list("verb", "target", "detail__holder", "detail__valid_to"))
    assert told == [
        ("mandate.give", giver.code, holder.code, None),
        ("mandate.withdraw", giver.code, holder.code, TODAY.isoformat()),
    ]


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("self", {"holder": "giver"}),
        ("sector", {"sector": "moonshine"}),
        ("dates", {"until": TODAY - timedelta(1)}),
        ("held", {}),
        ("held", {"since": TODAY - timedelta(9), "until": TODAY}),
    ],
)
def test_what_cannot_be_given_is_refused_in_both_languages_and_nothing_is_stored(giver, holder, rule, change):
    give(giver, holder)
    wanted = {"holder": holder} | change
    wanted["holder"] = giver if wanted["holder"] == "giver" else holder
    with pytest.raises(IssueError) as wrong:
        give(giver, **wanted)
    assert wrong.value.rule == rule and wrong.value.message_zh and str(wrong.value)
    assert Mandate.objects.count() == AuditEntry.objects.count() == 1


def test_one_after_another_and_beside_one_of_another_sector_is_no_overlap(giver, holder):
    give(giver, holder, until=TODAY)
    give(giver, holder, since=TODAY + timedelta(1))
    give(giver, holder, "crops")
    assert Mandate.objects.count() == 3


def test_there_is_a_most(giver, holder, monkeypatch):
    monkeypatch.setattr(services, "MAX_MANDATES", 1)
    give(giver, holder)
    with pytest.raises(IssueError, match="1 mandates"):
        give(giver, holder, "crops")


def test_what_was_done_is_not_undone_by_withdrawing(giver, holder):
    made = give(giver, holder, since=TODAY - timedelta(30))
    with pytest.raises(IssueError) as wrong:
        withdraw(made, TODAY - timedelta(2))
    assert wrong.value.rule == "past"
    withdraw(made, TODAY - timedelta(1))
    with pytest.raises(IssueError) as wrong:
        withdraw(made)
    assert wrong.value.rule == "ended"


def test_withdrawn_before_it_begins_it_never_holds(giver, holder):
    made = withdraw(give(giver, holder, since=TODAY + timedelta(5)))
    assert not any(holds(made, "crops", TODAY + timedelta(n)) for n in range(-2, 9))


def test_holds_on_its_days_in_its_sector(giver, holder):
    made = give(giver, holder, "crops", since=date(2026, 1, 2), until=date(2026, 1, 3))
    days = [date(2026, 1, n) for n in range(1, 5)]
    assert [holds(made, "crops", day) for day in days] == [False, True, True, False]
    assert not any(holds(made, "food", day) for day in days)
    assert sectors_lent(giver, holder, days[1]) == {"crops"}
    assert sectors_lent(holder, giver, days[1]) == sectors_lent(giver, None, days[1]) == frozenset()


def test_who_answers_for_an_act(giver, holder):
    PartyAlias.objects.create(code="uri:urn:x:alias", party=giver)
    PartyAlias.objects.create(code="uri:urn:x:own", party=holder)
    give(giver, holder, "crops", since=date(2026, 1, 2))
    acts = [
        ("", date(2026, 1, 5)), (giver.code, date(2026, 1, 1)), (giver.code, date(2026, 1, 5)),
        ("uri:urn:x:alias", date(2026, 1, 5)), ("uri:urn:x:own", date(2026, 1, 5)), ("uri:urn:x:nobody", date(2026, 1, 5)),
    ]  # fmt: skip
    assert answering(holder.code, "crops", acts) == [
        holder.code, holder.code, giver.code, "uri:urn:x:alias", "uri:urn:x:own", holder.code,
    ]  # fmt: skip
    assert answering(holder.code, "food", acts)[2] == holder.code
    assert answering("uri:urn:x:unknown", "crops", acts)[2] == "uri:urn:x:unknown"


def test_a_list_is_of_one_side_found_by_words_and_comes_in_pages(giver, holder):
    other = Party.objects.create(code="uri:urn:x:other", name="东坪站")
    made = [give(giver, each) for each in (holder, other)] + [give(other, holder, note="WT-9")]
    assert [one.pk for one in mandates(giver=giver)] == [made[1].pk, made[0].pk]
    assert [one.pk for one in mandates(holder=holder, search="wt-9")] == [made[2].pk]
    assert [one.pk for one in mandates(giver=giver, search="东坪")] == [made[1].pk]
    assert [one.pk for one in mandates(giver=giver, before=made[1].pk, limit=1)] == [made[0].pk]
