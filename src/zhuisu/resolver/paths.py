"""Paths and codes: the GS1 code that a request path names, and the address of a code's public page. No database."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from urllib.parse import quote

from zhuisu import codes
from zhuisu.codes import gs1_ai, gs1_keys, gs1_link

# Every primary key that has a Digital Link (GS1 Digital Link Standard: URI Syntax 1.4, section 4), and its old word ("gtin").
KEYS = tuple(gs1_keys.FORMS)
_WORDS: dict[str, tuple[str, ...]] = {}
for _word, _ai in gs1_link.WORDS.items():
    _WORDS[_ai] = (*_WORDS.get(_ai, ()), _word)
WORDS = tuple(word for word, ai in gs1_link.WORDS.items() if ai in KEYS)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a Digital Link asks about: the code, its path written in full, and the AIs of the path, the key first."""

    code: codes.Code
    path: str
    ais: tuple[tuple[str, str], ...]

    @property
    def levels(self) -> list[codes.Code]:
        """The codes from this one up to its primary key, each with a part less: item, lot, variant, product."""
        present = dict(self.ais)
        key = self.ais[0][0]
        forms = [form for form in gs1_keys.FORMS[key] if all(ai in present for ai in form[0])]
        found = (gs1_keys.build(key, {ai: present[ai] for ai in (key, *names)}, self.path) for names, _, _ in forms)
        return list(dict.fromkeys(found))


def _named(ai: str) -> str:
    return f"(?i:{'|'.join((ai, *_WORDS.get(ai, ())))})"


@cache
def _patterns() -> dict[str, list[re.Pattern[str]]]:
    found: dict[str, list[re.Pattern[str]]] = {}
    for key in KEYS:
        for sequence in gs1_ai.look_up(key).qualifiers or ((),):
            # A serial may hold a slash, and servers decode %2F before we see it: values end where the next qualifier begins.
            parts = "".join(rf"(?:/{_named(ai)}/(?P<a{ai}>.+?))?" for ai in sequence)
            pattern = re.compile(rf"{_named(key)}/(?P<a{key}>[^/]+){parts}", re.DOTALL)
            for name in (key, *_WORDS.get(key, ())):
                found.setdefault(name, []).append(pattern)
    return found


def asked_of_path(path: str, query: str = "") -> Asked:
    """What a decoded request path such as "01/09506000134352/21/1234" asks about, with the AIs of the raw query checked as well.

    Raises codes.CodeError.
    """
    name = path.partition("/")[0].lower()
    found = next((match for one in _patterns().get(name, ()) if (match := one.fullmatch(path))), None)
    values = [(ai[1:], value) for ai, value in (found.groupdict() if found else {}).items() if value]
    for ai, value in values:
        _refuse_swallowed(name, ai, value)
    link = "/".join(f"{ai}/{quote(value, safe='')}" for ai, value in values) if found else path
    # Only what is named by digits can be an AI; other parameters are other people's, in whatever characters.
    attributes = "&".join(part for part in re.split("[&;]", query) if _is_digits(part.partition("=")[0]))
    read = codes.parse_digital_link(f"https://id.gs1.org/{link}" + (f"?{attributes}" if attributes else ""))
    ais = read.ais[: len(values) or None]
    code = gs1_keys.build(ais[0][0], dict(ais), path)
    return Asked(code, "/".join(f"{ai}/{gs1_keys.quote(value)}" for ai, value in ais), ais)


def _refuse_swallowed(key: str, ai: str, value: str) -> None:
    """Qualifiers in the wrong order look like a value with slashes, once %2F is decoded; such values are on no label."""
    sequences = gs1_ai.look_up(gs1_link.WORDS.get(key, key)).qualifiers or ()
    names = "|".join(_named(one) for sequence in sequences for one in sequence)
    if names and (found := re.search(rf"/({names})/", value)):
        raise codes.CodeError(
            "qualifier",
            f"({found[1]}) cannot stand behind ({ai}): the qualifiers have an order",
            f"({found[1]}) 不能放在 ({ai}) 之后：限定符有固定顺序",
        )


def _is_digits(name: str) -> bool:
    return name.isascii() and name.isdigit()


def asked_of_code(code: codes.Code) -> Asked:
    """The same of a GS1 code that was read elsewhere; only what is in its canonical value counts."""
    return Asked(code, code.value, tuple(gs1_keys.split(code).items()))


def page_path(code: codes.Code) -> str:
    """Where the public page of a code is: /i/01/… for a GS1 key, /i/<scheme>/<value> for all else."""
    return page_path_of_canonical(code.canonical)


def page_path_of_canonical(canonical: str) -> str:
    """The same from a canonical text, without parsing it."""
    scheme, _, value = canonical.partition(":")
    if scheme.startswith("gs1."):
        return "/i/" + value
    return f"/i/{quote(scheme, safe='')}/{quote(value, safe='')}"


def company_digits(ais: Sequence[tuple[str, str]] | Mapping[str, str]) -> str:
    """The digits of a GS1 key from where its company prefix begins; of a GTIN-14 without the indicator."""
    key, value = next(iter(dict(ais).items()))
    start = 0
    for part in gs1_ai.look_up(key).components:
        for rule in part.rules:
            if rule.startswith("gcp"):
                return value[start + int(rule[3:]) - 1 :]
        start += part.most
    return value
