"""Equipment that stands still: stopped by a fault or a check until it is back in use, suspended until it is taken up again."""

from typing import Any

import pytest
from django.test import Client

from chains import Played, chain_of, play
from zhuisu.compliance.queries import verdicts
from zhuisu.events.scope import scope_of

LIFT = "elevators"
pytestmark = pytest.mark.django_db


def told(step: str, day: str, **more: Any) -> dict[str, Any]:
    """The chain's own event of a step, on another day and with other fields."""
    held = next(each for each in chain_of(LIFT)["events"] if each.get("f:step") == step)
    return held | {"eventTime": f"{day}T20:00:00+08:00"} | {f"f:{name}": value for name, value in more.items()}


def story(client: Client, *later: dict[str, Any]) -> Played:
    """The chain up to the first fault, and what comes instead of the rest."""
    events = chain_of(LIFT)["events"]
    first = next(place for place, each in enumerate(events) if each.get("f:step") == "fault")
    return play(client, LIFT, chain_of(LIFT) | {"events": [*events[:first], *later], "wrong": []})


def rules(played: Played, *last: int) -> list[set[str]]:
    """What the last events break, without the sector's name."""
    broken = played.broken()
    places = [len(played.events) + place for place in last]
    return [{rule.partition(".")[2] for rule in broken.get(place, ())} for place in places]


def use(day: str, state: str = "normal") -> dict[str, Any]:
    return told("use", day, recordedOn=day, runState=state)


def test_after_a_fault_nothing_runs_until_it_is_back_in_use(client: Client) -> None:
    fault, resumed = told("fault", "2026-10-10"), told("resume", "2026-10-13", resumedOn="2026-10-13")
    played = story(client, fault, use("2026-10-11"), use("2026-10-12", "stopped"), resumed, use("2026-10-14"))
    assert rules(played, -4, -3, -1) == [{"use.stopped"}, set(), set()]


def test_a_check_that_says_so_stops_it_and_only_such_a_check(client: Client) -> None:
    fine = told("self_check", "2026-10-10", recordedOn="2026-10-10", checkResult="normal")
    bad = told("self_check", "2026-10-12", recordedOn="2026-10-12", checkResult="stopped", correction="停梯待修")
    played = story(client, fine, use("2026-10-11"), bad, use("2026-10-13"))
    assert rules(played, -3, -1) == [set(), {"use.stopped"}]


def test_what_is_suspended_is_taken_up_again_by_registration_and_not_by_a_check(client: Client) -> None:
    def change(kind: str, day: str) -> dict[str, Any]:
        held = told("register", day)
        named = {"f:changeKind": kind, "f:changedOn": day, "f:step": "change_registration"}
        fields = {key: value for key, value in held.items() if not key.startswith("f:") or key == "f:certificateNumber"}
        return fields | named

    played = story(
        client, change("suspended", "2026-10-10"), use("2026-10-11"), told("resume", "2026-10-12", resumedOn="2026-10-12"),
        use("2026-10-13"), change("resumed", "2026-10-14"), use("2026-10-15"),
    )  # fmt: skip
    assert rules(played, -5, -3, -1) == [{"use.suspended"}, {"use.suspended"}, set()]


def test_the_user_sees_what_its_maintainer_did_where_that_names_it_and_not_for_having_registered_the_lift(
    client: Client,
) -> None:
    silent, named = told("maintain", "2026-10-10"), told("maintain", "2026-10-11") | {"zs:onBehalfOf": "party:user"}
    played = story(client, silent | {"by": "maintainer"}, named | {"by": "maintainer"})
    one, other = played.events[-2:]
    assert set(verdicts(scope_of(played.parties["user"]), [one, other])) == {other}
    assert set(verdicts(scope_of(played.parties["maintainer"]), [one, other])) == {one, other}
