"""Official registers and the catalogue, for systems: is this approved, must this be traced here, and who answers for it."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse

from zhuisu.registry.catalogue import queries as catalogue
from zhuisu.registry.models import CatalogueList, Department, Register, RegisterEntry
from zhuisu.registry.official import queries as official

from .callers import Caller
from .orders import answer
from .paging import parameters_of
from .problems import not_found
from .resource import resource
from .sector_bodies import day_of, nothing_more, own_region, region_of
from .times import instant


def every(request: HttpRequest, _caller: Caller) -> HttpResponse:
    """GET: the registers that were loaded, of what day and from whom."""
    nothing_more(parameters_of(request))
    return answer([_register(one) for one in official.registers()])


def look(request: HttpRequest, _caller: Caller, name: str, number: str) -> HttpResponse:
    """GET: what a register says of a number or a scanned code on a day. Unknown is an answer, not an error."""
    parameters = parameters_of(request)
    day = day_of(parameters)
    nothing_more(parameters)
    register = official.register(name) if "\x00" not in name else None
    if register is None:
        raise not_found()
    found = official.look(name, number, day)
    return answer(
        {
            "register": name,
            "asOf": register.as_of_on,
            "asked": number,
            "state": found.state,
            "by": found.how or None,
            "entries": [_entry(one, day) for one in found.entries],
        }
    )


def listed(request: HttpRequest, caller: Caller) -> HttpResponse:
    """GET: the kinds of product that must be traced in a region on a day, and whose department answers for each."""
    parameters = parameters_of(request)
    day, region = day_of(parameters), region_of(parameters, own_region(caller))
    nothing_more(parameters)
    found = catalogue.mandatory(region, day)
    documents = {one.entry.catalogue_id: one.entry.catalogue for one in found}
    return answer(
        {
            "region": region,
            "day": day,
            "documents": [_document(one) for one in documents.values()],
            "kinds": [
                {
                    "kind": one.kind,
                    "text": one.entry.text,
                    "textEn": one.entry.text_en,
                    "from": one.entry.valid_from_on,
                    "to": one.entry.valid_to_on,
                    "document": one.entry.catalogue.name,
                    "article": one.entry.article,
                    "department": _department(one.department),
                }
                for one in found
            ],
        }
    )


def departments(request: HttpRequest, caller: Caller) -> HttpResponse:
    """GET: who held which function in a region, from when to when, and who took over."""
    parameters = parameters_of(request)
    region = region_of(parameters, own_region(caller))
    nothing_more(parameters)
    found = catalogue.departments(region)
    return answer([_department(one, whole=True) for one in found])


def _register(one: Register) -> dict[str, Any]:
    return {
        "name": one.name,
        "title": one.title,
        "titleEn": one.title_en,
        "source": one.source,
        "asOf": one.as_of_on,
        "entries": one.entries,
        "loadedAt": instant(one.loaded_at),
    }


def _entry(one: RegisterEntry, day: date) -> dict[str, Any]:
    return {
        "number": one.number,
        "state": official.state_of(one, day),
        "name": one.name,
        "holder": one.holder,
        "validFrom": one.valid_from_on,
        "validTo": one.valid_to_on,
        "withdrawn": one.withdrawn_on,
        "details": one.details,
    }


def _document(one: CatalogueList) -> dict[str, Any]:
    return {
        "name": one.name,
        "region": one.region,
        "title": one.title,
        "titleEn": one.title_en,
        "source": one.source,
        "sourceEn": one.source_en,
        "evidence": one.evidence,
        "note": one.note,
        "noteEn": one.note_en,
        "unmapped": one.unmapped,
    }


def _department(one: Department | None, *, whole: bool = False) -> dict[str, Any] | None:
    if one is None:
        return None
    told: dict[str, Any] = {"function": one.function, "region": one.region, "name": one.name, "nameEn": one.name_en}
    if whole:
        following = one.successor
        told |= {"from": one.valid_from_on, "to": one.valid_to_on, "successor": following.name if following else None}
    return told


register_list = resource(GET=every)
one_number = resource(GET=look)
catalogue_list = resource(GET=listed)
department_list = resource(GET=departments)
