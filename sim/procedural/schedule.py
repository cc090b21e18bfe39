"""Which assignments of a module stand together in a block, in which order, and which stay continuous.

A block that writes something must not read what depends on it by another way, through an instance or a continuous
assignment: that might move while the block runs, and it would not be run again. So the blocks stand on levels, by the
number of such detours before them, and nothing that a block reads depends on a block of its own level.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sim.procedural.dependencies import REGISTERED, Dependencies
from sim.procedural.module import Assignment, Module

__all__ = ["Schedule", "schedule"]

_WORTH_A_BLOCK = 8
"""From how many assignments that only a clock moves they are kept apart."""

_Block = tuple[int, bool]
"""The level, and whether something else than a clock moves it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Blocks of assignments, each after those that it reads, and assignments that stay continuous."""

    blocks: tuple[tuple[Assignment, ...], ...]
    continuous: tuple[Assignment, ...]


def schedule(module: Module, dependencies: Dependencies, still: int) -> Schedule:
    """Put the assignments into blocks.

    What stays continuous: a cycle; the constant, for nothing would start its block; a name that an instance, a
    register or assignments on other levels write too, for a name has one kind.

    Args:
        still: the sources, inputs all of them, that never move.
    """
    return _Scheduler(module, dependencies, still).schedule()


class _Scheduler:
    """Find what stays continuous, then the blocks of the rest.

    Attributes:
        constant: the assignments that depend on nothing that moves.
        continuous: the assignments that are in no block.
    """

    def __init__(self, module: Module, dependencies: Dependencies, still: int) -> None:
        self.assignments = module.assignments
        self.dependencies = dependencies
        count = len(self.assignments)
        names = [tuple(one.target.reads) for one in self.assignments]
        foreign = {name for register in module.registers for name in register.assignment.target.reads}
        foreign |= {name for name, nodes in dependencies.writers.items() if any(node >= count for _, node in nodes)}
        self.constant = {node for node in range(count) if not dependencies.sources[node] & ~still}
        moving = {name for node in range(count) if node not in self.constant for name in names[node]}
        self.continuous = {
            node
            for node in range(count)
            if node in dependencies.cyclic
            or not foreign.isdisjoint(names[node])
            or (node in self.constant and moving.isdisjoint(names[node]))
        }

    def schedule(self) -> Schedule:
        """Find levels until no name is written on two of them."""
        while True:
            blocks = self.blocks()
            by_name: dict[str, set[_Block | None]] = {}
            for node, assignment in enumerate(self.assignments):
                for name in assignment.target.reads:
                    by_name.setdefault(name, set()).add(blocks.get(node))
            torn = {name for name, several in by_name.items() if len(several) > 1}
            new = {node for node in blocks if not torn.isdisjoint(self.assignments[node].target.reads)}
            if not new:
                break
            self.continuous |= new
        order = [node for one in self.dependencies.components for node in one if node < len(self.assignments)]
        return Schedule(
            blocks=tuple(
                tuple(self.assignments[node] for node in order if blocks.get(node) == block)
                for block in sorted(set(blocks.values()))
            ),
            continuous=tuple(self.assignments[node] for node in order if node in self.continuous),
        )

    def blocks(self) -> dict[int, _Block]:
        """Find the block of each assignment that is not continuous."""
        levels = self.levels()
        inside = [node for node in range(len(self.assignments)) if node not in self.continuous]
        sources = self.dependencies.sources
        clocked = [node for node in inside if sources[node] == REGISTERED]
        worth = {level for level, count in Counter(levels[node] for node in clocked).items() if count >= _WORTH_A_BLOCK}
        apart = {node for node in clocked if levels[node] in worth}
        found = {node: (levels[node], node not in apart) for node in inside if node not in self.constant}
        for node in inside:
            if node in self.constant:  # it goes with whatever writes the rest of its word
                names = self.assignments[node].target.reads
                writers = [other for name in names for _, other in self.dependencies.writers[name]]
                found[node] = next((found[other] for other in writers if other in found), (0, True))
        return found

    def levels(self) -> list[int]:
        """Count the detours before each node."""
        before, count = self.dependencies.before, len(self.assignments)
        inside = [node < count and node not in self.continuous for node in range(len(before))]
        found = [0] * len(before)
        for one in self.dependencies.components:
            is_detour = not inside[one[0]]  # so are all members of a cycle
            outside = {other for node in one for other in before[node]}.difference(one)
            level = max((found[other] + (is_detour and inside[other]) for other in outside), default=0)
            for node in one:
                found[node] = level
        return found
