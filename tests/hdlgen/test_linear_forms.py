"""Linear forms: differences of operations as multiples of a third, by values that are drawn and by hand."""

from __future__ import annotations

from fractions import Fraction

from hdlgen.builder import GraphBuilder
from hdlgen.linear_forms import LinearForms
from hdlgen.lower import lower
from hdlgen.number import Format
from hdlgen.operation import Op


def test_differences_are_multiples_where_they_are() -> None:
    builder = GraphBuilder()
    x, y = builder.input("x", Format(width=5)), builder.input("y", Format(width=5))
    product = builder.apply(Op.MUL, x, y)
    double = builder.apply(Op.ADD, builder.apply(Op.SHIFT, product, amount=1), builder.constant(7))
    minus = builder.apply(Op.NEG, product)
    apart = builder.apply(Op.SUB, product, x)
    for name, node in (("a", product), ("b", double), ("c", minus), ("d", apart), ("e", x)):
        builder.output(name, node)
    dataflow = lower(builder.graph())
    forms = LinearForms(dataflow.operations)
    a, b, c, d, e = dataflow.results()
    assert forms.multiple((b, c), a) == (Fraction(3), Fraction(7))
    assert forms.multiple((a, a), a) == (Fraction(0), Fraction(0))
    assert forms.multiple((a, c), b) == (Fraction(1), Fraction(-7))
    assert forms.multiple((a, d), e) == (Fraction(1), Fraction(0))
    assert forms.multiple((a, d), a) is None, "the product says nothing of x"
    assert forms.multiple((a, e), d) == (Fraction(1), Fraction(0))
