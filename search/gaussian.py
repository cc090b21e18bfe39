"""Gaussian-process regression in the unit cube: a relevance a dimension, fitted in milliseconds, extended by one."""

from __future__ import annotations

import copy

import numpy as np
from scipy.linalg import lapack, solve_triangular
from scipy.optimize import minimize

from search.pareto import Floats

__all__ = ["GaussianProcess", "Prediction"]

_ROOT = np.sqrt(5.0)
_JITTER = 1e-8


class GaussianProcess:
    """A Gaussian process with a Matern-5/2 kernel, one length a dimension, a constant mean, noise.

    Hyper-parameters are those most probable under weak priors, which keep few points from being read too much into;
    each fit starts from the last one. The mean is integrated over (generalised least squares). Written here,
    because scikit-learn's takes 30 to 45 ms of 20 to 60 points in nine dimensions, this one 1 to 3, and there are two
    fits a decision; and because a believed point is a rank-one update here.

    Source: Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, algorithm 2.1, eq. 5.8 and 5.9.
    """

    LENGTH, LENGTH_SPREAD = (
        0.35,
        1.0,
    )  # of the prior: length over the root of the dimensions; deviation of its logarithm
    SCALE_SPREAD = 1.5
    NOISE, NOISE_SPREAD = 1e-2, 1.5
    ITERATIONS, TOLERANCE = 25, 1e-4
    """Steps of a fit at most, and the relative gain below which it ends: a thousandth of a nat decides nothing."""

    def __init__(self, dimensions: int) -> None:
        self._dimensions = dimensions
        length = np.log(self.LENGTH * np.sqrt(dimensions))
        self._prior = np.concatenate([np.full(dimensions, length), [0.0, np.log(self.NOISE)]])
        spread = np.concatenate([np.full(dimensions, self.LENGTH_SPREAD), [self.SCALE_SPREAD, self.NOISE_SPREAD]])
        self._precision = 1.0 / spread**2
        self.theta = self._prior.copy()
        """Logarithms of the lengths, of the variance, of the noise's variance."""

    def fit(self, inputs: Floats, targets: Floats, *, fresh: bool = False) -> None:
        """Find the hyper-parameters.

        Args:
            inputs: shape (points, dimensions), in the unit cube.
            targets: shape (points,), of mean near 0 and deviation near 1.
            fresh: start from the prior too, so that a bad fit is left behind.
        """
        gaps = np.array([np.subtract.outer(column, column).reshape(-1) ** 2 for column in inputs.T])
        starts = [self.theta, self._prior] if fresh else [self.theta]
        options = {"maxiter": self.ITERATIONS, "maxcor": 12, "ftol": self.TOLERANCE}
        bounds = [(-6.0, 6.0)] * self._dimensions + [(-8.0, 4.0), (-12.0, 1.0)]
        found = [
            minimize(self._loss, start, (gaps, targets), jac=True, method="L-BFGS-B", bounds=bounds, options=options)
            for start in starts
        ]
        self.theta = np.asarray(min(found, key=lambda one: float(one.fun)).x)

    def _loss(self, theta: Floats, gaps: Floats, targets: Floats) -> tuple[float, Floats]:
        """Give the negative logarithm of the posterior of hyper-parameters, up to a constant, and its gradient."""
        d, n = self._dimensions, len(targets)
        weights = np.exp(-2 * theta[:d])
        variance, noise = np.exp(theta[d]), np.exp(theta[d + 1])
        root = _ROOT * np.sqrt(weights @ gaps)
        decay = variance * np.exp(-root)
        kernel = (1 + root + root * root / 3) * decay
        matrix = kernel.reshape(n, n).copy()
        matrix.flat[:: n + 1] += noise + _JITTER
        lower, failed = lapack.dpotrf(matrix, lower=1)
        if failed:
            return 1e12, np.zeros_like(theta)
        inverse, _ = lapack.dpotri(lower, lower=1)  # its lower half; above stand zeros, as in `lower`
        inverse = inverse + inverse.T
        inverse.flat[:: n + 1] *= 0.5
        sums = inverse.sum(axis=0)
        mean = sums @ targets / sums.sum()
        alpha = inverse @ (targets - mean)
        away = theta - self._prior
        loss = 0.5 * (targets - mean) @ alpha + np.log(np.diag(lower)).sum() + 0.5 * away @ (self._precision * away)
        outer = np.outer(alpha, alpha) - inverse
        flat = outer.reshape(-1)
        gradient = self._precision * away
        gradient[:d] -= 0.5 * (5 / 3) * weights * (gaps @ (flat * (1 + root) * decay))
        gradient[d] -= 0.5 * flat @ kernel
        gradient[d + 1] -= 0.5 * noise * np.trace(outer)
        return float(loss), gradient

    def shrunk(self, back: float) -> GaussianProcess:
        """Give this process with its hyper-parameters moved towards the prior: 0 for not at all, 1 for the prior."""
        other = copy.copy(self)
        other.theta = self.theta + back * (self._prior - self.theta)
        return other

    def predict(self, inputs: Floats, targets: Floats, candidates: Floats) -> Prediction:
        """Predict candidates, shape (candidates, dimensions), from what is known."""
        return Prediction(self, inputs, targets, candidates)

    def covariance(self, left: Floats, right: Floats) -> Floats:
        """Give the kernel between rows, shape (left, right)."""
        d = self._dimensions
        lengths = np.exp(-self.theta[:d]).astype(left.dtype)
        a, b = left * lengths, right * lengths
        # In place: fresh arrays of this size cost more, in pages of memory, than what is calculated in them.
        root = (a * a).sum(axis=1)[:, np.newaxis] + (b * b).sum(axis=1)
        part = a @ b.T
        part *= 2
        root -= part
        root *= 5
        np.sqrt(np.maximum(root, 0.0, out=root), out=root)
        np.multiply(root, root, out=part)
        part /= 3
        decay = np.exp(-root)
        root += 1
        root += part
        root *= decay
        root *= left.dtype.type(self.variance)
        return np.asarray(root)

    @property
    def variance(self) -> float:
        """The prior variance of a figure."""
        return float(np.exp(self.theta[self._dimensions]))

    @property
    def noise(self) -> float:
        """The variance of what is measured around the figure."""
        return float(np.exp(self.theta[self._dimensions + 1])) + _JITTER


class Prediction:
    """Means and deviations of candidates, which a further observation updates in one pass over them."""

    def __init__(self, process: GaussianProcess, inputs: Floats, targets: Floats, candidates: Floats) -> None:
        self._process = process
        self._inputs = inputs
        self._candidates = candidates
        matrix = process.covariance(inputs, inputs)
        matrix.flat[:: len(inputs) + 1] += process.noise
        self._lower = np.linalg.cholesky(matrix)
        white = solve_triangular(self._lower, np.column_stack([targets, np.ones(len(inputs))]), lower=True)
        self.mean_level = float(white[:, 0] @ white[:, 1] / (white[:, 1] @ white[:, 1]))
        self._residual = white[:, 0] - self.mean_level * white[:, 1]
        inverse = solve_triangular(self._lower, np.eye(len(inputs)), lower=True).astype(candidates.dtype)
        self._whitened = inverse @ process.covariance(inputs.astype(candidates.dtype), candidates)
        self.means = self.mean_level + self._residual.astype(candidates.dtype) @ self._whitened
        self._variances = process.variance - np.einsum("ij,ij->j", self._whitened, self._whitened)

    @property
    def deviations(self) -> Floats:
        """Deviations of the figures themselves, without noise."""
        deviations: Floats = np.sqrt(np.maximum(self._variances, 1e-10))
        return deviations

    def believe(self, place: int, value: float) -> None:
        """Take one candidate as observed: with its own mean, nothing but the deviations around it changes."""
        process = self._process
        point = self._candidates[place : place + 1]
        column = self._whitened[:, place]
        pivot = np.sqrt(max(self._variances[place], 0.0) + process.noise)
        row = (process.covariance(point, self._candidates)[0] - column @ self._whitened) / pivot
        step = (value - self.means[place]) / pivot
        self.means = self.means + step * row
        self._variances = self._variances - row * row
        self._whitened = np.concatenate([self._whitened, row[np.newaxis]])
