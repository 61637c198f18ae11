"""Sensor data in an event (EPCIS 2.0 §7.3.7): what it may say and what it must."""

from __future__ import annotations

import re
from typing import Any

from .units import misfit
from .values import Values

_METADATA_URIS = frozenset({"deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules"})
_METADATA_TIMES = frozenset({"time", "startTime", "endTime"})
_REPORT_URIS = _METADATA_URIS | {"microorganism", "chemicalSubstance", "coordinateReferenceSystem", "uriValue"}
_REPORT_NUMBERS = frozenset({"value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue"})
_REPORT_TEXTS = frozenset({"stringValue", "uom"})
_REPORT_WORDS = {"type": "measurement", "exception": "sensorAlert", "component": "component"}
_REPORT = _REPORT_URIS | _REPORT_NUMBERS | _REPORT_TEXTS | {*_REPORT_WORDS, "time", "booleanValue", "hexBinaryValue"}
# What makes a report say something. An alarm and a substance found do; rawData says where the values are.
_SAYS = frozenset(
    {"value", "minValue", "maxValue", "meanValue", "percValue", "sDev", "stringValue"}
    | {"booleanValue", "hexBinaryValue", "uriValue", "exception", "microorganism", "chemicalSubstance", "rawData"}
)
_HEX = re.compile(r"[0-9A-Fa-f]+\Z").match


def sensor_elements(values: Values, value: Any, path: str) -> None:
    """Judges a sensorElementList; the data stay where they are in the event."""
    elements = values.items(value, path)
    for index, element in enumerate(elements):
        place = f"{path}[{index}]"
        if not isinstance(element, dict):
            values.wrong(place, "wrong-type", want="object")
            continue
        values.extended(element, place, frozenset({"sensorMetadata", "sensorReport"}))
        if "sensorMetadata" in element:
            _metadata(values, element["sensorMetadata"], f"{place}.sensorMetadata")
        if "sensorReport" not in element:
            values.wrong(f"{place}.sensorReport", "required", name="sensorReport")
            continue
        reports = values.items(element["sensorReport"], f"{place}.sensorReport")
        if not reports and isinstance(element["sensorReport"], list):
            values.wrong(f"{place}.sensorReport", "empty-list")
        for number, report in enumerate(reports):
            _report(values, report, f"{place}.sensorReport[{number}]")


def _metadata(values: Values, value: Any, path: str) -> None:
    if not isinstance(value, dict):
        values.wrong(path, "wrong-type", want="object")
        return
    values.extended(value, path, _METADATA_URIS | _METADATA_TIMES)
    times = {}
    for name, one in value.items():
        if name in _METADATA_TIMES:
            times[name] = values.time(one, f"{path}.{name}")
        elif name in _METADATA_URIS:
            values.uri(one, f"{path}.{name}")
    start, end = times.get("startTime"), times.get("endTime")
    if start and end and start > end:
        values.wrong(f"{path}.endTime", "time-order")


def _report(values: Values, value: Any, path: str) -> None:
    if not isinstance(value, dict):
        values.wrong(path, "wrong-type", want="object")
        return
    values.extended(value, path, _REPORT)
    measured = None
    for name, one in value.items():
        place = f"{path}.{name}"
        if name in _REPORT_NUMBERS:
            values.number(one, place)
        elif name in _REPORT_WORDS:
            word = values.word(_REPORT_WORDS[name], one, place)
            measured = word if name == "type" else measured
        elif name in _REPORT_URIS:
            values.uri(one, place)
        elif name in _REPORT_TEXTS:
            values.text(one, place)
        elif name == "time":
            values.time(one, place)
        elif name == "booleanValue" and not isinstance(one, bool):
            values.wrong(place, "wrong-type", want="boolean")
        elif name == "hexBinaryValue" and not (isinstance(one, str) and _HEX(one)):
            values.wrong(place, "hex", value=one)
    # The JSON schema wants it always; the XSD does not, and an alarm has nothing to measure.
    if "type" not in value and (values.form == "json" or "exception" not in value):
        values.wrong(f"{path}.type", "required", name="type")
    uom = value.get("uom")
    if measured and isinstance(uom, str) and misfit(measured, uom):
        values.wrong(f"{path}.uom", "sensor-unit", value=uom, name=measured)
    if not _SAYS & value.keys():
        values.wrong(path, "sensor-value")
