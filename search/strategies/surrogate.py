"""Gaussian processes and the exact expected gain of hypervolume over the whole valid pool."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hdlgen.evaluation import Objective
from hdlgen.space import Space
from search.gaussian import GaussianProcess, Prediction
from search.model_search import Belief, ModelSearch
from search.pareto import Floats

__all__ = ["GaussianModel", "SurrogateSearch"]


class GaussianModel:
    """A Gaussian process an objective, each seen twice: with its fitted hyper-parameters, and with them half way back.

    Few points fit many hyper-parameters; averaging the gain over the fit and over one nearer to the prior keeps the
    search from trusting lengths that a dozen points have suggested.

    What experience expects of each cost, the columns beyond the knobs, gives the processes their mean, as far as what
    is measured bears it out; the processes learn what differs from it, knob by knob.
    """

    BACK = (0.0, 0.5)
    """How far towards the prior each view of a process stands."""
    PATIENCE = 24
    """Points up to which each tell is followed by a fit; from there on, each growth by a twentieth."""

    def __init__(self, objectives: int, *, knobs: int) -> None:
        self._objectives = objectives
        self._knobs = knobs
        self._trend = _Trend(np.zeros((1, 0)), np.zeros((1, objectives)))
        self._processes: list[GaussianProcess] = []
        self._fitted = 0
        self._inputs: Floats = np.zeros((0, 0))
        self._targets: Floats = np.zeros((0, objectives))

    def learn(self, inputs: Floats, targets: Floats) -> None:
        """Fit the hyper-parameters, where enough is new."""
        self._trend = _Trend(inputs[:, self._knobs :], targets)
        inputs, targets = inputs[:, : self._knobs], targets - self._trend(inputs[:, self._knobs :])
        self._inputs, self._targets = inputs, targets
        if not self._processes:
            self._processes = [GaussianProcess(self._knobs) for _ in range(self._objectives)]
        count = len(inputs)
        if count <= self.PATIENCE or count >= 1.05 * self._fitted:
            for process, column in zip(self._processes, targets.T, strict=True):
                process.fit(inputs, column, fresh=count // 10 != self._fitted // 10)
            self._fitted = count

    def beliefs(self, candidates: Floats) -> list[Belief]:
        """Predict by each view."""
        return [self._view(back, candidates) for back in self.BACK]

    def screening(self, candidates: Floats) -> Belief:
        """Predict by the first view, in single precision."""
        return self._view(self.BACK[0], candidates.astype(np.float32))

    def _view(self, back: float, candidates: Floats) -> _Gaussians:
        knobs, expected = candidates[:, : self._knobs], candidates[:, self._knobs :]
        predictions = [
            process.shrunk(back).predict(self._inputs, column, knobs)
            for process, column in zip(self._processes, self._targets.T, strict=True)
        ]
        return _Gaussians(predictions, self._trend(expected) if expected.shape[1] else None)


class _Trend:
    """A linear function of what was expected; before anything is known of it, that very expectation, made smaller."""

    FAITH = 0.5
    """What the expectation is multiplied with at first."""
    RIDGE = 1.0
    """How much data, in points, it takes to leave that."""

    def __init__(self, expected: Floats, targets: Floats) -> None:
        self._middle = expected.mean(axis=0)
        known = expected - self._middle
        square = known.T @ known + self.RIDGE * np.eye(known.shape[1])
        first = self.RIDGE * self.FAITH * np.eye(known.shape[1], targets.shape[1])
        self._weights = np.linalg.solve(square, known.T @ targets + first)

    def __call__(self, expected: Floats) -> Floats:
        return np.asarray((expected - self._middle) @ self._weights)


class _Gaussians:
    """A prediction an objective, side by side."""

    def __init__(self, predictions: Sequence[Prediction], trend: Floats | None) -> None:
        self._predictions = predictions
        self._trend = trend

    @property
    def means(self) -> Floats:
        means = np.column_stack([prediction.means for prediction in self._predictions])
        return means if self._trend is None else means + self._trend

    @property
    def deviations(self) -> Floats:
        return np.column_stack([prediction.deviations for prediction in self._predictions])

    def believe(self, place: int, values: Floats) -> None:
        apart = values if self._trend is None else values - self._trend[place]
        for prediction, value in zip(self._predictions, apart, strict=True):
            prediction.believe(place, float(value))


class SurrogateSearch(ModelSearch):
    """Model each objective by a Gaussian process, a length a knob, and ask where the front should gain most."""

    def __init__(self, space: Space, objectives: Sequence[Objective], *, seed: int) -> None:
        knobs = len(space.knobs)
        super().__init__(space, objectives, seed=seed, model=lambda: GaussianModel(len(objectives), knobs=knobs))
