r"""种子标签二维码, the label on the smallest sales pack of seed: four lines of text.

Layout: 品种名称, 生产经营者名称 or 进口商名称, 单元识别代码, 追溯网址, in this order, each "name：value". No check digit.
Source: 农作物种子标签二维码编码规则 (2016-09-18), art. 4. That the firm's unit code has up to twenty digits or letters is
memory (0.8): another one is a warning. The operator's name and its unit code are the key, as <operator>/<unit code>.

>>> code = parse("品种名称：甲\r\n生产经营者名称：某种业\r\n单元识别代码：A1\r\n追溯网址：https://example.com/A1")
>>> code.canonical, parse(code.value).parsed
('cn.seed_qr:某种业/A1', {'operator': '某种业', 'unit_code': 'A1'})
"""

import re
from urllib.parse import unquote

from zhuisu.codes.forms import FULL_WIDTH, doubt
from zhuisu.codes.model import About, Code, CodeError, Level, Part, Scheme

_LINES = (
    ("variety", ("品种名称",)),
    ("operator", ("生产经营者名称", "进口商名称")),
    ("unit_code", ("单元识别代码",)),
    ("trace", ("追溯网址",)),
)
_COLON = re.compile("[:：]")
_UNIT = re.compile("[0-9A-Za-z]{1,20}")
# Stand in no part of the key as they are, so that it has one form and no web address looks like one.
_ESCAPED = re.compile(r"[%/:：\s]")


def _escape(part: str) -> str:
    return _ESCAPED.sub(lambda sign: "".join(f"%{byte:02X}" for byte in sign[0].encode()), part)


def parse(text: str) -> Code:
    """Reads the four lines, or the key; raises CodeError with rule "lines" or "form"."""
    lines = re.split(r"\r\n|\r|\n", text.strip())
    if len(lines) == 1:
        return _from_key(text)
    if len(lines) != len(_LINES):
        raise CodeError("lines", f"{len(lines)} lines, should be four", f"有 {len(lines)} 行，应为四行")
    parsed = {}
    for line, (name, labels) in zip(lines, _LINES, strict=True):
        label, _, value = _COLON.sub("：", line, count=1).partition("：")
        if label.strip() not in labels or not value.strip():
            wanted = "/".join(labels)
            raise CodeError("lines", f"a line should be {wanted}：…", f"此行应为“{wanted}：…”")
        parsed[name] = value.strip()
    return _code(parsed, text)


def _from_key(text: str) -> Code:
    operator, slash, unit = text.partition("/")
    parsed = {"operator": unquote(operator), "unit_code": unquote(unit)}
    if not slash or not operator or not unit or f"{_escape(parsed['operator'])}/{_escape(parsed['unit_code'])}" != text:
        raise CodeError("lines", "one line, should be four", "只有一行，应为四行")
    return _code(parsed, text)


def _code(parsed: dict[str, str], text: str) -> Code:
    if not (parsed["operator"] + parsed["unit_code"]).isprintable():
        raise CodeError("characters", "a character that cannot be printed", "含有不可打印的字符")
    # Half-width in the key: whether a firm's brackets are typed full-width must not make another thing of it.
    names = (parsed["operator"], parsed["unit_code"])
    value = "/".join(_escape(name.translate(FULL_WIDTH)) for name in names)
    code = Code("cn.seed_qr", value, Level.INSTANCE, parsed, text)
    if _UNIT.fullmatch(parsed["unit_code"]):
        return code
    return doubt(
        code, "characters", "a unit code has up to twenty digits or letters", "单元识别代码应为不超过二十位的数字或字母"
    )


def likely(code: Code) -> bool | None:
    """A bare text is a label only if it has the four lines; a key must be named."""
    return True if "trace" in code.parsed else None


# name: names of the part, what it means
_SAID = {
    "variety": ("variety", "品种名称", "the first of the four lines of a seed label", "种子标签四行之首"),
    "operator": (
        "producer, dealer or importer",
        "生产经营者或进口商",
        "who answers for the seed",
        "对种子质量负责的主体",
    ),
    "unit_code": ("unit code", "单元识别代码", "the firm's own, not repeated", "企业自编，不重复"),
    "trace": ("trace address", "追溯网址", "the firm's page of this pack", "企业的追溯页面"),
}


def layout(code: Code) -> list[Part]:
    """The lines of the label; of a key alone its two parts."""
    doubtful = code.parsed.get("warning_rule") == "characters"
    parts = []
    if "trace" not in code.parsed:
        operator, _, unit = code.value.partition("/")
        texts = {"operator": operator + "/", "unit_code": unit}
    else:
        texts = {name: code.parsed[name] for name in _SAID}
    for name, text in texts.items():
        said = _SAID[name]
        if name == "unit_code" and doubtful:
            said = (*said[:2], code.parsed["warning"], code.parsed["warning_zh"])
        # Its other lines can only be as many and in this order, or it would not have been read.
        ok = False if name == "unit_code" and doubtful else True if name == "variety" else None
        parts.append(Part(text, *said, ok))
    return parts


ABOUT = About(
    "seed label",
    "种子标签二维码",
    layout,
    evidence="memory",
    where="in the QR code on a pack of seed",
    where_zh="种子标签的二维码中",
)
SCHEMES = (Scheme("cn.seed_qr", Level.INSTANCE, parse, 4, likely=likely, about=ABOUT),)
