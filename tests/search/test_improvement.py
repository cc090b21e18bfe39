"""Expected gains, against the mean gain over many draws with the hypervolume of another library."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from search.improvement import expected_improvement
from search.pareto import Floats, hypervolume

FRONTS = {
    "empty": np.zeros((0, 2)),
    "one": np.array([[0.4, 0.6]]),
    "some": np.array([[0.1, 0.9], [0.4, 0.6], [0.45, 0.2], [0.5, 0.65], [0.9, 0.1]]),  # one is dominated
    "beyond": np.array([[0.4, 0.6], [1.5, 0.0]]),
}


def drawn(mean: Floats, deviation: Floats, points: Floats, reference: Floats, draws: int = 4000) -> float:
    """Average what the volume grows by over draws of one candidate."""
    random = np.random.default_rng(3)
    before = hypervolume(points, reference)
    figures = mean + deviation * random.standard_normal((draws, len(mean)))
    return float(np.mean([hypervolume(np.vstack([points, row]), reference) - before for row in figures]))


@pytest.mark.parametrize("front", FRONTS, ids=list(FRONTS))
def test_the_gain_of_two_objectives_is_the_mean_over_draws(front: str) -> None:
    points, reference = FRONTS[front], np.array([1.0, 1.2])
    means = np.array([[0.3, 0.3], [0.8, 0.8], [0.0, 1.0], [2.0, 2.0]])
    deviations = np.array([[0.1, 0.2], [0.3, 0.1], [0.05, 0.4], [0.01, 0.01]])
    gains = expected_improvement(means, deviations, points, reference)
    for gain, mean, deviation in zip(gains, means, deviations, strict=True):
        assert gain == pytest.approx(drawn(mean, deviation, points, reference), rel=0.08, abs=2e-3)


def test_a_certain_candidate_gains_what_it_adds() -> None:
    points, reference = FRONTS["some"], np.ones(2)
    means = np.array([[0.2, 0.5], [0.6, 0.7]])
    gains = expected_improvement(means, np.full((2, 2), 1e-9), points, reference)
    added = [hypervolume(np.vstack([points, mean]), reference) - hypervolume(points, reference) for mean in means]
    assert gains == pytest.approx(added, abs=1e-6)
    assert gains[1] == pytest.approx(0.0, abs=1e-6)


def test_one_objective_is_the_known_formula() -> None:
    means, deviations = np.array([[0.5], [1.0]]), np.array([[0.2], [0.5]])
    gains = expected_improvement(means, deviations, np.array([[0.7], [0.9]]), np.array([2.0]))
    z = (0.7 - means[:, 0]) / deviations[:, 0]
    assert gains == pytest.approx(deviations[:, 0] * (z * norm.cdf(z) + norm.pdf(z)))


def test_the_estimate_of_three_objectives_ranks_as_the_volume_does() -> None:
    points = np.array([[0.2, 0.8, 0.5], [0.5, 0.5, 0.4], [0.9, 0.2, 0.3]])
    random = np.random.default_rng(1)
    means, deviations = random.random((12, 3)), 0.05 + 0.1 * random.random((12, 3))
    gains = expected_improvement(means, deviations, points, np.ones(3))
    exact = [
        drawn(mean, deviation, points, np.ones(3), 1500) for mean, deviation in zip(means, deviations, strict=True)
    ]
    assert np.corrcoef(gains, exact)[0, 1] > 0.97
    assert int(np.argmax(gains)) == int(np.argmax(exact))


def test_the_gain_of_a_model_that_repeats_what_it_saw_is_nothing() -> None:
    # The trap of one forest for all objectives: it predicts pairs that are known, with no deviation.
    points = FRONTS["some"]
    assert expected_improvement(points, np.full(points.shape, 1e-9), points, np.ones(2)).max() == pytest.approx(
        0, abs=1e-6
    )
