"""Tests run against a real PostgreSQL: the one ZHUISU_DATABASE_URL names, else a throw-away embedded one."""

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

if "PYTEST_XDIST_WORKER" in os.environ:  # its settings are loaded already, with the home of the process that started it
    HOME = os.environ["ZHUISU_HOME"]
else:
    HOME = tempfile.mkdtemp(prefix="zhuisu-test-")
    atexit.register(
        shutil.rmtree, HOME, ignore_errors=True
    )  # first registered, so last done: after the database has stopped
    os.environ["ZHUISU_HOME"] = HOME
os.environ["ZHUISU_STATIC"] = "plain"
# Named here and not in pyproject.toml: settings read the database's address, so it must be running before they load.
os.environ["DJANGO_SETTINGS_MODULE"] = "zhuisu.config.settings"
Path(HOME).chmod(0o755)

import django  # noqa: E402
import hypothesis  # noqa: E402
from django.utils import translation  # noqa: E402

from zhuisu.config.database import ensure_database  # noqa: E402

OURS = "ZHUISU_DATABASE_URL" not in os.environ
ensure_database()
django.setup()


def _never_counted_between() -> None:
    """No statistics are taken behind a test's back. Its rows are never committed, so a count finds pages without rows, and
    the planner then believes that a table which grows to thousands has none: a statement of milliseconds took a minute."""
    from django.db import connections

    with connections["default"].cursor() as cursor:
        cursor.execute("alter system set autovacuum = off")
        cursor.execute("select pg_reload_conf()")
    connections.close_all()


if OURS:  # workers have the address of their controller's
    _never_counted_between()
# How long one example takes says nothing on a machine that others share.
hypothesis.settings.register_profile("steady", deadline=None)
hypothesis.settings.load_profile("steady")


def _shared() -> Path | None:
    folder = Path(os.environ.get("ZHUISU_SHARED", Path(__file__).parent.parent.parent / "shared"))
    return folder if (folder / "data").is_dir() else None


@pytest.fixture(autouse=True)
def counted_anew(request: pytest.FixtureRequest) -> None:
    """What an earlier test had counted (ANALYZE outlives its transaction) is forgotten: tables that were empty then are not now."""
    from django.db import connection

    if request.node.get_closest_marker("django_db") or {"db", "transactional_db"} & set(request.fixturenames):
        request.getfixturevalue("_django_db_helper")
        with connection.cursor() as cursor:
            cursor.execute(
                """update pg_class set reltuples = -1, relpages = 0 where relkind = 'r' and reltuples >= 0
                   and relnamespace = 'public'::regnamespace and current_setting('is_superuser') = 'on'"""
            )


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of outside cases, or a skip that says so."""
    folder = _shared()
    if folder is None:
        pytest.skip("no outside cases here: set ZHUISU_SHARED to the folder that holds data/")
    return folder


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """On a Citus coordinator the large tables of the tests' database lie on all nodes (deploy/citus.sql)."""
    from django.db import connection

    from clustering import spread

    with spread(str(connection.settings_dict["NAME"])):
        connection.close()  # what the database sets for its sessions begins with the next one
        yield


@pytest.fixture(autouse=True)
def where_the_tables_lie(request: pytest.FixtureRequest) -> None:
    """What asks for one machine is left out where the tables lie on several."""
    if mark := request.node.get_closest_marker("one_machine"):
        from zhuisu.events.store import is_spread

        request.getfixturevalue("db")
        if is_spread():
            pytest.skip(f"the tables lie on several machines: {mark.args[0]}")


@pytest.fixture(autouse=True)
def nothing_is_left_behind(request: pytest.FixtureRequest, django_db_blocker: Any) -> Iterator[None]:
    """A test that really commits leaves no evidence: Django empties its own tables behind it, and the core's refuse to be emptied."""
    yield
    mark = request.node.get_closest_marker("django_db")
    if "transactional_db" in request.fixturenames or (mark and mark.kwargs.get("transaction")):
        with django_db_blocker.unblock():
            empty_evidence()


@pytest.fixture
def empty() -> Callable[[], None]:
    """Empties the core between two runs of one test."""
    return empty_evidence


def empty_evidence() -> None:
    """Every table that Django does not know, whatever guards it."""
    from django.db import connection, transaction

    known = {*connection.introspection.django_table_names(), "django_migrations"}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set local lock_timeout = '20s'")
        cursor.execute("select tablename from pg_tables where schemaname = current_schema()")
        tables = sorted({name for (name,) in cursor.fetchall()} - known - {"judge_cursor"})
        for way in ("disable", "enable"):
            if way == "enable":
                cursor.execute(f"truncate {', '.join(tables)}")
                cursor.execute("update judge_cursor set position = 0")
            for table in tables:
                cursor.execute(f'alter table "{table}" {way} trigger user')


@pytest.fixture(autouse=True)
def chinese() -> None:
    """Every test begins in the platform's language; a command that ran before may have chosen the terminal's."""
    translation.activate("zh-hans")


@pytest.fixture(autouse=True)
def one_request_id(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two answers that nobody may tell apart differ in the id of their request alone: here it is always the same."""
    monkeypatch.setattr("zhuisu.config.requests.made", lambda: "0" * 24)
