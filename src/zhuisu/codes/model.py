"""What every identifier scheme shares: a code as a value, its level, its key, and the error that refuses it."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import force_setattr

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


class Code(msgspec.Struct, frozen=True, eq=False):
    """One identifier in its canonical form. Two codes are equal when scheme and value are.

    `parsed` may hold `warning`, `warning_zh` and `warning_rule`: a doubt that refuses nothing (see forms.doubt).
    A Struct, for documents have many: it is replaced with msgspec.structs.replace.
    """

    scheme: str
    value: str
    level: Level
    parsed: dict[str, str]
    source: str
    canonical: str = ""  # the one text of this thing: scheme, colon, value

    def __post_init__(self) -> None:
        force_setattr(self, "canonical", f"{self.scheme}:{self.value}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Code) and self.canonical == other.canonical

    def __hash__(self) -> int:
        return hash(self.canonical)  # a text remembers its own

    @property
    def shown(self) -> str:
        """The canonical text as it may be printed and logged: masked where it numbers a person."""
        return f"{self.scheme}:{masked(self.value)}" if self.scheme in PERSONAL else self.canonical

    def __repr__(self) -> str:
        return f"Code({self.shown!r}, {self.level!r})"

    @property
    def key(self) -> uuid.UUID:
        """BLAKE2b with 16 bytes over the canonical text in UTF-8: equal on every platform."""
        return uuid.UUID(self.key_hex)

    @property
    def key_hex(self) -> str:
        """The key as 32 hexadecimal digits: in the same order, for a fourth of the time."""
        return blake2b(self.canonical.encode(), digest_size=16).hexdigest()


class Meaning(NamedTuple):
    """What a part of a code says, in both languages; `ok`: right, wrong, or None where nothing can be checked."""

    text: str
    text_zh: str
    ok: bool | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a code as it stands there, its name, what it means, and whether that is right (None: not checkable)."""

    text: str
    name: str
    name_zh: str
    meaning: str
    meaning_zh: str
    ok: bool | None


@dataclass(frozen=True, slots=True)
class Field:
    """A part in the layout of a scheme: its names, its number of characters, and what says its meaning.

    `size` may be a number, a function of the code (for layouts of more than one length), or None: all that is left.
    `means` takes the text of the part and the code; None: assigned by its issuer, nothing to say of it.
    """

    name: str
    name_zh: str
    size: int | Callable[[Code], int] | None = None
    means: Callable[[str, Code], Meaning] | None = None


@dataclass(frozen=True, slots=True)
class About:
    """What people are told of a scheme: its names, its parts in written order, its check, and where such codes stand.

    `check` names the rule that guards the whole code ("" where there is none), `evidence` says on what it rests:
    "standard" (a published text), "empirical" (found by trial on published codes), "memory" (it warns, never refuses).
    `where` completes "it is this if it stands …": what tells it from another scheme that reads the same text.
    `labels` are the words, in small letters and without blanks, that name the scheme before a code of it.
    """

    name: str
    name_zh: str
    layout: tuple[Field, ...] | Callable[[Code], list[Part]] = ()
    check: str = ""
    evidence: str = ""
    where: str = ""
    where_zh: str = ""
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scheme:
    """What a scheme module declares about each of its schemes, in its tuple SCHEMES.

    `read` turns any written form of exactly this scheme into a Code or raises CodeError.
    `rank` orders the readings of a bare text (small is more likely); None: never guessed from a bare text.
    `describe` gives the parts a person wants to see, after a successful read.
    `likely` weighs a reading of a bare text by its content: False, offered only where no other scheme reads the text;
    None, not offered at all. `exact`: where this scheme is named, the text must stand as it is, without blanks.
    `about` is what people are told of it (see parts.py and recognition.py).
    """

    name: str
    level: Level
    read: Callable[[str], Code]
    rank: int | None = None
    describe: Callable[[Code], dict[str, Any]] | None = None
    likely: Callable[[Code], bool | None] | None = None
    exact: bool = False
    about: About | None = None
