"""GS1 Core Business Vocabulary 2.0: bare word = CURIE = web URI = URN, and which words there are."""

from __future__ import annotations

import json
from pathlib import Path

from zhuisu.epcis.remembering import remembered

CBV = "https://ref.gs1.org/cbv/"
VOC = "https://gs1.org/voc/"

# vocabulary → (prefix of the web URI, prefix of the URN or None); CBV 2.0 §7 and the GS1 Web Vocabulary.
_FORMS: dict[str, tuple[str, str | None]] = {
    "bizStep": (CBV + "BizStep-", "urn:epcglobal:cbv:bizstep:"),
    "disposition": (CBV + "Disp-", "urn:epcglobal:cbv:disp:"),
    "bizTransaction": (CBV + "BTT-", "urn:epcglobal:cbv:btt:"),
    "sourceDest": (CBV + "SDT-", "urn:epcglobal:cbv:sdt:"),
    "errorReason": (CBV + "ER-", "urn:epcglobal:cbv:er:"),
    "component": (CBV + "Comp-", None),
    "measurement": (VOC, None),
    "sensorAlert": (VOC, None),
}
# Hosts and schemes under which the same two vocabularies are written in practice.
_CBV_HOSTS = (CBV, "http://ref.gs1.org/cbv/", "https://ns.gs1.org/cbv/", "http://ns.gs1.org/cbv/")
_VOC_HOSTS = (
    VOC,
    "https://ref.gs1.org/voc/",
    "https://www.gs1.org/voc/",
    "http://gs1.org/voc/",
    "http://www.gs1.org/voc/",
)

_loaded = json.loads(Path(__file__).with_name("cbv.json").read_text(encoding="utf-8"))
WORDS: dict[str, frozenset[str]] = {name: frozenset(_loaded[name]) for name in _FORMS}


class NotInVocabulary(ValueError):
    """Text that claims to be of the CBV (or is a bare word) but that the CBV does not have."""


@remembered(4096)
def bare(vocabulary: str, text: str) -> str:
    """The bare CBV word for any of its forms (CURIEs already expanded); other URIs come back untouched.

    Raises NotInVocabulary for an unknown bare word and for a misspelt CBV URI or URN (CBV 2.0 §7).
    """
    words = WORDS[vocabulary]
    if text in words:
        return text
    if ":" not in text:
        raise NotInVocabulary(text)
    web, urn = _FORMS[vocabulary]
    hosts = _CBV_HOSTS if web.startswith(CBV) else _VOC_HOSTS
    local = web[len(hosts[0]) :]
    for host in hosts:
        if text.startswith(host):
            word = text.removeprefix(host).removeprefix(local)
            if word in words and text == host + local + word:
                return word
            raise NotInVocabulary(text)
    if urn and text.lower().startswith("urn:epcglobal:cbv:"):
        word = text[len(urn) :]
        if text.lower().startswith(urn) and word in words:
            return word
        raise NotInVocabulary(text)
    return text


def open_ended(vocabulary: str) -> bool:
    """Whether the vocabulary is one of the GS1 Web Vocabulary, which has words that CBV 2.0 does not list."""
    return _FORMS[vocabulary][0] == VOC


def web_uri(vocabulary: str, text: str) -> str:
    """The web URI of a bare word; a URI comes back untouched (CBV 2.0 §8.9 wants web URIs)."""
    return _FORMS[vocabulary][0] + text if text in WORDS[vocabulary] else text


def urn(vocabulary: str, text: str) -> str:
    """The URN of a bare word where CBV 2.0 has one (EPCIS 1.2 XML wants URNs), else the web URI."""
    form = _FORMS[vocabulary][1]
    return form + text if form and text in WORDS[vocabulary] else web_uri(vocabulary, text)
