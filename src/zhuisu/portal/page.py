"""What an item's page shows, as values that a template can print."""

from dataclasses import dataclass, field
from datetime import date

from django.utils.translation import gettext as _

from zhuisu.codes import Code
from zhuisu.events.queries import Happening, Item
from zhuisu.portal import public
from zhuisu.portal.drawing import Drawing
from zhuisu.portal.loads import Load
from zhuisu.portal.origin import Origin
from zhuisu.portal.path import Step
from zhuisu.portal.public import Spread
from zhuisu.portal.sector import SectorPart
from zhuisu.registry.models import Certificate, Licence, Party, Place, Product
from zhuisu.verification.judgement import MISSES
from zhuisu.verification.services import Answer

FIRST_PAPERS = 6  # certificates that stand open; the others unfold
MAX_ABOUT = 3  # things that a certificate names on the page; one quarantine certificate covers a lorry of pigs


@dataclass(frozen=True, slots=True)
class Verdict:
    """tone: ok, warn, bad, none; it chooses colour and sign, the title says the same in words. advice: what to do now."""

    tone: str
    title: str
    lines: tuple[str, ...] = ()
    advice: str = ""
    scan: str = ""  # which scan this is
    reason: str = ""  # why there is a doubt, said as loudly as the advice
    loud: bool = False  # must not be overlooked


@dataclass(frozen=True, slots=True)
class Right:
    """A licence and whether it was valid on the day."""

    licence: Licence
    kind: str
    valid: bool


@dataclass(frozen=True, slots=True)
class Answerable:
    """Someone who answers: what for, since when, with which licences on that day."""

    party: Party
    name: str
    kind: str
    steps: tuple[str, ...]
    on: date
    rights: tuple[Right, ...]
    source: bool  # answers for what it was made from

    @property
    def licensed(self) -> bool:
        return bool(self.rights) and all(right.valid for right in self.rights)

    @property
    def told(self) -> list[str]:
        """What it is and did, without what is not known."""
        return [each for each in (_("来源方") if self.source else "", self.kind, *self.steps) if each]


@dataclass(slots=True)
class Paper:
    """A certificate; `about` are the things it speaks of where that is not this one: label and address."""

    certificate: Certificate
    title: str
    issuer: str
    conclusion: str
    about: list[tuple[str, str]] = field(default_factory=list)

    @property
    def shown(self) -> list[tuple[str, str]]:
        return self.about[:MAX_ABOUT]

    @property
    def more(self) -> int:
        return max(0, len(self.about) - MAX_ABOUT)


@dataclass(frozen=True, slots=True)
class LoadSteps:
    """One load of a re-used container (or use of another re-used code) and its steps, oldest first."""

    load: Load
    here: bool  # the page is about this one
    steps: list[Step]
    container: bool

    @property
    def title(self) -> str:
        """Which one it is."""
        return (_("第 %(n)s 批货") if self.container else _("第 %(n)s 次使用")) % {"n": self.load.number}

    @property
    def span(self) -> str:
        """From when to when."""
        days = [f"{step.when:%Y-%m-%d}" for step in (self.steps[0], self.steps[-1])]
        return days[0] if days[0] == days[1] else _("%(first)s 至 %(last)s") % {"first": days[0], "last": days[1]}


@dataclass(slots=True)
class Page:
    """What the template shows. Absent parts are told in words there."""

    code: Code
    item: Item | None = None
    product: Product | None = None
    party: Party | None = None
    place: Place | None = None
    verdict: Verdict = Verdict("none", "")
    made: Happening | None = None
    made_step: Step | None = None
    amount: str = ""
    label: dict[str, str] = field(default_factory=dict)
    lot: tuple[str, str] | None = None  # text and address
    steps: list[Step] = field(default_factory=list)
    hidden_steps: int = 0
    loads: list[LoadSteps] = field(default_factory=list)  # of a re-used code, the latest first
    route: Drawing | None = None
    origin: Origin | None = None
    spread: Spread | None = None
    city_names: dict[str, str] = field(default_factory=dict)
    cut: bool = False  # more happened than one page reads
    partial: bool = False  # the lot went to more things than one page counts
    became: list[tuple[str, int]] = field(default_factory=list)  # what was made of it: product and how many
    answerable: list[Answerable] = field(default_factory=list)
    papers: list[Paper] = field(default_factory=list)
    position: int = 0
    home: frozenset[int] = frozenset()  # the organisations of its issuer and of its product's holder
    outsiders: frozenset[int] = frozenset()  # who warns of it and has no part in it
    answer: Answer | None = None
    issuer_name: str = ""  # of a code that was issued or imported here
    recall: Step | None = None  # the recall that counts, as a line
    sector: SectorPart = field(default_factory=SectorPart)
    rests: frozenset[int] = frozenset()  # items whose events it tells of
    rests_on_all: bool = False  # and of more than these: any event may change it

    @property
    def container(self) -> bool:
        """Whether several loads are known of it."""
        return any(each.container for each in self.loads)

    @property
    def load_line(self) -> str:
        """How often a re-used code was used, and which time the page is about; empty where it was used once."""
        here = next((each.load.number for each in self.loads if each.here), 0)
        if not here:
            return ""
        latest = here == len(self.loads)
        if self.container:
            text = (
                _("这个码曾装过 %(count)s 批货，本页说的是最近一批（第 %(here)s 批）。")
                if latest
                else _("这个码曾装过 %(count)s 批货，本页说的是第 %(here)s 批，不是最近一批。")
            )
        else:
            text = (
                _("这个码曾用过 %(count)s 次，本页说的是最近一次（第 %(here)s 次）。")
                if latest
                else _("这个码曾用过 %(count)s 次，本页说的是第 %(here)s 次，不是最近一次。")
            )
        return text % {"count": len(self.loads), "here": here}

    @property
    def known(self) -> bool:
        """Whether the platform has anything to say about this code."""
        issued = self.answer is not None and self.answer.standing.real
        return bool(self.made or self.product or self.party or self.place or issued)

    @property
    def missed(self) -> bool:
        """Whether it is a single thing of which nothing is known: these pages all look alike."""
        return self.single and self.answer is not None and self.answer.state in MISSES

    @property
    def first_papers(self) -> list[Paper]:
        return self.papers[:FIRST_PAPERS]

    @property
    def more_papers(self) -> list[Paper]:
        return self.papers[FIRST_PAPERS:]

    @property
    def single(self) -> bool:
        return public.is_single(self.code.level)

    @property
    def onward(self) -> list[tuple[str, int]]:
        """City and number of businesses."""
        return (
            [(self.city_names.get(each.city, each.city), each.businesses) for each in self.spread.cities]
            if self.spread
            else []
        )
