"""How metrics are called and how figures are written: names, units, decimals, ratios."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hdlgen.evaluation import METRICS, Direction, Objective

__all__ = ["QUANTITIES", "Quantity", "count", "decimals", "duration", "figure", "quantity", "ratio", "significant"]

THIN_SPACE = "\N{NARROW NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A metric as people call it.

    Args:
        noun: "area".
        unit: "µm²"; empty for a count.
        best: what the design that is best in it is called, "smallest".
        direction: which way is better.
    """

    metric: str
    noun: str
    unit: str
    best: str
    direction: Direction

    @property
    def heading(self) -> str:
        """The noun with its unit, for an axis."""
        return f"{self.noun} ({self.unit})" if self.unit else self.noun

    @property
    def no_worse(self) -> str:
        """The condition of being at least as good: "no more area"."""
        return f"no {'more' if self.direction is Direction.MINIMIZE else 'less'} {self.noun}"


QUANTITIES: dict[str, Quantity] = {
    metric: Quantity(metric=metric, noun=noun, unit=unit, best=best, direction=METRICS.get(metric, Direction.MINIMIZE))
    for metric, noun, unit, best in (
        ("area_um2", "area", "µm²", "smallest"),
        ("flip_flop_area_um2", "flip-flop area", "µm²", "lightest in flip-flops"),
        ("luts", "LUTs", "", "smallest"),
        ("dsps", "DSPs", "", "fewest-DSP"),
        ("brams", "block RAMs", "", "fewest-memory"),
        ("clock_mhz", "clock", "MHz", "highest-clocked"),
        ("period_ps", "period", "ps", "shortest-period"),
        ("throughput_msps", "throughput", "Msample/s", "fastest"),
        ("interval_cycles", "interval", "cycles", "shortest-interval"),
        ("latency_cycles", "latency", "cycles", "shortest-pipeline"),
        ("latency_ns", "latency", "ns", "lowest-latency"),
        ("error_lsb", "error", "LSB", "most exact"),
        ("error_bound_lsb", "proved error", "LSB", "most exact by proof"),
        ("energy_pj", "energy", "pJ", "thriftiest"),
        ("cells", "cells", "", "fewest-cell"),
        ("flip_flops", "flip-flops", "", "fewest-flip-flop"),
    )
}
"""The metrics of a score by name, in the order of the score."""


def quantity(metric: str, objectives: Sequence[Objective] = ()) -> Quantity:
    """Describe any metric, also one that is not known here; an objective's own direction goes first."""
    known = QUANTITIES.get(metric)
    direction = next((o.direction for o in objectives if o.metric == metric), None)
    noun = known.noun if known else metric.replace("_", " ")
    return Quantity(
        metric=metric,
        noun=noun,
        unit=known.unit if known else "",
        best=known.best if known and direction in (None, known.direction) else f"best in {noun}",
        direction=direction or (known.direction if known else Direction.MINIMIZE),
    )


def decimals(values: Iterable[float]) -> int:
    """Choose the decimals that a whole column shares: four digits of its largest figure, none for whole numbers."""
    listed = [abs(value) for value in values]
    largest = max(listed, default=0.0)
    if largest == 0 or all(float(value).is_integer() for value in listed):
        return 0
    return min(max(3 - math.floor(math.log10(largest)), 0), 6)


def figure(value: float, places: int = 0) -> str:
    """Write a number with thin spaces between thousands."""
    return f"{value:,.{places}f}".replace(",", THIN_SPACE)


def count(number: int, noun: str, plural: str = "") -> str:
    """Write a counted noun: "1 point", "2 points"."""
    return f"{figure(number)} {noun if number == 1 else plural or noun + 's'}"


def ratio(value: float) -> str:
    """Write a ratio to stock: two decimals below ten, and a third where two would hide on which side of 1 it lies."""
    if value != 1 and f"{value:.2f}" == "1.00":
        return f"{value:.3f}"
    return f"{value:.2f}" if value < 9.995 else f"{value:.1f}"


def duration(seconds: float) -> str:
    """Write a time span in the two units that matter: "8.4 s", "2 min 05 s", "3 h 20 min"."""
    if seconds < 59.95:
        return f"{seconds:.1f}{THIN_SPACE}s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60}{THIN_SPACE}min {whole % 60:02d}{THIN_SPACE}s"
    return f"{whole // 3600}{THIN_SPACE}h {whole % 3600 // 60:02d}{THIN_SPACE}min"


def significant(value: float | None, digits: int = 4) -> str:
    """Write a figure with some significant digits; a dash for what is not known."""
    return "\N{EN DASH}" if value is None else f"{value:,.{digits}g}"
