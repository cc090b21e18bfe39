"""What a sum of products adds, and how it is to be built: the records that a `SumUnit` is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from amaranth.lib.wiring import In, Member, Out

from hdlgen.number import Format

__all__ = [
    "ALL_MULTIPLIERS",
    "CARRY_CHAINS",
    "DSP",
    "FPGA_MULTIPLIERS",
    "MULTIPLIERS",
    "REDUCTIONS",
    "Multiplier",
    "Position",
    "SumShape",
    "SumStyle",
    "sum_ports",
]


class Multiplier(NamedTuple):
    """How products are made: names in `PRODUCT_ROWS` and, for the heaps that these rows fall into, in `PLANS`."""

    rows: str
    plan: str


MULTIPLIERS: Mapping[str, Multiplier] = {
    "booth": Multiplier("booth", "arrival"),
    "dadda": Multiplier("baugh_wooley", "arrival"),
    "array": Multiplier("baugh_wooley", "chains"),
    "booth_stages": Multiplier("booth", "stages"),
    "dadda_stages": Multiplier("baugh_wooley", "stages"),
    "booth_late": Multiplier("booth_late", "arrival"),
    "booth_late_stages": Multiplier("booth_late", "queues"),
    "booth_whole": Multiplier("booth_whole", "arrival"),
    "booth_whole_stages": Multiplier("booth_whole", "stages"),
}
"""The multipliers by name, the sensible default first."""

FPGA_MULTIPLIERS: Mapping[str, Multiplier] = {
    "booth_reset": Multiplier("booth_reset", "arrival"),
    "dadda": MULTIPLIERS["dadda"],
    "booth": MULTIPLIERS["booth"],
}
"""The multipliers for look-up tables: digits whose zeros are resets of the register behind, and two from above."""

DSP = "dsp"
"""The multiplier of the FPGA's own blocks: a plain product, left to synthesis."""

ALL_MULTIPLIERS: Mapping[str, Multiplier] = {**MULTIPLIERS, **FPGA_MULTIPLIERS, DSP: Multiplier(DSP, "arrival")}
"""Every multiplier there is."""

CARRY_CHAINS = "carry_chains"
"""The reduction that an FPGA has beside those of `REDUCTIONS`: rows added two by two, by the adders of the fabric."""

REDUCTIONS = ("heap", "tree", "chain")
"""How the positions of a sum are added: in one carry-save heap, or product by product in a tree or chain of adders."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """One place of a sum: `coefficient` times the product of no, one or two factors of the given formats.

    Its factors are ready `arrival` later than the earliest of the sum, estimated in FO4. Where it is `squared`, there
    are two, and they are always the same word.
    """

    factors: tuple[Format, ...]
    coefficient: int = 1
    arrival: float = 0.0
    squared: bool = False

    def range(self) -> tuple[int, int]:
        """Tell the least and the greatest value."""
        corners = [self.coefficient]
        for format in self.factors:
            corners = [corner * bound for corner in corners for bound in (format.low, format.high)]
        return min(corners), max(corners)


@dataclass(frozen=True, slots=True, kw_only=True)
class SumShape:
    """What a sum adds.

    Args:
        positions: what stands side by side.
        constant: added once; 0 where the sum accumulates, as the accumulator then starts from an operand.
        result: integer format of the result, which counts modulo `2**width`.
        accumulates: whether results add up over several cycles.
        dropped: lowest columns that are left out of the heap, partial products, constant and all: the result counts in
            units of `2**dropped`, and lies off the exact one by what `hdlgen.arithmetic.truncation` tells.
    """

    positions: tuple[Position, ...]
    constant: int
    result: Format
    accumulates: bool = False
    dropped: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SumStyle:
    """How a sum is built.

    Args:
        reduction, multiplier, adder, constants: names in `REDUCTIONS`, `MULTIPLIERS`, `ADDERS`, `CONSTANT_ENCODINGS`.
        cells: whether full adders are cells of the library, or gates.
    """

    reduction: str = "heap"
    multiplier: str = "booth"
    adder: str = "sklansky"
    constants: str = "signed_digits"
    cells: bool = False


def sum_ports(shape: SumShape) -> dict[str, Member]:
    """List the ports of whatever adds up such a sum."""
    factors = {
        f"factor_{place}_{number}": In(format.width)
        for place, position in enumerate(shape.positions)
        for number, format in enumerate(position.factors)
    }
    control = {"first": In(1), "initial": In(shape.result.width)} if shape.accumulates else {}
    return {**factors, **control, "result": Out(shape.result.width)}
