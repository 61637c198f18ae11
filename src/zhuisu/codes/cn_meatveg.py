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

from zhuisu.codes import cn_division, forms, meanings
from zhuisu.codes.model import About, Code, Field, Level, Scheme


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


_OPERATORS = {"0000": ("the node's own operator", "节点自身的经营主体")}
_NODE = (
    Field("division", "行政区划", 6, meanings.division),
    Field(
        "node",
        "节点顺序号",
        3,
        meanings.note(
            "a market, slaughterhouse or shop; the city's register knows it", "市场、屠宰厂或门店，由城市平台登记"
        ),
    ),
)
_OPERATOR = Field(
    "operator",
    "经营者顺序号",
    4,
    lambda text, code: meanings.one_of(_OPERATORS)(text, code) if text in _OPERATORS else meanings.ASSIGNED,
)
_FLOW = Field("flow number", "流水号", 7, meanings.note("counts the trades of this operator", "该主体的交易流水"))
_NODE_ABOUT = About(
    "meat and vegetable node code",
    "肉菜流通节点码",
    _NODE,
    where="as the number of a market, slaughterhouse or shop (节点码)",
    where_zh="作为市场、屠宰厂、门店等的“节点码”",
    labels=("节点码", "节点编码"),
)
_SUBJECT_ABOUT = About(
    "meat and vegetable operator code",
    "肉菜流通主体码",
    (*_NODE, _OPERATOR),
    where="as the number of a trader (主体码, 经营者编码)",
    where_zh="作为经营者的“主体码”",
    labels=("主体码", "主体编码"),
)
_TRACE_ABOUT = About(
    "meat and vegetable trace code",
    "肉菜追溯码",
    (*_NODE, _OPERATOR, _FLOW),
    where="on a market's receipt or a shop's ticket (追溯码, 交易凭证号)",
    where_zh="市场交易凭证或零售小票的“追溯码”处",
    labels=("肉菜追溯码", "肉类追溯码", "蔬菜追溯码", "交易凭证号"),
)
SCHEMES = (
    Scheme("cn.meatveg_node9", Level.PLACE, parse_node, 62, likely=likely, about=_NODE_ABOUT),
    Scheme("cn.meatveg_subject13", Level.PARTY, parse_subject, 50, likely=likely, about=_SUBJECT_ABOUT),
    Scheme("cn.meatveg_trace20", Level.LOT, parse_trace, 41, likely=likely, about=_TRACE_ABOUT),
)
