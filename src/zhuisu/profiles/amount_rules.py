"""Rules about how much: amounts given, what the books and quotas leave, limits per buyer, yields, and the last day of what is made."""

from decimal import Decimal

from zhuisu.profiles.act import EXPIRY_KEY, Act
from zhuisu.profiles.model import Basis, Limit, Profile, Words
from zhuisu.profiles.rule import Breach, Breaches, Rule, said
from zhuisu.profiles.units import in_unit


def quantity(at: str, basis: Basis) -> Rule:
    """What is counted or weighed needs an amount."""
    text = Words("要写明数量", "the amount must be given")

    def broken(act: Act) -> Breaches:
        for path, amount in act.amounts():
            if amount.quantity is None:
                yield Breach(path)

    return Rule(f"{at}.quantity", text, basis, broken, asks=False)


def stock(at: str, basis: Basis) -> Rule:
    """Not more than the actor's books say is left."""
    text = Words("数量超过账面结存", "it is more than the books say is left")

    def broken(act: Act) -> Breaches:
        for path, amount in act.amounts():
            left = None if path.startswith("output") else act.known(amount.epc_class).stock
            if left is not None and amount.quantity is not None and amount.quantity > left:
                yield Breach(path)

    return Rule(f"{at}.stock", text, basis, broken)


def quota(at: str, basis: Basis) -> Rule:
    """What comes out must fit into what the actor's quota leaves."""
    text = Words("超过剩余的总量控制指标", "it is more than the quota leaves")

    def broken(act: Act) -> Breaches:
        made = sum(
            (each.quantity or Decimal(0) for each in act.event.output_quantities or act.event.quantities), Decimal(0)
        )
        if act.facts.quota is not None and made > act.facts.quota:
            yield Breach("outputQuantityList" if act.event.output_quantities else "quantityList")

    return Rule(f"{at}.quota", text, basis, broken)


def limit(at: str, key: str, one: Limit, basis: Basis) -> Rule:
    """One buyer gets no more than so much within so many days, this act included."""
    words = Words(
        "同一购买人 {days} 天内不得超过 {amount} {unit}",
        "one buyer may get no more than {amount} {unit} within {days} days",
    )
    text = said(words, days=str(one.days), amount=str(one.amount), unit=one.unit)

    def broken(act: Act) -> Breaches:
        now = act.counted(one.unit, one.kinds)
        if now and now + act.facts.bought.get(key, Decimal(0)) > one.amount:
            yield Breach("epcList" if act.event.epcs else "quantityList")

    return Rule(f"{at}.limit", text, basis, broken)


def expiry(at: str, basis: Basis) -> Rule:
    """What comes out expires no later than the earliest of what goes in."""
    text = Words("到期日晚于所用原料中最早的到期日", "it expires later than the earliest of what it is made of")

    def broken(act: Act) -> Breaches:
        said_on = str(act.event.ilmd.get(EXPIRY_KEY) or "")[:10]
        ends = [each for _, thing in act.things() if (each := act.known(thing).expires_on)]
        if said_on and ends and said_on > min(ends).isoformat():
            yield Breach("ilmd.itemExpirationDate")

    return Rule(f"{at}.expiry", text, basis, broken)


def balance(at: str, profile: Profile, key: str) -> Rule:
    """Output over input within the yield's bounds, where all of it is weighed and of the balance's kinds."""
    one = profile.balances[key]
    text = said(
        Words("产出率应在 {least}–{most} 之间", "the yield should lie between {least} and {most}"),
        least=str(one.least),
        most=str(one.most),
    )

    def broken(act: Act) -> Breaches:
        if one.kinds and any(act.known(thing).kind not in one.kinds for _, thing in act.things()):
            return
        if act.event.input_epcs or act.event.output_epcs:
            return  # single things are not weighed here: nothing can be said
        sums = [Decimal(0), Decimal(0)]
        for place, held in enumerate((act.event.input_quantities, act.event.output_quantities)):
            for amount in held:
                weighed = None if amount.quantity is None else in_unit(amount.quantity, amount.uom, one.unit)
                if weighed is None:
                    return  # not all of it is weighed: nothing can be said
                sums[place] += weighed
        if sums[0] > 0 and not one.least <= sums[1] / sums[0] <= one.most:
            yield Breach("outputQuantityList")

    return Rule(f"{at}.yield", text, profile.basis[one.basis], broken, asks=bool(one.kinds))
