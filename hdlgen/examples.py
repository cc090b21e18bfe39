"""Examples: inputs with their outputs, read from PLA, CSV or npz files, checked before anything learns from them."""

from __future__ import annotations

import csv
import io
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hdlgen.bits import Bus, Interface
from hdlgen.errors import InputError
from hdlgen.limits import MAX_EXAMPLE_FILE_BYTES

__all__ = ["READERS", "Examples", "read_examples"]

_HEADER = re.compile(r"([A-Za-z_]\w*)(?::(\d+))?")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Examples:
    """A table of examples.

    Args:
        interface: the ports.
        inputs, outputs: shape (examples, bits), 0 or 1.
        places: where each example stands in its file, from 1; lines of a text.
        unit: what a place is called, `line` or `example`.
        where: the file, for messages.
    Raises: InputError for no example, or for equal inputs with different outputs.
    """

    interface: Interface
    inputs: NDArray[np.uint8]
    outputs: NDArray[np.uint8]
    places: NDArray[np.int64]
    unit: str
    where: str

    def __post_init__(self) -> None:
        if not len(self.inputs):
            raise InputError(f"{self.where}: it must hold at least one example")
        pairs = self.contradictions()
        if pairs:
            first = " and ".join(str(place) for place in pairs[0])
            more = f", and {len(pairs) - 1} more pairs" if len(pairs) > 1 else ""
            raise InputError(
                f"{self.where}: equal inputs must have equal outputs; {self.unit}s {first} contradict each other{more}"
            )

    def __len__(self) -> int:
        return len(self.inputs)

    def contradictions(self) -> list[tuple[int, int]]:
        """List places with the inputs of an earlier place and other outputs, each with that earlier place."""
        keys = np.packbits(self.inputs, axis=1)
        _, first, group = np.unique(keys, axis=0, return_index=True, return_inverse=True)
        earlier = first[group.reshape(-1)]
        differ = np.flatnonzero((self.outputs != self.outputs[earlier]).any(axis=1))
        return [(int(self.places[earlier[row]]), int(self.places[row])) for row in differ]


def read_examples(path: Path, *, outputs: Sequence[str] = ()) -> Examples:
    """Read a file of examples by the end of its name.

    Args:
        outputs: names of the output columns of a CSV file; the last column by default.
    Raises: InputError.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise InputError(f"{path}: the name of a file of examples must end with {', '.join(READERS)}")
    if outputs and reader is not read_csv:
        raise InputError(f"{path}: output columns can be named for CSV alone")
    try:
        if path.stat().st_size > MAX_EXAMPLE_FILE_BYTES:
            raise InputError(f"{path}: the file must have at most {MAX_EXAMPLE_FILE_BYTES} bytes")
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: the file must be readable ({error.strerror})") from None
    return read_csv(data, str(path), outputs) if reader is read_csv else reader(data, str(path))


def read_pla(data: bytes, where: str) -> Examples:
    """Read an Espresso PLA file of minterms: each line all inputs, then all outputs, as 0 and 1."""
    counts: dict[str, int] = {}
    names: dict[str, list[str]] = {}
    rows: list[str] = []
    places: list[int] = []
    for place, line in enumerate(_text(data, where).splitlines(), start=1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        if words[0] in (".i", ".o"):
            if len(words) != 2 or not re.fullmatch(r"0*[1-9][0-9]{0,8}", words[1]):
                raise InputError(f"{where}: line {place}: {words[0]} must give a number of at least 1")
            counts[words[0]] = int(words[1])
        elif words[0] in (".ilb", ".ob"):
            names[words[0]] = words[1:]
        elif words[0] in (".e", ".end"):
            break
        elif not words[0].startswith("."):
            if len(counts) != 2:
                raise InputError(f"{where}: line {place}: .i and .o must come before the first example")
            text = "".join(words).replace("|", "")
            if len(text) != sum(counts.values()):
                raise InputError(
                    f"{where}: line {place}: an example must have {counts['.i']} inputs and {counts['.o']} outputs, "
                    f"not {len(text)} values"
                )
            if set(text) - {"0", "1"}:
                other = min(set(text) - {"0", "1"})
                raise InputError(f"{where}: line {place}: a value must be 0 or 1, not {other!r}")
            rows.append(text)
            places.append(place)
    if not rows:
        raise InputError(f"{where}: it must hold at least one example")
    table = np.frombuffer("".join(rows).encode(), dtype=np.uint8).reshape(len(rows), -1) - ord("0")
    buses = []
    for key, label, prefix in ((".i", ".ilb", "x"), (".o", ".ob", "y")):
        given = names.get(label)
        if given is not None and len(given) != counts[key]:
            raise InputError(f"{where}: {label} must give {counts[key]} names, not {len(given)}")
        single = tuple(Bus(name=name, width=1) for name in given) if given else (Bus(name=prefix, width=counts[key]),)
        buses.append(single)
    return Examples(
        interface=Interface(inputs=buses[0], outputs=buses[1]),
        inputs=table[:, : counts[".i"]],
        outputs=table[:, counts[".i"] :],
        places=np.array(places),
        unit="line",
        where=where,
    )


def read_csv(data: bytes, where: str, outputs: Sequence[str] = ()) -> Examples:
    """Read unsigned numbers by columns; a title is `name` or `name:width`, the width else that of the largest."""
    try:
        rows = list(csv.reader(io.StringIO(_text(data, where))))
    except csv.Error as error:
        raise InputError(f"{where}: it must be a CSV file ({error})") from None
    lines = [(place, row) for place, row in enumerate(rows, start=1) if any(cell.strip() for cell in row)]
    if not lines:
        raise InputError(f"{where}: it must begin with a line of column names")
    titles = []
    for cell in lines[0][1]:
        found = _HEADER.fullmatch(cell.strip())
        if not found:
            raise InputError(f"{where}: line {lines[0][0]}: a column must be titled name or name:width, not {cell!r}")
        titles.append((found[1], int(found[2]) if found[2] else 0))
    names = [name for name, _ in titles]
    chosen = list(outputs) or names[-1:]
    for name in chosen:
        if name not in names:
            raise InputError(f"{where}: an output must be one of {', '.join(names)}, not {name!r}")
    columns: list[list[int]] = [[] for _ in titles]
    for place, row in lines[1:]:
        if len(row) != len(titles):
            raise InputError(f"{where}: line {place}: it must have {len(titles)} values, not {len(row)}")
        for column, (name, width), cell in zip(columns, titles, row, strict=True):
            try:
                value = int(cell.strip(), 0)
            except ValueError:
                value = -1
            if value < 0 or (width and value >> width):
                size = f" of {width} bits" if width else ""
                raise InputError(
                    f"{where}: line {place}: {name} must be an unsigned number{size}, not {cell.strip()!r}"
                )
            column.append(value)
    sides: dict[bool, tuple[list[Bus], list[NDArray[np.uint8]]]] = {False: ([], []), True: ([], [])}
    for (name, width), column in zip(titles, columns, strict=True):
        bus = Bus(name=name, width=width or max(max(column, default=1).bit_length(), 1))
        buses, tables = sides[name in chosen]
        buses.append(bus)
        octets = b"".join(value.to_bytes(-(-bus.width // 8), "little") for value in column)
        bits = np.frombuffer(octets, dtype=np.uint8).reshape(len(column), -(-bus.width // 8))
        tables.append(np.unpackbits(bits, axis=1, bitorder="little", count=bus.width))
    if not sides[False][0]:
        raise InputError(f"{where}: it must have an input column beside its outputs")
    return Examples(
        interface=Interface(inputs=tuple(sides[False][0]), outputs=tuple(sides[True][0])),
        inputs=np.concatenate(sides[False][1], axis=1),
        outputs=np.concatenate(sides[True][1], axis=1),
        places=np.array([place for place, _ in lines[1:]], dtype=np.int64),
        unit="line",
        where=where,
    )


def read_npz(data: bytes, where: str) -> Examples:
    """Read packed bits: `inputs` (examples, bytes) and `outputs`, lowest bits first, `n_inputs`, `n_examples`.

    `n_outputs` is 1 where it is left out; the outputs of an example follow each other.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            unpacked = sum(entry.file_size for entry in file.zip.infolist())
            if unpacked > MAX_EXAMPLE_FILE_BYTES:
                raise InputError(
                    f"{where}: unpacked it must have at most {MAX_EXAMPLE_FILE_BYTES} bytes, not {unpacked}"
                )
            fields: dict[str, Any] = {name: file[name] for name in file.files}
        inputs, examples = int(fields["n_inputs"]), int(fields["n_examples"])
        outputs = int(fields.get("n_outputs", 1))
        given, answers = fields["inputs"], fields["outputs"]
    except _UNREADABLE as error:
        raise InputError(f"{where}: it must be npz with inputs, outputs, n_inputs and n_examples: {error}") from None
    wanted = (examples, -(-inputs // 8))
    if inputs < 1 or outputs < 1 or given.dtype != np.uint8 or given.shape != wanted:
        raise InputError(f"{where}: inputs must be uint8 of shape {wanted}, not {given.dtype} of {given.shape}")
    if answers.dtype != np.uint8 or answers.size != -(-examples * outputs // 8):
        raise InputError(f"{where}: outputs must be uint8 and hold {examples * outputs} bits")
    return Examples(
        interface=Interface(inputs=(Bus(name="x", width=inputs),), outputs=(Bus(name="y", width=outputs),)),
        inputs=np.unpackbits(given, axis=1, bitorder="little", count=inputs),
        outputs=np.unpackbits(answers.reshape(-1), bitorder="little", count=examples * outputs).reshape(-1, outputs),
        places=np.arange(1, examples + 1),
        unit="example",
        where=where,
    )


def _text(data: bytes, where: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{where}: the file must be UTF-8 text") from None


_UNREADABLE = (
    *(AttributeError, KeyError, ValueError, TypeError, OSError, EOFError, MemoryError),
    # Of zip: what is encrypted or of another version, torn headers, and data that do not unpack.
    *(zipfile.BadZipFile, RuntimeError, struct.error, zlib.error, lzma.LZMAError),
)

READERS = {".pla": read_pla, ".csv": read_csv, ".npz": read_npz}
"""By the end of a file's name."""
