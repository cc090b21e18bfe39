"""A command that was run: in this process by the fixture `hdlgen`, or in a process of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["PROGRAM", "Hdlgen", "Ran"]

PROGRAM = Path(sys.executable).with_name("hdlgen")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A command that has ended: its exit status and what it printed."""

    status: int
    out: str
    err: str


Hdlgen = Callable[..., Ran]
