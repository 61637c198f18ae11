"""Every example of the page on sectors over HTTP is run with curl against a server, and says what the page shows."""

import re
import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest
from django.utils import timezone

from coding import key_of
from support import AT
from zhuisu.accounts.models import Organisation
from zhuisu.compliance.services import judge_next
from zhuisu.events.sequencer import publish
from zhuisu.registry.catalogue.files import LISTS
from zhuisu.registry.catalogue.services import take_over
from zhuisu.registry.models import Party, Product, Role
from zhuisu.registry.official.services import About, load

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "sectors-api.md"
EXAMPLE = re.compile(r"```sh\n(?P<run>.*?)```(?:\n\n```text\n(?P<shown>.*?)```)?", re.DOTALL)
VETS = "批准文号,生产企业,企业代码\n兽药字010012001,北山兽药厂,00042\n"


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
def test_the_page_says_what_the_server_answers(live_server, tmp_path):
    farm = Organisation.objects.create(kind="enterprise", name="同安示范养殖场", party="uri:urn:example:farm")
    party = Party.objects.create(code=farm.party, name=farm.name, region="350212")
    Role.objects.create(party=party, sector="crops", role="farm", valid_from_on=date(2020, 1, 1))
    for code in ("gs1.gtin:01/09520000000011", "gs1.gtin:01/09520000000028"):
        Product.objects.create(code=code, name="白菜", kind="crops.vegetable", holder=party)
    operator = Organisation.objects.create(kind="operator", name="平台", party="uri:urn:example:platform")
    about = About("主管部门", date(2026, 11, 1), "兽药产品批准文号")
    load("veterinary_drug_approvals", VETS.encode(), about, operator=operator, by="system", at=AT)
    for file in LISTS.glob("*.toml"):
        take_over(file.read_bytes(), operator=operator, by="system", at=AT)
    key = key_of(farm)["Authorization"].removeprefix("Bearer ")
    exports = ""
    examples = [(found["run"], found["shown"] or "") for found in EXAMPLE.finditer(PAGE.read_text("utf-8"))]
    assert len(examples) > 10
    for run, shown in examples:
        run = run.replace("http://127.0.0.1:8000", live_server.url).replace("zs_your_key", key)
        exports += "".join(line + "\n" for line in run.splitlines() if line.startswith("export "))
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", exports + run], cwd=tmp_path, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, (run, done.stderr)
        for line in shown.splitlines():
            assert line in done.stdout, (run, line, done.stdout[:3000])
        publish(timezone.now())
        while judge_next(timezone.now()):
            pass
