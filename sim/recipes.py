"""Mapping recipes: what ABC does between reading logic and writing cells; each is open to every competitor.

Chosen on four 8-lane dot products (stock, heaps of gates, heaps of adder cells) in three technologies, where each of
them is on the front of area and period somewhere. Left out, as others beat them in both: `map -a` (by `amap`), `&nf`,
`emap` (which takes ten seconds too), `if -g` and a second `dc2`. None may move a register; ABC sees none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["RECIPES", "Recipe"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Hold one recipe.

    Args:
        script: ABC commands, apart by `; `, from the logic as read to the sized netlist.
        summary: what it is for, in a few words.
    """

    script: str
    summary: str


_SIZED = "topo; buffer -c; topo; upsize; dnsize"

RECIPES: Mapping[str, Recipe] = {
    "fast": Recipe(
        script=f"strash; scorr; dc2; dch -f; map -B 0.9; {_SIZED}", summary="restructured, mapped for speed"
    ),
    "fastest": Recipe(
        script=f"strash; dch -f; map -B 0.9; strash; dch -f; map -B 0.9; {_SIZED}",
        summary="restructured for speed twice over, at a price in area",
    ),
    "balanced": Recipe(script=f"strash; dch -f; amap -m; {_SIZED}", summary="mapped for area, sized for speed"),
    "lean": Recipe(
        script="strash; scorr; dc2; dch -f; amap -F 10 -A 10; topo; buffer -c -N 16; topo; upsize; dnsize",
        summary="minimised, mapped for area, few buffers, sized for speed",
    ),
    "leanest": Recipe(
        script="strash; scorr; dc2; resub -K 6; resub -K 8; dch -f; amap -m; "
        "topo; buffer -c -N 16; topo; dnsize -D 1000000",
        summary="minimised, mapped for area, smallest cells",
    ),
    "spare": Recipe(
        script="strash; dch; amap -m; topo; buffer -c -N 16; topo; dnsize -D 1000000",
        summary="structure mostly kept, mapped for area, smallest cells",
    ),
    "keep_fast": Recipe(script=f"strash; map -B 0.9; {_SIZED}", summary="structure kept, mapped for speed"),
    "keep_lean": Recipe(
        script=f"strash; amap -m; {_SIZED}", summary="structure kept, mapped for area, sized for speed"
    ),
}
"""By name; the first is what nobody chose."""
