# amaranth: UnusedElaboratable=no
"""The RTLIL runner itself: its cells against Python's integers, and its refusals, for the other tests lean on it."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from amaranth.hdl import Const, Module, Mux, Signal, Value, signed, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hdlgen.emit import to_rtlil
from tests.hdlgen.gates import gathered, spread
from tests.hdlgen.rtlil import Netlist, Run, evaluate

Make = Callable[[Signal, Signal], Value]

EXPRESSIONS: dict[str, Make] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "neg": lambda a, b: -a,
    "not": lambda a, b: ~a,
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
    "xor": lambda a, b: a ^ b,
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "left": lambda a, b: a << b.as_unsigned()[:2],
    "right": lambda a, b: a >> b.as_unsigned()[:2],
    "mux": lambda a, b: Mux(b[0], a, b),
    "any": lambda a, b: a.any(),
    "all": lambda a, b: a.all(),
    "parity": lambda a, b: a.xor(),
}
MEANINGS: dict[str, Callable[[int, int], int]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "neg": lambda a, b: -a,
    "not": lambda a, b: ~a,
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
    "xor": lambda a, b: a ^ b,
    "eq": lambda a, b: int(a == b),
    "ne": lambda a, b: int(a != b),
    "left": lambda a, b: a << (b & 3),
    "right": lambda a, b: a >> (b & 3),
    "mux": lambda a, b: a if b & 1 else b,
    "any": lambda a, b: int(a != 0),
    "all": lambda a, b: int(a & 7 == 7),
    "parity": lambda a, b: (a & 7).bit_count() & 1,
}


class Expression(wiring.Component):  # type: ignore[misc]
    """One expression of two signed words."""

    def __init__(self, make: Make) -> None:
        self.make = make
        super().__init__({"a": In(signed(3)), "b": In(signed(4)), "y": Out(signed(9))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.comb += self.y.eq(self.make(self.a, self.b))
        return m


@pytest.mark.parametrize("name", sorted(EXPRESSIONS))
def test_cells_mean_what_python_means(name: str) -> None:
    a, b = zip(*itertools.product(range(-4, 4), range(-8, 8)), strict=True)
    found = evaluate(Expression(EXPRESSIONS[name]), "y", a=a, b=b)
    assert found == [MEANINGS[name](*pair) % 512 for pair in zip(a, b, strict=True)]


class Counter(wiring.Component):  # type: ignore[misc]
    """Count to 5 where it is let, from 3 after reset; `step` chooses how."""

    def __init__(self) -> None:
        super().__init__({"step": In(unsigned(2)), "count": Out(unsigned(3))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        count = Signal(3, init=3)
        with m.Switch(self.step):
            with m.Case(1):
                with m.If(count == 5):
                    m.d.sync += count.eq(0)
                with m.Else():
                    m.d.sync += count.eq(count + 1)
            with m.Case("1-"):
                m.d.sync += count.eq(Const(7, 3))
        m.d.comb += self.count.eq(count)
        return m


def test_processes_and_registers_go_cycle_by_cycle() -> None:
    netlist = Netlist(to_rtlil(Counter()))
    assert netlist.gates.registers == 3
    run, steps = Run(netlist, 3), [(1, 0, 1), (1, 0, 1), (1, 1, 2), (1, 0, 3), (0, 1, 1), (1, 1, 1)]
    run.set("rst", [1] * 3)
    run.set("step", [0, 1, 2])
    run.settle()
    run.tick()
    run.set("rst", [0] * 3)
    counts = [3, 3, 3]
    for step in steps:
        run.set("step", list(step))
        run.settle()
        assert run.get("count") == counts
        run.tick()
        for lane, (count, how) in enumerate(zip(counts, step, strict=True)):
            counts[lane] = {0: count, 1: 0 if count == 5 else (count + 1) % 8}.get(how, 7)


def test_registers_start_with_noise() -> None:
    netlist = Netlist(to_rtlil(Counter()))
    seen = set()
    for seed in range(8):
        run = Run(netlist, 4, seed=seed)
        run.settle()
        seen |= set(run.get("count"))
    assert len(seen) > 4


def test_lanes_are_transposed_both_ways() -> None:
    values = [5, 0, 7, 2, 1]
    assert gathered(spread(values, 3), 5) == values
    assert spread([1, 2, 3], 2) == [0b101, 0b110]
    assert gathered(spread([-1, -4], 3), 2) == [7, 4]


MODULE = "module \\top\n  wire width 2 input 0 \\a\n  wire width 2 output 1 \\y\n"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("  memory width 3 m\n", "rtlil: line must be known, not 'memory width 3 m'"),
        ("  cell $div $1\n    connect \\A \\a\n    connect \\Y \\y\n  end\n", "rtlil: cell must be known, not '$div'"),
        ("  connect \\y 2'0\n", 'rtlil: constant must have all its digits, not "2\'0"'),
        ("  connect \\y 2'00\n  connect \\y 2'01\n", "gates: 0 and 1 must stay apart"),
    ],
)
def test_what_is_not_known_is_refused(body: str, message: str) -> None:
    with pytest.raises(ValueError) as refused:
        Netlist(f"{MODULE}{body}end\n")
    assert str(refused.value) == message


def cell(kind: str, a: str, y: str) -> str:
    return f"  cell {kind} $1\n    parameter \\A_SIGNED 0\n    connect \\A \\{a}\n    connect \\Y \\{y}\n  end\n"


def test_loops_and_two_drivers_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^gates: they must not form a loop$"):
        Netlist(f"{MODULE}{cell('$not', 'y', 'y')}end\n")
    twice = cell("$not", "a", "y") * 2
    with pytest.raises(ValueError, match=r"^gates: a net must have one driver$"):
        Netlist(f"{MODULE}{twice}end\n")
    with pytest.raises(ValueError, match=r"^gates: every net that is read must have a driver$"):
        Netlist(f"{MODULE}  wire width 2 \\n\n{cell('$not', 'n', 'y')}end\n")
