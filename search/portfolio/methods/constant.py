"""The answer that most examples have: what everything else must beat."""

from __future__ import annotations

from hdlgen.network import FALSE, TRUE, Network
from search.portfolio.method import Method
from search.portfolio.study import Study

__all__ = ["METHOD"]


def _make(study: Study, variant: str) -> Network | None:
    builder = study.builder()
    return builder.network([TRUE if 2 * int(study.cases.answers.sum()) > len(study.cases) else FALSE])


METHOD = Method(name="constant", variants=("majority",), make=_make)
