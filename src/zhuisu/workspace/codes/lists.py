"""The list of batches and one batch: counts, rolls, and what was done."""

import csv
from collections.abc import Iterator
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from zhuisu.accounts.models import Person
from zhuisu.codes import zs_unit
from zhuisu.registry.issuing import keys, queries
from zhuisu.registry.issuing.errors import IssueError
from zhuisu.registry.models import Batch
from zhuisu.web import words
from zhuisu.web.doors import signed_in
from zhuisu.web.tables import neutral
from zhuisu.workspace.codes import reads
from zhuisu.workspace.codes.forms import ListForm
from zhuisu.workspace.codes.reads import Asked, Row
from zhuisu.workspace.rights import named, rights_of

PAGE = 20  # batches of a page: each needs its pages of states read
EXPORT_LIMIT = 10_000  # rows of an export: a minute at most
EXPORT_STEP = 200
ROLLS_PAGE = 20  # rolls of a page
ACTS_LIMIT = 100  # lines of the issue log on a page; the newest


@require_GET
@signed_in
def batches(request: HttpRequest, person: Person) -> HttpResponse:
    """The batches, narrowed, a page at a time."""
    asked, form = _asked(request)
    found = reads.batches(person, asked)
    listed = list(found[: PAGE + 1])
    rows = reads.rows(listed[:PAGE], _issuer_names(person, listed))
    context = {
        "rows": rows,
        "sums": reads.summed(rows),
        "bar": reads.bar(reads.summed(rows)),
        "states": reads.STATES,
        "total": reads.total(reads.batches(person, _from_the_newest(asked))),
        "older": listed[PAGE - 1].pk if len(listed) > PAGE else None,
        "asked": asked,
        "form": form,
        "export_limit": EXPORT_LIMIT,
        **rights_of(person),
    }
    return render(request, "workspace/codes_list.html", context)


@require_GET
@signed_in
def export(request: HttpRequest, person: Person) -> StreamingHttpResponse:
    """The same list as CSV for a spreadsheet, sent while it is read."""
    asked, _form = _asked(request)
    lines = _lines(person, _from_the_newest(asked), get_language() or "")
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="code-batches.csv"'
    return response


@require_GET
@signed_in
def batch(request: HttpRequest, person: Person, number: int) -> HttpResponse:
    """One batch: facts, counts, rolls, the issue log."""
    one = batch_or_404(person, number)
    key, lost = None, None
    try:
        key = keys.key_of(one.series.key)
    except IssueError as error:
        lost = error.message if get_language() == "en" else error.message_zh
    page = _page_number(request, -(-one.rolls // ROLLS_PAGE))
    context = {
        "batch": one,
        "row": reads.rows([one], _issuer_names(person, [one]))[0],
        "states": reads.STATES,
        "lots": queries.lots_of(one, limit=20),
        "ends": (_shown(one, key, 0), _shown(one, key, one.count - 1)) if key else None,
        "sample": one.series.path(one.code_at(key, 0)) if key else "",
        "lost": lost,
        "rolls": _rolls(one, key, page),
        "page": page,
        "pages": -(-one.rolls // ROLLS_PAGE),
        "acts": queries.acts_of(one, limit=ACTS_LIMIT),
        **rights_of(person),
    }
    return render(request, "workspace/codes_batch.html", context)


def batch_or_404(person: Person, number: int) -> Batch:
    """A batch that the person may see; whether another one exists is not said."""
    found = reads.batch_for(person, number) if number < 2**62 else None
    if found is None:
        raise Http404
    return found


def _asked(request: HttpRequest) -> tuple[Asked, ListForm]:
    form = ListForm(request.GET)
    form.is_valid()
    held = form.cleaned_data
    search = (held.get("q") or "").replace("\x00", "").strip()
    asked = Asked(
        search,
        held.get("level") or "",
        held.get("done") or "",
        held.get("since"),
        held.get("until"),
        held.get("before"),
    )
    return asked, form


def _from_the_newest(asked: Asked) -> Asked:
    return Asked(asked.search, asked.level, asked.done, asked.since, asked.until)


def _issuer_names(person: Person, listed: list[Batch]) -> dict[int, str]:
    """The names of the issuers; not needed by someone who sees only the own ones."""
    if not rights_of(person)["sees_others"]:
        return {}
    return named({one.series.organisation_id: one.series.organisation for one in listed}.values())


def _page_number(request: HttpRequest, pages: int) -> int:
    text = request.GET.get("rolls", "")
    return min(int(text), pages) if text.isascii() and text.isdigit() and len(text) < 8 and int(text) else 1


def _shown(one: Batch, key: bytes, place: int) -> str:
    return zs_unit.shown(one.code_at(key, place))


def _rolls(one: Batch, key: bytes | None, page: int) -> list[dict[str, Any]]:
    size, rows = one.roll_size, []
    if not size:
        return []
    for number in range((page - 1) * ROLLS_PAGE + 1, min(page * ROLLS_PAGE, one.rolls) + 1):
        first = (number - 1) * size
        last = min(first + size, one.count) - 1
        counts = queries.counts_of(reads.part(one, first, last - first + 1))
        ends = (_shown(one, key, first), _shown(one, key, last)) if key else ("", "")
        rows.append({"number": number, "ends": ends, "counts": counts, "bar": reads.bar(counts)})
    return rows


class _Line:
    """What csv.writer writes to: it gives back each line instead of keeping it."""

    def write(self, text: str) -> str:
        return text


def _lines(person: Person, asked: Asked, language: str) -> Iterator[str]:
    writer = csv.writer(_Line())
    with override(language):
        yield "\ufeff"  # else a spreadsheet takes UTF-8 for GBK
        heads = [
            _("赋码批次号"),
            _("码段"),
            _("主体"),
            _("产品"),
            _("产品编码"),
            _("包装层级"),
            _("数量"),
            _("每卷数量"),
        ]
        heads += [_("批号"), *(str(name) for _state, name in reads.STATES), _("备注"), _("经办"), _("赋码时间")]
        yield writer.writerow(heads)
        written, before = 0, None
        while listed := list(reads.batches(person, Asked(**_narrowed(asked), before=before))[:EXPORT_STEP]):
            if written >= EXPORT_LIMIT:
                text = _("已到 %(count)s 行的上限，更早的没有导出：请用条件缩小范围后再导出。")
                yield writer.writerow([text % {"count": EXPORT_LIMIT}])
                return
            names = named({one.series.organisation_id: one.series.organisation for one in listed}.values())
            for row in reads.rows(listed, names):
                yield writer.writerow([neutral(cell) for cell in _cells(row)])
            written, before = written + len(listed), listed[-1].pk


def _narrowed(asked: Asked) -> dict[str, Any]:
    return {
        "search": asked.search,
        "level": asked.level,
        "done": asked.done,
        "since": asked.since,
        "until": asked.until,
    }


def _cells(row: Row) -> list[Any]:
    one = row.batch
    product = one.series.product
    return [
        *(one.pk, one.series.name, row.issuer, words.said(product, "name") if product else ""),
        *(product.code if product else "", one.series.get_level_display(), one.count, one.roll_size or "", row.lots),
        *(row.counts[state] for state, _name in reads.STATES),
        *(one.note, one.by, f"{timezone.localtime(one.at):%Y-%m-%d %H:%M:%S}"),
    ]
