"""Tests run against a real PostgreSQL: the one ZHUISU_DATABASE_URL names, else a throw-away embedded one."""

import os
import tempfile
from pathlib import Path

import pytest

HOME = tempfile.mkdtemp(prefix="zhuisu-test-")
os.environ["ZHUISU_HOME"] = HOME
Path(HOME).chmod(0o755)

from zhuisu.config.database import ensure_database  # noqa: E402

ensure_database()


def _shared() -> Path | None:
    folder = Path(os.environ.get("ZHUISU_SHARED", Path(__file__).parent.parent.parent / "shared"))
    return folder if (folder / "data").is_dir() else None


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of outside cases, or a skip that says so."""
    folder = _shared()
    if folder is None:
        pytest.skip("no outside cases here: set ZHUISU_SHARED to the folder that holds data/")
    return folder
