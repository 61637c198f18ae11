"""What authorities publish, as examples: a register of food producers' licences, one of equipment makers', and a catalogue."""

import csv
import io
from datetime import date, datetime

from zhuisu.accounts.models import Organisation
from zhuisu.config.demo.licences import FOOD_LICENCES, MAKERS_LICENCES
from zhuisu.config.demo.parties import FIRMS
from zhuisu.registry.catalogue.files import LISTS
from zhuisu.registry.catalogue.services import take_over
from zhuisu.registry.official.services import About, load

AS_OF = date(2026, 11, 1)
SOURCE = "演示数据，不是官方数据"
# name as the profiles name it → title, English title, number by firm
REGISTERS = {
    "food_producer_licences": ("食品生产许可（示例）", "Food production licences (examples)", FOOD_LICENCES),
    "special_equipment_licences": (
        "特种设备生产许可（示例）",
        "Equipment production licences (examples)",
        MAKERS_LICENCES,
    ),
}
CATALOGUE = "nation"  # the departments of the country; of the provinces' and cities' sample lists none is of Xiamen


def publish_examples(operator: Organisation, *, by: str, at: datetime) -> None:
    """Load them; a second time changes nothing."""
    for name, (title, title_en, numbers) in REGISTERS.items():
        load(name, _table(numbers), About(SOURCE, AS_OF, title, title_en), operator=operator, by=by, at=at)
    take_over((LISTS / f"{CATALOGUE}.toml").read_bytes(), operator=operator, by=by, at=at)


def _table(numbers: dict[str, str]) -> bytes:
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(["许可证号", "产品名称", "持有人", "有效期至"])
    table.writerows([number, "示例", FIRMS[key].name, "2029-02-28"] for key, number in numbers.items())
    return text.getvalue().encode()
