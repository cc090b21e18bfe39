"""Datapath: which units there are, which operation each does in which cycle, and which values wait in registers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hdlgen.allocation import Task, allocate
from hdlgen.arithmetic.sums import SumShape, SumStyle, estimate
from hdlgen.arrivals import with_arrivals
from hdlgen.dataflow import FREE, Dataflow, Kind, Operation, sources
from hdlgen.schedule import schedule

__all__ = ["Binding", "Datapath", "Unit", "build_datapath"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """One operation on a unit: its number, the cycle of its first step, and for a sum what its factors read."""

    operation: int
    start: int
    task: Task | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A piece of hardware.

    Args:
        name: unique in the datapath.
        bindings: the operations that it does, in the order of their cycles.
        shape: what it adds, for a sum; other units do their one operation.
        cuts: levels of the sum after which it has pipeline registers.
    """

    name: str
    bindings: tuple[Binding, ...]
    shape: SumShape | None = None
    cuts: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Datapath:
    """A scheduled design.

    Args:
        dataflow: the operations, prepared for sharing.
        style: how sums are built.
        units: the hardware; wiring has none.
        ready: for each operation the cycle in which its result is there.
        loads: for each state the cycle at whose end its register takes the token's value.
        waits: for each operation that some reader wants later than it is ready, the last cycle it is wanted in.
        interval_cycles: cycles between tokens.
        latency_cycles: cycles from a token's acceptance to its result.
    """

    dataflow: Dataflow
    style: SumStyle
    units: tuple[Unit, ...]
    ready: tuple[int, ...]
    loads: Mapping[int, int]
    waits: Mapping[int, int]
    interval_cycles: int
    latency_cycles: int

    def reads(self) -> Iterator[tuple[int, int]]:
        """List what is read when: operation and cycle, by units, states and outputs; wiring is followed back."""
        operations = self.dataflow.operations
        for unit in self.units:
            for binding in unit.bindings:
                if binding.task is None:
                    wanted = [(arg, binding.start) for arg in operations[binding.operation].args]
                else:
                    wanted = [
                        (operand.number, binding.start + step)
                        for step, positions in enumerate(binding.task.steps)
                        for factors in positions
                        for operand in factors
                        if operand.number is not None
                    ]
                for number, cycle in wanted:
                    yield from ((source, cycle) for source in sources(operations, number))
        for register in self.dataflow.registers:
            for source in sources(operations, register.next):
                yield source, self.loads[register.state]
        for number in self.dataflow.results():
            for source in sources(operations, number):
                yield source, self.latency_cycles - 1

    def produced(self, number: int) -> int:
        """Tell the cycle at whose end a waiting value enters its first register: a state's when the state moves on."""
        return self.loads.get(number, self.ready[number])

    def depth(self, number: int) -> int:
        """Count the registers in which a value waits, one after the other."""
        if number not in self.waits or self.dataflow.operations[number].kind is Kind.CONSTANT:
            return 0
        return max(-(-(self.waits[number] - self.produced(number)) // self.interval_cycles), 0)

    @property
    def intervals_in_flight(self) -> int:
        """Count the intervals in which a token keeps the design busy."""
        # A state may take its value later than the token's result leaves.
        return max([self.latency_cycles - 1, *self.loads.values()]) // self.interval_cycles + 1

    @property
    def idle_cycles(self) -> int:
        """Count the cycles after a token's acceptance, without another, from which one is welcome in any cycle."""
        return (self.intervals_in_flight + 1) * self.interval_cycles

    def verify(self) -> None:
        """Check that units begin as planned, one thing a cycle, and that nothing is read before it is there or lost.

        Raises: ValueError that names the first operation or unit out of order.
        """
        for unit in self.units:
            taken: set[int] = set()
            for binding in unit.bindings:
                steps = len(binding.task.steps) if binding.task else 1
                start = self.ready[binding.operation] - len(unit.cuts) - steps + 1
                if binding.start != start or start < 0:
                    must = f"operation {binding.operation} must begin in cycle {max(start, 0)}"
                    raise ValueError(f"datapath: {must}, not in {binding.start}")
                wanted = {(binding.start + step) % self.interval_cycles for step in range(steps)}
                if taken & wanted:
                    raise ValueError(
                        f"datapath: unit {unit.name} must do one thing a cycle, not two in {sorted(taken & wanted)}"
                    )
                taken |= wanted
        for number, cycle in self.reads():
            first = self.ready[number]
            if number in self.loads:
                first = self.loads[number] - self.interval_cycles + 1
            if cycle < first and self.dataflow.operations[number].kind is not Kind.CONSTANT:
                raise ValueError(f"datapath: operation {number} must be read from cycle {first} on, not in {cycle}")
            if cycle > self.produced(number) and self.waits.get(number, -1) < cycle:
                raise ValueError(f"datapath: operation {number} must wait until cycle {cycle}, not be lost before")

    def summary(self) -> dict[str, Any]:
        """Describe the datapath in plain types, for pictures and tables."""
        return {
            "interval_cycles": self.interval_cycles,
            "latency_cycles": self.latency_cycles,
            "idle_cycles": self.idle_cycles,
            "units": [self._describe(unit) for unit in self.units],
            "registers": [
                {
                    "name": f"value_{number}",
                    "width": self.dataflow.operations[number].format.width,
                    "cycle": self.produced(number) + 1 + stage * self.interval_cycles,
                }
                for number in sorted(self.waits)
                for stage in range(self.depth(number))
            ],
            "edges": self._edges(),
            "inputs": self._ports(
                {o.name: o.format.width for o in self.dataflow.operations if o.kind is Kind.INPUT},
                [o.name for o in self.dataflow.operations if o.kind is Kind.INPUT],
                [o.format.width for o in self.dataflow.operations if o.kind is Kind.INPUT],
            ),
            "outputs": [
                {"name": name, "width": sum(self.dataflow.operations[e].format.width for e in elements)}
                for name, elements in self.dataflow.outputs
            ],
        }

    @staticmethod
    def _ports(first: Mapping[str, int], names: Sequence[str], widths: Sequence[int]) -> list[dict[str, Any]]:
        totals = dict.fromkeys(first, 0)
        for name, width in zip(names, widths, strict=True):
            totals[name] += width
        return [{"name": name, "width": width} for name, width in totals.items()]

    def _describe(self, unit: Unit) -> dict[str, Any]:
        operations = self.dataflow.operations
        starts = [binding.start for binding in unit.bindings]
        last = max(self.ready[binding.operation] for binding in unit.bindings)
        first = operations[unit.bindings[0].operation]
        detail, bits = "", 0
        if unit.shape is not None:
            levels = estimate(unit.shape, self.style)
            bits = sum(levels[cut].bits for cut in unit.cuts)
            detail = _sum_detail(unit.shape, self.style)
        return {
            "name": unit.name,
            "kind": _kind(first, unit.shape),
            "width": max(operations[binding.operation].format.width for binding in unit.bindings),
            "operations": len(unit.bindings),
            "cycle": min(starts),
            "last_cycle": last,
            "detail": detail,
            "pipeline_bits": bits,
            "area_um2": None,
        }

    def _edges(self) -> list[list[Any]]:
        operations = self.dataflow.operations
        owner = {binding.operation: unit.name for unit in self.units for binding in unit.bindings}
        for number, operation in enumerate(operations):
            if operation.kind is Kind.INPUT:
                owner[number] = operation.name
            elif operation.kind is Kind.STATE:
                owner[number] = f"state_{number}"
        widths: dict[tuple[str, str], int] = {}
        seen: set[tuple[int, str]] = set()

        def connect(number: int, target: str) -> None:
            for source in sources(operations, number):
                if source in owner and (source, target) not in seen:
                    seen.add((source, target))
                    pair = (owner[source], target)
                    widths[pair] = widths.get(pair, 0) + operations[source].format.width

        for number, operation in enumerate(operations):
            if operation.kind not in FREE:
                for arg in operation.args:
                    connect(arg, owner[number])
        for register in self.dataflow.registers:
            connect(register.next, f"state_{register.state}")
        for name, elements in self.dataflow.outputs:
            for element in elements:
                connect(element, name)
        return [[source, target, width] for (source, target), width in widths.items()]


def _kind(operation: Operation, shape: SumShape | None) -> str:
    """Name a unit as a reader would."""
    if shape is None:
        return operation.kind.value.replace("_", " ")
    products = sum(len(position.factors) == 2 for position in shape.positions)
    if products > 1:
        return "dot product"
    if products == 1:
        return "multiplier" if len(shape.positions) == 1 else "multiply-add"
    if len(shape.positions) == 1:
        return "constant multiplier"
    return "adder" if len(shape.positions) == 2 else "sum"


def _sum_detail(shape: SumShape, style: SumStyle) -> str:
    products = sum(len(position.factors) == 2 for position in shape.positions)
    parts = [style.reduction]
    if products:
        parts.insert(0, f"{products} x {style.multiplier}")
    if len(shape.positions) > products:
        parts.insert(0, f"{len(shape.positions) - products} addends")
    if shape.dropped:
        parts.append(f"{shape.dropped} columns left out")
    parts.append(style.adder)
    if shape.accumulates:
        parts.append("accumulator")
    return ", ".join(parts)


def build_datapath(dataflow: Dataflow, style: SumStyle, *, interval: int, fold: int, stages: int) -> Datapath:
    """Allocate, schedule and bind.

    Args:
        dataflow: rewritten dataflow.
        style: how sums are built.
        interval, fold, stages: the knobs of that name.
    Raises: PointError where no schedule exists.
    """
    allocation = allocate(dataflow, interval=interval, fold=fold)
    if interval == 1 and stages == 0:
        allocation = with_arrivals(allocation, style)
    plan = schedule(allocation, style, interval=interval, stages=stages)
    dataflow = allocation.dataflow
    bound: dict[tuple[int, int], list[Binding]] = {}
    for number, team in enumerate(allocation.teams):
        for task in team.tasks:
            place = plan.placements[task.operation]
            binding = Binding(operation=task.operation, start=place.start, task=task)
            bound.setdefault((number, place.unit), []).append(binding)
    units = []
    for (team_number, unit_number), bindings in bound.items():
        bindings.sort(key=lambda binding: binding.start)
        cuts = plan.placements[bindings[0].operation].cuts
        name = f"sum_{team_number}" + (f"_{unit_number}" if unit_number or len(bindings) > 1 else "")
        shape = allocation.teams[team_number].shape
        units.append(Unit(name=name, bindings=tuple(bindings), shape=shape, cuts=cuts))
    for number, operation in enumerate(dataflow.operations):
        if operation.kind not in FREE and operation.kind is not Kind.SUM:
            binding = Binding(operation=number, start=plan.ready[number])
            units.append(Unit(name=f"{operation.kind.value}_{number}", bindings=(binding,)))
    draft = Datapath(
        dataflow=dataflow,
        style=style,
        units=tuple(units),
        ready=plan.ready,
        loads=plan.loads,
        waits={},
        interval_cycles=interval,
        latency_cycles=plan.last + 2,
    )
    waits: dict[int, int] = {}
    for number, cycle in draft.reads():
        if cycle > draft.produced(number):
            waits[number] = max(waits.get(number, cycle), cycle)
    datapath = Datapath(
        dataflow=dataflow,
        style=style,
        units=draft.units,
        ready=draft.ready,
        loads=draft.loads,
        waits=waits,
        interval_cycles=interval,
        latency_cycles=draft.latency_cycles,
    )
    datapath.verify()
    return datapath
