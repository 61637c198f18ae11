"""Run by test_verification_pages.py inside a site of its own: one code in every state; prints their addresses as JSON."""

import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from zhuisu.config.cli.common import setup

setup()

from issued import GTIN, Issued, forged, issued, never_issued  # noqa: E402
from support import document, event  # noqa: E402
from zhuisu.accounts.models import Organisation, Person  # noqa: E402
from zhuisu.events.sequencer import publish  # noqa: E402
from zhuisu.events.services import receive  # noqa: E402
from zhuisu.registry.issuing import services as issuing  # noqa: E402
from zhuisu.registry.issuing.imports import About  # noqa: E402
from zhuisu.registry.issuing.services import Codes  # noqa: E402
from zhuisu.registry.models import Place  # noqa: E402
from zhuisu.verification.services import look_up  # noqa: E402

NOW = datetime.now(UTC)
BY: dict[str, Any] = {"by": "person:lin", "at": NOW - timedelta(days=40)}
DRUG = "84765620001563394047"


def main() -> None:
    maker = Organisation.objects.create(
        kind="enterprise",
        name="厦门鹭岛乳业有限公司",
        name_en="Ludao Dairy",
        party="cn.uscc:91350212MA2XYGR01A",
        region="350212",
    )
    away = Organisation.objects.create(kind="regulator", name="福建省监管部门", party="uri:urn:zhuisu:fj", region="35")
    Person.objects.create_user("inspector", password=sys.argv[1], organisation=away)
    expires = (NOW + timedelta(days=200)).date()
    tins = issued(maker, expires_on=expires, at=BY["at"])
    Place.objects.create(
        code="gs1.sgln:414/9506000000015", name="鹭岛乳业一厂", name_en="Ludao plant 1", region="350212",
        region_name="厦门市 同安区", region_name_en="Tong'an District, Xiamen", operator=tins.tin.holder,
    )  # fmt: skip
    more = {"organisation": maker, "product": tins.tin, "level": "item", "count": 3, "lot": "L2"}
    fresh = Issued(maker, tins.tin, issuing.issue(**more, **BY))
    old = Issued(maker, tins.tin, issuing.issue(**more, active=True, expires_on=(NOW - timedelta(days=3)).date(), **BY))
    issuing.void(Codes((tins.text(1),)), organisation=maker, reason="标签破损", **BY)
    issuing.use(Codes((tins.text(2),)), organisation=maker, **BY)
    issuing.import_codes(
        organisation=maker,
        scheme="cn.drug_trace_msfx",
        content=DRUG.encode(),
        about=About(product=tins.tin, lot="D1"),
        **BY,
    )
    _events(maker, tins)
    _scans(tins)
    false = forged(tins.text(0))
    pages = {
        "genuine": tins.path(0), "seventh": tins.path(7), "inactive": fresh.path(0), "voided": tins.path(1),
        "used": tins.path(2), "sold": tins.path(3), "recalled": tins.path(4), "expired": old.path(0),
        "copied": tins.path(5), "traced": tins.path(6), "never": f"/i/zs.unit/{never_issued()}",
        "forged": f"/i/01/{GTIN}/21/{false}", "unknown": f"/i/01/{GTIN}/21/A1", "foreign": f"/i/cn.drug_trace_msfx/{DRUG}",
        "typed": tins.text(0),
    }  # fmt: skip
    print(json.dumps(pages))


def _events(maker: Organisation, tins: Issued) -> None:
    at = {"readPoint": {"id": "https://id.gs1.org/414/9506000000015"}}

    def on(days: int) -> dict[str, str]:
        return {"eventTime": (NOW - timedelta(days=days)).isoformat(timespec="milliseconds")}

    body = document(
        event(epcList=[tins.urn(place) for place in (3, 4, 6)], **at, **on(30)),
        event(epcList=[tins.urn(3)], action="OBSERVE", bizStep="retail_selling", disposition="retail_sold", **on(2)),
        event(epcList=[tins.urn(4)], action="OBSERVE", bizStep="holding", disposition="recalled", **at, **on(1)),
        event(epcList=[tins.urn(6)], action="OBSERVE", bizStep="shipping", disposition="in_transit", **at, **on(20)),
    )
    receive(body, media_type=None, organisation=maker.pk, by="system:test", at=NOW)
    publish(NOW)


def _scans(tins: Issued) -> None:
    for number, region in enumerate(("350200", "350100", "", "440100", "440300", "440300")):
        look_up(tins.code(7), at=NOW - timedelta(days=12 - 2 * number), source=f"192.0.2.{number}", region=region)
    look_up(tins.code(5), at=NOW - timedelta(minutes=90), source="192.0.2.8", region="110000")
    look_up(tins.code(5), at=NOW - timedelta(minutes=60), source="192.0.2.9", region="310000")


main()
