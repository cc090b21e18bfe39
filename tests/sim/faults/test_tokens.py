"""Faults that no token shows: what is said of them against every run of a small design, and against the testbench."""

from __future__ import annotations

from collections.abc import Callable
from graphlib import CycleError

import pytest

from hdlgen.errors import ToolError
from sim.faults import tokens
from sim.faults.equivalence import Comparison, Equality
from sim.faults.gates import GATE_CELLS
from tests.sim.faults.designs import LEVELS, caught_by_testbench, small
from tests.sim.faults.spoiled import Spoiled, drawn, flipped
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


@pytest.mark.parametrize("remembers", [False, True])
def test_what_is_said_to_be_hidden_is_so_in_every_run(remembers: bool) -> None:
    found = {(same, hidden): 0 for same in (True, False) for hidden in (True, False)}
    data = ("held", "late", "answer", f"gate_{Spoiled(remembers=remembers)['odd']}")
    for spoiled in drawn(150, seed=f"tokens {remembers}", remembers=remembers, where=data):
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


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("point", ["interval=1,stages=2", "interval=4,fold=4"])
def test_nothing_that_the_testbench_catches_is_hidden(point: str, level: str) -> None:
    netlist, cells, wrong = caught_by_testbench(small(DOT, point), level, seed=3)
    comparison = Comparison(netlist, cells)
    assert comparison.tokens.courses
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
