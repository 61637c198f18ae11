"""What a rule is: an id, a sentence in two languages, an article, a severity, and the places of an act that break it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from zhuisu.profiles.act import Act
from zhuisu.profiles.model import Basis, Words

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
    def article(self) -> Words | None:
        """The law and the article that it rests on, in one line; None where it is good practice alone."""
        return self.basis.cited() if self.basis else None

    @property
    def severity(self) -> Severity:
        """What rests on memory warns; so does what rests on nothing but good practice."""
        return "warning" if self.basis is None or self.basis.evidence == "memory" else "error"


def said(words: Words, **parts: Words | str) -> Words:
    """A sentence with its parts put in, in both languages."""
    zh = {name: part.zh if isinstance(part, Words) else part for name, part in parts.items()}
    en = {name: part.en if isinstance(part, Words) else part for name, part in parts.items()}
    return Words(words.zh.format(**zh), words.en.format(**en))


def either(words: list[Words]) -> Words:
    """Names with "or" between them."""
    return Words("或".join(each.zh for each in words), " or ".join(each.en for each in words))
