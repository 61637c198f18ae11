"""Every example of the page on EPCIS over HTTP is run with curl against a server, and says what the page shows."""

import ipaddress
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.utils import timezone

from coding import key_of
from zhuisu.accounts.models import Organisation
from zhuisu.events.sequencer import publish

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "epcis-examples.md"
EXAMPLE = re.compile(r"```sh\n(?P<run>.*?)```(?:\n\n```text\n(?P<shown>.*?)```)?", re.DOTALL)


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
def test_the_page_says_what_the_server_answers(live_server, tmp_path, settings):
    settings.OUTBOUND_ALLOWED = (ipaddress.ip_network("127.0.0.0/8"),)
    dairy = Organisation.objects.create(kind="enterprise", name="鹭岛乳业", party="uri:urn:example:dairy")
    key = key_of(dairy)["Authorization"].removeprefix("Bearer ")
    exports = ""
    examples = [(found["run"], found["shown"] or "") for found in EXAMPLE.finditer(PAGE.read_text("utf-8"))]
    assert len(examples) > 15
    for run, shown in examples:
        run = run.replace("http://127.0.0.1:8000", live_server.url).replace("zs_your_key", key)
        exports += "".join(line + "\n" for line in run.splitlines() if line.startswith("export "))
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", exports + run], cwd=tmp_path, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, (run, done.stderr, done.stdout)
        for line in shown.splitlines():
            assert line in done.stdout, (run, line, done.stdout[:3000])
        publish(timezone.now())
