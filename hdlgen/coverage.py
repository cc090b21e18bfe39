"""Coverage: how much of a design its testbench exercised, as plain counts that reports and run data hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

__all__ = ["Coverage"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Hold what was seen on the mapped netlist: nets and stalls in the testbench's phases, corners in all tokens.

    Args:
        nets, toggled: nets of the netlist, and those of them that both rose and fell.
        input_waits: cycles in which a token was offered and not taken.
        input_gaps: cycles in which a token would have been taken and none was offered.
        output_stalls: cycles in which a result stood and was not taken.
        back_to_back: results that were taken in the cycle after another.
        corners, corners_seen: corner values (least, -1, 0, 1, greatest) of all input elements, and those that occurred.
        pairs, pairs_seen: corner values of two elements in one token, and those that occurred together.
        long_tokens: results that were compared in the long run.
    """

    nets: int
    toggled: int
    input_waits: int
    input_gaps: int
    output_stalls: int
    back_to_back: int
    corners: int
    corners_seen: int
    pairs: int
    pairs_seen: int
    long_tokens: int

    def __post_init__(self) -> None:
        for part, whole in (("toggled", "nets"), ("corners_seen", "corners"), ("pairs_seen", "pairs")):
            if not 0 <= getattr(self, part) <= getattr(self, whole):
                raise ValueError(f"Coverage: {part} must be 0 to {whole}, not {getattr(self, part)!r}")

    @property
    def text(self) -> str:
        """Say it in one line."""
        parts = [
            f"{_share(self.toggled, self.nets)} of nets rose and fell",
            f"{self.input_waits} cycles of waiting tokens",
            f"{self.output_stalls} of stalled results",
            f"{self.back_to_back} results back to back",
            f"{_share(self.corners_seen, self.corners)} of operand corners",
            f"{_share(self.pairs_seen, self.pairs)} of their pairs",
            f"{self.long_tokens} more results compared",
        ]
        return ", ".join(parts)

    def as_dict(self) -> dict[str, int]:
        """Give the record as plain JSON types; `from_dict` is its inverse."""
        return asdict(self)

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Coverage:
        """Read what `as_dict` wrote.

        Raises: KeyError, TypeError or ValueError for anything else.
        """
        return cls(**{each.name: int(record[each.name]) for each in fields(cls)})


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole if whole else 100:.1f} %"
