"""Joined bits: what `Cat` says of words, slices and concatenations of these, in no more pieces than that takes."""

from __future__ import annotations

import random

from amaranth.hdl import Cat, Const, Module, Signal, Value, signed
from amaranth.hdl._ast import Concat
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hdlgen.arithmetic.joined import joined
from tests.hdlgen.rtlil import evaluate

LANES = 32


class Both(wiring.Component):  # type: ignore[misc]
    """The same values joined by `Cat` and by `joined`, drawn from three words."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.words = [Signal(8, name=f"word_{place}") for place in range(3)]
        self.drawn = [self.draw(random.Random(f"{seed}, {place}"), 3) for place in range(4)]
        width = sum(map(len, self.drawn))
        super().__init__({"a": In(8), "b": In(8), "c": In(8), "plain": Out(width), "ours": Out(width)})

    def draw(self, rng: random.Random, depth: int) -> Value:
        kind = rng.randrange(5) if depth else 0
        if kind == 0:
            return rng.choice(self.words)
        if kind == 1:
            return Const(rng.randrange(16), 4)
        if kind == 2:
            return ~self.draw(rng, depth - 1)
        inner = Cat(self.draw(rng, depth - 1) for _ in range(rng.randrange(1, 4)))
        low = rng.randrange(len(inner))
        return inner if kind == 3 else inner[low : rng.randrange(low + 1, len(inner) + 1)]

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.comb += [word.eq(port) for word, port in zip(self.words, (self.a, self.b, self.c), strict=True)]
        m.d.comb += [self.plain.eq(Cat(*self.drawn)), self.ours.eq(joined(self.drawn[0], self.drawn[1:]))]
        return m


def test_joined_is_what_cat_is() -> None:
    rng = random.Random(5)
    for seed in range(40):
        given = {name: [rng.randrange(256) for _ in range(LANES)] for name in "abc"}
        assert evaluate(Both(seed), "ours", **given) == evaluate(Both(seed), "plain", **given), seed


def test_neighbouring_bits_are_one_piece() -> None:
    word, other = Signal(8), Signal(4)
    apart = joined(list(word), Cat(other, word)[1:9], Const(1, 1))
    assert isinstance(apart, Concat)
    assert [len(part) for part in apart.parts] == [8, 3, 5, 1]
    assert len(joined()) == len(joined([], word[3:3])) == 0


def test_a_signed_word_is_joined_without_its_sign() -> None:
    word = Signal(signed(4))
    assert not joined(word).shape().signed
