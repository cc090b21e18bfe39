"""Searched prefix graphs: the best that `python -m benchmarks.gallery` found, by name and width, from a data file."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

from hdlgen.arithmetic.prefix_adder import PrefixForm
from hdlgen.arithmetic.prefix_families import ladner_fischer
from hdlgen.arithmetic.prefix_graph import Columns, trim, verify_columns

__all__ = ["SEARCHED", "prepare", "searched"]

SEARCHED = (
    "searched_fastest",
    "searched_fast",
    "searched_quick",
    "searched_brisk",
    "searched_even",
    "searched_lean",
    "searched_small",
    "searched_smallest",
)
"""The names, the shortest delay first."""

_PLACE = ("gallery", "adders.json")


@cache
def _read() -> dict[str, dict[int, tuple[Columns, PrefixForm]]]:
    """Read the gallery: for each name, by width, the graph and the form of its logic."""
    kept: dict[str, dict[int, tuple[Columns, PrefixForm]]] = {name: {} for name in SEARCHED}
    for entry in json.loads(files("designs").joinpath(*_PLACE).read_text(encoding="utf-8"))["graphs"]:
        columns = tuple(map(tuple, entry["columns"]))
        kept[entry["name"]][entry["width"]] = columns, PrefixForm(**entry["form"])
    return kept


def prepare() -> None:
    """Read the gallery now, where later processes are forked from."""
    _read()


@cache
def searched(name: str, width: int) -> tuple[Columns, PrefixForm]:
    """Give a searched graph and the form of its logic.

    A width that was not searched takes the next wider graph, cut; beyond the widest, a network of Ladner and Fischer.

    Raises: KeyError for a name that is not in `SEARCHED`.
    """
    kept = _read()[name]
    wider = min((wide for wide in kept if wide >= width), default=None)
    if wider is None:
        return ladner_fischer(width, slack=SEARCHED.index(name) * 4 // len(SEARCHED)), PrefixForm()
    columns, form = kept[wider]
    verify_columns(columns)
    return trim(columns, width), form
