"""What a profile opens to strangers: its public data elements and nothing else, whatever it says of persons."""

from typing import Any

import msgspec
import pytest

from support import event
from zhuisu import epcis, sectors
from zhuisu.portal import public
from zhuisu.profiles.act import NAMESPACE
from zhuisu.profiles.model import Field, Profile, Step, Words

ID_CARD = "11010519491231002X"  # the example of GB 11643 itself


def profile_with(**fields: Field) -> tuple[Profile, Step]:
    base = sectors.all()["crops"].editions[0]
    step = msgspec.structs.replace(base.steps["sell"], required=tuple(fields), optional=("ticketNumber",))
    return msgspec.structs.replace(base, fields={**base.fields, **fields}, public=tuple(fields)), step


def read(**values: Any) -> epcis.Event:
    said = event(action="OBSERVE", bizStep="retail_selling", **{f"f:{name}": value for name, value in values.items()})
    return epcis.read_event(msgspec.json.encode(said), epcis.STANDARD_CONTEXT | {"f": NAMESPACE})


@pytest.mark.parametrize("kind", ["person", "evidence"])
def test_persons_and_files_stay_shut_whatever_the_profile_says(kind: Any) -> None:
    profile, step = profile_with(
        who=Field(Words("谁", "who"), kind, "practice"), what=Field(Words("甲", "a"), "text", "practice")
    )
    assert public.open_fields(profile, step) == ("what",)
    assert public.open_values(profile, step, read(who="urn:zhuisu:person:1", what="乙")) == [("what", "乙")]


def test_what_is_not_named_public_is_not_shown_and_a_number_of_a_person_never() -> None:
    profile, step = profile_with(what=Field(Words("甲", "a"), "text", "practice"))
    assert public.open_values(profile, step, read(what="乙", ticketNumber="17")) == [("what", "乙")]
    assert public.open_values(profile, step, read(what=f"身份证 {ID_CARD}")) == []
    assert public.open_values(profile, step, read(what="")) == []
