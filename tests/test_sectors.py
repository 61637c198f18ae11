"""Every sector's folder: its examples are judged as they say, and no rule is without an example that breaks it."""

from pathlib import Path

import pytest

import zhuisu.sectors
from zhuisu.profiles.examples import examples
from zhuisu.profiles.judge import Judge
from zhuisu.profiles.loading import load

FOLDER = Path(zhuisu.sectors.__file__).parent
SECTORS = load(FOLDER)
LEAST_BAD = 6


def judge_of(name: str) -> Judge:
    return Judge(SECTORS[name].editions[0])


@pytest.mark.parametrize("name", SECTORS)
def test_examples_break_what_they_say_and_nothing_else(name: str) -> None:
    judge = judge_of(name)
    for example in examples(FOLDER / name):
        assert judge.step_of(example.event, example.facts.roles), f"{example.name} is no step of {name}"
        found = {finding.rule for finding in judge.findings(example.event, example.facts)}
        assert found == example.breaks, example.name


@pytest.mark.parametrize("name", SECTORS)
def test_every_rule_is_broken_by_some_example_and_every_step_done_rightly(name: str) -> None:
    judge, held = judge_of(name), examples(FOLDER / name)
    rules = {rule.id for rules in judge.rules.values() for rule in rules}
    assert set().union(*(example.breaks for example in held)) == rules
    done = {judge.step_of(example.event, example.facts.roles) for example in held if not example.breaks}
    assert done == set(judge.profile.steps)
    assert sum(bool(example.breaks) for example in held) >= LEAST_BAD
