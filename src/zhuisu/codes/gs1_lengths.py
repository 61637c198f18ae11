"""The operator's own table of company prefix lengths, in the form in which GS1 publishes its table.

Source: GS1 GCP Length Table, JSON form: {"GCPPrefixFormatList": {"entry": [{"prefix": "690", "gcpLength": 7}, …]}}.
"""

import json
from collections.abc import Mapping
from typing import Any

# The whole table of GS1 has some 6,000 entries; ten times that is no table any more.
MAX_ENTRIES = 100_000
# First digits of a key → how many of its digits are the company prefix; 0: not given out.
Lengths = Mapping[str, int]


def read_lengths(document: bytes) -> Lengths:
    """The table in a file of GS1's form. Raises ValueError with the entry that is wrong.

    >>> read_lengths(b'{"GCPPrefixFormatList": {"entry": [{"prefix": "9520", "gcpLength": 7}]}}')
    {'9520': 7}
    """
    try:
        entries: Any = json.loads(document)["GCPPrefixFormatList"]["entry"]
    except (KeyError, TypeError) as missing:
        raise ValueError("not a table of company prefix lengths: GCPPrefixFormatList.entry is missing") from missing
    if not isinstance(entries, list) or len(entries) > MAX_ENTRIES:
        raise ValueError(f"GCPPrefixFormatList.entry is a list of at most {MAX_ENTRIES} entries")
    found = {}
    for entry in entries:
        prefix, length = (entry.get("prefix"), entry.get("gcpLength")) if isinstance(entry, dict) else (None, None)
        digits = isinstance(prefix, str) and prefix.isascii() and prefix.isdigit() and len(prefix) <= 12
        if not digits or not isinstance(length, int) or (length and not 6 <= length <= 12):
            raise ValueError(f"wrong entry: {entry!r}; a prefix has 1 to 12 digits, gcpLength is 6 to 12, or 0")
        found[str(prefix)] = length
    return found


def length_in(lengths: Lengths, digits: str) -> int | None:
    """The length for a key that begins with these digits, by its longest prefix in the table; None where there is none."""
    for size in range(min(12, len(digits)), 0, -1):
        length = lengths.get(digits[:size])
        if length is not None:
            return length or None
    return None
