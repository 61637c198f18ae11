"""Segments as files: written beside and renamed, checked byte for byte when opened, then shared by all processes as they lie."""

import contextlib
import hashlib
import json
import mmap
import os
import struct
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings

from zhuisu.lineage.snapshot.segment import Array, Segment

FORMAT = 3  # another number for whatever changes what a file means: a file of another format is thrown away
MAGIC = b"zhuisu-facts\n"
MANIFEST = "current.json"
ALIGN = 64  # bytes: a cache line
DTYPES = ("int8", "uint8", "uint16", "int32", "int64", "float64")


class DamagedError(Exception):
    """A file is not what its header says, or of another format."""


def folder() -> Path:
    """Where the snapshot of this installation lies."""
    found: Path = settings.HOME / "snapshot"
    return found


def write(segment: Segment) -> str:
    """Write a segment into the folder; the name of its file."""
    arrays = {name: np.ascontiguousarray(array) for name, array in segment.arrays.items()}
    described: dict[str, tuple[str, int, int, str]] = {}
    offset = 0
    for name, array in arrays.items():
        offset += -offset % ALIGN
        digest = hashlib.sha256(array.view(np.uint8).data).hexdigest()
        described[name] = (array.dtype.name, len(array), offset, digest)
        offset += array.nbytes
    about = {"after": segment.after, "upto": segment.upto, "first": segment.first, "identity": segment.identity}
    header = json.dumps({"format": FORMAT, **about, "arrays": described}, sort_keys=True).encode()
    name = f"{segment.after}-{segment.upto}-{hashlib.sha256(header).hexdigest()[:16]}.facts"
    folder().mkdir(parents=True, exist_ok=True)
    with _beside(folder() / name) as stream:
        begin = len(MAGIC) + 4 + len(header) + 32
        stream.write(MAGIC + struct.pack("<I", len(header)) + header + hashlib.sha256(header).digest())
        stream.write(b"\0" * (-begin % ALIGN))
        begin += -begin % ALIGN
        for key, array in arrays.items():
            stream.seek(begin + described[key][2])
            stream.write(array.view(np.uint8).data)
        stream.truncate(max(stream.tell(), begin))
    return name


@contextlib.contextmanager
def _beside(path: Path) -> Any:
    """A file to write that takes its name only when it is whole and on the disk."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def read(name: str) -> Segment:
    """Open a segment. Raises DamagedError where anything is wrong with it, OSError where it is not there."""
    with (folder() / name).open("rb") as stream:
        try:
            held = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError as error:
            raise DamagedError(f"{name} is empty") from error
    try:
        return replace(_parse(held), name=name)
    except (ValueError, KeyError, TypeError, struct.error) as error:
        raise DamagedError(f"{name}: {error}") from error


def _parse(held: mmap.mmap) -> Segment:
    if held[: len(MAGIC)] != MAGIC:
        raise ValueError("it is no segment")
    (length,) = struct.unpack_from("<I", held, len(MAGIC))
    begin = len(MAGIC) + 4
    header, digest = held[begin : begin + length], held[begin + length : begin + length + 32]
    if hashlib.sha256(header).digest() != digest:
        raise ValueError("its header is damaged")
    said = json.loads(header)
    if said["format"] != FORMAT:
        raise ValueError(f"it is of format {said['format']}, not {FORMAT}")
    begin += length + 32
    begin += -begin % ALIGN
    arrays = {name: _array(held, begin, name, *about) for name, about in said["arrays"].items()}
    return Segment(said["after"], said["upto"], said["first"], said["identity"], arrays)


def _array(held: mmap.mmap, begin: int, name: str, dtype: str, length: int, offset: int, digest: str) -> Array:
    if dtype not in DTYPES:
        raise ValueError(f"{name} is of type {dtype}")
    # frombuffer refuses what reaches beyond the file
    array = np.frombuffer(held, dtype, length, begin + offset) if length else np.zeros(0, dtype)
    if hashlib.sha256(array.view(np.uint8).data).hexdigest() != digest:
        raise ValueError(f"{name} is damaged")
    return array


def publish(names: Sequence[str]) -> None:
    """From here on these files, in the order of the log, are the snapshot; whatever else lies in the folder goes.

    A process that has an old one open keeps it until it looks again.
    """
    with _beside(folder() / MANIFEST) as stream:
        stream.write(json.dumps({"format": FORMAT, "files": list(names)}).encode())
    for path in folder().glob("*.facts"):
        if path.name not in names:
            path.unlink(missing_ok=True)


def signature() -> tuple[int, int, int] | None:
    """What changes with every publish; None where there is no snapshot."""
    try:
        found = (folder() / MANIFEST).stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size


def chain(held: Iterable[Segment] = ()) -> list[Segment]:
    """The published segments, each after the other; those that are held open are not opened again. Raises DamagedError, FileNotFoundError where there are none."""
    try:
        said = json.loads((folder() / MANIFEST).read_bytes())
        names = said["files"] if said["format"] == FORMAT else None
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedError(f"{MANIFEST}: {error}") from error
    if not isinstance(names, list) or not all(isinstance(name, str) and "/" not in name for name in names):
        raise DamagedError(f"{MANIFEST} is of another format")
    known = {each.name: each for each in held}
    found: list[Segment] = []
    for name in names:
        segment = known.get(name) or read(name)
        before = (found[-1].upto, found[-1].first + found[-1].events) if found else (0, 0)
        if (segment.after, segment.first) != before:
            raise DamagedError(f"{name} does not follow what is before it")
        found.append(segment)
    return found
