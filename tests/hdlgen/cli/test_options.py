"""Ranges of numbers on the command line."""

from __future__ import annotations

import pytest

from hdlgen.cli.options import check_range
from hdlgen.errors import InputError


def test_what_is_in_range_passes() -> None:
    for value in (None, 2, 5):
        check_range("--n", value, 2, 5)
    check_range("--n", 10**9, 2)


@pytest.mark.parametrize(
    ("value", "most", "message"),
    [
        (1, 5, "--n must be 2 to 5, not 1"),
        (6, 5, "--n must be 2 to 5, not 6"),
        (1, None, "--n must be at least 2, not 1"),
    ],
)
def test_what_is_not_is_refused(value: int, most: int | None, message: str) -> None:
    with pytest.raises(InputError) as error:
        check_range("--n", value, 2, most)
    assert str(error.value) == message
