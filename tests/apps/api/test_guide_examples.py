"""Every example of the guide is run with curl against a server, and says what the guide shows."""

import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from zhuisu.accounts import services
from zhuisu.events.sequencer import publish

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
GUIDES = Path(__file__).parents[3] / "docs" / "guides"
EXAMPLE = re.compile(r"```sh\n(?P<run>.*?)```(?:\n\n```text\n(?P<shown>.*?)```)?", re.DOTALL)


def examples(name: str) -> list[tuple[str, str]]:
    text = (GUIDES / name).read_text(encoding="utf-8")
    return [(found["run"], found["shown"] or "") for found in EXAMPLE.finditer(text)]


def test_both_languages_have_the_same_examples():
    assert examples("capture-over-http.md") == examples("capture-over-http.zh-CN.md")


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
def test_the_guide_is_true(live_server, tmp_path):
    farm = services.create_organisation(
        kind="enterprise",
        name="同安示范养殖场",
        party="cn.uscc:91350212MA0000015N",
        by="system",
        at=AT,
        region="350212",
    )
    _, key = services.issue_key(organisation=farm, label="ERP", by="system", at=AT)
    said = {"http://127.0.0.1:8000": live_server.url, "zs_your_key": key}
    script = ""
    for run, shown in examples("capture-over-http.md"):
        for mine, real in said.items():
            run = run.replace(mine, real)
        exports = "".join(line + "\n" for line in run.splitlines() if line.startswith("export "))
        script += exports
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script + run], cwd=tmp_path, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, (run, done.stderr)
        for line in shown.splitlines():
            assert line.replace("…", "") in done.stdout, (run, line, done.stdout)
        publish(AT)
