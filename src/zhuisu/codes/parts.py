"""A code part by part, in the order it is written: each part with its name and what it means, in both languages.

The facts stand beside each scheme, as `about` in its SCHEMES; this module only cuts the value by them.
"""

from zhuisu.codes import gs1_parts
from zhuisu.codes.meanings import ASSIGNED
from zhuisu.codes.model import PERSONAL, About, Code, Field, Part, masked
from zhuisu.codes.reading import schemes

_UNKNOWN = About("identifier", "标识")


def about(scheme: str) -> About:
    """What people are told of a scheme; a plain answer for one that says nothing of itself."""
    if scheme.startswith("epc."):
        return gs1_parts.EPC
    known = schemes().get(scheme)
    return known.about if known and known.about else _UNKNOWN


def explain(code: Code) -> list[Part]:
    """The parts of a code in written order. Together their texts are its value, but for GS1 keys, whose parts are
    those of each application identifier, and for personal numbers, which are masked.

    >>> from zhuisu.codes import parse
    >>> [(part.text, part.name) for part in explain(parse("84765620001563394047"))][:2]
    [('8476562', 'drug identifier'), ('000156339', 'serial')]
    """
    layout = about(code.scheme).layout
    if callable(layout):
        return layout(code)
    return cut(code.value, layout, code) if layout else [_whole(code)]


def cut(text: str, layout: tuple[Field, ...], code: Code) -> list[Part]:
    """Cuts a text by a layout; a part that is empty is left out."""
    parts = []
    at = 0
    for field in layout:
        size = field.size(code) if callable(field.size) else field.size
        end = len(text) if size is None else at + size
        if piece := text[at:end]:
            said = field.means(piece, code) if field.means else ASSIGNED
            parts.append(Part(piece, field.name, field.name_zh, said.text, said.text_zh, said.ok))
        at = end
    return parts


def _whole(code: Code) -> Part:
    text = masked(code.value) if code.scheme in PERSONAL else code.value
    names = about(code.scheme)
    return Part(text, names.name, names.name_zh, ASSIGNED.text, ASSIGNED.text_zh, None)
