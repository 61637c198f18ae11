"""From the parameters of a URL, or the query object of a named query, to a Query. A closed world: what is unknown is an error."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ..names import declared
from ..strictjson import Bad
from .families import BY_STEM, CONTROLS, EXACT, VOCABULARY_FIELDS, Family
from .kinds import READERS, Wrong, comparable, full, word
from .model import Condition, Field, Given, Order, Query, QueryError
from .names import field_of
from .typed import number_in

VALUES_LIMIT = 200  # values of one parameter: keeps a statement small; an address is limited anyway
PARAMETERS_LIMIT = 60  # parameters of one query: more than all families that a person would combine
COUNT_LIMIT = 1_000_000_000  # of eventCountLimit and maxEventCount: what a number in SQL holds
NAME_LIMIT = 512  # characters of a parameter's name: a long namespace and a field
_OPERATOR = re.compile(r"(EQ|GT|GE|LT|LE|EXISTS|HASATTR|EQATTR|MATCH|WD)_(.*)\Z", re.DOTALL).match
_UOM = re.compile(r"[A-Z0-9]{2,4}\Z", re.ASCII).match
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]").search  # no event can hold these, nor any statement
_SINGLE = ("GT", "GE", "LT", "LE", "EXISTS")
_ESCAPED_PIPE = re.compile("%7[Cc]")
_UNKNOWN = object()


def read_url(parameters: Mapping[str, str], prefixes: Mapping[str, str] | None = None) -> Query:
    """The query that the parameters of a URL mean, each decoded once; lists are pipe-delimited, and a pipe inside a text is
    written %7C once more. `prefixes` are those of the request. Raises QueryError."""
    given: dict[str, Any] = {}
    for name, text in parameters.items():
        found = _family(name, prefixes or {})
        if found is None:
            if name not in CONTROLS:
                raise _unknown(name)
            given[name] = text
            continue
        op, family, _ = found
        if not _several(op, family):
            given[name] = text
        elif family.kind in ("text", "free", "attribute"):
            given[name] = [_ESCAPED_PIPE.sub("|", one) for one in text.split("|")]
        else:
            given[name] = text.split("|")
    return _query(given, prefixes or {})


def read_json(query: Mapping[str, Any]) -> Query:
    """The query that an object means whose fields are the parameters (POST /queries). Raises QueryError."""
    try:
        prefixes = declared(query["@context"], {}) if "@context" in query else {}
    except Bad:
        raise _wrong("@context", "must declare prefixes", "须为前缀声明") from None
    return _query({name: value for name, value in query.items() if name != "@context"}, prefixes)


def _query(given: Mapping[str, Any], prefixes: Mapping[str, str]) -> Query:
    """An empty value, alone, is a parameter left out."""
    if len(given) > PARAMETERS_LIMIT:
        raise QueryError(
            "QueryTooComplexException",
            "",
            f"more than {PARAMETERS_LIMIT} parameters in one query",
            f"一次查询超过 {PARAMETERS_LIMIT} 个参数",
        )
    parameters: list[tuple[str, Given]] = []
    conditions: list[Condition] = []
    used: set[str] = set()
    for name in sorted(given):
        empty = given[name] in ("", [""])
        if name in CONTROLS:
            if empty:
                continue
            parameters.append((name, _scalar(name, given[name])))
            used |= _prefixes_in(name, [given[name]], prefixes)
            continue
        found = _family(name, prefixes)
        if found is None:
            raise _unknown(name)
        if empty and found[0] != "EXISTS":
            continue
        condition, value = _condition(name, *found, given[name], prefixes)
        parameters.append((name, value))
        used |= _prefixes_in(name, value if isinstance(value, tuple) else [value], prefixes)
        if condition.wanted != (False,) or condition.op != "EXISTS":
            conditions.append(condition)
    controls = {name: value for name, value in parameters if name in CONTROLS}
    kept = tuple(sorted((prefix, prefixes[prefix]) for prefix in used))
    return Query(tuple(parameters), kept, tuple(conditions), *_controls(controls, prefixes))


def _condition(
    name: str, op: str, family: Family, about: Any, value: Any, prefixes: Mapping[str, str]
) -> tuple[Condition, Given]:
    several = _several(op, family)
    texts = value if isinstance(value, list | tuple) else [value]
    if not texts or (not several and len(texts) != 1):
        raise _wrong(
            name, "must have exactly one value" if texts else "has no value", "只能有一个值" if texts else "没有值"
        )
    if len(texts) > VALUES_LIMIT:
        raise _wrong(name, f"has more than {VALUES_LIMIT} values", f"超过 {VALUES_LIMIT} 个值")
    scalars = tuple(_scalar(name, one) for one in texts)
    reader = (
        comparable
        if family.kind == "free" and op in _SINGLE[:-1]
        else READERS["exists" if op == "EXISTS" else family.kind]
    )
    try:
        for one in scalars:
            if one == "" and op != "EXISTS":
                raise Wrong("has an empty value in its list", "值列表中有空值")
        wanted = tuple(reader(one, prefixes) for one in scalars)
    except Wrong as wrong:
        raise _wrong(name, str(wrong), wrong.message_zh) from None
    return Condition(name, op, family, about, wanted), scalars if several else scalars[0]


def _scalar(name: str, value: Any) -> str | Decimal | bool | None:
    if isinstance(value, Mapping) and set(value) == {"@value"}:
        value = number_in(str(value["@value"]))
    if isinstance(value, str) and _UNSTORABLE(value):
        raise _wrong(name, "holds a NUL character or half of a surrogate pair", "含有 NUL 字符或不成对的代理项")
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int | float | Decimal):
        found = number_in(str(value))
        if found is not None:
            return found
    raise _wrong(name, "must be a text, a number or a list of them", "必须是文本、数字或其列表")


def _several(op: str, family: Family) -> bool:
    return op not in _SINGLE and family.kind != "flag"


def _family(name: str, prefixes: Mapping[str, str]) -> tuple[str, Family, Any] | None:
    """Operator, family and what it is about, of a parameter's name; None where there is no such parameter."""
    if name in EXACT:
        op, family = EXACT[name]
        return op, family, None
    found = _OPERATOR(name) if len(name) <= NAME_LIMIT else None
    if found is None:
        return None
    op, rest = found.groups()
    for family in BY_STEM:
        if op in family.ops and rest.startswith(family.stem):
            about = _about(family, rest[len(family.stem) :], prefixes)
            if about is not _UNKNOWN:
                return op, family, about
    return None


def _about(family: Family, text: str, prefixes: Mapping[str, str]) -> Any:
    if family.about.startswith("type:"):
        vocabulary = family.about.removeprefix("type:")
        if not text:  # business transactions alone may have no type (EPCIS 2.0 §7.3.5.3)
            return None if vocabulary == "bizTransaction" else _UNKNOWN
        try:
            return word(vocabulary)(text, prefixes)
        except Wrong:
            return _UNKNOWN
    if family.about == "unit":
        return text if _UOM(text) else _UNKNOWN
    if family.about == "field":
        return field_of(text, prefixes) or _UNKNOWN
    return _attributed("HASATTR" in family.ops, text, prefixes)


def _attributed(whole: bool, text: str, prefixes: Mapping[str, str]) -> Any:
    """(field, attribute or None): the field is one of the standard's, or an extension's whose name has no underscore."""
    name, underscore, attribute = text.partition("_")
    if whole:
        name, attribute = text, ""
    elif not underscore or not attribute:
        return _UNKNOWN
    field: str | Field | None = name if name in VOCABULARY_FIELDS else field_of(name, prefixes)
    return _UNKNOWN if field is None else (field, full(attribute, prefixes) if attribute else None)


def _prefixes_in(name: str, values: Any, prefixes: Mapping[str, str]) -> set[str]:
    """The declared prefixes that a parameter may have used: what a stored query must keep."""
    parts = re.split(r"[_:]", name)
    heads = [str(one).partition(":")[0] for one in values if isinstance(one, str)]
    return {prefix for prefix in prefixes if prefix in parts or f"_{prefix}:" in name or prefix in heads}


def _controls(given: Mapping[str, Given], prefixes: Mapping[str, str]) -> tuple[Order | None, int | None, int | None]:
    by, direction = given.get("orderBy"), given.get("orderDirection", "DESC")
    limit, most = (_count(name, given[name]) if name in given else None for name in CONTROLS[2:])
    if direction not in ("ASC", "DESC"):
        raise _wrong("orderDirection", "must be ASC or DESC", "必须是 ASC 或 DESC")
    order = None
    if by is not None:
        field = by if by in ("eventTime", "recordTime") else field_of(str(by), prefixes)
        if field is None:
            raise _wrong(
                "orderBy",
                "must be eventTime, recordTime or the qualified name of an extension field",
                "必须是 eventTime、recordTime 或扩展字段的限定名",
            )
        order = Order(field if isinstance(field, Field) else str(field), direction == "DESC")
    if limit is not None and order is None:
        raise _wrong("eventCountLimit", "needs orderBy", "必须与 orderBy 同时使用")
    if limit is not None and most is not None:
        raise _wrong("eventCountLimit", "excludes maxEventCount", "不能与 maxEventCount 同时使用")
    return order, limit, most


def _count(name: str, value: Given) -> int:
    number = number_in(value) if isinstance(value, str) else value
    if not isinstance(number, Decimal) or number != number.to_integral_value() or not 0 < number <= COUNT_LIMIT:
        raise _wrong(name, "must be a whole number above zero", "必须是正整数")
    return int(number)


def _wrong(name: str, message: str, message_zh: str) -> QueryError:
    return QueryError("QueryParameterException", name, message, message_zh)


def _unknown(name: str) -> QueryError:
    return _wrong(name[:NAME_LIMIT], "is not a parameter of this query", "不是此查询的参数")
