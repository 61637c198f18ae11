"""Rules about state, time, buyers and registers, on a small made-up sector: each broken and kept, with bounds and against plain oracles."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import document, event
from zhuisu import epcis
from zhuisu.profiles.act import NAMESPACE, Act, Facts, Known
from zhuisu.profiles.judge import Judge
from zhuisu.profiles.loading import ProfileError, read
from zhuisu.profiles.units import in_unit

FLASKS = """
id = "flasks"
edition = "1"
valid_from = 2026-01-01
sector_class = "dangerous_goods"
name = { zh = "瓶", en = "Flasks" }
codes = [{ level = "lot", schemes = ["gs1.lgtin"] }]
kinds.glass = { name = { zh = "玻璃瓶", en = "Glass" } }
kinds.steel = { name = { zh = "钢瓶", en = "Steel" } }
basis.law = { law = { zh = "瓶法", en = "Flask Law" }, article = "第一条", evidence = "law" }
basis.hearsay = { law = { zh = "听说", en = "Hearsay" }, article = "-", evidence = "memory" }

[roles.maker]
name = { zh = "制造者", en = "the maker" }
licences = ["普通证"]
licences_of = { steel = ["钢瓶证", "特种证"] }
basis = "law"
[roles.shop]
name = { zh = "商店", en = "the shop" }

[fields]
approval = { name = { zh = "批准文号", en = "Approval" }, type = "text", basis = "law", place = "item", register = "flask_approvals" }
weight = { name = { zh = "重量", en = "Weight" }, type = "number", basis = "law", place = "item" }
tare = { name = { zh = "皮重", en = "Tare" }, type = "number", basis = "law", place = "item" }
first = { name = { zh = "签字人", en = "First signature" }, type = "person", basis = "law" }
second = { name = { zh = "复核人", en = "Second signature" }, type = "person", basis = "law" }
soldAt = { name = { zh = "售出时间", en = "Sold at" }, type = "datetime", basis = "law" }
orderedOn = { name = { zh = "订货日期", en = "Ordered on" }, type = "date", basis = "law" }
checked = { name = { zh = "已核对", en = "Checked" }, type = "yes_no", basis = "law" }
lostUntil = { name = { zh = "丢失至", en = "Lost until" }, type = "date", basis = "law" }
payment = { name = { zh = "付款", en = "Payment" }, type = "choice", basis = "law", choices = { cash = { zh = "现金", en = "cash" }, bank = { zh = "转账", en = "bank" } } }

[steps.make]
name = { zh = "制造", en = "making" }
event = "ObjectEvent"
action = "ADD"
biz_step = "commissioning"
by = ["maker"]
basis = "law"
basis_of = { by = "hearsay", lotNumber = "hearsay", approval = "hearsay" }
first = true
required = ["approval"]
optional = ["weight", "tare"]
attributes = ["lotNumber", "itemExpirationDate"]
musts = [{ field = "weight", not_before = "tare", basis = "law", says = { zh = "重量不小于皮重", en = "weight is at least the tare" } }]

[steps.test]
name = { zh = "检测", en = "testing" }
event = "ObjectEvent"
action = "OBSERVE"
biz_step = "inspecting"
by = ["maker"]
basis = "law"
after = ["make"]
within = [{ step = "make", days = 10, basis = "hearsay" }]
optional = ["lostUntil"]
effects = [{ state = "lost", until = "lostUntil" }]

[steps.fit]
name = { zh = "装配", en = "fitting" }
event = "AggregationEvent"
biz_step = "assembling"
by = ["shop"]
basis = "law"
after = ["make"]
parent = true
barred = ["lost"]
sensors.press = { measure = "Pressure", unit = "BAR", basis = "hearsay", record_basis = "law", max = 5, required = true, when = { kinds = ["steel"] } }

[steps.sell]
name = { zh = "销售", en = "selling" }
event = "ObjectEvent"
action = "OBSERVE"
biz_step = "retail_selling"
by = ["shop"]
basis = "law"
basis_of = { after = "hearsay", after_all = "law", buyer_organisation = "hearsay" }
after = ["make"]
after_all = ["make", "test"]
optional = ["first", "second", "soldAt", "orderedOn", "checked", "payment"]
buyer_known = true
buyer_organisation = true
limits.week = { amount = 5, unit = "EA", days = 7, basis = "law", kinds = ["steel"] }
limits.mass = { amount = 2, unit = "KGM", days = 30, basis = "hearsay" }
stock = "out"

[[steps.sell.musts]]
field = "second"
differs_from = "first"
basis = "law"
says = { zh = "两个人签字", en = "two persons sign" }
[[steps.sell.musts]]
field = "soldAt"
not_before = "orderedOn"
basis = "law"
says = { zh = "先订后卖", en = "ordered before it is sold" }
[[steps.sell.musts]]
field = "payment"
any_of = ["bank"]
when = { kinds = ["steel"] }
basis = "law"
says = { zh = "只能转账", en = "by bank only" }
[[steps.sell.musts]]
id = "checked_at_all"
field = "checked"
any_of = ["true"]
basis = "law"
says = { zh = "必须核对", en = "it must be checked" }

[duties.yearly]
name = { zh = "年检", en = "the yearly test" }
step = "test"
within_days = 365
basis = "law"
kinds = ["steel"]
since = ["make"]
due_field = "lostUntil"
forbids = ["sell"]

[ledgers.sales]
name = { zh = "销售台账", en = "sales ledger" }
steps = ["sell"]
columns = ["eventTime", "things", "buyer", "payment"]
basis = "law"

[recalls.one]
name = { zh = "一级", en = "level one" }
basis = "law"
start_hours = 24
"""
LOT, CAR = "urn:epc:class:lgtin:9506000.013435.L1", "urn:epc:id:grai:9506000.00001.7"
FIRM, PERSON = "urn:epc:id:pgln:9506000.00001", "urn:zhuisu:person:018f3a"
DONE = Known(steps=frozenset({"make", "test"}), days={"make": date(2026, 11, 10)})
GOOD = Facts(
    on=date(2026, 11, 20),
    roles=frozenset({"maker", "shop"}),
    licences=frozenset({"普通证"}),
    things={LOT: DONE, CAR: DONE},
)
DAY = "2026-11-20"
READ = {"id": "urn:epc:id:sgln:9506000.00001.0"}


def profile_file(folder: Path, text: str = FLASKS) -> Path:
    file = folder / "flasks" / "profile.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    return file


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    return Judge(read(profile_file(tmp_path_factory.mktemp("sectors"))))


def read_one(made: dict[str, Any]) -> epcis.Event:
    found = epcis.read(document({"@context": {"f": NAMESPACE}, **made})).events[0]
    assert isinstance(found, epcis.Event), found
    return found


def making(**ilmd: Any) -> epcis.Event:
    inside = {"f:approval": "A1", "cbvmda:lotNumber": "L1", "cbvmda:itemExpirationDate": "2027-01-01", **ilmd}
    held = {name: value for name, value in inside.items() if value is not None}
    lots = [{"epcClass": LOT, "quantity": 2}]
    return read_one(event(epcList=None, quantityList=lots, ilmd=held, action="ADD", bizStep="commissioning"))


def probing(**over: Any) -> epcis.Event:
    lots = [{"epcClass": LOT, "quantity": 2}]
    return read_one(
        event(**{"epcList": None, "quantityList": lots, "bizStep": "inspecting", "action": "OBSERVE"} | over)
    )


def fitting(**over: Any) -> epcis.Event:
    return read_one(
        event(
            "AggregationEvent",
            **{"parentID": CAR, "childQuantityList": [{"epcClass": LOT, "quantity": 1}], "childEPCs": None} | over,
            bizStep="assembling",
            action="ADD",
        )
    )


def selling(quantity: float = 1, uom: str | None = None, to: str = FIRM, **over: Any) -> epcis.Event:
    lot = {"epcClass": LOT, "quantity": quantity, **({"uom": uom} if uom else {})}
    owner = [{"type": "owning_party", "destination": to}]
    fields = {"epcList": None, "quantityList": [lot], "bizStep": "retail_selling", "destinationList": owner}
    return read_one(event(**{**fields, "action": "OBSERVE", **over}))


def known(thing: str = LOT, **over: Any) -> Facts:
    return replace(GOOD, things={**GOOD.things, thing: replace(GOOD.things[thing], **over)})


def broken(judge: Judge, one: epcis.Event, facts: Facts = GOOD) -> set[tuple[str, str, str]]:
    return {(each.rule, each.path, each.severity) for each in judge.findings(one, facts)}


def pressed(value: float) -> list[dict[str, Any]]:
    return [{"sensorReport": [{"type": "Pressure", "value": value, "uom": "BAR"}]}]


def test_what_is_right_breaks_nothing(judge: Judge) -> None:
    for one in (making(), probing(), fitting(), selling()):
        assert broken(judge, one) == set()
    signed = {"f:first": PERSON, "f:second": PERSON + "9", "f:soldAt": f"{DAY}T09:00:00+08:00", "f:orderedOn": DAY}
    assert broken(judge, selling(**signed, **{"f:checked": True, "f:payment": "cash"})) == set()
    assert broken(judge, fitting(sensorElementList=pressed(5)), known(kind="steel")) == set()


STEEL = replace(GOOD, things={LOT: replace(DONE, kind="steel"), CAR: DONE})
CASES: list[tuple[str, str, str, Callable[[], epcis.Event], Facts]] = [
    ("make.by", "", "warning", making, replace(GOOD, roles=frozenset({"shop"}))),
    ("make.approval.required", "ilmd.approval", "warning", lambda: making(**{"f:approval": None}), GOOD),
    ("make.approval.listed", "ilmd.approval", "error", making, replace(GOOD, unlisted=frozenset({"approval"}))),
    ("make.lotNumber.attribute", "ilmd.lotNumber", "warning", lambda: making(**{"cbvmda:lotNumber": None}), GOOD),
    ("make.itemExpirationDate.attribute", "ilmd.itemExpirationDate", "error", lambda: making(**{"cbvmda:itemExpirationDate": None}), GOOD),
    ("make.maker.licence", "", "error", making, replace(GOOD, licences=frozenset({"钢瓶证"}))),
    ("make.maker.licence", "", "error", making, STEEL),
    ("make.maker.licence", "", "error", lambda: making(**{"f:kind": "flasks.steel"}), GOOD),
    ("make.weight.must", "ilmd.weight", "error", lambda: making(**{"f:weight": 9, "f:tare": 10}), GOOD),
    ("test.make.within", "quantityList[0]", "warning", probing, known(days={"make": date(2026, 11, 9)})),
    ("fit.lost", "parentID", "error", fitting, known(CAR, states=frozenset({"lost"}))),
    ("fit.lost", "childQuantityList[0]", "error", fitting, known(states=frozenset({"lost"}))),
    ("fit.after", "parentID", "error", fitting, known(CAR, steps=frozenset({"test"}))),
    ("fit.press.record", "sensorElementList", "error", fitting, STEEL),
    ("fit.press.reading", "sensorElementList[0].sensorReport[0]", "warning", lambda: fitting(sensorElementList=pressed(6)), STEEL),
    ("sell.after", "quantityList[0]", "warning", selling, known(steps=frozenset({"test"}))),
    ("sell.after_all", "quantityList[0]", "error", selling, known(steps=frozenset({"make"}))),
    ("sell.buyer_organisation", "destinationList[0]", "warning", lambda: selling(to=PERSON), GOOD),
    ("sell.buyer_organisation", "destinationList[0]", "warning", lambda: selling(to="https://example.org/who"), GOOD),
    ("sell.second.must", "second", "error", lambda: selling(**{"f:first": PERSON, "f:second": PERSON}), GOOD),
    ("sell.soldAt.must", "soldAt", "error", lambda: selling(**{"f:soldAt": "2026-11-19T23:59:00+08:00", "f:orderedOn": DAY}), GOOD),
    ("sell.payment.must", "payment", "error", lambda: selling(**{"f:payment": "cash"}), STEEL),
    ("sell.checked_at_all.must", "checked", "error", lambda: selling(**{"f:checked": False}), GOOD),
    ("sell.week.limit", "quantityList", "error", lambda: selling(2), replace(STEEL, bought={"week": Decimal(4)})),
    ("sell.week.limit", "quantityList", "error", lambda: selling(6, "H87"), STEEL),
    ("sell.mass.limit", "quantityList", "warning", lambda: selling(501, "GRM"), replace(GOOD, bought={"mass": Decimal("1.5")})),
    ("sell.test.overdue", "quantityList[0]", "error", selling, known(overdue=frozenset({"yearly"}))),
]  # fmt: skip


# What cannot be broken alone.
ALSO = {"sell.after": {"flasks.sell.after_all"}}


@pytest.mark.parametrize(("rule", "path", "severity", "made", "facts"), CASES, ids=[case[0] for case in CASES])
def test_each_rule_is_broken_where_and_as_it_should(
    judge: Judge, rule: str, path: str, severity: str, made: Callable[[], epcis.Event], facts: Facts
) -> None:
    found = broken(judge, made(), facts)
    assert (f"flasks.{rule}", path, severity) in found
    assert {each for each, _, _ in found} - ALSO.get(rule, set()) == {f"flasks.{rule}"}


def test_a_sensor_is_asked_for_and_bounded_only_where_its_condition_holds(judge: Judge) -> None:
    assert broken(judge, fitting(sensorElementList=pressed(9))) == set()
    assert {rule for rule, *_ in broken(judge, fitting(sensorElementList=pressed(9)), STEEL)} == {
        "flasks.fit.press.reading"
    }


def test_a_register_that_does_not_know_another_element_says_nothing_of_this_one(judge: Judge) -> None:
    assert broken(judge, making(), replace(GOOD, unlisted=frozenset({"weight"}))) == set()


def test_after_all_names_each_step_that_is_missing(judge: Judge) -> None:
    found = judge.findings(selling(), known(steps=frozenset()))
    missing = [each.says.en for each in found if each.rule == "flasks.sell.after_all"]
    assert missing == ["no making was recorded before selling", "no testing was recorded before selling"]


def test_a_must_says_nothing_where_a_side_is_missing_or_unreadable(judge: Judge) -> None:
    assert broken(judge, making(**{"f:weight": 9})) == set()
    unreadable = {rule for rule, _, _ in broken(judge, making(**{"f:weight": 9, "f:tare": "much"}))}
    assert unreadable == {"flasks.make.tare.value"}


def test_a_kind_with_a_licence_of_its_own_needs_that_and_no_other(judge: Judge) -> None:
    steel = making(**{"f:kind": "flasks.steel"})
    assert broken(judge, steel, replace(GOOD, licences=frozenset({"特种证"}))) == set()
    assert broken(judge, making(**{"f:kind": "other.steel"})) == set()


def test_an_act_without_things_needs_the_general_licence(judge: Judge) -> None:
    bare = read_one(
        event(epcList=None, bizStep="commissioning", action="ADD", sensorElementList=pressed(1), readPoint=READ)
    )
    licences = {rule for rule, *_ in broken(judge, bare, replace(GOOD, licences=frozenset()))}
    assert "flasks.make.maker.licence" in licences
    assert "flasks.make.maker.licence" not in {rule for rule, *_ in broken(judge, bare)}


def test_a_limit_counts_pieces_of_its_kinds_only(judge: Judge) -> None:
    bought = {"week": Decimal(6)}
    assert broken(judge, selling(1), replace(GOOD, bought=bought)) == set()  # of no kind
    assert {rule for rule, *_ in broken(judge, selling(1), replace(STEEL, bought=bought))} == {"flasks.sell.week.limit"}
    assert broken(judge, selling(1, "LTR"), replace(STEEL, bought=bought)) == set()


def test_a_limit_is_reached_and_not_passed(judge: Judge) -> None:
    assert broken(judge, selling(1), replace(STEEL, bought={"week": Decimal(4)})) == set()


def test_an_event_may_name_its_kind_beside_its_own_fields(judge: Judge) -> None:
    assert broken(judge, selling(**{"f:kind": "flasks.steel"})) == set()


def test_what_holds_the_things_is_acted_on_only_where_the_step_says_so() -> None:
    assert [path for path, _ in Act(fitting(), GOOD).things()] == ["childQuantityList[0]"]
    assert [path for path, _ in Act(fitting(), GOOD, parent=True).things()] == ["parentID", "childQuantityList[0]"]


def test_single_things_are_pieces_and_weigh_nothing() -> None:
    two = ["urn:epc:id:sgtin:9506000.013435.1", "urn:epc:id:sgtin:9506000.013435.2"]
    act = Act(probing(epcList=two), GOOD)
    assert (act.counted("EA"), act.counted("H87"), act.counted("KGM")) == (4, 4, 0)


def test_amounts_in_other_units() -> None:
    assert in_unit(Decimal(1500), "GRM", "KGM") == Decimal("1.5")
    assert in_unit(Decimal(2), "TNE", "KGM") == 2000
    assert in_unit(Decimal(3), None, "EA") == 3


@settings(deadline=None)  # the first of them makes the rules
@given(days=st.integers(-400, 400))
def test_within_is_the_plain_difference_of_days(judge: Judge, days: int) -> None:
    facts = known(days={"make": GOOD.on - timedelta(days)})
    assert bool(broken(judge, probing(), facts)) == (days > 10)


@given(
    amount=st.decimals(min_value="0.001", max_value=10**6, places=3),
    units=st.lists(
        st.sampled_from(["MGM", "GRM", "KGM", "TNE", "MLT", "LTR", "MTQ", "EA", "H87", None, "BAR"]),
        min_size=2,
        max_size=2,
    ),
)
def test_an_amount_goes_to_another_unit_and_back(amount: Decimal, units: list[Any]) -> None:
    there = in_unit(amount, units[0], units[1]) if units[1] else amount
    if there is not None and units[0] and units[1]:
        assert in_unit(there, units[1], units[0]) == amount
    groups = [{"MGM", "GRM", "KGM", "TNE"}, {"MLT", "LTR", "MTQ"}, {"EA", "H87", None}, {"BAR"}]
    if units[1]:
        assert (there is not None) == any(set(units) <= group for group in groups)


@pytest.mark.parametrize(
    ("swap", "key", "problem"),
    [
        (('after_all = ["make", "test"]', 'after_all = ["make", "tes"]'), "steps.sell.after_all", "'tes' is not one of steps"),
        (('step = "make", days = 10', 'step = "mak", days = 10'), "steps.test.within", "'mak' is not one of steps"),
        (("days = 10", "days = -1"), "steps.test.within", "0 or more"),
        (('until = "lostUntil"', 'until = "lost"'), "steps.test.effects", "'lost' is not one of the step's own fields"),
        (('lostUntil"]', 'lostUntil", "weight"]'), "", ""),
        (('until = "lostUntil"', 'until = "lostUntil", past = "lostUntil"'), "steps.test.effects", "cannot both hold"),
        (('until = "lostUntil"', 'clears = true, until = "lostUntil"'), "steps.test.effects", "has no day"),
        (('name = { zh = "丢失至", en = "Lost until" }, type = "date"', 'name = { zh = "丢失至", en = "Lost until" }, type = "text"'), "steps.test.effects", "is no date"),
        (('differs_from = "first"', 'differs_from = "third"'), "steps.sell.musts", "'third' is not one of the step's own"),
        (('differs_from = "first"', 'differs_from = "first"\nany_of = ["a"]'), "steps.sell.musts", "one of any_of"),
        (('any_of = ["bank"]', 'any_of = ["shells"]'), "steps.sell.musts", "cannot be 'shells'"),
        (('not_before = "orderedOn"', 'not_before = "first"'), "steps.sell.musts", "cannot be compared"),
        (('id = "checked_at_all"\nfield = "checked"\nany_of = ["true"]', 'field = "payment"\nany_of = ["bank"]'), "steps.sell.musts", "twice"),
        (('buyer_known = true', 'buyer_known = false'), "steps.sell.limits", "needs buyer_known"),
        (('amount = 5', 'amount = 0'), "steps.sell.limits.week", "above 0"),
        (('kinds = ["steel"] }\nlimits.mass', 'kinds = ["stel"] }\nlimits.mass'), "steps.sell.limits", "'stel' is not one of kinds"),
        (('attributes = ["lotNumber", "itemExpirationDate"]', 'attributes = ["lotNumber", "lotNumber"]'), "steps.make.attributes", "twice"),
        (('parent = true', 'parent = true\nattributes = ["lotNumber"]'), "steps.fit.attributes", "carries no ilmd"),
        (('stock = "out"', 'parent = true'), "steps.sell.parent", "has no parentID"),
        (('licences_of = { steel', 'licences_of = { stel'), "roles.maker.licences_of", "'stel' is not one of kinds"),
        (('due_field = "lostUntil"', 'due_field = "weight"'), "duties.yearly.due_field", "'weight' is not one of the date fields"),
        (('since = ["make"]', 'since = ["mak"]'), "duties.yearly", "'mak' is not one of steps"),
        (('columns = ["eventTime", ', 'columns = ["eventTim", '), "ledgers.sales.columns", "'eventTim' is not one of"),
        (('columns = ["eventTime", "things", "buyer", "payment"]', 'columns = []'), "ledgers.sales", "has steps and columns"),
        (('record_basis = "law"', 'record_basis = "lore"'), "steps.fit.basis", "'lore' is not one of basis"),
        (('[recalls.one]\nname = { zh = "一级", en = "level one" }\nbasis = "law"', '[recalls.one]\nname = { zh = "一级", en = "level one" }\nbasis = "lore"'), "recalls.one.basis", "'lore'"),
        (("\nfirst = { name", "\nstep = { name"), "fields.step", "by this name"),
    ],
)  # fmt: skip
def test_a_wrong_declaration_is_named_by_file_and_key(
    tmp_path: Path, swap: tuple[str, str], key: str, problem: str
) -> None:
    assert swap[0] in FLASKS
    file = profile_file(tmp_path, FLASKS.replace(*swap))
    if not problem:
        assert read(file)
        return
    with pytest.raises(ProfileError) as wrong:
        read(file)
    assert key in str(wrong.value) and problem in str(wrong.value)
