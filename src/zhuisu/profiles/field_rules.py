"""Rules about what an event says: data elements required, demanded, well-formed, standing to one another, listed; CBV attributes."""

from decimal import Decimal

from zhuisu.profiles.act import CBV_KEY, KIND_KEY, NAMESPACE_KEY, STEP_KEY, Act
from zhuisu.profiles.model import Basis, Demand, Field, Must, Profile, Step, Words
from zhuisu.profiles.rule import Breach, Breaches, Rule, said
from zhuisu.profiles.values import comparable, fault, plain

FAULTS: dict[str, Words] = {
    "type": Words("“{field}”的格式不对", "“{field}” has the wrong form"),
    "range": Words("“{field}”超出允许范围（{range}）", "“{field}” is out of range ({range})"),
    "length": Words("“{field}”超过 {length} 个字", "“{field}” has more than {length} characters"),
    "pattern": Words("“{field}”不符合规定写法", "“{field}” is not written as prescribed"),
    "choice": Words("“{field}”不在可选项内", "“{field}” is none of the choices"),
    "scheme": Words("“{field}”不是规定种类的有效代码", "“{field}” is no valid code of the kinds allowed"),
    "future": Words("“{field}”晚于当天", "“{field}” lies in the future"),
}
# Where people know a CBV attribute by a name.
ATTRIBUTES: dict[str, Words] = {
    "lotNumber": Words("批号", "lot number"),
    "itemExpirationDate": Words("到期日", "expiry date"),
    "bestBeforeDate": Words("最佳食用日期", "best-before date"),
    "countryOfOrigin": Words("原产国", "country of origin"),
}


def path_of(name: str, field: Field) -> str:
    """Where a data element stands, for a finding."""
    return f"ilmd.{name}" if field.place == "item" else name


def required(at: str, name: str, field: Field, basis: Basis) -> Rule:
    """The element must be there and say something."""
    text = said(Words("缺少“{field}”", "“{field}” is missing"), field=field.name)

    def broken(act: Act) -> Breaches:
        if act.value(name, field.place) is None:
            yield Breach(path_of(name, field))

    return Rule(f"{at}.required", text, basis, broken, asks=False)


def demanded(at: str, demand: Demand, profile: Profile) -> Rule:
    """The element must be there where a condition holds."""
    field, condition = profile.fields[demand.field], profile.fields.get(demand.when.field)
    if condition:
        text = Words("填了“{condition}”，就要填“{field}”", "“{field}” is needed here because of “{condition}”")
        text = said(text, field=field.name, condition=condition.name)
    else:
        text = said(Words("这里要填“{field}”", "“{field}” is needed here"), field=field.name)
    place = condition.place if condition else "event"

    def broken(act: Act) -> Breaches:
        if act.value(demand.field, field.place) is None and act.met(demand.when, place):
            yield Breach(path_of(demand.field, field))

    asks = bool(demand.when.roles or demand.when.kinds)
    return Rule(f"{at}.{demand.id or demand.field}.demanded", text, profile.basis[demand.basis], broken, asks)


def value(at: str, name: str, field: Field, basis: Basis) -> Rule:
    """What is there must be of the element's type and within its bounds."""
    bounds = f"{'' if field.min is None else field.min}–{'' if field.max is None else field.max} {field.unit}".strip()
    parts: dict[str, Words | str] = {"field": field.name, "range": bounds, "length": str(field.max_length)}
    sentences = {kind: said(words, **parts) for kind, words in FAULTS.items()}

    def broken(act: Act) -> Breaches:
        held = plain(field, act.value(name, field.place), act.event.raw.startswith(b"<"))
        kind = fault(field, held, act.facts.on) if held is not None else ""
        if kind:
            yield Breach(path_of(name, field), sentences[kind])

    text = said(Words("“{field}”的值不合要求", "the value of “{field}” is not as required"), **parts)
    return Rule(f"{at}.value", text, basis, broken, asks=False)


def undeclared(at: str, step: Step, profile: Profile) -> Rule:
    """An element under the profiles' namespace that the step does not know is a misspelling."""
    text = said(Words("“{step}”没有声明这个字段", "{step} declares no such field"), step=step.name)
    declared: dict[str, set[str]] = {"item": {KIND_KEY}, "event": {KIND_KEY, STEP_KEY}}
    no_kind = said(Words("“{sector}”没有这个产品种类", "{sector} has no such kind of product"), sector=profile.name)
    for name in (*step.required, *step.optional):
        declared[profile.fields[name].place].add(NAMESPACE_KEY + name)

    def broken(act: Act) -> Breaches:
        for place, held, prefix in (("item", act.event.ilmd, "ilmd."), ("event", act.event.extensions, "")):
            for key in held:
                if key not in declared[place] and key.startswith(NAMESPACE_KEY):
                    yield Breach(prefix + key.removeprefix(NAMESPACE_KEY))
            sector, _, kind = str(held.get(KIND_KEY) or "").partition(".")
            if sector == profile.id and kind not in profile.kinds:
                yield Breach(prefix + "kind", no_kind)

    return Rule(f"{at}.undeclared", text, None, broken, asks=False)


def must(at: str, one: Must, profile: Profile) -> Rule:
    """What an element says: one of some values, or how it stands to another element. Judged where both can be read."""
    field, place = profile.fields[one.field], "event"
    if one.when and one.when.field:
        place = profile.fields[one.when.field].place
    other_name = one.differs_from or one.equals or one.not_before
    other = profile.fields.get(other_name)
    by_day = other is not None and other.type != field.type
    allowed = {comparable(field, each) for each in one.any_of}

    def holds(mine: str | Decimal, theirs: str | Decimal) -> bool:
        if type(mine) is not type(theirs):
            return bool(one.differs_from)
        if one.differs_from:
            return mine != theirs
        return mine == theirs if one.equals else mine >= theirs  # type: ignore[operator]

    def broken(act: Act) -> Breaches:
        mine = comparable(field, act.value(one.field, field.place), by_day)
        if mine is None or (one.when and not act.met(one.when, place)):
            return
        wrong = bool(allowed) and mine not in allowed
        if other:
            theirs = comparable(other, act.value(other_name, other.place), by_day)
            wrong = wrong or (theirs is not None and not holds(mine, theirs))
        if wrong:
            yield Breach(path_of(one.field, field))

    asks = bool(one.when and (one.when.roles or one.when.kinds))
    return Rule(f"{at}.{one.id or one.field}.must", one.says, profile.basis[one.basis], broken, asks)


def listed(at: str, name: str, field: Field, basis: Basis) -> Rule:
    """The official register must know the value."""
    text = said(
        Words("官方登记库里没有这个“{field}”", "the official register knows no such “{field}”"), field=field.name
    )

    def broken(act: Act) -> Breaches:
        if name in act.facts.unlisted:
            yield Breach(path_of(name, field))

    return Rule(f"{at}.listed", text, basis, broken)


def attribute(at: str, name: str, basis: Basis) -> Rule:
    """A CBV 2.0 §9 attribute of the item that `ilmd` must carry."""
    named = ATTRIBUTES.get(name, Words(name, name))
    text = said(Words("缺少“{name}”", "“{name}” is missing"), name=named)

    def broken(act: Act) -> Breaches:
        if not str(act.event.ilmd.get(CBV_KEY + name) or "").strip():
            yield Breach(f"ilmd.{name}")

    return Rule(f"{at}.attribute", text, basis, broken, asks=False)
