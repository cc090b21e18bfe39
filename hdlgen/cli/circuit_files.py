"""The files of a learnt circuit: the same ones, however it was learnt."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hdlgen.aiger import write_aiger
from hdlgen.errors import StoreError
from hdlgen.network import Network
from hdlgen.network_shell import write_shell
from hdlgen.network_text import write_blif, write_verilog

__all__ = ["prepare_folder", "save", "save_report", "write_circuit"]


def prepare_folder(folder: Path) -> None:
    """Make a folder where it is missing.

    Raises: StoreError.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{folder}: the folder must be writable ({error.strerror})") from None


def write_circuit(
    folder: Path, network: Network, *, netlist: str, junit: str, pictures: Mapping[str, str]
) -> dict[str, Path]:
    """Write a circuit in all formats; give the files by name, `report.json` and `README.md` among them.

    Raises: StoreError.
    """
    texts: dict[str, str | bytes] = {
        "learnt.v": write_verilog(network),
        "learnt.blif": write_blif(network),
        "learnt.aig": write_aiger(network),
        "design.v": write_shell(network),
        "netlist.v": netlist,
        "results.xml": junit,
        **pictures,
    }
    for name, text in texts.items():
        save(folder / name, text)
    return {name: folder / name for name in (*texts, "report.json", "README.md")}


def save_report(folder: Path, document: Mapping[str, Any], readme: str) -> None:
    """Write what is said of a circuit."""
    save(folder / "report.json", json.dumps(document, indent=2) + "\n")
    save(folder / "README.md", readme)


def save(path: Path, text: str | bytes) -> None:
    """Write a file.

    Raises: StoreError.
    """
    try:
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    except OSError as error:
        raise StoreError(f"{path}: the file must be writable ({error.strerror})") from None
