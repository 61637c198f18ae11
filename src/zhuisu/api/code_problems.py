"""What issuing refuses, as problems: which rule, which field or which code, in both languages."""

import re
from collections.abc import Iterable
from typing import Any

from zhuisu.registry.issuing.errors import IssueError
from zhuisu.registry.issuing.selections import Refused

from .problems import Problem

_OURS = re.compile(r"[0-9A-Za-z]{16}")


_NAMES = {"first": "from", "last": "to", "request_id": "Idempotency-Key"}  # as they stand in a request


def refused(wrong: IssueError) -> Problem:
    """422: the request is understood, and a rule is against it. 503 where it is the node that lacks something."""
    if wrong.rule in ("key-missing", "key-swapped", "key-folder"):
        return Problem(
            503,
            "ImplementationException",
            "The issuer's key is not at hand on this node; its operator must bring it back.",
            "本节点缺少发码方的密钥，须由运维人员恢复。",
        )
    error = {
        "path": _NAMES.get(wrong.field) or camel(wrong.field),
        "rule": wrong.rule,
        "message": wrong.message,
        "message_zh": wrong.message_zh,
    }
    return Problem(422, "refused", wrong.message, wrong.message_zh, errors=[error])


def codes_refused(found: Iterable[Refused]) -> Problem:
    """422: some of the codes cannot become what was asked, so none did."""
    return not_done([refused_fields(one) for one in found])


def not_done(errors: list[dict[str, Any]]) -> Problem:
    """422: all or nothing was asked for, and these stand against it."""
    return Problem(
        422,
        "refused",
        f"Refused: {len(errors)}. Nothing was changed.",
        f"有 {len(errors)} 处不符合要求，全部未更改。",
        errors=errors,
    )


def refused_fields(one: Refused) -> dict[str, Any]:
    """Why one code is refused. Its text comes back only where it has our form: it may be a personal number otherwise."""
    fields: dict[str, Any] = {"position": one.position}
    if _OURS.fullmatch(re.sub(r"[\s-]", "", one.text)):
        fields["code"] = one.text
    return fields | {"rule": one.rule, "message": one.message, "message_zh": one.message_zh}


def camel(name: str) -> str:
    """The name of an argument as it stands in JSON."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def too_many(seconds: int) -> Problem:
    """429: this caller asked for more codes in a minute than it may."""
    return Problem(
        429,
        "too-many-requests",
        f"Too many codes asked for in a minute; ask again in {seconds} seconds.",
        f"一分钟内查询的码过多，请在 {seconds} 秒后再试。",
        headers={"Retry-After": str(seconds)},
    )
