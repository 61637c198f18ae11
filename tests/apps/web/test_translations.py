"""Everything a person reads is there in Chinese and in English: every text of the source is in the catalogue, translated."""

import ast
import gettext
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils.translation.template import templatize

import zhuisu
from zhuisu.web.messages import LOCALE, compile_catalogues, read_po, write_mo

PACKAGE = Path(zhuisu.__file__).parent
CATALOGUE = LOCALE / "en" / "LC_MESSAGES" / "django.po"
SINGULAR = {"_", "gettext", "gettext_lazy", "now"}
PLURAL = {"ngettext", "ngettext_lazy"}


def texts_of_python(source: str) -> Iterator[str]:
    """msgid, or msgid NUL plural, of every call in the source."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        known = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
        if node.func.id in SINGULAR and known:
            yield known[0]
        elif node.func.id in PLURAL and len(known) >= 2:
            yield f"{known[0]}\0{known[1]}"


def texts_of_template(path: Path) -> Iterator[str]:
    # Django turns a template into calls that its own tools read; what is between them is blanked out with X.
    calls = re.findall(
        r"\b(?:_|gettext|ngettext)\(u?(?:'''|\"\"\"|'|\").*?(?:'|\")\s*(?:,\s*count\s*)?\)",
        templatize(path.read_text()),
        re.DOTALL,
    )
    for call in calls:
        yield from texts_of_python(call.replace(",count)", ", count)"))


def texts() -> dict[str, str]:
    """Every translatable text, with where it stands."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        if "migrations" not in path.parts:
            found.update(dict.fromkeys(texts_of_python(path.read_text()), str(path.relative_to(PACKAGE))))
    for path in sorted(PACKAGE.rglob("templates/**/*.html")):
        found.update(dict.fromkeys(texts_of_template(path), str(path.relative_to(PACKAGE))))
    return found


def test_the_extractor_sees_what_templates_and_code_say(tmp_path: Path) -> None:
    template = tmp_path / "a.html"
    template.write_text(
        '{% load i18n %}<a title="{% translate \'甲\' %}">{% translate "乙" as x %}</a>'
        "{% blocktranslate with a=b trimmed %}丙 {{ a }}{% endblocktranslate %}"
        "{% blocktranslate count n=m %}丁{{ n }}{% plural %}丁们{{ n }}{% endblocktranslate %}"
    )
    assert set(texts_of_template(template)) == {"甲", "乙", "丙 %(a)s", "丁%(n)s\0丁们%(n)s"}
    assert set(texts_of_python('_("戊"); ngettext("己", "庚", 2); other("辛")')) == {"戊", "己\0庚"}


def test_every_text_has_an_english_translation() -> None:
    known = read_po(CATALOGUE)
    missing = {text: place for text, place in texts().items() if text not in known}
    assert not missing, "\n".join(f"{place}: {text!r}" for text, place in missing.items())


def test_no_translation_is_fuzzy_empty_or_of_a_text_that_is_gone() -> None:
    source = CATALOGUE.read_text()
    assert "fuzzy" not in source
    known = read_po(CATALOGUE)
    assert not {text for text in known if text} - set(texts())
    assert source.count("\nmsgid ") == len(known)


def test_translations_keep_the_placeholders() -> None:
    for text, english in read_po(CATALOGUE).items():
        for form in english.split("\0"):
            if text:
                assert set(re.findall(r"%\(\w+\)[sd]", form)) == set(re.findall(r"%\(\w+\)[sd]", text)), text


@pytest.mark.parametrize("broken", ["msgid Tea\n", "tea\n", '"stray"\n'])
def test_a_catalogue_that_cannot_be_read_names_the_line(tmp_path: Path, broken: str) -> None:
    path = tmp_path / "x.po"
    path.write_text('msgid ""\nmsgstr ""\n\n' + broken)
    with pytest.raises(ValueError, match="line 4"):
        read_po(path)


def test_the_compiled_file_is_read_by_the_standard_library(tmp_path: Path) -> None:
    folder = tmp_path / "en" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "t.po").write_text(
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
        '#: a comment\nmsgid "来源"\nmsgstr ""\n"Or"\n"igin"\n\nmsgid "%d 家"\nmsgid_plural "%d 家"\nmsgstr[0] "%d firm"\nmsgstr[1] "%d firms"\n\n'
        '#, fuzzy\nmsgid "旧"\nmsgstr "old"\n\nmsgctxt "month"\nmsgid "五"\nmsgstr "May"\n\nmsgid "空"\nmsgstr ""\n'
    )
    assert [path.name for path in compile_catalogues(tmp_path)] == ["t.mo"]
    assert compile_catalogues(tmp_path) == []
    found = gettext.GNUTranslations(io.BytesIO((folder / "t.mo").read_bytes()))
    assert found.gettext("来源") == "Origin"
    assert [found.ngettext("%d 家", "%d 家", n) for n in (1, 2)] == ["%d firm", "%d firms"]
    assert found.gettext("旧") == "旧"
    assert found.gettext("空") == "空"
    assert found.pgettext("month", "五") == "May"


def test_an_empty_catalogue_compiles() -> None:
    assert gettext.GNUTranslations(io.BytesIO(write_mo({}))).gettext("无") == "无"
