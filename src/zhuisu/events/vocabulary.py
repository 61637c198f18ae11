"""The small numbers that the event tables store, and what they mean. They only grow: a number is never re-used."""

from enum import IntEnum


class Kind(IntEnum):
    """EPCIS 2.0 event types."""

    OBJECT = 1
    AGGREGATION = 2
    TRANSACTION = 3
    TRANSFORMATION = 4
    ASSOCIATION = 5


class Action(IntEnum):
    """EPCIS 2.0 §7.3.2; a transformation has none."""

    NONE = 0
    ADD = 1
    OBSERVE = 2
    DELETE = 3


class Role(IntEnum):
    """What an item was to an event. The walk reads only these (docs/concepts/walk.md)."""

    OBSERVED = 1  # ObjectEvent OBSERVE, TransactionEvent
    COMMISSIONED = 2  # ObjectEvent ADD: begins a life
    DECOMMISSIONED = 3  # ObjectEvent DELETE: ends a life
    TRANSACTION_PARENT = 4
    INPUT = 10
    OUTPUT = 11
    PACK_PARENT = 20  # AggregationEvent ADD
    PACKED = 21
    UNPACK_PARENT = 22  # AggregationEvent DELETE; without any UNPACKED part it empties the container
    UNPACKED = 23
    SEEN_PARENT = 24  # AggregationEvent OBSERVE: content confirmed, changes nothing
    SEEN_INSIDE = 25
    FIT_PARENT = 30  # AssociationEvent ADD
    FITTED = 31
    UNFIT_PARENT = 32  # AssociationEvent DELETE
    UNFITTED = 33
    SEEN_FIT_PARENT = 34
    SEEN_FITTED = 35
    SAME = 40  # several codes of one thing: all SAME parts of one event name the same item
    LOT_MEMBER = 50  # an instance commissioned as part of the lot with the same position in the event
    LOT_OF = 51


class PartyRole(IntEnum):
    """Who had a part in an event, as what."""

    REPORTER = 1  # the organisation that captured it
    SOURCE_OWNER = 2  # sourceList owning_party
    SOURCE_CUSTODIAN = 3  # sourceList possessing_party
    DESTINATION_OWNER = 4
    DESTINATION_CUSTODIAN = 5
    PLACE_PARTY = 6  # the party whose GLN is the read point or business location
    ANSWERABLE = 7  # 责任可究: said by the event (extension informationProvider / answerableParty)
    ON_BEHALF_OF = 8
