"""Typed reading of JSON files that somebody else wrote: every wrong field is one sentence with its place."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hdlgen.errors import StoreError

__all__ = ["Fields", "read_lines", "read_object"]


@dataclass(frozen=True, slots=True)
class Fields:
    """A JSON object together with the place that messages name."""

    where: str
    values: Mapping[str, Any]

    def refuse(self, key: str, rule: str, value: object) -> StoreError:
        """Make the error for a field that breaks a rule; long values are cut."""
        shown = repr(value)
        shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
        return StoreError(f"{self.where}: {key} must be {rule}, not {shown}")

    def text(self, key: str, default: str | None = None) -> str:
        """Take a text; null and a missing key give the default, where there is one.

        Raises: StoreError.
        """
        value = self.values.get(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, str):
            raise self.refuse(key, "a text", value)
        return value

    def number(self, key: str, default: float | None = None) -> float:
        """Take a finite number, an integer as integer.

        Raises: StoreError.
        """
        value = self.values.get(key)
        if value is None and default is not None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self.refuse(key, "a finite number", value)
        return value

    def whole(self, key: str, default: int | None = None) -> int:
        """Take a whole number that is not negative.

        Raises: StoreError.
        """
        value = self.values.get(key)
        if value is None and default is not None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise self.refuse(key, "a whole number of 0 or more", value)
        return value

    def flag(self, key: str, default: bool = False) -> bool:
        """Take true or false.

        Raises: StoreError.
        """
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            raise self.refuse(key, "true or false", value)
        return value

    def mapping(self, key: str) -> Fields:
        """Take an object; null and a missing key give an empty one.

        Raises: StoreError.
        """
        value = self.values.get(key)
        if value is None:
            value = {}
        if not isinstance(value, dict):
            raise self.refuse(key, "an object", value)
        return Fields(f"{self.where}: {key}", value)

    def objects(self, key: str) -> tuple[Fields, ...]:
        """Take a list of objects; null and a missing key give an empty one.

        Raises: StoreError.
        """
        return tuple(
            Fields(f"{self.where}: {key}[{index}]", item)
            if isinstance(item, dict)
            else self._refuse_item(key, index, item)
            for index, item in enumerate(self.items(key))
        )

    def items(self, key: str) -> list[Any]:
        """Take a list of anything; null and a missing key give an empty one.

        Raises: StoreError.
        """
        value = self.values.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.refuse(key, "a list", value)
        return value

    def figures(self) -> dict[str, float]:
        """Take all fields as finite numbers.

        Raises: StoreError.
        """
        return {key: self.number(key) for key in self.values}

    def _refuse_item(self, key: str, index: int, item: object) -> Fields:
        raise self.refuse(f"{key}[{index}]", "an object", item)


def _parse(text: str, where: str) -> Fields:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise StoreError(f"{where}: the text must be valid JSON, not {text.strip()[:40]!r}") from error
    except RecursionError as error:
        raise StoreError(f"{where}: the JSON must not be nested that deeply") from error
    if not isinstance(value, dict):
        raise Fields(where, {}).refuse("the text", "a JSON object", value)
    return Fields(where, value)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise StoreError(f"{path}: the file must be UTF-8 text, not byte {error.object[error.start]:#04x}") from error
    except OSError as error:
        raise StoreError(f"{path}: the file must be readable, not {error.strerror!r}") from error


def read_object(path: Path) -> Fields:
    """Read a file that holds one JSON object.

    Raises: StoreError for a file that cannot be read or holds anything else.
    """
    return _parse(_read(path), str(path))


def read_lines(path: Path) -> Iterator[Fields]:
    """Read a file with one JSON object a line; a missing file has none, and a torn last line is dropped.

    Raises: StoreError for any other line that is no JSON object.
    """
    if not path.exists():
        return
    *whole, rest = _read(path).split("\n")
    for number, line in enumerate(whole, start=1):
        if line.strip():
            yield _parse(line, f"{path}: line {number}")
    if rest.rstrip().endswith("}"):  # no beginning of an object's line is an object, so what parses is whole
        with contextlib.suppress(StoreError):
            yield _parse(rest, f"{path}: line {len(whole) + 1}")
