"""Who may do what at the desk, and what every page of it needs to know."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from zhuisu.accounts.models import Organisation, Person
from zhuisu.registry.queries import parties
from zhuisu.web import words


def may_capture(person: Person) -> bool:
    """Enterprises record; authorities and readers look."""
    return person.organisation.kind == Organisation.Kind.ENTERPRISE and person.role != Person.Role.READER


def may_manage_keys(person: Person) -> bool:
    """Whoever has a key acts for the whole organisation."""
    return person.role == Person.Role.ADMIN


def rights_of(person: Person) -> dict[str, Any]:
    """What the menu and the forms offer this person."""
    return {
        "organisation": named([person.organisation])[person.organisation.pk],
        "may_capture": may_capture(person),
        "may_manage_keys": may_manage_keys(person),
        "sees_others": person.organisation.kind != Organisation.Kind.ENTERPRISE,
    }


def denied(request: HttpRequest, person: Person) -> HttpResponse:
    """The page for someone whose role does not reach here."""
    return render(request, "workspace/denied.html", rights_of(person), status=403)


def named(organisations: Iterable[Organisation]) -> dict[int, str]:
    """Names by number: the register's, which has both languages, else the account's own."""
    known = {each.pk: each for each in organisations}
    found = parties(each.party for each in known.values())
    return {pk: words.said(found.get(each.party), "name") or each.name for pk, each in known.items()}
