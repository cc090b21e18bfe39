"""Tables: the sections of a spec file, read key by key; every refusal names file, key and rule."""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from hdlgen.errors import SpecError, nearest

__all__ = ["Table", "check_name"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


def check_name(name: str, place: str) -> None:
    """Check that a name can stand in an expression.

    Raises: SpecError.
    """
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise SpecError(f"{place} must have a name of at most 64 letters, digits and underscores, not {name!r}")


class Table:
    """One table of a spec file.

    Args:
        values: what TOML gave.
        where: the file, with which each message begins.
        key: the key of the table, empty for the whole file.
        known: the keys that it may have; None where names are free.
    Raises: SpecError from every method for a value that breaks its rule, from the constructor for an unknown key.
    """

    def __init__(self, values: Any, *, where: str, key: str = "", known: Collection[str] | None = None) -> None:
        self.where, self.key = where, key
        if not isinstance(values, dict):
            raise SpecError(f"{where}: {key} must be a table, not {values!r}")
        self.values: Mapping[str, Any] = values
        for name in values if known is not None else ():
            if name not in (known or ()):
                listed = ", ".join(sorted(known or ()))
                what = f"keys of {key}" if key else "keys"
                raise SpecError(f"{where}: {what} must be of {listed}, not {name!r}{nearest(name, known or ())}")

    def place(self, name: str) -> str:
        """Say where a key stands: file and full key."""
        return f"{self.where}: {self.key}.{name}" if self.key else f"{self.where}: {name}"

    def table(self, name: str, known: Collection[str] | None = None) -> Table:
        """Read a table within; an empty one where it is left out."""
        return Table(self.values.get(name, {}), where=self.where, key=f"{self.key}.{name}".lstrip("."), known=known)

    def text(self, name: str, *, default: str | None = None) -> str:
        """Read a text."""
        value = self.values.get(name, default)
        if value is None:
            raise SpecError(f"{self.place(name)} must be given")
        if not isinstance(value, str):
            raise SpecError(f"{self.place(name)} must be a text, not {value!r}")
        return value

    def choice(self, name: str, choices: Sequence[str]) -> str | None:
        """Read one of some texts; None where it is left out."""
        value = self.values.get(name)
        if value is not None and value not in choices:
            hint = nearest(value, choices) if isinstance(value, str) else ""
            raise SpecError(f"{self.place(name)} must be one of {', '.join(choices)}, not {value!r}{hint}")
        return value

    def integer(self, name: str, *, least: int) -> int | None:
        """Read an integer from `least` on; None where it is left out."""
        value = self.values.get(name)
        if value is not None and (type(value) is not int or value < least):
            raise SpecError(f"{self.place(name)} must be an integer of at least {least}, not {value!r}")
        return value

    def number(self, name: str) -> float:
        """Read a finite number."""
        value = self.values[name]
        if type(value) not in (int, float) or not math.isfinite(value):
            raise SpecError(f"{self.place(name)} must be a finite number, not {value!r}")
        return float(value)

    def texts(self, name: str) -> tuple[str, ...]:
        """Read a list of texts; an empty one where it is left out."""
        value = self.values.get(name, [])
        if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
            raise SpecError(f"{self.place(name)} must be a list of texts, not {value!r}")
        return tuple(value)

    def shape(self, name: str) -> tuple[int, ...] | None:
        """Read the sizes of an array; None where they are left out."""
        value = self.values.get(name)
        if value is None:
            return None
        if not isinstance(value, list) or not all(type(size) is int and size >= 1 for size in value):
            raise SpecError(f"{self.place(name)} must be a list of sizes of at least 1, not {value!r}")
        return tuple(value)

    def parsed(self, name: str, parse: Callable[[str], Any]) -> Any:
        """Read a text by a function whose ValueError states the rule; None where it is left out."""
        if name not in self.values:
            return None
        try:
            return parse(self.values[name])
        except ValueError as error:
            raise SpecError(f"{self.place(name)} {error}") from None
