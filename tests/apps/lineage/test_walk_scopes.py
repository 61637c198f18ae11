"""Who asks decides how far a walk goes: two enterprises and an authority, the same from both engines."""

import os
import random

import pytest
from django.db import connection
from histories import History, insert, random_history, when
from oracle import FOREVER
from stories import Story
from test_snapshot_property import told

from zhuisu.accounts.models import Organisation
from zhuisu.events.scope import ALL, Scope
from zhuisu.events.store import copy, rows
from zhuisu.events.vocabulary import PartyRole
from zhuisu.lineage.answer import StopReason
from zhuisu.lineage.queries import walk
from zhuisu.lineage.snapshot import current, keeper, masks

EXAMPLES = int(os.environ.get("ZHUISU_EXAMPLES", "25"))
SEED = int(os.environ.get("ZHUISU_SEED", "20260301"))

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("each_way")]


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.HOME = tmp_path
    current.forget()
    yield tmp_path
    current.forget()


@pytest.fixture
def firms():
    """Organisations 1 and 2 of two regions, their party items, and the authority of the first."""
    made = []
    for n, region in enumerate(("350200", "110000")):
        made.append(
            Organisation.objects.create(
                name=f"F{n}", kind=Organisation.Kind.ENTERPRISE, party=f"uri:f{n}", region=region
            )
        )
    return [
        Scope("organisation", made[0].pk, (77_000_001,)),
        Scope("organisation", made[1].pk, (77_000_002,)),
        Scope("region", None, region="3502"),
    ]


def sent(facts, firms, rng):
    """Events of these (event, at), each sent by one firm; some name the other, some were sent by it too."""
    events, parties, witnesses = [], [], []
    for event, at in facts:
        own, other = rng.sample(firms[:2], 2)
        events.append((event, _uuid(event), 1, 1, at, "+08:00", at, None, None, None, None, own.organisation, 0))
        if rng.random() < 0.3:
            parties.append((event, other.parties[0], int(PartyRole.DESTINATION_OWNER)))
        elif rng.random() < 0.1:
            witnesses.append((event, other.organisation, 0))
    copy(
        "event",
        "id, hash, kind, action, happened_at, zone, recorded_at, step, disposition, read_point, biz_location, organisation, capture",
        events,
    )
    copy("event_party", "event, party, role", parties)
    copy("event_witness", "event, organisation, capture", witnesses)


def _uuid(number):
    return f"00000000-0000-0000-0000-{number:012d}"


def visible(scope):
    condition, parameters = scope.condition()
    return {event for (event,) in rows(f"select e.id from event e where {condition}", parameters)}


def published(history: History):
    return rows(
        """select l.event, coalesce(min(p.at), now()) from log_entry l left join part p on p.event = l.event
           where l.position > %s and l.position <= %s group by l.event""",
        [history.first_position, history.first_position + len(history.facts)],
    )


def asked(history, scope):
    bounds = {name: when(at) for name in ("since", "until") if (at := getattr(history, name)) is not None}
    start = [history.items[history.start]]
    return walk(start, history.direction, position=history.database_position(), scope=scope, **bounds)


@pytest.mark.parametrize("few", [masks.FEW, 0])
def test_both_engines_give_every_scope_the_same(few, firms, monkeypatch):
    monkeypatch.setattr(masks, "FEW", few)
    histories = [random_history(SEED + 300_000 + n) for n in range(EXAMPLES)]
    insert(histories)
    rng = random.Random(SEED)
    sent([each for history in histories for each in published(history)], firms, rng)
    scopes = [*firms, ALL, Scope("region", None, region="")]
    plain = [[told(asked(history, scope)) for scope in scopes] for history in histories]
    keeper.keep([])
    cut = said = 0
    shown = {scope: visible(scope) for scope in scopes}
    for n, (history, answers) in enumerate(zip(histories, plain, strict=True)):
        for scope, answer in zip(scopes, answers, strict=True):
            with_snapshot = asked(history, scope)
            assert with_snapshot.view is not None
            assert told(with_snapshot) == answer, f"seed {SEED + 300_000 + n}, {scope}: {history}"
        all_of_it = answers[3]["items"].keys()
        assert not answers[4]["items"]
        assert answers[2]["items"].keys() in (all_of_it, set()), "an authority's walk goes on, if it may begin"
        for scope, answer in zip(scopes[:2], answers[:2], strict=True):
            # Not always fewer things: who does not see an unpacking takes the content to be there still.
            assert {link[0] for link in answer["links"] if link[0]} <= shown[scope]
            cut += not all_of_it <= answer["items"].keys()
            said += any(stop.reason == StopReason.NOT_VISIBLE for stop in answer["stops"])
    assert cut > 2
    assert said > 2


def test_a_walk_stops_at_the_counterparty_and_says_so(firms):
    """The dairy sells powder to the bakery, which makes cakes that the dairy never hears of."""
    story = Story((1, "made", "lMilk", "lPowder"), (2, "made", "lPowder", "bCake"), (3, "made", "bCake", "bGift"))
    dairy, bakery, authority = firms
    events = sorted(published(story.history), key=lambda each: each[1])
    for (event, at), firm in zip(events, (dairy, bakery, bakery), strict=True):
        sent([(event, at)], [firm, firm], random.Random(3))
    for engine in ("database", "snapshot"):
        if engine == "snapshot":
            keeper.keep([])
        mine = story.ask("lMilk", "down", known=FOREVER, scope=dairy)
        assert story.items_of(mine) == {"lMilk", "lPowder"}
        assert story.stops_of(mine) == {("lPowder", StopReason.NOT_VISIBLE)}
        assert story.items_of(story.ask("lMilk", "down", scope=authority)) == {"lMilk", "lPowder", "bCake", "bGift"}
        assert not story.ask("lMilk", "down", scope=bakery).items, "what it never saw is not there"
        back = story.ask("bGift", "up", scope=bakery)
        assert story.items_of(back) == {"bGift", "bCake", "lPowder"}
        assert story.stops_of(back) == {("lPowder", StopReason.NOT_VISIBLE)}, (
            "its origin is known, but not to the bakery"
        )


def test_who_sends_it_too_sees_it_in_the_next_walk(firms):
    story = Story((1, "made", "lMilk", "lPowder"), (2, "made", "lPowder", "bCake"))
    dairy, bakery, _ = firms
    for (event, at), firm in zip(
        sorted(published(story.history), key=lambda each: each[1]), (dairy, bakery), strict=True
    ):
        sent([(event, at)], [firm, firm], random.Random(3))
    keeper.keep([])
    assert story.items_of(story.ask("lMilk", "down", scope=dairy)) == {"lMilk", "lPowder"}
    event = max(published(story.history), key=lambda each: each[1])[0]
    with connection.cursor() as cursor:
        cursor.execute("insert into event_witness values (%s, %s, 0)", [event, dairy.organisation])
    assert story.items_of(story.ask("lMilk", "down", scope=dairy)) == {"lMilk", "lPowder", "bCake"}
