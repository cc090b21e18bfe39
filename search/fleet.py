"""Fleets: how many copies of a design, and how many chips, reach a throughput, under a cap on each if there is one."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from hdlgen.errors import InputError
from hdlgen.evaluation import Evaluation, Score

__all__ = ["Fleet", "Need", "best", "fleet"]

_SLACK = 1 - 1e-9
"""Takes back what rounding adds, so that a whole number of copies stays one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What is to be reached, and what a chip may be.

    Args:
        throughput_msps: results in all, in millions a second.
        cap_msps: what one chip may give at most, as export rules say it; None for no rule.
        chip_mm2: area of a chip that copies may take.
    """

    throughput_msps: float
    cap_msps: float | None = None
    chip_mm2: float = 100.0

    def __post_init__(self) -> None:
        for name, value in (("throughput", self.throughput_msps), ("cap", self.cap_msps), ("chip", self.chip_mm2)):
            if value is not None and not (math.isfinite(value) and value > 0):
                raise InputError(f"--{name} must be finite and above 0, not {value:g}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """Hold what reaches the throughput.

    Args:
        copies: of the design, on all chips.
        silicon_mm2: the area of all copies.
        copies_per_chip, chip_msps: what one chip holds and gives.
        limit: what ends the number of copies on a chip: its `area`, or the `cap`.
        chips: how many it takes.
    """

    copies: int
    silicon_mm2: float
    copies_per_chip: int
    chip_msps: float
    limit: str
    chips: int


def fleet(score: Score, need: Need) -> Fleet:
    """Count the copies and the chips of one design.

    A copy that alone is faster than the cap is clocked down to it; all others run at their highest clock, as many on a
    chip as its area and the cap allow.

    Raises: InputError where a chip does not hold one copy.
    """
    by_area = math.floor(need.chip_mm2 * 1e6 / score.area_um2)
    if not by_area:
        least = score.area_um2 / 1e6
        raise InputError(f"--chip must be at least {least:.4g} mm2, the area of one copy, not {need.chip_mm2:g}")
    by_cap = math.inf if need.cap_msps is None else need.cap_msps / score.throughput_msps / _SLACK
    if need.cap_msps is not None and by_cap < 1:
        per_chip, chip_msps = 1, need.cap_msps
    else:
        per_chip = int(min(by_area, by_cap))
        chip_msps = per_chip * score.throughput_msps
    chips = math.ceil(need.throughput_msps / chip_msps * _SLACK)
    copies = chips if by_cap < 1 else math.ceil(need.throughput_msps / score.throughput_msps * _SLACK)
    return Fleet(
        copies=copies,
        silicon_mm2=copies * score.area_um2 / 1e6,
        copies_per_chip=per_chip,
        chip_msps=chip_msps,
        limit="cap" if by_cap < by_area else "area",
        chips=chips,
    )


def best(evaluations: Iterable[Evaluation], need: Need) -> Evaluation | None:
    """Choose the feasible design that reaches the throughput on the least silicon, of equals the one on fewest chips.

    Raises: InputError where a chip does not hold one copy of any of them.
    """
    found: list[tuple[float, int, int, Evaluation]] = []
    refusal: InputError | None = None
    for place, evaluation in enumerate(evaluations):
        if evaluation.score is None or not evaluation.feasible:
            continue
        try:
            one = fleet(evaluation.score, need)
        except InputError as error:
            refusal = refusal or error
            continue
        found.append((one.silicon_mm2, one.chips, place, evaluation))
    if not found and refusal is not None:
        raise refusal
    return min(found)[-1] if found else None
