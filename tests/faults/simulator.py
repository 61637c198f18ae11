"""A node in one process: senders, projectors, sequencers, the snapshot's keeper, walkers, pagers, deliverers and receivers that fail."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from clients import flow, sent
from history import History, Sent, held, violations
from stagehand import Actor, Stage

from stages import DEST, events_of
from support import AT, event
from zhuisu.accounts.models import Organisation
from zhuisu.api.epcis.subscriptions import delivered
from zhuisu.epcis.query import read_json
from zhuisu.events import queries, sequencer
from zhuisu.events.large import receive_large, store_next
from zhuisu.events.scope import ALL
from zhuisu.events.search import search
from zhuisu.events.services import Receipt, Refused, journal, project_next, receive
from zhuisu.events.store import rows
from zhuisu.lineage import engines
from zhuisu.lineage.answer import Limits, Portions, Walk
from zhuisu.lineage.snapshot import current, keeper
from zhuisu.subscriptions import services as subscribing
from zhuisu.subscriptions.delivery import Tools, deliver
from zhuisu.subscriptions.models import Subscription
from zhuisu.subscriptions.outside import OutsideError

POINTS = 700  # statements, commits and files of one run
FAULTS = 0.012  # chance of a failure at each
MOST_ROUNDS = 300  # until everything that waits is done
WALK = Limits(10_000, 1_000)


@dataclass
class Receiver:
    """Takes deliveries, or does not; what it answered 2xx to it has."""

    stage: Stage
    failing: float
    order: list[str] = field(default_factory=list)  # ids, when they came first
    tries: int = 0

    def __call__(self, _dest: str, body: bytes, _headers: dict[str, str], **_: Any) -> int:
        self.tries += 1
        said = json.loads(body)
        ids = [one["eventID"] for one in events_of(said)] if "epcisBody" in said else []  # else a problem
        chance = self.stage.dice.random()
        if chance < self.failing / 2:
            raise OutsideError("no answer: timed out", "未得到应答")
        self.order += [one for one in ids if one not in self.order]
        return 500 if chance < self.failing else 200  # it took them all the same: it says so to nobody


class Simulation:
    """One seed: `run`, then `check`."""

    def __init__(self, seed: int, firms: list[Organisation]) -> None:
        self.stage = Stage(seed, now=AT, faults=FAULTS)
        self.dice, self.firms, self.history = self.stage.dice, firms, History()
        self.receiver = Receiver(self.stage, 0.3)
        self.tools = Tools(lambda: self.stage.now, delivered, self.receiver, chance=self.dice.random)
        self.documents: list[tuple[Sent, bytes, list[dict[str, Any]]]] = []
        self.numbers, self.wrong = count(), list[str]()
        self.subscription = self._subscribe()
        for place, firm in enumerate(firms):
            self.stage.add(f"sender {place}", self.sender(firm))
        for name, act in (
            *((f"projector {number}", self.project) for number in range(2)),
            *((f"sequencer {number}", self.publish) for number in range(2)),
            *((f"deliverer {number}", self.deliver) for number in range(2)),
            ("keeper", self.keep),
            ("walker", self.walk),
            ("pager", self.page),
        ):
            self.stage.add(name, act)

    def _subscribe(self) -> Subscription:
        firm = self.firms[0]
        query = subscribing.create_query(
            organisation=firm, name="all", query={"EQ_action": ["ADD"]}, by="system:test", at=AT
        )
        wanted = subscribing.read_subscription({"dest": DEST, "stream": True, "signatureToken": "a" * 20})
        return subscribing.subscribe(query, wanted, by="system:test", at=AT)

    def run(self, points: int = POINTS) -> None:
        self.stage.run(points)

    # What is done on the stage

    def sender(self, firm: Organisation) -> Callable[[Actor], None]:
        def act(actor: Actor) -> None:
            mine = actor.memory.setdefault("waiting", [])
            if not mine or self.dice.random() < 0.3:
                mine.append(self._next(firm))
            one, body = mine[0]
            if self.send(one, body, firm):
                mine.pop(0)

        return act

    def _next(self, firm: Organisation) -> tuple[Sent, bytes]:
        """A new document, or an old one again: as it was, in another order, or from the other firm; some are wrong, some not whole."""
        number, chance = next(self.numbers), self.dice.random()
        behaviour = self.dice.choice(["rollback", "rollback", "proceed"])
        name = f"s{number}-{firm.pk}"
        if self.documents and chance < 0.35:
            old, _, events = self.dice.choice(self.documents)
            events = self.dice.sample(events, len(events))
            one, body = sent(name, firm.pk, events, behaviour=old.behaviour, wrong=old.wrong)
            return _without_flow(one), body
        events = flow(f"S{number}F{firm.pk}", self.dice.randint(1, 5), self.dice)
        wrong = chance > 0.9
        if wrong:
            events.append(event(eventID=f"urn:x:wrong:{name}", epcList=["urn:epc:id:sgtin:none"]))
        one, body = sent(name, firm.pk, events, behaviour=behaviour, wrong=wrong)
        self.documents.append((one, body, events))
        return _without_flow(one) if wrong else one, body

    def send(self, one: Sent, body: bytes, firm: Organisation) -> bool:
        """Whether its sender is done with it."""
        told = self.history.sends(one, self.stage.points)
        try:
            receipt = self._taken(one, body, firm)
        except Refused:
            told.status = 400
            if not one.wrong or one.behaviour == "proceed":
                self.wrong.append(f"{one.name} was refused")
            return True
        told.status, told.token = 202, receipt.token
        if receipt.finished:
            told.job = {"running": False, "success": receipt.success, "counts": dict(receipt.counts)}
        return True

    def _taken(self, one: Sent, body: bytes, firm: Organisation) -> Receipt:
        who: dict[str, Any] = {
            "media_type": None,
            "organisation": firm.pk,
            "by": "system:test",
            "at": self.stage.now,
            "behaviour": one.behaviour,
        }
        way = self.dice.choice(["at once", "at once", "journal", "pieces"])
        if way == "pieces":
            return receive_large((body[start : start + 300] for start in range(0, len(body), 300)), **who)
        return journal(body, **who) if way == "journal" else receive(body, **who)

    def project(self, _: Actor) -> None:
        (store_next if self.dice.random() < 0.4 else project_next)(self.stage.now)

    def publish(self, _: Actor) -> None:
        sequencer.publish(self.stage.now)
        heads = rows("select size, root from log_head order by size desc limit 5")
        self.history.sees([(size, bytes(root)) for size, root in heads])

    def deliver(self, _: Actor) -> None:
        deliver(self.subscription.pk, self.tools)

    def keep(self, actor: Actor) -> None:
        try:
            keeper.keep(actor.memory.setdefault("held", []))
        except OSError:
            actor.memory.clear()  # a full disk: it is tried again

    def walk(self, _: Actor) -> None:
        """The same walk by both engines, at any earlier position."""
        upto = queries.head()
        starts = rows(
            "select p.item from part p join log_entry l on l.event = p.event where l.position <= %s order by 1", [upto]
        )
        if starts:
            self._compare(self.dice.choice(starts)[0], self.dice.randint(1, upto))

    def _compare(self, item: int, position: int) -> None:
        direction = self.dice.choice(["down", "up"])
        asked = [Walk(direction, [item], position, None, None, None) for _ in range(2)]
        one = engines.run(asked[0], WALK, Portions.PACKED_AFTER, None)
        view = current.view(position, None)
        other = engines.run(asked[1], WALK, Portions.PACKED_AFTER, view)
        if (said := _reached(one, asked[0])) != (again := _reached(other, asked[1])):
            self.wrong.append(f"walk {direction} from {item} at {position}: database {said}, snapshot {again}")

    def page(self, _: Actor) -> None:
        """All pages of a query: every event up to the head that stood at the beginning, each once."""
        upto, after, came = queries.head(), None, list[str]()
        while True:
            found = search(ALL, read_json({}), limit=7, after=after)
            came += [(one.event_id, one.position) for one in found.events]
            if (after := found.next) is None:
                break
        positions = [position for _, position in came]
        if positions != list(range(1, len(positions) + 1)) or len(positions) < upto:
            self.wrong.append(f"a pager saw {positions}, the head was {upto}")
        self.history.sees(events=[event_id for event_id, _ in came])

    # What must be so in the end

    def settle(self) -> None:
        """No more faults: everything that waits is done."""
        now = self.stage.now
        self.receiver.failing = 0
        for _ in range(MOST_ROUNDS):
            if not (project_next(now) or store_next(now) or sequencer.publish(now)):
                break
        else:
            self.wrong.append(f"it does not come to an end: {rows('select capture from capture_queue')} wait")
        keeper.keep([])
        for _ in range(100):
            Subscription.objects.update(due_at=now)
            deliver(self.subscription.pk, self.tools)
            if Subscription.objects.get().cursor == queries.head():
                return
        self.wrong.append("the deliveries do not come to an end")

    def check(self) -> list[str]:
        self.settle()
        store = held(self.history)
        for (item,) in rows("select distinct item from part order by item")[:5]:
            self._compare(item, queries.head())
        return self.wrong + violations(self.history, store) + list(self._deliveries())

    def _deliveries(self) -> Iterator[str]:
        """The subscriber has all that is his, in the order of the log."""
        firm = self.firms[0].pk
        found = rows(
            """select b.event_id, e.organisation from log_entry l join event e on e.id = l.event
               join event_body b on b.event = e.id where e.action = 1 order by l.position"""
        )
        own = [event_id for event_id, organisation in found if organisation == firm]
        taken = [one for one in self.receiver.order if one in own]
        if missing := set(own) - set(taken):
            yield f"delivered: {len(missing)} events never came: {min(missing)}"
        elif taken != own:
            yield f"delivered: in another order than the log's: {taken}, not {own}"
        if strange := set(self.receiver.order) - {event_id for event_id, _ in found}:
            yield f"delivered: {len(strange)} events are nobody's: {min(strange)}"


def _without_flow(one: Sent) -> Sent:
    return Sent(one.name, one.organisation, one.events, one.sha256, one.behaviour, (), one.wrong)


def _reached(walker: Any, asked: Walk) -> dict[int, Any]:
    from zhuisu.lineage.telling import fill

    fill(asked, walker)
    return {number: (one.at, one.by_event, one.depth) for number, one in asked.items.items()}
