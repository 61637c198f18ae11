"""What is declared about sectors, for systems: editions, kinds, roles, steps, duties, books, and what each rests on."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from zhuisu import sectors
from zhuisu.profiles.model import Profile

from .callers import Caller
from .orders import answer
from .paging import parameters_of
from .resource import resource
from .sector_bodies import basis_fields, day_of, edition, nothing_more, own_region, region_of, words


def every(request: HttpRequest, caller: Caller) -> HttpResponse:
    """GET: the sectors in force on a day, by name."""
    parameters = parameters_of(request)
    day, region = day_of(parameters), region_of(parameters, own_region(caller))
    nothing_more(parameters)
    found = [
        profile for sector in sectors.offered(settings.SECTORS_OFF).values() if (profile := sector.on(day, region))
    ]
    return answer([_short(profile) for profile in found])


def one(request: HttpRequest, caller: Caller, sector: str) -> HttpResponse:
    """GET: one sector whole: kinds, roles, steps, duties, books, retention, reports and what they rest on."""
    return answer(_whole(edition(sector, parameters_of(request), caller)))


def _short(profile: Profile) -> dict[str, Any]:
    return {
        "id": profile.id,
        "name": words(profile.name),
        "class": profile.sector_class,
        "edition": profile.edition,
        "validFrom": profile.valid_from,
        "steps": list(profile.steps),
        "href": f"/sectors/{profile.id}",
    }


def _whole(profile: Profile) -> dict[str, Any]:
    return _short(profile) | {
        "elements": f"/sectors/{profile.id}/elements",
        "kinds": {name: words(kind.name) for name, kind in profile.kinds.items()},
        "codes": {use.level: list(use.schemes) for use in profile.codes},
        "regulators": profile.regulators,
        "roles": {
            name: {"name": words(role.name), "licences": list(role.licences), "basis": role.basis}
            for name, role in profile.roles.items()
        },
        "steps": {name: _step(profile, name) for name in profile.steps},
        "duties": {
            name: {
                "name": words(duty.name),
                "step": duty.step,
                "withinDays": duty.within_days,
                "forbids": list(duty.forbids),
                "basis": duty.basis,
            }
            for name, duty in profile.duties.items()
        },
        "ledgers": {
            name: {"name": words(book.name), "columns": list(book.columns), "basis": book.basis}
            for name, book in profile.ledgers.items()
        },
        "retention": [
            {"records": words(one.records), "anchor": one.anchor, "months": one.months, "basis": one.basis}
            for one in profile.retention
        ],
        "reports": {
            name: {
                "what": words(report.what),
                "to": report.to,
                "hours": report.hours,
                "workingDays": report.working_days,
                "dayOfMonth": report.day_of_month,
                "basis": report.basis,
            }
            for name, report in profile.reports.items()
        },
        "public": list(profile.public),
        "basis": {name: basis_fields(basis) for name, basis in profile.basis.items()},
    }


def _step(profile: Profile, name: str) -> dict[str, Any]:
    step = profile.steps[name]
    at = f"/sectors/{profile.id}/{name}"
    return {
        "name": words(step.name),
        "event": step.event,
        "action": step.action,
        "bizStep": step.biz_step,
        "disposition": step.disposition or None,
        "by": list(step.by),
        "after": list(step.after),
        "first": step.first,
        "barred": list(step.barred),
        "required": list(step.required),
        "optional": list(step.optional),
        "basis": step.basis,
        "schema": f"{at}/schema",
        "sheet": f"{at}/sheet.xlsx",
        "records": f"/records/{profile.id}/{name}",
    }


sector_list = resource(GET=every)
one_sector = resource(GET=one)
