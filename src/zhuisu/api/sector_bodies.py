"""What the addresses about sectors share: which edition is meant, how words and findings stand in JSON, files in CSV."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from zhuisu import sectors
from zhuisu.profiles.judge import Finding
from zhuisu.profiles.model import Basis, Profile, Words
from zhuisu.registry.regions import is_region, regions_of_acts
from zhuisu.web.tables import neutral

from .callers import Caller
from .problems import not_found, wrong_parameter


def today() -> date:
    """The day on this node's clocks."""
    return timezone.localdate()


def day_of(parameters: dict[str, str], name: str = "day") -> date:
    """The day that a query asks for, taken out of `parameters`; today where it names none."""
    text = parameters.pop(name, "")
    if not text:
        return today()
    try:
        if len(text) != len("2026-11-22"):
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError:
        raise wrong_parameter(name, "must be a day such as 2026-11-22", "应为日期，如 2026-11-22") from None


def region_of(parameters: dict[str, str], otherwise: str = "") -> str:
    """The region (GB/T 2260: two, four or six digits) that a query asks for, taken out of `parameters`."""
    text = parameters.pop("region", "")
    if text and not is_region(text):
        raise wrong_parameter("region", "must be 2, 4 or 6 digits of GB/T 2260", "应为 GB/T 2260 的 2、4 或 6 位数字")
    return text or otherwise


def own_region(caller: Caller) -> str:
    """The region of the caller's acts that name no place."""
    return regions_of_acts([("", caller.organisation.party)], caller.organisation.region)[0]


def nothing_more(parameters: dict[str, str]) -> None:
    """A 400 problem for the first parameter that nobody took."""
    for name in parameters:
        raise wrong_parameter(name, "is not a parameter here", "不是此处的参数")


def edition(sector: str, parameters: dict[str, str], caller: Caller) -> Profile:
    """The edition of a sector that a query means, by its parameters `day` and `region`: today's and the caller's own where it
    names none. A 404 problem where there is none."""
    day, region = day_of(parameters), region_of(parameters, own_region(caller))
    nothing_more(parameters)
    found = sectors.profile(sector, day, region)
    if found is None:
        raise not_found()
    return found


def words(said: Words | None) -> dict[str, str] | None:
    """A text in both languages."""
    return {"zh": said.zh, "en": said.en} if said else None


def basis_fields(basis: Basis | None) -> dict[str, Any] | None:
    """Law or standard, article and how it is known."""
    return {"law": words(basis.law), "article": basis.article, "evidence": basis.evidence} if basis else None


def finding_fields(found: Finding) -> dict[str, Any]:
    """One broken rule: where, which, in both languages, by which article, how bad."""
    article = found.article
    return {
        "path": found.path,
        "rule": found.rule,
        "severity": found.severity,
        "message": found.says.en,
        "message_zh": found.says.zh,
        "article": article.en if article else "",
        "article_zh": article.zh if article else "",
    }


def csv_file(name: str, heading: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """A table as CSV in UTF-8 with a mark, as spreadsheets want it; no cell is a formula."""
    held = io.StringIO()
    writer = csv.writer(held)
    writer.writerow(heading)
    writer.writerows([neutral(cell) for cell in row] for row in rows)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse("\ufeff" + held.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)
