"""What the event reader and the hash need from the code schemes: is it well formed, what level, its Digital Link."""

from __future__ import annotations

from zhuisu import codes
from zhuisu.codes import Code, CodeError, Level

__all__ = ["Code", "CodeError", "Level", "code_of", "link_of"]

_ID = "https://id.gs1.org/"


code_of = codes.parse_epc  # the code that a URI of an event stands for; raises CodeError for a GS1 key that is wrong


def link_of(text: str) -> str:
    """The canonical Digital Link of a GS1 key, any other URI untouched (CBV 2.0 §8.9 step on identifiers)."""
    try:
        code = codes.parse_epc(text)
    except CodeError:
        # A wrong check digit: the hash of a published event must not depend on our opinion of its keys.
        return codes.unchecked_link(text, _ID)
    return _ID + code.value if code.scheme.startswith("gs1.") else text
