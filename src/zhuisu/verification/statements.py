"""Statements that are asked at every look: their plans are kept by the server."""

from collections.abc import Mapping
from typing import Any

import psycopg
from django.db import connection

PREPARE_AFTER = 2  # the driver's count of a statement's uses before the server keeps its plan


def prepared(sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """All rows of a statement whose plan the server keeps. Raises django.db.Error kinds like any other statement."""
    connection.ensure_connection()
    raw: Any = connection.connection
    # Django asks for no plans to be kept, since its own statements have their values written into them.
    if raw.prepare_threshold is None:
        raw.prepare_threshold = PREPARE_AFTER
    with connection.wrap_database_errors, psycopg.Cursor(raw) as cursor:
        return cursor.execute(sql, values).fetchall()
