"""Words: which function of numbers a bit is, recognised over layouts of the inputs, operations and result bits."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from search.portfolio.cases import Bits, Cases

__all__ = ["OPERATIONS", "Layout", "Operation", "Recognised", "layouts", "recognise"]

_LEAST_EXAMPLES, _LEAST_ANSWERS = 64, 12
_FIRST = 160
"""Examples that a guess must agree with before all others are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where the operands' bits are among the inputs, each lowest bit first."""

    name: str
    operands: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A function of unsigned numbers of one width.

    Args:
        operands: how many it takes; ordered: whether their order matters.
        bits: of the result, by the operands' width.
        value: the result, by the width and the numbers.
    """

    operands: int
    ordered: bool
    bits: Callable[[int], int]
    value: Callable[..., int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """A bit of a result that the answer is, or its complement."""

    operation: str
    layout: Layout
    bit: int
    complement: bool

    def __str__(self) -> str:
        inverted = "not " if self.complement else ""
        return f"{inverted}bit {self.bit} of {self.operation} over {self.layout.name}"


def layouts(width: int) -> Iterator[Layout]:
    """Yield ways to read the inputs as one number, or as two of equal width."""
    for order, bits in (("lowest bit first", range(width)), ("highest bit first", range(width - 1, -1, -1))):
        places = tuple(bits)
        yield Layout(name=f"all inputs, {order}", operands=(places,))
        if width % 2 == 0:
            half = width // 2
            for name, one, two in (
                ("halves", places[:half], places[half:]),
                ("interleaved inputs", places[::2], places[1::2]),
            ):
                yield Layout(name=f"{name}, {order}", operands=(one, two))
                yield Layout(name=f"{name} exchanged, {order}", operands=(two, one))


def recognise(cases: Cases) -> Recognised | None:
    """Find the first function of numbers that agrees with every example; None where too few could tell it from others.

    There are some 2**15 guesses: 64 examples with 12 answers of each kind leave none to chance, nor does a whole table.
    """
    rarer = int(min(cases.answers.sum(), len(cases) - cases.answers.sum()))
    whole = cases.width < 20 and len(np.unique(cases.inputs, axis=0)) == 1 << cases.width
    if not whole and (len(cases) < _LEAST_EXAMPLES or rarer < _LEAST_ANSWERS):
        return None
    first = cases.take(np.arange(min(_FIRST, len(cases))))
    for layout in layouts(cases.width):
        numbers = [_numbers(first.inputs, places) for places in layout.operands]
        for name, operation in OPERATIONS.items():
            # The exchanged layouts are for operations that are told apart by them alone.
            if operation.operands != len(numbers) or ("exchanged" in layout.name and not operation.ordered):
                continue
            results = _results(operation, layout, numbers)
            differ = results != first.answers[:, None]
            for bit in range(results.shape[1]):
                wrong = int(differ[:, bit].sum())
                if wrong not in (0, len(first)):
                    continue
                guess = Recognised(operation=name, layout=layout, bit=bit, complement=wrong > 0)
                if agrees(guess, cases):
                    return guess
    return None


def agrees(guess: Recognised, cases: Cases) -> bool:
    """Tell whether a guess gives the answer of every example."""
    operation = OPERATIONS[guess.operation]
    numbers = [_numbers(cases.inputs, places) for places in guess.layout.operands]
    bits = _results(operation, guess.layout, numbers)[:, guess.bit]
    return bool((bits ^ np.uint8(guess.complement) == cases.answers).all())


def _numbers(inputs: Bits, places: Sequence[int]) -> list[int]:
    octets = np.packbits(inputs[:, list(places)], axis=1, bitorder="little")
    return [int.from_bytes(row.tobytes(), "little") for row in octets]


def _results(operation: Operation, layout: Layout, numbers: Sequence[Sequence[int]]) -> Bits:
    width = len(layout.operands[0])
    bits = operation.bits(width)
    octets, mask = -(-bits // 8), (1 << bits) - 1
    text = b"".join(
        (operation.value(width, *given) & mask).to_bytes(octets, "little") for given in zip(*numbers, strict=True)
    )
    table = np.frombuffer(text, dtype=np.uint8).reshape(-1, octets)
    return np.unpackbits(table, axis=1, bitorder="little", count=bits)


def _signed(width: int, value: int) -> int:
    return value - (1 << width) if value >> (width - 1) else value


def _on_signed(function: Callable[[int, int], int]) -> Callable[[int, int, int], int]:
    return lambda width, a, b: function(_signed(width, a), _signed(width, b))


OPERATIONS: Mapping[str, Operation] = {
    "equal": Operation(operands=2, ordered=False, bits=lambda width: 1, value=lambda width, a, b: a == b),
    "less": Operation(operands=2, ordered=True, bits=lambda width: 1, value=lambda width, a, b: a < b),
    "less signed": Operation(operands=2, ordered=True, bits=lambda width: 1, value=_on_signed(lambda a, b: a < b)),
    "add": Operation(operands=2, ordered=False, bits=lambda width: width + 1, value=lambda width, a, b: a + b),
    "add signed": Operation(
        operands=2, ordered=False, bits=lambda width: width + 1, value=_on_signed(lambda a, b: a + b)
    ),
    "subtract": Operation(operands=2, ordered=True, bits=lambda width: width + 1, value=lambda width, a, b: a - b),
    "subtract signed": Operation(
        operands=2, ordered=True, bits=lambda width: width + 1, value=_on_signed(lambda a, b: a - b)
    ),
    "multiply": Operation(operands=2, ordered=False, bits=lambda width: 2 * width, value=lambda width, a, b: a * b),
    "multiply signed": Operation(
        operands=2, ordered=False, bits=lambda width: 2 * width, value=_on_signed(lambda a, b: a * b)
    ),
    "divide": Operation(
        operands=2, ordered=True, bits=lambda width: width, value=lambda width, a, b: a // b if b else (1 << width) - 1
    ),
    "remainder": Operation(
        operands=2, ordered=True, bits=lambda width: width, value=lambda width, a, b: a % b if b else a
    ),
    "square root": Operation(
        operands=1, ordered=False, bits=lambda width: (width + 1) // 2, value=lambda width, a: math.isqrt(a)
    ),
}
"""By name. Division by zero gives ones and the dividend, as a restoring divider and RISC-V do."""
