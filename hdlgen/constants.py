"""Constants: numbers of a spec, written there or in a file beside it, as raw integers of a format."""

from __future__ import annotations

import io
import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from hdlgen.errors import SpecError
from hdlgen.limits import MAX_CONSTANT_FILE_BYTES, MAX_ELEMENTS
from hdlgen.number import Format
from hdlgen.sources import Constant
from hdlgen.table import Table

__all__ = ["read_constant"]


def read_constant(section: Table, name: str, folder: Path | None) -> tuple[Constant, bytes]:
    """Read one entry of [constants]: a number, an array, or a table of `values` or `file`, and `format`.

    Args:
        section: the table that holds the entry.
        name: of the entry.
        folder: of the spec; files must lie below it. None where the spec is no file.
    Returns: the constant, and the bytes of the file that it came from (empty where there is none).
    Raises: SpecError for anything that is no array of finite numbers of at most MAX_ELEMENTS elements, for numbers
        beyond the format, and for numbers that are no integers where no format is stated.
    """
    entry, place, data = section.values[name], section.place(name), b""
    stated: Format | None = None
    if isinstance(entry, dict):
        table = section.table(name, ("values", "file", "format"))
        stated = table.parsed("format", Format.parse)
        if ("values" in entry) == ("file" in entry):
            raise SpecError(f"{place} must have either values or file, and not both")
        if "file" in entry:
            place = table.place("file")
            data = _file_bytes(table.text("file"), place, folder)
            values = _load(data, place)
        else:
            place = table.place("values")
            values = _array(entry["values"], place)
    else:
        values = _array(entry, place)
    return Constant(name=name, **_rounded(values, stated, place)), data


def _array(entry: Any, place: str) -> np.ndarray[Any, Any]:
    """Read nested lists of numbers; all lists of one level have one length."""
    shape: list[int] = []
    level = entry
    while isinstance(level, list):
        if not level:
            raise SpecError(f"{place} must not hold an empty list")
        shape.append(len(level))
        level = level[0]
    flat = [entry]
    for size in shape:
        if not all(isinstance(part, list) and len(part) == size for part in flat):
            raise SpecError(f"{place} must have lists of one length on each level, as shape {shape} has")
        flat = [item for part in flat for item in part]
    for item in flat:
        if type(item) not in (int, float) or not math.isfinite(item):
            raise SpecError(f"{place} must hold finite numbers, not {item!r}")
    _check_elements(len(flat), place)
    values = np.empty(len(flat), dtype=object)
    values[:] = flat
    return values.reshape(shape)


def _check_elements(count: int, place: str) -> None:
    if not 1 <= count <= MAX_ELEMENTS:
        raise SpecError(f"{place} must have 1 to {MAX_ELEMENTS} elements, not {count}")


def _file_bytes(text: str, place: str, folder: Path | None) -> bytes:
    """Read a file that lies below the folder of the spec."""
    if folder is None:
        raise SpecError(f"{place} must belong to a spec that is a file itself")
    path = (folder / text).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise SpecError(f"{place} must lie in the folder of the spec, not at {text!r}")
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_CONSTANT_FILE_BYTES + 1)
    except OSError as error:
        raise SpecError(f"{place} must be a readable file, not {text!r} ({error.strerror})") from None
    if len(data) > MAX_CONSTANT_FILE_BYTES:
        raise SpecError(f"{place} must have at most {MAX_CONSTANT_FILE_BYTES} bytes, not more as {text!r} has")
    return data


def _load(data: bytes, place: str) -> np.ndarray[Any, Any]:
    """Read a .npy file; its header is looked at before anything is made of its size."""
    stream = io.BytesIO(data)
    try:
        version = np.lib.format.read_magic(stream)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, kind = read(stream)
    except ValueError:
        raise SpecError(f"{place} must be a .npy file as numpy.save writes it") from None
    if kind.kind not in "iuf" or kind.itemsize > 8:
        raise SpecError(f"{place} must hold integers or floats of at most 64 bits, not {kind}")
    _check_elements(math.prod(shape), place)
    stream.seek(0)
    try:
        values = np.load(stream, allow_pickle=False)
    except (ValueError, EOFError):
        raise SpecError(f"{place} must be a whole .npy file, and it ends early") from None
    if not np.isfinite(values).all():
        raise SpecError(f"{place} must hold finite numbers alone")
    listed = np.empty(values.size, dtype=object)
    listed[:] = values.reshape(-1).tolist()
    return listed.reshape(values.shape)


def _rounded(values: np.ndarray[Any, Any], stated: Format | None, place: str) -> dict[str, Any]:
    """Give format and raw integers: the narrowest for integers, else rounded to the stated one, ties to even."""
    if stated is None:
        for value in values.reshape(-1):
            if isinstance(value, float):
                hint = '{ values = [0.5], format = "q2.14" }'
                raise SpecError(
                    f"{place} must state a format for numbers that are no integers, as in {hint}, not {value!r}"
                )
        try:
            chosen = Format.holding(int(values.min()), int(values.max()))
        except ValueError as error:
            raise SpecError(f"{place} is too large: {error}") from None
        return {"format": chosen, "raw": values}
    scaled = []
    for value in values.reshape(-1):
        rounded = round(Fraction(value) * (1 << stated.fraction))  # Python rounds a Fraction's ties to even
        if not stated.holds(rounded, rounded):
            raise SpecError(f"{place} must lie in {stated}, not hold {value!r}")
        scaled.append(rounded)
    raw = np.empty(len(scaled), dtype=object)
    raw[:] = scaled
    return {"format": stated, "raw": raw.reshape(values.shape)}
