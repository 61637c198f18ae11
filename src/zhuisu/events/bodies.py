"""An event's bytes as they are stored: compressed, with the words that events are made of known beforehand.

An event alone is too short for a compressor to learn anything from; with these words it becomes half of what zlib made of it, for a
quarter of the time, and is read in a third (docs/decisions/0032).
"""

import threading
import zlib

import zstandard

LEVEL = 1  # higher ones gain nothing in so little text, and little in whole documents
# The first octet says how a body is stored: that of zlib's streams, as they all were once; else the number of the words.
_ZLIB, _WORDS_1 = b"\x78", b"\x01"

# What a body was compressed with can never change: new words get a number of their own. What is frequent stands last.
_FORMS = (
    "<ObjectEvent><eventTime>2026-01-01T08:00:00.000+08:00</eventTime><eventTimeZoneOffset>+08:00</eventTimeZoneOffset><eventID>urn:uuid:</eventID>"
    "<epcList><epc>urn:epc:id:sgtin:</epc></epcList><action>OBSERVE</action><bizStep>shipping</bizStep><disposition>in_transit</disposition>"
    "<readPoint><id>urn:epc:id:sgln:</id></readPoint><bizLocation><id>urn:epc:id:sgln:</id></bizLocation><extension></extension>"
    '<bizTransactionList><bizTransaction type="po">urn:epc:id:gdti:</bizTransaction></bizTransactionList>'
    '<sourceList><source type="owning_party">urn:epc:id:pgln:</source></sourceList>'
    '<destinationList><destination type="possessing_party">urn:epc:id:pgln:</destination></destinationList>'
    "<quantityList><quantityElement><epcClass>urn:epc:class:lgtin:</epcClass><quantity>1</quantity><uom>KGM</uom></quantityElement></quantityList>"
    "<AggregationEvent><parentID>urn:epc:id:sscc:</parentID><childEPCs><epc></epc></childEPCs></AggregationEvent></ObjectEvent>"
    "<TransformationEvent><inputQuantityList></inputQuantityList><outputQuantityList></outputQuantityList></TransformationEvent>"
    '"errorDeclaration": {"declarationTime": "2026-01-01T", "reason": "incorrect_data", "correctiveEventIDs": ["urn:uuid:"]}, '
    '"sensorElementList": [{"sensorMetadata": {"time": "2026-01-01T", "deviceID": "urn:epc:id:giai:"}, '
    '"sensorReport": [{"type": "Temperature", "value": 4.0, "uom": "CEL", "minValue": "maxValue": "meanValue": "RelativeHumidity"}]}], '
    '"persistentDisposition": {"set": ["completeness_verified"], "unset": ["completeness_inferred"]}, '
    '"ilmd": {"cbvmda:lotNumber": "", "cbvmda:itemExpirationDate": "2026-01-01", "zs:productName": "zs:'
    '"bizTransactionList": [{"type": "desadv", "bizTransaction": "urn:epcglobal:cbv:bt:"}, {"type": "po", "inv": "recadv": "testres": "cert"}], '
    '"sourceList": [{"type": "owning_party", "source": "urn:epc:id:pgln:"}], '
    '"destinationList": [{"type": "possessing_party", "destination": "urn:epc:id:pgln:", "type": "location"}], '
    '"type": "AssociationEvent", "type": "TransactionEvent", "transformationID": "urn:epc:id:gdti:", "recordTime": "2026-01-01T'
    ' "bizStep": "accepting", "arriving", "departing", "destroying", "holding", "inspecting", "loading", "packing", "receiving", '
    '"retail_selling", "storing", "transporting", "unloading", "unpacking", "void_shipping", "dispensing", '
    '"disposition": "in_progress", "sellable_accessible", "retail_sold", "destroyed", "recalled", "expired", "dispensed", "damaged", '
)
_JSON = (
    '"type": "AggregationEvent", "parentID": "urn:epc:id:sscc:", "childEPCs": ["https://id.gs1.org/01/0", "https://id.gs1.org/00/"], '
    '"childQuantityList": [{"epcClass": "https://id.gs1.org/01/0", "quantity": 1, "uom": "KGM"}], "action": "ADD", "action": "DELETE", '
    '{"type": "ObjectEvent", "eventID": "urn:uuid:00000000-0000-4000-8000-000000000000", "eventTime": "2026-11-20T08:00:00.000+08:00", '
    '"eventTimeZoneOffset": "+08:00", "epcList": ["urn:epc:id:sgtin:", "urn:epc:id:sgtin:"], "quantityList": [{"epcClass": "urn:epc:class:lgtin:"}], '
    '"action": "OBSERVE", "bizStep": "shipping", "disposition": "in_transit", '
    '{"type": "TransformationEvent", "eventID": "ni:///sha-256;?ver=CBV2.0", "eventTime": "2026-01-01T00:00:00Z", "eventTimeZoneOffset": "+00:00", '
    '"inputEPCList": ["urn:epc:id:sgtin:"], "inputQuantityList": [{"epcClass": "urn:epc:class:lgtin:", "quantity": 1.5, "uom": "KGM"}], '
    '"outputEPCList": ["urn:epc:id:sgtin:"], "outputQuantityList": [{"epcClass": "urn:epc:class:lgtin:", "quantity": 1}], '
    '"bizStep": "commissioning", "disposition": "active", "readPoint": {"id": "urn:epc:id:sgln:0.0"}, "bizLocation": {"id": "urn:epc:id:sgln:0.0"}}'
)
_WORDS = zstandard.ZstdCompressionDict(
    (_FORMS + _JSON.replace('": ', '":').replace(", ", ",") + _JSON).encode(),
    dict_type=zstandard.DICT_TYPE_RAWCONTENT,
)
_WORDS.precompute_compress(level=LEVEL)


class Damaged(ValueError):
    """Stored bytes that are not a body."""


class _Hand(threading.local):
    """A compressor is of one thread."""

    def __init__(self) -> None:
        self.pack = zstandard.ZstdCompressor(level=LEVEL, dict_data=_WORDS).compress
        self.unpack = zstandard.ZstdDecompressor(dict_data=_WORDS).decompress
        self.pack_whole = zstandard.ZstdCompressor(level=LEVEL).compress
        self.unpack_whole = zstandard.ZstdDecompressor().decompress


_hand = _Hand()


def packed(raw: bytes) -> bytes:
    """The bytes of an event as they are stored."""
    return _WORDS_1 + _hand.pack(raw)


def unpacked(stored: bytes) -> bytes:
    """The bytes of an event from what was stored. Raises Damaged."""
    try:
        if stored[:1] == _WORDS_1:
            return _hand.unpack(stored[1:])
        return zlib.decompress(stored)
    except (zlib.error, zstandard.ZstdError) as wrong:
        raise Damaged(str(wrong)) from wrong


def packed_document(document: bytes) -> bytes:
    """A whole document, or a piece of one, as it is kept: it holds its own words often enough."""
    return _hand.pack_whole(document)


def unpacked_document(stored: bytes) -> bytes:
    """The document from what was kept, also of the time when that was zlib's. Raises Damaged."""
    try:
        return zlib.decompress(stored) if stored[:1] == _ZLIB else _hand.unpack_whole(stored)
    except (zlib.error, zstandard.ZstdError) as wrong:
        raise Damaged(str(wrong)) from wrong
