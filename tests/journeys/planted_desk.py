"""Run by test_desk_pictures.py inside a site of its own: a farm and a lift firm with chains, mandates, subscriptions and a promise certificate; prints
the certificate's number as JSON."""

import json
import sys
from datetime import date

from zhuisu.config.cli.common import setup

setup()

from django.contrib.auth.hashers import make_password  # noqa: E402

import chains  # noqa: E402
from zhuisu import codes  # noqa: E402
from zhuisu.accounts.models import Organisation, Person  # noqa: E402
from zhuisu.registry.mandates.services import give_mandate  # noqa: E402
from zhuisu.registry.models import Party  # noqa: E402
from zhuisu.registry.promises.services import issue  # noqa: E402
from zhuisu.subscriptions.models import Subscription  # noqa: E402
from zhuisu.subscriptions.services import create_query, read_subscription, subscribe  # noqa: E402


def mandates(farm: Organisation) -> None:
    """Three kinds of standing on one side, one on the other."""
    own = Party.objects.get(code=farm.party)
    others = list(Party.objects.exclude(pk=own.pk).order_by("pk")[:4])
    days = ((date(2026, 1, 1), None), (date(2024, 1, 1), date(2025, 12, 31)), (date(2099, 1, 1), None))
    for other, (first, last) in zip(others, days, strict=False):
        sector = "crops" if last is None else ""
        given = {"valid_from_on": first, "valid_to_on": last, "note": "授权〔2026〕12 号" if last is None else ""}
        give_mandate(own, other, sector, **given, by="person:example", at=chains.AT)  # type: ignore[arg-type]
    give_mandate(others[3], own, valid_from_on=date(2026, 1, 1), by="person:example", at=chains.AT)


def subscriptions(farm: Organisation) -> None:
    """One in each state. Nothing is sent: no deliverer would reach an address that is kept for examples."""
    query = create_query(
        organisation=farm, name="出库与发运", query={"EQ_bizStep": ["shipping"]}, by="system:example", at=chains.AT
    )
    states = (
        {"last_notified_at": chains.AT, "deliveries": 12, "events": 1_284},
        {"failures": 3, "last_error": "answered 503", "last_error_zh": "对方答复 503"},
        {"state": "suspended", "last_error": "stopped by a person", "last_error_zh": "已由人员停止"},
        {"state": "ended", "last_error": "the receiver answered 410", "last_error_zh": "接收方答复 410，表示不再接收"},
    )
    for number, state in enumerate(states, 1):
        wanted = read_subscription({"dest": f"https://8.8.8.{number}/epcis/hook/{number}", "stream": True})
        one = subscribe(query, wanted, by="system:example", at=chains.AT)
        Subscription.objects.filter(pk=one.pk).update(**state)


def main() -> None:
    password = make_password(sys.argv[1])  # once: it is made to be slow
    for played in chains.plant(["crops", "elevators", "vaccines"]):
        people = [
            Person(
                username=f"{played.sector}-{name.replace('/', '-')}",
                password=password,
                organisation=party,
                role="admin",
            )
            for name, party in played.parties.items()
        ]
        Person.objects.bulk_create(people)
        if played.sector == "crops":
            farm = played.parties["farm"]
            mandates(farm)
            subscriptions(farm)
            said = {
                "name": "大红一号番茄", "quantity": "400 kg", "origin": "厦门市 同安区", "party": farm.name,
                "basis": "质量安全控制符合要求、自行检测合格", "contact": "400-000-0000", "issued": "2026-11-20",
            }  # fmt: skip
            made, _new = issue(
                organisation=farm, by="person:example", at=chains.AT, on=date(2026, 11, 20), form="producer",
                about=codes.parse_epc(played.chain["last"]).canonical, issuer=farm.name, issuer_en=farm.name_en, said=said,
                request_id="planted", sector="crops",
            )  # fmt: skip
    sys.stdout.write(json.dumps(made.certificate.number) + "\n")


main()
