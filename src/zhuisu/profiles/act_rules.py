"""Rules about the act: who does it with which licence, what went before, which papers, parties and readings, and what forbids it."""

from collections.abc import Callable, Iterator

from zhuisu import codes
from zhuisu.codes.model import PERSONAL
from zhuisu.epcis.remembering import remembered
from zhuisu.profiles.act import Act
from zhuisu.profiles.model import Bar, Basis, Paper, Profile, Sensor, Step, Within, Words
from zhuisu.profiles.rule import Breach, Breaches, Rule, either, said

BARRED: dict[Bar, Words] = {
    "recalled": Words("已被召回，不得{step}", "it was recalled: {step} is forbidden"),
    "expired": Words("已过保质期或有效期，不得{step}", "it is past its expiry date: {step} is forbidden"),
    "withdrawal": Words(
        "还在停药期（安全间隔期）内，不得{step}", "it is within its withdrawal period: {step} is forbidden"
    ),
    "unlisted": Words("官方登记库里没有它，不得{step}", "the official register does not list it: {step} is forbidden"),
    "sold": Words("已经售出且没有退货，不得再次{step}", "it was sold and not returned: {step} again is forbidden"),
    "ended": Words("已报废、销毁或注销，不得{step}", "it was scrapped, destroyed or ended: {step} is forbidden"),
    "failed": Words("检验不合格，不得{step}", "it failed its inspection: {step} is forbidden"),
    "lost": Words("已登记丢失或被盗，不得{step}", "it is recorded as lost or stolen: {step} is forbidden"),
    "stopped": Words(
        "已停止使用，检查后恢复使用前不得{step}", "it was stopped: {step} is forbidden until it is back in use"
    ),
    "suspended": Words(
        "已办理停用，重新启用前不得{step}", "its use is suspended: {step} is forbidden until it is taken up again"
    ),
}
PARTIES = {
    "buyer": Words("没有登记实名购买人", "no known person or organisation is named as the buyer"),
    "supplier": Words("没有登记供货者", "no known person or organisation is named as the supplier"),
}
# Parties that come back are few; a process remembers what their codes are.
_REMEMBERED = 4096


def by(at: str, step: Step, profile: Profile, basis: Basis) -> Rule:
    """The actor must have one of the step's roles."""
    roles = Words(
        "、".join(profile.roles[each].name.zh for each in step.by),
        " or ".join(profile.roles[each].name.en for each in step.by),
    )
    text = said(Words("“{step}”应由{roles}来做", "{step} is done by {roles}"), step=step.name, roles=roles)
    allowed = frozenset(step.by)
    return Rule(f"{at}.by", text, basis, lambda act: iter((Breach(),) if act.facts.roles.isdisjoint(allowed) else ()))


def licences(at: str, step: Step, profile: Profile) -> Iterator[Rule]:
    """In each role that wants one, the actor must hold one of its licences, or of those for the kind of what is made or moved."""
    for role_id in step.by:
        role = profile.roles[role_id]
        if role.licences or role.licences_of:
            every = list(
                dict.fromkeys([*role.licences, *(each for held in role.licences_of.values() for each in held)])
            )
            words = Words("{role}当日没有有效的{kinds}", "{role} held no valid {kinds} on that day")
            text = said(words, role=role.name, kinds=either([Words(each, each) for each in every]))
            yield Rule(f"{at}.{role_id}.licence", text, profile.basis.get(role.basis), _unlicensed(profile, role_id))


def _unlicensed(profile: Profile, role_id: str) -> Callable[[Act], Breaches]:
    role = profile.roles[role_id]
    general, of_kind = frozenset(role.licences), {kind: frozenset(held) for kind, held in role.licences_of.items()}

    def broken(act: Act) -> Breaches:
        if role_id not in act.facts.roles:
            return
        wanted = {of_kind.get(kind, general) for kind in act.kinds_made} if of_kind and act.kinds_made else {general}
        if any(each and each.isdisjoint(act.facts.licences) for each in wanted):
            yield Breach()

    return broken


def after(at: str, step: Step, profile: Profile, basis: Basis) -> Rule:
    """One of the steps before must have happened to each thing; what begins here needs none."""
    before = Words(
        "、".join(profile.steps[each].name.zh for each in step.after),
        " or ".join(profile.steps[each].name.en for each in step.after),
    )
    words = Words("“{step}”之前没有“{before}”的记录", "no {before} was recorded before {step}")
    text, wanted = said(words, step=step.name, before=before), frozenset(step.after)

    def broken(act: Act) -> Breaches:
        for path, thing in act.things():
            steps = act.known(thing).steps
            if steps.isdisjoint(wanted) and not (step.first and not steps):
                yield Breach(path)

    return Rule(f"{at}.after", text, basis, broken)


def after_all(at: str, step: Step, profile: Profile, basis: Basis) -> Rule:
    """Each of these steps must have happened to each thing; what is missing is named."""
    sentence = Words("“{step}”之前没有“{before}”的记录", "no {before} was recorded before {step}")
    missing = {each: said(sentence, step=step.name, before=profile.steps[each].name) for each in step.after_all}
    names = Words(
        "、".join(profile.steps[each].name.zh for each in step.after_all),
        " and ".join(profile.steps[each].name.en for each in step.after_all),
    )
    words = Words("“{step}”之前应有“{before}”的全部记录", "{step} needs {before} recorded before")

    def broken(act: Act) -> Breaches:
        for path, thing in act.things():
            steps = act.known(thing).steps
            if not (step.first and not steps):
                yield from (Breach(path, says) for each, says in missing.items() if each not in steps)

    return Rule(f"{at}.after_all", said(words, step=step.name, before=names), basis, broken)


def within(at: str, one: Within, step: Step, profile: Profile) -> Rule:
    """No later than so many days after the last day of another step; nothing is said of a thing that had no such step."""
    words = Words("“{step}”应在“{other}”后 {days} 天内完成", "{step} is due within {days} days after {other}")
    text = said(words, step=step.name, other=profile.steps[one.step].name, days=str(one.days))

    def broken(act: Act) -> Breaches:
        for path, thing in act.things():
            last = act.known(thing).days.get(one.step)
            if last is not None and (act.facts.on - last).days > one.days:
                yield Breach(path)

    return Rule(f"{at}.{one.step}.within", text, profile.basis[one.basis], broken)


def paper(at: str, one: Paper, profile: Profile) -> Rule:
    """A document of the kind among the business transactions, or a certificate about each thing."""
    text = said(Words("缺少“{paper}”", "“{paper}” is missing"), paper=one.name)
    kinds = frozenset({one.kind, *one.or_kinds})
    place = profile.fields[one.when.field].place if one.when and one.when.field else "event"

    def broken(act: Act) -> Breaches:
        if one.when and not act.met(one.when, place):
            return
        if any(kind in kinds for kind, _ in act.event.biz_transactions):
            return
        for path, thing in act.things():
            if kinds.isdisjoint(act.known(thing).papers):
                yield Breach(path)

    return Rule(f"{at}.{one.id or one.kind}.paper", text, profile.basis[one.basis], broken)


def barred(at: str, bar: Bar, step: Step, profile: Profile, basis: Basis) -> Rule:
    """A state of a thing in which the step is forbidden."""
    idle = _idle(step, profile)

    def broken(act: Act) -> Breaches:
        for path, thing in act.things():
            if bar in act.known(thing).states and not idle(act):
                yield Breach(path)

    return Rule(f"{at}.{bar}", said(BARRED[bar], step=step.name), basis, broken)


def _idle(step: Step, profile: Profile) -> Callable[[Act], bool]:
    """Whether an act says that the thing stands still, such as a day's record of a machine that did not run."""
    when = step.idle
    if when is None:
        return lambda _act: False
    place = profile.fields[when.field].place if when.field else "event"
    return lambda act: act.met(when, place)


def forbidden(at: str, kind: str, step: Step, profile: Profile, basis: Basis) -> Rule:
    """A kind of product for which the step is never allowed; of a thing whose kind is not known nothing is said."""
    words = Words("{kind}不得{step}", "{kind}: {step} is forbidden")
    text = said(words, kind=profile.kinds[kind].name, step=step.name)

    def broken(act: Act) -> Breaches:
        named = act.kind_named
        for path, thing in act.things():
            if (named or act.known(thing).kind) == kind:
                yield Breach(path)

    return Rule(f"{at}.{kind}.forbidden", text, basis, broken)


def packed(at: str) -> Rule:
    """What leaves alone although it still lies in a container: the container was opened, and nobody said so."""
    text = Words("还在包装或容器里，没有拆包记录", "it still lies in a container, and no unpacking was recorded")

    def broken(act: Act) -> Breaches:
        return (Breach(path) for path, thing in act.things() if act.known(thing).packed)

    return Rule(f"{at}.packed", text, None, broken)


def overdue(at: str, name: str, step: Step, profile: Profile) -> Iterator[Rule]:
    """One rule for each step whose duties, overdue, forbid this one."""
    forbidding: dict[str, list[str]] = {}
    for duty_id, duty in profile.duties.items():
        if name in duty.forbids:
            forbidding.setdefault(duty.step, []).append(duty_id)
    for duty_step, duties in forbidding.items():
        first = profile.duties[duties[0]]
        words = Words("“{duty}”已逾期，不得{step}", "{duty} is overdue: {step} is forbidden")
        text, idle = said(words, duty=profile.steps[duty_step].name, step=step.name), _idle(step, profile)

        def broken(
            act: Act, duties: frozenset[str] = frozenset(duties), idle: Callable[[Act], bool] = idle
        ) -> Breaches:
            for path, thing in act.things() if not idle(act) else ():
                if not duties.isdisjoint(act.known(thing).overdue):
                    yield Breach(path)

        yield Rule(f"{at}.{duty_step}.overdue", text, profile.basis[first.forbids_basis or first.basis], broken)


def party(at: str, who: str, basis: Basis) -> Rule:
    """The party that owns the things afterwards (buyer) or owned them before (supplier): EPCIS 2.0 §7.3.6, owning_party."""
    path = "destinationList" if who == "buyer" else "sourceList"

    def broken(act: Act) -> Breaches:
        ends = act.event.destinations if who == "buyer" else act.event.sources
        if not any(kind == "owning_party" for kind, _ in ends):
            yield Breach(path)

    return Rule(f"{at}.{who}", PARTIES[who], basis, broken, asks=False)


def buyer_organisation(at: str, basis: Basis) -> Rule:
    """Whoever owns the things afterwards must be named by the code of a party, not by a person's reference or a private name."""
    text = Words("购买方应是单位，不得是个人", "the buyer must be an organisation, not a person")

    def broken(act: Act) -> Breaches:
        for place, (kind, value) in enumerate(act.event.destinations):
            if kind == "owning_party" and not _is_organisation(value):
                yield Breach(f"destinationList[{place}]")

    return Rule(f"{at}.buyer_organisation", text, basis, broken, asks=False)


@remembered(_REMEMBERED)
def _is_organisation(text: str) -> bool:
    try:
        code = codes.parse_epc(text)
    except codes.CodeError:
        return False
    return code.level is codes.Level.PARTY and code.scheme not in PERSONAL


def sensor(at: str, one: Sensor, profile: Profile) -> Iterator[Rule]:
    """Every reading of the measure within the bounds and in the unit; and that there is one, where it is required."""
    bounds = f"{'' if one.min is None else one.min}–{'' if one.max is None else one.max} {one.unit}"
    text = said(Words("传感器读数超出 {bounds}", "a sensor reading is outside {bounds}"), bounds=bounds)
    place = profile.fields[one.when.field].place if one.when and one.when.field else "event"
    asks = bool(one.when and (one.when.roles or one.when.kinds))

    def outside(act: Act) -> Breaches:
        if one.when and not act.met(one.when, place):
            return
        for path, unit, value in act.readings(one.measure):
            low, high = one.min is not None and value < one.min, one.max is not None and value > one.max
            if unit != one.unit or low or high:
                yield Breach(path)

    def absent(act: Act) -> Breaches:
        if (not one.when or act.met(one.when, place)) and not any(act.readings(one.measure)):
            yield Breach("sensorElementList")

    yield Rule(f"{at}.reading", text, profile.basis[one.basis], outside, asks)
    if one.required:
        words = Words("缺少传感器记录", "there is no sensor record")
        yield Rule(f"{at}.record", words, profile.basis[one.record_basis or one.basis], absent, asks)
