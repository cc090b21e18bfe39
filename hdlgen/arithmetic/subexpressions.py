"""Shared subexpressions: a constant matrix times a vector by sums of two values that several outputs need.

Every coefficient is written in canonical signed digits, so an output is a list of shifted values. Pairs of digits that
occur several times, `a + 2**shift * b` or `a - 2**shift * b`, become values of their own, the one that saves most
first, and may be parts of further pairs. What is left of an output stays a sum of many shifted values: one bit heap
adds it. Sharing stops where another adder costs more than the rows of the heap that it saves, so how dear an adder is
decides how far it goes.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from hdlgen.arithmetic.constants import signed_digits
from hdlgen.number import Format

__all__ = ["Combination", "Network", "find_network", "pairs_of"]

Combination = Mapping[int, int]
"""A sum of values times constants: coefficient by number of the value."""

_Pattern = tuple[int, int, int, int]
"""Two values, a shift and a sign: `first + sign * 2**shift * second`."""

_Digit = tuple[int, int]
"""A value and the power of two that it is shifted by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A way to make combinations of inputs.

    Args:
        ranges: least and greatest result of every value; the inputs are the first values.
        shared: the values after the inputs, each a combination of values before it.
        outputs: the combinations that were asked for.
    """

    ranges: tuple[tuple[int, int], ...]
    shared: tuple[Combination, ...]
    outputs: tuple[Combination, ...]

    @property
    def inputs(self) -> int:
        """Tell how many inputs there are."""
        return len(self.ranges) - len(self.shared)

    def width(self, value: int) -> int:
        """Tell how many bits a value has."""
        return Format.holding(*self.ranges[value]).width

    def bits(self, combination: Combination) -> int:
        """Count the bits that a heap of a combination holds."""
        return sum(len(signed_digits(c)) * self.width(value) for value, c in combination.items())

    def cost(self, adder_cost: float) -> float:
        """Estimate the area in full adders.

        A heap takes one for each of its bits; a shared value is brought down to one word, and its last adder costs
        more for each bit.

        Args:
            adder_cost: of a bit of a carry-propagating adder.
        """
        total = float(sum(map(self.bits, self.outputs)))
        for number, combination in enumerate(self.shared, self.inputs):
            lowest = sorted(digit.shift for c in combination.values() for digit in signed_digits(c))[1]
            width = self.width(number)
            total += max(self.bits(combination) - 2 * width + lowest, 0) + adder_cost * (width - lowest)
        return total


class _Row(dict[_Digit, int]):
    """The digits of an output with their signs, and the shifts of each value in it, which are asked for most."""

    def __init__(self) -> None:
        super().__init__()
        self.shifts: dict[int, set[int]] = {}

    def put(self, digit: _Digit, sign: int) -> None:
        self[digit] = sign
        self.shifts.setdefault(digit[0], set()).add(digit[1])

    def take(self, digit: _Digit) -> int:
        self.shifts[digit[0]].remove(digit[1])
        return self.pop(digit)


class _Extraction:
    """Digits of all outputs, the pairs among them, and the values made so far."""

    def __init__(
        self, outputs: Sequence[Combination], ranges: Sequence[tuple[int, int]], *, adder_cost: float, depth: int
    ) -> None:
        self.adder_cost = adder_cost
        self.depth = depth
        self.vectors: list[dict[int, int]] = [{number: 1} for number in range(len(ranges))]
        self.inputs = list(ranges)
        self.ranges = list(ranges)
        self.widths = [Format.holding(low, high).width for low, high in ranges]
        self.depths = [0] * len(ranges)
        self.shared: list[_Pattern] = []
        self.rows = [_Row() for _ in outputs]
        self.counts: dict[_Pattern, int] = {}
        self.worth: dict[_Pattern, tuple[float, float]] = {}
        self.queue: list[tuple[float, _Pattern]] = []
        self.random: random.Random | None = None
        for row, combination in zip(self.rows, outputs, strict=True):
            for value, coefficient in combination.items():
                for digit in signed_digits(coefficient):
                    self._insert(row, (value, digit.shift), digit.sign)

    def run(self, seed: int) -> None:
        """Share, the best pair first; a seed other than 0 disturbs the order by a little."""
        self.random = random.Random(seed) if seed else None
        self.queue = [(-gain, pattern) for pattern in self.counts if (gain := self._gain(pattern)) > 0]
        heapify(self.queue)
        while self.queue:
            _, pattern = heappop(self.queue)
            places = self._places(pattern)
            gain = self._gain(pattern, sum(len(found) for _, found in places))
            if gain <= 0:
                continue
            if self.queue and gain < -self.queue[0][0]:
                heappush(self.queue, (-gain, pattern))  # counted too high: pairs that overlap, or are gone by now
                continue
            self._substitute(pattern, places)

    def _insert(self, row: _Row, digit: _Digit, sign: int) -> None:
        """Add a digit to a row; equal digits become one of twice the weight, opposite ones cancel."""
        while digit in row:
            before = row[digit]
            self._remove(row, digit)
            if before != sign:
                return
            digit = (digit[0], digit[1] + 1)
        for other, other_sign in row.items():
            pattern = _pattern(digit, sign, other, other_sign)
            count = self.counts[pattern] = self.counts.get(pattern, 0) + 1
            if count > 1 and self.shared:
                gain = self._gain(pattern)
                if gain > 0:
                    heappush(self.queue, (-gain, pattern))
        row.put(digit, sign)

    def _remove(self, row: _Row, digit: _Digit) -> None:
        sign = row.take(digit)
        for other, other_sign in row.items():
            self.counts[_pattern(digit, sign, other, other_sign)] -= 1

    def _combined(self, pattern: _Pattern) -> dict[int, int]:
        first, second, shift, sign = pattern
        vector = dict(self.vectors[first])
        for number, coefficient in self.vectors[second].items():
            vector[number] = vector.get(number, 0) + sign * (coefficient << shift)
        return vector

    def _range(self, vector: Mapping[int, int]) -> tuple[int, int]:
        low = sum(c * self.inputs[number][c < 0] for number, c in vector.items())
        high = sum(c * self.inputs[number][c > 0] for number, c in vector.items())
        return low, high

    def _gain(self, pattern: _Pattern, count: int | None = None) -> float:
        """Estimate what sharing a pair saves, in full adders: bits of heaps, less the adder that makes it."""
        count = self.counts[pattern] if count is None else count
        if count < 2:
            return 0.0
        if pattern not in self.worth:
            self.worth[pattern] = self._worth(pattern)
        saved, cost = self.worth[pattern]
        return count * saved - cost

    def _worth(self, pattern: _Pattern) -> tuple[float, float]:
        """Tell what each use of a pair saves, and what making it costs."""
        first, second, shift, _ = pattern
        if max(self.depths[first], self.depths[second]) >= self.depth:
            return 0.0, 0.0
        width = Format.holding(*self._range(self._combined(pattern))).width
        saved = float(self.widths[first] + self.widths[second] - width)
        if self.random is not None:
            saved *= self.random.uniform(0.8, 1.2)
        return saved, self.adder_cost * (width - shift)

    def _places(self, pattern: _Pattern) -> list[tuple[_Row, list[tuple[_Digit, _Digit]]]]:
        """Find the pairs of digits that a pattern stands for, none of them twice, row by row."""
        first, second, shift, sign = pattern
        places = []
        for row in self.rows:
            if not row.shifts.get(first) or not row.shifts.get(second):
                continue
            taken: set[_Digit] = set()
            found = []
            for place in sorted(row.shifts[first]):
                digit, other = (first, place), (second, place + shift)
                if other in row and row[digit] * row[other] == sign and not taken & {digit, other}:
                    taken |= {digit, other}
                    found.append((digit, other))
            if found:
                places.append((row, found))
        return places

    def _substitute(self, pattern: _Pattern, places: Sequence[tuple[_Row, list[tuple[_Digit, _Digit]]]]) -> None:
        vector = self._combined(pattern)
        value = len(self.vectors)
        self.vectors.append(vector)
        self.ranges.append(self._range(vector))
        self.widths.append(Format.holding(*self.ranges[value]).width)
        self.depths.append(1 + max(self.depths[pattern[0]], self.depths[pattern[1]]))
        self.shared.append(pattern)
        for row, found in places:
            for digit, other in found:
                if row.get(digit, 0) * row.get(other, 0) == pattern[3]:  # an earlier one may have changed them
                    sign = row[digit]
                    self._remove(row, digit)
                    self._remove(row, other)
                    self._insert(row, (value, digit[1]), sign)

    def network(self) -> Network:
        """Give what was found; a value that is used once, or is but another one shifted, joins its readers."""
        inputs = len(self.inputs)
        sums = [{(first, 0): 1, (second, shift): sign} for first, second, shift, sign in self.shared]
        rows = [_collected(digits) for digits in [*sums, *self.rows]]
        kept = list(range(inputs, len(self.ranges)))
        while joining := [value for value in reversed(kept) if not _worth_keeping(rows, value, rows[value - inputs])]:
            for value in joining:
                kept.remove(value)
                for row in rows:
                    coefficient = row.pop(value, 0)
                    if coefficient:
                        for number, inner in rows[value - inputs].items():
                            row[number] = row.get(number, 0) + coefficient * inner
                rows[value - inputs] = {}
            rows = [{value: coefficient for value, coefficient in row.items() if coefficient} for row in rows]
        numbers = {number: number for number in range(inputs)} | {old: inputs + n for n, old in enumerate(kept)}
        renumbered = [{numbers[value]: coefficient for value, coefficient in row.items()} for row in rows]
        return Network(
            ranges=tuple(self.ranges[value] for value in numbers),
            shared=tuple(renumbered[value - inputs] for value in kept),
            outputs=tuple(renumbered[len(self.shared) :]),
        )


def _collected(digits: Mapping[_Digit, int]) -> dict[int, int]:
    row: dict[int, int] = {}
    for (value, shift), sign in digits.items():
        row[value] = row.get(value, 0) + (sign << shift)
    return {value: coefficient for value, coefficient in row.items() if coefficient}


def _digits(combination: Combination) -> int:
    return sum(len(signed_digits(coefficient)) for coefficient in combination.values())


def _worth_keeping(rows: Sequence[Combination], value: int, made_of: Combination) -> bool:
    """Tell whether a value is a sum, and several digits read it."""
    return _digits(made_of) > 1 and sum(len(signed_digits(row.get(value, 0))) for row in rows) > 1


def _pattern(digit: _Digit, sign: int, other: _Digit, other_sign: int) -> _Pattern:
    """Write two digits as a pattern; the one with the smaller shift is its first."""
    if (other[1], other[0]) < (digit[1], digit[0]):
        digit, other = other, digit
    return digit[0], other[0], other[1] - digit[1], sign * other_sign


def pairs_of(outputs: Iterable[Combination]) -> int:
    """Count the pairs of digits within each output: time and memory of a search grow with them."""
    return sum(math.comb(_digits(combination), 2) for combination in outputs)


_TRIES = 12
_EFFORT = 30_000
"""Pairs of digits that all tries together may begin with; they take half a second."""


def find_network(
    outputs: Sequence[Combination], ranges: Sequence[tuple[int, int]], *, adder_cost: float, depth: int
) -> Network:
    """Search for a cheap way to make combinations: several greedy tries, the cheapest result.

    Args:
        outputs: what is wanted; coefficients are not 0.
        ranges: least and greatest value of each input.
        adder_cost: what a bit of a carry-propagating adder counts, in full adders.
        depth: shared values that may stand behind each other, at the most.
    Returns: one that costs no more than the outputs as they are; the same one for the same arguments, anywhere.
    Source: Hartley, IEEE Trans. Circuits and Systems II 43(10), 1996, 677-688 (pairs of digits, the most frequent
        first); Sun et al., arXiv 2507.04535, 2025 (over a whole matrix, weighted by what an adder costs).
    """
    best = Network(ranges=tuple(ranges), shared=(), outputs=tuple(dict(combination) for combination in outputs))
    for seed in range(max(1, min(_TRIES, _EFFORT // max(pairs_of(outputs), 1)))):
        extraction = _Extraction(outputs, ranges, adder_cost=adder_cost, depth=depth)
        extraction.run(seed)
        best = min(best, extraction.network(), key=lambda network: network.cost(adder_cost))
    return best
