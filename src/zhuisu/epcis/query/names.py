"""Names of extension fields in queries and events, brought to one spelling; keys of identifiers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..keys import CodeError, code_of
from ..names import STANDARD
from .model import Field

_SCHEMES = ("http", "https", "urn", "tag", "did", "uuid")
_SEPARATORS = "/#:"


def key_of(text: str) -> str:
    """The one text of an identifier, whichever of its forms was written; another text is its own."""
    if ":" not in text:
        return text
    try:
        return code_of(text).canonical
    except CodeError:
        return f"uri:{text}"


def spelled(namespace: str, local: str) -> str:
    """A field's full name. A namespace without a separator at its end gets the # of EPCIS 1.2 §8.2.7.1 (EQ_fieldname)."""
    return namespace + local if namespace.endswith(tuple(_SEPARATORS)) else f"{namespace}#{local}"


def iri_of(key: str) -> str:
    """The full name of an extension key as events hold it: {namespace}local."""
    namespace, _, local = key[1:].partition("}") if key.startswith("{") else ("", "", key)
    return spelled(namespace, local) if namespace else local


def tail(name: str) -> str:
    """What stands behind the last separator of a name: the same for a full name and for any prefix."""
    return name[max(name.rfind(mark) for mark in _SEPARATORS) + 1 :]


def field_of(text: str, prefixes: Mapping[str, str]) -> Field | None:
    """The field that a parameter names; None where the text is no qualified name."""
    prefix, colon, local = text.partition(":")
    if not colon or not prefix or not local:
        return None
    namespace = prefixes.get(prefix) or STANDARD.get(prefix)
    if namespace is not None and not local.startswith("//"):
        return Field(spelled(namespace, local))
    if prefix in _SCHEMES or local.startswith("//"):
        return Field(text)
    return Field(None, prefix, local)


def is_field(wanted: Field, key: str, context: Mapping[str, str]) -> bool:
    """Whether an event's extension key is the field, in the light of the prefixes in force for that event."""
    if wanted.iri is not None:
        return iri_of(key) == wanted.iri
    namespace = context.get(wanted.prefix)
    return namespace is not None and iri_of(key) == spelled(namespace, wanted.local)


def leaves(value: Any) -> Iterator[Any]:
    """The single values of a field: of a list each, of an object with @value that; other objects have none."""
    if isinstance(value, list):
        for one in value:
            yield from leaves(one)
    elif isinstance(value, dict):
        if "@value" in value:
            yield value["@value"]
    elif value is not None:
        yield value


def inside(value: Any) -> Iterator[tuple[str, Any]]:
    """Every (key, value) nested in a field, at any depth."""
    if isinstance(value, list):
        for one in value:
            yield from inside(one)
    elif isinstance(value, dict):
        for key, one in value.items():
            yield key, one
            yield from inside(one)
