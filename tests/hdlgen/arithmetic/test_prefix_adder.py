# amaranth: UnusedElaboratable=no
"""Prefix adders in every form against Python's integers: exhaustively at small widths, at random at large ones."""

from __future__ import annotations

import random
import re

import pytest

from hdlgen.arithmetic.prefix_adder import PROPAGATIONS, SUM_BITS, PrefixAdder, PrefixForm
from hdlgen.arithmetic.prefix_families import PREFIX_FAMILIES, han_carlson, ladner_fischer
from hdlgen.arithmetic.prefix_graph import Columns
from hdlgen.arithmetic.prefix_moves import changed
from hdlgen.emit import to_rtlil
from tests.hdlgen.arithmetic.addends import Addends, every_addend, wide_addends
from tests.hdlgen.rtlil import Netlist, Run, evaluate


def adds(adder: PrefixAdder, addends: Addends) -> bool:
    a, b, carry = map(list, zip(*addends, strict=True))
    return evaluate(adder, "sum", a=a, b=b, carry_in=carry) == [a + b + carry for a, b, carry in addends]


def forms(width: int) -> list[PrefixForm]:
    """List every propagation with both halves and sum bits of one kind, and of mixed kinds."""
    chance = random.Random(width)
    mixed = "".join(chance.choice(list(SUM_BITS)) for _ in range(width))
    return [
        PrefixForm(propagation=propagation, shared_halves=shared, sums=sums)
        for propagation in PROPAGATIONS
        for shared in (False, True)
        for sums in ("", *(letter * width for letter in SUM_BITS), mixed)
    ]


@pytest.mark.parametrize("name", sorted(PREFIX_FAMILIES))
def test_every_family_adds_in_every_form(name: str) -> None:
    for width in (1, 2, 4, 33):
        addends = every_addend(width) if width < 6 else wide_addends(width)
        for form in forms(width) if width < 6 else forms(width)[3::4]:
            assert adds(PrefixAdder(width, graph=PREFIX_FAMILIES[name](width), form=form), addends), form


@pytest.mark.parametrize(
    "graph", [ladner_fischer(64, slack=0), ladner_fischer(64, slack=3), han_carlson(64, sparsity=8)]
)
def test_every_graph_adds_at_every_width_up_to_its_own(graph: Columns) -> None:
    for width in (1, 2, 5, 11, 64):
        addends = every_addend(width) if width < 6 else wide_addends(width)
        for propagation in PROPAGATIONS:
            form = PrefixForm(propagation=propagation, sums="xwp" * 22)
            assert adds(PrefixAdder(width, graph=graph, form=form), addends)


def test_any_graph_adds_in_any_form() -> None:
    chance = random.Random(4)
    graph, addends = ladner_fischer(6, slack=1), every_addend(6)
    for _ in range(40):
        graph = changed(graph, chance)
        assert adds(PrefixAdder(6, graph=graph, form=chance.choice(forms(6))), addends)


@pytest.mark.parametrize("propagation", PROPAGATIONS)
def test_a_wrong_gate_is_seen(propagation: str) -> None:
    form, addends = PrefixForm(propagation=propagation, shared_halves=True, sums="xxwpp"), every_addend(5)
    text = to_rtlil(PrefixAdder(5, graph=PREFIX_FAMILIES["brent_kung"](5), form=form))
    gates = re.compile(r"cell \$(or|xor) ")
    assert len(gates.findall(text)) > 5
    for match in gates.finditer(text):
        run = Run(Netlist(text[: match.start()] + text[match.start() :].replace(match[0], "cell $and ", 1)), 2048)
        for port, numbers in zip(("a", "b", "carry_in"), zip(*addends, strict=True), strict=True):
            run.set(port, numbers)
        run.settle()
        assert run.get("sum") != [a + b + carry for a, b, carry in addends]


def test_the_forms_are_different_hardware() -> None:
    graph = PREFIX_FAMILIES["sklansky"](8)
    texts = [to_rtlil(PrefixAdder(8, graph=graph, form=form)) for form in forms(8)]
    assert len(set(texts)) == len(set(forms(8))) - 6, "nothing and all exclusive ors are the same"


def test_another_form_or_width_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"^PrefixForm: propagation must be one of either, exclusive, ling, not 'kill'$"
    ):
        PrefixForm(propagation="kill")
    with pytest.raises(ValueError, match=r"^PrefixForm: sums must be letters of xwp, not 'xxy'$"):
        PrefixForm(sums="xxy")
    with pytest.raises(ValueError, match=r"^PrefixAdder: width must be at least 1 bit, not 0$"):
        PrefixAdder(0, graph=((), (0,)))
