# amaranth: UnusedElaboratable=no
"""Units that are no sums of ours: each operation exhaustively against Python's integers."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import pytest

from hdlgen.dataflow import FREE, Kind, Operation
from hdlgen.emit import to_rtlil
from hdlgen.number import Format
from hdlgen.units import OperationUnit, PlainSum
from tests.hdlgen.arithmetic.sum_cases import drawn, expected, pipelined_results, random_shape
from tests.hdlgen.rtlil import Netlist, evaluate

FORMATS = [Format(width=width, signed=signed) for width in (1, 2, 4) for signed in (False, True)]
MEANINGS: dict[Kind, Callable[..., int]] = {
    Kind.AND: lambda a, b: a & b,
    Kind.OR: lambda a, b: a | b,
    Kind.XOR: lambda a, b: a ^ b,
    Kind.EQUAL: lambda a, b: int(a == b),
    Kind.SHIFT_LEFT: lambda a, b: a << b,
    Kind.SHIFT_RIGHT: lambda a, b: a >> b,
}


def check(kind: Kind, formats: Sequence[Format], meaning: Callable[..., int], result: Format | None = None) -> None:
    """Compare a unit with Python's integers on every combination of arguments; the result's format just holds all."""
    values = list(itertools.product(*(range(held.low, held.high + 1) for held in formats)))
    wanted = [meaning(*args) for args in values]
    held = result or Format.holding(min(wanted), max(wanted))
    made = Operation(kind=kind, format=held, args=tuple(range(len(formats))), low=held.low, high=held.high)
    columns = {f"arg_{place}": list(column) for place, column in enumerate(zip(*values, strict=True))}
    found = evaluate(OperationUnit(made, formats), "result", **columns)
    assert found == [number % (1 << held.width) for number in wanted], (kind, formats, held)


@pytest.mark.parametrize("kind", sorted(MEANINGS))
def test_operations_on_two_values(kind: Kind) -> None:
    amounts = [held for held in FORMATS if not held.signed and held.width < 4]
    for left, right in itertools.product(FORMATS, amounts if "shift" in kind else FORMATS):
        check(kind, (left, right), MEANINGS[kind])


def test_inversion_is_minus_x_minus_1_also_without_a_sign() -> None:
    for held in FORMATS:
        wide = Format(width=held.width + (not held.signed))
        check(Kind.NOT, (held,), lambda x: ~x, wide)
    bit = Format(width=1, signed=False)
    check(Kind.NOT, (bit,), lambda x: 1 - x, bit)


def test_a_choice_keeps_the_value_of_either_side() -> None:
    for left, right in itertools.product(FORMATS[2:], repeat=2):
        check(Kind.SELECT, (FORMATS[0], left, right), lambda condition, yes, no: yes if condition else no)


def test_saturation_from_every_format_to_every_other() -> None:
    formats = [Format(width=width, signed=signed) for width in range(1, 6) for signed in (False, True)]
    for source, target in itertools.product(formats, repeat=2):
        check(Kind.SATURATE, (source,), lambda x: min(max(x, target.low), target.high), target)  # noqa: B023


@pytest.mark.parametrize("width", [1, 2, 5])
def test_a_table_is_looked_up(width: int) -> None:
    index = Format(width=width, signed=False)
    for held in FORMATS:
        values = tuple((7 * place * place + place) % (1 << held.width) + held.low for place in range(1 << width))
        made = Operation(kind=Kind.TABLE, format=held, args=(0,), values=values, low=held.low, high=held.high)
        found = evaluate(OperationUnit(made, [index]), "result", arg_0=list(range(1 << width)))
        assert found == [value % (1 << held.width) for value in values]


def test_wiring_is_no_unit() -> None:
    for kind in sorted(FREE | {Kind.SUM}):
        made = Operation(kind=kind, format=FORMATS[0], low=0, high=1)
        with pytest.raises(ValueError, match=f"^OperationUnit: kind must be one that it computes, not '{kind.value}'$"):
            OperationUnit(made, [FORMATS[0]])


@pytest.mark.parametrize("seed", range(40))
def test_a_plain_sum_is_exact(seed: int) -> None:
    shape, lanes = random_shape(seed, constants=False), 60
    netlist = Netlist(to_rtlil(PlainSum(shape)))
    (values,) = drawn(shape, 1, lanes, seed)
    (found,) = pipelined_results(netlist, [values], lanes, latency=0)
    assert found == [total % (1 << shape.result.width) for total in expected(shape, values, lanes)]
