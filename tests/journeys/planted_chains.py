"""Run by test_sector_pictures.py inside a site of its own: the chain of every sector; prints as JSON the path of each one's last thing."""

import json
import sys

from zhuisu.config.cli.common import setup

setup()

from django.contrib.auth.hashers import make_password  # noqa: E402

import chains  # noqa: E402
from zhuisu import codes, sectors  # noqa: E402
from zhuisu.accounts.models import Person  # noqa: E402
from zhuisu.resolver.paths import page_path  # noqa: E402


def main() -> None:
    password = make_password(sys.argv[1])  # once: it is made to be slow
    pages = {}
    for played in chains.plant(sys.argv[2:] or sorted(sectors.all())):
        pages[played.sector] = page_path(codes.parse_epc(played.chain["last"]))
        Person.objects.bulk_create(
            Person(username=f"{played.sector}-{number}", password=password, organisation=party)
            for number, party in enumerate(played.parties.values())
        )
    sys.stdout.write(json.dumps(pages) + "\n")


main()
