"""Links of codes, kept by systems: register, list, end. What the resolver does with them: api/resolver.py."""

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from msgspec import Meta

from zhuisu import codes
from zhuisu.codes.recognition import hidden
from zhuisu.resolver import link_types, services
from zhuisu.resolver.models import HREF_LENGTH, TITLE_LENGTH, Link
from zhuisu.resolver.queries import links_of
from zhuisu.resolver.targets import LinkError

from .callers import Caller
from .code_bodies import Body, CodeText, decoder, may_write
from .code_problems import camel
from .orders import HIGHEST_ID, answer
from .problems import Problem, not_found
from .resource import resource

_Title = Annotated[str, Meta(max_length=TITLE_LENGTH)]
_Word = Annotated[str, Meta(max_length=120)]


class NewLink(Body):
    """POST /links."""

    code: CodeText
    href: Annotated[str, Meta(max_length=HREF_LENGTH)]
    link_type: _Word
    title: _Title = ""
    title_en: _Title = ""
    language: _Word = ""
    media_type: _Word = ""
    context: _Word = ""
    default: bool = False
    variant: bool = False


_new_link = decoder(NewLink)


def _add(request: HttpRequest, caller: Caller) -> HttpResponse:
    """POST: 201 with the new link."""
    may_write(caller)
    body = _new_link(request)
    try:
        link = services.add_link(
            code=_code(body.code),
            href=body.href,
            link_type=body.link_type,
            title=body.title,
            title_en=body.title_en,
            language=body.language,
            media_type=body.media_type,
            context=body.context,
            is_default=body.default,
            is_multi=body.variant,
            organisation=caller.organisation,
            by=caller.by,
            at=timezone.now(),
        )
    except LinkError as wrong:
        raise _refused(wrong) from None
    response = answer(_fields(link), 201)
    response.headers["Location"] = f"/links/{link.pk}"
    return response


def _list(request: HttpRequest, caller: Caller) -> HttpResponse:
    """GET: the organisation's links, the newest first; ?code= of one code."""
    try:
        anchor = _code(text).canonical if (text := request.GET.get("code", "")) else ""
    except LinkError as wrong:
        raise _refused(wrong) from None
    return answer({"links": [_fields(link) for link in links_of(caller.organisation, anchor=anchor)]})


def _code(text: str) -> codes.Code:
    try:
        return codes.parse(text)
    except codes.CodeError as wrong:
        raise LinkError(wrong.rule, hidden(wrong.message), hidden(wrong.message_zh), "code") from None


def _remove(_request: HttpRequest, caller: Caller, number: str) -> HttpResponse:
    """DELETE: 204; 404 for what is somebody else's too."""
    may_write(caller)
    try:
        services.remove_link(
            min(int(number), HIGHEST_ID), organisation=caller.organisation, by=caller.by, at=timezone.now()
        )
    except LinkError:
        raise not_found() from None
    return HttpResponse(status=204)


_NAMES = {"is_default": "default", "is_multi": "variant"}


def _refused(wrong: LinkError) -> Problem:
    error = {
        "path": _NAMES.get(wrong.field) or camel(wrong.field),
        "rule": wrong.rule,
        "message": wrong.message,
        "message_zh": wrong.message_zh,
    }
    return Problem(422, "refused", wrong.message, wrong.message_zh, errors=[error])


def _fields(link: Link) -> dict[str, Any]:
    return {
        "id": link.pk,
        "code": link.anchor,
        "linkType": link_types.short(link.link_type),
        "href": link.href,
        "title": link.title,
        "titleEn": link.title_en,
        "language": link.language,
        "mediaType": link.media_type,
        "context": link.context,
        "default": link.is_default,
        "variant": link.is_multi,
        "registeredAt": link.at.isoformat(),
    }


link_list = resource(GET=_list, POST=_add)
one_link = resource(DELETE=_remove)
