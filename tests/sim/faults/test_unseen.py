"""Faults that nothing sees: registers doubled that are read late enough, and none that any run shows.

What is cut off could hide a fault: each way in which it might has one here, which must be seen.
"""

from __future__ import annotations

from collections.abc import Callable
from graphlib import CycleError
from pathlib import Path

import pytest

from hdlgen.errors import ToolError
from sim.faults import equivalence, unseen
from sim.faults.bench import run_testbench
from sim.faults.equivalence import Equality, compare
from sim.faults.fault import plant
from sim.faults.gates import GATE_CELLS
from sim.faults.lanes import Lanes
from sim.faults.sites import Sites
from sim.faults.structure_faults import draw_structure_faults
from sim.faults.unseen import is_unseen
from tests.sim.faults.designs import LEVELS, caught_by_testbench, small
from tests.sim.faults.spoiled import Spoiled, drawn, flipped
from tests.sim.faults.toy import Toy, is_same_from_reset_on
from tests.sim.specs import DOT

POINT = "interval=4,fold=4"
OUTPUTS = {name: cell.outputs for name, cell in GATE_CELLS.items()}


def test_a_doubled_register_that_is_read_late_and_before_results_wait_is_not_seen() -> None:
    design = small(DOT, f"{POINT},stages=2")
    netlist = design.structure.netlist
    sites = Sites(netlist, GATE_CELLS)
    faults = draw_structure_faults(design.structure, sites, count=400, seed=1)
    doubled = [fault for fault in faults if ".value_" in fault.where and fault.where.endswith("doubled")]
    caught = run_testbench(Lanes(netlist, GATE_CELLS, doubled), design.job).caught
    unseen = [is_unseen(netlist, plant(netlist, fault, outputs=OUTPUTS), GATE_CELLS) for fault in doubled]
    assert unseen == [objection is None for objection in caught]
    assert {True, False} == set(unseen)
    quiet = plant(netlist, doubled[unseen.index(True)], outputs=OUTPUTS)
    assert compare(netlist, quiet, GATE_CELLS, seconds=6) is Equality.SAME_AT_PORTS


@pytest.mark.parametrize("level", LEVELS)
def test_nothing_that_the_testbench_catches_is_said_to_be_unseen(level: str) -> None:
    netlist, cells, wrong = caught_by_testbench(small(DOT, POINT), level, seed=2)
    assert len(wrong) > 40
    assert not any(is_unseen(netlist, faulty, cells) for faulty in wrong)


EQUAL = (Equality.EQUAL, Equality.SAME_AT_PORTS)


def judged(spoiled: Spoiled) -> tuple[bool, bool, Equality]:
    """Tell whether no run shows it, whether it is said to be unseen, and what the whole comparison says."""
    good, faulty = spoiled.toy.netlist(), spoiled.faulty()
    same = is_same_from_reset_on(good, faulty)
    return same, is_unseen(good, faulty, GATE_CELLS), compare(good, faulty, GATE_CELLS, seconds=6)


def held_twice(spoiled: Spoiled, times: int) -> None:
    bit = spoiled["held"]
    for place in range(times):
        bit = spoiled.extra.register(f"twice_{place}", bit)
    spoiled.replace("gate_" + str(spoiled["odd"]), "A", bit)


def in_phase_3(spoiled: Spoiled) -> None:
    flipped(spoiled, "answer", "D", spoiled.never())


def in_phase_2(spoiled: Spoiled) -> None:
    flipped(spoiled, "answer", "D", spoiled["last"])


def by_what_is_cut_off(spoiled: Spoiled) -> None:
    """Let the result be wrong where two data registers hold 1, which the control alone does not tell."""
    both = spoiled.extra.gate("AND", A=spoiled["held"], B=spoiled["total"])
    flipped(spoiled, f"gate_{spoiled['odd']}", "B", both)


def after_many_tokens(spoiled: Spoiled) -> None:
    """Let the result be wrong once three tokens in a row were 1: registers of the fault's own remember that."""
    extra = spoiled.extra
    taken = extra.gate("AND", A=spoiled["last"], B=spoiled["valid"])
    bit = spoiled["held"]
    for place in range(3):
        name = f"seen_{place}"
        bit = extra.gate("AND", A=spoiled["held"], B=extra.register(name, extra.mux(taken, bit, extra.net(name))))
    flipped(spoiled, f"gate_{spoiled['odd']}", "B", bit)


def reset_from_phase_3_alone(spoiled: Spoiled, name: str) -> None:
    """Let a register keep what it holds in a reset from a state that none but the first reset finds."""
    spoiled.replace(f"reset_{name}", "B", spoiled.extra.gate("ANDNOT", A=spoiled["rst"], B=spoiled.never()))


def reset_while_waiting(spoiled: Spoiled) -> None:
    """Let a reset leave the state alone while a result waits: the first one may, later ones show it."""
    waiting = spoiled.extra.gate("ANDNOT", A=spoiled["shown"], B=spoiled["outputs__ready"])
    spoiled.replace("reset_total", "B", spoiled.extra.gate("ANDNOT", A=spoiled["rst"], B=waiting))


def payload_while_invalid(spoiled: Spoiled) -> None:
    flipped(spoiled, "answer", "D", spoiled.extra.gate("NOT", A=spoiled["valid"]))


NOT_SEEN: dict[str, Callable[[Spoiled], None]] = {
    "a register doubled once": lambda spoiled: held_twice(spoiled, 1),
    "a phase that does not occur": in_phase_3,
    "a payload that is not valid": payload_while_invalid,
}
SEEN: dict[str, Callable[[Spoiled], None]] = {
    "a register doubled twice": lambda spoiled: held_twice(spoiled, 2),
    "a phase that occurs": in_phase_2,
    "data that are cut off": by_what_is_cut_off,
    "registers of the fault's own": after_many_tokens,
    "a state that the first reset does not set": lambda spoiled: reset_from_phase_3_alone(spoiled, "total"),
    "a control that the first reset does not set": lambda spoiled: reset_from_phase_3_alone(spoiled, "shown"),
    "a phase that the first reset does not set": lambda spoiled: reset_from_phase_3_alone(spoiled, "phase_0"),
    "a state that later resets do not set": reset_while_waiting,
}


@pytest.mark.parametrize("name", sorted(NOT_SEEN))
def test_what_no_run_shows_is_found_not_to_be_seen(name: str) -> None:
    spoiled = Spoiled()
    NOT_SEEN[name](spoiled)
    same, unseen_, equality = judged(spoiled)
    assert same and unseen_ and equality in EQUAL


@pytest.mark.parametrize("name", sorted(SEEN))
def test_what_a_run_shows_is_not_hidden_by_what_is_cut_off(name: str) -> None:
    spoiled = Spoiled()
    SEEN[name](spoiled)
    same, unseen_, equality = judged(spoiled)
    assert not same and not unseen_ and equality not in EQUAL


def with_a_reset_that_does_not_look_constant(toy: Toy) -> None:
    """Let the state load a sum of products in a reset, which is 0, but not by its form."""
    held, payload = toy.nets["held"], toy.nets["inputs__payload"]
    left = toy.gate("AND", A=held, B=payload)
    zero = toy.gate("AND", A=left, B=toy.gate("ANDNOT", A=toy.nets["outputs__ready"], B=held))
    place = next(place for place, each in enumerate(toy.instances) if each.name == "reset_total")
    old = toy.instances.pop(place)
    toy.gate("MUX", old.pins["Y"], name="reset_total", S=old.pins["B"], A=old.pins["A"], B=zero)


def test_a_reset_counts_where_its_constant_does_not_look_like_one() -> None:
    spoiled = Spoiled()
    with_a_reset_that_does_not_look_constant(spoiled.toy)
    with_a_reset_that_does_not_look_constant(spoiled.extra)
    spoiled.known = len(spoiled.extra.instances)
    spoiled.replace("reset_total", "S", spoiled.extra.gate("ANDNOT", A=spoiled["rst"], B=spoiled.never()))
    same, unseen_, equality = judged(spoiled)
    assert not same and not unseen_ and equality not in EQUAL


def test_what_is_said_to_be_equivalent_is_so_in_every_run() -> None:
    found = {(same, unseen_): 0 for same in (True, False) for unseen_ in (True, False)}
    for spoiled in drawn(40, seed="toys"):
        try:
            same, unseen_, equality = judged(spoiled)
        except (CycleError, ToolError):  # a loop of gates
            continue
        found[same, unseen_] += 1
        assert same or equality not in EQUAL
    assert found[False, True] == 0
    assert found[True, True] >= 2 and found[False, False] >= 15


@pytest.mark.parametrize(
    "said", [None, "", "Reached timeout (2 sec).", "Property UNDECIDED.", "** no Property proved."]
)
def test_nothing_but_a_proof_counts_as_one(said: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    spoiled = Spoiled()
    in_phase_3(spoiled)
    good, faulty = spoiled.toy.netlist(), spoiled.faulty()
    assert is_unseen(good, faulty, GATE_CELLS)
    monkeypatch.setattr(unseen, "ask_abc", lambda *_, **__: said)
    assert not is_unseen(good, faulty, GATE_CELLS)

    def fail(*_: object, **__: object) -> str:
        raise ToolError("yosys-abc: it must compare without an error, not with: status 1")

    monkeypatch.setattr(unseen, "ask_abc", fail)
    with pytest.raises(ToolError, match="status 1"):
        is_unseen(good, faulty, GATE_CELLS)


def test_a_model_that_is_written_when_time_is_up_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    spoiled = Spoiled()
    in_phase_2(spoiled)

    def write_nothing_wrong(commands: str, *, folder: Path, **_: object) -> None:
        if "write_aiger left.aig" in commands:
            (folder / "left.aig").write_bytes(b"aig 0 0 0 1 0\n0\n")

    monkeypatch.setattr(equivalence, "ask_abc", write_nothing_wrong)
    monkeypatch.setattr(unseen, "ask_abc", write_nothing_wrong)
    assert judged(spoiled)[2] in (Equality.UNDECIDED, Equality.DIFFERENT_STATES)
