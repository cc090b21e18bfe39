"""The measured spaces of the Spector suite, which lie beside the repository and are not part of it."""

from __future__ import annotations

from pathlib import Path

from benchmarks.benchmark import ROOT
from hdlgen.errors import InputError
from search.replay import Table, read_csv

__all__ = ["FOLDER", "read_tables"]

FOLDER = ROOT.parent / "shared" / "spector"


def read_tables(folder: Path = FOLDER) -> list[Table]:
    """Read all tables of a folder, by name.

    Raises: InputError where there is none.
    """
    paths = sorted(folder.glob("*.csv"))
    if not paths:
        raise InputError(f"{folder}: the folder must hold the measured spaces of the Spector suite as CSV files")
    return [read_csv(path) for path in paths]
