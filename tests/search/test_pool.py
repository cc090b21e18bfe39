"""Pools, against the space's own enumeration and encoding."""

from __future__ import annotations

import numpy as np
import pytest

from hdlgen.space import Knob, Space
from search import pool
from search.pool import Pool
from tests.search.toy import TOY

LISTED = Space(knobs=tuple(Knob(name=k.name, choices=k.choices) for k in TOY.knobs), listed=tuple(TOY.sample(30, 4)))


@pytest.mark.parametrize("space", [TOY, LISTED], ids=["conditions", "listed"])
def test_a_pool_holds_the_space_in_its_order(space: Space) -> None:
    held = Pool(space, seed=1)
    points = list(space.enumerate())
    assert held.whole
    assert [held.point(place) for place in range(len(held))] == points
    assert np.allclose(held.rows, [space.encode(point) for point in points])
    assert held.join(points[5:9]) == [5, 6, 7, 8]
    assert held.free.all()


def test_true_is_not_one() -> None:
    space = Space(knobs=(Knob(name="a", choices=(1, True, 0, False)),))
    held = Pool(space, seed=1)
    assert [type(held.point(place)["a"]) for place in range(4)] == [int, bool, int, bool]
    assert held.join(list(space.enumerate())) == [0, 1, 2, 3]


@pytest.mark.parametrize("listed_below", [0, 1000])
def test_a_large_space_is_sampled_and_others_join(monkeypatch: pytest.MonkeyPatch, listed_below: int) -> None:
    monkeypatch.setattr(pool, "WHOLE", 100)
    monkeypatch.setattr(pool, "SAMPLE", 20)
    monkeypatch.setattr(pool, "_LISTED", listed_below)
    held = Pool(TOY, seed=1)
    sample = [held.point(place) for place in range(len(held))]
    assert not held.whole
    assert len(set(sample)) == 20
    assert all(TOY.contains(point) for point in sample)
    fresh = next(point for point in TOY.enumerate() if point not in sample)
    assert held.join([sample[3], fresh, fresh]) == [3, 20, 20]
    assert held.point(20) == fresh
    assert held.rows.shape == (21, 5)
    assert held.take(20)
    assert not held.take(20)
    assert not held.free[20]
