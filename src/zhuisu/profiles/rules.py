"""From a profile to the rules of each of its steps. Every rule has an id, a sentence in two languages, an article and a severity."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple

from zhuisu.profiles.act import EXPIRY_KEY, NAMESPACE_KEY, STEP_KEY, Act
from zhuisu.profiles.model import Bar, Basis, Demand, Field, Paper, Profile, Sensor, Step, Words
from zhuisu.profiles.values import fault

Severity = Literal["error", "warning"]


class Breach(NamedTuple):
    """One place of an event where a rule is broken, and what exactly is wrong there if the rule's own sentence is too general."""

    path: str = ""
    says: Words | None = None


Breaches = Iterator[Breach]


@dataclass(frozen=True, slots=True)
class Rule:
    """`broken` yields each place of the act that breaks it. `id` is sector.step.subject.kind; `asks`: it needs the facts about
    the actor and the things, not only the event."""

    id: str
    says: Words
    basis: Basis | None
    broken: Callable[[Act], Breaches]
    asks: bool = True

    @property
    def severity(self) -> Severity:
        """What rests on memory warns; so does what rests on nothing but good practice."""
        return "warning" if self.basis is None or self.basis.evidence == "memory" else "error"


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
}
FAULTS: dict[str, Words] = {
    "type": Words("“{field}”的格式不对", "“{field}” has the wrong form"),
    "range": Words("“{field}”超出允许范围（{range}）", "“{field}” is out of range ({range})"),
    "length": Words("“{field}”超过 {length} 个字", "“{field}” has more than {length} characters"),
    "pattern": Words("“{field}”不符合规定写法", "“{field}” is not written as prescribed"),
    "choice": Words("“{field}”不在可选项内", "“{field}” is none of the choices"),
    "scheme": Words("“{field}”不是规定种类的有效代码", "“{field}” is no valid code of the kinds allowed"),
    "future": Words("“{field}”晚于当天", "“{field}” lies in the future"),
}


def said(words: Words, **parts: Words | str) -> Words:
    """A sentence with its parts put in, in both languages."""
    zh = {name: part.zh if isinstance(part, Words) else part for name, part in parts.items()}
    en = {name: part.en if isinstance(part, Words) else part for name, part in parts.items()}
    return Words(words.zh.format(**zh), words.en.format(**en))


def rules_of(profile: Profile) -> dict[str, tuple[Rule, ...]]:
    """The rules of each step, by its id."""
    return {name: tuple(_of_step(profile, name, step)) for name, step in profile.steps.items()}


def _of_step(profile: Profile, name: str, step: Step) -> Iterator[Rule]:
    at = f"{profile.id}.{name}"
    basis = profile.basis[step.basis]

    def basis_of(subject: str) -> Basis:
        return profile.basis[step.basis_of.get(subject, step.basis)]

    yield _by(at, step, profile, basis)
    yield from _licences(at, step, profile)
    if step.after:
        yield _after(at, step, profile, basis)
    for field in step.required:
        yield _required(f"{at}.{field}", field, profile.fields[field], profile.basis[profile.fields[field].basis])
    for demand in step.demands:
        yield _demanded(at, demand, profile)
    for field in (*step.required, *step.optional):
        yield _value(f"{at}.{field}", field, profile.fields[field], profile.basis[profile.fields[field].basis])
    yield _undeclared(at, step, profile)
    for paper in step.papers:
        yield _paper(at, paper, profile)
    for bar in step.barred:
        yield _barred(at, bar, step, basis_of(bar))
    for duty in profile.duties.values():
        if name in duty.forbids:
            ground = profile.basis[duty.forbids_basis or duty.basis]
            yield _overdue(f"{at}.{duty.step}", profile, duty.step, step, ground)
    for who, asked in (("buyer", step.buyer_known), ("supplier", step.supplier_known)):
        if asked:
            yield _party(at, who, basis_of(who))
    if step.quantity or step.amount:
        yield _quantity(at, basis_of("quantity"))
    if step.quantity:
        yield _stock(at, basis_of("stock"))
    if step.quota:
        yield _quota(at, basis_of("quota"))
    if step.keeps_expiry:
        yield _expiry(at, basis_of("expiry"))
    for key, sensor in step.sensors.items():
        yield from _sensor(f"{at}.{key}", sensor, profile.basis[sensor.basis])
    for key, balance in profile.balances.items():
        if balance.step == name:
            yield _balance(f"{at}.{key}", profile, key)


def _by(at: str, step: Step, profile: Profile, basis: Basis) -> Rule:
    roles = Words(
        "、".join(profile.roles[each].name.zh for each in step.by),
        " or ".join(profile.roles[each].name.en for each in step.by),
    )
    text = said(Words("“{step}”应由{roles}来做", "{step} is done by {roles}"), step=step.name, roles=roles)
    allowed = frozenset(step.by)
    return Rule(f"{at}.by", text, basis, lambda act: iter(() if act.facts.roles & allowed else (Breach(),)))


def _licences(at: str, step: Step, profile: Profile) -> Iterator[Rule]:
    for role_id in step.by:
        role = profile.roles[role_id]
        if not role.licences:
            continue
        kinds = Words("或".join(role.licences), " or ".join(role.licences))
        text = said(
            Words("{role}当日没有有效的{kinds}", "{role} held no valid {kinds} on that day"),
            role=role.name,
            kinds=kinds,
        )
        wanted = frozenset(role.licences)

        def broken(act: Act, role_id: str = role_id, wanted: frozenset[str] = wanted) -> Breaches:
            if role_id in act.facts.roles and not act.facts.licences & wanted:
                yield Breach()

        yield Rule(f"{at}.{role_id}.licence", text, profile.basis.get(role.basis), broken)


def _after(at: str, step: Step, profile: Profile, basis: Basis) -> Rule:
    before = Words(
        "、".join(profile.steps[each].name.zh for each in step.after),
        " or ".join(profile.steps[each].name.en for each in step.after),
    )
    text = said(
        Words("“{step}”之前没有“{before}”的记录", "no {before} was recorded before {step}"),
        step=step.name,
        before=before,
    )
    wanted = frozenset(step.after)

    def broken(act: Act) -> Breaches:
        for path, thing in act.things():
            steps = act.known(thing).steps
            if not steps & wanted and not (step.first and not steps):
                yield Breach(path)

    return Rule(f"{at}.after", text, basis, broken)


def _path(name: str, field: Field) -> str:
    return f"ilmd.{name}" if field.place == "item" else name


def _required(at: str, name: str, field: Field, basis: Basis) -> Rule:
    text = said(Words("缺少“{field}”", "“{field}” is missing"), field=field.name)

    def broken(act: Act) -> Breaches:
        if act.value(name, field.place) is None:
            yield Breach(_path(name, field))

    return Rule(f"{at}.required", text, basis, broken, asks=False)


def _demanded(at: str, demand: Demand, profile: Profile) -> Rule:
    field, condition = profile.fields[demand.field], profile.fields.get(demand.when.field)
    if condition:
        text = Words("填了“{condition}”，就要填“{field}”", "“{field}” is needed here because of “{condition}”")
        text = said(text, field=field.name, condition=condition.name)
    else:
        text = said(Words("这里要填“{field}”", "“{field}” is needed here"), field=field.name)

    def broken(act: Act) -> Breaches:
        if (
            act.met(demand.when, condition.place if condition else "event")
            and act.value(demand.field, field.place) is None
        ):
            yield Breach(_path(demand.field, field))

    asks = bool(demand.when.roles or demand.when.kinds)
    return Rule(f"{at}.{demand.field}.demanded", text, profile.basis[demand.basis], broken, asks)


def _value(at: str, name: str, field: Field, basis: Basis) -> Rule:
    bounds = f"{'' if field.min is None else field.min}–{'' if field.max is None else field.max} {field.unit}".strip()
    parts: dict[str, Words | str] = {"field": field.name, "range": bounds, "length": str(field.max_length)}
    sentences = {kind: said(words, **parts) for kind, words in FAULTS.items()}

    def broken(act: Act) -> Breaches:
        value = act.value(name, field.place)
        kind = fault(field, value, act.facts.on) if value is not None else ""
        if kind:
            yield Breach(_path(name, field), sentences[kind])

    return Rule(
        f"{at}.value",
        said(Words("“{field}”的值不合要求", "the value of “{field}” is not as required"), **parts),
        basis,
        broken,
        asks=False,
    )


def _undeclared(at: str, step: Step, profile: Profile) -> Rule:
    text = said(Words("“{step}”没有声明这个字段", "{step} declares no such field"), step=step.name)
    declared = {
        place: {
            NAMESPACE_KEY + name for name in (*step.required, *step.optional) if profile.fields[name].place == place
        }
        for place in ("item", "event")
    }

    def broken(act: Act) -> Breaches:
        for place, held, prefix in (("item", act.event.ilmd, "ilmd."), ("event", act.event.extensions, "")):
            for key in held:
                if key.startswith(NAMESPACE_KEY) and key != STEP_KEY and key not in declared[place]:
                    yield Breach(prefix + key.removeprefix(NAMESPACE_KEY))

    return Rule(f"{at}.undeclared", text, None, broken, asks=False)


def _paper(at: str, paper: Paper, profile: Profile) -> Rule:
    text = said(Words("缺少“{paper}”", "“{paper}” is missing"), paper=paper.name)
    kinds = frozenset({paper.kind, *paper.or_kinds})
    place = profile.fields[paper.when.field].place if paper.when and paper.when.field else "event"

    def broken(act: Act) -> Breaches:
        if paper.when and not act.met(paper.when, place):
            return
        if any(kind in kinds for kind, _ in act.event.biz_transactions):
            return
        for path, thing in act.things():
            if not kinds & act.known(thing).papers:
                yield Breach(path)

    return Rule(f"{at}.{paper.id or paper.kind}.paper", text, profile.basis[paper.basis], broken)


def _barred(at: str, bar: Bar, step: Step, basis: Basis) -> Rule:
    def broken(act: Act) -> Breaches:
        for path, thing in act.things():
            if bar in act.known(thing).states:
                yield Breach(path)

    return Rule(f"{at}.{bar}", said(BARRED[bar], step=step.name), basis, broken)


def _overdue(at: str, profile: Profile, duty_step: str, step: Step, basis: Basis) -> Rule:
    duties = frozenset(name for name, duty in profile.duties.items() if duty.step == duty_step)
    text = said(
        Words("“{duty}”已逾期，不得{step}", "{duty} is overdue: {step} is forbidden"),
        duty=profile.steps[duty_step].name,
        step=step.name,
    )

    def broken(act: Act) -> Breaches:
        for path, thing in act.things():
            if act.known(thing).overdue & duties:
                yield Breach(path)

    return Rule(f"{at}.overdue", text, basis, broken)


PARTIES = {
    "buyer": Words("没有登记实名购买人", "no known person or organisation is named as the buyer"),
    "supplier": Words("没有登记供货者", "no known person or organisation is named as the supplier"),
}


def _party(at: str, who: str, basis: Basis) -> Rule:
    """The party that owns the things afterwards (buyer) or owned them before (supplier): EPCIS 2.0 §7.3.6, owning_party."""
    path = "destinationList" if who == "buyer" else "sourceList"

    def broken(act: Act) -> Breaches:
        ends = act.event.destinations if who == "buyer" else act.event.sources
        if not any(kind == "owning_party" for kind, _ in ends):
            yield Breach(path)

    return Rule(f"{at}.{who}", PARTIES[who], basis, broken, asks=False)


def _quantity(at: str, basis: Basis) -> Rule:
    text = Words("要写明数量", "the amount must be given")

    def broken(act: Act) -> Breaches:
        for path, amount in act.amounts():
            if amount.quantity is None:
                yield Breach(path)

    return Rule(f"{at}.quantity", text, basis, broken, asks=False)


def _stock(at: str, basis: Basis) -> Rule:
    text = Words("数量超过账面结存", "it is more than the books say is left")

    def broken(act: Act) -> Breaches:
        for path, amount in act.amounts():
            left = None if path.startswith("output") else act.known(amount.epc_class).stock
            if left is not None and amount.quantity is not None and amount.quantity > left:
                yield Breach(path)

    return Rule(f"{at}.stock", text, basis, broken)


def _quota(at: str, basis: Basis) -> Rule:
    text = Words("超过剩余的总量控制指标", "it is more than the quota leaves")

    def broken(act: Act) -> Breaches:
        made = sum(
            (each.quantity or Decimal(0) for each in act.event.output_quantities or act.event.quantities), Decimal(0)
        )
        if act.facts.quota is not None and made > act.facts.quota:
            yield Breach("outputQuantityList" if act.event.output_quantities else "quantityList")

    return Rule(f"{at}.quota", text, basis, broken)


def _expiry(at: str, basis: Basis) -> Rule:
    text = Words("到期日晚于所用原料中最早的到期日", "it expires later than the earliest of what it is made of")

    def broken(act: Act) -> Breaches:
        said_on = str(act.event.ilmd.get(EXPIRY_KEY) or "")[:10]
        ends = [each for _, thing in act.things() if (each := act.known(thing).expires_on)]
        if said_on and ends and said_on > min(ends).isoformat():
            yield Breach("ilmd.itemExpirationDate")

    return Rule(f"{at}.expiry", text, basis, broken)


def _sensor(at: str, sensor: Sensor, basis: Basis) -> Iterator[Rule]:
    bounds = f"{'' if sensor.min is None else sensor.min}–{'' if sensor.max is None else sensor.max} {sensor.unit}"
    text = said(Words("传感器读数超出 {bounds}", "a sensor reading is outside {bounds}"), bounds=bounds)

    def outside(act: Act) -> Breaches:
        for path, unit, value in act.readings(sensor.measure):
            low, high = sensor.min is not None and value < sensor.min, sensor.max is not None and value > sensor.max
            if unit != sensor.unit or low or high:
                yield Breach(path)

    yield Rule(f"{at}.reading", text, basis, outside, asks=False)
    if sensor.required:
        absent = Words("缺少传感器记录", "there is no sensor record")
        yield Rule(
            f"{at}.record",
            absent,
            basis,
            lambda act: iter(() if any(act.readings(sensor.measure)) else (Breach("sensorElementList"),)),
            asks=False,
        )


def _balance(at: str, profile: Profile, key: str) -> Rule:
    balance = profile.balances[key]
    text = said(
        Words("产出率应在 {least}–{most} 之间", "the yield should lie between {least} and {most}"),
        least=str(balance.least),
        most=str(balance.most),
    )

    def broken(act: Act) -> Breaches:
        if balance.kinds and any(act.known(thing).kind not in balance.kinds for _, thing in act.things()):
            return
        if act.event.input_epcs or act.event.output_epcs:
            return  # single things are not weighed here: nothing can be said
        sums = [Decimal(0), Decimal(0)]
        for place, held in enumerate((act.event.input_quantities, act.event.output_quantities)):
            for amount in held:
                if amount.uom != balance.unit or amount.quantity is None:
                    return  # not all of it is weighed: nothing can be said
                sums[place] += amount.quantity
        if sums[0] > 0 and not balance.least <= sums[1] / sums[0] <= balance.most:
            yield Breach("outputQuantityList")

    return Rule(f"{at}.yield", text, profile.basis[balance.basis], broken, asks=bool(balance.kinds))
