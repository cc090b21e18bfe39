"""Payloads against hand-worked words and a plain bit loop."""

from __future__ import annotations

import numpy as np
import pytest

from hdlgen import payload
from hdlgen.number import Format
from hdlgen.payload import Port, pack, payload_width, unpack

PORTS = (
    Port("a", Format.parse("i8"), (2, 3)),
    Port("b", Format.parse("u3"), ()),
    Port("c", Format.parse("q2.5"), (4,)),
    Port("d", Format.parse("i100"), (2,)),
    Port("e", Format.parse("u1"), (1,)),
)


def draw(port: Port, tokens: int, seed: int) -> np.ndarray[tuple[int, ...], np.dtype[np.object_]]:
    generator = np.random.default_rng(seed)
    count = tokens * port.width // port.format.width
    raw = [
        int.from_bytes(generator.bytes(16), "little") % (1 << port.format.width) + port.format.low for _ in range(count)
    ]
    array = np.empty(count, dtype=object)
    array[:] = raw
    return array.reshape(tokens, *port.shape)


def test_the_first_field_and_element_0_are_in_the_lowest_bits() -> None:
    ports = (Port("a", Format.parse("i8"), (2,)), Port("b", Format.parse("u4"), ()))
    assert payload_width(ports) == 20
    assert pack(ports, {"a": np.array([[1, -2]]), "b": np.array([5])}) == [0x5FE01]
    assert {name: values.tolist() for name, values in unpack(ports, [0x5FE01]).items()} == {"a": [[1, -2]], "b": [5]}


def test_packing_is_that_of_a_bit_loop_and_unpacking_its_inverse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payload, "_CHUNK_BITS", 1000)  # several parts
    tokens = {port.name: draw(port, 23, seed) for seed, port in enumerate(PORTS)}
    words = pack(PORTS, tokens)
    for token, word in enumerate(words):
        expected, place = 0, 0
        for port in PORTS:
            for raw in np.asarray(tokens[port.name][token]).reshape(-1):
                expected |= (int(raw) % (1 << port.format.width)) << place
                place += port.format.width
        assert word == expected
        assert place == payload_width(PORTS)
    found = unpack(PORTS, words)
    assert list(found) == [port.name for port in PORTS]
    for port in PORTS:
        assert found[port.name].tolist() == tokens[port.name].tolist()
        assert found[port.name].dtype == (object if port.name == "d" else np.int64)


def test_no_token_makes_no_payload() -> None:
    empty = {port.name: np.zeros((0, *port.shape), dtype=int) for port in PORTS}
    assert pack(PORTS, empty) == []
    assert unpack(PORTS, [])["a"].shape == (0, 2, 3)


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        ({"a": [[1, 2]]}, "pack: tokens must have the fields ['a', 'b'], not ['a']"),
        ({"a": [[1, 2, 3]], "b": [1]}, "pack: a must have shape (tokens, *(2,)), not (1, 3)"),
        ({"a": [[1, 2]], "b": [1, 2]}, "pack: b must have shape (tokens, *()), not (2,)"),
    ],
)
def test_wrong_tokens_are_refused(tokens: dict[str, list[object]], message: str) -> None:
    ports = (Port("a", Format.parse("i8"), (2,)), Port("b", Format.parse("u4"), ()))
    with pytest.raises(ValueError) as error:
        pack(ports, tokens)
    assert str(error.value) == message


@pytest.mark.parametrize("word", [-1, 16])
def test_a_payload_beyond_its_fields_is_refused(word: int) -> None:
    with pytest.raises(ValueError) as error:
        unpack((Port("b", Format.parse("u4"), ()),), [word])
    assert str(error.value) == f"unpack: payload must have 4 bits, not the value {word}"
