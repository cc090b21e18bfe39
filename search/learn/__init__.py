"""Learners: from an oracle that answers queries to a network of AND gates."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from search.learn.learner import Learning, Learnt, Settings, Stage
from search.learn.seeds import News, learn_seeds, smallest

__all__ = ["LEARNERS", "Learning", "Learnt", "News", "Settings", "Stage", "learn_seeds", "smallest"]

LEARNERS: Mapping[str, Callable[..., Learning]] = {"queries": Learning}
"""By name: what makes a learner of an oracle, a seed and settings; its `run` gives what was learnt."""
