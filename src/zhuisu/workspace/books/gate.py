"""The check at a market's gate or a warehouse's door: may this thing come in here? Asked with one hand on a phone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from zhuisu import codes, sectors
from zhuisu.accounts.models import Organisation, Person
from zhuisu.compliance import queries as compliance
from zhuisu.compliance.services import may
from zhuisu.events.queries import Item, item_by_code
from zhuisu.profiles import entry
from zhuisu.profiles.act import Known
from zhuisu.profiles.judge import Finding
from zhuisu.profiles.model import Profile
from zhuisu.profiles.typed import identifier
from zhuisu.registry import queries as registry
from zhuisu.registry.models import Certificate, Role
from zhuisu.resolver.paths import page_path
from zhuisu.web import sector_words, words
from zhuisu.web.doors import signed_in
from zhuisu.workspace.books import shown
from zhuisu.workspace.rights import may_capture, rights_of

# CBV 2.0 §7.1: business steps in which things come to the actor.
ENTERS = frozenset({"receiving", "accepting", "arriving"})
# Rules of what the record of the act says, also where they ask for the kind of thing or the role first.
OF_THE_RECORD = (".demanded", ".must", ".reading", ".record")
MAX_TEXT = 2048  # as codes.parse


@dataclass(slots=True)
class Way:
    """One step by which the thing may come in here, and what speaks against it."""

    sector: str
    step: str
    name: str
    against: list[Finding] = field(default_factory=list)
    warns: list[Finding] = field(default_factory=list)


@dataclass(slots=True)
class Look:
    """What the page says of one code. `tone`: yes, warn, no, none."""

    code: codes.Code
    text: str  # as an event has it
    item: Item | None
    name: str = ""
    label: str = ""
    ways: list[Way] = field(default_factory=list)
    papers: list[tuple[Certificate, str]] = field(default_factory=list)
    known: Known | None = None
    expired: bool = False
    foreign: list[str] = field(default_factory=list)  # sectors of the thing in which the organisation has no role

    @property
    def recalled(self) -> bool:
        """Whether a recall holds for it."""
        return self.known is not None and "recalled" in self.known.states

    @property
    def tone(self) -> str:
        """No where every way in is forbidden, or it is recalled or expired; yes where one is free of findings."""
        if self.recalled or self.expired or (self.ways and all(way.against for way in self.ways)):
            return "no"
        if not self.ways:
            return "none"
        free = [way for way in self.ways if not way.against]
        return "yes" if self.item is not None and any(not way.warns for way in free) else "warn"

    @property
    def address(self) -> str:
        """The public page of the thing."""
        return page_path(self.code)

    @property
    def best(self) -> Way | None:
        """The way in with the least against it."""
        return min(self.ways, key=lambda way: (len(way.against), len(way.warns)), default=None)


@require_GET
@signed_in
def check(request: HttpRequest, person: Person) -> HttpResponse:
    """A box for a code; with one, the answer."""
    text = request.GET.get("code", "").replace("\x00", "").strip()[:MAX_TEXT]
    at = timezone.now()
    look, wrong = None, ""
    if text:
        found = shown.codes_of(text)
        if not found:
            wrong = _("认不出这个码，请再扫一次或核对后重新输入。")
        else:
            look = looked_up(found, text, person.organisation, at)
    context = {"text": text, "look": look, "wrong": wrong, "may_record": may_capture(person), **rights_of(person)}
    return render(request, "workspace/books/gate.html", context, status=422 if wrong else 200)


def looked_up(found: Sequence[codes.Code], text: str, organisation: Organisation, at: datetime) -> Look:
    """What is known of the first reading of a code that the platform knows, and whether it may come in at this organisation."""
    items = [(code, item_by_code(code)) for code in found]
    code, item = next(((each, held) for each, held in items if held), items[0])
    look = Look(code, _written(code, text), item, label=_label(code))
    product = shown.product_of(code.canonical)
    held = registry.products([product]).get(product) if product else None
    look.name = words.said(held, "name") if held else ""
    on = timezone.localdate(at)
    of_thing = sorted(compliance.sectors_of([item.id])[item.id]) if item else []
    if not of_thing and held and held.kind:
        of_thing = [held.kind.partition(".")[0]]
    roles = roles_of(organisation, on)
    mine = [name for name in of_thing if name in roles] if of_thing else list(roles)
    all_sectors = sectors.all()
    look.foreign = [
        sector_words.of(all_sectors[each].editions[0].name)
        for each in of_thing
        if each not in roles and each in all_sectors
    ]
    for name in mine:
        profile = sectors.profile(name, on)
        if profile:
            look.ways += [_way(profile, step, look.text, organisation, at) for step in ways_in(profile, roles[name])]
    if item:
        look.known = compliance.known([item.id], at).get(item.id)
        look.expired = bool(look.known and look.known.expires_on and look.known.expires_on < on)
    look.papers = [
        (each, words.said(each, "title")) for each in registry.certificates([code.canonical]).get(code.canonical, ())
    ]
    return look


def roles_of(organisation: Organisation, on: date) -> dict[str, set[str]]:
    """The roles that hold on a day, by sector."""
    party = registry.parties([organisation.party]).get(organisation.party)
    held: dict[str, set[str]] = {}
    for role in Role.objects.filter(party=party, valid_from_on__lte=on).exclude(valid_to_on__lt=on) if party else ():
        held.setdefault(role.sector, set()).add(role.role)
    return held


def ways_in(profile: Profile, roles: set[str]) -> list[str]:
    """The steps of a profile by which such a party takes things in."""
    return [
        name for name, step in profile.steps.items()
        if step.biz_step in ENTERS and step.event == "ObjectEvent" and roles & set(step.by)
    ]  # fmt: skip


def _way(profile: Profile, step: str, text: str, organisation: Organisation, at: datetime) -> Way:
    """Asks whether the step may be done with this thing now. What only its record lacks so far speaks for nothing yet."""
    said = entry.event(
        profile, step, {"eventTime": timezone.localtime(at).isoformat(timespec="seconds"), "things": [text]}
    )
    way = Way(profile.id, step, sector_words.of(profile.steps[step].name))
    for answer in may([said], organisation=organisation.pk, at=at):
        if answer.sector not in ("", profile.id) or answer.step not in ("", step):
            continue
        judge = sectors.judge(profile.id, timezone.localdate(at), answer.region)
        lacking = {rule.id for rule in judge.rules[step] if not rule.asks} if judge else set()
        for each in answer.findings:
            if each.rule not in lacking and not each.rule.endswith(OF_THE_RECORD):
                (way.against if each.severity == "error" else way.warns).append(each)
    return way


def _written(code: codes.Code, text: str) -> str:
    try:
        return str(identifier(text, (code.scheme,)))
    except codes.CodeError:
        return text


def _label(code: codes.Code) -> str:
    try:
        return codes.to_ai(code)
    except codes.CodeError:
        return code.value
