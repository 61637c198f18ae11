"""Issuing: who may, ranges without rows, states, lots, rolls, the log."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from unittest.mock import Mock

import pytest
from django.db import InternalError, connection, transaction
from django.db.utils import IntegrityError

from support import AT
from zhuisu import codes
from zhuisu.accounts.models import AuditEntry, Organisation
from zhuisu.codes import zs_unit
from zhuisu.registry.issuing import keys, queries, selections, services
from zhuisu.registry.issuing.services import Between, Codes, IssueError, Rolls, Whole
from zhuisu.registry.models import Act, Batch, Licence, LotSpan, Party, Product, Series, StatePage
from zhuisu.registry.services import verify_party

pytestmark = pytest.mark.django_db
Issue = Callable[..., Batch]
BY: dict[str, Any] = {"by": "person:lin", "at": AT}


def text_of(batch: Batch, place: int) -> str:
    return batch.code_at(keys.key_of(batch.series.key), place)


def kind_of(text: str, scheme: str = "zs.unit") -> str:
    return queries.standing(codes.parse(text, scheme)).kind


def rule_of(call: Callable[..., Any], *args: Any, **fields: Any) -> tuple[str, str]:
    with pytest.raises(IssueError) as refused:
        call(*args, **fields)
    assert refused.value.message
    assert refused.value.message_zh
    return refused.value.rule, refused.value.field


# --- who may -------------------------------------------------------------------------------------------------------


def test_a_range_is_handed_out_and_leaves_its_lines(issue: Issue, maker: Organisation) -> None:
    one, two = issue(1000, note="第一卷"), issue(500)
    assert (one.first, one.last, two.first, two.series_id) == (0, 999, 1000, one.series_id)
    assert Series.objects.get().next_counter == 1500
    assert [act.verb for act in queries.acts_of(one)] == ["issue"]
    entry = AuditEntry.objects.filter(verb="codes.issue").earliest("pk")
    assert (entry.actor, entry.organisation, entry.detail["count"]) == ("person:lin", maker, 1000)
    assert not StatePage.objects.exists()
    assert not LotSpan.objects.exists()


def test_only_an_enterprise_that_is_known_and_verified_may(issue: Issue, maker: Organisation) -> None:
    party = Party.objects.get(code=maker.party)
    for kind in ("regulator", "operator"):
        maker.kind = kind
        assert rule_of(issue) == ("kind", "")
    maker.kind = "enterprise"
    party.verified_at = AT + timedelta(seconds=1)
    party.save()
    assert rule_of(issue)[0] == "identity"
    party.verified_at = None
    party.save()
    assert rule_of(issue)[0] == "identity"
    maker.party = "cn.uscc:91350212MA0000015N"
    assert rule_of(issue)[0] == "party"


def test_only_for_products_of_its_own(issue: Issue, tin: Product) -> None:
    tin.holder = Party.objects.create(code="uri:urn:zhuisu:test:other", name="别家")
    assert rule_of(issue) == ("holder", "product")


@pytest.mark.parametrize(
    ("change", "may"),
    [
        ({}, True),
        ({"valid_to_on": date(2026, 11, 20)}, True),
        ({"valid_to_on": date(2026, 11, 19)}, False),
        ({"valid_from_on": date(2026, 11, 21)}, False),
        ({"kind": "食品经营许可证"}, False),
        ({"category": "food"}, True),
        ({"category": "drugs"}, False),
    ],
)
def test_a_licence_of_the_right_kind_valid_that_day(issue: Issue, change: dict[str, Any], may: bool) -> None:
    Licence.objects.update(**change)
    if may:
        assert issue().count == 1000
    else:
        assert rule_of(issue) == ("licence", "product")


def test_a_licence_that_lists_products_covers_these_alone(issue: Issue, tin: Product, cabbage: Product) -> None:
    licence = Licence.objects.get()
    licence.products.add(cabbage)
    assert rule_of(issue)[0] == "licence"
    licence.products.add(tin)
    issue()


def test_farm_products_need_no_licence_and_what_is_unknown_needs_any(issue: Issue, cabbage: Product) -> None:
    Licence.objects.all().delete()
    assert issue(product=cabbage).series.gtin == ""
    assert rule_of(issue, product=None)[0] == "licence"
    Licence.objects.create(
        party=Party.objects.get(), kind="道路运输经营许可证", number="1", valid_from_on=date(2020, 1, 1)
    )
    issue(product=None, level="pallet")


def test_every_category_of_the_law_has_article_and_kinds_in_both_languages() -> None:
    from zhuisu.registry.issuing.rights import needs
    from zhuisu.web.words import CATEGORIES

    assert set(CATEGORIES) <= set(needs())
    for need in needs().values():
        assert need.source
        assert need.source_en
        assert bool(need.kinds) == bool(need.kinds_en)


def test_the_operator_alone_verifies(maker: Organisation, operator: Organisation) -> None:
    party = Party.objects.get()
    party.verified_at = None
    assert rule_of(verify_party, party, operator=maker, by="person:lin", at=AT)[0] == "operator"
    verify_party(party, operator=operator, by="person:op", at=AT, note="营业执照已核对")
    assert Party.objects.get().verified_note == "营业执照已核对"
    assert AuditEntry.objects.filter(verb="party.verify", target=party.code).count() == 1


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"level": "box"}, "level"),
        ({"count": 0}, "count"),
        ({"count": services.MAX_ORDER + 1}, "count"),
        ({"roll_size": 0}, "roll"),
        ({"lot": "x" * 21}, "lot"),
        ({"lot": " L1"}, "lot"),
        ({"note": "x" * 201}, "note"),
        ({"note": "\0"}, "note"),
        ({"note": "\udcff"}, "note"),
        ({"produced_on": date(2026, 2, 1), "expires_on": date(2026, 1, 1)}, "dates"),
    ],
)
def test_orders_that_make_no_sense(issue: Issue, fields: dict[str, Any], rule: str) -> None:
    assert rule_of(issue, **fields)[0] == rule
    assert not Series.objects.exists()


# --- series and keys ----------------------------------------------------------------------------------------------


def test_each_product_and_level_has_a_series_of_its_own(issue: Issue, cabbage: Product) -> None:
    names = {issue(10, **one).series.name for one in ({}, {"level": "case"}, {"product": cabbage}, {})}
    assert len(names) == 3
    assert all(set(name) <= set(zs_unit.ALPHABET) for name in names)


def test_a_full_series_is_followed_by_a_new_one(issue: Issue) -> None:
    full = issue(10).series
    Series.objects.filter(pk=full.pk).update(next_counter=zs_unit.MAX_PER_SERIES - 5)
    assert issue(5).series_id == full.pk
    after = issue(1)
    assert (after.series_id != full.pk, after.first) == (True, 0)


def test_a_rotated_key_makes_new_series_and_old_codes_stand(issue: Issue, maker: Organisation) -> None:
    old = issue(10)
    made = services.rotate_key(maker, **BY)
    new = issue(10)
    assert (made.version, new.series.key_version, new.series_id == old.series_id) == (2, 2, False)
    assert old.series.key.fingerprint != new.series.key.fingerprint
    assert {kind_of(text_of(old, 3)), kind_of(text_of(new, 3))} == {"issued"}
    assert [one.state for one in keys.states()] == ["present", "present"]


def test_no_key_is_rotated_before_there_is_one(maker: Organisation) -> None:
    assert rule_of(services.rotate_key, maker, **BY)[0] == "key-none"


def test_a_lost_or_swapped_key_is_said_and_never_made_anew(issue: Issue, maker: Organisation) -> None:
    batch = issue(10)
    text = text_of(batch, 0)
    path = keys.path_of(maker.pk, 1)
    assert path.stat().st_mode & 0o777 == 0o600
    kept = path.read_bytes()
    path.unlink()
    for call in (
        issue,
        lambda: kind_of(text),
        lambda: services.void(Codes((text,)), organisation=maker, reason="x", **BY),
    ):
        assert rule_of(call)[0] == "key-missing"
    assert not path.exists()
    path.write_bytes(bytes(32))
    assert rule_of(issue)[0] == "key-swapped"
    assert [one.state for one in keys.states()] == ["swapped"]
    path.write_bytes(kept)
    assert kind_of(text) == "issued"


# --- states -------------------------------------------------------------------------------------------------------


def test_the_life_of_a_code(issue: Issue, maker: Organisation) -> None:
    batch = issue(10_000)
    text = text_of(batch, 7_700)
    here: dict[str, Any] = {"organisation": maker, **BY}
    assert services.use(Codes((text,)), **here).refused[0].rule == "issued"
    assert services.activate(Codes((zs_unit.shown(text).lower(),)), **here).changed == 1
    assert services.activate(Codes((text, text)), **here).already == 2
    assert services.use(Codes((text,)), **here, reason="售出").changed == 1
    assert services.activate(Codes((text,)), **here).refused[0].rule == "used"
    assert services.void(Codes((text,)), **here, reason="召回").changed == 1
    for verb in (services.activate, services.use):
        assert verb(Codes((text,)), **here).refused[0].rule == "voided"
    assert services.void(Codes((text,)), **here, reason="召回").already == 1
    assert queries.counts_of(batch) == {"issued": 9_999, "active": 0, "voided": 1, "used": 0}
    assert [act.verb for act in queries.acts_about(queries.standing(codes.parse(text, "zs.unit")))] == [
        "void",
        "use",
        "activate",
        "issue",
    ]
    assert kind_of(text_of(batch, 7_699)) == "issued"


def test_nothing_is_changed_unless_all_are_accepted(issue: Issue, maker: Organisation) -> None:
    batch = issue(100)
    good, bad = text_of(batch, 1), "7KQA3M9TWX2C8HRL"
    before = Act.objects.count()
    done = services.activate(Codes((good, bad, "x")), organisation=maker, **BY)
    assert [(one.position, one.rule) for one in done.refused] == [(2, "not-yours"), (3, "length")]
    assert (done.changed, kind_of(good), Act.objects.count()) == (0, "issued", before)


def test_the_next_code_of_a_series_is_not_issued_yet(issue: Issue, maker: Organisation) -> None:
    batch = issue(100)
    following = text_of(batch, 100)
    assert kind_of(following) == "forged"
    done = services.activate(Codes((following,)), organisation=maker, **BY)
    assert [one.rule for one in done.refused] == ["not-yours"]


def test_a_dry_run_judges_and_changes_nothing(issue: Issue, maker: Organisation) -> None:
    batch = issue(100)
    done = services.activate(Whole(batch), organisation=maker, dry_run=True, **BY)
    assert (done.changed, done.accepted, kind_of(text_of(batch, 0))) == (100, True, "issued")


def test_another_organisation_touches_nothing(issue: Issue, market: Organisation) -> None:
    batch = issue(100)
    text = text_of(batch, 0)
    assert rule_of(services.void, Whole(batch), organisation=market, reason="x", **BY)[0] == "not-yours"
    assert services.void(Codes((text,)), organisation=market, reason="x", **BY).refused[0].rule == "not-yours"
    assert queries.batch_of(market, batch.pk) is None
    assert not queries.batches_of(market)


def test_voiding_asks_why(issue: Issue, maker: Organisation) -> None:
    assert rule_of(services.void, Whole(issue(1)), organisation=maker, reason=" ", **BY) == ("reason", "reason")


def test_rolls_and_ranges(issue: Issue, maker: Organisation) -> None:
    issue(7_000)
    batch = issue(10_000, roll_size=3_000)
    assert batch.rolls == 4
    here: dict[str, Any] = {"organisation": maker, **BY}
    assert services.activate(Rolls(batch, (2, 4)), **here, lot="L1").changed == 4_000
    assert [kind_of(text_of(batch, place)) for place in (2_999, 3_000, 5_999, 6_000, 9_999)] == [
        *("issued", "active", "active", "issued", "active")
    ]
    ends = Between(text_of(batch, 6_010), text_of(batch, 6_000))  # read from the other end: the same
    assert services.activate(ends, **here, lot="L1").changed == 11
    assert [(one.first, one.last) for one in queries.lots_of(batch)] == [(10_000, 13_010), (16_000, 16_999)]
    refused = services.activate(Whole(batch), **here, lot="L2").refused
    assert [(one.rule, one.position) for one in refused] == [("other-lot", 3_001), ("other-lot", 9_001)]
    for numbers in ((), (0,), (5,)):
        assert rule_of(services.activate, Rolls(batch, numbers), **here)[0] == "rolls"
    assert rule_of(services.activate, Rolls(issue(5), (1,)), **here)[0] == "rolls"
    assert rule_of(services.activate, Between(text_of(batch, 1), text_of(issue(5), 1)), **here)[0] == "two-batches"


def test_a_lot_given_later_or_at_once(issue: Issue, maker: Organisation) -> None:
    dates: dict[str, Any] = {"produced_on": date(2026, 11, 1), "expires_on": date(2027, 11, 1)}
    printed = issue(100, lot="P1", **dates)
    bare = issue(100, active=True)
    here: dict[str, Any] = {"organisation": maker, **BY}
    standing = queries.standing(codes.parse(text_of(printed, 99), "zs.unit"))
    assert (standing.kind, standing.lot, standing.expires_on) == ("issued", "P1", date(2027, 11, 1))
    assert services.activate(Whole(printed), **here, lot="P1").refused[0].rule == "other-lot"  # other dates
    assert services.activate(Whole(printed), **here).changed == 100
    assert services.activate(Whole(bare), **here, lot="P1", **dates).changed == 100  # gains its lot
    assert LotSpan.objects.count() == 1
    assert services.activate(Whole(bare), **here, lot="P1", **dates).already == 100


def test_the_log_cannot_be_changed(issue: Issue) -> None:
    issue(1)
    for statement in ("update registry_act set count = 2", "delete from registry_act", "truncate registry_act"):
        with pytest.raises((InternalError, IntegrityError)), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_a_code_in_every_form_a_scanner_gives(issue: Issue, cabbage: Product, maker: Organisation) -> None:
    tinned, loose = issue(100), issue(100, product=cabbage)
    a, b = text_of(tinned, 1), text_of(loose, 1)
    forms = [
        f"https://trace.example/{tinned.series.path(a)}",
        f"https://trace.example/i/{tinned.series.path(a)}",
        f"(01){tinned.series.gtin}(21){a}",
        tinned.series.canonical(a),
        f"https://trace.example/{loose.series.path(b)}",
        f"urn:zhuisu:zs.unit:{b}",
        loose.series.canonical(b),
        f" {zs_unit.shown(b)} ",
    ]
    done = services.activate(Codes(tuple(forms)), organisation=maker, **BY)
    assert (done.refused, done.changed, done.already) == ((), 2, 6)
    wrong = services.activate(Codes((f"(01)06901234567991(21){a}",)), organisation=maker, **BY)
    assert wrong.refused[0].rule in ("not-yours", "check-digit")


def test_batches_are_found_by_what_people_remember(issue: Issue, maker: Organisation, cabbage: Product) -> None:
    one, two = issue(10, note="中秋礼盒"), issue(10, product=cabbage, lot="L77", level="case")
    found = {
        search: [batch.pk for batch in queries.batches_of(maker, search=search)]
        for search in ("礼盒", "L77", "上海青", "0690123", one.series.name.lower(), "无")
    }
    assert list(found.values()) == [[one.pk], [two.pk], [two.pk], [one.pk], [one.pk], []]
    assert [batch.pk for batch in queries.batches_of(maker, before=two.pk)] == [one.pk]
    assert [batch.pk for batch in queries.batches_of(maker, level="case")] == [two.pk]
    assert {series.name for series in queries.series_of(maker)} == {one.series.name, two.series.name}


def test_a_list_that_nobody_can_read_ends_early(issue: Issue, maker: Organisation, monkeypatch: Any) -> None:
    read = Mock(wraps=selections.read)
    monkeypatch.setattr(selections, "read", read)
    done = services.use(Codes(("?",) * 3_000), organisation=maker, **BY)
    assert (len(done.refused), done.refused[-1].position, done.refused[-1].rule) == (501, 501, "more")
    assert read.call_count == 501
