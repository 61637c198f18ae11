"""Takes over a register: the whole file or nothing, in the place of what was there."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

import msgspec
from django.db import connection, transaction
from django.utils.timezone import get_current_timezone

from zhuisu.accounts.models import Organisation
from zhuisu.accounts.services import record
from zhuisu.registry.issuing.errors import IssueError
from zhuisu.registry.official.files import Fault, Line, read
from zhuisu.registry.official.models import NAME_LENGTH, Register

_NAME = re.compile(rf"[a-z][a-z0-9_]{{1,{NAME_LENGTH - 1}}}")


@dataclass(frozen=True, slots=True)
class About:
    """What the file does not say of itself. Titles may stay empty where the register is here already."""

    source: str
    as_of_on: date
    title: str = ""
    title_en: str = ""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of a file. With faults nothing was stored; `before` is how many approvals there were, `again`: this very
    file was here already."""

    count: int
    before: int
    faults: tuple[Fault, ...] = ()
    faulty: int = 0
    again: bool = False


def load(
    name: str,
    content: bytes,
    about: About,
    *,
    operator: Organisation,
    by: str,
    at: datetime,
    dry_run: bool = False,
) -> Loaded:
    """Replace a register by a file; all its lines in one transaction, or none where any is wrong.

    Raises IssueError: "operator" (only the platform's operator loads registers), "name", "source", "as_of" (a day
    to come), "title", "older" (the file stands for an earlier day than what is here), and what official.files.read raises.
    """
    _check(name, about, operator, at)
    digest = sha256(content).hexdigest()
    found = read(content)
    with transaction.atomic():
        # One load of registers at a time: a second one waits and then sees the first.
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(hashtextextended('official.register', 0))")
        old = Register.objects.filter(name=name).first()
        before = old.entries if old else 0
        if old and about.as_of_on < old.as_of_on:
            raise IssueError(
                "older",
                f"the register here is of {old.as_of_on}, the file of {about.as_of_on}",
                f"库中数据截至 {old.as_of_on}，文件截至 {about.as_of_on}，更旧",
            )
        if not old and not about.title.strip():
            raise IssueError("title", "a new register needs a title", "新的登记库需要标题")
        again = old is not None and old.digest == digest
        if found.faulty or dry_run or (again and old and not _says_more(old, about)):
            return Loaded(len(found.lines), before, tuple(found.faults), found.faulty, again)
        register = old or Register(name=name)
        register.title = about.title.strip()[:120] or register.title
        register.title_en = about.title_en.strip()[:160] or register.title_en
        register.source, register.as_of_on = about.source.strip()[:300], about.as_of_on
        register.entries, register.digest = len(found.lines), digest
        register.loaded_at, register.loaded_by = at, by[:120]
        register.save()
        if not again:
            _replace(register.pk, found.lines)
        record(
            "register.load",
            by=by,
            at=at,
            organisation=operator,
            target=f"register:{name}",
            entries=len(found.lines),
            before=before,
            digest=digest,
        )
    return Loaded(len(found.lines), before, again=again)


def _check(name: str, about: About, operator: Organisation, at: datetime) -> None:
    """What can be said before the file is read."""
    if operator.kind != Organisation.Kind.OPERATOR:
        raise IssueError(
            "operator", "only the operator of the platform loads registers", "只有平台运营方可以导入官方登记库"
        )
    if not _NAME.fullmatch(name):
        raise IssueError(
            "name", "lower case letters, digits and _, a letter first", "名称须为小写字母、数字和下划线，以字母开头"
        )
    if not about.source.strip():
        raise IssueError("source", "say who published the file", "请注明文件由谁发布")
    if about.as_of_on > at.astimezone(get_current_timezone()).date():
        raise IssueError(
            "as_of",
            f"{about.as_of_on} is still to come: every later file would be older",
            f"{about.as_of_on} 尚未到来",
            "as_of_on",
        )


def _says_more(old: Register, about: About) -> bool:
    """Whether the same file comes with something new about it: a later day, another source or title."""
    said = (about.as_of_on, about.source.strip()[:300], about.title.strip()[:120], about.title_en.strip()[:160])
    held = (old.as_of_on, old.source, old.title, old.title_en)
    return any(new and new != before for new, before in zip(said, held, strict=True))


def _replace(register: int, lines: list[Line]) -> None:
    """The old lines go and the new ones come by COPY: a hundred thousand in some seconds."""
    encode = msgspec.json.encode
    # Django wraps the errors of statements, not those of COPY: a database that goes away must look the same in both.
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.execute("delete from registry_registerentry where register_id = %s", [register])
        with cursor.copy(
            "copy registry_registerentry (register_id, key, number, name, holder, valid_from_on, valid_to_on, withdrawn_on,"
            " codes, details) from stdin"
        ) as stream:
            for line in lines:
                stream.write_row(
                    (
                        register,
                        line.key,
                        line.number,
                        line.name,
                        line.holder,
                        line.valid_from_on,
                        line.valid_to_on,
                        line.withdrawn_on,
                        line.codes,
                        encode(line.details).decode(),
                    )
                )
        cursor.execute("analyze registry_registerentry")
