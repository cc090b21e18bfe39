# amaranth: UnusedElaboratable=no
"""Shared components: one module for all equal ones, others for others, and the same results as apart."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import pytest
from amaranth.hdl import Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hdlgen.arithmetic.prefix_adder import Adder, PrefixAdder
from hdlgen.arithmetic.prefix_families import PREFIX_FAMILIES
from hdlgen.arithmetic.shared import Shared
from hdlgen.arithmetic.sum_shape import MULTIPLIERS, Position, SumShape, SumStyle
from hdlgen.arithmetic.sums import SumUnit
from hdlgen.emit import to_rtlil
from hdlgen.number import Format
from tests.hdlgen.rtlil import evaluate

BYTES = [(a * 37 % 256, a * 91 % 256) for a in range(64)]


def prefix(family: str, width: int = 8) -> PrefixAdder:
    return PrefixAdder(width, graph=PREFIX_FAMILIES[family](width))


class Adding(wiring.Component):  # type: ignore[misc]
    """Add the same two bytes by several adders; their sums side by side."""

    def __init__(self, adders: Callable[[], Sequence[Adder]]) -> None:
        self.adders = adders
        super().__init__({"a": In(8), "b": In(8), "sums": Out(9 * len(adders()))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        for place, adder in enumerate(self.adders()):
            m.submodules += adder.instance(a=self.a, b=self.b, carry_in=place % 2)
            m.d.comb += self.sums[9 * place : 9 * place + 9].eq(adder.sum)
        return m


class Quadruple(Shared):
    """Add a byte to itself, and the sum's low byte to itself, by one shared adder."""

    byte: Signal
    result: Signal

    def __init__(self) -> None:
        super().__init__({"byte": In(8), "result": Out(9)}, title="quadruple", key=())

    def elaborate(self, platform: object) -> Module:
        m = Module()
        first, second = prefix("sklansky"), prefix("sklansky")
        m.submodules += first.instance(a=self.byte, b=self.byte, carry_in=0)
        m.submodules += second.instance(a=first.sum[:8], b=first.sum[:8], carry_in=0)
        m.d.comb += self.result.eq(second.sum)
        return m


class Around(wiring.Component):  # type: ignore[misc]
    """Hold a component that holds another one."""

    def __init__(self) -> None:
        super().__init__({"byte": In(8), "result": Out(9)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        inner = Quadruple()
        m.submodules.inner = inner.instance(byte=self.byte)
        m.d.comb += self.result.eq(inner.result)
        return m


def modules_of(text: str) -> list[str]:
    return re.findall(r"^module \\(\S+)$", text, re.MULTILINE)


def sums_of(component: Adding, count: int) -> list[list[int]]:
    a, b = map(list, zip(*BYTES, strict=True))
    found = evaluate(component, "sums", a=a, b=b)
    return [[word >> 9 * place & 0x1FF for word in found] for place in range(count)]


def test_equal_ones_are_one_module_and_add_each_its_own() -> None:
    made = Adding(lambda: [prefix("sklansky"), prefix("sklansky"), prefix("sklansky")])
    text = to_rtlil(made)
    assert modules_of(text) == ["top", "prefix_adder_8"]
    assert text.count("cell \\prefix_adder_8 ") == 3
    assert sums_of(made, 3) == [[a + b + place % 2 for a, b in BYTES] for place in range(3)]


def test_others_of_the_same_title_are_numbered() -> None:
    made = Adding(lambda: [prefix("sklansky"), prefix("brent_kung"), prefix("sklansky"), prefix("kogge_stone")])
    assert modules_of(to_rtlil(made)) == ["top", "prefix_adder_8", "prefix_adder_8_2", "prefix_adder_8_3"]
    assert sums_of(made, 4) == [[a + b + place % 2 for a, b in BYTES] for place in range(4)]


def test_what_stands_within_a_shared_one_is_shared_too() -> None:
    text = to_rtlil(Around())
    assert modules_of(text) == ["top", "quadruple", "prefix_adder_8"]
    assert evaluate(Around(), "result", byte=[3, 200]) == [12, 2 * (400 & 0xFF)]


def test_a_text_has_one_top_and_one_title_line() -> None:
    text = to_rtlil(Around())
    assert text.count("attribute \\top 1") == 1 and text.count("attribute \\generator") == 1


@pytest.mark.parametrize("multiplier", sorted(MULTIPLIERS))
def test_eight_products_of_a_sum_are_one_module(multiplier: str) -> None:
    byte = Format(width=8, signed=True)
    positions = (Position(factors=(byte, byte)),) * 8
    shape = SumShape(positions=positions, constant=0, result=Format(width=19, signed=True))
    text = to_rtlil(SumUnit(shape, SumStyle(multiplier=multiplier)))
    assert [name for name in modules_of(text) if "s8_s8" in name] == [f"{MULTIPLIERS[multiplier].rows}_s8_s8"]
    assert re.findall(r"cell \\\w+_s8_s8 \\(\w+)$", text, re.MULTILINE) == [f"product_{place}" for place in range(8)]


@pytest.mark.parametrize(
    ("inputs", "wrong"),
    [
        ({"a": Signal(8), "b": Signal(8)}, "input carry_in must be given"),
        ({"a": Signal(8), "b": Signal(7), "carry_in": 0}, "input b must have 8 bits, not 7"),
        ({"a": Signal(8), "b": Signal(8), "carry_in": 0, "c": Signal()}, "inputs must be its own, not c"),
    ],
)
def test_wrong_inputs_are_named(inputs: dict[str, Value | int], wrong: str) -> None:
    with pytest.raises(ValueError, match=f"prefix_adder_8: {wrong}"):
        prefix("sklansky").instance(**inputs)
