"""Check a code: what a text can be, and the code part by part. Pure: whether such a code exists is not asked here."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from zhuisu import codes, labels
from zhuisu.codes import zs_unit
from zhuisu.codes.model import MAX_LENGTH, PERSONAL
from zhuisu.codes.parts import about
from zhuisu.codes.recognition import hidden, persons
from zhuisu.portal.addresses import address_of
from zhuisu.web import words

MOST_READINGS = 8  # of one text on the page: a person compares no more
LINK_LENGTH = 1500  # characters of an address that can be passed on; a longer text is answered where it was sent
MOST_GUESSES = 5  # schemes named for a text that is wrong in all of them
LEVELS = {
    codes.Level.INSTANCE: _("单品：这一件独有"),
    codes.Level.LOT: _("批次：同一批共用"),
    codes.Level.CLASS: _("品种：同一种产品共用"),
    codes.Level.PACKAGE: _("包装或物流单元"),
    codes.Level.ASSET: _("资产或容器"),
    codes.Level.PLACE: _("位置"),
    codes.Level.PARTY: _("主体：企业、机构或个人"),
    codes.Level.PROCESS: _("过程"),
    codes.Level.OTHER: _("其他"),
}
EVIDENCE = {
    "standard": _("依据公开标准"),
    "empirical": _("由公开样本反推，未见标准原文"),
    "memory": _("未见公开依据，只作提示"),
}


@dataclass(frozen=True, slots=True)
class Segment:
    """A part as it is drawn: its text, its name and its meaning; tone "ok", "bad" or nothing; one of the page's colours."""

    text: str
    name: str
    meaning: str
    tone: str
    colour: int


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write a code."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One reading of the text, as the page shows it."""

    title: str
    text: str
    reason: str
    level: str
    segments: list[Segment]
    verdict: str  # ok, warn, bad or none
    said: str
    rule: str
    evidence: str
    forms: list[Form]
    link: str
    symbol: SafeString
    address: str


# Nothing is changed and nobody needs to be known: a token would only put a cookie on a stranger's machine.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """The box, and every reading of what stands in it. What is typed is sent by POST, so that it stands in no log."""
    typed = (request.POST if request.method == "POST" else request.GET).get("q", "").strip()
    context = {"typed": typed, "longest": MAX_LENGTH}
    if not typed:
        error = now("请先输入或扫描一个码。") if request.method == "POST" else ""
        return _page(request, context | {"error": error}, status=422 if error else 200)
    if len(typed) > MAX_LENGTH:
        return _page(request, context | {"error": now("太长了：一次最多 2,048 个字符。"), "typed": ""}, status=422)
    people = persons(typed)
    if people:  # nothing else is read from such a text, and the box does not give back in full what is masked
        context["typed"] = hidden(typed)
        request.GET = QueryDict()  # the language link repeats the address
    said = "its form and its check character", "形式与校验码相符"
    found = [codes.Reading(one, *said) for one in people] or codes.readings(typed)
    if not found:
        return _page(request, context | {"error": _why_not(typed), "guesses": guesses(typed)}, status=422)
    address = f"/check?{urlencode({'q': typed})}"
    if request.method == "POST" and not people and len(address) <= LINK_LENGTH:
        return redirect(address)
    shown = [_shown(reading, request) for reading in found[:MOST_READINGS]]
    return _page(request, context | {"readings": shown, "more": max(0, len(found) - MOST_READINGS)})


def _page(request: HttpRequest, context: dict[str, object], status: int = 200) -> HttpResponse:
    response = render(request, "portal/check.html", context, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _why_not(text: str) -> str:
    try:
        codes.parse(text)
    except codes.CodeError as error:
        return _in_words(error.message, error.message_zh)
    return now("没有读懂这段文字。")


def guesses(text: str) -> list[tuple[str, str]]:
    """Schemes that the text would have if a check character were right: name and what is wrong, at most MOST_GUESSES."""
    found = []
    for name, scheme in sorted(codes.schemes().items(), key=lambda item: item[1].rank or 99):
        if scheme.rank is None:
            continue
        try:
            scheme.read(text)
        except codes.CodeError as error:
            if error.rule == "check-digit":
                found.append((_name(name), _in_words(error.message, error.message_zh)))
    return found[:MOST_GUESSES]


def _shown(reading: codes.Reading, request: HttpRequest) -> Shown:
    code = reading.code
    facts = about(code.scheme)
    personal = code.scheme in PERSONAL
    segments = _segments(codes.explain(code))
    verdict, said = _verdict(code, segments, facts.check)
    link = "" if personal else _link(code, request)
    return Shown(
        title=_name(code.scheme),
        text=zs_unit.shown(code.value) if code.scheme == "zs.unit" else code.shown.partition(":")[2],
        reason=_in_words(reading.reason, reading.reason_zh),
        level=str(LEVELS[code.level]),
        segments=segments,
        verdict=verdict,
        said=said,
        rule=facts.check,
        evidence=str(EVIDENCE.get(facts.evidence, "")),
        forms=[Form(now("规范写法"), code.shown)] if personal else _forms(code, link),
        link=link,
        symbol=_symbol(link),
        address="" if personal or code.level == codes.Level.PROCESS else address_of(code),
    )


def _segments(parts: list[codes.Part]) -> list[Segment]:
    tones = {True: "ok", False: "bad", None: ""}
    return [
        Segment(
            part.text,
            _in_words(part.name, part.name_zh),
            _in_words(part.meaning, part.meaning_zh),
            tones[part.ok],
            place % 4 + 1,
        )
        for place, part in enumerate(parts)
    ]


def _verdict(code: codes.Code, segments: list[Segment], rule: str) -> tuple[str, str]:
    if "warning" in code.parsed:
        return "warn", _in_words(code.parsed["warning"], code.parsed.get("warning_zh", code.parsed["warning"]))
    if any(segment.tone == "bad" for segment in segments):
        return "warn", now("能读懂，但有一段与规则不符，见上。")
    if rule:
        return "ok", now("校验码相符：多半没有抄错或漏抄。")
    return "none", now("这种码没有可核对的校验位，只核对了长度、字符和各段取值。")


def _forms(code: codes.Code, link: str) -> list[Form]:
    """The ways to write it that exist for its scheme."""
    found = [Form(now("规范写法"), code.canonical)]
    ways: list[tuple[str, Callable[[codes.Code], str]]] = [
        (now("URN（EPCIS 文档用）"), codes.to_urn),
        (now("应用标识符（AI）"), codes.to_ai),
    ]
    for name, write in ways:
        try:
            found.append(Form(name, write(code)))
        except codes.CodeError:  # this scheme is not written so
            continue
    if code.scheme.startswith("gs1.") and link:
        found.append(Form(now("数字链接（GS1 Digital Link）"), link))
    elif link:
        found.append(Form(now("网址"), link))
    return found


def _link(code: codes.Code, request: HttpRequest) -> str:
    """What a label's QR code would hold at this site."""
    root = f"{request.scheme}://{request.get_host()}"
    if not code.scheme.startswith("gs1."):
        return "" if code.level == codes.Level.PROCESS else root + address_of(code)
    try:
        return codes.to_digital_link(code, root)
    except codes.CodeError:
        return ""


def _symbol(link: str) -> SafeString:
    """The QR code of a link, drawn; nothing where it holds too much."""
    try:
        return mark_safe(labels.symbol("qr", link).svg()) if link else SafeString()  # noqa: S308 drawn by us
    except labels.LabelError:
        return SafeString()


def _name(scheme: str) -> str:
    said = words.scheme(scheme)
    return _in_words(about(scheme).name, about(scheme).name_zh) if said == scheme else said


def _in_words(english: str, chinese: str) -> str:
    return english if (get_language() or "").startswith("en") else chinese
