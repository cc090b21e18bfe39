"""Token streams to test a design with: corner values, adversarial sequences and uniform ones, repeatable by seed.

Inside, a stream is a matrix: one row a token, one column for each element of each port, raw integers.
"""

from __future__ import annotations

import itertools
import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from hdlgen.golden import evaluate
from hdlgen.graph import Graph
from hdlgen.number import INT64_WIDTH, IntArray
from hdlgen.payload import Port, input_ports, output_ports, pack
from sim.simulation import Phase

__all__ = ["Stimulus", "adversarial", "corners", "long_run", "phases", "plan", "uniform"]

MEASURED_TOKENS = 256
PAUSED_TOKENS = (32, 192, 96)  # in a phase with pauses: at least, divided by the interval, at most
MOST_COMBINATIONS = 128
SAMPLED_CORNERS = 48
LONG_CYCLES = 8192
LONG_GAP, LONG_STALL = 0.05, 0.25
RELATED_TOKENS = 12  # of one kind in a row: longer than the memory of a usual recursion
EXHAUSTIVE_BITS = 12
BURST_CYCLES = 12
RUN_TOKENS = 18  # of equal extremes: more than the taps of a usual filter
MOST_WALKS = 16
MOST_PORTS = 8
SPREAD_BITS = 32  # wider elements have too many values to come near to most


@dataclass(frozen=True, slots=True, kw_only=True)
class Stimulus:
    """A stretch of a stream: its tokens and its pauses, as in `Phase`.

    Args:
        tokens: for each input its raw integers, shape (tokens, *shape).
    """

    name: str
    tokens: dict[str, IntArray] = field(repr=False)
    input_gap: float = 0.0
    output_stall: float = 0.0
    burst_cycles: int = 1
    waits: tuple[int, ...] = ()
    seed: int = 0


def plan(
    ports: Sequence[Port], *, seed: int, interval_cycles: int = 1, tokens: int = MEASURED_TOKENS
) -> tuple[Stimulus, ...]:
    """Lay out the stimuli of a measured point: without pauses, with random ones, with long ones; each after a reset.

    Args:
        ports: the design's inputs.
        interval_cycles: about so many cycles a token takes; a slow design gets fewer tokens with pauses.
        tokens: at least so many without pauses, of which a quarter or more are uniform.
    Raises: ValueError for fewer than 1 token or cycle.
    """
    if tokens < 1 or interval_cycles < 1:
        raise ValueError(f"plan: tokens and interval must be at least 1, not {tokens!r} and {interval_cycles!r}")
    columns = _Columns(ports)
    hard = np.concatenate([_corners(columns, seed), _adversarial(columns, seed)])
    hard = hard[: max(tokens - tokens // 4, 1)] if tokens < MEASURED_TOKENS else hard
    drawn = max(tokens - len(hard), tokens // 4)
    near = _related(columns, drawn // 2, seed)
    free = np.concatenate([hard, near, _uniform(columns, drawn - len(near), seed)])
    fewest, wanted, most = PAUSED_TOKENS
    count = min(max(wanted // interval_cycles, fewest), most, tokens)
    mixed = [
        np.concatenate(
            [_related(columns, count // 2, seed + 1 + number), _mixed(columns, free, count - count // 2, seed, name)]
        )
        for number, name in enumerate(("pauses", "bursts"))
    ]
    return (
        Stimulus(name="free", tokens=columns.split(free)),
        Stimulus(
            name="pauses",
            tokens=columns.split(mixed[0]),
            input_gap=0.3 if interval_cycles == 1 else 0.0,
            output_stall=0.4,
            waits=_waits(columns, interval_cycles, seed),
            seed=seed,
        ),
        Stimulus(
            name="bursts",
            tokens=columns.split(mixed[1]),
            input_gap=0.4,
            output_stall=0.5,
            burst_cycles=max(BURST_CYCLES, 2 * interval_cycles),  # shorter than a token's work, a stall changes nothing
            seed=seed,
        ),
    )


def _waits(columns: _Columns, interval: int, seed: int) -> tuple[int, ...]:
    """Lay out after how many cycles a token follows the last one: in each of the interval, oftener where it is due."""
    if interval == 1:
        return ()
    due = [wait for wait in range(interval - 2, interval + 2) for _ in range(2)]
    every = [*due, *range(interval + 3)]
    return tuple(columns.source(seed, "waits").permutation(every).tolist())


def long_run(
    ports: Sequence[Port],
    *,
    seed: int,
    interval_cycles: int = 1,
    cycles: int = LONG_CYCLES,
    related: float = 0.5,
) -> Stimulus:
    """Lay out many tokens, for simulations that are cheap: all values of a few bits, else drawn ones.

    Of some drawn ones the elements have to do with each other and with earlier ones; the others are spread evenly,
    since a fault of a table or of a segment shows in a few values next to each other. Short pauses come again and
    again: what a register must hold while a result waits shows in few tokens only.

    Args:
        interval_cycles: about so many cycles a token takes; a slow design gets fewer tokens.
        cycles: about so many it takes in all.
        related: the share of drawn tokens that have to do with each other.
    """
    columns = _Columns(ports)
    paused = LONG_GAP + LONG_STALL / (1 - LONG_STALL)
    count = max(int(cycles / (interval_cycles + paused)), MEASURED_TOKENS)
    rows = np.zeros((0, len(columns.low)), dtype=columns.dtype)
    if sum(columns.widths) <= EXHAUSTIVE_BITS and 1 << sum(columns.widths) <= count:
        every = [range(int(low), int(high) + 1) for low, high in zip(columns.low, columns.high, strict=True)]
        rows = columns.source(seed, "every").permutation(np.array(list(itertools.product(*every)), dtype=columns.dtype))
    left = count - len(rows)
    near = _related(columns, int(left * related), seed + 3)
    rows = np.concatenate([rows, near, _spread(columns, left - len(near), seed + 3)])
    return Stimulus(name="long", tokens=columns.split(rows), input_gap=LONG_GAP, output_stall=LONG_STALL, seed=seed)


def phases(graph: Graph, stimuli: Sequence[Stimulus]) -> tuple[Phase, ...]:
    """Give each stimulus the results that the golden model expects, after a reset of its own."""
    inputs, outputs = input_ports(graph), output_ports(graph)
    return tuple(
        Phase(
            name=stimulus.name,
            inputs=tuple(pack(inputs, stimulus.tokens)),
            expected=tuple(pack(outputs, evaluate(graph, stimulus.tokens))),
            input_gap=stimulus.input_gap,
            output_stall=stimulus.output_stall,
            burst_cycles=stimulus.burst_cycles,
            waits=stimulus.waits,
            seed=stimulus.seed,
            reset_before=True,
        )
        for stimulus in stimuli
    )


def corners(ports: Sequence[Port], *, seed: int) -> dict[str, IntArray]:
    """Combine the smallest and largest value, 0, 1 and -1 of all elements; a sample where the combinations are many.

    Inputs of at most 8 bits together get all their values.
    """
    columns = _Columns(ports)
    return columns.split(_corners(columns, seed))


def adversarial(ports: Sequence[Port], *, seed: int) -> dict[str, IntArray]:
    """Line up what faults show in: single elements and bits, extremes in turn and in runs, ramps, sign flips."""
    columns = _Columns(ports)
    return columns.split(_adversarial(columns, seed))


def uniform(ports: Sequence[Port], *, count: int, seed: int) -> dict[str, IntArray]:
    """Draw tokens with every value of a format equally likely."""
    columns = _Columns(ports)
    return columns.split(_uniform(columns, count, seed))


class _Columns:
    """The columns of a stream's matrix: the range of each, and the way back to ports."""

    def __init__(self, ports: Sequence[Port]) -> None:
        self.ports = tuple(ports)
        self.dtype = object if any(port.format.width > INT64_WIDTH for port in ports) else np.int64
        sizes = [math.prod(port.shape) for port in ports]
        self.ends = list(itertools.accumulate(sizes))
        self.starts = [end - size for end, size in zip(self.ends, sizes, strict=True)]
        self.widths = [port.format.width for port, size in zip(ports, sizes, strict=True) for _ in range(size)]
        lows = [port.format.low for port, size in zip(ports, sizes, strict=True) for _ in range(size)]
        highs = [port.format.high for port, size in zip(ports, sizes, strict=True) for _ in range(size)]
        self.low, self.high = np.array(lows, dtype=self.dtype), np.array(highs, dtype=self.dtype)
        self.zero = np.zeros(len(lows), dtype=self.dtype)

    def split(self, rows: IntArray) -> dict[str, IntArray]:
        """Cut a matrix into the arrays of the ports."""
        return {
            port.name: rows[:, start:end]
            .astype(np.int64 if port.format.width <= INT64_WIDTH else object)
            .reshape(len(rows), *port.shape)
            for port, start, end in zip(self.ports, self.starts, self.ends, strict=True)
        }

    def source(self, seed: int, name: str) -> np.random.Generator:
        """Make a random source of its own for one purpose."""
        return np.random.default_rng([seed & (1 << 64) - 1, zlib.crc32(name.encode())])

    def values(self, column: int) -> list[int]:
        """List the corner values of a column."""
        low, high = int(self.low[column]), int(self.high[column])
        return sorted({low, high} | {value for value in (-1, 0, 1) if low <= value <= high})


def _uniform(columns: _Columns, count: int, seed: int) -> IntArray:
    source = columns.source(seed, "uniform")
    if columns.dtype is not object:
        return source.integers(columns.low, columns.high, size=(count, len(columns.low)), endpoint=True)
    parts = range(0, max(columns.widths), 32)
    words = [source.integers(0, 1 << 32, size=(count, len(columns.low))).astype(object) << part for part in parts]
    spans = np.array([1 << width for width in columns.widths], dtype=object)
    return np.asarray(sum(words, start=np.zeros_like(words[0])) % spans + columns.low)


def _spread(columns: _Columns, count: int, seed: int) -> IntArray:
    """Draw uniform tokens that leave no gaps: of each element one in each of `count` equal parts of its range.

    Source: McKay, Beckman and Conover, Technometrics 21(2), 1979, 239-245 (Latin hypercube sampling).
    """
    drawn = _uniform(columns, count, seed)
    source = columns.source(seed, "spread")
    for column, width in enumerate(columns.widths):
        if width <= SPREAD_BITS:
            part = source.permutation(count)
            inside = source.integers(0, 1 << width, size=count)
            drawn[:, column] = columns.low[column] + ((part << width) + inside) // max(count, 1)
    return drawn


def _corners(columns: _Columns, seed: int) -> IntArray:
    source = columns.source(seed, "corners")
    choices = [columns.values(column) for column in range(len(columns.low))]
    if sum(columns.widths) <= 8:
        every = [range(int(low), int(high) + 1) for low, high in zip(columns.low, columns.high, strict=True)]
        rows = np.array(list(itertools.product(*every)), dtype=columns.dtype)
    elif math.prod(map(len, choices)) <= MOST_COMBINATIONS:
        rows = np.array(list(itertools.product(*choices)), dtype=columns.dtype)
    else:
        same = [[max(min(value, values[-1]), values[0]) for values in choices] for value in (-1, 0, 1)]
        places = source.integers([len(values) for values in choices], size=(SAMPLED_CORNERS, len(choices))).tolist()
        drawn = [[values[place] for values, place in zip(choices, row, strict=True)] for row in places]
        rows = np.array([columns.low.tolist(), columns.high.tolist(), *same, *drawn], dtype=columns.dtype)
    return source.permutation(rows)


def _adversarial(columns: _Columns, seed: int) -> IntArray:
    source = columns.source(seed, "adversarial")
    low, high, zero = columns.low, columns.high, columns.zero
    count = len(low)
    some = source.permutation(count)[:MOST_WALKS]
    hot = []
    for position, column in enumerate(some):
        hot.append(_with(zero, column, high[column] if position % 2 else low[column]))
    bits = [(column, bit) for column in some for bit in range(columns.widths[column])]
    walking = []
    for index in sorted(source.permutation(len(bits))[: 2 * MOST_WALKS]):
        column, bit = bits[index]
        value = 1 << bit
        walking.append(_with(zero, column, value if value <= high[column] else value - (1 << columns.widths[column])))
    checkers = np.array(range(count)) % 2 == 0
    alternating = [low, high, low, high, np.where(checkers, low, high), np.where(checkers, high, low)] * 2
    by_port: list[IntArray] = []
    for start, end in list(zip(columns.starts, columns.ends, strict=True))[:MOST_PORTS]:
        inside = np.array([start <= column < end for column in range(count)])
        by_port += [np.where(inside, low, high), np.where(inside, high, low)]
    drawn = _uniform(columns, 6, seed + 1)
    flips = [row for value in drawn[:4] for row in (value, np.clip(-value, low, high))]
    equal = [drawn[4]] * 4 + [drawn[5]] * 2
    steps = [(high - low) // 9 * step for step in range(10)]
    ramp = [low + (step + np.array(range(count), dtype=low.dtype)) % (high - low + 1) for step in steps]
    runs = [low] * RUN_TOKENS + [high] * RUN_TOKENS
    rows = [*hot, *walking, *alternating, *by_port, *flips, *equal, *ramp, *runs]
    return np.stack(rows).astype(columns.dtype)


def _related(columns: _Columns, count: int, seed: int) -> IntArray:
    """Draw tokens whose elements have to do with each other and with the token before, as uniform ones hardly ever do.

    Elements that are nearly equal, for comparisons; both extremes in runs of random lengths, for recursions and
    windows; zeros but for a few, for what sums hide; the last token with one bit turned.
    """
    source = columns.source(seed, "related")
    size = len(columns.low)
    rows: list[IntArray] = []
    extremes, change, quiet, held = source.integers(0, 2, size=size), 0.3, 0, columns.zero
    base = _uniform(columns, max(count, 1), seed + 2)
    for number in range(count):
        kind = number // RELATED_TOKENS % 5
        if number % RELATED_TOKENS == 0:
            change = float(source.choice([0.05, 0.15, 0.5]))
            quiet, held = int(source.integers(max(columns.widths))), base[number]
        if kind == 0 and size == 1:
            row = base[number] >> quiet
        elif kind == 0:
            row = _near(columns, source, base[number])
        elif kind == 1:
            extremes = np.where(source.random(size) < change, 1 - extremes, extremes)
            if source.random() < 0.25:
                extremes = np.full(size, extremes[0])
            row = np.where(extremes == 1, columns.high, columns.low)
        elif kind == 2:
            row = np.where(source.random(size) < min(max(2 / size, 0.2), 0.5), base[number], columns.zero)
        elif kind == 3:
            row = _few(columns, source, base[number] if size > 1 else held)
        else:
            row = _turned(columns, source, rows[-1])
        rows.append(row)
    return np.array(rows, dtype=columns.dtype).reshape(count, size)


def _near(columns: _Columns, source: np.random.Generator, base: IntArray) -> IntArray:
    """Let elements come near to each other: all of them, or some pairs, above or below all others as often as not."""
    size = len(base)
    order = source.permutation(size)
    leader = int(order[0])
    others = order[1 : 1 + (size if source.random() < 0.25 else int(source.integers(1, 4)))].tolist()
    if source.random() < 0.5:  # the one that a tree of comparisons puts against it
        rival = leader ^ 1 << int(source.integers(size.bit_length()))
        others = [rival] if rival < size else []
    value = base[leader]
    where = source.integers(0, 3)
    row = base.copy() if where == 0 else _beyond(columns, base, value, above=where == 2)
    row[leader] = value
    for column in others:
        width, least = columns.widths[column], int(columns.low[column])
        known = min(max(int(value), least), int(columns.high[column])) - least
        row[column] = least + (known ^ _difference(source, width))
    return row


def _few(columns: _Columns, source: np.random.Generator, base: IntArray) -> IntArray:
    """Let all elements have one of a few values near to each other, in blocks: many are equal, and the first counts."""
    size = len(base)
    leader = int(source.integers(size))
    value = int(base[leader]) - int(columns.low[leader])
    choices = [value, *(value ^ _difference(source, columns.widths[leader]) for _ in range(int(source.integers(1, 4))))]
    block = 1 << int(source.integers(size.bit_length()))
    drawn = np.repeat(source.integers(len(choices), size=-(-size // block)), block)[:size]
    alone = source.integers(size, size=int(source.integers(3)))
    drawn[alone] = source.integers(len(choices), size=len(alone))
    rows = [
        int(low) + choices[place] % (1 << width)
        for low, place, width in zip(columns.low, drawn, columns.widths, strict=True)
    ]
    return np.array(rows, dtype=columns.dtype)


def _beyond(columns: _Columns, row: IntArray, value: int, *, above: bool) -> IntArray:
    """Bring all elements to one side of a value, without making them equal where there is room."""
    low, high = columns.low, columns.high
    if above:
        return np.where(row > value, row, np.clip(high - (high - row) % np.maximum(high - value, 1), low, high))
    return np.where(row < value, row, np.clip(low + (row - low) % np.maximum(value - low, 1), low, high))


def _difference(source: np.random.Generator, width: int) -> int:
    """Draw in which bits two elements that are near differ: in any of the low ones, or in one or two at all."""
    kind = source.integers(0, 3)
    if kind == 0:
        return int.from_bytes(source.bytes(width // 8 + 1)) % (1 << int(source.integers(0, width + 1)))
    bits = source.integers(0, width, size=int(kind)).tolist()
    return sum(1 << bit for bit in set(bits))


def _turned(columns: _Columns, source: np.random.Generator, row: IntArray) -> IntArray:
    """Turn one bit of one element."""
    column = int(source.integers(len(row)))
    return _flipped(columns, row, column, int(source.integers(columns.widths[column])))


def _flipped(columns: _Columns, row: IntArray, column: int, bit: int) -> IntArray:
    width, low = columns.widths[column], int(columns.low[column])
    return _with(row, column, low + ((int(row[column]) - low) ^ 1 << bit) % (1 << width))


def _mixed(columns: _Columns, rows: IntArray, count: int, seed: int, name: str) -> IntArray:
    """Take some rows in another order: some hard ones and some uniform ones, none at a place where it stood."""
    return rows[columns.source(seed, name).permutation(len(rows))[:count]]


def _with(row: IntArray, column: int, value: int) -> IntArray:
    changed = row.copy()
    changed[column] = value
    return changed
