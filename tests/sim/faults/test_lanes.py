"""What a netlist becomes for its simulation: numbers and operators, whatever its nets are called."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hdlgen.errors import ToolError
from sim.faults.lanes import Lanes
from sim.netlist import Netlist
from tests.sim.faults.designs import TECHNOLOGY, small
from tests.sim.specs import DOT


@pytest.mark.parametrize(
    "name", ["1 = [c for c in ().__class__.__base__.__subclasses__()]; n1", "1 = open('x', 'w'); n1"]
)
def test_a_net_whose_name_is_a_program_is_refused(name: Any) -> None:
    netlist = small(DOT, "interval=2,fold=2").netlist
    Lanes(netlist, TECHNOLOGY.cells, ())
    first = next(port for port in netlist.ports if port.name == "inputs__payload")
    wrong = replace(first, bits=(name, *first.bits[1:]))
    hostile = replace(netlist, ports=tuple(wrong if port is first else port for port in netlist.ports))
    assert isinstance(hostile, Netlist)
    with pytest.raises(ToolError, match="must consist of numbered values and bitwise operators alone"):
        Lanes(hostile, TECHNOLOGY.cells, ())
