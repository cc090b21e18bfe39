# amaranth: UnusedElaboratable=no
"""Prefix adders: carries by a prefix graph, in several forms of its logic, all of which add the same."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib.wiring import In, Out

from hdlgen.arithmetic.joined import joined
from hdlgen.arithmetic.prefix_graph import Columns, Node, node_depths, nodes, trim
from hdlgen.arithmetic.shared import Shared

__all__ = ["PROPAGATIONS", "SUM_BITS", "Adder", "PrefixAdder", "PrefixForm"]

PROPAGATIONS = ("either", "exclusive", "ling")
"""What a bit hands a carry on by: `a | b`, `a ^ b`, or `a | b` one join late, with Ling's carries."""

SUM_BITS = {"x": "exclusive or", "w": "chosen by the whole carry", "p": "chosen by the carry into its last part"}
"""How a sum bit takes its carry, by the letter that stands for it in a form."""

_Span = tuple[int, int]


class Adder(Shared):
    """What all adders have in common: the ports `a`, `b`, `carry_in` in, the exact `sum` out.

    Args:
        width: bits of each operand, at least 1.
        scheme: how it carries; its module is named after it and the width.
        key: what else the module depends on.
    """

    a: Signal
    b: Signal
    carry_in: Signal
    sum: Signal

    def __init__(self, width: int, scheme: str, key: Hashable = ()) -> None:
        if width < 1:
            raise ValueError(f"{type(self).__name__}: width must be at least 1 bit, not {width!r}")
        self.width = width
        ports = {"a": In(width), "b": In(width), "carry_in": In(1), "sum": Out(width + 1)}
        super().__init__(ports, title=f"{scheme}_adder_{width}", key=(width, key))


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefixForm:
    """How the logic around a prefix graph is written; mapping starts from it, and does not find the others.

    Args:
        propagation: one of `PROPAGATIONS`. `a | b` is ready before `a ^ b`, which the sum alone needs; `a ^ b` for all
            takes fewer gates. Ling's carry out of a span leaves out that its highest bit hands it on: the first join is
            a single gate, and the sum makes up for it.
        shared_halves: whether `a ^ b` is made of `a | b` and `a & b`, not from `a` and `b`.
        sums: for each sum bit from the lowest on a letter of `SUM_BITS`; those beyond are exclusive ors. A bit that is
            chosen waits for its carry (Ling's, where those are made), or for the last carry that this one is joined
            of, with both its values ready: a level less, for more gates.
    Source: Weinberger and Smith, National Bureau of Standards Circular 591, 1958, 3-12 (propagation); Ling, IBM Journal
        of Research and Development 25(3), 1981, 156-166 (carries); Bedrij, IRE Trans. Electronic Computers EC-11(3),
        1962, 340-346 (choosing).
    """

    propagation: str = "either"
    shared_halves: bool = False
    sums: str = ""

    def __post_init__(self) -> None:
        if self.propagation not in PROPAGATIONS:
            raise ValueError(
                f"PrefixForm: propagation must be one of {', '.join(PROPAGATIONS)}, not {self.propagation!r}"
            )
        if not set(self.sums) <= SUM_BITS.keys():
            raise ValueError(f"PrefixForm: sums must be letters of {''.join(SUM_BITS)}, not {self.sums!r}")


class _Bits(NamedTuple):
    """What the joins start from, a bit each: `a ^ b`, `a & b`, and what hands a carry on."""

    half: Signal
    both: Signal
    either: Signal


class PrefixAdder(Adder):
    """Add `a + b + carry_in` exactly; combinational, carries by a prefix graph.

    Args:
        width: bits of each operand, at least 1.
        graph: the spans that are joined; it may be wider, and is then cut to the width.
        form: how the logic around it is written.
    """

    def __init__(self, width: int, *, graph: Columns, form: PrefixForm | None = None) -> None:
        self.graph = trim(graph, width)
        self.form = PrefixForm() if form is None else form
        self._ling = self.form.propagation == "ling"
        super().__init__(width, "prefix", (self.graph, self.form))

    def elaborate(self, platform: object) -> Module:
        m = Module()
        bits = self._bits(m)
        generate: dict[_Span, Value] = {(bit, bit): bits.both[bit] for bit in range(self.width)}
        propagate: dict[_Span, Value] = {
            (bit, bit): bits.either[max(bit - 1, 0) if self._ling else bit] for bit in range(self.width)
        }
        generate[0, 0] = Signal(name="generate_0")
        m.d.comb += generate[0, 0].eq(bits.both[0] | (bits.either[0] & self.carry_in))
        for number, level in enumerate(_levels(self.graph)):
            self._join(m, number + 1, level, generate, propagate)
        carries = self._carries(m, bits, generate)
        sums = list(bits.half ^ joined(self.carry_in, carries[:-1]))
        chosen = dict(self._chosen(m, bits, generate, propagate))
        if chosen:
            m.d.comb += self.sum.eq(Cat(*(chosen.get(bit, plain) for bit, plain in enumerate(sums)), carries[-1]))
        else:
            m.d.comb += self.sum.eq(Cat(bits.half ^ joined(self.carry_in, carries[:-1]), carries[-1]))
        return m

    def _bits(self, m: Module) -> _Bits:
        half = Signal(self.width, name="half")
        both = Signal(self.width, name="both")
        either = Signal(self.width, name="either")
        shared = (self.a | self.b) & ~both
        m.d.comb += [half.eq(shared if self.form.shared_halves else self.a ^ self.b), both.eq(self.a & self.b)]
        m.d.comb += either.eq(half if self.form.propagation == "exclusive" else self.a | self.b)
        return _Bits(half, both, either)

    def _join(
        self, m: Module, number: int, level: list[Node], generate: dict[_Span, Value], propagate: dict[_Span, Value]
    ) -> None:
        """Make the joins of a level; two single bits need no propagation where the lower one's is in its carry."""
        above = [(high, middle) for high, middle, _ in level]
        below = [(middle - 1, low) for _, middle, low in level]
        handing_on = [
            Const(1, 1) if self._ling and high == middle and low == middle - 1 else propagate[high, middle]
            for high, middle, low in level
        ]
        joined_generate = Signal(len(level), name=f"generate_{number}")
        joined_propagate = Signal(len(level), name=f"propagate_{number}")
        m.d.comb += joined_generate.eq(
            joined(generate[span] for span in above) | (joined(handing_on) & joined(generate[span] for span in below))
        )
        m.d.comb += joined_propagate.eq(
            joined(propagate[span] for span in above) & joined(propagate[span] for span in below)
        )
        for place, (high, _, low) in enumerate(level):
            generate[high, low] = joined_generate[place]
            propagate[high, low] = joined_propagate[place]

    def _carries(self, m: Module, bits: _Bits, generate: Mapping[_Span, Value]) -> list[Value]:
        """Give the carry out of each bit."""
        whole = [generate[bit, 0] for bit in range(self.width)]
        if not self._ling or self.width == 1:
            return whole
        carry = Signal(self.width - 1)
        m.d.comb += carry.eq(bits.either[1:] & joined(whole[1:]))
        return [whole[0], *carry]

    def _chosen(
        self, m: Module, bits: _Bits, generate: Mapping[_Span, Value], propagate: Mapping[_Span, Value]
    ) -> Iterator[tuple[int, Value]]:
        """Give the sum bits that are chosen by a carry."""
        for bit, letter in enumerate(self.form.sums[: self.width]):
            if bit < 2 or letter == "x":  # the lowest carries are joined of nothing
                continue
            below, half = bit - 1, bits.half[bit]
            if letter == "w":
                yield bit, Mux(generate[below, 0], half ^ bits.either[below] if self._ling else ~half, half)
                continue
            middle = [below, *self.graph[below]][-2]
            span = (below, middle)
            without, with_carry = generate[span], generate[span] | propagate[span]
            if self._ling:
                with_carry = bits.either[below] & with_carry
                without = without if middle == below else bits.either[below] & without
            yield bit, Mux(generate[middle - 1, 0], half ^ with_carry, half ^ without)


def _levels(graph: Columns) -> list[list[Node]]:
    """Sort the joins of a graph by how many lie before them."""
    depths = node_depths(graph)
    levels: list[list[Node]] = [[] for _ in range(max(depths.values()))]
    for node in nodes(graph):
        levels[depths[node.high, node.low] - 1].append(node)
    return levels
