"""Features: cheap facts of a design before it is synthesised, from its datapath, for whoever predicts its score."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from hdlgen.arithmetic.constants import CONSTANT_ENCODINGS
from hdlgen.arithmetic.delay import choice_delay
from hdlgen.arithmetic.sums import SumShape, SumStyle, estimate
from hdlgen.compiler import Compiler
from hdlgen.dataflow import FREE, Kind
from hdlgen.datapath import Datapath, Unit
from hdlgen.errors import PointError
from hdlgen.space import Point

__all__ = ["Features", "describe", "facts", "features"]

_FULL_ADDER, _REGISTER, _CHOICE, _LOGIC = 4.5, 4.0, 2.0, 2.0
"""Area of a bit of each in two-input gates, roughly: the model that reads the estimate learns how far it is off."""

_OPERATION = 4.0
"""Delay of an operation that is no sum, in delays of an inverter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What a datapath shows before anything is mapped.

    Args:
        units: pieces of hardware.
        products: multipliers in them.
        product_bits: bits of partial products, width by width.
        addend_bits: bits of other addends; a constant's digits count each.
        heap_bits: bits that the tallest sum has to bring down.
        levels: levels of adders in the deepest sum.
        result_bits: widths of all sums: of the adders that carry.
        other_bits: widths of what is no sum; of a table all entries.
        pipeline_bits: bits of registers inside sums.
        waiting_bits: bits of registers in which values wait, and of states.
        choice_bits: bits of multiplexers before shared units.
        stage_delay_fo4: the longest way between registers, in delays of an inverter.
        interval_cycles, latency_cycles: as in the datapath.
        area_gates: an estimate of all that, in two-input gates.
    """

    units: int
    products: int
    product_bits: int
    addend_bits: int
    heap_bits: int
    levels: int
    result_bits: int
    other_bits: int
    pipeline_bits: int
    waiting_bits: int
    choice_bits: int
    stage_delay_fo4: float
    interval_cycles: int
    latency_cycles: int
    area_gates: float

    def vector(self) -> tuple[float, ...]:
        """Give the features on a logarithmic scale, with the rate that the delay and the interval allow as the last."""
        values = [math.log1p(float(getattr(self, field.name))) for field in fields(self)]
        return (*values, math.log(self.interval_cycles * max(self.stage_delay_fo4, 1.0)))


def features(compiler: Compiler, point: Point) -> Features:
    """Plan the datapath of a point and describe it; nothing is elaborated.

    Raises: PointError where only building reveals that there is none.
    """
    return describe(compiler.plan(point))


def facts(compiler: Compiler, point: Point) -> tuple[float, ...]:
    """Give the features of a point as a vector; of a point that cannot be built, those of nothing."""
    try:
        return features(compiler, point).vector()
    except PointError:
        return (0.0,) * (len(fields(Features)) + 1)


def describe(datapath: Datapath) -> Features:
    """Count what a datapath holds."""
    operations = datapath.dataflow.operations
    sums = [_sum(unit, unit.shape, datapath.style) for unit in datapath.units if unit.shape is not None]
    other_bits = choice_bits = 0
    for unit in datapath.units:
        operation = operations[unit.bindings[0].operation]
        if unit.shape is None:
            entries = len(operation.values) if operation.kind is Kind.TABLE else 1
            other_bits += entries * operation.format.width
        else:
            factors = [format for position in unit.shape.positions for format in position.factors]
            choice_bits += (_turns(unit) - 1) * sum(format.width for format in factors)
    waiting_bits = sum(datapath.depth(number) * operations[number].format.width for number in datapath.waits)
    waiting_bits += sum(operations[register.state].format.width for register in datapath.dataflow.registers)
    total = {name: sum(one[name] for one in sums) for name in _COUNTED}
    return Features(
        units=len(datapath.units),
        **total,
        heap_bits=max((one["product_bits"] + one["addend_bits"] for one in sums), default=0),
        levels=max((len(estimate(unit.shape, datapath.style)) for unit in datapath.units if unit.shape), default=0),
        other_bits=other_bits,
        waiting_bits=waiting_bits,
        choice_bits=choice_bits,
        stage_delay_fo4=_longest_way(datapath),
        interval_cycles=datapath.interval_cycles,
        latency_cycles=datapath.latency_cycles,
        area_gates=_FULL_ADDER * (total["product_bits"] + total["addend_bits"] + total["result_bits"])
        + _REGISTER * (total["pipeline_bits"] + waiting_bits)
        + _CHOICE * choice_bits
        + _LOGIC * other_bits
        + sum(_LOGIC * o.format.width for o in operations if o.kind not in FREE and o.kind is not Kind.SUM),
    )


_COUNTED = ("products", "product_bits", "addend_bits", "result_bits", "pipeline_bits")


def _sum(unit: Unit, shape: SumShape, style: SumStyle) -> dict[str, int]:
    """Count what a sum holds."""
    products = [position for position in shape.positions if len(position.factors) == 2]
    # Booth's recoding halves the rows of a product.
    rows = 2 if style.multiplier.startswith("booth") else 1
    levels = estimate(shape, style)
    return {
        "products": len(products),
        "product_bits": sum(p.factors[0].width * -(-p.factors[1].width // rows) for p in products),
        "addend_bits": sum(
            position.factors[0].width * len(CONSTANT_ENCODINGS[style.constants](position.coefficient))
            for position in shape.positions
            if len(position.factors) == 1
        ),
        "result_bits": shape.result.width,
        "pipeline_bits": sum(levels[cut].bits for cut in unit.cuts),
    }


def _turns(unit: Unit) -> int:
    """Count how many times a token a unit works, each time on other operands."""
    return sum(len(binding.task.steps) if binding.task else 1 for binding in unit.bindings)


def _stages(unit: Unit, style: SumStyle) -> list[float]:
    """Give the delays of a unit's parts, between one of its pipeline registers and the next."""
    if unit.shape is None:
        return [_OPERATION]
    stages = [choice_delay(_turns(unit))]
    for number, level in enumerate(estimate(unit.shape, style)):
        stages[-1] += level.delay
        if number in unit.cuts:
            stages.append(0.0)
    return stages


def _longest_way(datapath: Datapath) -> float:
    """Follow what is chained in a cycle through all units, as the schedule does."""
    operations, ready = datapath.dataflow.operations, datapath.ready
    starts = {binding.operation: (unit, binding.start) for unit in datapath.units for binding in unit.bindings}
    arrival: list[float] = []
    longest = 0.0
    for number, operation in enumerate(operations):
        unit, start = starts.get(number, (None, ready[number]))
        # What was ready earlier comes from a register; a state's value does too, and its number may be a later one.
        begin = max((arrival[arg] for arg in operation.args if arg < number and ready[arg] >= start), default=0.0)
        if operation.kind is Kind.STATE:
            begin = 0.0
        stages = [0.0] if unit is None else _stages(unit, datapath.style)
        stages[0] += begin
        longest = max(longest, *stages)
        arrival.append(stages[-1])
    return longest
