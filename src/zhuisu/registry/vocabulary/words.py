"""Which vocabularies there are, which field of an event takes its values from which, and the one key of each value. Pure."""

from zhuisu import codes
from zhuisu.epcis import cbv
from zhuisu.epcis.remembering import remembered

_VTYPE = "urn:epcglobal:epcis:vtype:"
READ_POINT = _VTYPE + "ReadPoint"
BUSINESS_LOCATION = _VTYPE + "BusinessLocation"
LOCATION = _VTYPE + "Location"
PARTY = _VTYPE + "Party"
EPC_CLASS = _VTYPE + "EPCClass"
SOURCE_DEST = _VTYPE + "SourceDest"

# Field of an event (EPCIS 2.0 §7.2, §8.2.7.1) → the vocabularies that say what its values are. A location or party is told of
# once for all its uses (CBV 2.0 §9), so those come behind the field's own.
FIELDS: dict[str, tuple[str, ...]] = {
    "readPoint": (READ_POINT, LOCATION),
    "bizLocation": (BUSINESS_LOCATION, LOCATION),
    "source": (SOURCE_DEST, PARTY, LOCATION),
    "destination": (SOURCE_DEST, PARTY, LOCATION),
    "epcClass": (EPC_CLASS,),
    "bizStep": (_VTYPE + "BusinessStep",),
    "disposition": (_VTYPE + "Disposition",),
    "bizTransaction": (_VTYPE + "BusinessTransaction",),
    "bizTransactionType": (_VTYPE + "BusinessTransactionType",),
    "sourceDestType": (_VTYPE + "SourceDestType",),
    "errorReason": (_VTYPE + "ErrorReason",),
}
# Types whose values are words of the CBV: the list in epcis/cbv.py that knows their forms.
_LISTS = {
    _VTYPE + "BusinessStep": "bizStep",
    _VTYPE + "Disposition": "disposition",
    _VTYPE + "BusinessTransactionType": "bizTransaction",
    _VTYPE + "SourceDestType": "sourceDest",
    _VTYPE + "ErrorReason": "errorReason",
}
STANDARD_TYPES = tuple(sorted({one for types in FIELDS.values() for one in types}))
_SHORT = {one.removeprefix(_VTYPE).lower(): one for one in STANDARD_TYPES}


def type_of(text: str) -> str:
    """A vocabulary by its URI or by the last word of a standard one, in any case: Location, businessStep."""
    return _SHORT.get(text.lower(), text)


@remembered(8192)
def key_of(vocabulary: str, text: str) -> str:
    """The one key of a value however it is written: the bare word of the CBV, the canonical code, else the URI itself.

    A key comes back as it is. A text that claims to be a code and is none is taken as a URI of its own: what others say of
    it is kept, and fits nothing.
    """
    if vocabulary in _LISTS:
        text = cbv.CBV + text[4:] if text.startswith("cbv:") else text
        try:
            return cbv.bare(_LISTS[vocabulary], text)
        except cbv.NotInVocabulary:
            return text
    name = text.partition(":")[0]
    if name == "uri":
        return text
    if name in codes.schemes() or name.startswith(("gs1.", "epc.")):
        try:
            return codes.from_canonical(text).canonical
        except codes.CodeError:
            pass  # a URI whose scheme has the name of one of ours
    try:
        return codes.parse_epc(text).canonical
    except codes.CodeError:
        return f"uri:{text}"


def uri_of(vocabulary: str, key: str) -> str:
    """How a key is written where nobody's own writing is known: web URI of a word, Digital Link or URN of a code."""
    if vocabulary in _LISTS:
        return cbv.web_uri(_LISTS[vocabulary], key)
    if key.startswith("uri:"):
        return key.removeprefix("uri:")
    code = codes.from_canonical(key)
    return codes.to_digital_link(code) if code.scheme.startswith("gs1.") else codes.to_urn(code)
