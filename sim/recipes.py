"""Mapping recipes: what ABC does between reading logic and writing cells; each is open to every competitor.

Chosen on four 8-lane dot products (stock, heaps of gates, heaps of adder cells) in three technologies, where each of
them is on the front of area and period somewhere. Left out, as others beat them in both: `map -a` (by `amap`), `&nf`,
`emap` (which takes ten seconds too), `if -g` and a second `dc2`. None may move a register; ABC sees none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["HASTY", "RECIPES", "Recipe"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Hold one recipe; ABC's commands stand apart by `; `.

    Args:
        mapping: from the logic as read to buffered cells.
        sizing: what then chooses among the sizes of a cell.
        summary: what it is for, in a few words.
        eased: the share of the delay that is given back for smaller cells, where there are adder cells and the whole
            netlist is therefore sized once more.
    """

    mapping: str
    sizing: str
    summary: str
    eased: float = 0.0

    @property
    def script(self) -> str:
        """Give all its commands."""
        return f"{self.mapping}; {self.sizing}"

    @property
    def for_speed(self) -> bool:
        """Tell whether the sizes are chosen for speed; otherwise they are the smallest."""
        return self.sizing == _FASTEST


_BUFFERED = "topo; buffer -c; topo"
_SPARINGLY = "topo; buffer -c -N 16; topo"
_FASTEST = "upsize; dnsize"
_SMALLEST = "dnsize -D 1000000"

RECIPES: Mapping[str, Recipe] = {
    "balanced": Recipe(
        mapping=f"strash; dch -f; amap -m; {_BUFFERED}", sizing=_FASTEST, summary="mapped for area, sized for speed"
    ),
    "fast": Recipe(
        mapping=f"strash; scorr; dc2; dch -f; map -B 0.9; {_BUFFERED}",
        sizing=_FASTEST,
        summary="restructured, mapped for speed",
    ),
    "fastest": Recipe(
        mapping=f"strash; dch -f; map -B 0.9; strash; dch -f; map -B 0.9; {_BUFFERED}",
        sizing=_FASTEST,
        summary="restructured for speed twice over, at a price in area",
    ),
    "lean": Recipe(
        mapping=f"strash; scorr; dc2; dch -f; amap -F 10 -A 10; {_SPARINGLY}",
        sizing=_FASTEST,
        summary="minimised, mapped for area, few buffers, sized for speed",
    ),
    "leanest": Recipe(
        mapping=f"strash; scorr; dc2; resub -K 6; resub -K 8; dch -f; amap -m; {_SPARINGLY}",
        sizing=_SMALLEST,
        summary="minimised, mapped for area, smallest cells",
    ),
    "spare": Recipe(
        mapping=f"strash; dch; amap -m; {_SPARINGLY}",
        sizing=_SMALLEST,
        summary="structure mostly kept, mapped for area, smallest cells",
    ),
    "keep_fast": Recipe(
        mapping=f"strash; map -B 0.9; {_BUFFERED}", sizing=_FASTEST, summary="structure kept, mapped for speed"
    ),
    "keep_lean": Recipe(
        mapping=f"strash; amap -m; {_BUFFERED}",
        sizing=_FASTEST,
        summary="structure kept, mapped for area, sized for speed; beside adder cells for all but 3 % of it",
        eased=0.03,
    ),
}
"""By name; the first is what nobody chose."""

HASTY = Recipe(mapping="strash; amap -m", sizing=_BUFFERED, summary="for a netlist that is only timed")
"""No competitor: which adders are critical shows as well in its netlist as in that of the recipe that follows."""
