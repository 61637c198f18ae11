"""What is made from a sector's declaration, for systems: the dictionary of its data elements, JSON Schemas, Excel sheets."""

from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import translation

from zhuisu.profiles.elements import Element, as_csv, elements
from zhuisu.profiles.model import Profile
from zhuisu.profiles.schema import schema
from zhuisu.profiles.sheets import write

from .callers import Caller
from .orders import answer
from .paging import parameters_of
from .problems import not_found, wrong_parameter
from .resource import resource
from .sector_bodies import edition, words

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def dictionary(request: HttpRequest, caller: Caller, sector: str) -> HttpResponse:
    """GET: the data elements of a sector (统一数据采集指标)."""
    return answer([_element(each) for each in elements(edition(sector, parameters_of(request), caller))])


def dictionary_file(request: HttpRequest, caller: Caller, sector: str) -> HttpResponse:
    """GET: the same as CSV, in the language of `lang` (zh or en)."""
    parameters = parameters_of(request)
    lang = _language(parameters)
    profile = edition(sector, parameters, caller)
    headers = {"Content-Disposition": f'attachment; filename="{profile.id}-elements.csv"', "Cache-Control": "no-store"}
    return HttpResponse(as_csv(profile, lang), content_type="text/csv; charset=utf-8", headers=headers)


def step_schema(request: HttpRequest, caller: Caller, sector: str, step: str) -> HttpResponse:
    """GET: the JSON Schema (2020-12) of one record of a step."""
    profile = _with_step(edition(sector, parameters_of(request), caller), step)
    response = answer(schema(profile, step))
    response.headers["Content-Type"] = "application/schema+json"
    return response


def step_sheet(request: HttpRequest, caller: Caller, sector: str, step: str) -> HttpResponse:
    """GET: the Excel sheet of a step, empty, in the language of `lang` (zh or en)."""
    parameters = parameters_of(request)
    lang = _language(parameters)
    profile = _with_step(edition(sector, parameters, caller), step)
    headers = {"Content-Disposition": f'attachment; filename="{profile.id}-{step}.xlsx"', "Cache-Control": "no-store"}
    return HttpResponse(write(profile, step, (), lang), content_type=XLSX, headers=headers)


def _language(parameters: dict[str, str]) -> Literal["zh", "en"]:
    """The language that a query asks a file in, taken out of `parameters`; else that of the request."""
    lang = parameters.pop("lang", "") or ("en" if (translation.get_language() or "").startswith("en") else "zh")
    if lang not in ("zh", "en"):
        raise wrong_parameter("lang", "must be zh or en", "应为 zh 或 en")
    return "en" if lang == "en" else "zh"


def _with_step(profile: Profile, step: str) -> Profile:
    if step not in profile.steps:
        raise not_found()
    return profile


def _element(one: Element) -> dict[str, Any]:
    return {
        "identifier": one.identifier,
        "name": words(one.name),
        "type": words(one.type),
        "size": one.size,
        "domain": words(one.domain),
        "unit": one.unit or None,
        "many": one.many,
        "obligation": dict(one.steps),
        "definition": words(one.definition),
        "source": words(one.source),
        "evidence": words(one.evidence),
    }


sector_elements = resource(GET=dictionary)
sector_elements_csv = resource(GET=dictionary_file, media=["text/csv"])
schema_of_step = resource(GET=step_schema, media=["application/schema+json", "application/json"])
sheet_of_step = resource(GET=step_sheet, media=[XLSX])
