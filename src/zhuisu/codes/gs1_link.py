"""GS1 Digital Link URIs: a web address that carries application identifiers, read and written.

Any host and any path before the key are accepted. Compressed links are written in full first (gs1_compressed.py).
Source: GS1 Digital Link Standard: URI Syntax 1.4 (ISO/IEC 18975).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from zhuisu.codes import gs1_ai, gs1_keys
from zhuisu.codes.model import MAX_LENGTH, Code, CodeError

# What RFC 3986 allows in a URI, and the letters that RFC 3987 adds; all else is an unescaped character.
_UCS = "\u00a0-\ud7ff\uf900-\ufdcf\ufdf0-\uffef\U00010000-\U000effff"
_SHAPE = re.compile(
    rf"(https?)://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~%{_UCS}-]+)(:[0-9]{{0,5}})?"
    rf"(/[A-Za-z0-9._~:/@!$&'()*+,;=%{_UCS}-]*)?"
    rf"(?:\?([A-Za-z0-9._~:/?@!$&'()*+,;=%\[\]{_UCS}-]*))?(?:#.*)?",
    re.IGNORECASE,
)
# Words of Digital Link 1.0 and 1.1; the standard has dropped them, printed labels have not. Read, never written.
WORDS = {
    "sscc": "00", "gtin": "01", "itip": "8006", "gmn": "8013", "cpid": "8010", "gln": "414", "payto": "415", "party": "417",
    "gsrnp": "8017", "gsrn": "8018", "gcn": "255", "gdti": "253", "ginc": "401", "gsin": "402", "grai": "8003", "giai": "8004",
    "cpv": "22", "lot": "10", "ser": "21", "cpsn": "8011", "glnx": "254", "refno": "8020", "srin": "8019",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DigitalLink:
    """What a Digital Link says: where it points, its AIs in order (the primary key first), and other parameters."""

    domain: str
    ais: tuple[tuple[str, str], ...]
    ignored: tuple[str, ...]


def _error(rule: str, message: str, message_zh: str) -> CodeError:
    return CodeError(rule, message, message_zh)


def _key_at(segments: Sequence[str]) -> int | None:
    """Where the rightmost primary key stands, in steps of two from the end."""
    for i in range(len(segments) - 2, -1, -2):
        if WORDS.get(segments[i].lower(), segments[i]) in gs1_keys.FORMS:
            return i
    return None


def _pad(ai: str, value: str) -> str:
    if ai in ("01", "02") and len(value) in (8, 12, 13) and value.isdigit():
        return value.zfill(14)
    return value


def parse_digital_link(uri: str) -> DigitalLink:
    """Reads a Digital Link in full: path and query, every value checked.

    Raises CodeError with rule "link" (no such URI), "no-key", "qualifier", "attribute", "repeated",
    or the rule that a value breaks.

    >>> parse_digital_link("https://example.com/shop/01/09506000134352/10/L1?17=271231").ais
    (('01', '09506000134352'), ('10', 'L1'), ('17', '271231'))
    """
    found = _SHAPE.fullmatch(uri) if len(uri) <= MAX_LENGTH else None
    if found is None:
        raise _error("link", "not a web address that can be a Digital Link", "不是可作为 Digital Link 的网址")
    scheme, host, port, path, query = found.groups()
    before, ais = _path_ais(path or "")
    ignored: list[str] = []
    if query:
        ais += _attributes([ai for ai, _ in ais], query, ignored)
    for ai, value in ais:
        gs1_ai.check_value(ai, value)
    stem = "".join("/" + segment for segment in before)
    return DigitalLink(f"{scheme.lower()}://{host.lower()}{port or ''}{stem}", tuple(ais), tuple(ignored))


def _path_ais(path: str) -> tuple[list[str], list[tuple[str, str]]]:
    """The segments before the key, and the AIs of the path, their values not yet checked."""
    segments = path.split("/")[1:]
    at = _key_at(segments)
    if at is None:
        raise _error(
            "no-key",
            "no GS1 key in the path",
            "路径中没有 GS1 标识主键",
        )
    names = [WORDS.get(name.lower(), name) for name in segments[at::2]]
    _check_order(names)
    values = (gs1_keys.unquote(value) for value in segments[at + 1 :: 2])
    return segments[:at], [(ai, _pad(ai, value)) for ai, value in zip(names, values, strict=True)]


def unchecked_link(uri: str, stem: str) -> str:
    """The canonical Digital Link under `stem` of a link whose values have the right form but are wrong in content, such
    as in a check digit; any other text untouched.
    """
    found = _SHAPE.fullmatch(uri) if len(uri) <= MAX_LENGTH else None
    try:
        ais = _path_ais(found[4] or "")[1] if found else []
    except CodeError:
        return uri
    if not all(gs1_ai.look_up(ai).pattern.fullmatch(value) for ai, value in ais):
        return uri
    return stem + gs1_keys.build(ais[0][0], dict(ais), uri).value if ais else uri


def _sequences(key: str) -> tuple[tuple[str, ...], ...]:
    return gs1_ai.look_up(key).qualifiers or ((),)


def _fits(names: Sequence[str], sequence: Sequence[str]) -> bool:
    """Whether the names stand in the sequence, in its order, each once."""
    rest = iter(sequence)
    return all(name in rest for name in names)


def _check_order(names: Sequence[str]) -> None:
    if not any(_fits(names[1:], sequence) for sequence in _sequences(names[0])):
        raise _error(
            "qualifier",
            f"({names[0]}) cannot be qualified by {', '.join(names[1:])} in this order",
            f"({names[0]}) 后不能依次使用限定符 {'、'.join(names[1:])}",
        )


def _attributes(path: Sequence[str], query: str, ignored: list[str]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    seen = set(path)
    for part in re.split("[&;]", query):
        name, equals, value = part.partition("=")
        if not part or not equals or not (name.isascii() and name.isdigit()):
            if part:
                ignored.append(part)
            continue
        entry = gs1_ai.look_up(name)
        if name in seen:
            raise _error("repeated", f"({name}) stands twice", f"({name}) 重复出现")
        # A qualifier that the path could hold must stand in the path (URI Syntax 1.4, section 4).
        in_path = any(_fits(path[1:], one) and _could_add(path[1:], name, one) for one in _sequences(path[0]))
        if not entry.attribute or in_path:
            raise _error("attribute", f"({name}) may not stand in the query", f"({name}) 不能放在查询部分")
        seen.add(name)
        found.append((name, _pad(name, gs1_keys.unquote(value, query=True))))
    return found


def _could_add(names: Sequence[str], name: str, sequence: Sequence[str]) -> bool:
    return name in sequence and name not in names


def from_link(uri: str) -> Code:
    """The code that a Digital Link names."""
    link = parse_digital_link(uri)
    return gs1_keys.build(link.ais[0][0], dict(link.ais), uri)


def looks_like_link(uri: str) -> bool:
    """Whether a web address holds a GS1 key and a value of its shape: then it must be a correct Digital Link."""
    found = _SHAPE.fullmatch(uri)
    if uri[:40].lower().partition("://")[2].startswith("id.gs1.org/"):
        return True
    if found is None:
        return False
    segments = (found[4] or "").split("/")[1:]
    at = _key_at(segments)
    if at is None:
        return False
    ai = WORDS.get(segments[at].lower(), segments[at])
    value = _pad(ai, gs1_keys.unquote(segments[at + 1]))
    # Every key begins with a company prefix; "/401/abc" is somebody's own path.
    shaped = value[:4].isdigit() and gs1_ai.look_up(ai).pattern.fullmatch(value) is not None
    return shaped and (ai == segments[at] or _correct(ai, value))


def _correct(ai: str, value: str) -> bool:
    """Whether the value is right: "/party/1234567890123" with a wrong check digit is no GLN but a private path."""
    try:
        gs1_ai.check_value(ai, value)
    except CodeError:
        return False
    return True


def write_link(ais: Iterable[tuple[str, str]], domain: str = "https://id.gs1.org") -> str:
    """Writes a checked AI message as a Digital Link: key and qualifiers in the path, the rest as attributes.

    The first primary key of the message is the key. Among attributes those of predefined length come first,
    as in a symbol. Raises CodeError where an AI can stand neither in the path nor in the query.
    """
    values: dict[str, str] = {}
    for ai, value in ais:
        gs1_ai.check_value(ai, value)
        if values.setdefault(ai, value) != value:
            raise _error("repeated", f"({ai}) stands twice with different values", f"({ai}) 重复且取值不同")
    key = next((ai for ai in values if ai in gs1_keys.FORMS), None)
    if key is None:
        raise _error("no-key", "the message names nothing: no primary key in it", "数据中没有标识主键")
    sequence = max(_sequences(key), key=lambda one: sum(ai in values for ai in one))
    path = [key, *(ai for ai in sequence if ai in values)]
    rest = sorted((ai for ai in values if ai not in path), key=lambda ai: not gs1_ai.look_up(ai).predefined)
    for ai in rest:
        if not gs1_ai.look_up(ai).attribute:
            raise _error("attribute", f"({ai}) cannot stand in a Digital Link here", f"({ai}) 不能用于此 Digital Link")
    link = domain.rstrip("/") + "".join(f"/{ai}/{gs1_keys.quote(values[ai])}" for ai in path)
    return link + ("?" if rest else "") + "&".join(f"{ai}={gs1_keys.quote(values[ai], query=True)}" for ai in rest)
