"""Who agreed to answer: an act in the name of another counts as his only with his mandate of that day."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bears import bear, document, lot, toy
from support import AT
from zhuisu import epcis
from zhuisu.accounts.models import Organisation
from zhuisu.compliance import judging
from zhuisu.compliance.books import open_books
from zhuisu.compliance.gathering import Asked, gather
from zhuisu.compliance.queries import verdicts
from zhuisu.compliance.services import may
from zhuisu.events.queries import head
from zhuisu.events.scope import ALL
from zhuisu.profiles.act import Act, Facts
from zhuisu.profiles.loading import load
from zhuisu.registry.mandates.services import give_mandate, withdraw_mandate
from zhuisu.registry.models import Licence, Party, Quota, Role

MAKER = "urn:toy:maker"
NAMED = "answerable.mandate"
TOYS = load(Path(__file__).parent / "toys")


@pytest.fixture
def station(maker: Organisation) -> Organisation:
    """Registered, with no role and no licence in any sector."""
    Party.objects.create(code="uri:urn:toy:station", name="站", region="350200")
    return Organisation.objects.create(kind="enterprise", name="站", party="uri:urn:toy:station", region="350200")


def party(name):
    return Party.objects.get(code=f"uri:urn:toy:{name}")


def mandate(sector="", since=date(2026, 1, 1), until=None):
    return give_mandate(
        party("maker"), party("station"), sector, valid_from_on=since, valid_to_on=until, by="system:test", at=AT
    )


def test_without_a_mandate_it_is_the_reporters_own_act_and_charged_to_him(station, told, broken):
    (made,) = told(station, toy("make", 1, bear("1"), answers=MAKER) | {"ilmd": {"f:kind": "toy.bear"}})
    assert broken(made) == {"make.by", f"make.{NAMED}"}
    (verdict,) = verdicts(ALL, [made])[made]
    assert verdict.actor == "uri:urn:toy:station"
    (claimed,) = [one for one in verdict.findings if one.rule.endswith(NAMED)]
    assert (claimed.severity, claimed.path) == ("error", "zs:answerableParty")
    assert "第一百七十一条" in claimed.article.zh


def test_a_mandate_that_comes_later_is_judged_again_and_its_end_too(station, told, broken):
    kind = {"ilmd": {"f:kind": "toy.bear"}}
    first, later = told(
        station,
        toy("make", 1, bear("1"), answers=MAKER) | kind,
        toy("make", 24 * 30, bear("2"), answers=MAKER) | kind,
    )
    assert broken(first) == broken(later) == {"make.by", f"make.{NAMED}"}
    held = mandate()
    assert broken(first) == broken(later) == set()
    assert verdicts(ALL, [first])[first][0].actor == "uri:urn:toy:maker"
    type(held).objects.update(valid_to_on=date(2026, 3, 9))
    assert (broken(first), broken(later)) == (set(), {"make.by", f"make.{NAMED}"})


def test_a_mandate_of_another_sector_or_of_another_day_is_none(station, told, broken):
    (made,) = told(station, toy("make", 1, bear("1"), answers=MAKER) | {"ilmd": {"f:kind": "toy.bear"}})
    mandate("candy")
    mandate("toy", since=date(2026, 3, 2))
    assert broken(made) == {"make.by", f"make.{NAMED}"}
    mandate("toy", since=date(2026, 3, 1), until=date(2026, 3, 1))
    assert broken(made) == set()


@pytest.mark.parametrize("step", ["make", "ship", "sell"])
def test_may_says_the_same_whatever_the_one_named_holds(station, told, judge, step):
    """What a stranger learns of the maker's roles, licences, quota and stock: nothing."""
    told(maker_of(), toy("make", 1, amounts={lot("A"): 5}))
    judge()
    asked = [toy(step, 2, amounts={lot("A"): 3}, answers=MAKER) | {"f:kind": "toy.bear"}]
    rich = may(asked, organisation=station.pk, at=AT)
    Role.objects.all().delete()
    Licence.objects.all().delete()
    Quota.objects.create(
        party=party("maker"), sector="toy", amount=1, unit="EA", valid_from_on="2026-01-01", valid_to_on="2026-12-31"
    )
    assert may(asked, organisation=station.pk, at=AT) == rich
    assert not any("licence" in one.rule or "stock" in one.rule for each in rich for one in each.findings)


@pytest.fixture
def scene(station, told, judge):
    """A stranger names the maker, who has a role, a licence, a quota and goods: the judge's own view of it."""
    Quota.objects.create(
        party=party("maker"), sector="toy", amount=1, unit="EA", valid_from_on="2026-01-01", valid_to_on="2026-12-31"
    )
    told(maker_of(), toy("make", 1, amounts={lot("A"): 5}))
    judge()
    read = epcis.read(document(toy("make", 2, amounts={lot("B"): 3}, answers=MAKER)))
    return gather([Asked(-1, head() + 1, read.events[0], station.pk)], head())


def test_what_the_one_named_holds_is_not_even_read(scene):
    """The first wall: with nothing to tell in the scene, no later fault can tell it."""
    stranger = {party("station").pk}
    assert scene.deeds[0].happening.actor == party("maker").pk
    assert {*scene.roles, *scene.licences, *scene.regions} == stranger
    assert not scene.books.quotas and not scene.books.made


@pytest.fixture
def leaky(scene):
    """The same as if the first wall had fallen: all that the maker holds lies in the scene."""
    maker = party("maker")
    other = Role(party=maker, sector="candy", role="cook", valid_from_on=date(2020, 1, 1))
    quotas = open_books([], [AT], {}, [maker.pk])
    assert quotas.quotas and quotas.made
    return replace(
        scene,
        roles={maker.pk: [*Role.objects.filter(party=maker), other]},
        licences={maker.pk: list(Licence.objects.filter(party=maker))},
        regions={maker.pk: "310000", party("station").pk: "350200"},
        books=quotas,
    )


def test_the_sectors_of_the_one_named_are_not_asked(leaky):
    """The second wall: that a sector looks at it would already say that he has a role there."""
    assert judging._actors(leaky, leaky.deeds[0], {}) == {}


def test_who_answers_has_nothing_of_the_one_named(leaky):
    """The third wall."""
    actor = judging._actor(leaky, leaky.deeds[0], "toy")
    assert (actor.number, actor.roles, actor.licences) == (party("station").pk, frozenset(), frozenset())
    assert (actor.region, actor.claimed, actor.item) == ("350200", True, leaky.deeds[0].reporter)


def test_the_quota_of_the_one_named_is_not_counted(leaky):
    """The fourth wall: the books."""
    deed, profile = leaky.deeds[0], TOYS["toy"].editions[0]
    facts = Facts(deed.on, frozenset(), frozenset(), things={})
    act = Act(deed.event, facts, "toy")
    assert leaky.books.quota_left(act, profile, deed.happening) is None
    deed.happening.mandated = frozenset({""})
    assert leaky.books.quota_left(act, profile, deed.happening) is not None


def test_goods_that_move_under_a_claimed_name_stay_in_the_reporters_books(leaky):
    """The fifth wall: else a stranger's report would fill or empty the books of whom he names."""
    deed = leaky.deeds[0]
    leaky.world.apply(deed.happening)
    (thing,) = [leaky.world.thing(item) for item in deed.items.values()]
    assert {actor for actor, _unit in thing.books} == {party("station").pk}


def maker_of():
    return Organisation.objects.get(party="uri:urn:toy:maker")


def test_with_a_mandate_the_books_are_those_of_who_answers(station, told, broken):
    mandate()
    told(maker_of(), toy("make", 1, amounts={lot("A"): 5}))
    enough, much = told(
        station,
        toy("ship", 2, amounts={lot("A"): 4}, answers=MAKER),
        toy("ship", 3, amounts={lot("A"): 4}, answers=MAKER),
    )
    assert broken(enough) == set()
    assert broken(much) == {"ship.stock"}


def test_without_one_nothing_leaves_the_books_of_who_is_named(station, told, broken):
    told(maker_of(), toy("make", 1, amounts={lot("A"): 5}))
    told(station, toy("ship", 2, amounts={lot("A"): 4}, answers=MAKER))
    (shipped,) = told(maker_of(), toy("ship", 3, amounts={lot("A"): 4}))
    assert broken(shipped) == set()


def test_who_has_a_mandate_may_find_what_the_giver_may(station, told, broken):
    """A laboratory's clerk with no role of his own: what he records for the maker changes the state of the goods."""
    mandate("toy")
    told(maker_of(), toy("make", 1, bear("1")))
    told(station, toy("check", 2, bear("1"), result="failed", answers=MAKER))
    (shipped,) = told(maker_of(), toy("ship", 3, bear("1")))
    assert broken(shipped) == {"ship.failed"}


def test_one_that_was_withdrawn_ends_on_its_last_day(station, told, broken):
    held = mandate()
    withdraw_mandate(held, last_on=date(2030, 1, 1), by="system:test", at=AT)
    (made,) = told(station, toy("make", 1, bear("1"), answers=MAKER) | {"ilmd": {"f:kind": "toy.bear"}})
    assert broken(made) == set()
