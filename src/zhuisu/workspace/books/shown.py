"""Entries of a book as people read them: names instead of codes, words instead of keys."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zhuisu import codes
from zhuisu.accounts.models import Organisation
from zhuisu.codes.recognition import personal
from zhuisu.compliance.ledger import PRODUCT, Entry, Head, Total, edition_of
from zhuisu.profiles.columns import UNITS, Column
from zhuisu.profiles.model import Field, Profile
from zhuisu.profiles.typed import PERSON_URN, code_of
from zhuisu.registry import queries as registry
from zhuisu.resolver.paths import page_path
from zhuisu.web import sector_words, words
from zhuisu.workspace.rights import named

THINGS = ("things", "inputs", "outputs", "parent")
PARTIES = ("buyer", "supplier", "answerable")
AMOUNTS = ("quantity", "inputQuantity", "outputQuantity")
MEASURES = ("unit", "inputUnit", "outputUnit")
SHORT_CODE = 24  # characters of a code that stands in a table without a name


@dataclass(slots=True)
class Names:
    """What the register calls the codes of one page: three statements."""

    known: dict[str, codes.Code] = field(default_factory=dict)  # as written → what it is
    parties: dict[str, Any] = field(default_factory=dict)
    places: dict[str, Any] = field(default_factory=dict)
    products: dict[str, Any] = field(default_factory=dict)

    def party(self, text: str) -> str:
        """A party by its registered name; a person only as the reference under which the register of persons has them."""
        if text.startswith(PERSON_URN):
            return _("个人（登记号 %(number)s）") % {"number": unquote(text.removeprefix(PERSON_URN))}
        code = self.known.get(text)
        found = (self.parties.get(code.canonical) or self.places.get(code.canonical)) if code else None
        return words.said(found, "name") if found else label_of(text, code)

    def thing(self, text: str) -> str:
        """A thing by its product's name and its own number."""
        return " ".join(each for each in (self.product(text), self.number(text)) if each)

    def number(self, text: str) -> str:
        """A thing by its own number alone."""
        return label_of(text, self.known.get(text))

    def product(self, text: str, name: str = "name") -> str:
        """What the register says of a thing's product; empty where it has none."""
        code = self.known.get(text)
        found = self.products.get(product_of(code.canonical)) if code else None
        return words.said(found, name) if found else ""

    def address(self, text: str) -> str:
        """The public page of a thing; empty where it has none."""
        code = self.known.get(text)
        return page_path(code) if code and not personal(code.canonical) else ""


def names_of(entries: Iterable[Entry]) -> Names:
    """The names of all that these entries speak of."""
    texts = {text for one in entries for text in _texts(one)}
    names = Names()
    for text in texts:
        try:
            names.known[text] = codes.parse_epc(text)
        except codes.CodeError:
            continue
    canonicals = {code.canonical for code in names.known.values()}
    names.parties, names.places = registry.parties(canonicals), registry.places(canonicals)
    names.products = registry.products({product_of(each) for each in canonicals} - {""})
    return names


def _texts(one: Entry) -> Iterable[str]:
    for name in (*THINGS, *PARTIES, "place"):
        held = one.record.get(name) or ()
        yield from (held,) if isinstance(held, str) else held


def codes_of(text: str) -> tuple[codes.Code, ...]:
    """What a typed or scanned text may be the code of: a link or URN as it stands, else every reading of it."""
    try:
        return (code_of(text), *codes.candidates(text))
    except codes.CodeError:
        return tuple(codes.candidates(text))


def product_of(canonical: str) -> str:
    """The canonical code of the product that a thing's code names; empty where it names none."""
    scheme, _colon, value = canonical.partition(":")
    parts = value.split("/")
    return f"gs1.gtin:01/{parts[1]}" if scheme in ("gs1.lgtin", "gs1.sgtin", "gs1.gtin") and len(parts) > 1 else ""


def label_of(text: str, code: codes.Code | None) -> str:
    """The part of a code that tells it from its neighbours."""
    if code is None:
        return text[-SHORT_CODE:]
    shown = unquote(code.value.rpartition("/")[2]) if code.scheme.startswith("gs1.") else code.value
    return shown.rpartition(":")[2] if code.scheme == "uri" else shown


def element_of(head: Head) -> Field | Column:
    """What says how the values of a column are written."""
    return head.element or Column(head.name, head.words, "text", "event")


def cell(head: Head, value: Any, names: Names) -> str:
    """One value of a book as text."""
    if value is None or value == []:
        return ""
    if head.name == "eventTime":
        return str(value)[:16].replace("T", " ")
    if head.name in THINGS:
        return _things([value] if isinstance(value, str) else value, names.thing)
    if head.name in (*PARTIES, "place"):
        return names.party(str(value))
    if head.name in MEASURES:
        return unit(str(value))
    if head.name in AMOUNTS:
        return words.number(value) if isinstance(value, Decimal) else str(value)
    if head.name in ("document", "papers") or head.name.startswith("paper_"):
        return "、".join(_paper(str(each)) for each in (value if isinstance(value, list) else [value]))
    return sector_words.value(element_of(head), value)


def unit(code: str) -> str:
    """A unit of measure in one or two characters."""
    return _("件") if code in ("", "count") else str(words.UNITS.get(code) or _plain(code))


def _plain(code: str) -> str:
    return str(sector_words.MORE_UNITS.get(code) or "") or (sector_words.of(UNITS[code]) if code in UNITS else code)


def _things(held: Sequence[str], named: Callable[[str], str]) -> str:
    first = named(held[0])
    if len(held) == 1:
        return first
    return ngettext("%(first)s 等 %(count)s 件", "%(first)s 等 %(count)s 件", len(held)) % {
        "first": first,
        "count": len(held),
    }


def _paper(text: str) -> str:
    """The number of a document: the last part of the address under which the event has it."""
    return unquote(text.rpartition(":")[2] if text.startswith("urn:") else text.rpartition("/")[2] or text)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: of which entry, whether its first, and its cells."""

    entry: Entry
    first: bool
    cells: tuple[str, ...]
    step: str
    href: str = ""
    who: str = ""  # whose entry it is, where the book is of several


def _filled(head: Head, line: Mapping[str, Any], names: Names, kind: str, bare: bool) -> str:
    """A cell of a line; what the act did not say of the goods, the register may."""
    value = line.get(head.name)
    if bare and head.name in THINGS and value:
        return _things([value] if isinstance(value, str) else value, names.number)
    if head.name == PRODUCT:
        return (names.product(value) or kind) if value else ""
    if head.name == "specification" and not value:
        thing = next((line[name][0] for name in ("things", "outputs") if line.get(name)), "")
        return names.product(thing, "specification") if thing else ""
    return cell(head, value, names)


def _kind(one: Entry) -> str:
    """The kind of product that an act names itself; empty where it names none."""
    found = edition_of(one.sector, "").kinds.get(str(one.record.get("kind", "")))
    return sector_words.of(found.name) if found else ""


def rows(heads: Sequence[Head], entries: Sequence[Entry], *, whose: bool = False) -> list[Row]:
    """The entries line by line; `whose`: with the name of who recorded each."""
    names = names_of(entries)
    who = named(Organisation.objects.in_bulk({one.organisation for one in entries}).values()) if whose else {}
    bare = any(head.name == PRODUCT for head in heads)  # the product's name has a column of its own
    made = []
    for one in entries:
        step = sector_words.title(one.name)
        kind = _kind(one)
        for place, line in enumerate(one.lines):
            texts = tuple(_filled(head, line, names, kind, bare) for head in heads)
            thing = next((line[name] for name in ("things", "outputs", "inputs") if line.get(name)), [""])
            made.append(Row(one, place == 0, texts, step, names.address(thing[0]), who.get(one.organisation, "")))
    return made


@dataclass(frozen=True, slots=True)
class Sum:
    """One total in words."""

    step: str
    product: str
    amount: str
    into: bool
    acts: int


def sums(profile: Profile, found: Sequence[Total]) -> list[Sum]:
    """Totals in words."""
    known = registry.products({each.product for each in found})
    made = []
    for each in found:
        product = known.get(each.product)
        name = words.said(product, "name") if product else ""
        if not name:
            name = words.kind_of_canonical(each.product) if ":" not in each.product else label_of(each.product, None)
        step = profile.steps.get(each.step)
        said = sector_words.title(step.name) if step else each.step
        made.append(Sum(said, name, f"{words.number(each.amount)} {unit(each.unit)}", each.into, each.acts))
    return made
