"""Master data over HTTP: what the caller's organisation sent in document headers, the node's register, the words of the CBV.

An addition of ours: EPCIS 2.0 has no REST binding for master data. Bodies use the words of its EPCISMasterData (§9.5).
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone

from zhuisu.epcis import MasterData, cbv, xmlwrite
from zhuisu.registry.vocabulary import queries
from zhuisu.registry.vocabulary.queries import Element
from zhuisu.registry.vocabulary.words import STANDARD_TYPES, type_of

from ..callers import Caller
from ..paging import announce_next, page_of, parameters_of
from ..problems import not_found, wrong_parameter
from ..resource import answer_type, resource
from ..times import instant
from .collections import CONTEXT, answer
from .documents import MEDIA_TYPES

SEARCH_LIMIT = 100  # characters of ?q=
VERSIONS_LIMIT = 100  # versions of one element that are told; all are kept
# Name in the address → list of epcis/cbv.py.
CBV_LISTS = {
    "bizSteps": "bizStep",
    "dispositions": "disposition",
    "bizTransactionTypes": "bizTransaction",
    "sourceDestTypes": "sourceDest",
    "errorReasons": "errorReason",
    "sensorComponents": "component",
    "measurementTypes": "measurement",
    "sensorAlertTypes": "sensorAlert",
}

_encode = msgspec.json.Encoder(decimal_format="number").encode


def vocabularies(request: HttpRequest, caller: Caller) -> HttpResponse:
    """GET: the vocabularies in which the caller finds something, by their URIs."""
    _only(parameters_of(request))
    return answer(request, _collection(queries.types_of(caller.organisation.pk)))


def cbv_lists(request: HttpRequest, _caller: Caller) -> HttpResponse:
    """GET: the names of the word lists of the CBV."""
    _only(parameters_of(request))
    return answer(request, _collection(list(CBV_LISTS)))


def cbv_words(request: HttpRequest, _caller: Caller, name: str) -> HttpResponse:
    """GET: the words of one list of CBV 2.0, each with its web URI and, where it has one, its URN."""
    _only(parameters_of(request))
    vocabulary = CBV_LISTS.get(name)
    if vocabulary is None:
        raise not_found()
    return answer(request, _collection([_word(vocabulary, word) for word in sorted(cbv.WORDS[vocabulary])]))


def below(request: HttpRequest, caller: Caller, rest: str) -> HttpResponse:
    """GET: the elements of one vocabulary; with an id behind it, that element.

    The server has decoded the path, and both may hold slashes: the longest vocabulary that the caller finds something in
    is meant.
    """
    if "\x00" in rest:
        raise not_found()
    organisation = caller.organisation.pk
    known = {uri: uri for uri in (*STANDARD_TYPES, *queries.types_of(organisation))}
    if (whole := known.get(type_of(rest))) is not None:
        return _elements(request, caller, whole)
    first, _, behind = rest.partition("/")
    if (uri := known.get(type_of(first))) is not None:
        return _element(request, organisation, uri, behind)
    for name in sorted(known, key=len, reverse=True):
        if rest.startswith(f"{name}/"):
            return _element(request, organisation, known[name], rest[len(name) + 1 :])
    raise not_found()


def export(request: HttpRequest, caller: Caller) -> StreamingHttpResponse:
    """GET: all master data that the caller's organisation sent, as a document that can be captured again."""
    _only(parameters_of(request))
    media_type = str(request.get_preferred_type(MEDIA_TYPES))
    write = _xml_document if media_type.endswith("xml") else _document
    written = write(caller.organisation.pk, timezone.now())
    headers = {"Cache-Control": "no-store", "Vary": "Accept, Authorization, Cookie, X-API-Key"}
    return StreamingHttpResponse(written, content_type=media_type, headers=headers)


def _elements(request: HttpRequest, caller: Caller, type: str) -> HttpResponse:
    parameters = parameters_of(request)
    page = page_of(request, caller, parameters)
    q = parameters.pop("q", "")
    if len(q) > SEARCH_LIMIT:
        raise wrong_parameter("q", f"has more than {SEARCH_LIMIT} characters", f"超过 {SEARCH_LIMIT} 个字符")
    _only(parameters)
    found = queries.elements(caller.organisation.pk, type, q=q, after=page.after or "", limit=page.size + 1)
    shown = found[: page.size]
    response = _answer(request, _masterdata(type, [_fields(one) for one in shown]))
    if len(found) > page.size:
        announce_next(response, request, page, shown[-1].key, timezone.now())
    return response


def _element(request: HttpRequest, organisation: int, type: str, text: str) -> HttpResponse:
    _only(parameters_of(request))
    found = queries.element(organisation, type, text)
    if found is None:
        raise not_found()
    versions = queries.versions(organisation, type, text, limit=VERSIONS_LIMIT)
    more = {
        "parents": list(found.parents),
        "versions": [{"captureID": one.capture_token, "createdAt": instant(one.at), "by": one.by} for one in versions],
    }
    return _answer(request, _masterdata(type, [_fields(found) | more]))


def _fields(one: Element) -> dict[str, Any]:
    """An element as EPCIS 2.0 §9.5 writes it; where it is from stands beside it, as a name of ours."""
    told: dict[str, Any] = {"id": one.written}
    if one.attributes:
        told["attributes"] = [
            {"id": name, "attribute": value}
            for name, values in one.attributes.items()
            for value in (values if isinstance(values, list) else [values])
        ]
    if one.children:
        told["children"] = list(one.children)
    return told | {"source": "capture" if one.sent else "register"}


def _masterdata(type: str, elements: list[dict[str, Any]]) -> dict[str, Any]:
    vocabulary = {"type": type, "vocabularyElementList": elements}
    return {"@context": CONTEXT, "type": "EPCISMasterData", "vocabularyList": [vocabulary]}


def _document(organisation: int, at: datetime) -> Iterator[bytes]:
    """The export piece by piece. A vocabulary may come in several parts; to a reader that is the same."""
    head = {"@context": CONTEXT, "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": instant(at)}
    yield _encode(head)[:-1] + b',"epcisHeader":{"epcisMasterData":{"vocabularyList":['
    for number, (type, found) in enumerate(queries.all_sent(organisation)):
        elements = [{name: value for name, value in _fields(one).items() if name != "source"} for one in found]
        yield (b"," if number else b"") + _encode({"type": type, "vocabularyElementList": elements})
    yield b']}},"epcisBody":{"eventList":[]}}'


def _xml_document(organisation: int, at: datetime) -> Iterator[bytes]:
    """The same in XML."""
    head, body, end = xmlwrite.document((), created_at=at).partition(b"<EPCISBody>")
    yield head + b"<EPCISHeader><extension><EPCISMasterData><VocabularyList>"
    for _, found in queries.all_sent(organisation):
        said = [MasterData(one.type, one.written, one.attributes, one.children) for one in found]
        written = xmlwrite.vocabulary_list(said)
        yield written.removeprefix("<VocabularyList>").removesuffix("</VocabularyList>").encode()
    yield b"</VocabularyList></EPCISMasterData></extension></EPCISHeader>" + body + end


def _word(vocabulary: str, word: str) -> dict[str, str]:
    told = {"word": word, "uri": cbv.web_uri(vocabulary, word)}
    urn = cbv.urn(vocabulary, word)
    return told | ({"urn": urn} if urn.startswith("urn:") else {})


def _collection(member: list[Any]) -> dict[str, Any]:
    return {"@context": CONTEXT, "type": "Collection", "member": member}


def _answer(request: HttpRequest, fields: Any) -> HttpResponse:
    return HttpResponse(_encode(fields), content_type=answer_type(request), headers={"Cache-Control": "no-store"})


def _only(parameters: dict[str, str]) -> None:
    for name in parameters:
        raise wrong_parameter(name, "is not a parameter here", "不是此处的参数")


VIEWS = {
    "vocabularies": resource(GET=vocabularies),
    "vocabularies/document": resource(media=MEDIA_TYPES, GET=export),
    "vocabularies/cbv": resource(GET=cbv_lists),
    "vocabularies/cbv/<str:name>": resource(GET=cbv_words),
    "vocabularies/<path:rest>": resource(GET=below),
}
