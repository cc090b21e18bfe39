"""Rank tests against scipy, against counting all signs, and against worked examples."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.stats import rankdata, wilcoxon

from search.compare.rank_tests import holm, signed_rank


@pytest.mark.parametrize("count", [5, 6, 7, 12, 25])
def test_without_ties_p_is_scipys_exact_one(count: int) -> None:
    differences = np.random.default_rng(count).normal(0.4, 1, size=count).tolist()
    assert signed_rank(differences) == pytest.approx(wilcoxon(differences, method="exact").pvalue)


@pytest.mark.parametrize("differences", [[1, 1, -1, 2, 3, 3, 4], [0, 0, 1, 2, 2, -2], [1, 1, 1, 1, 1, 1], [-5, 5]])
def test_with_ties_and_zeros_p_is_the_share_of_all_signs(differences: list[float]) -> None:
    kept = [value for value in differences if value]
    ranks = rankdata(np.abs(kept))
    seen = min(
        sum(r for r, v in zip(ranks, kept, strict=True) if v > 0),
        sum(r for r, v in zip(ranks, kept, strict=True) if v < 0),
    )
    sums = [
        sum(r for r, sign in zip(ranks, signs, strict=True) if sign)
        for signs in itertools.product((0, 1), repeat=len(kept))
    ]
    assert signed_rank(differences) == pytest.approx(min(1.0, 2 * sum(s <= seen for s in sums) / len(sums)))


def test_the_least_p_of_six_problems_is_one_in_32() -> None:
    assert signed_rank([1, 2, 3, 4, 5, 6]) == 2 / 64
    assert signed_rank([-1, -2, -3, -4, -5, -6]) == 2 / 64


def test_no_difference_is_no_evidence() -> None:
    assert signed_rank([0, 0, 0]) == 1
    assert signed_rank([]) == 1


def test_holms_correction_of_a_worked_example() -> None:
    # 4 tests: 0.005 * 4, 0.01 * 3, 0.03 * 2, and 0.04 * 1, which may not be less than the one before.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.9]) == [1.0, 1.0]
    assert holm([]) == []
