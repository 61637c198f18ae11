"""From the query string of GET /epcis/events to a filter. A closed world: an unknown parameter is an error, never ignored."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from zhuisu import codes
from zhuisu.epcis import cbv
from zhuisu.events.projection import KINDS
from zhuisu.events.queries import Filter
from zhuisu.events.vocabulary import Action, Kind

from ..problems import wrong_parameter

VALUES_LIMIT = 200  # values of one parameter: keeps a statement small; the address is limited anyway
_ACTIONS = {"ADD": Action.ADD, "OBSERVE": Action.OBSERVE, "DELETE": Action.DELETE}


class _Wrong(ValueError):
    """What is wrong with a value, in English and Chinese."""

    def __init__(self, message: str, message_zh: str) -> None:
        super().__init__(message)
        self.message_zh = message_zh


@dataclass(frozen=True, slots=True)
class _Parameter:
    """Where a parameter goes, and how one of its values is read. `many`: values are separated by a pipe."""

    field: str
    read: Callable[[str], Any]
    many: bool = True


def _event_type(text: str) -> Kind:
    if text not in KINDS:
        raise _Wrong(f"no event type: {text}", f"不是事件类型：{text}")
    return KINDS[text]


def _action(text: str) -> Action:
    if text not in _ACTIONS:
        raise _Wrong(
            f"no action: {text}; possible: ADD, OBSERVE, DELETE", f"不是动作：{text}；可用 ADD、OBSERVE、DELETE"
        )
    return _ACTIONS[text]


def _word(vocabulary: str) -> Callable[[str], str]:
    """Bare word, CURIE, web URI and URN of the CBV are one value (CBV 2.0 §7)."""

    def read(text: str) -> str:
        try:
            return cbv.bare(vocabulary, cbv.CBV + text[4:] if text.startswith("cbv:") else text)
        except cbv.NotInVocabulary:
            raise _Wrong(f"no word of the CBV: {text}", f"不是 CBV 词汇：{text}") from None

    return read


def _code(text: str) -> codes.Code:
    if text.startswith("urn:epc:idpat:") and not text.startswith("urn:epc:idpat:sgtin:"):
        raise _Wrong("patterns are not possible yet", "暂不支持模式匹配")
    try:
        return codes.parse_epc(text)
    except codes.CodeError as wrong:
        raise _Wrong(str(wrong), wrong.message_zh) from None


def _unit(text: str) -> codes.Code:
    if text.startswith("urn:epc:idpat:"):
        raise _Wrong("patterns are not possible yet; give the EPC in full", "暂不支持模式匹配，请给出完整的 EPC")
    return _code(text)


def _time(text: str) -> datetime:
    # An unescaped plus of the zone arrives as a space, which is nowhere else in an instant.
    try:
        found = datetime.fromisoformat(text.replace(" ", "+"))
        if found.tzinfo is None or "T" not in text.upper():
            raise ValueError(text)
        return found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _Wrong(
            f"no instant with a zone, such as 2026-11-22T08:00:00Z: {text}",
            f"不是带时区的时间（如 2026-11-22T08:00:00Z）：{text}",
        ) from None


def _text(text: str) -> str:
    return text


PARAMETERS = {
    "eventType": _Parameter("event_types", _event_type),
    "EQ_action": _Parameter("actions", _action),
    "EQ_bizStep": _Parameter("biz_steps", _word("bizStep")),
    "EQ_disposition": _Parameter("dispositions", _word("disposition")),
    "EQ_readPoint": _Parameter("read_points", _code),
    "EQ_bizLocation": _Parameter("biz_locations", _code),
    "EQ_eventID": _Parameter("event_ids", _text),
    "GE_eventTime": _Parameter("ge_event_time", _time, many=False),
    "LT_eventTime": _Parameter("lt_event_time", _time, many=False),
    "GE_recordTime": _Parameter("ge_record_time", _time, many=False),
    "LT_recordTime": _Parameter("lt_record_time", _time, many=False),
    "MATCH_epc": _Parameter("match_epc", _unit),
    "MATCH_anyEPC": _Parameter("match_any_epc", _unit),
    "MATCH_epcClass": _Parameter("match_epc_class", _code),
    "MATCH_anyEPCClass": _Parameter("match_any_epc_class", _code),
}


def filter_of(parameters: dict[str, str]) -> Filter:
    """The filter that these parameters mean; a 400 problem names the first that is unknown or wrong."""
    held: dict[str, Any] = {}
    for name, text in parameters.items():
        parameter = PARAMETERS.get(name)
        if parameter is None:
            raise wrong_parameter(name, "is not a parameter of this query", "不是此查询的参数")
        if not text:  # as EPCIS 1.0 had it: an empty value is a parameter left out
            continue
        texts = text.split("|") if parameter.many else [text]
        if len(texts) > VALUES_LIMIT:
            raise wrong_parameter(name, f"has more than {VALUES_LIMIT} values", f"超过 {VALUES_LIMIT} 个值")
        try:
            values = tuple(_read(parameter, one) for one in texts)
        except _Wrong as wrong:
            raise wrong_parameter(name, str(wrong), wrong.message_zh) from None
        held[parameter.field] = values if parameter.many else values[0]
    return Filter(**held)


def _read(parameter: _Parameter, text: str) -> Any:
    if not text:
        raise _Wrong("has an empty value in its list", "值列表中有空值")
    return parameter.read(text)
