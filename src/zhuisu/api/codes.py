"""What systems do with codes and ask of them: activate, void and use; read a text; tell how a code of one's own stands."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from zhuisu import codes
from zhuisu.accounts.models import Organisation
from zhuisu.codes import zs_unit
from zhuisu.codes.recognition import hidden
from zhuisu.registry.issuing import queries, services
from zhuisu.registry.issuing.errors import IssueError
from zhuisu.registry.issuing.queries import Standing
from zhuisu.registry.issuing.selections import Between, Codes, Rolls, Selection, Whole
from zhuisu.registry.issuing.services import Outcome
from zhuisu.verification.services import Visit, begin

from . import quick
from .callers import Caller
from .code_bodies import (
    CHECK_LENGTH,
    Activation,
    Asked,
    Chosen,
    Ending,
    Texts,
    decoder,
    exactly_one_way,
    may_write,
    wrong_request,
)
from .code_problems import codes_refused, refused, refused_fields, too_many
from .orders import answer, own_batch, product_fields
from .problems import not_found
from .resource import resource

# A text that reads as more schemes than this is no code of one's own; each reading costs the same few statements.
MOST_READINGS = 3

_activation = decoder(Activation)
_ending = decoder(Ending)
_texts = decoder(Texts)
_asked = decoder(Asked)


def activate(request: HttpRequest, caller: Caller) -> HttpResponse:
    """POST: codes come into use, all that are named or none, with their lot where one is given."""
    may_write(caller)
    body = _activation(request)
    return _change(
        caller,
        body,
        lambda chosen, who: services.activate(
            chosen,
            **who,
            lot=body.lot,
            produced_on=body.produced_on,
            expires_on=body.expires_on,
            dry_run=body.dry_run,
        ),
    )


def void(request: HttpRequest, caller: Caller) -> HttpResponse:
    """POST: codes end for good, all that are named or none."""
    may_write(caller)
    body = _ending(request)
    return _change(
        caller, body, lambda chosen, who: services.void(chosen, **who, reason=body.reason, dry_run=body.dry_run)
    )


def use(request: HttpRequest, caller: Caller) -> HttpResponse:
    """POST: codes have done what they were for, all that are named or none."""
    may_write(caller)
    body = _ending(request)
    return _change(
        caller, body, lambda chosen, who: services.use(chosen, **who, reason=body.reason, dry_run=body.dry_run)
    )


def _change(caller: Caller, body: Chosen, verb: Callable[[Selection, dict[str, Any]], Outcome]) -> HttpResponse:
    who = {"organisation": caller.organisation, "by": caller.by, "at": timezone.now()}
    try:
        outcome = verb(selection_of(caller, body), who)
    except IssueError as wrong:
        raise refused(wrong) from None
    if outcome.refused and not body.dry_run:
        raise codes_refused(outcome.refused)
    return answer(
        {
            "dryRun": body.dry_run,
            "changed": outcome.changed,
            "already": outcome.already,
            "refused": [refused_fields(one) for one in outcome.refused],
        }
    )


def selection_of(caller: Caller, body: Chosen) -> Selection:
    """The codes that a body names; a 404 problem for a batch that is not the caller's."""
    exactly_one_way(body)
    if body.codes is not None:
        return Codes(tuple(body.codes))
    if body.batch is not None:
        batch = own_batch(caller, body.batch)
        return Whole(batch) if body.rolls is None else Rolls(batch, tuple(body.rolls))
    return Between(body.first or "", body.last or "")


def check(request: HttpRequest, _caller: Caller) -> HttpResponse:
    """POST: what each text can be read as, and why. Arithmetic alone: that a code exists is not told."""
    texts = _texts(request).codes
    if sum(map(len, texts)) > CHECK_LENGTH:
        raise wrong_request(
            "codes",
            "too-long",
            f"all texts together may have {CHECK_LENGTH} characters; split them",
            f"全部文本合计最多 {CHECK_LENGTH} 个字符，请分次发送",
        )
    return answer([_readings(position, text) for position, text in enumerate(texts, 1)])


def _readings(position: int, text: str) -> dict[str, Any]:
    found = codes.readings(text)
    fields: dict[str, Any] = {"position": position, "valid": bool(found), "readings": [_reading(one) for one in found]}
    if not found:
        fields["error"] = _why_not(text)
    return fields


def _why_not(text: str) -> dict[str, str]:
    try:
        codes.parse(text)
    except codes.CodeError as wrong:
        return {"rule": wrong.rule, "message": hidden(wrong.message), "message_zh": hidden(wrong.message_zh)}
    return {"rule": "scheme", "message": "no scheme reads this text", "message_zh": "没有编码体系能识别此文本"}


def _reading(one: codes.Reading) -> dict[str, Any]:
    code = one.code
    fields: dict[str, Any] = {
        "scheme": code.scheme,
        "code": code.shown,
        "level": code.level.name.lower(),
        "reason": one.reason,
        "reason_zh": one.reason_zh,
        "parts": [
            {
                "text": part.text,
                "name": part.name,
                "name_zh": part.name_zh,
                "meaning": part.meaning,
                "meaning_zh": part.meaning_zh,
                "ok": part.ok,
            }
            for part in codes.explain(code)
        ],
    }
    doubts = {name: code.parsed[name] for name in ("warning", "warning_zh", "warning_rule") if name in code.parsed}
    return fields | doubts


def verify(request: HttpRequest, caller: Caller) -> HttpResponse:
    """POST: how each of these codes stands. Another's code, a forged one and one never issued are all `unknown`."""
    at = timezone.now()
    return answer(
        [
            {"position": position} | (_standing(caller, text, at)[1] or {"state": "unknown"})
            for position, text in enumerate(_asked(request).codes, 1)
        ]
    )


def standing(request: HttpRequest, caller: Caller, text: str) -> HttpResponse:
    """GET: how one code of the caller's own stands; any code, for an authority."""
    code, found = _standing(caller, text, timezone.now()) if "\x00" not in text else (None, None)
    if code is None or found is None:
        raise not_found()
    told = answer(found)
    quick.keep(request, code, told.content)
    return told


def _standing(caller: Caller, text: str, at: datetime) -> tuple[codes.Code | None, dict[str, Any] | None]:
    """The first reading of a text that the caller may know of. Every reading is looked up, so that time tells nothing."""
    seen = [(code, _seen(caller, code, at)) for code in _codes_of(text)]
    return next(((code, fields) for code, fields in seen if fields), (None, None))


def _codes_of(text: str) -> list[codes.Code]:
    try:
        return [codes.from_canonical(text)]
    except codes.CodeError:
        return [one.code for one in codes.readings(text)[:MOST_READINGS]]


def _seen(caller: Caller, code: codes.Code, at: datetime) -> dict[str, Any] | None:
    sees_all = caller.organisation.kind != Organisation.Kind.ENTERPRISE
    try:
        # No scan, and counted by caller, not by address: a hundred scanners of a plant share one.
        look = begin(code, at=at, visit=Visit("", counts=False, trusted=caller.by))
    except (
        IssueError
    ) as wrong:  # the key file is gone: that tells that the series exists, so only who may know hears it
        if sees_all or queries.series_of(caller.organisation).filter(name=series_name(code)).exists():
            raise refused(wrong) from None
        return None
    if look.blocked:
        raise too_many(look.retry_after)
    found = look.standing
    issuer = found.organisation or (found.series.organisation if found.series else None)
    if not sees_all and (issuer is None or issuer.pk != caller.organisation.pk):
        return None
    return standing_fields(code, found, issuer)


def series_name(code: codes.Code) -> str:
    """The series that a code of our form claims, with or without a GTIN."""
    return code.value.rpartition("/")[2][: zs_unit.SERIES]


def standing_fields(code: codes.Code, found: Standing, issuer: Organisation | None) -> dict[str, Any]:
    """All that the issue log knows of one code."""
    return {
        "state": found.kind,
        "code": found.identity or code.shown,
        "scheme": code.scheme,
        "level": found.level,
        "batch": found.batch and found.batch.pk,
        "lot": found.lot,
        "producedOn": found.produced_on,
        "expiresOn": found.expires_on,
        "product": product_fields(found.product),
        "issuer": issuer and {"party": issuer.party, "name": issuer.name},
    }


activation = resource(POST=activate)
voiding = resource(POST=void)
using = resource(POST=use)
checking = resource(POST=check)
verifying = resource(POST=verify)
one_code = resource(GET=standing)
