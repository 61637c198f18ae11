"""Run by test_sector_pictures.py inside a site of its own: the chain of every sector; prints as JSON the path of each one's last thing."""

import json
import sys

from zhuisu.config.cli.common import setup

setup()

from django.test import Client  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402

import chains  # noqa: E402
from zhuisu import codes, sectors  # noqa: E402
from zhuisu.accounts.models import Person  # noqa: E402
from zhuisu.resolver.paths import page_path  # noqa: E402


def main() -> None:
    setup_test_environment()
    client = Client()
    pages = {}
    wanted = sys.argv[2:] or sorted(sectors.all())
    for sector in wanted:
        played = chains.play(client, sector)
        pages[sector] = page_path(codes.parse_epc(played.chain["last"]))
        for number, (_name, party) in enumerate(played.parties.items()):
            Person.objects.create_user(f"{sector}-{number}", password=sys.argv[1], organisation=party)
    sys.stdout.write(json.dumps(pages) + "\n")


main()
