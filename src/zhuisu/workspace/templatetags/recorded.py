"""How the pages of records say what a profile says."""

from typing import Any

from django import template

from zhuisu.profiles.model import Basis, Words
from zhuisu.web import words
from zhuisu.web.sector_words import MORE_UNITS
from zhuisu.workspace.records.advice import advice
from zhuisu.workspace.records.reads import typed
from zhuisu.workspace.records.said import told

register = template.Library()
register.filter("told", told)
register.filter("advice", advice)
register.filter("typed", typed)


@register.filter
def article(basis: Basis | Words | None) -> str:
    """Law and article, in the reader's language."""
    return told(basis.cited() if isinstance(basis, Basis) else basis)


@register.filter
def unit(code: str) -> str:
    """A unit as people write it."""
    return str(MORE_UNITS.get(code) or words.unit(code))


@register.filter
def at(mapping: Any, key: Any) -> Any:
    """What a mapping holds under a key that the template only knows as a variable; nothing where it holds nothing."""
    return mapping.get(key, "")
