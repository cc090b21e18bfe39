"""Gaussian processes, against scikit-learn's with the same hyper-parameters."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import check_grad
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern

from search.gaussian import GaussianProcess
from search.pareto import Floats


def known(seed: int, points: int = 20, dimensions: int = 3) -> tuple[Floats, Floats]:
    random = np.random.default_rng(seed)
    inputs = random.integers(0, 5, size=(points, dimensions)) / 4
    targets = np.sin(4 * inputs[:, 0]) + 0.5 * inputs[:, 1] + 0.01 * random.standard_normal(points)
    return inputs, (targets - targets.mean()) / targets.std()


def peer(process: GaussianProcess) -> GaussianProcessRegressor:
    """Make scikit-learn's process of the same hyper-parameters; its mean is 0."""
    lengths = np.exp(process.theta[:-2])
    kernel = ConstantKernel(process.variance) * Matern(length_scale=lengths, nu=2.5)
    return GaussianProcessRegressor(kernel, alpha=process.noise, optimizer=None)


@pytest.mark.parametrize("seed", range(3))
def test_predictions_are_those_of_scikit_learn(seed: int) -> None:
    inputs, targets = known(seed)
    process = GaussianProcess(3)
    process.fit(inputs, targets)
    candidates = np.random.default_rng(9).random((50, 3))
    found = process.predict(inputs, targets, candidates)
    other = peer(process).fit(inputs, targets - found.mean_level)
    means, deviations = other.predict(candidates, return_std=True)
    assert np.allclose(found.means, means + found.mean_level, atol=1e-6)
    assert np.allclose(found.deviations, deviations, atol=1e-5)
    quick = process.predict(inputs, targets, candidates.astype(np.float32))
    assert quick.means.dtype == np.float32
    assert np.allclose(quick.means, found.means, atol=2e-3)
    assert np.allclose(quick.deviations, found.deviations, atol=2e-2)


def test_the_gradient_is_that_of_the_loss() -> None:
    inputs, targets = known(4)
    process = GaussianProcess(3)
    gaps = np.array([np.subtract.outer(column, column).reshape(-1) ** 2 for column in inputs.T])
    for seed in range(3):
        theta = process.theta + np.random.default_rng(seed).normal(0, 0.5, len(process.theta))
        # The mean is profiled out: at its best value the loss is flat in it, so that the gradient is whole.
        away = check_grad(
            lambda t: process._loss(t, gaps, targets)[0], lambda t: process._loss(t, gaps, targets)[1], theta
        )
        assert away < 1e-4 * (1 + np.abs(process._loss(theta, gaps, targets)[1]).max())


def test_a_fit_finds_which_dimension_matters() -> None:
    inputs, targets = known(5, points=40)
    process = GaussianProcess(3)
    process.fit(inputs, targets, fresh=True)
    first, _, idle = process.theta[:3]
    assert idle > first + 1.0
    assert process.noise < 0.05


def test_believing_is_the_same_as_predicting_anew() -> None:
    inputs, targets = known(6)
    process = GaussianProcess(3)
    process.theta = process.theta + 0.3
    candidates = np.random.default_rng(2).random((30, 3))
    found = process.predict(inputs, targets, candidates)
    level = found.mean_level
    found.believe(7, 1.25)
    whole = peer(process).fit(np.vstack([inputs, candidates[7]]), np.append(targets, 1.25) - level)
    means, deviations = whole.predict(candidates, return_std=True)
    assert np.allclose(found.means, means + level, atol=1e-6)
    assert np.allclose(found.deviations, deviations, atol=1e-5)


def test_equal_inputs_and_constant_targets_are_survived() -> None:
    inputs = np.zeros((6, 2))
    process = GaussianProcess(2)
    process.fit(inputs, np.zeros(6))
    found = process.predict(inputs, np.zeros(6), np.array([[0.0, 0.0], [1.0, 1.0]]))
    assert np.isfinite(found.means).all()
    assert (found.deviations > 0).all()


def test_shrinking_goes_half_way_to_the_prior() -> None:
    inputs, targets = known(7)
    process = GaussianProcess(3)
    prior = process.theta.copy()
    process.fit(inputs, targets)
    assert np.allclose(process.shrunk(0.5).theta, (process.theta + prior) / 2)
    assert np.array_equal(process.shrunk(0.0).theta, process.theta)
