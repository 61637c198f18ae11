"""Every example of the guide to a production line is run with curl against a server, and says what the guide shows."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from coding import GTIN, key_of, licensed
from zhuisu.accounts.models import Organisation
from zhuisu.registry.models import Product

GUIDES = Path(__file__).parents[3] / "docs" / "guides"
EXAMPLE = re.compile(r"```sh\n(?P<run>.*?)```(?:\n\n```text\n(?P<shown>.*?)```)?", re.DOTALL)


def examples(name: str) -> list[tuple[str, str]]:
    text = (GUIDES / name).read_text(encoding="utf-8")
    return [(found["run"], found["shown"] or "") for found in EXAMPLE.finditer(text)]


def test_both_languages_show_the_same():
    assert len(examples("connect-a-line.md")) > 8
    assert examples("connect-a-line.md") == examples("connect-a-line.zh-CN.md")


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
def test_the_line_works_as_the_guide_says(live_server, tmp_path):
    dairy = Organisation.objects.create(kind="enterprise", name="厦门鹭岛乳业有限公司", party="uri:urn:example:dairy")
    Product.objects.create(code=GTIN, name="纯牛奶", category="food", holder=licensed(dairy))
    key = key_of(dairy)["Authorization"].removeprefix("Bearer ")
    said = {"http://127.0.0.1:8000": live_server.url, "zs_your_key": key}
    script = ""
    for run, shown in examples("connect-a-line.md"):
        for mine, real in said.items():
            run = run.replace(mine, real)
        script += "".join(line + "\n" for line in run.splitlines() if line.startswith("export "))
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script + run], cwd=tmp_path, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, (run, done.stderr)
        for line in shown.splitlines():
            assert line.replace("…", "") in done.stdout, (run, line, done.stdout)
