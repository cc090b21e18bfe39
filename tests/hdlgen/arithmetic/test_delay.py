"""Delay estimates: their order is what places registers."""

from __future__ import annotations

from hdlgen.arithmetic.delay import FULL_ADDER, MULTIPLEXER, adder_delay, choice_delay


def test_adders_stand_in_the_order_of_their_depth() -> None:
    for width in (8, 16, 32, 64):
        fast = adder_delay("sklansky", width)
        assert fast == adder_delay("kogge_stone", width)
        assert fast < adder_delay("brent_kung", width) < adder_delay("ripple", width)


def test_a_ripple_adder_costs_a_full_adder_a_bit() -> None:
    assert abs(adder_delay("ripple", 20) - adder_delay("ripple", 12) - 8 * FULL_ADDER) < 1e-9


def test_choosing_costs_a_level_for_each_doubling() -> None:
    assert [choice_delay(choices) / MULTIPLEXER for choices in (0, 1, 2, 3, 4, 5, 8, 9)] == [0, 0, 1, 2, 2, 3, 3, 4]
