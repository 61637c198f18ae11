"""What every identifier scheme shares: a code as a value, its level, its key, and the error that refuses it."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from hashlib import blake2b
from typing import Any

# Longer than any Digital Link of today's AIs; a text beyond it is an attack or a mistake, not a code.
MAX_LENGTH = 2048
# Schemes that number natural persons: in full they are keys only, never shown, logged or put into an event.
PERSONAL = frozenset({"cn.ric"})


class Level(IntEnum):
    """What kind of thing a code names."""

    INSTANCE = 1
    LOT = 2
    CLASS = 3
    PACKAGE = 4
    ASSET = 5
    PLACE = 6
    PARTY = 7
    PROCESS = 8
    OTHER = 9


class CodeError(ValueError):
    """A text is not the code it claims to be.

    `rule` is a short stable id ("check-digit"), `message` an English sentence, `message_zh` the same in Chinese.
    """

    def __init__(self, rule: str, message: str, message_zh: str) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message
        self.message_zh = message_zh


def masked(number: str) -> str:
    """A personal number as it may be shown: the first three and the last four characters."""
    return number[:3] + "*" * max(0, len(number) - 7) + number[-4:]


@dataclass(frozen=True, slots=True, repr=False)
class Code:
    """One identifier in its canonical form. Two codes are equal when scheme and value are.

    `parsed` may hold `warning`, `warning_zh` and `warning_rule`: a doubt that refuses nothing (see forms.doubt).
    """

    scheme: str
    value: str
    level: Level = field(compare=False)
    parsed: dict[str, str] = field(compare=False, repr=False)
    source: str = field(compare=False, repr=False)

    @property
    def canonical(self) -> str:
        """The one text of this thing: scheme, colon, value."""
        return f"{self.scheme}:{self.value}"

    @property
    def shown(self) -> str:
        """The canonical text as it may be printed and logged: masked where it numbers a person."""
        return f"{self.scheme}:{masked(self.value)}" if self.scheme in PERSONAL else self.canonical

    def __repr__(self) -> str:
        return f"Code({self.shown!r}, {self.level!r})"

    @property
    def key(self) -> uuid.UUID:
        """BLAKE2b with 16 bytes over the canonical text in UTF-8: equal on every platform."""
        return uuid.UUID(bytes=blake2b(f"{self.scheme}:{self.value}".encode(), digest_size=16).digest())


@dataclass(frozen=True, slots=True)
class Scheme:
    """What a scheme module declares about each of its schemes, in its tuple SCHEMES.

    `read` turns any written form of exactly this scheme into a Code or raises CodeError.
    `rank` orders the readings of a bare text (small is more likely); None: never guessed from a bare text.
    `describe` gives the parts a person wants to see, after a successful read.
    `likely` weighs a reading of a bare text by its content: False, offered only where no other scheme reads the text;
    None, not offered at all. `exact`: where this scheme is named, the text must stand as it is, without blanks.
    """

    name: str
    level: Level
    read: Callable[[str], Code]
    rank: int | None = None
    describe: Callable[[Code], dict[str, Any]] | None = None
    likely: Callable[[Code], bool | None] | None = None
    exact: bool = False
