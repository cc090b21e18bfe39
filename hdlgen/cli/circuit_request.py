"""What `hdlgen learn` is asked for, wherever the circuit is learnt from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["CircuitRequest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitRequest:
    """What the user asks for; `golden`, `module` and `out` may be left out."""

    golden: Path | None
    module: str | None
    out: Path | None
    seed: int
    workers: int
    proof_seconds: float
    technology: str
    recipe: str
    simulator: str | None
