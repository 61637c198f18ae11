"""What an item's page shows, as values that a template can print."""

from dataclasses import dataclass, field
from datetime import date

from zhuisu.codes import Code
from zhuisu.events.queries import Happening, Item
from zhuisu.portal import public
from zhuisu.portal.drawing import Drawing
from zhuisu.portal.origin import Origin
from zhuisu.portal.path import Step
from zhuisu.portal.public import Spread
from zhuisu.registry.models import Certificate, Licence, Party, Place, Product

FIRST_PAPERS = 6  # certificates that stand open; the others unfold
MAX_ABOUT = 3  # things that a certificate names on the page; one quarantine certificate covers a lorry of pigs


@dataclass(frozen=True, slots=True)
class Verdict:
    """tone: ok, warn, bad, none; it chooses colour and sign, the title says the same in words."""

    tone: str
    title: str
    lines: tuple[str, ...] = ()


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
    route: Drawing | None = None
    origin: Origin | None = None
    spread: Spread | None = None
    city_names: dict[str, str] = field(default_factory=dict)
    partial: bool = False  # the lot went to more things than one page counts
    became: list[tuple[str, int]] = field(default_factory=list)  # what was made of it: product and how many
    answerable: list[Answerable] = field(default_factory=list)
    papers: list[Paper] = field(default_factory=list)
    position: int = 0

    @property
    def known(self) -> bool:
        """Whether the platform has anything to say about this code."""
        return bool(self.made or self.product or self.party or self.place)

    @property
    def first_papers(self) -> list[Paper]:
        return self.papers[:FIRST_PAPERS]

    @property
    def more_papers(self) -> list[Paper]:
        return self.papers[FIRST_PAPERS:]

    @property
    def single(self) -> bool:
        return public.is_single(self.code.level, self.code.canonical)

    @property
    def onward(self) -> list[tuple[str, int]]:
        """City and number of businesses."""
        return (
            [(self.city_names.get(each.city, each.city), each.businesses) for each in self.spread.cities]
            if self.spread
            else []
        )
