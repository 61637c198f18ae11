"""The bytes that were received are enough: captured again on an empty core they give the same facts, log, walks and snapshot.

Faults 14 and 15: whatever a projector wrote, killed or not, is what its documents say; everything derived can be made again.
"""

import random
from collections.abc import Callable
from typing import Any

import pytest
from clients import flow

from support import AT, document, event
from zhuisu.accounts import services
from zhuisu.events import vault
from zhuisu.events.bodies import unpacked_document
from zhuisu.events.sequencer import publish
from zhuisu.events.services import project_next, receive
from zhuisu.events.store import rows
from zhuisu.lineage import engines
from zhuisu.lineage.answer import Limits, Portions, Walk
from zhuisu.lineage.snapshot import current, keeper
from zhuisu.lineage.telling import fill

DOCUMENTS, EVENTS = 12, 6

# Without the numbers that the database gives, in the order of the log.
FACTS = {
    "log": """select l.position, b.event_id, b.body, b.format, e.kind, e.action, e.happened_at, e.zone, e.step, e.marks::text, s.digest
              from log_entry l join event e on e.id = l.event join event_body b on b.event = e.id
              left join event_seen s on s.event = e.id order by 1""",
    "parts": """select l.position, i.canonical, i.scheme, i.level, i.lot, pr.canonical, p.at, p.role, p.position, p.quantity, p.unit
                from log_entry l join part p on p.event = l.event join item i on i.id = p.item
                left join item pr on pr.id = i.product order by 1, 2, p.role, p.position""",
    "parties": """select l.position, i.canonical, p.role from log_entry l join event_party p on p.event = l.event
                  join item i on i.id = p.party order by 1, 2, 3""",
    "voids": """select a.position, b.position, v.declared_at from void v join log_entry a on a.event = v.event
                join log_entry b on b.event = v.declared_by order by 1, 2""",
    "uses": """select u.kind, coalesce(i.canonical, u.viewer::text), u.field, u.value from event_use u
               left join item i on i.id = u.viewer and u.kind = 1 order by 1, 2, 3, 4""",
}


def history(firm: int) -> list[bytes]:
    """Documents of lots that are made from one another, some sent twice, one declared wrong later."""
    dice = random.Random(15)
    flows = [flow(f"R{number}", EVENTS, dice) for number in range(DOCUMENTS)]
    wrong = {**flows[3][2], "errorDeclaration": {"declarationTime": "2026-11-20T04:00:00Z", "reason": "incorrect_data"}}
    late = event(
        eventID="urn:x:late", action="OBSERVE", bizStep="shipping", epcList=["urn:epc:id:sgtin:9506000.013435.7"]
    )
    return [*(document(*one) for one in flows), document(*flows[0]), document(wrong), document(late)]


def dump() -> dict[str, Any]:
    return {name: [tuple(map(_plain, row)) for row in rows(sql)] for name, sql in FACTS.items()}


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def walks() -> list[Any]:
    """Down and up from every lot, by both engines: the canonical codes, the times, and through which position."""
    told = []
    positions = dict(rows("select event, position from log_entry"))
    upto = max(positions.values())
    for item, canonical in rows("select id, canonical from item where lot is not null order by canonical"):
        for direction in ("down", "up"):
            answers = []
            for view in (None, current.view(upto, None)):
                asked = Walk(direction, [item], upto, None, None, None)
                fill(asked, engines.run(asked, Limits(1_000, 100), Portions.PACKED_AFTER, view))
                answers.append({(one.canonical, one.at, positions.get(one.by_event)) for one in asked.items.values()})
            assert answers[0] == answers[1]
            told.append((canonical, direction, answers[0]))
    return told


@pytest.fixture
def home(settings, tmp_path):
    settings.HOME = tmp_path
    current.forget()
    yield tmp_path
    current.forget()


def test_the_documents_alone_give_the_same_again(transactional_db, home, empty: Callable[[], None]) -> None:
    firm = services.create_organisation(
        kind="enterprise", name="重来", party="cn.uscc:91350212MA0000015N", by="system", at=AT
    )
    who: dict[str, Any] = {"media_type": None, "organisation": firm.pk, "by": "system:test", "at": AT}
    for number, body in enumerate(history(firm.pk)):
        receive(body, **who, project_now=number % 2 == 0)
        while project_next(AT):
            pass
        publish(AT)
    keeper.keep([])
    before, said = dump(), walks()
    kept = [
        unpacked_document(vault.unseal(bytes(body), bytes(sealed), token))
        for body, sealed, token in rows(
            "select c.body, k.sealed, c.token from capture c join capture_key k on k.capture = c.id order by c.id"
        )
    ]
    empty()
    assert not rows("select 1 from event")
    for body in kept:
        receive(body, **who)
        publish(AT)
    keeper.keep([])
    after = dump()
    for name, held in before.items():
        assert after[name] == held, name
    assert walks() == said
    assert len(before["log"]) == DOCUMENTS * EVENTS + 2
    assert len(before["voids"]) == 1
