"""Search by models: predict every candidate's costs from what is known and ask where the front would gain most."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr
from threadpoolctl import ThreadpoolController

from hdlgen.evaluation import Evaluation, Objective
from hdlgen.space import Point, Space
from search.experience import Experience
from search.gaussian import GaussianProcess
from search.improvement import expected_improvement
from search.pareto import Floats, costs, ranks
from search.pool import Pool
from search.transform import deviations, logarithmic, softened, standardised

__all__ = ["Belief", "Features", "Model", "ModelSearch"]

Features = Callable[[Point], Sequence[float]]
"""Cheap facts of a point, as many of each, finite, known before it is measured."""

Places = npt.NDArray[np.int64]


@functools.cache
def _threads() -> ThreadpoolController:
    """Find the libraries of linear algebra once."""
    return ThreadpoolController()


class Belief(Protocol):
    """What a model believes of candidates: Gaussians, objectives independent of each other."""

    @property
    def means(self) -> Floats:
        """Expected costs, shape (candidates, objectives)."""

    @property
    def deviations(self) -> Floats:
        """Their deviations, positive, of the same shape."""

    def believe(self, place: int, values: Floats) -> None:
        """Go on as if a candidate had been measured with these costs."""


class Model(Protocol):
    """Learns costs from rows of numbers: knobs in the unit cube, and beside them what experience expects of each cost.

    That is in the unit of the targets, up to a constant, in as many columns as there are targets, or in none.
    """

    def learn(self, inputs: Floats, targets: Floats) -> None:
        """Take in all that is known: shapes (points, columns) and (points, objectives), targets standardised."""

    def beliefs(self, candidates: Floats) -> list[Belief]:
        """Predict candidates, shape (candidates, columns): one belief or several equally probable ones."""

    def screening(self, candidates: Floats) -> Belief:
        """Predict as many candidates as may be, quickly."""


class ModelSearch:
    """Open with points that know nothing of each other, then ask where the expected gain of hypervolume is largest.

    Costs are logarithmic, standardised and softened on their bad side; the gain counts up to a little beyond the worst
    known. It is weighed with the probability that a point is feasible, learnt as soon as one is not. Within a batch
    each chosen point is believed to measure as expected before the next one is chosen (kriging believer). Candidates
    are the whole space up to `pool.WHOLE` points; above, a sample, the neighbours of the front, and those of the best
    candidates, a few steps far. The opening is the default point and two random ones: fewer than usual, for where
    little is known the gain is largest anyway. Where experience says anything of the space, the opening is the points
    that it expects to make up the front, as many as there are objectives and one, or as fill the first batch.

    Source: Jones, Schonlau and Welch, J. Global Optimization 13, 1998, 455-492; Ginsbourger, Le Riche and Carraro, 2010
        (kriging believer); Gardner et al., ICML 2014 (constraints).
    """

    OPENING = 3
    HOPES = 16
    """Points of the expected front at most that can open a search."""
    DOUBT = 0.25
    """How far effects of choices differ from design to design, as a share of them, roughly."""
    MARGIN = 0.1
    SHORT = 2_000
    """How many candidates, the best of a quick look at all, are looked at exactly and again within a batch."""
    INFORMED = 24
    """How many of them, where there are facts to ask for, which experience can read."""
    ASCENT = 3
    """Steps to neighbours, and how many candidates each is made from, where the space is too large for the pool."""

    def __init__(self, space: Space, objectives: Sequence[Objective], *, seed: int, model: Callable[[], Model]) -> None:
        self._space = space
        self._objectives = tuple(objectives)
        self._model = model()
        self._informed = model()
        self._experience: Experience | None = None
        self._effects: list[Floats] = []
        self._features: Features | None = None
        self._described: dict[int, Floats] = {}
        random = np.random.default_rng(seed)
        self._pool = Pool(space, seed=int(random.integers(2**63)))
        self._sample = len(self._pool)
        self._default = self._pool.join([space.default()])[0]
        self._hopes: Iterator[int] = iter(())
        self._opening = iter(self._pool.join(space.sample(self.OPENING, int(random.integers(2**63)))))
        self._opens = self.OPENING
        shuffled = space.shuffled(int(random.integers(2**63)))
        self._reserve = (self._pool.join([point])[0] for point in shuffled)
        self._random = random
        self._known: dict[int, Evaluation] = {}
        self._taken = 0
        self._own: set[int] = set()
        self._near: dict[int, list[int]] = {}

    def expect(self, experience: Experience, features: Features | None) -> None:
        """Begin with what other designs taught; nothing changes where it says nothing of this space."""
        effects = [experience.of_choices(knob, self._objectives) for knob in self._space.knobs]
        effects = [effect - effect.mean(axis=0) for effect in effects]
        if not any(effect.any() for effect in effects):
            return
        self._experience, self._effects, self._features = experience, effects, features
        self._hopes = iter(self._expected_front())
        self._opens = len(self._objectives) + 2

    def _expected_front(self) -> list[int]:
        """List what should make up the front: the best of each objective, then what adds most to those before it.

        How far effects can be trusted differs from design to design: they are shaken, so that seeds differ, too.
        """
        shaken = [effect * (1 + self.DOUBT * self._random.standard_normal(effect.shape)) for effect in self._effects]
        expected = standardised(self._summed(shaken, np.arange(self._sample)))
        reference, sure = expected.max(axis=0) + self.MARGIN, np.full_like(expected, 1e-6)
        chosen = list(dict.fromkeys(map(int, expected.argmin(axis=0))))
        while len(chosen) < self.HOPES:
            gain = expected_improvement(expected, sure, expected[chosen], reference)
            gain[chosen] = 0.0
            if not gain.max() > 1e-6:
                break
            chosen.append(int(np.argmax(gain)))
        return chosen

    def recall(self, evaluations: Sequence[Evaluation]) -> None:
        """Learn from an earlier run; its points may be asked for again, and count for the front only then."""
        for place, evaluation in zip(self._pool.join(e.point for e in evaluations), evaluations, strict=True):
            self._known.setdefault(place, evaluation)

    def tell(self, evaluations: Sequence[Evaluation]) -> None:
        """Learn."""
        for place, evaluation in zip(self._pool.join(e.point for e in evaluations), evaluations, strict=True):
            self._take(place)
            self._own.add(place)
            self._known[place] = evaluation

    def ask(self, count: int) -> list[Point]:
        """Give the rest of the opening, then the candidates that promise most."""
        places: list[int] = []
        if self._default not in self._known and self._pool.free[self._default]:
            places.append(self._take(self._default))  # whatever was told: it is the plainest design, often an end
        while len(places) < count and max(self._taken, len(self._known)) < self._opens:
            place = self._draw(self._opening)
            if place is None:
                break
            places.append(self._take(place))
        if len(places) < count and any(known.score is not None for known in self._known.values()):
            # One thread: the matrices are small, and sums of several threads would round differently elsewhere.
            with _threads().limit(limits=1, user_api="blas"):
                places += self._choose(count - len(places))
        while len(places) < count and (place := self._draw(self._reserve)) is not None:
            places.append(self._take(place))
        return [self._pool.point(place) for place in places]

    def _take(self, place: int) -> int:
        self._taken += self._pool.take(place)
        return place

    def _draw(self, others: Iterator[int]) -> int | None:
        """Find a free place: of the expected front, and then of the others."""
        return next((place for place in itertools.chain(self._hopes, others) if self._pool.free[place]), None)

    def _choose(self, count: int) -> list[int]:
        """Take up to `count` candidates, each where it promises most."""
        scored = [place for place, known in self._known.items() if known.score is not None]
        raw = costs((self._known[place] for place in scored), self._objectives)
        warped = logarithmic(raw)
        targets = softened(standardised(warped))
        unit = deviations(warped)
        good = np.array([place in self._own and self._known[place].feasible for place in scored], dtype=np.bool_)
        reference = targets.max(axis=0) + self.MARGIN * np.maximum(np.ptp(targets, axis=0), 1e-3)
        self._model.learn(self._rows(scored, unit), targets)
        likely = self._feasibility()
        front = targets[good]

        def gains(beliefs: Sequence[Belief], probability: Floats) -> Floats:
            gain = sum(expected_improvement(b.means, b.deviations, front, reference) for b in beliefs)
            return np.asarray(gain * probability)

        def promise(places: Places) -> Floats:
            return gains([self._model.screening(self._rows(places, unit))], likely(places))

        members = [p for p, g in zip(scored, good, strict=True) if g]
        places = self._candidates(members, front, promise)
        model, rows = self._model, self._rows
        if self._features is not None:
            places = self._best(places, promise(places), self.INFORMED)
            model, rows = self._informed, self._informed_rows
            model.learn(rows(scored, unit), targets)
        beliefs, probability = model.beliefs(rows(places, unit)), likely(places)
        chosen: list[int] = []
        while len(chosen) < min(count, len(places)):
            gain = gains(beliefs, probability)
            if not gain.max() > 0:  # nothing promises anything: then where least is known
                gain = np.sum([belief.deviations.sum(axis=1) for belief in beliefs], axis=0)
            gain[chosen] = -np.inf
            best = int(np.argmax(gain))
            chosen.append(best)
            if len(chosen) < count:
                believed = np.mean([belief.means[best] for belief in beliefs], axis=0)
                front = np.concatenate([front, believed[np.newaxis]])
                for belief in beliefs:
                    belief.believe(best, believed)
        return [self._take(int(places[best])) for best in chosen]

    def _candidates(self, members: Sequence[int], targets: Floats, promise: Callable[[Places], Floats]) -> Places:
        """List the free candidates: of a whole pool, else of a sample and around the front and the best ones."""
        if self._pool.whole:
            places = np.flatnonzero(self._pool.free)
            return places if len(places) <= self.SHORT else self._best(places, promise(places), self.SHORT)
        front = [place for place, layer in zip(members, ranks(targets), strict=True) if layer == 0]
        places = self._unasked([*range(self._sample), *self._around(front)])
        value = promise(places)
        for _ in range(self.ASCENT):
            best = places[np.argsort(-value, kind="stable")[: self.ASCENT]]
            fresh = np.setdiff1d(self._unasked(self._around(best.tolist())), places)
            if not len(fresh):
                break
            places, value = np.concatenate([places, fresh]), np.concatenate([value, promise(fresh)])
        return self._best(places, value, self.SHORT)

    @staticmethod
    def _best(places: Places, value: Floats, count: int) -> Places:
        """Make a short list of the most valuable, in the order of the places."""
        return np.sort(places[np.argsort(-value, kind="stable")[:count]])

    def _rows(self, places: Sequence[int] | Places, unit: Floats) -> Floats:
        """Give rows of knobs, and of what is expected by the choices alone."""
        rows = self._pool.rows[places]
        return np.column_stack([rows, self._summed(self._effects, places) / unit]) if self._effects else rows

    def _summed(self, effects: Sequence[Floats], places: Sequence[int] | Places) -> Floats:
        """Add up what the choices of points do to logarithmic costs."""
        positions = self._pool.positions[places].T
        return np.asarray(sum(effect[column] for effect, column in zip(effects, positions, strict=True)))

    def _informed_rows(self, places: Sequence[int] | Places, unit: Floats) -> Floats:
        """Give rows of knobs, and of what is expected by choices and facts; each point is described once."""
        assert self._experience is not None and self._features is not None
        listed = [int(place) for place in places]
        points = {place: self._pool.point(place) for place in listed if place not in self._described}
        if points:
            facts = np.array([self._features(point) for point in points.values()])
            costs_of = self._experience.of_points(list(points.values()), facts, self._objectives)
            self._described.update(zip(points, costs_of, strict=True))
        return np.column_stack([self._pool.rows[listed], np.array([self._described[place] for place in listed]) / unit])

    def _unasked(self, places: Iterable[int]) -> Places:
        listed = np.array(sorted(set(places)), dtype=np.int64)
        return listed[self._pool.free[listed]]

    def _around(self, places: Iterable[int]) -> list[int]:
        """List the places of the neighbours of some points, once each."""
        found: dict[int, None] = {}
        for place in places:
            if place not in self._near:
                self._near[place] = self._pool.join(self._space.neighbours(self._pool.point(place)))
            found.update(dict.fromkeys(self._near[place]))
        return list(found)

    def _feasibility(self) -> Callable[[Places], Floats]:
        """Learn the probability that a point is feasible: a Gaussian process on 1 and -1, read as a probit."""
        known = list(self._known)
        labels = np.array([1.0 if self._known[place].feasible else -1.0 for place in known])
        if (labels > 0).all():
            return lambda places: np.ones(len(places))
        inputs, process = self._pool.rows[known], GaussianProcess(self._pool.rows.shape[1])
        process.fit(inputs, labels)

        def probability(places: Places) -> Floats:
            predicted = process.predict(inputs, labels, self._pool.rows[places])
            spread = np.sqrt(predicted.deviations**2 + process.noise + 0.1)
            sure: Floats = np.maximum(ndtr(predicted.means / spread), 1e-6)
            return sure

        return probability
