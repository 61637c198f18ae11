"""Files of other authorities' codes: lists and parent-child tables, in UTF-8 or GBK, with Chinese or English headers."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from zhuisu import codes
from zhuisu.registry.issuing.errors import IssueError
from zhuisu.registry.issuing.selections import MAX_REFUSED, Refused

MAX_FILE = 67_108_864  # octets: 64 MiB, some two million lines of drug codes with their packs
MAX_LINES = 500_000  # lines of a file: about ten seconds of reading in one transaction
LENGTH_LIMIT = 300  # characters of an imported code: the width of its column
TREE_LEVELS = 3  # small, middle and large pack: what drug and pesticide platforms export

_LINE = re.compile(r"\r\n|\n|\r")  # str.splitlines would also cut at the group separator inside an element string
_COLUMNS = {
    "code": {
        "code",
        "child",
        "追溯码",
        "药品追溯码",
        "编码",
        "标识码",
        "小码",
        "单品码",
        "最小包装码",
        "子码",
        "电子监管码",
    },
    "parent": {"parent", "上级码", "父码", "中码", "中包装码", "上级追溯码", "父级码", "上一级码"},
    "grandparent": {"grandparent", "祖级码", "大码", "箱码", "上上级码", "大包装码", "上二级码", "最大包装码"},
}


@dataclass(slots=True)
class Read:
    """A file as read: each code with the first line that names it, what is wrong, and who is packed in whom."""

    lines: dict[str, int] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)
    relations: tuple[tuple[str, str], ...] = ()

    def refuse(self, line: int, text: str, rule: str, message: str, message_zh: str) -> None:
        """Note what is wrong with a line, as long as anybody would read on."""
        if len(self.refused) <= MAX_REFUSED:  # one more, so that `told` says that there are more
            self.refused.append(Refused(line, text[:80], rule, message, message_zh))


def read_list(content: bytes, scheme: str) -> Read:
    """One code a line; empty lines and a heading are skipped. Raises IssueError "file" or "lines"."""
    read = Read()
    for line, text in enumerate(_lines(content), 1):
        cell = text.strip().rstrip(",").strip().strip('"').strip()
        if not cell or (line == 1 and cell.lower() in _COLUMNS["code"]):
            continue
        value = _value(cell, scheme, line, read)
        if value in read.lines:
            _twice(read, line, cell, read.lines[value])
        elif value:
            read.lines[value] = line
    return read


def read_tree(content: bytes, scheme: str) -> Read:
    """A table with the columns code, parent and grandparent, found by their headings; the latter two may be empty.

    Refused by line: what the scheme does not read, a code in two packs, a pack in itself, more than three levels.
    Raises IssueError "file", "lines" or "columns".
    """
    read = Read()
    rows = _rows(_lines(content))
    places = _columns(next(rows, (1, []))[1])
    parents: dict[str, tuple[str, int]] = {}
    own: dict[str, int] = {}
    known: dict[str, str] = {}
    for line, cells in rows:
        texts = [cells[place].strip() if place < len(cells) else "" for place in places]
        if "" in texts and any(texts[texts.index("") :]):
            read.refuse(
                line,
                "".join(texts),
                "gap",
                "a pack is named without what is in it: code first, then parent, then grandparent",
                "只写了外包装码而缺少其内的码：应依次为追溯码、上级码、大码",
            )
            continue
        for text in texts:
            if text and text not in known:
                known[text] = _value(text, scheme, line, read)
        chain = [known[text] for text in texts if text]
        if not all(chain):
            continue
        if chain[0] in own:
            _twice(read, line, chain[0], own[chain[0]])
            continue
        own[chain[0]] = line
        for value in chain:
            read.lines.setdefault(value, line)
        for child, parent in pairwise(chain):
            _pack(parents, child, parent, line, read)
    _levels(parents, read)
    read.relations = tuple((f"{scheme}:{parent}", f"{scheme}:{child}") for child, (parent, _) in parents.items())
    return read


def _pack(parents: dict[str, tuple[str, int]], child: str, parent: str, line: int, read: Read) -> None:
    before = parents.setdefault(child, (parent, line))
    if child == parent:
        read.refuse(line, child, "itself", f"{child} cannot be packed in itself", f"{child} 不能装在自身之内")
    elif before[0] != parent:
        read.refuse(
            line,
            child,
            "two-packs",
            f"{child} is in {parent} here and in {before[0]} in line {before[1]}",
            f"{child} 在此行属于 {parent}，在第 {before[1]} 行属于 {before[0]}",
        )


def _levels(parents: dict[str, tuple[str, int]], read: Read) -> None:
    for child, (parent, line) in parents.items():
        levels = 2
        while parent in parents and levels <= TREE_LEVELS:
            parent, levels = parents[parent][0], levels + 1
        if levels > TREE_LEVELS:
            read.refuse(
                line,
                child,
                "levels",
                f"{child} lies deeper than {TREE_LEVELS} package levels, or in a ring of packs",
                f"{child} 的包装层级超过 {TREE_LEVELS} 级，或互相嵌套",
            )


def _value(text: str, scheme: str, line: int, read: Read) -> str:
    """The code of a cell in its canonical form; nothing where the scheme refuses it, which is noted."""
    try:
        value = codes.parse(text, scheme).value
    except codes.CodeError as error:
        read.refuse(line, text, error.rule, error.message, error.message_zh)
        return ""
    if len(value) > LENGTH_LIMIT or "\n" in value:
        read.refuse(line, text, "length", "too long to be imported", "过长，无法导入")
        return ""
    return value


def _twice(read: Read, line: int, text: str, before: int) -> None:
    read.refuse(line, text, "twice", f"{text} stands in line {before} already", f"{text} 在第 {before} 行已出现")


def _lines(content: bytes) -> list[str]:
    """The lines of a file in UTF-8 (with or without mark) or GB 18030, of which GBK is a part."""
    if len(content) > MAX_FILE:
        raise IssueError(
            "file",
            f"the file has {len(content)} octets, at most {MAX_FILE}",
            f"文件有 {len(content)} 字节，最多 {MAX_FILE}",
            "content",
        )
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        lines = max(text.count("\n"), text.count("\r"))  # counted before millions of them are made
        if lines >= MAX_LINES:
            raise IssueError(
                "lines",
                f"{lines + 1} lines, at most {MAX_LINES}: cut the file",
                f"文件有 {lines + 1} 行，最多 {MAX_LINES} 行：请拆分",
                "content",
            )
        if "\0" not in text:
            return _LINE.split(text)
    raise IssueError(
        "file",
        "the file is neither text in UTF-8 nor in GBK: save the table as CSV",
        "文件既不是 UTF-8 也不是 GBK 文本：请将表格另存为 CSV",
        "content",
    )


def _rows(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """The cells of each line that has any, with its number; separated by tabs where the first line has some, else by commas."""
    tab = bool(lines) and "\t" in lines[0]
    reader = csv.reader(io.StringIO("\n".join(lines)), delimiter="\t" if tab else ",")
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise IssueError(
            "file", f"line {reader.line_num}: {error}", f"第 {reader.line_num} 行不是有效的 CSV", "content"
        ) from None


def _columns(heading: list[str]) -> list[int]:
    """The places of code, parent and, where there is one, grandparent."""
    names = [cell.strip().lower().replace("_", "").replace(" ", "") for cell in heading]
    found = {column: place for column, said in _COLUMNS.items() for place, name in enumerate(names) if name in said}
    if not {"code", "parent"} <= found.keys():
        raise IssueError(
            "columns",
            f"the first line must name the columns code, parent and, if there is one, grandparent; it says: {', '.join(heading)[:80]}",
            f"首行须写明列名：追溯码、上级码，如有第三级再加大码；现为：{'、'.join(heading)[:80]}",
            "content",
        )
    return [found[column] for column in _COLUMNS if column in found]
