"""Faults that no token shows: what is said of them against every run of a small design, and against the testbench."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from graphlib import CycleError

import pytest

from hdlgen.errors import ToolError
from sim.faults import tokens
from sim.faults.bench import run_testbench
from sim.faults.equivalence import Comparison, Equality
from sim.faults.fault import plant
from sim.faults.gates import GATE_CELLS
from sim.faults.lanes import Lanes
from sim.faults.netlist_faults import draw_netlist_faults
from sim.faults.sites import Sites
from sim.faults.structure_faults import draw_structure_faults
from tests.sim.faults.designs import TECHNOLOGY, small
from tests.sim.faults.test_unseen import Spoiled, flipped
from tests.sim.faults.toy import Toy, is_same_from_reset_on
from tests.sim.specs import DOT


def judged(spoiled: Spoiled) -> tuple[bool, bool]:
    """Tell whether no run shows a fault, and whether no token is said to."""
    good = spoiled.toy.netlist()
    comparison, faulty = Comparison(good, GATE_CELLS), spoiled.faulty()
    return is_same_from_reset_on(good, faulty), comparison.tokens.hides(faulty, comparison.copy(faulty))


def following(spoiled: Spoiled, name: str, times: int) -> None:
    """Let the result read a register that follows another by some cycles, in place of `late`."""
    extra, run = spoiled.extra, spoiled["run"]
    bit = spoiled[name]
    for place in range(times):
        bit = extra.register(f"later_{place}", extra.mux(run, bit, extra.net(f"later_{place}")))
    spoiled.replace(f"gate_{spoiled['odd']}", "B", bit)


def either(spoiled: Spoiled) -> None:
    """Let the result be 0 where either bit is 1: they are the same."""
    spoiled.replace(
        "answer",
        "D",
        spoiled.extra.mux(
            spoiled["last"], spoiled.extra.gate("NOR", A=spoiled["held"], B=spoiled["late"]), spoiled["answer"]
        ),
    )


def unlike(spoiled: Spoiled) -> None:
    """Let the result be wrong where the bits differ, as they do before it is asked for."""
    flipped(spoiled, f"gate_{spoiled['odd']}", "B", spoiled.extra.gate("XOR", A=spoiled["held"], B=spoiled["late"]))


def one_token(spoiled: Spoiled) -> None:
    """Let a 1 give the wrong result."""
    flipped(spoiled, "answer", "D", spoiled.extra.gate("AND", A=spoiled["held"], B=spoiled["late"]))


def by_the_next_token(spoiled: Spoiled) -> None:
    """Let the bit that is offered as the result is made decide it."""
    spoiled.replace(f"gate_{spoiled['odd']}", "B", spoiled["inputs__payload"])


def by_the_token_before(spoiled: Spoiled) -> None:
    """Let the last result decide the next one."""
    flipped(spoiled, f"gate_{spoiled['odd']}", "B", spoiled["answer"])


def in_a_stall(spoiled: Spoiled) -> None:
    """Let the result follow what `late` would be next, also while it waits."""
    spoiled.replace(
        "answer",
        "D",
        spoiled.extra.mux(spoiled["last"], spoiled["odd"], spoiled.extra.gate("NOT", A=spoiled["inputs__payload"])),
    )


def after_a_stall(spoiled: Spoiled) -> None:
    """Remember in a register of the fault's own that a result waited, and let the next one be wrong."""
    extra = spoiled.extra
    waited = extra.register("waited", extra.gate("ANDNOT", A=spoiled["shown"], B=spoiled["run"]))
    waited = extra.register("waited_then", extra.register("waited_before", waited))
    flipped(spoiled, f"gate_{spoiled['odd']}", "B", waited)


def at_the_handshake(spoiled: Spoiled) -> None:
    """Let a token be taken in phase 1."""
    spoiled.replace(f"gate_{spoiled['first']}", "B", spoiled.extra.gate("NOT", A=spoiled["phase_1"]))


def in_a_reset(spoiled: Spoiled) -> None:
    """Let a result that stands as a reset begins be wrong."""
    spoiled.ports["outputs__payload", 0] = spoiled.extra.gate("XOR", A=spoiled["answer"], B=spoiled["rst"])


HIDDEN: dict[str, Callable[[Spoiled], None]] = {
    "another register of the same": lambda spoiled: following(spoiled, "held", 1),
    "the same bit in another form": either,
    "bits that are not unlike": unlike,
}
SHOWN: dict[str, Callable[[Spoiled], None]] = {
    "a bit that comes too late": lambda spoiled: following(spoiled, "late", 1),
    "one token": one_token,
    "the next token": by_the_next_token,
    "the token before": by_the_token_before,
    "a stall": in_a_stall,
    "what a stall left": after_a_stall,
    "the handshake": at_the_handshake,
    "a reset": in_a_reset,
}


@pytest.mark.parametrize("name", sorted(HIDDEN))
def test_what_no_token_shows_is_found(name: str) -> None:
    spoiled = Spoiled(remembers=False)
    HIDDEN[name](spoiled)
    assert judged(spoiled) == (True, True)


@pytest.mark.parametrize("name", sorted(SHOWN))
def test_what_a_run_shows_is_not_hidden(name: str) -> None:
    spoiled = Spoiled(remembers=False)
    SHOWN[name](spoiled)
    assert judged(spoiled) == (False, False)


def drawn(count: int, *, remembers: bool) -> Iterator[Spoiled]:
    """Draw faults of a gate or a register or two each, anywhere in the toy."""
    source = random.Random(f"tokens {remembers}")
    for _ in range(count):
        spoiled = Spoiled(remembers=remembers)
        bits = list(spoiled.toy.nets.values())[1:]
        for place in range(source.choice((1, 1, 2, 3))):
            if source.random() < 0.3:
                bits.append(spoiled.extra.register(f"added_{place}", source.choice(bits)))
            else:
                kind = source.choice(("AND", "ANDNOT", "OR", "XOR"))
                bits.append(spoiled.extra.gate(kind, A=source.choice(bits), B=source.choice(bits)))
        data = ("held", "late", "answer", f"gate_{spoiled['odd']}")
        readers = [
            (each.name, pin)
            for each in spoiled.toy.instances
            for pin in each.pins
            if pin not in ("C", "Q", "Y") and (each.name in data or source.random() < 0.3)
        ]
        spoiled.replace(*source.choice(readers), bits[-1])
        yield spoiled


@pytest.mark.parametrize("remembers", [False, True])
def test_what_is_said_to_be_hidden_is_so_in_every_run(remembers: bool) -> None:
    found = {(same, hidden): 0 for same in (True, False) for hidden in (True, False)}
    for spoiled in drawn(150, remembers=remembers):
        try:
            found[judged(spoiled)] += 1
        except (CycleError, ToolError):  # a loop of gates
            continue
    assert found[False, True] == 0
    assert found[False, False] >= 50
    assert found[True, True] >= (0 if remembers else 2)


def test_a_design_with_a_state_shows_nothing_by_a_token_alone() -> None:
    spoiled = Spoiled()
    flipped(spoiled, f"gate_{spoiled['odd']}", "B", spoiled.extra.gate("AND", A=spoiled["held"], B=spoiled["total"]))
    assert judged(spoiled) == (False, False)


@pytest.mark.parametrize("level", ["structure", "netlist"])
@pytest.mark.parametrize("point", ["interval=1,stages=2", "interval=4,fold=4"])
def test_nothing_that_the_testbench_catches_is_hidden(point: str, level: str) -> None:
    design = small(DOT, point)
    if level == "structure":
        netlist, cells = design.structure.netlist, GATE_CELLS
        faults = draw_structure_faults(design.structure, Sites(netlist, cells), count=60, seed=3)
    else:
        netlist, cells = design.netlist, TECHNOLOGY.cells
        usable = [cell.name for cell in cells.values() if cell.usable]
        faults = draw_netlist_faults(Sites(netlist, cells), count=50, seed=3, usable=usable)
    outputs = {name: cell.outputs for name, cell in cells.items()}
    caught = run_testbench(Lanes(netlist, cells, faults), design.job).caught
    comparison = Comparison(netlist, cells)
    assert comparison.tokens.courses
    wrong = [plant(netlist, fault, outputs=outputs) for fault, told in zip(faults, caught, strict=True) if told]
    assert len(wrong) > 40
    assert not any(comparison.tokens.hides(faulty, comparison.copy(faulty)) for faulty in wrong)


def test_wide_tokens_need_a_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    spoiled = Spoiled(remembers=False)
    extra, held = spoiled.extra, spoiled["held"]
    left = extra.gate("AND", A=held, B=spoiled["inputs__payload"])
    never = extra.gate("AND", A=left, B=extra.gate("ANDNOT", A=spoiled["inputs__valid"], B=held))
    flipped(spoiled, f"gate_{spoiled['odd']}", "B", never)
    assert judged(spoiled) == (True, True)
    monkeypatch.setattr(tokens, "_EXHAUSTIVE_BITS", 0)
    assert judged(spoiled) == (True, True)
    monkeypatch.setattr("sim.faults.equivalence._proved", lambda made, pairs: False)
    assert judged(spoiled) == (True, False)


def test_a_comparison_says_so() -> None:
    spoiled = Spoiled(remembers=False)
    either(spoiled)
    comparison = Comparison(spoiled.toy.netlist(), GATE_CELLS)
    assert comparison.compare(spoiled.faulty(), seconds=6) is Equality.SAME_AT_PORTS


def test_the_toys_differ_in_their_memory_alone() -> None:
    one, other = Toy(), Toy(remembers=False)
    assert {each.name for each in other.instances} - {each.name for each in one.instances} >= {"late"}
