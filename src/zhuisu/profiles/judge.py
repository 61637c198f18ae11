"""Judging one event by the profile of its sector: which step it is, and which rules it breaks."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from zhuisu.epcis.model import Event
from zhuisu.profiles.act import STEP_KEY, Act, Facts
from zhuisu.profiles.model import Profile, Step, Words
from zhuisu.profiles.rule import Rule, Severity
from zhuisu.profiles.rules import rules_of


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken rule at one place of an event."""

    rule: str
    severity: Severity
    says: Words
    article: Words | None
    path: str


@dataclass(frozen=True)
class Judge:
    """A profile ready to judge: its rules are made once and asked often. `own` are a sector's own rules, by step."""

    profile: Profile
    own: tuple[tuple[str, Rule], ...] = ()

    @cached_property
    def rules(self) -> dict[str, tuple[Rule, ...]]:
        """The rules of each step."""
        made = rules_of(self.profile)
        for step, rule in self.own:
            made[step] = (*made[step], rule)
        return made

    @cached_property
    def _steps(self) -> dict[tuple[str, str], tuple[tuple[str, Step], ...]]:
        found: dict[tuple[str, str], list[tuple[str, Step]]] = {}
        for name, step in self.profile.steps.items():
            found.setdefault((step.event, step.biz_step), []).append((name, step))
        return {key: tuple(steps) for key, steps in found.items()}

    def step_of(self, event: Event, roles: Iterable[str] = ()) -> str | None:
        """The step that an event records: by type, action, business step and disposition, then by its own word or by who did it.

        None: no step of this sector.
        """
        fitting = [
            (name, step)
            for name, step in self._steps.get((event.type, event.biz_step or ""), ())
            if step.action in (None, event.action) and step.disposition in ("", event.disposition or "")
        ]
        if not fitting:
            return None
        named = event.extensions.get(STEP_KEY)
        if any(name == named for name, _ in fitting):
            return str(named)
        told_apart = sorted(fitting, key=lambda each: not each[1].disposition)
        acting = set(roles)
        return next((name for name, step in told_apart if acting & set(step.by)), told_apart[0][0])

    def findings(self, event: Event, facts: Facts | None) -> tuple[Finding, ...]:
        """What an event breaks; nothing for an event that is no step of this sector.

        Without facts only by the rules that need none, and the day is the event's own.
        """
        name = self.step_of(event, facts.roles if facts else ())
        if name is None:
            return ()
        on = facts or Facts(event.local_day)
        act = Act(event, on, self.profile.id, self.profile.steps[name].parent)
        return tuple(
            Finding(rule.id, rule.severity, breach.says or rule.says, rule.article, breach.path)
            for rule in self.rules[name]
            if facts or not rule.asks
            for breach in rule.broken(act)
        )

    def may(self, event: Event, facts: Facts) -> tuple[bool, tuple[Finding, ...]]:
        """Whether the act may be done, asked before it is: no where any finding is an error; and all findings."""
        found = self.findings(event, facts)
        return not any(each.severity == "error" for each in found), found
