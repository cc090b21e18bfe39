"""Ratios of kernels: how much less area at equal speed, and how much less time at equal area, than the best rivals."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from benchmarks.benchmark import Table
from hdlgen.errors import ToolError

__all__ = ["RATIOS", "Candidate", "Contest", "figures", "tables"]

RATIOS = ("area_ratio_fast", "area_ratio_small", "period_ratio_fast", "period_ratio_small")
"""Less is better: area or period, against stock's fastest or its smallest point."""

_SHOWN = 6
"""So many ratios stand in a design's row: those to stock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A measured design: whose it is (`ours`, `stock`, `xls`), what it is called, area of all cells and period."""

    kind: str
    point: Mapping[str, object]
    area_um2: float
    period_ps: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """One design on one technology.

    Args:
        shell_um2: what is taken off every area: registers and handshake without anything between them.
        ours, rivals: all that was measured.
    Raises: ToolError where a side is empty or an area does not exceed the shell's.
    """

    design: str
    technology: str
    shell_um2: float
    ours: tuple[Candidate, ...]
    rivals: tuple[Candidate, ...]

    def __post_init__(self) -> None:
        where = f"stock: {self.design} on {self.technology}"
        if not self.ours or not self.rivals:
            raise ToolError(f"{where}: both sides must have a design")
        least = min(candidate.area_um2 for candidate in (*self.ours, *self.rivals))
        if least <= self.shell_um2:
            raise ToolError(f"{where}: every area must exceed the shell's {self.shell_um2:g} um2, not {least:g}")

    @property
    def stock(self) -> Contest:
        """Give the contest against stock alone; without stock among the rivals, against all of them."""
        alone = tuple(rival for rival in self.rivals if rival.kind == "stock")
        return replace(self, rivals=alone or self.rivals)

    @property
    def fastest(self) -> Candidate:
        """Give the rivals' point of the least period."""
        return min(self.rivals, key=lambda rival: (rival.period_ps, rival.area_um2))

    @property
    def smallest(self) -> Candidate:
        """Give the rivals' point of the least area."""
        return min(self.rivals, key=lambda rival: (rival.area_um2, rival.period_ps))

    def area_ratio(self, peer: Candidate, *, shell_um2: float) -> float:
        """Divide our least area at the peer's period or a shorter one by the peer's.

        A period that no design of ours reaches is charged: such a design's area counts times the excess of its period.
        """
        return min(
            (one.area_um2 - shell_um2) / (peer.area_um2 - shell_um2) * max(one.period_ps / peer.period_ps, 1.0)
            for one in self._allowed([one for one in self.ours if one.period_ps <= peer.period_ps])
        )

    def period_ratio(self, peer: Candidate) -> float:
        """Divide our least period at the peer's area or a smaller one by the peer's; excess is charged likewise."""
        shell = self.shell_um2
        return min(
            one.period_ps / peer.period_ps * max((one.area_um2 - shell) / (peer.area_um2 - shell), 1.0)
            for one in self._allowed([one for one in self.ours if one.area_um2 <= peer.area_um2])
        )

    def _allowed(self, found: Sequence[Candidate]) -> Sequence[Candidate]:
        return found or self.ours

    def ratios(self) -> dict[str, float]:
        """Give the four ratios of the kernel to stock's, both areas' of the whole, and the four to all rivals'."""
        stock = self.stock
        found = {
            **stock._kernel_ratios(),
            "whole_area_ratio_fast": stock.area_ratio(stock.fastest, shell_um2=0.0),
            "whole_area_ratio_small": stock.area_ratio(stock.smallest, shell_um2=0.0),
            **{f"joined_{name}": ratio for name, ratio in self._kernel_ratios().items()},
        }
        return {name: round(ratio, 4) for name, ratio in found.items()}

    def _kernel_ratios(self) -> dict[str, float]:
        return {
            "area_ratio_fast": self.area_ratio(self.fastest, shell_um2=self.shell_um2),
            "area_ratio_small": self.area_ratio(self.smallest, shell_um2=self.shell_um2),
            "period_ratio_fast": self.period_ratio(self.fastest),
            "period_ratio_small": self.period_ratio(self.smallest),
        }

    def rows(self) -> list[dict[str, object]]:
        """List both fronts, ours first, by area."""
        marks = {id(self.smallest): "smallest rival", id(self.fastest): "fastest rival"}
        return [
            {
                "design": self.design,
                "technology": self.technology,
                "kind": one.kind,
                "mark": marks.get(id(one), ""),
                "area_um2": one.area_um2,
                "kernel_um2": round(one.area_um2 - self.shell_um2, 4),
                "period_ps": one.period_ps,
                "point": dict(one.point),
            }
            for side in (self.ours, self.rivals)
            for one in _front(side)
        ]


def _front(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Keep what no other is at once smaller and faster than, by area."""
    kept: list[Candidate] = []
    for one in sorted(candidates, key=lambda one: (one.area_um2, one.period_ps)):
        if not kept or one.period_ps < kept[-1].period_ps:
            kept.append(one)
    return kept


def figures(contests: Sequence[Contest]) -> dict[str, float]:
    """Give each ratio's geometric mean over the designs: of the worse technology, and of each under its name."""
    by_technology: dict[str, list[dict[str, float]]] = {}
    for contest in contests:
        by_technology.setdefault(contest.technology, []).append(contest.ratios())
    found: dict[str, float] = {}
    for name in next(iter(by_technology.values()))[0]:
        means = {technology: _mean([one[name] for one in ratios]) for technology, ratios in by_technology.items()}
        found[name] = max(means.values())
        found.update({f"{name}_{technology}": mean for technology, mean in means.items()})
    return found


def _mean(ratios: Sequence[float]) -> float:
    return round(math.exp(math.fsum(map(math.log, ratios)) / len(ratios)), 4)


def tables(contests: Sequence[Contest]) -> list[Table]:
    """Lay out the ratios of every design, a table a technology."""
    found = []
    for technology in dict.fromkeys(contest.technology for contest in contests):
        rows = []
        for contest in contests:
            if contest.technology == technology:
                ratios = [f"{ratio:.3f}" for ratio in list(contest.ratios().values())[:_SHOWN]]
                rows.append((contest.design, *ratios, _described(contest.fastest), _described(contest.smallest)))
        columns = (
            "design", "area, fast", "area, small", "period, fast", "period, small",
            "whole area, fast", "whole area, small", "fastest rival", "smallest rival",
        )  # fmt: skip
        found.append(Table(title=technology, columns=columns, rows=tuple(rows)))
    return found


def _described(rival: Candidate) -> str:
    way = ", ".join(str(choice) for choice in rival.point.values())
    return f"{rival.kind} {way}: {rival.area_um2:,.0f} um2, {rival.period_ps:,.0f} ps"
