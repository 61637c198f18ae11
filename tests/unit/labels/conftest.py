"""What the tests of printed labels share: the fonts, a filled label of each template."""

import pytest

from zhuisu.labels import Label, LabelError, Template
from zhuisu.labels import fonts as label_fonts

CODE = "7KQA 3M9T WX2C 8HRE"
LINK = "https://zs.example.org/01/06901234567892/21/7KQA3M9TWX2C8HRE"


@pytest.fixture(scope="session")
def fonts() -> None:
    try:
        label_fonts.load()
    except LabelError as error:
        pytest.skip(error.message)


@pytest.fixture
def filled():
    """A label of the template with its own examples as values."""

    def make(template: Template, **told: object) -> Label:
        values = {one.key: one.example for one in template.fields if one.example}
        return Label(**({"template": template, "values": values, "code": CODE, "link": LINK} | told))

    return make
