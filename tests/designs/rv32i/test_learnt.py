"""The learnt step that ships: proved equal to the golden one anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from designs.rv32i.oracle import PORTS
from designs.rv32i.run import CORES
from hdlgen.aiger import read_aiger
from hdlgen.bits import Interface
from hdlgen.evaluation import Verdict
from hdlgen.network import Network
from sim.prove import EquivalenceProver, read_golden

INTERFACE = Interface.of(PORTS, where="rv32i")
LARGEST = 64 * 1024


@pytest.fixture(scope="module")
def prover() -> EquivalenceProver:
    return EquivalenceProver(read_golden(CORES["golden"], INTERFACE), seconds=600.0)


@pytest.fixture(scope="module")
def learnt() -> Network:
    return read_aiger(CORES["learnt"].read_bytes(), where="learnt.aig")


def test_the_learnt_step_is_the_golden_one_for_all_inputs(prover: EquivalenceProver, learnt: Network) -> None:
    proof = prover.prove(learnt)
    assert proof.verdict is Verdict.EQUAL, proof.message


def test_a_planted_fault_is_no_longer_proved(prover: EquivalenceProver, learnt: Network) -> None:
    gates = learnt.gates.copy()
    gates[len(gates) // 3, 0] ^= 1
    proof = prover.prove(Network(interface=learnt.interface, gates=gates, outputs=learnt.outputs))
    assert proof.verdict is Verdict.DIFFERENT


def test_what_ships_is_small_and_has_the_ports_of_the_oracle(learnt: Network) -> None:
    assert learnt.interface == INTERFACE
    assert Path(CORES["learnt"]).stat().st_size < LARGEST
