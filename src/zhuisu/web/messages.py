"""The English catalogue, compiled without gettext's own tools: a fresh clone has none, and compiled files are not committed."""

import ast
import os
import struct
import tempfile
from pathlib import Path

LOCALE = Path(__file__).parent / "locale"


def read_po(path: Path) -> dict[str, str]:
    """msgid → msgstr of a .po file, as a .mo wants them: context and plural forms joined by EOT and NUL.

    Obsolete, fuzzy and untranslated entries are left out. Raises ValueError naming the line that cannot be read.
    """
    messages: dict[str, str] = {}
    fields: dict[str, str] = {}
    fuzzy, current = False, ""
    for number, line in enumerate([*path.read_text("utf-8").splitlines(), ""], 1):
        text = line.strip()
        if not text:
            _store(messages, fields, fuzzy)
            fields, fuzzy, current = {}, False, ""
        elif text.startswith("#"):
            fuzzy = fuzzy or (text.startswith("#,") and "fuzzy" in text)
        elif text.startswith('"') and current:
            fields[current] += ast.literal_eval(text)
        elif text.startswith("msg") and ' "' in text:
            current, _, value = text.partition(" ")
            fields[current] = ast.literal_eval(value.strip())
        else:
            raise ValueError(f"{path.name} line {number}: not a line of a catalogue")
    return messages


def _store(messages: dict[str, str], fields: dict[str, str], fuzzy: bool) -> None:
    if "msgid" not in fields or fuzzy:
        return
    key = fields["msgid"]
    if "msgctxt" in fields:
        key = f"{fields['msgctxt']}\x04{key}"
    if "msgid_plural" in fields:
        key += f"\0{fields['msgid_plural']}"
    forms = [text for name, text in sorted(fields.items()) if name.startswith("msgstr")]
    if all(forms):
        messages[key] = "\0".join(forms)


def write_mo(messages: dict[str, str]) -> bytes:
    """The GNU .mo file of these messages (little endian, no hash table)."""
    pairs = sorted((key.encode(), value.encode()) for key, value in messages.items())
    begin = 28 + 16 * len(pairs)
    keys = b"".join(key + b"\0" for key, _ in pairs)
    key_table, value_table, key_at, value_at = [], [], begin, begin + len(keys)
    for key, value in pairs:
        key_table += [len(key), key_at]
        value_table += [len(value), value_at]
        key_at += len(key) + 1
        value_at += len(value) + 1
    head = [0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, begin]
    return (
        struct.pack(f"<{7 + 4 * len(pairs)}I", *head, *key_table, *value_table)
        + keys
        + b"".join(value + b"\0" for _, value in pairs)
    )


def compile_catalogues(locale: Path = LOCALE) -> list[Path]:
    """Compiles each catalogue that is newer than its compiled file; returns what was written. A read-only folder is left."""
    written = []
    for source in sorted(locale.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        if not os.access(source.parent, os.W_OK):
            continue
        # Two processes may start at once: each writes its own file and the last rename wins with the same content.
        handle, name = tempfile.mkstemp(dir=source.parent, suffix=".tmp")
        with os.fdopen(handle, "wb") as file:
            file.write(write_mo(read_po(source)))
        Path(name).chmod(0o644)
        Path(name).replace(target)
        written.append(target)
    return written
