"""Buses and packed bits: against Python's own integers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hdlgen.bits import Bus, Interface, pack_table, pack_values, unpack_table, unpack_values
from hdlgen.errors import InputError


def test_tables_come_back_as_they_were() -> None:
    table = np.random.default_rng(0).integers(0, 2, (100, 7), dtype=np.uint8)
    words = pack_table(table)
    assert words.shape == (7, 2)
    assert int(words[3, 1]) & 1 == table[64, 3]
    assert (unpack_table(words, 100) == table).all()


def test_values_are_read_lowest_bit_first_and_wide_ones_as_integers() -> None:
    buses = (Bus(name="a", width=5), Bus(name="wide", width=90))
    wide = [(1 << 89) + 12345, 7] * 32
    values: dict[str, Any] = {"a": np.arange(64) % 32, "wide": np.array(wide, dtype=object)}
    words = pack_values(buses, values)
    assert words.shape == (95, 1)
    assert [int(word) >> 3 & 1 for word in words[:5, 0]] == [1, 1, 0, 0, 0]
    back = unpack_values(buses, words, 64)
    assert back["a"].tolist() == values["a"].tolist()
    assert back["wide"].tolist() == wide


@pytest.mark.parametrize(
    ("ports", "message"),
    [
        (None, 'x: the ports must be {"inputs": {name: width}, "outputs": {name: width}}'),
        ({"inputs": {"a": 1}, "outputs": {"a": 1}}, "x: port a: its name must be its own"),
        ({"inputs": {"a": 0}, "outputs": {"y": 1}}, "x: port a: its width must be 1 to 65536 bits, not 0"),
        ({"inputs": {"wire": 1}, "outputs": {"y": 1}}, "x: port: its name must be a Verilog identifier, not 'wire'"),
        ({"inputs": {}, "outputs": {"y": 1}}, "x: inputs: they must have 1 to 65536 bits together"),
        ({"inputs": [3], "outputs": {"y": 1}}, "x: inputs must map names to widths, not be [3]"),
    ],
)
def test_bad_ports_are_refused(ports: Any, message: str) -> None:
    with pytest.raises(InputError) as refusal:
        Interface.of(ports, where="x")
    assert str(refusal.value) == message


def test_ports_come_back_as_they_were() -> None:
    ports = {"inputs": {"a": 3, "b": 1}, "outputs": {"y": 2}}
    interface = Interface.of(ports, where="x")
    assert interface.as_dict() == ports
    assert interface.input_names() == ["a[0]", "a[1]", "a[2]", "b"]
