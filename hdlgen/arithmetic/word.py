"""Words: finished numbers on their way through carry-propagating adders, with the range of their value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from amaranth.hdl import Cat, Const, Value

from hdlgen.arithmetic.joined import joined

__all__ = ["Word"]


@dataclass(slots=True)
class Word:
    """A finished number on its way through the adders: `(-1 if minus else 1) * value * 2**shift`."""

    value: Value
    low: int
    high: int
    shift: int = 0
    minus: bool = False

    def bits(self) -> list[Value]:
        """List the bits, lowest first."""
        return list(self.value)

    def replace(self, bits: Iterable[Value]) -> None:
        """Put other bits in the places of those that `bits` lists: their registers, say."""
        self.value = joined(bits)

    def extended(self, shift: int, width: int) -> Value:
        """Give the bits from weight `2**shift` on, `width` of them, sign-extended."""
        sign = self.value[-1] if self.low < 0 else Const(0, 1)
        whole = Cat(Const(0, self.shift), self.value)
        return joined(Cat(whole[shift:], sign.replicate(max(width + shift - len(whole), 0)))[:width])
