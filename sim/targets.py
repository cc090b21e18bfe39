"""Targets: what designs are measured on, standard cells or an FPGA."""

from __future__ import annotations

from pathlib import Path

from hdlgen.errors import nearest
from sim.fpga import DEVICES, Fpga, load_device
from sim.technology import TECHNOLOGIES, Technology, load

__all__ = ["Target", "load_target"]

Target = Technology | Fpga
"""What a design may be measured on: cells, or an FPGA."""


def load_target(name_or_path: str | Path) -> Target:
    """Load a technology as `load` does, or find an FPGA by its name.

    Raises: InputError in one line, as `load` does.
    """
    text = str(name_or_path)
    if text in DEVICES or (nearest(text, DEVICES) and not nearest(text, TECHNOLOGIES) and not Path(text).exists()):
        return load_device(text)
    return load(name_or_path)
