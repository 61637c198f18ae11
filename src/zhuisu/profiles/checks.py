"""What is wrong in a profile beyond its form: names that lead nowhere, and declarations that nothing uses or that cannot both hold."""

import re
from collections.abc import Iterable, Iterator
from itertools import chain

from zhuisu.codes.reading import schemes
from zhuisu.profiles.columns import WORDS
from zhuisu.profiles.model import Demand, Effect, Field, Must, Overlay, Paper, Profile, Sensor, Step, When
from zhuisu.profiles.values import comparable

# A key of the profile, and what is wrong there.
Problem = tuple[str, str]
# (key, what the names should be names of, the names, those that there are)
Uses = Iterator[tuple[str, str, Iterable[str], Iterable[str]]]
# Business steps are CBV 2.0 §7.1 words; element names are camelCase, as EPCIS writes its own.
_ID = re.compile(r"[a-z][a-z0-9_]*\Z")
_ELEMENT = re.compile(r"[a-z][A-Za-z0-9]*\Z")
# What an event's own word for its step or its kind is called: no element of a profile may take these names.
RESERVED = frozenset({"step", "kind"})
# Columns that every ledger may have beside its steps' fields: those of every act, the name of the product, the papers.
LEDGER_WORDS = frozenset(WORDS) | {"product", "papers"}
# Event types that carry ilmd (EPCIS 2.0 §7.4): only there can an attribute of the item be asked for.
_WITH_ILMD = ("ObjectEvent", "TransformationEvent")
_WITH_PARENT = ("AggregationEvent", "AssociationEvent", "TransactionEvent")


def astray(profile: Profile) -> Iterator[Problem]:
    """Everything wrong in a profile: (key, what is wrong there)."""
    yield from _names(profile)
    for name, step in profile.steps.items():
        yield from ((f"steps.{name}{key}", problem) for key, problem in _step(step, profile))
    for name, balance in profile.balances.items():
        if balance.least > balance.most:
            yield f"balances.{name}", "least is more than most"
    for key, where, names, known in chain(_uses_of_steps(profile), _uses(profile)):
        yield from ((key, f"{name!r} is not one of {where}") for name in names if name not in known)
    yield from _idle(profile)


def overlay_astray(overlay: Overlay, profile: Profile) -> Iterator[Problem]:
    """What of an overlay would change what the profile says, or leads nowhere."""
    for section in ("basis", "fields", "reports"):
        held = getattr(profile, section)
        yield from (
            (f"{section}.{name}", "the profile has this already") for name in getattr(overlay, section) if name in held
        )
    for name, extra in overlay.steps.items():
        step = profile.steps.get(name)
        if step is None:
            yield f"steps.{name}", f"{name!r} is not one of steps"
            continue
        grounds = [extra.basis] if extra.basis or extra.required or extra.barred else []
        grounds += [*(each.basis for each in extra.demands), *(each.basis for each in extra.papers)]
        asked, fields = (*extra.required, *(each.field for each in extra.demands)), {*profile.fields, *overlay.fields}
        for what, names, known in (("the region's own basis", grounds, set(overlay.basis)), ("fields", asked, fields)):
            yield from ((f"steps.{name}", f"{each!r} is not one of {what}") for each in names if each not in known)
        papers = {paper.id or paper.kind for paper in step.papers}
        for paper in extra.papers:
            if (paper.id or paper.kind) in papers:
                yield (
                    f"steps.{name}.papers",
                    f"{paper.id or paper.kind!r} is asked for already: give it an id of its own",
                )


def _step(step: Step, profile: Profile) -> Iterator[Problem]:
    yield from ((f".{each}", "is both required and optional") for each in set(step.required) & set(step.optional))
    if not step.first and not step.after:
        yield "", "a step that is not first needs after"
    if any(not (when.field or when.roles or when.kinds) for when in _whens(step)):
        yield ".when", "a condition names a field, roles or kinds"
    for what, ids in (
        ("papers", [each.id or each.kind for each in step.papers]),
        ("demands", [each.id or each.field for each in step.demands]),
        ("musts", [each.id or each.field for each in step.musts]),
        ("within", [each.step for each in step.within]),
        ("attributes", list(step.attributes)),
    ):
        yield from ((f".{what}", f"{each!r} stands there twice: give one an id of its own") for each in _twice(ids))
    for effect in step.effects:
        yield from _effect(effect, profile)
    for must in step.musts:
        yield from _must(must, profile)
    if step.attributes and (step.event not in _WITH_ILMD or step.action not in (None, "ADD")):
        yield ".attributes", f"a {step.event} {step.action or ''} carries no ilmd"
    if step.parent and step.event not in _WITH_PARENT:
        yield ".parent", f"a {step.event} has no parentID"
    if step.limits and not step.buyer_known:
        yield ".limits", "a limit per buyer needs buyer_known"
    for key, limit in step.limits.items():
        if limit.amount <= 0 or limit.days < 1:
            yield f".limits.{key}", "an amount above 0 within one day or more"
    yield from ((".within", "days are 0 or more") for each in step.within if each.days < 0)


def _effect(effect: Effect, profile: Profile) -> Iterator[Problem]:
    if effect.until and effect.past:
        yield ".effects", "until and past cannot both hold"
    if effect.clears and (effect.until or effect.past):
        yield ".effects", "what clears a state has no day"
    for name in (effect.until, effect.past):
        if name in profile.fields and profile.fields[name].type != "date":
            yield ".effects", f"{name!r} is no date"


def _must(must: Must, profile: Profile) -> Iterator[Problem]:
    others = [each for each in (must.differs_from, must.equals, must.not_before) if each]
    if len(others) + bool(must.any_of) != 1:
        yield ".musts", f"{must.field!r}: one of any_of, differs_from, equals, not_before"
    field, other = profile.fields.get(must.field), profile.fields.get(others[0] if others else "")
    if field is None:
        return
    yield from (
        (".musts", f"{must.field!r} cannot be {each!r}") for each in must.any_of if comparable(field, each) is None
    )
    if other and not _compare(field, other, ordered=bool(must.not_before)):
        yield ".musts", f"{must.field!r} and {others[0]!r} cannot be compared"


def _compare(field: Field, other: Field, *, ordered: bool) -> bool:
    groups = (frozenset({"date", "datetime"}), frozenset({"number", "integer"}))
    if any({field.type, other.type} <= group for group in groups):
        return True
    return not ordered and not any({field.type, other.type} & group for group in groups)


def _uses_of_steps(profile: Profile) -> Uses:
    for name, step in profile.steps.items():
        at, fields = f"steps.{name}", [*step.required, *step.optional]
        compared = [each for m in step.musts for each in (m.field, m.differs_from, m.equals, m.not_before) if each]
        dated = [each for effect in step.effects for each in (effect.until, effect.past) if each]
        grounds = [
            *(each.basis for each in step.demands),
            *(each.basis for each in step.papers),
            *(each.basis for each in step.within),
            *(each.basis for each in step.musts),
            *(each.basis for each in step.limits.values()),
            *(each.basis for each in step.sensors.values()),
            *(each.record_basis for each in step.sensors.values() if each.record_basis),
            *step.forbidden.values(),
        ]
        yield f"{at}.by", "roles", step.by, profile.roles
        yield f"{at}.after", "steps", step.after, profile.steps
        yield f"{at}.after_all", "steps", step.after_all, profile.steps
        yield f"{at}.within", "steps", [each.step for each in step.within], profile.steps
        yield f"{at}.required/optional", "fields", fields, profile.fields
        yield f"{at}.basis", "basis", [step.basis, *step.basis_of.values(), *grounds], profile.basis
        yield f"{at}.basis_of", "what the step asks for", step.basis_of, _asked(step)
        yield f"{at}.demands", "the step's own fields", [each.field for each in step.demands], fields
        yield f"{at}.demands.when", "the step's own fields", [w.field for w in _whens(step) if w.field], fields
        yield f"{at}.demands.when", "roles", [role for w in _whens(step) for role in w.roles], profile.roles
        yield f"{at}.demands.when", "kinds", [kind for w in _whens(step) for kind in w.kinds], profile.kinds
        yield f"{at}.forbidden", "kinds", step.forbidden, profile.kinds
        yield f"{at}.limits", "kinds", [kind for each in step.limits.values() for kind in each.kinds], profile.kinds
        yield f"{at}.musts", "the step's own fields", compared, fields
        yield f"{at}.effects", "the step's own fields", dated, fields


def _uses(profile: Profile) -> Uses:
    for name, field in profile.fields.items():
        yield f"fields.{name}.basis", "basis", [field.basis], profile.basis
        yield f"fields.{name}.schemes", "schemes", field.schemes, schemes()
    for use in profile.codes:
        yield f"codes.{use.level}", "schemes", use.schemes, schemes()
    for name, duty in profile.duties.items():
        own = profile.steps.get(duty.step)
        due = [duty.due_field] if duty.due_field else []
        dates = [each for each in (*own.required, *own.optional) if _is_date(each, profile)] if own else []
        yield f"duties.{name}", "steps", [duty.step, *duty.forbids, *duty.since], profile.steps
        yield (
            f"duties.{name}.basis",
            "basis",
            [each for each in (duty.basis, duty.forbids_basis) if each],
            profile.basis,
        )
        yield f"duties.{name}.kinds", "kinds", duty.kinds, profile.kinds
        yield f"duties.{name}.due_field", "the date fields of its step", due, dates
    for name, balance in profile.balances.items():
        yield f"balances.{name}.step", "steps", [balance.step], profile.steps
        yield f"balances.{name}.basis", "basis", [balance.basis], profile.basis
        yield f"balances.{name}.kinds", "kinds", balance.kinds, profile.kinds
    for name, role in profile.roles.items():
        yield f"roles.{name}.basis", "basis", [role.basis] if role.basis else [], profile.basis
        yield f"roles.{name}.licences_of", "kinds", role.licences_of, profile.kinds
    yield "retention.basis", "basis", [each.basis for each in profile.retention], profile.basis
    for name, report in profile.reports.items():
        yield f"reports.{name}.basis", "basis", [report.basis], profile.basis
        yield f"reports.{name}.step", "steps", [report.step] if report.step else [], profile.steps
    for name, ledger in profile.ledgers.items():
        columns = LEDGER_WORDS.union(profile.fields)
        yield f"ledgers.{name}.steps", "steps", ledger.steps, profile.steps
        yield f"ledgers.{name}.columns", "fields or the words of every act", ledger.columns, columns
        yield f"ledgers.{name}.basis", "basis", [ledger.basis], profile.basis
    for name, recall in profile.recalls.items():
        yield f"recalls.{name}.basis", "basis", [recall.basis], profile.basis
    yield "public", "fields", profile.public, profile.fields
    yield "label", "fields", profile.label, profile.fields


def _is_date(name: str, profile: Profile) -> bool:
    return name in profile.fields and profile.fields[name].type == "date"


def _asked(step: Step) -> set[str]:
    """What of a step may have a basis of its own."""
    flags = {
        "by": True,
        "after": bool(step.after),
        "after_all": bool(step.after_all),
        "buyer": step.buyer_known,
        "buyer_organisation": step.buyer_organisation,
        "supplier": step.supplier_known,
        "quantity": step.quantity or step.amount,
        "stock": step.quantity,
        "quota": step.quota,
        "expiry": step.keeps_expiry,
    }
    return {*step.barred, *step.required, *step.attributes, *(name for name, said in flags.items() if said)}


def _whens(step: Step) -> list[When]:
    held: tuple[Demand | Paper | Must | Effect | Sensor, ...] = (
        *step.demands,
        *step.papers,
        *step.musts,
        *step.effects,
        *step.sensors.values(),
    )
    return [each.when for each in held if each.when] + [when for when in (step.idle,) if when]


def _twice(ids: list[str]) -> list[str]:
    return sorted({each for each in ids if ids.count(each) > 1})


def _names(profile: Profile) -> Iterator[Problem]:
    for name, field in profile.fields.items():
        if not _ELEMENT.match(name):
            yield f"fields.{name}", "an element's name is camelCase"
        if name in RESERVED:
            yield f"fields.{name}", "an event says its own step and kind by this name"
        if (field.type == "choice") != bool(field.choices):
            yield f"fields.{name}.choices", "choices belong to the type choice, and it needs some"
        if (field.type == "code") != bool(field.schemes):
            yield f"fields.{name}.schemes", "schemes belong to the type code, and it needs some"
        try:
            re.compile(field.pattern)
        except re.error as wrong:
            yield f"fields.{name}.pattern", str(wrong)
    sections = ("steps", "roles", "duties", "balances", "kinds", "reports", "ledgers", "recalls")
    ids = [name for section in sections for name in getattr(profile, section)]
    ids += [name for step in profile.steps.values() for name in (*step.limits, *step.sensors)]
    yield from ((name, "an id has lower case letters, digits and _") for name in ids if not _ID.match(name))


def _idle(profile: Profile) -> Iterator[Problem]:
    """What is declared and never used is a mistake, or will be one."""
    steps = profile.steps.values()
    used = {name for step in steps for name in (*step.required, *step.optional)}
    yield from ((f"fields.{name}", "no step uses it") for name in profile.fields if name not in used)
    acting = {role for step in steps for role in step.by}
    yield from ((f"roles.{name}", "no step is done by it") for name in profile.roles if name not in acting)
    for name, ledger in profile.ledgers.items():
        if not ledger.steps or not ledger.columns:
            yield f"ledgers.{name}", "a ledger has steps and columns"
