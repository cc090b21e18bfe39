# amaranth: UnusedElaboratable=no
"""Products: the rows of a multiplication as a component of its own, written once for all equal ones of a design."""

from __future__ import annotations

from functools import lru_cache

from amaranth.hdl import Const, Module, Signal
from amaranth.lib.wiring import In, Out

from hdlgen.arithmetic.partial_products import PRODUCT_ROWS, Row
from hdlgen.arithmetic.shared import Shared
from hdlgen.number import Format

__all__ = ["Product"]


class Product(Shared):
    """Make the rows whose sum is a product; combinational.

    Ports: `left`, `right` in; `bits_N` out, the bits of row N.

    Args:
        kind: a name in `PRODUCT_ROWS`.
        left, right: formats of the factors.
    """

    left: Signal
    right: Signal

    def __init__(self, kind: str, left: Format, right: Format) -> None:
        self.kind = kind
        self.formats = (left, right)
        self._widths, self._rows = _planned(kind, left, right)
        rows = {f"bits_{number}": Out(width) for number, width in enumerate(self._widths)}
        title = "_".join((kind, *(f"{'s' if format.signed else 'u'}{format.width}" for format in self.formats)))
        super().__init__({"left": In(left.width), "right": In(right.width), **rows}, title=title, key=title)

    @property
    def rows(self) -> list[Row]:
        """Give the rows, with the ports as their bits."""
        return [row._replace(bits=getattr(self, f"bits_{number}")) for number, row in enumerate(self._rows)]

    def elaborate(self, platform: object) -> Module:
        m = Module()
        left, right = self.formats
        rows = PRODUCT_ROWS[self.kind](m, self.left, left, self.right, right)
        m.d.comb += [getattr(self, f"bits_{number}").eq(row.bits) for number, row in enumerate(rows)]
        return m


@lru_cache(maxsize=1024)
def _planned(kind: str, left: Format, right: Format) -> tuple[tuple[int, ...], tuple[Row, ...]]:
    """Tell which rows there will be, by making them once for nothing."""
    rows = PRODUCT_ROWS[kind](Module(), Signal(left.width), left, Signal(right.width), right)
    return tuple(len(row.bits) for row in rows), tuple(row._replace(bits=Const(0, 0)) for row in rows)
