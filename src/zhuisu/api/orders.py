"""Orders of codes: a batch is ordered, listed, looked at, and taken to the printer."""

from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone

from zhuisu import codes
from zhuisu.accounts.services import record
from zhuisu.registry import queries as registry
from zhuisu.registry.issuing import printfile, queries, services
from zhuisu.registry.issuing.errors import IssueError
from zhuisu.registry.issuing.orders import REQUEST_ID_LENGTH, issue_once
from zhuisu.registry.models import Batch, PackLevel, Product

from .callers import Caller
from .code_bodies import Order, decoder, idempotency_key, may_write, reused_key, wrong_request
from .code_problems import refused
from .paging import announce_next, page_of, parameters_of
from .problems import not_found, wrong_parameter
from .resource import resource
from .times import instant

HIGHEST_ID = 2**63 - 1  # of a row: beyond it PostgreSQL has no number

_order = decoder(Order)


def order(request: HttpRequest, caller: Caller) -> HttpResponse:
    """POST: 201 with the new batch, or with the first one where its Idempotency-Key was here before."""
    may_write(caller)
    key = idempotency_key(request, REQUEST_ID_LENGTH)
    body = _order(request)
    if body.level not in PackLevel:
        levels = ", ".join(PackLevel.values)
        raise wrong_request("level", "level", f"must be one of {levels}", f"应为 {levels} 之一")
    asked: dict[str, Any] = {
        "product": product_of(body.product),
        "level": body.level,
        "count": body.count,
        "roll_size": body.roll_size,
        "lot": body.lot,
        "produced_on": body.produced_on,
        "expires_on": body.expires_on,
        "note": body.note,
        "active": body.active,
    }
    who: dict[str, Any] = {"organisation": caller.organisation, "by": caller.by, "at": timezone.now()}
    try:
        if key is None:
            batch, fresh = services.issue(**who, **asked), True
        else:
            batch, fresh = issue_once(key, **who, **asked)
    except IssueError as wrong:
        if wrong.rule == "request-reused":
            raise reused_key(wrong.message, wrong.message_zh) from None
        raise refused(wrong) from None
    response = answer(batch_fields(batch) | {"counts": queries.counts_of(batch)}, 201)
    response.headers["Location"] = f"/codes/batches/{batch.pk}"
    if not fresh:
        response.headers["Idempotency-Replayed"] = "true"
    return response


def product_of(text: str | None) -> Product | None:
    """The product with this code, in any of its forms; a 422 problem where the register has none."""
    if text is None:
        return None
    found = registry.products(reading.code.canonical for reading in codes.readings(text))
    if not found:
        raise refused(
            IssueError(
                "product", "no product with this code is registered", "登记的产品中没有此编码，请先登记产品", "product"
            )
        )
    return next(iter(found.values()))


def batches(request: HttpRequest, caller: Caller) -> HttpResponse:
    """GET: the caller's own batches, newest first, a page at a time."""
    parameters = parameters_of(request)
    page = page_of(request, caller, parameters)
    level = parameters.pop("level", "")
    if level and level not in PackLevel:
        raise wrong_parameter(
            "level", f"must be one of {', '.join(PackLevel.values)}", f"应为 {'、'.join(PackLevel.values)} 之一"
        )
    search = parameters.pop("search", "")
    for name in parameters:
        raise wrong_parameter(name, "is not a parameter of this list", "不是此列表的参数")
    size = min(page.size, queries.PAGE_LIMIT - 1)  # one row more tells whether there is a next page
    found = queries.batches_of(caller.organisation, search=search, level=level, before=page.after, limit=size + 1)
    shown = found[:size]
    response = answer([batch_fields(batch) for batch in shown])
    if len(found) > size:
        announce_next(response, request, page, shown[-1].pk, timezone.now())
    return response


def batch(_request: HttpRequest, caller: Caller, number: str) -> HttpResponse:
    """GET: one batch of the caller's own, with how many of its codes are in which state, and its rolls."""
    found = own_batch(caller, int(number))
    fields = batch_fields(found) | {"counts": queries.counts_of(found)}
    return answer(fields | {"lots": [_lot_fields(one) for one in queries.lots_of(found)]})


def print_file(request: HttpRequest, caller: Caller, number: str) -> HttpResponseBase:
    """GET: the codes of a batch, or some of them, as CSV for a printer; made while it is sent."""
    parameters = parameters_of(request)
    first = _whole(parameters.pop("first", "0"), "first")
    count = _whole(parameters.pop("count"), "count") if "count" in parameters else None
    address = parameters.pop("address", "") or f"{request.scheme}://{request.get_host()}"
    for name in parameters:
        raise wrong_parameter(name, "is not a parameter of this list", "不是此列表的参数")
    found = own_batch(caller, int(number))
    try:
        rows = printfile.rows(found, first=first, count=count, address=address)
    except IssueError as wrong:
        if wrong.rule in ("address", "place"):
            raise wrong_parameter(wrong.field, wrong.message, wrong.message_zh) from None
        raise refused(wrong) from None
    wanted = found.count - first if count is None else count
    if request.method == "GET":
        at, target = timezone.now(), f"batch:{found.pk}"
        record(
            "codes.print",
            by=caller.by,
            at=at,
            organisation=caller.organisation,
            target=target,
            form="csv",
            count=wanted,
        )
    headers = {
        "Content-Disposition": f'attachment; filename="codes-{found.pk}.csv"',
        "Content-Length": str(printfile.length(found, count=wanted, address=address)),  # a cut file is noticed
        "Cache-Control": "no-store",
    }
    return StreamingHttpResponse(rows, content_type="text/csv; charset=utf-8", headers=headers)


def own_batch(caller: Caller, number: int) -> Batch:
    """A batch of the caller's own; a 404 problem for any other, and for a number that no batch has."""
    found = queries.batch_of(caller.organisation, number) if 0 < number <= HIGHEST_ID else None
    if found is None:
        raise not_found()
    return found


def batch_fields(found: Batch) -> dict[str, Any]:
    """A batch as systems see it."""
    series = found.series
    return {
        "id": found.pk,
        "series": series.name,
        "level": series.level,
        "product": product_fields(series.product),
        "first": found.first,
        "count": found.count,
        "rollSize": found.roll_size,
        "rolls": found.rolls,
        "note": found.note,
        "by": found.by,
        "at": instant(found.at),
        "printFile": f"/codes/batches/{found.pk}/codes.csv",
    }


def product_fields(product: Product | None) -> dict[str, str] | None:
    """A product as it stands beside a batch or a code."""
    return {"code": product.code, "name": product.name, "nameEn": product.name_en} if product else None


def _lot_fields(span: Any) -> dict[str, Any]:
    return {
        "first": span.first,
        "last": span.last,
        "lot": span.lot,
        "producedOn": span.produced_on,
        "expiresOn": span.expires_on,
    }


def _whole(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise wrong_parameter(name, "must be a whole number", "必须是非负整数")
    return int(text)


def answer(fields: Any, status: int = 200) -> HttpResponse:
    """An answer in JSON that no cache keeps."""
    return HttpResponse(
        msgspec.json.encode(fields),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


batch_list = resource(GET=batches, POST=order)
one_batch = resource(GET=batch)
csv_file = resource(media=["text/csv"], GET=print_file)
