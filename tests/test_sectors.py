"""Every sector's folder: its examples are judged as they say, and no rule of any edition or region is without an example that breaks it."""

from datetime import date
from pathlib import Path

import pytest
from msgspec import structs

import zhuisu.sectors
from zhuisu.profiles.examples import Example, examples
from zhuisu.profiles.judge import Judge
from zhuisu.profiles.loading import PAST, REGIONS
from zhuisu.profiles.model import Step, Words

FOLDER = zhuisu.sectors.FOLDER
SECTORS = zhuisu.sectors.all()
LEAST_BAD = 6
# States that come of recalls, expiry dates, DELETE events and official registers, and not of a step alone.
FROM_ELSEWHERE = {"recalled", "expired", "ended", "unlisted"}
# After every edition and overlay that is written today.
LATER = date(2100, 1, 1)


def past_and_regional() -> list[tuple[str, str]]:
    found = sorted(FOLDER.glob(f"*/{PAST}/*.toml")) + sorted(FOLDER.glob(f"*/{REGIONS}/*.toml"))
    return [(file.parents[1].name, f"{file.parent.name}/{file.stem}") for file in found]


def judge_of(name: str, of: str = "") -> Judge:
    """Who judges the examples of the newest edition, of a past one, or of a region."""
    kind, _, which = of.partition("/")
    if kind == PAST:
        return Judge(next(each for each in SECTORS[name].editions if each.edition == which))
    judge = SECTORS[name].judge(LATER, which)
    assert judge
    return judge


def rules_of(judge: Judge) -> set[str]:
    """Those of the sector; that a box must be unpacked before its things leave rests on no text and is tested with the engine."""
    return {rule.id for rules in judge.rules.values() for rule in rules if not rule.id.endswith(".packed")}


def asked(step: Step | None) -> Step | None:
    """A step without what no rule looks at."""
    return step and structs.replace(step, effects=(), stock="", name=Words("", ""))


def are_judged_as_they_say(name: str, judge: Judge, held: list[Example]) -> None:
    for example in held:
        assert judge.step_of(example.event, example.facts.roles), f"{example.name} is no step of {name}"
        found = {finding.rule for finding in judge.findings(example.event, example.facts)}
        assert found == example.breaks, example.name


@pytest.mark.parametrize("name", SECTORS)
def test_examples_break_what_they_say_and_nothing_else(name: str) -> None:
    are_judged_as_they_say(name, judge_of(name), examples(FOLDER / name))


@pytest.mark.parametrize("name", SECTORS)
def test_every_rule_is_broken_by_some_example_and_every_step_done_rightly(name: str) -> None:
    judge, held = judge_of(name), examples(FOLDER / name)
    assert set().union(*(example.breaks for example in held)) == rules_of(judge)
    done = {judge.step_of(example.event, example.facts.roles) for example in held if not example.breaks}
    assert done == set(judge.profile.steps)
    assert sum(bool(example.breaks) for example in held) >= LEAST_BAD


@pytest.mark.parametrize("name", SECTORS)
def test_no_two_rules_of_a_step_have_one_id(name: str) -> None:
    for edition in SECTORS[name].editions:
        for step, rules in Judge(edition).rules.items():
            ids = [rule.id for rule in rules]
            assert len(ids) == len(set(ids)), (edition.edition, step)


@pytest.mark.parametrize("name", SECTORS)
def test_a_state_that_forbids_is_one_that_some_step_brings_about(name: str) -> None:
    for edition in SECTORS[name].editions:
        brought = {effect.state for step in edition.steps.values() for effect in step.effects if not effect.clears}
        asked_for = {bar for step in edition.steps.values() for bar in step.barred}
        assert asked_for - brought <= FROM_ELSEWHERE, edition.edition


@pytest.mark.parametrize(("name", "of"), past_and_regional())
def test_what_a_past_edition_or_a_region_has_of_its_own_is_shown_both_ways(name: str, of: str) -> None:
    """What it shares with the newest edition is shown there; a rule of its own is broken here, and its step done rightly."""
    judge, held = judge_of(name, of), examples(FOLDER / name, of)
    are_judged_as_they_say(f"{name}/{of}", judge, held)
    own = rules_of(judge) - rules_of(judge_of(name))
    assert own <= set().union(*(example.breaks for example in held))
    done = {judge.step_of(example.event, example.facts.roles) for example in held if not example.breaks}
    assert {rule.split(".")[1] for rule in own} <= done
    newest = judge_of(name).profile.steps
    changed = sorted(step for step, said in judge.profile.steps.items() if asked(said) != asked(newest.get(step)))
    assert not changed or held, f"{name}/{of} differs in {changed} and shows nothing of it"


def test_an_edition_lies_in_a_file_of_its_name() -> None:
    for file in FOLDER.glob(f"*/{PAST}/*.toml"):
        assert file.stem in {each.edition for each in SECTORS[file.parents[1].name].editions}, Path(*file.parts[-3:])


def test_a_sector_that_is_switched_off_is_not_offered_but_still_judged() -> None:
    name = next(iter(SECTORS))
    assert set(zhuisu.sectors.offered({name})) == SECTORS.keys() - {name}
    assert zhuisu.sectors.judge(name, LATER)
    with pytest.raises(LookupError, match="no such sector: cropz"):
        zhuisu.sectors.offered({"cropz"})
