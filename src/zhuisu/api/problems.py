"""What goes wrong, as RFC 7807 problem documents: with the exception names of EPCIS 2.0, and names of our own for codes."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from django.http import HttpResponse

from zhuisu import epcis
from zhuisu.epcis.xmlwrite import text

ERRORS_LIMIT = 500  # reasons in one answer: more would not be read, and must not cost memory
TITLES = {
    "ValidationException": "The document or an event in it is not valid",
    "QueryParameterException": "A query parameter is wrong",
    "SecurityException": "Not allowed",
    "NoSuchResourceException": "Resource not found",
    "ResourceAlreadyExistsException": "An event with this id and other content is here already",
    "NotAcceptableException": "The answer cannot be given in the form asked for",
    "CaptureLimitExceededException": "The document is larger than one capture may be",
    "UnsupportedMediaTypeException": "The format of the document is not supported",
    "URITooLongException": "The address is too long",
    "QueryValidationException": "The query is not valid",
    "QueryTooLargeException": "The query finds more than may be answered",
    "QueryTooComplexException": "The query asks for too much",
    "NoSuchNameException": "There is no query of this name",
    "SubscriptionControlsException": "A field of the subscription is wrong",
    "ImplementationException": "The server cannot do this",
}
# What happens at /codes alone, where no standard has names.
OWN_TITLES = {
    "request": "The request is not valid",
    "refused": "A rule refuses this; nothing was changed",
    "idempotency-key": "The Idempotency-Key was used for another order",
    "too-large": "The request is larger than it may be",
    "too-many-requests": "Too many requests",
    # The resolver's.
    "link": "The address is not a valid Digital Link",
    "no-link": "There is no link of the type asked for",
    "code": "The text is no code of a known scheme",
    "method": "This method is not possible here",
}


class Problem(Exception):
    """An answer other than success. `name` is the EPCIS exception or ours; `detail` and `detail_zh` are for people."""

    def __init__(
        self,
        status: int,
        name: str,
        detail: str,
        detail_zh: str,
        *,
        errors: Iterable[dict[str, Any]] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.name = name
        self.detail = detail
        self.detail_zh = detail_zh
        self.errors = list(errors)
        self.headers = headers or {}

    def response(self, *, xml: bool = False) -> HttpResponse:
        """The answer as application/problem+json, or as application/problem+xml (RFC 7807 §3 and appendix A)."""
        own = OWN_TITLES.get(self.name)
        body: dict[str, Any] = {
            "type": f"urn:zhuisu:problem:{self.name}" if own else f"epcisException:{self.name}",
            "title": own or TITLES[self.name],
            "status": self.status,
            "detail": self.detail,
            "detail_zh": self.detail_zh,
        }
        if self.errors:
            body["errors"] = self.errors[:ERRORS_LIMIT]
            if len(self.errors) > ERRORS_LIMIT:
                body["errorsOmitted"] = len(self.errors) - ERRORS_LIMIT
        # Content-Language says that both languages are inside; without it the site's own would be claimed.
        headers = {"Cache-Control": "no-store", "Content-Language": "en, zh-Hans", **self.headers}
        written = _xml(body) if xml else msgspec.json.encode(body)
        kind = "application/problem+xml" if xml else "application/problem+json"
        return HttpResponse(written, status=self.status, content_type=kind, headers=headers)


def _xml(body: dict[str, Any]) -> bytes:
    """RFC 7807 appendix A: members are elements, those of a list are called i."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<problem xmlns="urn:ietf:rfc:7807">{_members(body)}</problem>'.encode()


def _members(value: Any) -> str:
    if isinstance(value, dict):
        return "".join(f"<{name}>{_members(one)}</{name}>" for name, one in value.items() if one is not None)
    if isinstance(value, list):
        return "".join(f"<i>{_members(one)}</i>" for one in value)
    return text(str(value))


def not_found() -> Problem:
    """One answer for what is not there and for what is somebody else's: nobody can tell the two apart."""
    return Problem(
        404,
        "NoSuchResourceException",
        "There is nothing at this address, or you may not see it.",
        "此地址没有内容，或您无权查看。",
    )


def let_go(record: int, at: datetime) -> Problem:
    """410: the event was here; its body went when the law no longer wanted it kept."""
    return Problem(
        410,
        "NoSuchResourceException",
        f"The event was here. What was sent of it was removed at the end of its retention period, at {at.isoformat()} (retention record {record}).",
        f"该事件曾在此保存；其原始内容已于保存期限届满后（{at.isoformat()}）销毁，见第 {record} 号保存期限记录。",
    )


def unreadable_request() -> Problem:
    """400: what stands in the request's head makes no sense here, such as a Host that is not ours."""
    return Problem(400, "ValidationException", "The request cannot be read.", "请求无法读取。")


def database_away() -> Problem:
    """503: the same again, a little later, will do."""
    return Problem(
        503,
        "ImplementationException",
        "The database is away for a moment; send the same again: nothing is stored twice.",
        "数据库暂时不可用；请稍后原样重发，不会重复入库。",
        headers={"Retry-After": "2"},
    )


def failed(incident: str = "") -> Problem:
    """500: a fault of ours. The incident number leads to the reason in the server's log."""
    return Problem(
        500,
        "ImplementationException",
        f"Something failed on our side{f'; incident {incident}' if incident else ''}.",
        f"服务器内部出错{f'，事件编号 {incident}' if incident else ''}。",
    )


def unauthorised(detail: str, detail_zh: str, *, error: str = "") -> Problem:
    """401: no key, or one that does not open anything (RFC 6750 §3)."""
    challenge = 'Bearer realm="zhuisu"' + (f', error="{error}"' if error else "")
    return Problem(401, "SecurityException", detail, detail_zh, headers={"WWW-Authenticate": challenge})


def wrong_parameter(name: str, message: str, message_zh: str) -> Problem:
    """400 for one parameter of a query."""
    error = {"path": name, "rule": "query-parameter", "message": message, "message_zh": message_zh}
    return Problem(400, "QueryParameterException", f"{name}: {message}", f"{name}：{message_zh}", errors=[error])


def unreadable(wrong: epcis.DocumentError) -> Problem:
    """400: the document as a whole cannot be read."""
    error = {"path": wrong.path, "rule": wrong.rule, "message": wrong.message, "message_zh": wrong.message_zh}
    return Problem(400, "ValidationException", wrong.message, wrong.message_zh, errors=[error])


def refused(refusals: Iterable[epcis.Refusal]) -> Problem:
    """400: some events are wrong, and the sender wanted all or none."""
    refusals = list(refusals)
    return Problem(
        400,
        "ValidationException",
        f"Refused events: {len(refusals)}. Nothing of the document was stored.",
        f"有 {len(refusals)} 个事件不符合要求，整个文档均未入库。",
        errors=(error for one in refusals for error in event_errors(one.index, one.event_id, one.reasons)),
    )


def event_errors(index: int, event_id: str | None, reasons: Iterable[epcis.Reason]) -> Iterable[dict[str, Any]]:
    """One line a reason: which event, where in it, which rule, in words."""
    for reason in reasons:
        yield {
            "index": index,
            "eventID": event_id,
            "path": reason.path,
            "rule": reason.rule,
            "message": reason.message,
            "message_zh": reason.message_zh,
        }
