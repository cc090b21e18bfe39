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
    """

    BACK = (0.0, 0.5)
    """How far towards the prior each view of a process stands."""
    PATIENCE = 60
    """Points up to which each tell is followed by a fit; from there on, each growth by a twentieth."""

    def __init__(self, objectives: int) -> None:
        self._objectives = objectives
        self._processes: list[GaussianProcess] = []
        self._fitted = 0
        self._inputs: Floats = np.zeros((0, 0))
        self._targets: Floats = np.zeros((0, objectives))

    def learn(self, inputs: Floats, targets: Floats) -> None:
        """Fit the hyper-parameters, where enough is new."""
        self._inputs, self._targets = inputs, targets
        if not self._processes:
            self._processes = [GaussianProcess(inputs.shape[1]) for _ in range(self._objectives)]
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
        return _Gaussians(
            [
                process.shrunk(back).predict(self._inputs, column, candidates)
                for process, column in zip(self._processes, self._targets.T, strict=True)
            ]
        )


class _Gaussians:
    """A prediction an objective, side by side."""

    def __init__(self, predictions: Sequence[Prediction]) -> None:
        self._predictions = predictions

    @property
    def means(self) -> Floats:
        return np.column_stack([prediction.means for prediction in self._predictions])

    @property
    def deviations(self) -> Floats:
        return np.column_stack([prediction.deviations for prediction in self._predictions])

    def believe(self, place: int, values: Floats) -> None:
        for prediction, value in zip(self._predictions, values, strict=True):
            prediction.believe(place, float(value))


class SurrogateSearch(ModelSearch):
    """Model each objective by a Gaussian process, a length a knob, and ask where the front should gain most."""

    def __init__(self, space: Space, objectives: Sequence[Objective], *, seed: int) -> None:
        super().__init__(space, objectives, seed=seed, model=GaussianModel(len(objectives)))
