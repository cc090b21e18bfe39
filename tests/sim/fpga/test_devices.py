"""Devices: what is found by name, and what is not."""

from __future__ import annotations

import pytest

from hdlgen.errors import InputError
from sim.fpga.devices import DEVICES, FAMILIES, load_device
from sim.targets import load_target


@pytest.mark.parametrize("name", sorted(DEVICES))
def test_every_device_is_found_and_is_of_its_own(name: str) -> None:
    device = load_device(name)
    assert device is load_target(name)
    assert device.kind is FAMILIES[device.family] and device.full_adder is None
    assert [other.name for other in DEVICES.values() if other.digest == device.digest] == [name]


def test_another_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError) as error:
        load_device("ice40-up5")
    listed = "ice40-up5k, ice40-hx8k, ecp5-25k"
    assert str(error.value) == (
        f"technology: fpga must be one of {listed}, not 'ice40-up5' (did you mean 'ice40-up5k'?)"
    )


def test_a_technology_that_is_neither_is_refused_as_ever() -> None:
    with pytest.raises(InputError, match="technology: name must be one of sky130hd"):
        load_target("sky130")
    with pytest.raises(InputError, match="technology: fpga must be one of ice40-up5k"):
        load_target("ice40up5k")
