"""Packing: own codes by level and state, others as they come, captured as aggregation."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from unittest.mock import Mock

import pytest

from support import AT
from zhuisu import codes
from zhuisu.accounts.models import Organisation
from zhuisu.events import packing, store
from zhuisu.events.bodies import unpacked
from zhuisu.events.packing import PackRefused, import_tree, pack, pack_many, unpack
from zhuisu.events.sequencer import publish
from zhuisu.registry.issuing import keys, services
from zhuisu.registry.issuing.services import Codes
from zhuisu.registry.models import Licence, Party, Product

pytestmark = pytest.mark.django_db
BY: dict[str, Any] = {"by": "person:lin", "at": AT}
GTIN = "06901234567892"
Make = Callable[..., list[str]]


@pytest.fixture
def codes_of(dairy: Organisation) -> Make:
    """Some issued codes of a level, with or without GTIN."""
    party = Party.objects.create(code=dairy.party, name=dairy.name, verified_at=AT)
    Licence.objects.create(party=party, kind="食品生产许可证", number="SC1", valid_from_on=date(2024, 1, 1))
    tin = Product.objects.create(code=f"gs1.gtin:01/{GTIN}", name="奶粉", category="food", holder=party)

    def do(level: str, count: int, *, bare: bool = False) -> list[str]:
        batch = services.issue(
            organisation=dairy, product=None if bare else tin, level=level, count=count, active=True, **BY
        )
        key = keys.key_of(batch.series.key)
        return [batch.code_at(key, place) for place in range(count)]

    return do


def events() -> list[dict[str, Any]]:
    publish(AT)
    rows = store.rows("select b.body from event_body b order by b.event")

    return [json.loads(unpacked(bytes(body))) for (body,) in rows]


def refusals(call: Callable[..., Any], *args: Any, **fields: Any) -> list[tuple[int, str]]:
    with pytest.raises(PackRefused) as refused:
        call(*args, **(BY | fields))
    assert all(one.message and one.message_zh for one in refused.value.refused)
    return [(one.position, one.rule) for one in refused.value.refused]


def test_items_into_a_case_and_out_again(dairy: Organisation, codes_of: Make) -> None:
    (case,), items = codes_of("case", 1, bare=True), codes_of("item", 3)
    done = pack(case, items, organisation=dairy, place="gs1.sgln:414/6901234567892", **BY)
    assert done.counts["accepted"] == 1
    unpack(case, items[:1], organisation=dairy, by="person:lin", at=AT + timedelta(minutes=1))
    unpack(case, organisation=dairy, by="person:lin", at=AT + timedelta(minutes=2))
    packed, out, emptied = events()
    assert packed["parentID"] == f"urn:zhuisu:zs.unit:{case}"
    assert packed["childEPCs"] == [f"https://id.gs1.org/01/{GTIN}/21/{item}" for item in items]
    assert (packed["action"], packed["bizStep"], packed["eventTime"]) == (
        "ADD",
        "packing",
        "2026-11-20T12:00:00.000+08:00",
    )
    assert packed["readPoint"] == {"id": "https://id.gs1.org/414/6901234567892"}
    assert (out["action"], out["bizStep"], len(out["childEPCs"])) == ("DELETE", "unpacking", 1)
    assert emptied["childEPCs"] == []


def test_what_cannot_be_packed(dairy: Organisation, market: Organisation, codes_of: Make) -> None:
    (case, other), items = codes_of("case", 2), codes_of("item", 5)
    here: dict[str, Any] = {"organisation": dairy}
    services.void(Codes((items[0],)), organisation=dairy, reason="破损", **BY)
    services.use(Codes((items[1],)), organisation=dairy, **BY)
    assert refusals(pack, case, items[:3], **here) == [(2, "voided"), (3, "used")]
    assert refusals(pack, items[2], [case], **here) == [(2, "levels")]
    assert refusals(pack, case, [other, case], **here) == [(2, "levels"), (3, "itself")]
    assert refusals(pack, case, [], **here) == [(1, "empty")]
    assert refusals(pack, case, [items[2], f"(01){GTIN}(21){items[2]}"], **here) == [(3, "twice")]
    assert refusals(pack, case, [items[2]], organisation=market) == [(1, "not-yours"), (2, "not-yours")]
    assert refusals(pack, case, [f"(01){GTIN}", "7KQA3M9TWX2C8HRE"], **here) == [(2, "scheme"), (3, "check-digit")]
    assert events() == []
    assert unpack(case, items[:2], organisation=dairy, **BY).success  # what is used may leave


def test_a_makers_own_serial_that_looks_like_ours(dairy: Organisation, codes_of: Make) -> None:
    (case,) = codes_of("case", 1)
    series = "2345" if not case.startswith("2345") else "2346"
    from zhuisu.codes import zs_unit

    alike = zs_unit.code_of(bytes(32), 1, series, 0)
    assert pack(case, [f"(01)06901234500004(21){alike}"], organisation=dairy, **BY).success


def test_many_at_once_inner_first_and_split(dairy: Organisation, codes_of: Make, monkeypatch: Any) -> None:
    pallet, cases, items = codes_of("pallet", 1)[0], codes_of("case", 3), codes_of("item", 12)
    relations = [(pallet, case) for case in cases] + [(cases[n % 3], item) for n, item in enumerate(items)]
    monkeypatch.setattr(packing, "MAX_DOCUMENT", 500)
    monkeypatch.setattr(packing, "MAX_CHILDREN", 3)
    receipts = pack_many(relations, organisation=dairy, **BY)
    assert all(receipt.success for receipt in receipts)
    assert len(receipts) > 2
    found = events()
    assert len(found) == 7  # four children each, three an event; three cases on the pallet
    assert found[-1]["parentID"].endswith(pallet)
    assert sorted(one for event in found for one in event["childEPCs"]) == sorted(
        f"https://id.gs1.org/01/{GTIN}/21/{one}" for one in [*cases, *items]
    )
    again = pack_many(relations, organisation=dairy, **BY)
    assert sum(receipt.counts["duplicate"] for receipt in again) == 7
    assert refusals(pack_many, [(cases[0], items[0]), (items[1], cases[1])], organisation=dairy) == [(2, "levels")]


def test_a_ring_of_packages_is_refused(dairy: Organisation) -> None:
    tags = [f"cn.livestock_tag15:13706120000{n}" for n in (1000, 1001)]
    assert refusals(pack_many, [(tags[0], tags[1]), (tags[1], tags[0])], organisation=dairy)[0][1] == "ring"


def test_a_parent_child_file_becomes_events_once(dairy: Organisation) -> None:
    drug = [f"8{number:019d}" for number in range(30)]
    rows = ["追溯码,上级码,大码", f"{drug[1]},{drug[11]},{drug[21]}", f"{drug[2]},{drug[11]},{drug[21]}"]
    here: dict[str, Any] = {
        "organisation": dairy,
        "scheme": "cn.drug_trace_msfx",
        "content": "\n".join(rows).encode("gbk"),
        "by": "person:lin",
    }
    done, receipts = import_tree(at=AT, **here)
    assert (done.count, [one.counts["accepted"] for one in receipts]) == (4, [2])
    inner, outer = sorted(events(), key=lambda event: event["parentID"])  # 11 before 21
    assert inner["childEPCs"] == [f"urn:zhuisu:cn.drug_trace_msfx:{drug[n]}" for n in (1, 2)]
    assert outer["parentID"] == f"urn:zhuisu:cn.drug_trace_msfx:{drug[21]}"
    again, receipts = import_tree(at=AT + timedelta(days=1), **here)
    assert (again.again, [one.counts["duplicate"] for one in receipts]) == (True, [2])
    assert codes.parse(inner["parentID"]).canonical == f"cn.drug_trace_msfx:{drug[11]}"


def test_the_address_on_a_label_is_the_code_in_it(dairy: Organisation, market: Organisation, codes_of: Make) -> None:
    (case,), (item, other) = codes_of("case", 1, bare=True), codes_of("item", 2)
    link = f"https://trace.example/i/zs.unit/{case}"
    assert refusals(pack, link, [item], organisation=market) == [(1, "not-yours"), (2, "not-yours")]
    assert refusals(pack, item, [link], organisation=dairy) == [(2, "levels")]
    pack(link, [item], organisation=dairy, **BY)
    pack_many([(case, item), (link, item), (case.lower(), other)], organisation=dairy, **BY)
    found = events()
    assert {event["parentID"] for event in found} == {f"urn:zhuisu:zs.unit:{case}"}
    assert [len(event["childEPCs"]) for event in found] == [1, 2]


def test_a_list_that_nobody_can_read_ends_early(dairy: Organisation, monkeypatch: Any) -> None:
    read = Mock(wraps=packing.read)
    monkeypatch.setattr(packing, "read", read)
    refused = refusals(pack, "00106141411234567897", ["?"] * 3_000, organisation=dairy)
    assert (len(refused), refused[-1]) == (501, (502, "more"))
    assert read.call_count < 510
