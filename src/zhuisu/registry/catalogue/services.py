"""Takes over a catalogue: all of a document in one transaction, in the place of its earlier edition."""

from datetime import datetime

from django.db import transaction

from zhuisu import sectors
from zhuisu.accounts.models import Organisation
from zhuisu.accounts.services import record
from zhuisu.registry.catalogue.files import Catalogue, read, region_of, successor_of
from zhuisu.registry.catalogue.models import CatalogueEntry, CatalogueList, Department
from zhuisu.registry.issuing.errors import IssueError


@transaction.atomic
def take_over(content: bytes, *, operator: Organisation, by: str, at: datetime) -> CatalogueList:
    """Store a catalogue file. Raises IssueError "operator", "department" (another list has it), and what catalogue.files.read raises; then nothing has changed.

    An entry that ends must say so (valid_to) and stay in the file: what is not in it was never in force.
    """
    if operator.kind != Organisation.Kind.OPERATOR:
        raise IssueError(
            "operator", "only the operator of the platform keeps the catalogue", "只有平台运营方可以维护目录"
        )
    found = read(content, known_kinds())
    held, _ = CatalogueList.objects.update_or_create(
        name=found.name,
        defaults={
            "region": found.region,
            "title": found.title.zh,
            "title_en": found.title.en,
            "source": found.source.zh,
            "source_en": found.source.en,
            "evidence": found.evidence,
            "note": found.note.zh,
            "note_en": found.note.en,
            "unmapped": [{"text": one.text, "why": one.why.zh, "why_en": one.why.en} for one in found.unmapped],
            "loaded_at": at,
            "loaded_by": by[:120],
        },
    )
    entries = _entries(held, found)
    departments = _departments(held, found)
    record(
        "catalogue.import",
        by=by,
        at=at,
        organisation=operator,
        target=f"catalogue:{found.name}",
        entries=entries,
        departments=departments,
    )
    return held


def known_kinds() -> dict[str, frozenset[str]]:
    """The kinds of product of each sector, in any of its editions."""
    return {
        name: frozenset(kind for edition in sector.editions for kind in edition.kinds)
        for name, sector in sectors.all().items()
    }


def _entries(held: CatalogueList, found: Catalogue) -> int:
    held.entries.all().delete()
    made = [
        CatalogueEntry(
            catalogue=held,
            kind=kind,
            text=entry.text.zh,
            text_en=entry.text.en,
            article=entry.article,
            function=entry.function,
            valid_from_on=entry.valid_from or found.valid_from,
            valid_to_on=entry.valid_to,
        )
        for entry in found.entries
        for kind in entry.kinds
    ]
    CatalogueEntry.objects.bulk_create(made)
    return len(made)


def _departments(held: CatalogueList, found: Catalogue) -> int:
    """Rows stay the same rows, so that a case that names a department keeps it."""
    rows = {}
    others = {
        (row.function, row.region, row.valid_from_on): row.catalogue.name
        for row in Department.objects.exclude(catalogue=held).select_related("catalogue")
    }
    for one in found.departments:
        if owner := others.get((one.function, region_of(found, one), one.valid_from)):
            raise IssueError(
                "department",
                f"{one.name.en}: the list {owner} has this department of that day already",
                f"{one.name.zh}：目录 {owner} 中已有同日起的这一部门",
                "content",
            )
        rows[id(one)], _ = Department.objects.update_or_create(
            function=one.function,
            region=region_of(found, one),
            valid_from_on=one.valid_from,
            defaults={
                "catalogue": held,
                "name": one.name.zh,
                "name_en": one.name.en,
                "valid_to_on": one.valid_to,
                "successor": None,
            },
        )
    for one in found.departments:
        if following := successor_of(found, one):
            row = rows[id(one)]
            row.successor = rows[id(following)]
            row.save(update_fields=["successor"])
    held.departments.exclude(pk__in=[row.pk for row in rows.values()]).delete()
    return len(rows)
