"""From a profile to the rules of each of its steps."""

from collections.abc import Iterator

from zhuisu.profiles import act_rules, amount_rules, field_rules
from zhuisu.profiles.act import stock_by
from zhuisu.profiles.model import Basis, Profile, Step
from zhuisu.profiles.rule import Rule


def rules_of(profile: Profile) -> dict[str, tuple[Rule, ...]]:
    """The rules of each step, by its id."""
    return {name: tuple(_of_step(profile, name, step)) for name, step in profile.steps.items()}


def _of_step(profile: Profile, name: str, step: Step) -> Iterator[Rule]:
    at = f"{profile.id}.{name}"
    yield from _of_act(at, name, step, profile)
    yield from _of_fields(at, step, profile)
    yield from _of_amounts(at, name, step, profile)


def basis_of(profile: Profile, step: Step, subject: str) -> Basis:
    """What a demand of a step rests on: what the step says of it, else the step's own basis."""
    return profile.basis[step.basis_of.get(subject, step.basis)]


def stock_of(step: Step) -> str:
    """What a step does to the actor's books: as the profile says, else as its event's own words do."""
    action = step.action if step.event == "ObjectEvent" else ""
    return step.stock or stock_by(step.event == "TransformationEvent", step.biz_step, action)


def _of_act(at: str, name: str, step: Step, profile: Profile) -> Iterator[Rule]:
    yield act_rules.by(at, step, profile, basis_of(profile, step, "by"))
    yield from act_rules.licences(at, step, profile)
    if step.after:
        yield act_rules.after(at, step, profile, basis_of(profile, step, "after"))
    if step.after_all:
        yield act_rules.after_all(at, step, profile, basis_of(profile, step, "after_all"))
    for within in step.within:
        yield act_rules.within(at, within, step, profile)
    for paper in step.papers:
        yield act_rules.paper(at, paper, profile)
    for bar in step.barred:
        yield act_rules.barred(at, bar, step, profile, basis_of(profile, step, bar))
    for kind, basis in step.forbidden.items():
        yield act_rules.forbidden(at, kind, step, profile, profile.basis[basis])
    if step.event in ("ObjectEvent", "TransactionEvent") and stock_of(step) == "out":
        yield act_rules.packed(at)
    yield from act_rules.overdue(at, name, step, profile)
    for who, asked in (("buyer", step.buyer_known), ("supplier", step.supplier_known)):
        if asked:
            yield act_rules.party(at, who, basis_of(profile, step, who))
    if step.buyer_organisation:
        yield act_rules.buyer_organisation(at, basis_of(profile, step, "buyer_organisation"))
    for key, sensor in step.sensors.items():
        yield from act_rules.sensor(f"{at}.{key}", sensor, profile)


def _of_fields(at: str, step: Step, profile: Profile) -> Iterator[Rule]:
    for name in step.required:
        field = profile.fields[name]
        yield field_rules.required(f"{at}.{name}", name, field, profile.basis[step.basis_of.get(name, field.basis)])
    for demand in step.demands:
        yield field_rules.demanded(at, demand, profile)
    for name in (*step.required, *step.optional):
        field = profile.fields[name]
        yield field_rules.value(f"{at}.{name}", name, field, profile.basis[field.basis])
        if field.register:
            yield field_rules.listed(f"{at}.{name}", name, field, profile.basis[field.basis])
    yield field_rules.undeclared(at, step, profile)
    for must in step.musts:
        yield field_rules.must(at, must, profile)
    for name in step.attributes:
        yield field_rules.attribute(f"{at}.{name}", name, basis_of(profile, step, name))


def _of_amounts(at: str, name: str, step: Step, profile: Profile) -> Iterator[Rule]:
    if step.quantity or step.amount:
        yield amount_rules.quantity(at, basis_of(profile, step, "quantity"))
    if step.quantity:
        yield amount_rules.stock(at, basis_of(profile, step, "stock"))
    if step.quota:
        yield amount_rules.quota(at, basis_of(profile, step, "quota"))
    for key, limit in step.limits.items():
        yield amount_rules.limit(f"{at}.{key}", key, limit, profile.basis[limit.basis])
    if step.keeps_expiry:
        yield amount_rules.expiry(at, basis_of(profile, step, "expiry"))
    for key, balance in profile.balances.items():
        if balance.step == name:
            yield amount_rules.balance(f"{at}.{key}", profile, key)
