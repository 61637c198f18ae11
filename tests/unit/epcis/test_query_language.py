"""The query language without a database: what is read, what is refused, how values compare, patterns, units, marks."""

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support import CONTEXT, event
from zhuisu import epcis
from zhuisu.epcis.query import Query, QueryError, event_marks, fits, marks_of, read_json, read_url
from zhuisu.epcis.query.marks import MARKS_LIMIT
from zhuisu.epcis.units import in_base, table

AT = datetime(2026, 11, 22, tzinfo=UTC)


def as_event(fields: dict[str, Any], **prefixes: str) -> epcis.Event:
    whole = {
        "@context": [CONTEXT[0], {"zs": "urn:zhuisu:ns:"} | prefixes],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-20T09:30:00+08:00",
        "epcisBody": {"eventList": [fields]},
    }
    (found,) = epcis.read(msgspec.json.Encoder(decimal_format="number").encode(whole)).events
    assert isinstance(found, epcis.Event), found
    return found


def fit(url: dict[str, str], fields: dict[str, Any], **prefixes: str) -> bool:
    query, one = read_url(url), as_event(fields, **prefixes)
    found = fits(query, one, AT)
    held = {*event_marks(one)}
    assert not found or all(held.intersection(group) for group in marks_of(query)), "a mark hides an event that fits"
    return found


@pytest.mark.parametrize(
    "parameters",
    [
        {"EQ_bizstep": "shipping"},
        {"nonsense": ""},
        {"EQ_batch": "1"},
        {"GT_bizStep": "shipping"},
        {"GT_action": "1"},
        {"EQ_source_nonsense": "urn:x:1"},
        {"EQ_source_": "urn:x:1"},
        {"GE_value_C°": "1"},
        {"EQ_quantity": "seven"},
        {"GT_ex:a": "seven"},
        {"GT_ex:a": "2026-11-20"},
        {"EXISTS_ex:a": "perhaps"},
        {"orderBy": "bizStep"},
        {"orderBy": "eventTime", "orderDirection": "UP"},
        {"eventCountLimit": "5"},
        {"orderBy": "eventTime", "eventCountLimit": "5", "maxEventCount": "5"},
        {"maxEventCount": "0"},
        {"maxEventCount": "1.5"},
        {"HASATTR_nothing": "urn:x:a"},
        {"EQATTR_readPoint": "x"},
        {"MATCH_epc": "urn:epc:idpat:sgtin:0614141.*.7"},
        {"MATCH_epc": "urn:epc:idpat:sgtin:0614141.1*.*"},
        {"MATCH_epc": "urn:epc:idpat:nothing:0614141.*"},
        {"MATCH_epc": "urn:epc:idpat:sgtin:06141.*.*"},
        {"MATCH_epc": "urn:epc:pat:sgtin-96:3.0614141.*.*"},
        {"MATCH_epc": "urn:epc:id:sgtin:0614141.107340"},
        {"EQ_" + "x" * 600 + ":a": "1"},
    ],
)
def test_what_is_unknown_or_wrong_is_refused_by_its_name(parameters: dict[str, str]) -> None:
    with pytest.raises(QueryError) as wrong:
        read_url(parameters)
    assert wrong.value.exception == "QueryParameterException"
    assert any(name.startswith(wrong.value.parameter) for name in parameters)
    assert wrong.value.message
    assert wrong.value.message_zh


def test_too_many_parameters_are_too_complex() -> None:
    with pytest.raises(QueryError) as wrong:
        read_url({f"EQ_ex:a{number}": "1" for number in range(61)})
    assert wrong.value.exception == "QueryTooComplexException"


def test_an_empty_value_is_a_parameter_left_out_but_for_exists() -> None:
    assert read_url({"EQ_bizStep": "", "orderBy": ""}) == Query()
    assert fit({"EXISTS_zs:a": ""}, event(**{"zs:a": 1}))
    assert not fit({"EXISTS_zs:a": ""}, event())
    assert fit({"EXISTS_zs:a": "false"}, event())


@pytest.mark.parametrize(
    ("parameters", "fields", "expected"),
    [
        ({"EQ_zs:a": "7"}, {"zs:a": "007"}, False),
        ({"EQ_zs:a": "7.0"}, {"zs:a": 7}, True),
        ({"EQ_zs:a": "x|7"}, {"zs:a": ["y", 7]}, True),
        ({"EQ_zs:a": "x%7Cy"}, {"zs:a": "x|y"}, True),
        ({"EQ_zs:a": "true"}, {"zs:a": True}, True),
        ({"EQ_zs:a": "2026-11-20T00:00:00Z"}, {"zs:a": "2026-11-20T08:00:00.000+08:00"}, True),
        ({"GT_zs:a": "0.1"}, {"zs:a": Decimal("0.10000000000000000001")}, True),
        ({"EQ_zs:a": "https://id.gs1.org/01/09506000134352/21/1"}, {"zs:a": "urn:epc:id:sgtin:950600013.0435.1"}, True),
        ({"EQ_INNER_zs:b": "1"}, {"zs:a": {"zs:b": "1"}}, True),
        ({"EQ_zs:b": "1"}, {"zs:a": {"zs:b": "1"}}, False),
        ({"EQ_INNER_zs:a": "1"}, {"zs:a": "1"}, False),
        ({"EQ_urn:zhuisu:ns:a": "1"}, {"zs:a": "1"}, True),
        ({"EQ_other:a": "1"}, {"zs:a": "1"}, False),
        ({"EQ_ILMD_cbvmda:lotNumber": "L1"}, {"ilmd": {"cbvmda:lotNumber": "L1"}}, True),
        ({"EQ_bizTransaction_": "urn:x:1"}, {"bizTransactionList": [{"bizTransaction": "urn:x:1"}]}, True),
        ({"EQ_bizTransaction_po": "urn:x:1"}, {"bizTransactionList": [{"bizTransaction": "urn:x:1"}]}, False),
        ({"MATCH_epc": "https://id.gs1.org/01/09506000134352"}, {"epcList": ["urn:epc:id:sgtin:950600013.0435.1"]}, True),
        ({"MATCH_epc": "urn:epc:idpat:sgtin:950600013.0435.1"}, {"epcList": ["urn:epc:id:sgtin:950600013.0435.1"]}, True),
        ({"MATCH_epc": "urn:epc:idpat:sgtin:*.*.*"}, {"epcList": ["urn:epc:id:sscc:950600013.01234567"]}, False),
        ({"MATCH_epc": "urn:epc:idpat:grai:0614141.12345.*"}, {"epcList": ["urn:epc:id:grai:0614141.12345.7"]}, True),
        ({"MATCH_epc": "urn:epc:idpat:cpi:0614141.12.*"}, {"epcList": ["urn:epc:id:cpi:0614141.123.7"]}, False),
        ({"MATCH_epc": "urn:epc:idpat:cpi:0614141.12.*"}, {"epcList": ["urn:epc:id:cpi:0614141.12.7"]}, True),
        ({"MATCH_epc": "urn:epc:idpat:itip:4012345.012345.01.02.*"}, {"epcList": ["urn:epc:id:itip:4012345.012345.01.02.9"]}, True),
        ({"MATCH_epc": "urn:epc:idpat:itip:4012345.012345.02.02.*"}, {"epcList": ["urn:epc:id:itip:4012345.012345.01.02.9"]}, False),
        ({"MATCH_epc": "urn:epc:idpat:sgtin:950600013.%2A.*"}, {}, None),
    ],
)  # fmt: skip
def test_values_compare_by_their_type(
    parameters: dict[str, str], fields: dict[str, Any], expected: bool | None
) -> None:
    if expected is None:
        with pytest.raises(QueryError):
            read_url(parameters)
    else:
        assert fit(parameters, event(**fields)) is expected


def test_a_prefix_that_the_query_does_not_declare_means_what_each_document_declared() -> None:
    fields = event(**{"ex:a": "1"})
    one, other = as_event(fields, ex="urn:one:"), as_event(fields, ex="urn:other:")
    undeclared, declared = read_url({"EQ_ex:a": "1"}), read_url({"EQ_ex:a": "1"}, {"ex": "urn:one:"})
    assert [fits(undeclared, each, AT) for each in (one, other)] == [True, True]
    assert [fits(declared, each, AT) for each in (one, other)] == [True, False]
    kept = declared.as_json()
    assert kept == {"@context": {"ex": "urn:one:"}, "EQ_ex:a": ["1"]}
    assert [fits(read_json(kept), each, AT) for each in (one, other)] == [True, False]


def sensed(*reports: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    element: dict[str, Any] = {"sensorReport": list(reports)} | ({"sensorMetadata": metadata} if metadata else {})
    return event(sensorElementList=[element])


def test_sensor_conditions_meet_in_one_report_in_any_unit() -> None:
    cold = {"type": "Temperature", "value": 4, "uom": "CEL", "deviceID": "urn:x:1"}
    warm = {"type": "Temperature", "value": Decimal("298.15"), "uom": "KEL", "deviceID": "urn:x:2"}
    both = sensed(cold, warm)
    assert fit({"GE_value_CEL": "25", "EQ_deviceID": "urn:x:2"}, both)
    assert not fit({"GT_value_CEL": "25"}, both)
    assert not fit({"GE_value_CEL": "25", "EQ_deviceID": "urn:x:1"}, both)
    assert not fit({"GE_value_KGM": "0"}, both)
    assert fit({"EQ_value_FAH": "77"}, both)
    assert fit({"EQ_type": "https://gs1.org/voc/Temperature", "GE_startTime": "2026-01-01T00:00:00Z"},
               sensed(cold, startTime="2026-01-01T00:00:00.000Z"))  # fmt: skip


def test_a_spread_is_converted_without_the_offset() -> None:
    report = {"type": "Temperature", "value": 4, "sDev": 2, "uom": "CEL"}
    assert fit({"EQ_sDev_KEL": "2"}, sensed(report))
    assert not fit({"EQ_sDev_KEL": "275.15"}, sensed(report))


def test_units_are_exact_and_absurd_numbers_are_no_trouble() -> None:
    assert in_base(Decimal(212), "FAH") == in_base(Decimal(100), "CEL")
    assert in_base(Decimal("1e99"), "KGM") is None
    assert in_base(Decimal(5), "ZZ") == ("unit ZZ", 5)
    # By their definitions: a column of mercury of 13,595.1 kg/m³ under standard gravity; a pound-force on a square inch.
    gravity, inch = Fraction("9.80665"), Fraction("0.0254")
    assert in_base(Decimal(1000), "HN") == ("pressure", Fraction("13595.1") * gravity)
    assert in_base(Decimal(1), "PS") == ("pressure", table()["LBR"].factor * gravity / inch**2)
    assert table()["KNT"].factor == Fraction(1852, 3600)
    assert table()["GLL"].factor == 231 * inch**3
    assert all(unit.factor > 0 for unit in table().values())


def test_an_event_with_too_many_marks_is_looked_at_by_every_query() -> None:
    epcs = [f"urn:epc:id:sgtin:9506000.{number:06d}.1" for number in range(MARKS_LIMIT + 5)]
    many = as_event(event(epcList=epcs))
    assert event_marks(many) == (0,)
    assert all(0 in group for group in marks_of(read_url({"EQ_zs:a": "1", "EQ_source_location": "urn:x:1"})))


NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=4)
VALUES = st.one_of(st.text(st.characters(codec="ascii", exclude_characters="|%\x00"), min_size=1, max_size=6), NUMBERS)


@given(
    st.dictionaries(
        st.sampled_from(["EQ_zs:a", "EQ_INNER_zs:b", "EQ_ILMD_zs:c"]), st.lists(VALUES, min_size=1, max_size=3)
    )
)
def test_a_query_written_as_json_is_the_same_query(parameters: dict[str, Any]) -> None:
    query = read_json(parameters)
    through_json = msgspec.json.decode(msgspec.json.encode(query.as_json()))
    assert read_json(through_json) == query


TWINS = st.sampled_from(
    [
        *("7", "7.0", "07", " 7", Decimal(7), Decimal("7.00"), Decimal("7e0"), "true", "TRUE", True),
        *("2026-11-20T00:00:00Z", "2026-11-20T08:00:00.0+08:00"),
        *("urn:epc:id:sgtin:950600013.0435.1", "https://id.gs1.org/01/09506000134352/21/1"),
    ]
)


@given(st.one_of(TWINS, VALUES), st.one_of(TWINS, VALUES))
def test_whatever_is_found_equal_has_the_mark(held: Any, wanted: Any) -> None:
    query, one = read_json({"EQ_zs:a": [wanted]}), as_event(event(**{"zs:a": held}))
    if fits(query, one, AT):
        assert set(event_marks(one) or ()) & set(marks_of(query)[0])


@given(
    st.dictionaries(
        st.text(max_size=20),
        st.one_of(st.text(max_size=20), st.none(), st.integers(), st.lists(st.text(max_size=5), max_size=3)),
    )
)
def test_reading_says_what_is_wrong_or_reads_and_never_breaks(parameters: dict[str, Any]) -> None:
    for read in (read_json, read_url):
        try:
            read({name: str(value) for name, value in parameters.items()} if read is read_url else parameters)
        except QueryError as wrong:
            assert wrong.message_zh
