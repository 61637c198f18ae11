"""The house rules (CONTRIBUTING.md) as tests. Each rule is a function that names what breaks it, tried first on a wrong snippet."""

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from repository import ROOT, SOURCE, event_sql, event_tables, files, requirements, short

FUNCTION_LINES = 70
FILE_LINES = 500
FACES = {"api", "portal", "workspace", "web", "config"}  # where a clock and a current user may be read
MIGRATIONS = "migrations"

Rule = Callable[[ast.Module, str], Iterator[str]]


def long_functions(tree: ast.Module, _package: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                yield f"line {node.lineno}: {node.name} has {length} lines"


CLOCKS = {
    *("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "timezone.now", "timezone.localtime"),
    *("time.time", "time.time_ns", "time.localtime", "time.gmtime"),
}
CLOCK_IMPORTS = {("time", "time"), ("time", "time_ns"), ("django.utils.timezone", "now")}
SQL_CLOCK = re.compile(
    r"\b(now|clock_timestamp|statement_timestamp|transaction_timestamp)\(\)|\bcurrent_(timestamp|date|time)\b"
)


def clocks(tree: ast.Module, package: str) -> Iterator[str]:
    """Below the faces, time is an argument; auto_now would hide a clock in a model, now() one in SQL."""
    if package in FACES or package == MIGRATIONS:  # a migration repeats what Django's own Person says
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ".".join(_names(node)[-2:]) in CLOCKS:
            yield f"line {node.lineno}: {'.'.join(_names(node))} is a clock"
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if (node.module, alias.name) in CLOCK_IMPORTS:
                    yield f"line {node.lineno}: imports a clock"
        if isinstance(node, ast.keyword) and node.arg in ("auto_now", "auto_now_add"):
            yield f"line {node.lineno}: {node.arg} is a clock"
    for line, text in _sql(tree):
        if SQL_CLOCK.search(text.lower()):
            yield f"line {line}: SQL that reads the clock"


def _names(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Attribute):
        return [*_names(node.value), node.attr]
    return [node.id] if isinstance(node, ast.Name) else []


GETTEXT = {"_", *(f"{kind}gettext{lazy}" for kind in ("", "n", "p", "np") for lazy in ("", "_lazy")), "gettext_noop"}


def composed_translations(tree: ast.Module, _package: str) -> Iterator[str]:
    """What is composed before it is looked up is never found in the catalogue."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _names(node.func)[-1:] and _names(node.func)[-1] in GETTEXT:
            for argument in node.args[:2]:
                formatted = isinstance(argument, ast.Call) and _names(argument.func)[-1:] == ["format"]
                if formatted or isinstance(argument, ast.JoinedStr | ast.BinOp):
                    yield f"line {node.lineno}: a text is composed inside {_names(node.func)[-1]}()"


def swallowed_errors(tree: ast.Module, _package: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            broad = node.type is None or _is_broad(node.type)
            if broad and all(isinstance(one, ast.Pass | ast.Continue) or _is_ellipsis(one) for one in node.body):
                yield f"line {node.lineno}: an error is swallowed"
        if isinstance(node, ast.Call) and _names(node.func)[-1:] == ["suppress"] and any(map(_is_broad, node.args)):
            yield f"line {node.lineno}: every error is swallowed"


def _is_broad(node: ast.expr) -> bool:
    return _names(node)[-1:] in (["Exception"], ["BaseException"])


def _is_ellipsis(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and node.value.value is ...


def _sql(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Texts that read like SQL, with what is filled in written as {}; docstrings are none."""
    said = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    inner = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            text = "".join(one.value if isinstance(one, ast.Constant) else "{}" for one in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and not {id(node)} & (said | inner):
            text = node.value
        else:
            continue
        if re.search(r"\b(select|insert into|update|delete from|copy|join|truncate|exists|where)\b", text, re.I):
            yield node.lineno, text


_TRAILS = {"accounts_auditentry", "registry_act"}


@cache
def evidence() -> frozenset[str]:
    """The tables that the append-only trigger guards, and the trails of accounts and of issuing."""
    (array,) = re.findall(r"foreach t in array array\[(.*?)\]", event_sql(), re.S)
    return frozenset(re.findall(r"'(\w+)'", array)) | _TRAILS


@cache
def _change() -> re.Pattern[str]:
    names = "|".join(sorted(evidence()))
    return re.compile(
        rf"\b(update\s+(only\s+)?(?P<a>{names})\b[^;]*?\bset\b|delete\s+from\s+(only\s+)?(?P<b>{names})\b|"
        rf"truncate\s+(table\s+)?(?P<c>{names})\b|insert\s+into\s+(?P<d>{names})\b[^;]*?\bdo\s+update\b|"
        rf"alter\s+table\s+(?P<e>{names})\s+disable|drop\s+(table|trigger\s+append_only\w*\s+on)\s+(?P<f>{names})\b)",
        re.I | re.S,
    )


def changed_evidence(tree: ast.Module, package: str) -> Iterator[str]:
    """Only a migration's way back may take the guard away."""
    if package == MIGRATIONS:
        return
    for line, text in _sql(tree):
        if found := _change().search(text):
            yield f"line {line}: changes evidence in {next(name for name in found.groupdict().values() if name)}"


@cache
def _touch() -> re.Pattern[str]:
    names = "|".join(sorted(event_tables()))
    return re.compile(rf"\b(from|join|into|copy|update|truncate)\s+(only\s+)?({names})\b(?!\.)", re.I)


def foreign_tables(tree: ast.Module, package: str) -> Iterator[str]:
    """Only events touches the event tables; lineage and compliance may read them."""
    if package == "events":
        return
    for line, text in _sql(tree):
        writes = re.search(r"\b(insert\s+into|copy|update|delete\s+from|truncate)\s", text, re.I)
        if (found := _touch().search(text)) and (package not in ("lineage", "compliance") or writes):
            yield f"line {line}: SQL on the event table {found.group(3)}"


def loud_modules(tree: ast.Module, package: str) -> Iterator[str]:
    """Words for people come from the command line and the faces; everything else returns or logs."""
    if package == "config":
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _names(node.func) in (["print"], ["sys", "stdout", "write"]):
            yield f"line {node.lineno}: prints"


def unsaid_modules(tree: ast.Module, package: str) -> Iterator[str]:
    if package != MIGRATIONS and tree.body and not ast.get_docstring(tree):
        yield "line 1: the module does not say what it is for"


def unsaid_functions(tree: ast.Module, package: str) -> Iterator[str]:
    """Public functions of the pure packages, which others build on."""
    for node in tree.body if package in ("codes", "epcis") else ():
        public = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
        if public and not ast.get_docstring(node):
            yield f"line {node.lineno}: {node.name} has no docstring"


# rule, package, a snippet that breaks it, one that does not
CASES: list[tuple[Rule, str, str, str]] = [
    (long_functions, "codes", "def f():\n" + "    x = 1\n" * 70, "def f():\n" + "    x = 1\n" * 69),
    (clocks, "events", "x = datetime.now(UTC)", "x = at"),
    (clocks, "events", "default = django.utils.timezone.now", "from datetime import datetime"),
    (clocks, "epcis", "from time import time", "from time import perf_counter"),
    (clocks, "accounts", "f = DateTimeField(auto_now_add=True)", "f = DateTimeField()"),
    (clocks, "events", "rows('select now() from event')", "'''Until now() comes where it is.'''"),
    (clocks, "lineage", "x = dt.datetime.now()", "x = time.monotonic()"),
    (composed_translations, "portal", "_(f'{n} steps')", "_('%(n)s steps') % {'n': n}"),
    (composed_translations, "portal", "ngettext('a %s' % b, 'c', 2)", "ngettext('a', 'c', 2)"),
    (composed_translations, "portal", "gettext_lazy('a {}'.format(b))", "gettext_lazy('a')"),
    (swallowed_errors, "api", "try: f()\nexcept Exception: pass", "try: f()\nexcept KeyError: pass"),
    (swallowed_errors, "api", "try: f()\nexcept: ...", "try: f()\nexcept: log()"),
    (swallowed_errors, "api", "with suppress(Exception): f()", "with suppress(KeyError): f()"),
    (changed_evidence, "events", "rows('update event set step = %s')", "rows('update job set step = %s')"),
    (changed_evidence, "events", "rows(f'delete from part where {x}')", "rows('delete from log_queue where id = 1')"),
    (changed_evidence, "events", "q = 'truncate table item'", "q = 'insert into item values (1)'"),
    (changed_evidence, "events", "q = 'insert into name values (1) on conflict (a) do update set a = 1'", "x = 'update'"),
    (changed_evidence, "accounts", "q = 'delete from accounts_auditentry'", "q = 'delete from accounts_failedsignin'"),
    (changed_evidence, "events", "q = 'alter table void disable trigger all; select 1'", "q = 'select 1 from void'"),
    (foreign_tables, "portal", "rows('select 1 from part')", "'''Read from part of it, select one.'''"),
    (foreign_tables, "api", "rows(f'select {x} from registry_place join item i on true')", "q('select 1 from registry_place')"),
    (foreign_tables, "lineage", "rows('insert into part values (1)')", "rows('select 1 from part')"),
    (foreign_tables, "compliance", "rows('delete from void')", "rows('insert into verdict values (1)')"),
    (loud_modules, "events", "print('x')", "log.info('x')"),
    (unsaid_modules, "api", "import os", "'''What it is for.'''"),
    (unsaid_functions, "codes", "def parse(): return 1", "def parse():\n    '''Say.'''"),
]  # fmt: skip
RULES = list(dict.fromkeys(case[0] for case in CASES))


@pytest.mark.parametrize(("rule", "package", "wrong", "right"), CASES)
def test_the_rule_itself(rule: Rule, package: str, wrong: str, right: str) -> None:
    assert list(rule(ast.parse(wrong), package)), f"{rule.__name__} does not see: {wrong}"
    assert not list(rule(ast.parse(right), package)), f"{rule.__name__} is wrong about: {right}"


@pytest.mark.parametrize("rule", RULES)
def test_source_keeps(rule: Rule) -> None:
    broken = []
    for path in files(".py"):
        if path.is_relative_to(SOURCE):
            inside = path.relative_to(SOURCE).parts
            package = MIGRATIONS if MIGRATIONS in inside else inside[0].removesuffix(".py")
            broken += [f"{short(path)} {said}" for said in rule(ast.parse(path.read_text("utf-8")), package)]
    assert not broken, "\n".join(broken)


MARKS = re.compile(r"\b(FIX" r"ME|TO" r"DO|XX" r"X)\b")
# Folders of one person's machine, and where packages are fetched from: neither is part of the project.
ADDRESSES = re.compile(
    r"(?<![\w.$}~*])/(?:work|root|tmp|home|Users)/\w|registry\.npmjs|pythonhosted\.org|pypi\.org/simple|jsdelivr\.net"
)


@pytest.mark.parametrize("wrong", ["# " + "FIX" + "ME later", "x = 1  # TO" + "DO"])
def test_marks_are_seen(wrong: str) -> None:
    assert MARKS.search(wrong)


@pytest.mark.parametrize("wrong", ["/wo" + "rk/main", "cd /ro" + "ot/x", '"https://registry.npm' + 'js.org/a"'])
def test_addresses_are_seen(wrong: str) -> None:
    assert ADDRESSES.search(wrong)


@pytest.mark.parametrize("pattern", [MARKS, ADDRESSES], ids=["unfinished", "machine"])
def test_no_text_of_the_repository_has(pattern: re.Pattern[str]) -> None:
    broken = [
        f"{short(path)} line {number}: {found.group()}"
        for path in files()
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if (found := pattern.search(line))
    ]
    assert not broken, "\n".join(broken)


def test_files_are_short() -> None:
    long = [
        f"{short(path)}: {lines} lines"
        for path in files(".py", ".sql", ".html", ".css", ".js")
        if (lines := len(path.read_text("utf-8").splitlines())) > FILE_LINES
    ]
    assert not long, "\n".join(long)


def test_sql_files_change_no_evidence() -> None:
    broken = [short(path) for path in files(".sql") if _change().search(path.read_text("utf-8"))]
    assert not broken, "\n".join(broken)
    assert evidence() - _TRAILS <= event_tables()


def test_every_event_table_is_evidence_or_says_that_it_is_not() -> None:
    unsaid = [
        table
        for table in event_tables() - evidence()
        if not re.search(rf"--[^\n]*\n(--[^\n]*\n)*create table {table} ", event_sql())
    ]
    assert not unsaid, f"no comment above: {unsaid}"


TEMPLATE_CODE = re.compile(
    r"{% (?:blocktranslate|blocktrans)\b.*?{% end(?:blocktranslate|blocktrans) %}|{%.*?%}|{{.*?}}|{#.*?#}"
    r"|{% comment %}.*?{% endcomment %}"
    r"|<(\w+)[^<>]* lang=\"zh-Hans\"[^<>]*>[^<]*</\1>",  # says of itself that it stays Chinese: the seal
    re.S,
)
CHINESE = re.compile(r"[\u3400-\u9fff]+")


def test_templates_have_no_text_that_cannot_be_translated() -> None:
    assert CHINESE.search(TEMPLATE_CODE.sub("", "<p>中文</p>"))
    assert not CHINESE.search(TEMPLATE_CODE.sub("", "<p>{% translate '中文' %}</p>"))
    broken = [
        f"{short(path)}: {found.group()}"
        for path in files(".html")
        if path.is_relative_to(SOURCE) and (found := CHINESE.search(TEMPLATE_CODE.sub("", path.read_text("utf-8"))))
    ]
    assert not broken, "\n".join(broken)


def test_every_dependency_is_pinned() -> None:
    pins = {}
    for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            name, _, version = line.strip().partition("==")
            assert version, f"not pinned: {line}"
            pins[canonicalize_name(name)] = Version(version)
    for one in requirements():
        assert canonicalize_name(one.name) in pins, f"constraints.txt does not pin {one.name}"
        assert pins[canonicalize_name(one.name)] in one.specifier, (
            f"constraints.txt and pyproject disagree on {one.name}"
        )


def test_test_files_have_names_of_their_own() -> None:
    tests = [path for path in files(".py") if path.is_relative_to(ROOT / "tests")]
    names: dict[str, Path] = {}
    for path in tests:
        assert path.name != "__init__.py", f"{short(path)}: tests are no packages"
        if path.name.startswith("test_"):
            assert path.name not in names, f"{short(path)} and {short(names[path.name])} have one name"
            names[path.name] = path
