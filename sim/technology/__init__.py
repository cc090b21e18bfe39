"""Technologies: cells with their timing, and what we need to know beside them; ours by name, or any liberty file."""

from __future__ import annotations

import functools
import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hdlgen.errors import InputError, nearest
from sim import liberty
from sim.cells import Cell, read_cells, read_voltage
from sim.technology.roles import Adder, Environment, Register, Roles, derive_environment, find_roles

__all__ = ["TECHNOLOGIES", "Adder", "Register", "Technology", "load"]

_FOLDER = Path(__file__).parent

TECHNOLOGIES: tuple[str, ...] = ("sky130hd", "sg13g2", "gf180_7t_5v", "gf180_7t_3v3", "asap7")
"""The shipped ones; each is NAME.lib and NAME.toml beside this file."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, weakref_slot=True)
class Technology:
    """Hold one technology.

    Args:
        name: of a shipped one, else of the library group in the liberty file.
        title, node, source, licence, notes: for reports and pages; empty for a user's file but for the title.
        cells: every cell of the file by name, timing included.
        liberty: the file that ABC reads.
        environment: driving cell of the inputs, load of the outputs in fF, slews in ps.
        roles: which cells serve as register, adder, inverter and buffer, found by their functions.
        dont_use: cells that the mapper must leave alone.
        voltage_v: the supply; 0.0 where the file does not tell.
        digest: of the liberty file and the figures beside it.
    """

    name: str
    title: str
    node: str
    source: str
    licence: str
    notes: str
    cells: Mapping[str, Cell]
    liberty: Path
    environment: Environment
    roles: Roles
    dont_use: tuple[str, ...]
    voltage_v: float
    digest: str

    @property
    def driving_cell(self) -> str:
        """Name the cell that drives each input."""
        return self.environment.driving_cell

    @property
    def full_adder(self) -> Adder | None:
        """Give the full-adder cell, or None where the technology has none."""
        return self.roles.full_adder

    @property
    def half_adder(self) -> Adder | None:
        """Give the half-adder cell, or None where the technology has none."""
        return self.roles.half_adder

    @property
    def register(self) -> Register:
        """Give the smallest plain flip-flop."""
        return self.roles.registers[0]

    @property
    def enable_register(self) -> Register | None:
        """Give the smallest flip-flop with enable, or None where the technology has none."""
        return self.roles.enable_registers[0] if self.roles.enable_registers else None


def load(name_or_path: str | Path) -> Technology:
    """Load a technology: a shipped one by name, or a liberty file by its path (it ends in `.lib` or names a folder).

    The parsed form is kept in memory until the file changes.

    Raises: InputError in one line: no such name, no such file, no liberty file, or no cell for a role we need.
    """
    text = str(name_or_path)
    if text in TECHNOLOGIES:
        return _load_shipped(text)
    path = Path(text)
    if path.suffix != ".lib" and len(path.parts) == 1 and not path.exists():
        rule = f"one of {', '.join(TECHNOLOGIES)} or the path of a liberty file"
        raise InputError(f"technology: name must be {rule}, not {text!r}{nearest(text, TECHNOLOGIES)}")
    try:
        status = path.stat()
    except OSError as error:
        raise InputError(f"{path}: the liberty file must be readable ({error.strerror})") from None
    if not path.is_file():
        raise InputError(f"{path}: the liberty file must be a file, not a folder")
    return _load_file(path.resolve(), status.st_mtime_ns, status.st_size)


@functools.cache
def _load_shipped(name: str) -> Technology:
    file = _FOLDER / f"{name}.toml"
    return _build(_FOLDER / f"{name}.lib", tomllib.loads(file.read_text(encoding="utf-8")), file.read_bytes())


@functools.lru_cache(maxsize=8)
def _load_file(path: Path, _changed_ns: int, _size: int) -> Technology:
    return _build(path, {}, b"")


def _build(path: Path, figures: Mapping[str, Any], figures_text: bytes) -> Technology:
    library = liberty.read(path)
    cells = read_cells(library, path)
    dont_use = tuple(figures.get("dont_use", ()))
    candidates = {name: cell for name, cell in cells.items() if cell.usable and name not in dont_use}
    roles = find_roles(candidates, path)
    environment = Environment(**figures["environment"]) if figures else derive_environment(cells, roles)
    name = library.arguments[0] if library.arguments else path.stem
    return Technology(
        name=name,
        title=figures.get("title", f"{name} ({path.name})"),
        node=figures.get("node", ""),
        source=figures.get("source", ""),
        licence=figures.get("licence", ""),
        notes=figures.get("notes", ""),
        cells=cells,
        liberty=path,
        environment=environment,
        roles=roles,
        dont_use=tuple(sorted({*dont_use, *(cell.name for cell in cells.values() if not cell.usable)})),
        voltage_v=read_voltage(library, path),
        digest=hashlib.sha256(path.read_bytes() + b"\0" + figures_text).hexdigest(),
    )
