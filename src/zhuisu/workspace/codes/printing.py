"""Printing: labels of a batch as a PDF, one label as a picture to look at, the print file, and a single symbol."""

import base64
import io
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from zhuisu import labels
from zhuisu.accounts.models import Person
from zhuisu.accounts.services import record
from zhuisu.codes import zs_unit
from zhuisu.registry.issuing import keys, printfile, queries
from zhuisu.registry.issuing.errors import IssueError
from zhuisu.registry.issuing.selections import Part
from zhuisu.registry.issuing.states import State
from zhuisu.registry.models import Batch
from zhuisu.web.doors import signed_in
from zhuisu.workspace.codes.label_form import PRINT_LIMIT, PrintForm, english
from zhuisu.workspace.codes.lists import batch_or_404
from zhuisu.workspace.codes.orders import in_words
from zhuisu.workspace.rights import denied, may_capture, rights_of

PREVIEW_DPI = 203  # as a common label printer prints: what is too fine to read there is too fine here
TO_FILL = "（待填）"
GONE = (State.VOIDED, State.USED)  # printed once more, they would only look like copies


@require_http_methods(["GET", "POST"])
@signed_in
def page(request: HttpRequest, person: Person, number: int) -> HttpResponseBase:
    """The form with a picture of one label; do=pdf gives the labels, do=csv the print file, do=look only the picture."""
    if not may_capture(person):
        return denied(request, person)
    batch = batch_or_404(person, number)
    asked = request.POST.get("do", "")
    form = PrintForm(request.POST if request.method == "POST" else None, batch=batch, at=timezone.localdate())
    if not form.is_bound or asked == "template":  # another template has other fields
        form = PrintForm(None, batch=batch, at=timezone.localdate(), initial=_kept(request))
        return _page(request, person, form)
    valid = form.is_valid()
    if asked == "look":
        return _look(request, form)
    if not valid:
        return _page(request, person, form, status=422)
    try:
        if asked == "csv":
            return _print_file(request, person, form)
        if asked == "pdf":
            return _pdf(request, person, form)
    except labels.LabelError as error:
        name = f"f_{error.field}"
        form.add_error(name if name in form.fields else None, in_words(error))
    except IssueError as error:
        form.add_error(None, in_words(error))
    return _page(request, person, form, status=422 if form.errors else 200)


@require_GET
@signed_in
def symbol(request: HttpRequest, person: Person, number: int, name: str) -> HttpResponse:
    """One code's symbol alone, for a designer: <place>.svg or <place>.png, with ?kind=datamatrix where wanted."""
    if not may_capture(person):
        return denied(request, person)
    batch = batch_or_404(person, number)
    place, _dot, kind = name.partition(".")
    if kind not in ("svg", "png") or not (place.isascii() and place.isdigit() and 1 <= int(place[:9]) <= batch.count):
        raise Http404
    wanted = "datamatrix" if request.GET.get("kind") == "datamatrix" else "qr"
    code = batch.code_at(keys.key_of(batch.series.key), int(place[:9]) - 1)
    drawn = labels.symbol(wanted, _link(request, batch, code))
    if kind == "svg":
        return _file(drawn.svg().encode(), "image/svg+xml", f"{code}.svg")
    return _file(drawn.png(), "image/png", f"{code}.png")


def _page(request: HttpRequest, person: Person, form: PrintForm, status: int = 200) -> HttpResponse:
    batch = form.batch
    picture, wrong = _picture(request, form)
    lacking = [] if _brief(form) else labels.missing(form.chosen, form.values())
    empty = {field.key for field in lacking}
    context = {
        "form": form,
        "batch": batch,
        "template": form.chosen,
        "note": form.chosen.note_en if english() else form.chosen.note,
        "rows": [(bound, form.chosen.field(key), key in empty) for key, bound in form.own()],
        "missing": len(empty),
        "picture": picture,
        "wrong": wrong,
        "limit": PRINT_LIMIT,
        "length": printfile.length(batch, address=_root(request)),
        **rights_of(person),
    }
    return render(request, "workspace/codes_print.html", context, status=status)


def _look(request: HttpRequest, form: PrintForm) -> JsonResponse:
    """The picture alone, for the script that draws it anew as one types."""
    picture, wrong = _picture(request, form)
    empty = [f"f_{field.key}" for field in labels.missing(form.chosen, form.values())]
    return JsonResponse({"picture": picture, "wrong": wrong, "missing": [] if _brief(form) else empty})


def _picture(request: HttpRequest, form: PrintForm) -> tuple[str, str]:
    """One label as a data URL, or why there is none. What is still empty is said on it."""
    values = form.values() if not form.is_bound or form.is_valid() or hasattr(form, "cleaned_data") else {}
    for field in labels.missing(form.chosen, values):
        values[field.key] = field.options[0] if field.options else TO_FILL
    try:
        layout = labels.LAYOUTS[_said(form, "layout")]
        one = labels.roll(*layout.label, dpi=min(layout.dpi, 300))
        code = form.batch.code_at(keys.key_of(form.batch.series.key), 0)
        octets = labels.pdf([_label(request, form, code, values)], one)
    except (labels.LabelError, IssueError) as error:
        return "", in_words(error)
    except KeyError:
        return "", _("没有这种纸张。")
    document = pypdfium2.PdfDocument(octets)
    try:
        image = document[0].render(scale=PREVIEW_DPI / 72).to_pil()
    finally:
        document.close()
    buffer = io.BytesIO()
    image.convert("L").save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode(), ""


def _pdf(request: HttpRequest, person: Person, form: PrintForm) -> HttpResponse:
    batch = form.batch
    spans = form.spans()
    count = sum(last - first + 1 for first, last in spans)
    if count > PRINT_LIMIT:
        raise labels.LabelError(
            "too-many",
            f"one PDF holds {PRINT_LIMIT:,} labels, not {count:,}: choose fewer codes or take the print file",
            f"一个 PDF 最多 {PRINT_LIMIT:,} 张，选了 {count:,} 张：请分批，或改用打印数据文件",
        )
    values = form.values()
    places = list(_places(batch, spans))
    if not places:
        raise labels.LabelError(
            "none-left", "all of these codes are voided or used", "所选的码都已作废或使用，没有可打印的"
        )
    key = keys.key_of(batch.series.key)
    wanted = (_label(request, form, batch.code_at(key, place), values) for place in places)
    octets = labels.pdf(wanted, labels.LAYOUTS[form.cleaned_data["layout"]], start=form.cleaned_data.get("start") or 0)
    _note(person, batch, "pdf", len(places), template=form.chosen.key, layout=form.cleaned_data["layout"])
    return _file(octets, "application/pdf", f"labels-{batch.pk}.pdf")


def _print_file(request: HttpRequest, person: Person, form: PrintForm) -> StreamingHttpResponse:
    spans = form.spans()
    first = spans[0][0]
    if any(one[0] != before[1] + 1 for before, one in pairwise(spans)):
        text = "the print file takes one stretch of codes: name rolls that follow each other"
        raise IssueError("place", text, "打印数据文件只能取连续的一段：请填写相连的卷号", "rolls")
    count = spans[-1][1] - first + 1
    chunks = printfile.rows(form.batch, first=first, count=count, address=_root(request))
    _note(person, form.batch, "csv", count)
    response = StreamingHttpResponse(chunks, content_type="text/csv; charset=us-ascii")
    response.headers["Content-Disposition"] = f'attachment; filename="codes-{form.batch.pk}.csv"'
    # The browser shows how much is still to come.
    response.headers["Content-Length"] = str(printfile.length(form.batch, count=count, address=_root(request)))
    return response


def _places(batch: Batch, spans: list[tuple[int, int]]) -> Iterator[int]:
    """The places of these stretches whose codes may still be printed."""
    for first, last in spans:
        states = queries.states_of(Part(batch, [(batch.first + first, batch.first + last)]))
        yield from (place for place in range(first, last + 1) if states[batch.first + place] not in GONE)


def _label(request: HttpRequest, form: PrintForm, code: str, values: dict[str, str]) -> labels.Label:
    return labels.Label(
        form.chosen,
        values,
        zs_unit.shown(code),
        _link(request, form.batch, code),
        brief=_brief(form),
        symbol=_said(form, "symbol"),
    )


def _brief(form: PrintForm) -> bool:
    return bool(form.cleaned_data.get("brief")) if form.is_bound else bool(form.initial.get("brief"))


def _said(form: PrintForm, name: str) -> str:
    return str((form.cleaned_data.get(name) if form.is_bound else form.initial.get(name)) or "")


def _kept(request: HttpRequest) -> dict[str, Any]:
    """What stays when another template is chosen."""
    if request.method != "POST":
        return {name: request.GET[name] for name in ("rolls", "template", "layout") if name in request.GET}
    names = ("template", "layout", "symbol", "rolls", "first", "last", "start")
    return {name: request.POST[name] for name in names if request.POST.get(name)}


def _note(person: Person, batch: Batch, form: str, count: int, **more: str) -> None:
    record(
        "codes.print",
        by=f"person:{person.username}",
        at=timezone.now(),
        organisation=person.organisation,
        target=f"batch:{batch.pk}",
        form=form,
        count=count,
        **more,
    )


def _root(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"


def _link(request: HttpRequest, batch: Batch, code: str) -> str:
    return f"{_root(request)}/{batch.series.path(code)}"


def _file(octets: bytes, media_type: str, name: str) -> HttpResponse:
    response = HttpResponse(octets, content_type=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
