"""The identifiers and the vocabulary words of an event in the form that a caller asks for. Pure.

One table says where in an event either may stand; everything else, extensions too, is left as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zhuisu import codes
from zhuisu.codes import CodeError
from zhuisu.codes.gs1_lengths import Lengths

from . import cbv
from .names import Names

# The values of GS1-EPC-Format and GS1-CBV-XML-Format (EPCIS 2.0 §12, OpenAPI).
NO_PREFERENCE = "No_Preference"
NEVER = "Never_Translates"
LINK = "Always_GS1_Digital_Link"
URN = "Always_EPC_URN"
CBV_WEB = "Always_Web_URI"
CBV_URN = "Always_URN"
EPC_FORMATS = (NO_PREFERENCE, LINK, URN, NEVER)
CBV_FORMATS = (NO_PREFERENCE, CBV_WEB, CBV_URN, NEVER)

Ids = Callable[[str], str]
Words = Callable[[str, str], str]

_ID = ""  # an identifier; any other text in a shape names the vocabulary of a word
_IDS: list[Any] = [_ID]
_AMOUNTS: list[Any] = [{"epcClass": _ID}]
_DEVICE = dict.fromkeys(("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules"), _ID)
_REPORT = {
    **_DEVICE,
    **dict.fromkeys(("microorganism", "chemicalSubstance", "coordinateReferenceSystem", "uriValue"), _ID),
    "type": "measurement",
    "exception": "sensorAlert",
    "component": "component",
}
# Field → shape. eventID, correctiveEventIDs and certificationInfo are not here: they are matched and followed as sent.
FIELDS: dict[str, Any] = {
    **dict.fromkeys(("epcList", "childEPCs", "inputEPCList", "outputEPCList"), _IDS),
    **dict.fromkeys(("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"), _AMOUNTS),
    "parentID": _ID,
    "transformationID": _ID,
    "readPoint": {"id": _ID},
    "bizLocation": {"id": _ID},
    "bizStep": "bizStep",
    "disposition": "disposition",
    "persistentDisposition": {"set": ["disposition"], "unset": ["disposition"]},
    "bizTransactionList": [{"type": "bizTransaction", "bizTransaction": _ID}],
    "sourceList": [{"type": "sourceDest", "source": _ID}],
    "destinationList": [{"type": "sourceDest", "destination": _ID}],
    "errorDeclaration": {"reason": "errorReason"},
    "sensorElementList": [{"sensorMetadata": _DEVICE, "sensorReport": [_REPORT]}],
}


def translated(fields: dict[str, Any], ids: Ids, words: Words) -> dict[str, Any]:
    """The event's fields (EPCIS 2.0 JSON names) with every identifier and every word in another form."""
    return {
        name: mapped(value, FIELDS[name], ids, words) if name in FIELDS else value for name, value in fields.items()
    }


def mapped(value: Any, shape: Any, ids: Ids, words: Words) -> Any:
    """One field's value likewise; what has not the shape of that field stays."""
    if isinstance(value, str):
        if shape == _ID:
            return ids(value)
        return words(shape, value) if isinstance(shape, str) else value
    if isinstance(value, list) and isinstance(shape, list):
        return [mapped(one, shape[0], ids, words) for one in value]
    if isinstance(value, dict) and isinstance(shape, dict):
        return {name: mapped(one, shape[name], ids, words) if name in shape else one for name, one in value.items()}
    return value


class Identifiers:
    """Puts identifiers into one of the EPC formats. Private URIs and what is in that form already stay as sent.

    `left` counts the GS1 identifiers that could not be put so: a key without EPC URN, an EPC without key, or a link
    whose company prefix has a length that neither `lengths` nor the public table knows (TDS 2.0 §7).
    """

    def __init__(self, want: str, lengths: Lengths | None = None) -> None:
        self.want = want
        self.lengths = lengths
        self.left = 0
        self._known: dict[str, str] = {}

    @property
    def done(self) -> str:
        """What GS1-EPC-Format of the answer says: the format where all is in it, else that there is none."""
        return NEVER if self.want == NO_PREFERENCE else NO_PREFERENCE if self.left else self.want

    def of(self, context: dict[str, str]) -> Ids:
        """The function for an event with these prefixes."""
        if self.want in (NO_PREFERENCE, NEVER):
            return str
        names = Names(context)

        def put(text: str) -> str:
            found = self._known.get(text)
            if found is not None:
                return found
            full = names.uri(text)
            if full == text:  # a CURIE means something else in the next event
                found = self._known[text] = self._put(text)
                return found
            changed = self._put(full)
            return text if changed == full else changed

        return put

    def _put(self, text: str) -> str:
        wrong = text[:8].lower() == "urn:epc:" if self.want == LINK else text[:4].lower() == "http"
        if not wrong:
            return text
        try:
            code = codes.parse_epc(text)
            if code.scheme == "uri":
                # An EPC, though none of a key, such as a pattern of SSCCs or a tag; a link is private.
                self.left += self.want == LINK
                return text
            if self.want == LINK:
                return codes.to_digital_link(code)
            return codes.to_urn(code, lengths=self.lengths)
        except CodeError:
            self.left += 1
            return text


def bare_words(context: dict[str, str]) -> Words:
    """Words as JSON wants them: bare. Words of other vocabularies stay (EPCIS 2.0 §9.1, CBV 2.0 §7).

    A word of the GS1 Web Vocabulary that the CBV does not list becomes a CURIE: the JSON schema takes no web URI of it.
    """
    names = Names(context)

    def put(vocabulary: str, text: str) -> str:
        full = names.uri(text)
        try:
            return cbv.bare(vocabulary, full)
        except cbv.NotInVocabulary:
            known = full.startswith(cbv.VOC) and context.get("gs1") == cbv.VOC
            return f"gs1:{full.removeprefix(cbv.VOC)}" if known else text

    return put


def xml_words(want: str, context: dict[str, str]) -> Words:
    """Words as XML wants them: URIs. Without a wish a word stays as sent, a bare one becomes its web URI."""
    names = Names(context)

    def put(vocabulary: str, text: str) -> str:
        full = names.uri(text)
        try:
            word = cbv.bare(vocabulary, full)
        except cbv.NotInVocabulary:
            return full
        if want == CBV_URN:
            return cbv.urn(vocabulary, word)
        return cbv.web_uri(vocabulary, word) if want == CBV_WEB or ":" not in full else full

    return put
