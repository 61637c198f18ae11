"""The sample log-ins. Their passwords are made once for each installation and kept in a file that only we can read."""

import json
import os
import secrets
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from zhuisu.accounts.models import Organisation, Person
from zhuisu.accounts.services import create_person
from zhuisu.config.database import home

PASSWORD_BYTES = 12  # 16 characters


class SignIn(NamedTuple):
    """Who may sign in with which password, for whom."""

    username: str
    password: str
    zh: str
    en: str


def sign_ins(organisations: dict[str, Organisation], *, by: str, at: datetime) -> tuple[SignIn, ...]:
    """One person for each organisation, made where missing. The key of the dictionary is the log-in name."""
    passwords = _passwords(home() / "keys" / "demo-sign-ins.json", tuple(organisations))
    for username, organisation in organisations.items():
        _person(organisation, username, passwords[username], by=by, at=at)
    return tuple(SignIn(name, passwords[name], one.name, one.name_en) for name, one in organisations.items())


def _person(organisation: Organisation, username: str, password: str, *, by: str, at: datetime) -> None:
    """The file is what counts: where it was lost and made anew, the password in the database follows."""
    person = Person.objects.filter(username=username).first()
    if person is None:
        role = Person.Role.READER if organisation.kind == Organisation.Kind.REGULATOR else Person.Role.ADMIN
        create_person(organisation=organisation, username=username, password=password, role=role, by=by, at=at)
    elif not person.check_password(password):
        person.set_password(password)
        person.save(update_fields=["password"])


def _passwords(path: Path, names: tuple[str, ...]) -> dict[str, str]:
    try:
        kept: dict[str, str] = json.loads(path.read_text())
    except FileNotFoundError:
        kept = {}
    if set(names) <= set(kept):
        return kept
    made = {name: kept.get(name) or secrets.token_urlsafe(PASSWORD_BYTES) for name in names}
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(made, file, indent=1)
    draft.replace(path)
    return made
