"""What the event reader and the hash need from the code schemes: is it well formed, what level, its Digital Link."""

from __future__ import annotations

import re

from zhuisu import codes
from zhuisu.codes import Code, CodeError, Level

__all__ = ["Code", "CodeError", "Level", "code_of", "link_of"]

_ID = "https://id.gs1.org/"
# Where a key with a wrong check digit begins: the hash of a published event must not depend on our opinion of its keys.
_KEY_PATH = re.compile(
    r"https?://[^/?#]+(?:/[^/?#]+)*?/((?:00|01|253|255|401|402|414|417|8003|8004|8006|8010|8013|8017|8018)/[^?#]+)"
).match


def code_of(text: str) -> Code:
    """The code that a URI of an event stands for; raises CodeError for a GS1 key that is wrong."""
    return codes.parse_epc(text)


def link_of(text: str) -> str:
    """The canonical Digital Link of a GS1 key, any other URI untouched (CBV 2.0 §8.9 step on identifiers)."""
    try:
        code = codes.parse_epc(text)
    except CodeError:
        found = _KEY_PATH(text)
        return _ID + found[1] if found else text
    return _ID + code.value if code.scheme.startswith("gs1.") else text
