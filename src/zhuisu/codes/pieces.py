"""Cuts a web address, or a label that was copied as text, into pieces that may be codes, each with the words before it.

The words decide what a piece can be: 药品追溯码 names a scheme (About.labels), 追溯码 or ?code= promises some code,
批号 or ?ts= says that it is none.
"""

import re
from dataclasses import dataclass
from functools import cache
from urllib.parse import unquote, urlsplit

from zhuisu.codes.model import PERSONAL
from zhuisu.codes.reading import schemes

# Pieces of one text that are tried: a full label has about twenty.
MAX_PIECES = 64
CODE, OTHER, UNNAMED = "code", "other", ""

# Bounded repeats only: the time grows with the length of the text, not with its square.
_URL = re.compile(r"https?://[^\s<>\"'“”‘’，。；、（）【】《》]+", re.IGNORECASE)
_LABEL = re.compile(r"([^\s:：,，;；|。=]{1,24})\s{0,3}[:：=]")
_BREAKS = re.compile(r"[\s,，;；、|。\"'“”‘’<>《》【】{}]+")
_RUN = re.compile(r"[0-9A-Za-z(][!-~]*")
_GROUPS = re.compile(
    r"(?<![0-9A-Za-z])(?:[0-9]{1,8}(?:[ \-][0-9]{1,8}){1,12}|[0-9A-Za-z]{4}(?:[ \-][0-9A-Za-z]{4}){3})(?![0-9A-Za-z])"
)
_APPROVAL = re.compile(r"国药准字\s?[A-Za-z]{1,2}[0-9]{8}")

_NO_CODE = re.compile(
    "批号|批次|日期|时间|电话|手机|传真|邮编|邮政编码|号码|密码|验证码|价格|单价|金额|数量|含量|重量|规格|保质期|有效期"
    "|车牌|身份证|身份号|标准|地址|温度|账号|微信|订单|年龄|产地|名称"
)
_NO_CODE_NAMES = frozenset({
    "t", "ts", "_t", "_", "time", "timestamp", "date", "lot", "batch", "tel", "phone", "mobile", "fax", "sign", "sig", "signature",
    "token", "price", "qty", "weight", "exp", "mfg", "appid", "openid", "version", "ver", "v", "rand", "random", "nonce", "r", "zip",
    "page", "size", "lang", "from", "lat", "lng", "lon", "port", "width", "height",
})  # fmt: skip
_CODE_WORDS = re.compile("码|编号|标识|追溯|溯源|code|trace|barcode|serial", re.IGNORECASE)
_CODE_NAMES = frozenset({
    "c", "q", "k", "s", "n", "p", "id", "no", "num", "number", "key", "qr", "sn", "uid", "data", "text", "content", "value", "search", "query", "gln", "gs1",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a text; its label, the scheme that the label names ("" where none), and what the label promises."""

    text: str
    label: str
    scheme: str
    kind: str


@cache
def _words() -> dict[str, str]:
    """The words that name a scheme; the longest first, for 药品追溯码 is more than 追溯码."""
    words = {word: name for name, scheme in schemes().items() if scheme.about for word in scheme.about.labels}
    return dict(sorted(words.items(), key=lambda pair: -len(pair[0])))


def piece(text: str, label: str) -> Piece:
    """A piece with what its label says.

    >>> piece("1", "药品追溯码").scheme, piece("1", "追溯码").kind, piece("1", "产品批号").kind
    ('cn.drug_trace_msfx', 'code', 'other')
    """
    word = re.sub(r"[\s\-.（）()\"'{}\[\]“”]", "", label).lower()
    for name, scheme in _words().items():
        if word == name or (not name.isascii() and name in word) or (name.isascii() and len(name) > 4 and name in word):
            return Piece(text.strip(), label, scheme, CODE)
    if word in _NO_CODE_NAMES or _NO_CODE.search(word):
        return Piece(text.strip(), label, "", OTHER)
    if word in _CODE_NAMES or _CODE_WORDS.search(word):
        return Piece(text.strip(), label, "", CODE)
    return Piece(text.strip(), label, "", UNNAMED)


def of_address(url: str) -> list[Piece]:
    """The values of the query and the segments of the path, also of a fragment that looks like one."""
    try:
        split = urlsplit(url)
    except ValueError:
        return []
    pieces: list[Piece] = []
    fragment, _, inner = split.fragment.partition("?")
    for query in (split.query, inner):
        for pair in query.split("&")[:MAX_PIECES]:
            name, equals, value = pair.partition("=")
            if value := unquote(value if equals else name):
                pieces.append(piece(value, name if equals else ""))
    for path in (split.path, fragment):
        segments = [unquote(segment) for segment in path.split("/")][:MAX_PIECES]
        for at, segment in enumerate(segments):
            before = segments[at - 1] if at else ""
            if before in schemes() and before not in PERSONAL:
                pieces.append(Piece("/".join(segments[at:]), before, before, CODE))
                break
            if segment:
                pieces.append(piece(segment, before if not before.isdigit() else ""))
    return pieces[:MAX_PIECES]


def of_text(text: str) -> list[Piece]:
    """The web addresses of a text, what stands behind its labels, and its longer words."""
    pieces = [piece(found[0], "") for found in _URL.finditer(text)]
    pieces += [piece(found[0], "批准文号") for found in _APPROVAL.finditer(text)]
    for line in re.split(r"[\r\n]+", _URL.sub(" ", text)):
        marks = list(_LABEL.finditer(line))
        ends = [*(mark.start() for mark in marks[1:]), len(line)] if marks else []
        head = line[: marks[0].start()] if marks else line
        pieces += _tokens(head, "")
        for mark, end in zip(marks, ends, strict=True):
            pieces += _tokens(line[mark.end() : end], mark[1])
    return pieces[:MAX_PIECES]


def _tokens(text: str, label: str) -> list[Piece]:
    """The text itself if it has a label; its groups of digits; its words; the plain letters and digits within a word."""
    text = text.strip()
    if not text:
        return []
    pieces = [piece(text, label)] if label else []
    pieces += [piece(found[0], label) for found in _GROUPS.finditer(text)]
    for word in _BREAKS.split(text):
        if word and word != text:
            pieces.append(piece(word, label))
        for run in _RUN.finditer(word):
            # Stars stand around Code 39; a full stop or a bracket ends the sentence, not the code.
            core = run[0].rstrip("*.!?~")
            core = core if "(" in core else core.rstrip(")")
            if core != word:
                pieces.append(piece(core, word[: run.start()].lstrip("*(")[-24:] or label))
    return pieces if label else pieces or [piece(text, "")]
