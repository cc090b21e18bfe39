"""The host script: its bytes against the compiler's payloads, and itself at the other end of a terminal."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import termios
import threading
import tty
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hdlgen import host
from hdlgen.number import Format
from hdlgen.payload import Port, pack, unpack

PORTS = (Port("a", Format.parse("i5"), (3,)), Port("b", Format.parse("uq3.4"), ()), Port("c", Format.parse("i1"), ()))


def fields(ports: tuple[Port, ...]) -> list[dict[str, Any]]:
    return [
        {
            "name": port.name,
            "width": port.format.width,
            "signed": port.format.signed,
            "elements": int(np.prod(port.shape, dtype=int)),
            "shape": list(port.shape),
        }
        for port in ports
    ]


def test_bytes_are_the_payload_of_the_compiler() -> None:
    source = np.random.default_rng(3)
    arrays = {
        port.name: source.integers(port.format.low, port.format.high + 1, size=(200, *port.shape)) for port in PORTS
    }
    payloads = pack(PORTS, arrays)
    for number, payload in enumerate(payloads):
        token = {name: array[number].tolist() for name, array in arrays.items()}
        data = host.to_bytes(fields(PORTS), token)
        assert data == payload.to_bytes(3, "little")
        assert host.from_bytes(fields(PORTS), data) == token
    again = unpack(PORTS, payloads)
    assert all((again[name] == arrays[name]).all() for name in arrays)


@pytest.mark.parametrize(
    ("token", "message"),
    [
        ({"a": [1, 2, 3]}, "token: it must have the fields a, b, c, not a"),
        ({"a": [1, 2], "b": 0, "c": 0}, "token: a must have 3 elements, not 2"),
        ({"a": [1, 2, 16], "b": 0, "c": 0}, "token: a must be whole numbers from -16 to 15, not 16"),
        ({"a": [1, 2, 3], "b": 0.5, "c": 0}, "token: b must be whole numbers from 0 to 127, not 0.5"),
        ({"a": [1, 2, 3], "b": True, "c": 0}, "token: b must be whole numbers from 0 to 127, not True"),
    ],
)
def test_a_wrong_token_is_refused(token: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as error:
        host.to_bytes(fields(PORTS), token)
    assert str(error.value) == message


DESIGN = {
    "baud": 115200,
    "token_bytes": 2,
    "result_bytes": 2,
    "inputs": fields((Port("x", Format.parse("i8"), (2,)),)),
    "outputs": fields((Port("y", Format.parse("i9"), ()),)),
}


def answer(handle: int, tokens: int) -> None:
    """Be a board that adds two bytes."""
    for _ in range(tokens):
        data = b""
        while len(data) < 2:
            data += os.read(handle, 2 - len(data))
        total = sum(int.from_bytes(bytes([byte]), signed=True) for byte in data)
        os.write(handle, (total & 0x1FF).to_bytes(2, "little"))


def test_the_script_alone_sends_tokens_and_prints_results(tmp_path: Path) -> None:
    script = tmp_path / "host.py"
    script.write_bytes(Path(host.__file__).read_bytes())
    (tmp_path / "design.json").write_text(json.dumps(DESIGN))
    outer, inner = pty.openpty()
    tty.setraw(outer, termios.TCSANOW)
    board = threading.Thread(target=answer, args=(outer, 3), daemon=True)
    board.start()
    tokens = [{"x": [1, 2]}, {"x": [-128, -128]}, {"x": [127, 127]}]
    ran = subprocess.run(
        [sys.executable, "-I", str(script), os.ttyname(inner)],
        input="\n".join(map(json.dumps, tokens)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=tmp_path,
    )
    os.close(inner)
    os.close(outer)
    assert ran.stderr == "" and ran.returncode == 0
    assert [json.loads(line) for line in ran.stdout.splitlines()] == [{"y": 3}, {"y": -256}, {"y": 254}]


def test_what_is_no_line_is_said_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "design.json").write_text(json.dumps(DESIGN))
    options = ["--design", str(tmp_path / "design.json")]
    assert host.main([str(tmp_path / "none"), "{}", *options]) == 1
    assert capsys.readouterr().err.startswith("host: ") and host.main(["/dev/null", "{}", *options]) == 1
    (tmp_path / "design.json").write_text(json.dumps({**DESIGN, "baud": 12345}))
    capsys.readouterr()
    assert host.main(["/dev/null", "{}", *options]) == 1
    assert capsys.readouterr().err == "host: /dev/null: the rate must be one that the system knows, not 12345\n"


def test_a_board_that_says_nothing_is_waited_for_and_no_longer() -> None:
    outer, inner = pty.openpty()
    line = host.Line(os.ttyname(inner), DESIGN, patience_s=0.05)
    with pytest.raises(TimeoutError, match="a result must have 2 bytes, and only 0 came"):
        line.ask({"x": [1, 2]})
    line.close()
    os.close(outer)
    os.close(inner)
