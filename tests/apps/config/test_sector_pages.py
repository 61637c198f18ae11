"""Every sector's chain, as people see it: the public page of its last thing, and the books that its law wants, page and file."""

import csv
import io
import re
from typing import Any

import pytest
import python_calamine
from django.test import Client

import chains
from zhuisu import codes, sectors
from zhuisu.accounts.models import Organisation, Person
from zhuisu.compliance import ledger
from zhuisu.compliance.ledger import Asked
from zhuisu.events.scope import ALL
from zhuisu.resolver.paths import page_path

pytestmark = pytest.mark.slow  # all sectors: some 50 seconds
PHONE = {"user-agent": "Mozilla/5.0 (Android) Mobile"}
PERSON = re.compile(r"urn:zhuisu:person:|1[3-9]\d{9}(?!\d)")


def desk_of(organisation: Organisation) -> Client:
    person = Person.objects.create(organisation=organisation, role="member", username=f"m{organisation.pk}")
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture(params=sorted(sectors.all()))
def played(request: Any, db: None, client: Client) -> chains.Played:
    return chains.play(client, request.param)


def test_a_chain_is_a_page_for_strangers_and_a_book_for_its_parties(played: chains.Played, client: Client) -> None:
    profile = sectors.all()[played.sector].editions[0]
    answer = client.get(page_path(codes.parse_epc(played.chain["last"])), headers=PHONE)
    page = answer.content.decode()
    assert answer.status_code == 200 and profile.name.zh in page
    assert not PERSON.search(page), PERSON.search(page)
    english = client.get(page_path(codes.parse_epc(played.chain["last"])), {"lang": "en"}, headers=PHONE, follow=True)
    assert profile.name.en in english.content.decode()

    assert profile.ledgers
    exported = set()
    for name, party in played.parties.items():
        desk = desk_of(party)
        listed = desk.get("/desk/books").content.decode()
        for key, held in profile.ledgers.items():
            entries = ledger.rows_of(ALL, party, played.sector, key, Asked(), limit=1000)
            if not entries or key in exported:
                continue
            exported.add(key)
            assert held.name.zh in listed, (name, key)
            _one_book(desk, played.sector, key, entries)
    assert exported == set(profile.ledgers), "a book that no step of the chain fills"


def _one_book(desk: Client, sector: str, key: str, entries: list[ledger.Entry]) -> None:
    address = f"/desk/books/{sector}/{key}"
    page = desk.get(address)
    assert page.status_code == 200
    heads = ledger.columns(sector, key)
    lines = sum(len(each.lines) for each in entries)
    text = desk.get(f"{address}.csv")
    rows = list(csv.reader(io.StringIO(text.content.decode("utf-8-sig"))))
    assert rows[0][1 : len(heads) + 1] == [head.words.zh for head in heads] and len(rows) == lines + 1
    empty = [row for row in rows if not any(row[2 : len(heads) + 1])]
    assert not empty, (sector, key, empty)
    sheet = desk.get(f"{address}.xlsx")
    found = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(sheet.content)).get_sheet_by_index(0).to_python()
    assert [row[1 : len(heads) + 1] for row in found][-lines:] == [row[1 : len(heads) + 1] for row in rows[1:]]
