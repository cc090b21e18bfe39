"""Small neural networks: each hidden neuron keeps its strongest inputs and becomes a table, the output a threshold.

After the hidden layer is binary, the output layer is learnt anew on what the tables really give.
"""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from hdlgen.network import Network
from search.portfolio.gates import at_least, table, weighted_sum
from search.portfolio.method import Method
from search.portfolio.study import Study

__all__ = ["METHOD"]

_EXAMPLES = 150_000
"""So many are shown in all, one more often where there are few."""
_KEPT = 8
"""Inputs of a neuron."""
_LEVELS = 15
"""The largest weight of the output layer."""


def _make(study: Study, variant: str) -> Network | None:
    cases = study.rest
    if cases.answers.min() == cases.answers.max():
        return None
    inputs = cases.inputs.astype(np.float32) * 2 - 1
    neurons = int(variant)
    rounds = int(np.clip(_EXAMPLES // len(cases), 30, 300))
    network = MLPClassifier((neurons,), activation="tanh", alpha=1e-3, max_iter=rounds, random_state=study.seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(inputs, cases.answers)
    weights, biases = network.coefs_[0], network.intercepts_[0]
    kept = min(_KEPT, cases.width)
    chosen = np.argsort(-np.abs(weights), axis=0, kind="stable")[:kept].T
    places = (np.arange(1 << kept)[:, None] >> np.arange(kept)) & 1
    tables = [(places * 2 - 1) @ weights[chosen[one], one] + biases[one] > 0 for one in range(neurons)]
    hidden = np.stack(
        [tables[one][cases.inputs[:, chosen[one]] @ (1 << np.arange(kept))] for one in range(neurons)], axis=1
    )
    last = LogisticRegression(C=0.3, max_iter=300).fit(hidden, cases.answers)
    scale = _LEVELS / max(float(np.abs(last.coef_).max()), 1e-9)
    whole = np.round(last.coef_[0] * scale).astype(np.int64)
    builder = study.builder()
    terms = [
        (int(whole[one]), table(builder, [builder.input(int(bit)) for bit in chosen[one]], tables[one].tolist()))
        for one in range(neurons)
    ]
    bits, offset = weighted_sum(builder, terms)
    bound = int(np.ceil(-float(last.intercept_[0]) * scale)) - offset
    return study.network(builder, at_least(builder, bits, bound))


METHOD = Method(name="neural", variants=("12", "32"), make=_make)
