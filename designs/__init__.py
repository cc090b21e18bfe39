"""The designs that come with hdlgen: one folder a design, with `spec.toml` and `reference.py` (plain numpy)."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Reference", "Tokens", "load_reference", "names", "spec_path", "table_path", "tables"]

Tokens: TypeAlias = Mapping[str, NDArray[np.int64]]
"""Raw integers by field name, each of shape (tokens, *shape)."""
Reference: TypeAlias = Callable[[Tokens], dict[str, NDArray[np.int64]]]
"""What a design must compute: a stream of inputs to the stream of outputs, from reset on."""

TABLE = ".json.gz"
"""How a table's file name ends."""


def names() -> tuple[str, ...]:
    """List the designs, in alphabetical order."""
    return tuple(sorted(path.parent.name for path in Path(__file__).parent.glob("*/spec.toml")))


def spec_path(name: str) -> Path:
    """Give the spec file of a design.

    Raises: KeyError for a name that is not in `names()`.
    """
    if name not in names():
        raise KeyError(name)
    return Path(__file__).parent / name / "spec.toml"


def load_reference(name: str) -> Reference:
    """Import the reference of a design.

    Raises: KeyError for a name that is not in `names()`.
    """
    module: Any = importlib.import_module(f"{__name__}.{spec_path(name).parent.name}.reference")
    reference: Reference = module.reference
    return reference


def tables() -> tuple[str, ...]:
    """List the tables that are shipped, whole spaces with every score, in alphabetical order."""
    return tuple(sorted(path.name.removesuffix(TABLE) for path in (Path(__file__).parent / "tables").glob(f"*{TABLE}")))


def table_path(name: str) -> Path:
    """Give the file of a table.

    Raises: KeyError for a name that is not in `tables()`.
    """
    if name not in tables():
        raise KeyError(name)
    return Path(__file__).parent / "tables" / f"{name}{TABLE}"
