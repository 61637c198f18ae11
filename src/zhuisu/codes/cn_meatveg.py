"""肉菜流通追溯 codes of SB/T 10680-2012: the node (9 digits), the operator at it (13), the trade (20).

Layout: 6 division (GB/T 2260), 3 node; 4 operator (0000: the node's own); 7 flow number. No check digit: none of the
known rules fits published codes. Source: public code and published numbers, two independent ones; the standard's text
was not read. The division is not looked up, for some nodes stand in zones that GB/T 2260 does not have.

A trace code counts a subject's trades (it is the transaction number of the city platforms), and whatever was sold in
one trade, a half-carcass or a ton of potatoes, carries it: a lot, not an item.

>>> parse_trace("37060000400010000003").parsed["flow"]
'0000003'
>>> parse_subject("2201220010000").parsed["operator_seq"]
'0000'
"""

from zhuisu.codes import cn_division, forms
from zhuisu.codes.model import Code, Level, Scheme


def parse_node(text: str) -> Code:
    """Reads a 节点码; raises CodeError with rule "length" or "characters"."""
    number = forms.digits(text, 9)
    return Code("cn.meatveg_node9", number, Level.PLACE, {"division": number[:6], "node_seq": number[6:]}, text)


def parse_subject(text: str) -> Code:
    """Reads a 主体码; raises CodeError with rule "length" or "characters"."""
    number = forms.digits(text, 13)
    parsed = {"node": number[:9], "division": number[:6], "node_seq": number[6:9], "operator_seq": number[9:]}
    return Code("cn.meatveg_subject13", number, Level.PARTY, parsed, text)


def parse_trace(text: str) -> Code:
    """Reads a 追溯码; raises CodeError with rule "length" or "characters"."""
    number = forms.digits(text, 20)
    parsed = {"subject": number[:13], "node": number[:9], "division": number[:6]}
    parsed |= {"operator_seq": number[9:13], "flow": number[13:]}
    return Code("cn.meatveg_trace20", number, Level.LOT, parsed, text)


def likely(code: Code) -> bool | None:
    """A number that begins with a division may well be one; what begins with a province at least can be a trace code."""
    if cn_division.known(code.parsed["division"]):
        return True
    return False if len(code.value) == 20 and cn_division.province(code.value) else None


SCHEMES = (
    Scheme("cn.meatveg_node9", Level.PLACE, parse_node, 62, likely=likely),
    Scheme("cn.meatveg_subject13", Level.PARTY, parse_subject, 50, likely=likely),
    Scheme("cn.meatveg_trace20", Level.LOT, parse_trace, 41, likely=likely),
)
