"""How the desk's pages say numbers and names."""

from collections.abc import Mapping
from typing import Any

from django import template

from zhuisu.registry.models import Act
from zhuisu.web import words
from zhuisu.workspace.codes.reads import DEEDS

register = template.Library()


@register.filter
def grouped(number: int) -> str:
    """12,000 for 12000."""
    return words.number(number)


@register.filter
def deed(act: Act) -> str:
    """What an entry of the issue log did."""
    return str(DEEDS.get(act.verb) or act.get_verb_display())


@register.filter
def item(mapping: Mapping[str, Any], key: str) -> Any:
    """The value of a key that the template only knows as a variable."""
    return mapping[key]


@register.filter
def said(thing: Any, name: str) -> str:
    """A field of a master data row in the reader's language."""
    return words.said(thing, name)
