"""The sector engine on a small made-up sector: every rule kind broken and kept, and every way a profile can be wrong."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support import document, event
from zhuisu import epcis
from zhuisu.profiles.act import NAMESPACE, Facts, Known
from zhuisu.profiles.judge import Judge
from zhuisu.profiles.loading import ProfileError, load, read
from zhuisu.profiles.model import Basis, Field, Words
from zhuisu.profiles.rule import Rule
from zhuisu.profiles.values import comparable, fault

TOY = """
id = "toys"
edition = "1"
valid_from = 2026-01-01
sector_class = "food"
name = { zh = "玩具", en = "Toys" }
codes = [{ level = "lot", schemes = ["gs1.lgtin"] }]
kinds.drum = { name = { zh = "鼓", en = "Drum" } }
public = ["paint"]

[basis.law]
law = { zh = "玩具法", en = "Toy Law" }
article = "第一条"
evidence = "law"
[basis.hearsay]
law = { zh = "听说", en = "Hearsay" }
article = "-"
evidence = "memory"

[roles.maker]
name = { zh = "制造者", en = "the maker" }
licences = ["玩具生产许可证"]
basis = "law"
[roles.shop]
name = { zh = "商店", en = "the shop" }

[fields]
paint = { name = { zh = "油漆", en = "Paint" }, type = "choice", basis = "law", place = "item", choices = { red = { zh = "红", en = "red" }, none = { zh = "无", en = "none" } } }
lead = { name = { zh = "铅含量", en = "Lead" }, type = "number", basis = "hearsay", place = "item", min = 0, max = 90.5, unit = "mg/kg" }
madeOn = { name = { zh = "制造日期", en = "Made on" }, type = "date", basis = "law", place = "item", not_future = true }
ticket = { name = { zh = "小票号", en = "Ticket" }, type = "text", basis = "law", max_length = 8, pattern = "[0-9]+" }

wrapped = { name = { zh = "已包装", en = "Wrapped" }, type = "yes_no", basis = "law" }
wrapper = { name = { zh = "包装材料", en = "Wrapper" }, type = "text", basis = "law" }

[steps.make]
name = { zh = "制造", en = "making" }
event = "TransformationEvent"
biz_step = "creating_class_instance"
by = ["maker"]
basis = "law"
first = true
required = ["madeOn", "paint"]
optional = ["lead"]
demands = [{ field = "lead", when = { field = "paint", any_of = ["red"] }, basis = "law" }]
quantity = true

[steps.check]
name = { zh = "检查", en = "checking" }
event = "ObjectEvent"
action = "OBSERVE"
biz_step = "inspecting"
by = ["maker"]
basis = "law"
after = ["make"]

[steps.sell]
name = { zh = "销售", en = "selling" }
event = "ObjectEvent"
biz_step = "retail_selling"
by = ["shop"]
basis = "law"
after = ["check"]
required = ["ticket"]
barred = ["recalled", "sold"]
basis_of = { sold = "hearsay" }
buyer_known = true
quantity = true
papers = [
  { kind = "testres", name = { zh = "检验报告", en = "test report" }, basis = "law" },
  { kind = "cert", id = "origin", or_kinds = ["pedigree"], name = { zh = "产地证明", en = "proof of origin" }, basis = "law", when = { kinds = ["drum"] } },
]

[steps.repack]
name = { zh = "分装", en = "repacking" }
event = "TransformationEvent"
biz_step = "creating_class_instance"
by = ["shop"]
basis = "law"
after = ["check"]
optional = ["wrapped", "wrapper"]
demands = [
  { field = "wrapper", when = { field = "wrapped", any_of = ["true"] }, basis = "law" },
  { field = "wrapped", when = { roles = ["shop"], kinds = ["drum"] }, basis = "law" },
]
supplier_known = true
amount = true
quota = true
keeps_expiry = true
sensors.shelf = { measure = "Temperature", unit = "CEL", basis = "law", min = 2, max = 8, required = true }

[duties.yearly]
name = { zh = "年检", en = "the yearly check" }
step = "check"
within_days = 365
basis = "law"
forbids = ["sell"]

[balances.wood]
step = "make"
unit = "KGM"
basis = "hearsay"
least = 0.5
most = 1
"""
LOT, WOOD = "urn:epc:class:lgtin:9506000.013435.L1", "urn:epc:class:lgtin:9506000.013436.W1"
GOOD = Facts(
    on=date(2026, 11, 20),
    roles=frozenset({"maker", "shop"}),
    licences=frozenset({"玩具生产许可证"}),
    things={LOT: Known(steps=frozenset({"make", "check"}), papers=frozenset({"testres"}), stock=Decimal(10))},
)


def profile_file(folder: Path, text: str = TOY, name: str = "toys") -> Path:
    file = folder / name / "profile.toml"
    file.parent.mkdir(parents=True)
    file.write_text(text, "utf-8")
    return file


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    return Judge(read(profile_file(tmp_path)))


def read_one(made: dict[str, Any]) -> epcis.Event:
    found = epcis.read(document({"@context": {"f": NAMESPACE}, **made})).events[0]
    assert isinstance(found, epcis.Event), found
    return found


def making(ilmd: Mapping[str, Any] | None = None, **over: Any) -> epcis.Event:
    inside = {"f:madeOn": "2026-11-19", "f:paint": "none"} if ilmd is None else ilmd
    fields: dict[str, Any] = {
        "inputQuantityList": [{"epcClass": WOOD, "quantity": 10, "uom": "KGM"}],
        "outputQuantityList": [{"epcClass": LOT, "quantity": 8, "uom": "KGM"}],
        "bizStep": "creating_class_instance",
        "ilmd": inside or None,
    }
    return read_one(event("TransformationEvent", **(fields | over)))


def repacking(*values: float, expires: str = "2026-12-01", **over: Any) -> epcis.Event:
    report = [{"type": "Temperature", "value": value, "uom": "CEL"} for value in values or (4,)]
    fields: dict[str, Any] = {
        "inputQuantityList": [{"epcClass": LOT, "quantity": 3, "uom": "KGM"}],
        "outputQuantityList": [{"epcClass": WOOD, "quantity": 3, "uom": "KGM"}],
        "sensorElementList": [{"sensorReport": report}],
        "bizStep": "creating_class_instance",
        "sourceList": [{"type": "owning_party", "source": "urn:epc:id:pgln:9506000.00001"}],
        "f:step": "repack",
        "ilmd": {"cbvmda:itemExpirationDate": expires},
    }
    return read_one(event("TransformationEvent", **(fields | over)))


def selling(**over: Any) -> epcis.Event:
    fields: dict[str, Any] = {
        "epcList": None,
        "quantityList": [{"epcClass": LOT, "quantity": 2, "uom": "EA"}],
        "action": "OBSERVE",
        "bizStep": "retail_selling",
        "f:ticket": "0017",
        "destinationList": [{"type": "owning_party", "destination": "urn:epc:id:pgln:9506000.00001"}],
    }
    return read_one(event("ObjectEvent", **(fields | over)))


def broken(judge: Judge, one: epcis.Event, facts: Facts = GOOD) -> set[tuple[str, str]]:
    return {(each.rule, each.path) for each in judge.findings(one, facts)}


def known(**over: Any) -> Facts:
    return replace(GOOD, things={LOT: replace(GOOD.things[LOT], **over)})


def test_what_is_right_breaks_nothing(judge: Judge) -> None:
    assert broken(judge, making()) == set() == broken(judge, selling())
    assert judge.step_of(making()) == "make"
    assert judge.step_of(repacking()) == "repack"
    assert broken(judge, repacking(2, 8)) == set()
    assert judge.may(selling(), GOOD) == (True, ())


def test_an_event_of_another_trade_is_not_judged(judge: Judge) -> None:
    other = read_one(event(bizStep="shipping", action="OBSERVE"))
    assert judge.step_of(other) is None
    assert judge.findings(other, Facts(on=GOOD.on)) == ()


CASES: list[tuple[str, str, Any, Facts]] = [
    ("toys.make.by", "", lambda: making(), replace(GOOD, roles=frozenset({"passer_by"}))),
    ("toys.make.maker.licence", "", lambda: making(), replace(GOOD, licences=frozenset())),
    ("toys.make.madeOn.required", "ilmd.madeOn", lambda: making({"f:paint": "none"}), GOOD),
    ("toys.make.madeOn.value", "ilmd.madeOn", lambda: making({"f:paint": "none", "f:madeOn": "2026-11-21"}), GOOD),
    ("toys.make.paint.required", "ilmd.paint", lambda: making({"f:madeOn": "2026-11-19", "f:paint": "  "}), GOOD),
    ("toys.make.paint.value", "ilmd.paint", lambda: making({"f:madeOn": "2026-11-19", "f:paint": "blue"}), GOOD),
    ("toys.make.lead.demanded", "ilmd.lead", lambda: making({"f:madeOn": "2026-11-19", "f:paint": "red"}), GOOD),
    ("toys.make.lead.value", "ilmd.lead", lambda: making({"f:madeOn": "2026-11-19", "f:paint": "red", "f:lead": 90.6}), GOOD),
    ("toys.make.undeclared", "ilmd.glue", lambda: making({"f:madeOn": "2026-11-19", "f:paint": "none", "f:glue": 1}), GOOD),
    ("toys.make.quantity", "outputQuantityList[0]", lambda: making(outputQuantityList=[{"epcClass": LOT}]), GOOD),
    ("toys.make.stock", "inputQuantityList[0]", lambda: making(), replace(GOOD, things={WOOD: Known(stock=Decimal(9))})),
    ("toys.make.wood.yield", "outputQuantityList", lambda: making(outputQuantityList=[{"epcClass": LOT, "quantity": 10.1, "uom": "KGM"}]), GOOD),
    ("toys.check.by", "", lambda: selling(bizStep="inspecting", **{"f:ticket": None}), replace(GOOD, roles=frozenset({"shop"}))),
    ("toys.check.maker.licence", "", lambda: selling(bizStep="inspecting", **{"f:ticket": None}), replace(GOOD, licences=frozenset())),
    ("toys.check.undeclared", "ticket", lambda: selling(bizStep="inspecting"), GOOD),
    ("toys.check.after", "quantityList[0]", lambda: selling(bizStep="inspecting", **{"f:ticket": None}), known(steps=frozenset({"sell"}))),
    ("toys.repack.by", "", lambda: repacking(), replace(GOOD, roles=frozenset({"maker"}))),
    ("toys.repack.after", "inputQuantityList[0]", lambda: repacking(), known(steps=frozenset({"make"}))),
    ("toys.repack.undeclared", "glue", lambda: repacking(**{"f:glue": 1}), GOOD),
    ("toys.repack.wrapped.value", "wrapped", lambda: repacking(**{"f:wrapped": "maybe"}), GOOD),
    ("toys.repack.wrapper.value", "wrapper", lambda: repacking(**{"f:wrapper": 7}), GOOD),
    ("toys.repack.wrapper.demanded", "wrapper", lambda: repacking(**{"f:wrapped": True}), GOOD),
    ("toys.repack.wrapped.demanded", "wrapped", lambda: repacking(), known(kind="drum")),
    ("toys.repack.supplier", "sourceList", lambda: repacking(sourceList=None), GOOD),
    ("toys.repack.quantity", "outputQuantityList[0]", lambda: repacking(outputQuantityList=[{"epcClass": WOOD}]), GOOD),
    ("toys.repack.quota", "outputQuantityList", lambda: repacking(), replace(GOOD, quota=Decimal("2.9"))),
    ("toys.repack.expiry", "ilmd.itemExpirationDate", lambda: repacking(expires="2026-12-02"), known(expires_on=date(2026, 12, 1))),
    ("toys.repack.shelf.reading", "sensorElementList[0].sensorReport[1]", lambda: repacking(4, 8.1), GOOD),
    ("toys.repack.shelf.record", "sensorElementList", lambda: repacking(sensorElementList=None), GOOD),
    ("toys.sell.by", "", lambda: selling(), replace(GOOD, roles=frozenset({"maker"}))),
    ("toys.sell.after", "quantityList[0]", lambda: selling(), known(steps=frozenset({"make"}))),
    ("toys.sell.ticket.required", "ticket", lambda: selling(**{"f:ticket": None}), GOOD),
    ("toys.sell.ticket.value", "ticket", lambda: selling(**{"f:ticket": "12a"}), GOOD),
    ("toys.sell.undeclared", "paint", lambda: selling(**{"f:paint": "red"}), GOOD),
    ("toys.sell.testres.paper", "quantityList[0]", lambda: selling(), known(papers=frozenset())),
    ("toys.sell.origin.paper", "quantityList[0]", lambda: selling(), known(kind="drum")),
    ("toys.sell.recalled", "quantityList[0]", lambda: selling(), known(states=frozenset({"recalled"}))),
    ("toys.sell.packed", "quantityList[0]", lambda: selling(), known(packed=True)),
    ("toys.sell.sold", "quantityList[0]", lambda: selling(), known(states=frozenset({"sold"}))),
    ("toys.sell.check.overdue", "quantityList[0]", lambda: selling(), known(overdue=frozenset({"yearly"}))),
    ("toys.sell.buyer", "destinationList", lambda: selling(destinationList=None), GOOD),
    ("toys.sell.quantity", "quantityList[0]", lambda: selling(quantityList=[{"epcClass": LOT}]), GOOD),
    ("toys.sell.stock", "quantityList[0]", lambda: selling(), known(stock=Decimal(1))),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "path", "made", "facts"), CASES, ids=[case[0] for case in CASES])
def test_each_rule_is_found_alone_and_says_where(judge: Judge, rule: str, path: str, made: Any, facts: Facts) -> None:
    found = judge.findings(made(), facts)
    assert [(each.rule, each.path) for each in found] == [(rule, path)]
    assert found[0].says.zh and found[0].says.en and "{" not in found[0].says.zh + found[0].says.en
    assert judge.may(made(), facts)[0] == (found[0].severity == "warning")


def test_no_rule_of_the_profile_is_left_out_above(judge: Judge) -> None:
    assert {rule.id for rules in judge.rules.values() for rule in rules} == {case[0] for case in CASES}


def test_what_rests_on_memory_warns_and_says_the_article(judge: Judge) -> None:
    found = {
        each.rule: each for each in judge.findings(making({"f:madeOn": "x", "f:paint": "none", "f:lead": -1}), GOOD)
    }
    assert found["toys.make.lead.value"].severity == "warning"
    assert found["toys.make.madeOn.value"].severity == "error"
    assert found["toys.make.madeOn.value"].article == Words("玩具法 第一条", "Toy Law, 第一条")
    assert "0–90.5 mg/kg" in found["toys.make.lead.value"].says.zh


def test_without_facts_only_the_event_itself_is_judged(judge: Judge) -> None:
    bare = repacking(9, sourceList=None, **{"f:wrapped": True, "f:glue": 1})
    found = {finding.rule for finding in judge.findings(bare, None)}
    assert found == {f"toys.repack.{rule}" for rule in ("shelf.reading", "supplier", "wrapper.demanded", "undeclared")}
    late = making({"f:madeOn": "2026-11-21", "f:paint": "none"})
    assert [finding.rule for finding in judge.findings(late, None)] == ["toys.make.madeOn.value"]


def test_either_paper_does_and_other_kinds_need_none(judge: Judge) -> None:
    for papers in ({"testres", "cert"}, {"testres", "pedigree"}):
        assert broken(judge, selling(), known(kind="drum", papers=frozenset(papers))) == set()
    named = selling(bizTransactionList=[{"type": "pedigree", "bizTransaction": "urn:x:1"}])
    assert broken(judge, named, known(kind="drum")) == set()


def test_a_prohibition_may_rest_on_another_text_than_its_period(tmp_path: Path) -> None:
    text = TOY.replace('within_days = 365\nbasis = "law"', 'within_days = 365\nbasis = "hearsay"')
    overdue = known(overdue=frozenset({"yearly"}))
    for name, told in (
        ("warning", text),
        ("error", text.replace('forbids = ["sell"]', 'forbids = ["sell"]\nforbids_basis = "law"')),
    ):
        (finding,) = Judge(read(profile_file(tmp_path / name, told))).findings(selling(), overdue)
        assert (finding.rule, finding.severity) == ("toys.sell.check.overdue", name)


def test_a_mixed_unit_says_nothing_of_the_yield(judge: Judge) -> None:
    assert broken(judge, making(outputQuantityList=[{"epcClass": LOT, "quantity": 400, "uom": "EA"}])) == set()
    assert broken(judge, making(outputQuantityList=None, outputEPCList=["urn:epc:id:sgtin:9506000.013435.7"])) == set()


@pytest.mark.parametrize(
    ("swap", "key", "problem"),
    [
        (("not_future = true", "not_futur = true"), "madeOn", "unknown field `not_futur`"),
        (('by = ["shop"]', 'by = ["stop"]'), "steps.sell.by", "'stop' is not one of roles"),
        (('after = ["check"]', 'after = ["chek"]'), "steps.sell.after", "'chek' is not one of steps"),
        (('required = ["ticket"]', 'required = ["tiket"]'), "steps.sell", "'tiket' is not one of fields"),
        (('required = ["ticket"]', "required = []"), "fields.ticket", "no step uses it"),
        (('after = ["check"]\n', ""), "steps.sell", "needs after"),
        (('schemes = ["gs1.lgtin"]', 'schemes = ["gs1.lgtn"]'), "codes.lot", "'gs1.lgtn' is not one of schemes"),
        (('type = "number", basis = "hearsay"', 'type = "number", basis = "nothing"'), "fields.lead.basis", "'nothing'"),
        (('evidence = "law"', 'evidence = "certain"'), "basis", "Invalid enum value"),
        (('barred = ["recalled", "sold"]', 'barred = ["stolen"]'), "barred", "Invalid enum value"),
        (('type = "text"', 'type = "choice"'), "fields.ticket.choices", "it needs some"),
        (("ticket = {", "Ticket = {"), "fields.Ticket", "camelCase"),
        (('pattern = "[0-9]+"', 'pattern = "[0-9"'), "fields.ticket.pattern", "unterminated"),
        (("least = 0.5", "least = 2"), "balances.wood", "least is more than most"),
        (('optional = ["lead"]', 'optional = ["lead", "paint"]'), "steps.make.paint", "both required and optional"),
        (('forbids = ["sell"]', 'forbids = ["sell"]\nforbids_basis = "nothing"'), "duties.yearly.basis", "'nothing' is not one of basis"),
        (('sold = "hearsay"', 'sold = "nothing"'), "steps.sell.basis", "'nothing' is not one of basis"),
        (('sold = "hearsay"', 'quota = "hearsay"'), "steps.sell.basis_of", "'quota' is not one of what the step asks for"),
        (('roles = ["shop"], kinds', 'roles = ["stop"], kinds'), "steps.repack.demands.when", "'stop' is not one of roles"),
        (('when = { kinds = ["drum"] }', 'when = { kinds = ["gong"] }'), "steps.sell.demands.when", "'gong' is not one of kinds"),
        (('when = { kinds = ["drum"] }', "when = { }"), "steps.sell.when", "names a field, roles or kinds"),
        (("edition =", "edition ="), "-", ""),
    ],
)  # fmt: skip
def test_a_wrong_profile_is_named_by_file_and_key(
    tmp_path: Path, swap: tuple[str, str], key: str, problem: str
) -> None:
    text = TOY.replace(*swap)
    if not problem:
        text += "\n["
    with pytest.raises(ProfileError) as wrong:
        read(profile_file(tmp_path, text))
    assert key in str(wrong.value) and problem in str(wrong.value)
    assert str(wrong.value).startswith("toys/profile.toml: ")


def test_an_old_event_is_judged_by_the_edition_of_its_day(tmp_path: Path) -> None:
    file = profile_file(tmp_path)
    (file.parent / "past").mkdir()
    (file.parent / "past" / "0.toml").write_text(TOY.replace("2026-01-01", "2020-01-01").replace('"1"', '"0"'), "utf-8")
    toys = load(tmp_path)["toys"]
    assert [edition.edition for edition in toys.editions] == ["1", "0"]
    found = [toys.on(date(year, 6, 1)) for year in (2019, 2021, 2026)]
    assert [each and each.edition for each in found] == [None, "0", "1"]


def test_a_folder_must_have_the_name_of_its_sector(tmp_path: Path) -> None:
    profile_file(tmp_path, name="games")
    with pytest.raises(ProfileError, match="'toys' is not the folder's name"):
        load(tmp_path)


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.decimals(), st.text(max_size=50), st.dates().map(str),
    st.datetimes().map(str), st.dictionaries(st.sampled_from(["href", "sha256", "x"]), st.text(max_size=80)), st.lists(st.text()),
)  # fmt: skip


@given(
    kind=st.sampled_from(["text", "number", "integer", "date", "datetime", "yes_no", "code", "person", "evidence"]),
    value=VALUES,
)
def test_any_value_at_all_gets_a_verdict(kind: Any, value: Any) -> None:
    field = Field(name=Words("甲", "A"), type=kind, basis="", min=Decimal(0), pattern="[a-z]*", schemes=("gs1.gtin",))
    assert fault(field, value, GOOD.on) in {"", "type", "range", "length", "pattern", "scheme", "future", "choice"}


@pytest.mark.parametrize("article", ["-", "", "—", " - "])
def test_a_text_without_an_article_is_cited_by_its_name_alone(article: str) -> None:
    law = Words("安全技术规程", "Safety Code")
    assert Basis(law, article, "standard").cited() == law
    assert Basis(law, "第五条", "standard").cited() == Words("安全技术规程 第五条", "Safety Code, 第五条")
    rule = Rule("x", law, Basis(law, article, "standard"), lambda _act: iter(()))
    assert rule.article == law


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("2026-05-01T15:59:59Z", ""),
        ("2026-05-01T16:00:00Z", "future"),  # 2 May in China
        ("2026-05-01T16:00:00+00:00", "future"),
        ("2026-05-02T00:00:00+08:00", "future"),
        ("2026-05-01T23:30:00-05:00", ""),  # 1 May where it happened
    ],
)
def test_a_moment_written_in_utc_is_of_the_day_that_it_was_in_china(said: str, wrong: str) -> None:
    words = Words("时间", "time")
    moment = Field(words, "datetime", "x", not_future=True)
    assert fault(moment, said, date(2026, 5, 1)) == wrong
    day = comparable(moment, said, by_day=True)
    assert day == ("2026-05-02" if wrong else "2026-05-01")
