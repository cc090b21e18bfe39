"""What was shown of a design: claims, each with how far it holds; nothing that was not shown is told as shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

__all__ = ["SUBJECTS", "Claim", "Outcome"]

SUBJECTS: Mapping[str, str] = {
    "mapping": "the cells do what the Verilog says, register by register",
    "function": "each result is what the spec says of its token, whatever else is in flight",
    "handshake": "no token is lost, doubled or reordered under any stalls, and nothing gets stuck",
}
"""What a claim may be about."""


class Outcome(StrEnum):
    """How far a claim was shown."""

    PROVED = "proved"
    BOUNDED = "bounded"  # for so many cycles from any reset
    SIMULATED = "simulated only"
    REFUTED = "refuted"  # a counterexample is known


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One claim on a design.

    Args:
        subject: of `SUBJECTS`.
        outcome: how far it was shown.
        cycles: for BOUNDED, within how many cycles it holds.
        message: for SIMULATED why there is no proof, for REFUTED where it fails; else how it was shown, or nothing.
        runtime_s: seconds that it took.
    """

    subject: str
    outcome: Outcome
    cycles: int = 0
    message: str = ""
    runtime_s: float = 0.0

    def __post_init__(self) -> None:
        if self.subject not in SUBJECTS:
            raise ValueError(f"Claim: subject must be one of {', '.join(SUBJECTS)}, not {self.subject!r}")
        if (self.cycles > 0) != (self.outcome is Outcome.BOUNDED):
            raise ValueError(f"Claim: cycles must go with bounded alone, not with {self.outcome.value}")
        if not self.message and self.outcome in (Outcome.SIMULATED, Outcome.REFUTED):
            raise ValueError(f"Claim: a message must go with {self.outcome.value}")

    @property
    def text(self) -> str:
        """Say it in words: `proved`, `bounded to 20 cycles`, `simulated only (time limit)`, `refuted (...)`."""
        if self.outcome is Outcome.PROVED:
            return "proved"
        if self.outcome is Outcome.BOUNDED:
            return f"bounded to {self.cycles} cycles"
        return f"{self.outcome.value} ({self.message})"

    def as_dict(self) -> dict[str, Any]:
        """Give the record as plain JSON types; `from_dict` is its inverse."""
        return {
            "subject": self.subject,
            "outcome": self.outcome.value,
            "cycles": self.cycles,
            "message": self.message,
            "runtime_s": round(self.runtime_s, 2),
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Claim:
        """Read what `as_dict` wrote.

        Raises: KeyError, TypeError or ValueError for anything else.
        """
        return cls(
            subject=str(record["subject"]),
            outcome=Outcome(record["outcome"]),
            cycles=int(record["cycles"]),
            message=str(record["message"]),
            runtime_s=float(record.get("runtime_s", 0.0)),
        )
