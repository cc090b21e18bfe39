"""Full adders onto cells: equal to arithmetic for every kind of input, by the functions in the liberty files."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from sim.adders import map_adders
from sim.boolean import columns
from sim.logic import GATES, FullAdder, Gate, Logic
from sim.netlist import Bit, Instance, Port
from sim.technology import TECHNOLOGIES, Technology, load

KINDS: tuple[Bit, ...] = ("0", "1", 2, 3, 4)  # constants, and three input nets
SUM, CARRY = 10, 11


def adder(inputs: tuple[Bit, Bit, Bit], outputs: Sequence[Bit]) -> Logic:
    """Make a module of one full adder, of whose outputs those given are in use."""
    return Logic(
        ports=(
            Port(name="x", is_output=False, bits=(2, 3, 4)),
            Port(name="y", is_output=True, bits=tuple(outputs)),
        ),
        gates=(),
        states=(),
        adders=(FullAdder(inputs=inputs, sum=SUM, carry=CARRY),),
        free=12,
    )


def evaluate(logic: Logic, cells: Sequence[Instance], technology: Technology) -> list[int]:
    """Evaluate gates and cells over all inputs until nothing changes; one truth table for each output bit."""
    mask = 0xFF
    values: dict[Bit, int] = {"0": 0, "1": mask, **dict(zip((2, 3, 4), columns(3), strict=True))}
    while True:
        before = len(values)
        for gate in logic.gates:
            if all(bit in values for bit in gate.inputs):
                values[gate.output] = evaluate_gate(gate, values, mask)
        for instance in cells:
            cell = technology.cells[instance.cell]
            if all(instance.pins[pin] in values for pin in cell.inputs):
                inputs = {pin: values[instance.pins[pin]] for pin in cell.inputs}
                for pin in cell.outputs:
                    function = cell.pins[pin].function
                    assert function is not None
                    values[instance.pins[pin]] = function.evaluate(inputs, mask)
        if len(values) == before:
            return [values[bit] for bit in logic.ports[1].bits]


def evaluate_gate(gate: Gate, values: Mapping[Bit, int], mask: int) -> int:
    found = 0
    for cube in GATES[gate.kind][1]:
        term = mask
        for bit, wanted in zip(gate.inputs, cube, strict=True):
            term &= {"0": values[bit] ^ mask, "1": values[bit], "-": mask}[wanted]
        found |= term
    return found


def expected(inputs: Sequence[Bit], outputs: Sequence[Bit]) -> list[int]:
    """Count ones in plain arithmetic, case by case."""
    tables = {SUM: 0, CARRY: 0}
    for case in range(8):
        ones = sum(int(bit) if isinstance(bit, str) else case >> (bit - 2) & 1 for bit in inputs)
        tables[SUM] |= (ones & 1) << case
        tables[CARRY] |= (ones >> 1) << case
    return [tables[int(bit)] for bit in outputs]


@pytest.mark.parametrize("name", TECHNOLOGIES)
def test_every_kind_of_full_adder_counts(name: str) -> None:
    technology = load(name)
    for inputs in itertools.product(KINDS, KINDS, KINDS):
        for outputs in ((SUM, CARRY), (SUM,), (CARRY,)):
            logic, cells = map_adders(adder(inputs, outputs), technology)
            assert evaluate(logic, cells, technology) == expected(inputs, outputs), (inputs, outputs)
            assert not logic.adders


def test_the_smallest_thing_that_does_it_is_taken() -> None:
    technology = load("sky130hd")

    def cells(*inputs: Bit, outputs: Sequence[Bit] = (SUM, CARRY)) -> list[str]:
        found = map_adders(adder((inputs[0], inputs[1], inputs[2]), outputs), technology)[1]
        return [cell.cell.removeprefix("sky130_fd_sc_hd__") for cell in found]

    assert cells(2, 3, 4) == ["fa_1"]
    assert cells(2, "0", 4) == ["ha_1"]
    assert cells(2, "1", 4) == cells("0", 3, "1") == cells(2, 3, 2) == cells("0", "0", 4) == []
    assert cells(2, 3, 4, outputs=(SUM,)) == cells(2, 3, "0", outputs=(CARRY,)) == []


def test_what_one_adder_makes_simple_makes_the_next_simple() -> None:
    technology = load("sky130hd")
    first = FullAdder(inputs=(2, "0", "0"), sum=10, carry=11)  # sum is net 2, carry 0
    second = FullAdder(inputs=(10, 11, 3), sum=12, carry=13)  # so this is a half adder of nets 2 and 3
    logic = replace(adder((2, 3, 4), (12, 13)), adders=(second, first), free=14)
    rest, cells = map_adders(logic, technology)
    assert [cell.cell for cell in cells] == ["sky130_fd_sc_hd__ha_1"]
    sums, carries = evaluate(rest, cells, technology)
    two, three, _ = columns(3)
    assert (sums, carries) == (two ^ three, two & three)


@pytest.mark.parametrize("name", ["sky130hd", "asap7"])
def test_swapped_outputs_are_noticed(name: str) -> None:
    technology = load(name)
    full_adder = technology.full_adder
    assert full_adder is not None
    wrong = replace(full_adder, sum=full_adder.carry, carry=full_adder.sum)
    broken = replace(technology, roles=replace(technology.roles, full_adder=wrong))
    logic, cells = map_adders(adder((2, 3, 4), (SUM, CARRY)), broken)
    assert evaluate(logic, cells, technology) != expected((2, 3, 4), (SUM, CARRY))
