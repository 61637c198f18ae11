"""Names in a document: prefixes from @context or xmlns, CURIEs expanded, extension keys as '{namespace}local'."""

from __future__ import annotations

import re
from typing import Any

from .strictjson import Bad

# What the GS1 context of EPCIS 2.0 declares. It is known here and never fetched.
STANDARD: dict[str, str] = {
    "epcis": "https://ref.gs1.org/epcis/",
    "cbv": "https://ref.gs1.org/cbv/",
    "cbvmda": "urn:epcglobal:cbv:mda:",
    "gs1": "https://gs1.org/voc/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dcterms": "http://purl.org/dc/terms/",
}
_PREFIX = re.compile(r"[A-Za-z_][\w.-]*\Z").match
_LAST_SEPARATOR = re.compile(r"(.*[/#:])([^/#:]+)\Z", re.DOTALL).match
# XML declares the master data attributes of the CBV without the last colon, the JSON-LD context with it (CBV 2.0 §9).
_MDA = "urn:epcglobal:cbv:mda"
# Contexts of others are never fetched; their addresses are kept here, under the keyword that JSON-LD 1.1 has for it.
OUTSIDE = "@import"
_GS1_CONTEXT = re.compile(r"https?://(?:ref|id)\.gs1\.org/|https?://gs1\.github\.io/EPCIS/").match
# Schemes under which a key or a value is a whole URI even where no prefix of that name is declared.
_SCHEMES = frozenset({"urn", "http", "https", "tag", "geo", "did", "uuid", "mailto", "tel"})
# What a name in XML may have (Namespaces in XML 1.0, NCName), as far as lxml takes it.
_LETTERS = (
    r"A-Za-z_\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd"
)
_LOCAL = re.compile(rf"[{_LETTERS}][{_LETTERS}0-9.\-\u00b7\u0300-\u036f\u203f-\u2040]*\Z").match
# … and what it may not, with an underscore that would read as the beginning of such an escape.
_ESCAPED = re.compile(rf"[^{_LETTERS}0-9.\-\u00b7\u0300-\u036f\u203f-\u2040]|_(?=x[0-9A-F]{{4,6}}_)")
_ESCAPE = re.compile(r"_x([0-9A-F]{4,6})_")


def declared(context: Any, known: dict[str, str]) -> dict[str, str]:
    """The prefixes that an @context (a URI, an object, or a list of them) adds to `known`.

    The addresses of contexts other than GS1's stand under OUTSIDE, with blanks between them.
    Raises Bad: rule context for another form, context-prefix where two parts of it disagree.
    """
    found: dict[str, str] = {}
    outside = known.get(OUTSIDE, "").split()
    for part in context if isinstance(context, list) else [context]:
        if isinstance(part, str):
            _outside(part, outside)
            continue
        if not isinstance(part, dict):
            raise Bad("context")
        for prefix, meaning in part.items():
            namespace = meaning.get("@id") if isinstance(meaning, dict) else meaning
            if prefix == OUTSIDE and isinstance(namespace, str):
                for address in namespace.split():
                    _outside(address, outside)
            if not isinstance(namespace, str) or not _PREFIX(prefix) or prefix in _SCHEMES:
                continue  # a term with a type but no name of its own, or a keyword such as @vocab
            if found.setdefault(prefix, namespace) != namespace:
                raise Bad("context-prefix", value=prefix)
    return {**known, **found, **({OUTSIDE: " ".join(outside)} if outside else {})}


def _outside(address: str, into: list[str]) -> None:
    if ":" not in address or any(letter.isspace() for letter in address):
        raise Bad("context")
    if not _GS1_CONTEXT(address) and address not in into:
        into.append(address)


def xml_prefixes(known: dict[str, str], nsmap: dict[str | None, str]) -> dict[str, str]:
    """The prefixes of XML namespaces, for CURIEs in values; those of the schemas themselves say nothing."""
    own = {
        prefix: f"{_MDA}:" if namespace == _MDA else namespace
        for prefix, namespace in nsmap.items()
        if prefix and prefix not in _SCHEMES and not namespace.startswith("urn:epcglobal:epcis")
    }
    return {**known, **own}


def full_name(tag: str) -> str:
    """The name of an XML element or attribute as extension keys are written."""
    return tag.replace(f"{{{_MDA}}}", f"{{{_MDA}:}}", 1) if tag.startswith("{") else tag


def xml_name(name: str) -> str:
    """The local name of an element or attribute: a character that it may not have stands as _xHHHH_."""
    safe = _ESCAPED.sub(lambda found: f"_x{ord(found[0]):04X}_", name)
    return safe if _LOCAL(safe) else f"_x{ord(safe[0]):04X}_{safe[1:]}" if safe else "_"


def key_of(tag: str) -> str:
    """The key of an extension by its element or attribute, whose name may have been put so that XML takes it (xml_name)."""
    full = full_name(tag)
    if "_x" not in full:
        return full
    space, brace, local = full.rpartition("}")
    meant = _ESCAPE.sub(lambda found: chr(min(int(found[1], 16), 0x10FFFF)), local)
    if xml_name(meant) != local or (not brace and (":" in meant or meant.startswith("{"))):
        return full  # nobody escaped it: its own name
    return f"{space}{brace}{meant}"


def gather(into: dict[str, Any], name: str, value: Any) -> None:
    """Puts a value under its full name; a name that comes again (two prefixes, repeated elements) makes a list."""
    if name not in into:
        into[name] = value
    else:
        held = into[name]
        into[name] = [*(held if isinstance(held, list) else [held]), *(value if isinstance(value, list) else [value])]


def without_xmlns(value: Any, found: dict[str, str]) -> Any:
    """The value without the keys "@xmlns:prefix" that a rote conversion of XML leaves in JSON; `found` gets the prefixes."""
    if isinstance(value, dict):
        for name, one in value.items():
            if name.startswith("@xmlns:") and isinstance(one, str):
                found[name.removeprefix("@xmlns:")] = one
        return {name: without_xmlns(one, found) for name, one in value.items() if not name.startswith("@xmlns:")}
    return [without_xmlns(one, found) for one in value] if isinstance(value, list) else value


class Names:
    """The prefixes in force, and what they make of keys and values."""

    def __init__(self, context: dict[str, str]) -> None:
        self.context = context
        self._keys: dict[str, str] = {}

    def key(self, name: str) -> str:
        """An extension key in full; a name without colon stays. Raises Bad (rule undeclared-prefix)."""
        full = self._keys.get(name)
        if full is None:
            full = self._keys[name] = self._expand(name)
        return full

    def _expand(self, name: str) -> str:
        prefix, colon, local = name.partition(":")
        if not colon or name.startswith("{"):
            return name
        namespace = self.context.get(prefix)
        if namespace is not None and not local.startswith("//"):
            return full_name(f"{{{namespace}}}{local}")
        parts = _LAST_SEPARATOR(name)
        if parts and (prefix in _SCHEMES or local.startswith("//")):
            return f"{{{parts[1]}}}{parts[2]}"
        if OUTSIDE in self.context:
            # A context that we do not fetch may declare it. To JSON-LD a name whose prefix is unknown is a whole IRI.
            return f"{{{prefix}:}}{local}"
        raise Bad("undeclared-prefix", name=name)

    def uri(self, text: str) -> str:
        """A CURIE with a declared prefix in full; anything else untouched."""
        if text.startswith(("urn:", "http")):  # nearly all are; these are never prefixes
            return text
        prefix, colon, local = text.partition(":")
        if colon and prefix in self.context and not local.startswith("//"):
            return self.context[prefix] + local
        return text

    def expanded(self, value: Any) -> Any:
        """Anything, with the names inside in full. Raises Bad (rule undeclared-prefix)."""
        if isinstance(value, dict):
            found: dict[str, Any] = {}
            for name, one in value.items():
                gather(found, self.key(name), self.expanded(one))
            return found
        if isinstance(value, list):
            return [self.expanded(one) for one in value]
        return value
