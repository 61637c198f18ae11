"""Codes that another authority issues, taken over as a list, a parent-child file or a range; and what was taken over."""

from datetime import date
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from zhuisu.events.packing import PackRefused, import_tree
from zhuisu.registry.issuing import queries
from zhuisu.registry.issuing.errors import IssueError
from zhuisu.registry.issuing.imports import About, Imported, import_codes, import_range
from zhuisu.registry.models import ImportedBatch

from .bodies import media_type_of, read_body
from .callers import Caller
from .code_bodies import Range, decoder, may_write, too_large
from .code_problems import codes_refused, refused, refused_fields
from .orders import HIGHEST_ID, answer, product_fields, product_of
from .paging import announce_next, page_of, parameters_of
from .problems import Problem, not_found, wrong_parameter
from .resource import resource
from .times import instant

# Half a million lines of drug codes; larger files come by the command line, which keeps no thread of the web waiting.
FILE_LIMIT = 16 * 1024 * 1024  # octets
FILE_TYPES = ("text/csv", "text/plain", "application/json")
KINDS = ("list", "tree")

_range = decoder(Range)


def take(request: HttpRequest, caller: Caller) -> HttpResponse:
    """POST: 201 with the new import; 200 where this very file was here before, and for a dry run."""
    may_write(caller)
    if media_type_of(request, FILE_TYPES) == "application/json":
        done, dry_run = _take_range(request, caller)
    else:
        done, dry_run = _take_file(request, caller)
    if done.refused and not dry_run:
        raise codes_refused(done.refused)
    fields = {
        "dryRun": dry_run,
        "again": done.again,
        "count": done.count,
        "relations": len(done.relations),
        "refused": [refused_fields(one) for one in done.refused],
        "import": done.batch and import_fields(done.batch),
    }
    response = answer(fields, 201 if done.batch and not done.again else 200)
    if done.batch:
        response.headers["Location"] = f"/codes/imports/{done.batch.pk}"
    return response


def _take_range(request: HttpRequest, caller: Caller) -> tuple[Imported, bool]:
    for name in parameters_of(request):
        raise wrong_parameter(name, "goes into the body here", "此处应写入请求体")
    body = _range(request)
    about = About(product_of(body.product), body.lot, body.produced_on, body.expires_on, body.note)
    who: dict[str, Any] = {"organisation": caller.organisation, "by": caller.by, "at": timezone.now()}
    try:
        done = import_range(
            **who, scheme=body.scheme, first=body.first, last=body.last, about=about, dry_run=body.dry_run
        )
    except IssueError as wrong:
        raise refused(wrong) from None
    return done, body.dry_run


def _take_file(request: HttpRequest, caller: Caller) -> tuple[Imported, bool]:
    parameters = parameters_of(request)
    kind = parameters.pop("kind", "list")
    if kind not in KINDS:
        raise wrong_parameter("kind", f"must be one of {', '.join(KINDS)}", f"应为 {'、'.join(KINDS)} 之一")
    dry_run = parameters.pop("dryRun", "false")
    if dry_run not in ("true", "false"):
        raise wrong_parameter("dryRun", "must be true or false", "应为 true 或 false")
    scheme = parameters.pop("scheme", "")
    about = About(
        product_of(parameters.pop("product", None)),
        _text(parameters, "lot", 40),
        _date(parameters, "producedOn"),
        _date(parameters, "expiresOn"),
        _text(parameters, "note", 200),
    )
    for name in parameters:
        raise wrong_parameter(name, "is not a parameter of an import", "不是导入的参数")
    content = read_body(request, FILE_LIMIT, _file_too_large)
    who: dict[str, Any] = {"organisation": caller.organisation, "by": caller.by, "at": timezone.now()}
    asked: dict[str, Any] = {"scheme": scheme, "content": content, "about": about}
    try:
        if dry_run == "true":
            return import_codes(**who, **asked, tree=kind == "tree", dry_run=True), True
        if kind == "list":
            return import_codes(**who, **asked), False
        with transaction.atomic():  # codes without their packages would be no import of a tree
            return import_tree(**who, **asked)[0], False
    except IssueError as wrong:
        raise refused(wrong) from None
    except PackRefused as wrong:
        raise codes_refused(wrong.refused) from None


def _text(parameters: dict[str, str], name: str, most: int) -> str:
    text = parameters.pop(name, "")
    if len(text) > most:
        raise wrong_parameter(name, f"has more than {most} characters", f"超过 {most} 个字符")
    return text


def _date(parameters: dict[str, str], name: str) -> date | None:
    text = parameters.pop(name, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise wrong_parameter(name, "must be a date such as 2026-11-22", "应为日期，例如 2026-11-22") from None


def _file_too_large() -> Problem:
    return too_large(FILE_LIMIT)


def imports(request: HttpRequest, caller: Caller) -> HttpResponse:
    """GET: the caller's own imports, newest first, a page at a time."""
    parameters = parameters_of(request)
    page = page_of(request, caller, parameters)
    for name in parameters:
        raise wrong_parameter(name, "is not a parameter of this list", "不是此列表的参数")
    size = min(page.size, queries.PAGE_LIMIT - 1)
    found = queries.imported_batches_of(caller.organisation, before=page.after, limit=size + 1)
    shown = found[:size]
    response = answer([import_fields(one) for one in shown])
    if len(found) > size:
        announce_next(response, request, page, shown[-1].pk, timezone.now())
    return response


def one_of_them(_request: HttpRequest, caller: Caller, number: str) -> HttpResponse:
    """GET: one import of the caller's own."""
    if not 0 < int(number) <= HIGHEST_ID:
        raise not_found()
    # The list's own query: the import before the next number, if it is this one.
    found = queries.imported_batches_of(caller.organisation, before=int(number) + 1, limit=1)
    if not found or found[0].pk != int(number):
        raise not_found()
    return answer(import_fields(found[0]))


def import_fields(found: ImportedBatch) -> dict[str, Any]:
    """An import as systems see it."""
    return {
        "id": found.pk,
        "scheme": found.scheme,
        "kind": found.kind,
        "product": product_fields(found.product),
        "first": found.lo,
        "last": found.hi,
        "count": found.count,
        "lot": found.lot,
        "producedOn": found.produced_on,
        "expiresOn": found.expires_on,
        "note": found.note,
        "digest": found.digest,
        "by": found.by,
        "at": instant(found.at),
    }


import_list = resource(GET=imports, POST=take)
one_import = resource(GET=one_of_them)
