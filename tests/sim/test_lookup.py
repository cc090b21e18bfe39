"""Table lookup against scipy's own bilinear interpolation and extrapolation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import RegularGridInterpolator

from sim.cells import Table
from sim.lookup import Pack, interpolate


def table(rows: int, columns: int, seed: int) -> Table:
    draw = np.random.default_rng(seed)
    return Table(
        first=np.cumsum(draw.uniform(1, 50, rows)),
        second=np.cumsum(draw.uniform(1, 9, columns)),
        values=draw.uniform(1, 100, (rows, columns)),
    )


@pytest.mark.parametrize(("rows", "columns"), [(4, 4), (2, 2), (7, 3), (2, 8)])
def test_one_and_many_lookups_agree_with_scipy(rows: int, columns: int) -> None:
    one, other = table(rows, columns, 1), table(5, 6, 2)
    oracle = RegularGridInterpolator((one.first, one.second), one.values, bounds_error=False, fill_value=None)
    draw = np.random.default_rng(3)
    slews = np.concatenate([draw.uniform(-20, 400, 200), one.first])
    loads = np.concatenate([draw.uniform(-5, 80, 200), np.resize(one.second, rows)])
    expected = oracle(np.stack([slews, loads], axis=1))
    assert [interpolate(one, *pair) for pair in zip(slews, loads, strict=True)] == pytest.approx(expected, rel=1e-9)
    # In a pack, the rows of a small table are padded to the size of the largest: nothing of that may show.
    lines = Pack([other, one]).cut(np.ones(len(slews), dtype=np.intp), loads)
    assert lines.at(0, len(slews), slews) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 4), (4, 1)])
def test_an_axis_of_one_entry_does_not_matter(rows: int, columns: int) -> None:
    one = table(rows, columns, 4)
    slews, loads = np.array([3.0, 70.0, 500.0]), np.array([1.0, 20.0, 99.0])
    expected = [
        float(np.interp(loads[i], one.second, one.values[0]))
        if rows == 1 and columns > 1 and one.second[0] <= loads[i] <= one.second[-1]
        else interpolate(one, slews[i], loads[i])
        for i in range(3)
    ]
    lines = Pack([table(5, 6, 2), one]).cut(np.ones(3, dtype=np.intp), loads)
    assert lines.at(0, 3, slews) == pytest.approx(expected)
    if rows == columns == 1:
        assert expected == pytest.approx([one.values[0, 0]] * 3)
