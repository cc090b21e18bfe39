"""Full adders, many side by side: cells of the library, or gates."""

from __future__ import annotations

from amaranth.hdl import Instance, Module, Signal, Value

__all__ = ["FULL_ADDER", "full_adders"]

FULL_ADDER = "$fa"
"""The kind of cell in RTLIL that mapping turns into full and half adders of the cell library."""


def full_adders(m: Module, name: str, a: Value, b: Value, c: Value, *, cells: bool) -> tuple[Signal, Signal]:
    """Add three bits in each of several independent places: `a + b + c = sum + 2 * carry`; combinational.

    Args:
        m: the module that they are put into, under `name`.
        a, b, c: words of equal width, at least 1 bit.
        cells: whether they are a Yosys `$fa` cell, which mapping turns into full and half adders of the cell
            library, or gates, which logic optimisation may restructure.
    Returns: sum and carry, each as wide as the operands.
    """
    width = len(a)
    if not width or len(b) != width or len(c) != width:
        raise ValueError(f"full_adders: operands must have equal widths, not {width}, {len(b)} and {len(c)}")
    total, carry = Signal(width, name=f"{name}_sum"), Signal(width, name=f"{name}_carry")
    if cells:
        m.submodules[name] = Instance(FULL_ADDER, p_WIDTH=width, i_A=a, i_B=b, i_C=c, o_Y=total, o_X=carry)
    else:
        half = Signal(width, name=f"{name}_half")
        m.d.comb += [half.eq(a ^ b), total.eq(half ^ c), carry.eq((a & b) | (half & c))]
    return total, carry
