"""Keeps what documents say of vocabularies; says which registered place lies in which."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from zhuisu import epcis
from zhuisu.accounts.models import Organisation
from zhuisu.accounts.services import record
from zhuisu.registry.models import Place, VocabularyElement
from zhuisu.registry.vocabulary.words import key_of

ELEMENTS_LIMIT = 100_000  # elements of one organisation: their hierarchy is read into memory by a query
DEPTH_LIMIT = 32  # registered places one in another: a shelf in a cold room in a hall of a market is five


class PlaceError(ValueError):
    """A place cannot lie where it is said to; a sentence in English and Chinese."""

    def __init__(self, rule: str, message: str, message_zh: str) -> None:
        super().__init__(message)
        self.rule, self.message, self.message_zh = rule, message, message_zh


def take(
    masterdata: Sequence[epcis.MasterData], *, organisation: int, capture_token: str, by: str, at: datetime
) -> None:
    """Keep the master data of a document's header, inside the capture's transaction. Nothing there: no statement.

    What an element was before stays as an older version; its attributes and children are replaced whole. An element that
    says nothing new makes no version. One that stands twice in a document counts as it stands last. Raises
    epcis.DocumentError rule master-data-count where the organisation would have more than ELEMENTS_LIMIT.
    """
    said = {(one.type, key_of(one.type, one.id)): one for one in masterdata}
    if not said:
        return
    with connection.cursor() as cursor:  # two documents of one organisation at once: one after the other
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"vocabulary:{organisation}"])
    latest = VocabularyElement.objects.filter(organisation=organisation, latest=True)
    held = {
        (one.type, one.key): one
        for one in latest.filter(type__in={type for type, _ in said}, key__in={key for _, key in said})
    }
    new = [
        _row(key, one, organisation, capture_token, by, at)
        for (_, key), one in said.items()
        if (found := held.get((one.type, key))) is None or not _says(found, one)
    ]
    if not new:
        return
    replaced = [held[place].pk for one in new if (place := (one.type, one.key)) in held]
    if latest.count() + len(new) - len(replaced) > ELEMENTS_LIMIT:
        raise _too_many()
    VocabularyElement.objects.filter(pk__in=replaced).update(latest=False)
    VocabularyElement.objects.bulk_create(new, batch_size=1_000)
    who = Organisation.objects.get(pk=organisation)
    record("vocabulary.capture", by=by, at=at, organisation=who, target=capture_token, elements=len(new))


def _row(
    key: str, one: epcis.MasterData, organisation: int, capture_token: str, by: str, at: datetime
) -> VocabularyElement:
    return VocabularyElement(
        organisation_id=organisation,
        type=one.type,
        key=key,
        written=one.id,
        attributes=dict(one.attributes),
        children=list(one.children),
        child_keys=[key_of(one.type, child) for child in one.children],
        capture_token=capture_token,
        by=by[:120],
        at=at,
    )


def _says(held: VocabularyElement, one: epcis.MasterData) -> bool:
    return bool(held.attributes == dict(one.attributes) and held.children == list(one.children))


def _too_many() -> epcis.DocumentError:
    return epcis.DocumentError(
        epcis.Reason(
            "epcisHeader.epcisMasterData.vocabularyList",
            "master-data-count",
            f"With this document there would be more than {ELEMENTS_LIMIT} vocabulary elements of your organisation.",
            f"收下此文档后，贵主体的主数据元素将超过 {ELEMENTS_LIMIT} 个。",
        )
    )


@transaction.atomic
def put_place(place: Place, inside: Place | None, *, by: str, at: datetime) -> Place:
    """Say that a registered place lies in another, or in none. Raises PlaceError "cycle" where it would lie in itself, and
    "depth" beyond DEPTH_LIMIT."""
    with connection.cursor() as cursor:  # two at once could each see no circle and make one
        cursor.execute("select pg_advisory_xact_lock(hashtextextended('places', 0))")
    above, depth = inside, 0
    while above is not None:
        depth += 1
        if above.pk == place.pk:
            raise PlaceError("cycle", f"{place.code} would lie in itself", f"{place.code} 不能位于自身之内")
        if depth >= DEPTH_LIMIT:
            raise PlaceError(
                "depth", f"more than {DEPTH_LIMIT} places one in another", f"场所嵌套超过 {DEPTH_LIMIT} 层"
            )
        above = above.parent
    place.parent = inside
    place.save(update_fields=["parent"])
    record("place.put", by=by, at=at, target=place.code, inside=inside.code if inside else "")
    return place
