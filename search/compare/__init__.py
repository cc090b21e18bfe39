"""Strategies side by side on the same problems from the same starts, with figures that can be believed."""

from __future__ import annotations

from search.compare.document import describe
from search.compare.entrants import Entrant, read_entrants
from search.compare.html import write_page
from search.compare.problem import Problem, Remembering
from search.compare.results import Comparison, Setting
from search.compare.store import TrialStore
from search.compare.trial import Rules, Trial, run_trial

__all__ = [
    "Comparison",
    "Entrant",
    "Problem",
    "Remembering",
    "Rules",
    "Setting",
    "Trial",
    "TrialStore",
    "describe",
    "read_entrants",
    "run_trial",
    "write_page",
]
