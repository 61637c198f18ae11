"""Random histories of toys, captured in random order and judged now and then: at the end every last verdict is what the plain oracle
says of the whole history."""

from datetime import date
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bear_oracle import QUOTA, Oracle, Told, day_text
from bears import bear, box, lot, pack, remake, toy
from zhuisu.accounts.models import Organisation
from zhuisu.compliance import services, store
from zhuisu.compliance.queries import verdicts
from zhuisu.events.scope import ALL
from zhuisu.registry.models import Licence, Party, Quota, Role

LOTS, SINGLE, BOXES = ["lotA", "lotB"], ["1", "2", "3"], ["box1", "box2"]
OF = {"1": "lotA", "2": "lotA"}
STEPS = [
    "make",
    "make",
    "ship",
    "ship",
    "receive",
    "receive",
    "sell",
    "sell",
    "treat",
    "check",
    "take_back",
    "recall",
    "destroy",
    "remake",
    "pack",
    "pack",
    "unpack",
]
_runs = count(1)


@st.composite
def told(draw, hour, boxes=True):
    step = draw(st.sampled_from(STEPS if boxes else [each for each in STEPS if "pack" not in each]))
    by = draw(
        st.sampled_from(
            {"make": "MMMS", "remake": "M", "recall": "MMX", "receive": "S", "sell": "SSSX"}.get(step, "MSX")
        )
    )
    amount = st.integers(1, 6)
    if step == "remake":
        return Told(
            hour,
            by,
            step,
            {draw(st.sampled_from(LOTS)): draw(amount)},
            outputs={draw(st.sampled_from(LOTS)): draw(amount)},
            paper=draw(st.booleans()),
        )
    if step in ("pack", "unpack"):
        parent = draw(st.sampled_from(BOXES))
        inner = [*SINGLE, *LOTS] + (["box1"] if parent == "box2" else [])
        least = 1 if step == "pack" else 0
        names = draw(st.lists(st.sampled_from(inner), min_size=least, max_size=2, unique=True))
        return Told(hour, by, step, {name: draw(amount) if name in LOTS else None for name in names}, parent)
    names = draw(
        st.lists(
            st.sampled_from([*SINGLE, *LOTS, *(BOXES if boxes and step != "make" else [])]),
            min_size=1,
            max_size=2,
            unique=True,
        )
    )
    made = Told(hour, by, step, {name: draw(amount) if name in LOTS else None for name in names})
    if step == "make":
        made.lots = {name: OF[name] for name in names if name in OF}
    if step == "sell":
        made.buyer = draw(st.sampled_from(["B1", "B2"]))
    if step == "treat":
        made.stop_until = draw(st.none() | st.integers(0, 8))
    if step == "check":
        made.result, made.paper = draw(st.sampled_from(["", "passed", "failed"])), draw(st.booleans())
        made.next_on = draw(st.none() | st.integers(0, 12))
    return made


@st.composite
def histories(draw, boxes=True):
    hours = draw(st.lists(st.integers(0, 191), min_size=10, max_size=18, unique=True))
    history = [draw(told(hour, boxes)) for hour in hours]
    return history, draw(st.lists(st.booleans(), min_size=len(history), max_size=len(history)))


class Run:
    """One history's own names, so that many lie side by side in the database."""

    def __init__(self):
        self.run = next(_runs)
        self.who = {each: self.party(each) for each in "MSX"}

    def party(self, each):
        code = f"uri:urn:toy:{each}{self.run}"
        party = Party.objects.create(code=code, name=code, region="350200")
        if each != "X":
            Role.objects.create(
                party=party, sector="toy", role={"M": "maker", "S": "shop"}[each], valid_from_on=date(2020, 1, 1)
            )
        if each == "M":
            Licence.objects.create(party=party, kind="toy licence", number="1", valid_from_on=date(2020, 1, 1))
            Quota.objects.create(
                party=party,
                sector="toy",
                amount=QUOTA,
                unit="EA",
                valid_from_on=date(2020, 1, 1),
                valid_to_on=date(2030, 1, 1),
            )
        return Organisation.objects.create(kind="enterprise", name=code, party=code, region="350200")

    def name(self, thing, of=""):
        if thing.startswith("lot"):
            return lot(f"{thing}{self.run}")
        if thing.startswith("box"):
            return box(self.run * 10 + int(thing[-1]))
        return bear(f"{thing}-{self.run}", f"{of}{self.run}" if of else "")

    def event(self, one):
        things = [self.name(each, one.lots.get(each, "")) for each, amount in one.things.items() if amount is None]
        amounts = {self.name(each): amount for each, amount in one.things.items() if amount is not None}
        fields = {"paper": "testres"} if one.paper else {}
        if one.step == "remake":
            return remake(one.hour, amounts, {self.name(each): n for each, n in one.outputs.items()}, **fields)
        if one.step in ("pack", "unpack"):
            return pack(one.hour, self.name(one.parent), *things, amounts=amounts, out=one.step == "unpack")
        if one.buyer:
            fields["buyer"] = f"urn:toy:{one.buyer}-{self.run}"
        if one.stop_until is not None:
            fields["stopUntil"] = day_text(one.stop_until)
        if one.next_on is not None:
            fields["nextOn"] = day_text(one.next_on)
        if one.result:
            fields["result"] = one.result
        return toy(one.step, one.hour, *things, amounts=amounts, **fields)


@pytest.fixture
def play(db, toys, told, judge):
    def do(history, pauses):
        run, numbers = Run(), {}
        for one, pause in zip(history, pauses, strict=True):
            (numbers[id(one)],) = told(run.who[one.by], run.event(one))
            if pause:
                judge()
        judge()
        found = verdicts(ALL, list(numbers.values()))
        return {
            one.hour: {each.rule.partition(".")[2] for verdict in found[number] for each in verdict.findings}
            if any(verdict.step for verdict in found.get(number, ()))
            else None
            for one in history
            for number in [numbers[id(one)]]
        }

    return do


@pytest.fixture
def flooded(monkeypatch):
    """Two happenings of a thing are replayed, all others are added up; each event is judged alone, as the newest of its things."""
    monkeypatch.setattr(store, "MAX_PARTS", 2)
    monkeypatch.setattr(services, "BATCH", 1)


def agrees(play, drawn):
    history, pauses = drawn
    oracle = Oracle(history)
    expected = {one.hour: broken for one, broken in zip(oracle.history, oracle.broken, strict=True)}
    assert play(history, pauses) == expected


# A failure is not made smaller: each try plays a whole history in the database, and five minutes of them say little more.
IN_ONE_DATABASE = settings(
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@settings(IN_ONE_DATABASE, max_examples=8)
@given(histories())
def test_whatever_the_order_of_capture_the_last_verdicts_are_those_of_the_whole_history(play, drawn):
    agrees(play, drawn)


@settings(IN_ONE_DATABASE, max_examples=3)
@given(histories(boxes=False))
def test_what_is_only_added_up_comes_out_as_the_oracle_says(play, flooded, drawn):
    agrees(play, drawn)


@pytest.mark.long
@settings(IN_ONE_DATABASE, max_examples=30)
@given(histories(boxes=False))
def test_thirty_flooded_histories_come_out_as_the_oracle_says(play, flooded, drawn):
    agrees(play, drawn)


@pytest.mark.long
@settings(IN_ONE_DATABASE, max_examples=100)
@given(histories())
def test_a_hundred_histories_come_out_as_the_oracle_says(play, drawn):
    agrees(play, drawn)
