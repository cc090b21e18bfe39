"""Coverage: a record that keeps its own rules and comes back from JSON as it went."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hdlgen.coverage import Coverage

SOME = Coverage(
    nets=10,
    toggled=9,
    input_waits=3,
    input_gaps=2,
    output_stalls=4,
    back_to_back=5,
    corners=8,
    corners_seen=8,
    pairs=16,
    pairs_seen=4,
    long_tokens=100,
)


def test_it_says_shares_and_counts() -> None:
    assert SOME.text == (
        "90.0 % of nets rose and fell, 3 cycles of waiting tokens, 4 of stalled results, 5 results back to back,"
        " 100.0 % of operand corners, 25.0 % of their pairs, 100 more results compared"
    )
    assert Coverage.from_dict(SOME.as_dict()) == SOME


def test_a_part_is_no_more_than_the_whole() -> None:
    with pytest.raises(ValueError, match="^Coverage: toggled must be 0 to nets, not 11$"):
        replace(SOME, toggled=11)
    with pytest.raises(KeyError):
        Coverage.from_dict({"nets": 1})
