"""Learning from a fixed file of examples: a portfolio of methods, of which validation chooses."""

from __future__ import annotations

from search.portfolio.cases import Cases
from search.portfolio.methods import METHODS
from search.portfolio.outputs import held_out, join, learn_outputs
from search.portfolio.portfolio import Candidate, Outcome, Settings, finish, learn_cases, try_methods

__all__ = [
    "METHODS",
    "Candidate",
    "Cases",
    "Outcome",
    "Settings",
    "finish",
    "held_out",
    "join",
    "learn_cases",
    "learn_outputs",
    "try_methods",
]
