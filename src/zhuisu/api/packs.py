"""Packing: what a line put into a case, and took out again, captured as aggregation events of the caller."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from zhuisu import codes
from zhuisu.events.packing import PackRefused, pack, unpack
from zhuisu.events.services import Receipt, Refused

from .callers import Caller
from .code_bodies import Packing, Relation, decoder, may_write, wrong_request
from .code_problems import not_done, refused_fields
from .orders import answer
from .problems import refused as events_refused
from .resource import resource

_packing = decoder(Packing)


def packed(request: HttpRequest, caller: Caller) -> HttpResponse:
    """POST: things are put into packages, all that are named or none."""
    return _capture(request, caller, pack)


def unpacked(request: HttpRequest, caller: Caller) -> HttpResponse:
    """POST: things are taken out of packages, all that are named or none; without children everything in the package."""
    return _capture(request, caller, unpack)


def _capture(request: HttpRequest, caller: Caller, verb: Callable[..., Receipt]) -> HttpResponse:
    may_write(caller)
    body = _packing(request)
    who: dict[str, Any] = {"organisation": caller.organisation, "by": caller.by, "at": timezone.now()}
    place = _place(body.place)
    tokens: list[str] = []
    wrong: list[dict[str, Any]] = []
    try:
        with transaction.atomic():
            for number, relation in enumerate(body.relations):
                try:
                    tokens.append(verb(relation.parent, relation.children, place=place, **who).token)
                except PackRefused as refusal:
                    wrong += _errors(number, relation, refusal)
            if wrong:
                raise not_done(wrong)
    except Refused as refusal:
        raise events_refused(refusal.refusals) from None
    return answer({"packages": len(tokens), "captures": [f"/epcis/capture/{token}" for token in tokens]})


def _errors(number: int, relation: Relation, refusal: PackRefused) -> Iterator[dict[str, Any]]:
    """Each refusal with the field that it is about; position 1 is the package, 2 the first thing in it."""
    for one in refusal.refused:
        inside = f"children[{one.position - 2}]" if one.position > 1 else "parent"
        fields = refused_fields(one)
        if "code" not in fields:  # the text may be a personal number, which is not said back
            text = relation.children[one.position - 2] if one.position > 1 else relation.parent
            fields |= {name: _without(fields[name], text) for name in ("message", "message_zh")}
        yield {"path": f"relations[{number}].{inside}", **fields}


def _without(message: str, text: str) -> str:
    return re.sub(re.escape(text[:80]), "…", message)


def _place(text: str | None) -> str:
    if not text:
        return ""
    try:
        found = codes.parse(text)
    except codes.CodeError as wrong:
        raise wrong_request("place", wrong.rule, wrong.message, wrong.message_zh) from None
    if found.level != codes.Level.PLACE:
        raise wrong_request("place", "place", f"{found.scheme} names no place", f"{found.scheme} 不是地点编码")
    return text


packing = resource(POST=packed)
unpacking = resource(POST=unpacked)
