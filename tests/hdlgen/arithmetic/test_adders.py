# amaranth: UnusedElaboratable=no
"""Every adder against Python's integers: exhaustively at small widths, corners and random numbers at large ones."""

from __future__ import annotations

import re

import pytest

from hdlgen.arithmetic.adders import ADDERS, RippleAdder, adder_levels
from hdlgen.emit import to_rtlil
from tests.hdlgen.arithmetic.addends import Addends, every_addend, wide_addends
from tests.hdlgen.rtlil import Netlist, Run, evaluate

NAMES = sorted(ADDERS)


def sums(name: str, width: int, addends: Addends, *, cells: bool) -> list[int]:
    a, b, carry = map(list, zip(*addends, strict=True))
    return evaluate(ADDERS[name](width, cells=cells), "sum", a=a, b=b, carry_in=carry)


@pytest.mark.parametrize("cells", [False, True], ids=["gates", "cells"])
@pytest.mark.parametrize("name", NAMES)
def test_every_adder_is_exact(name: str, cells: bool) -> None:
    for width in (1, 2, 5):
        addends = every_addend(width)
        assert sums(name, width, addends, cells=cells) == [a + b + carry for a, b, carry in addends]
    for width in (32, 64):
        addends = wide_addends(width)
        assert sums(name, width, addends, cells=cells) == [a + b + carry for a, b, carry in addends]


@pytest.mark.parametrize("name", ["fitted", "fitted_ling"])
def test_a_fitted_adder_is_exact_whatever_comes_when(name: str) -> None:
    addends = wide_addends(24)
    a, b, carry = map(list, zip(*addends, strict=True))
    for arrivals in ([float(bit % 7) for bit in range(24)], [12.0 - abs(bit - 12) for bit in range(24)]):
        adder = ADDERS[name](24, arrivals=arrivals)
        assert evaluate(adder, "sum", a=a, b=b, carry_in=carry) == [a + b + carry for a, b, carry in addends]
    assert to_rtlil(ADDERS[name](24, arrivals=arrivals)) != to_rtlil(ADDERS[name](24))
    assert to_rtlil(ADDERS["sklansky"](24, arrivals=arrivals)) == to_rtlil(ADDERS["sklansky"](24))


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_gate_is_seen(name: str) -> None:
    text, addends = to_rtlil(ADDERS[name](5)), every_addend(5)
    places = [match.start() for match in re.finditer(r"cell \$or ", text)]
    assert places
    for place in places:
        run = Run(Netlist(text[:place] + text[place:].replace("cell $or ", "cell $and ", 1)), len(addends))
        for port, numbers in zip(("a", "b", "carry_in"), zip(*addends, strict=True), strict=True):
            run.set(port, numbers)
        run.settle()
        assert run.get("sum") != [a + b + carry for a, b, carry in addends]


def test_only_ripple_asks_for_full_adder_cells() -> None:
    for name in NAMES:
        cells = Netlist(to_rtlil(ADDERS[name](6, cells=True))).cell_types
        assert cells["$fa"] == (1 if name == "ripple" else 0)
        assert not Netlist(to_rtlil(ADDERS[name](6))).cell_types["$fa"]


def test_levels_are_the_depth_of_the_carries() -> None:
    found = {name: adder_levels(name, 64) for name in NAMES if "searched" not in name}
    assert found.pop("fitted") == found.pop("fitted_ling") <= 8
    assert {name: found.pop(f"{name}_ling") for name in ("kogge_stone", "zero_deficiency")} == {
        "kogge_stone": 6,
        "zero_deficiency": 8,
    }
    assert found == {
        "brent_kung": 10,
        "han_carlson": 7,
        "han_carlson_4": 8,
        "kogge_stone": 6,
        "ladner_fischer": 7,
        "ladner_fischer_0": 6,
        "ladner_fischer_2": 8,
        "ripple": 64,
        "sklansky": 6,
        "zero_deficiency": 8,
    }
    with pytest.raises(KeyError):
        adder_levels("carry_select", 8)


def test_a_width_below_1_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^RippleAdder: width must be at least 1 bit, not 0$"):
        RippleAdder(0)
    with pytest.raises(ValueError, match=r"^PrefixAdder: width must be at least 1 bit, not -3$"):
        ADDERS["sklansky"](-3)
