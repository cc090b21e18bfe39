"""Verilator's kept runtime: built once, whole or not at all, whatever happens meanwhile; and its use in earnest."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hdlgen.errors import ToolError
from sim import tools
from sim.simulators import runtime as kept
from sim.simulators.runtime import Runtime, default_cache, runtime
from sim.simulators.verilator import Verilator, installation

UNITS = ["verilated", "verilated_dpi", "verilated_threads", "verilated_vpi"]

COMPILER = """#!/bin/sh
# Pretends to compile: notes its call, takes its time, writes its output.
[ "$1" = --version ] && { echo "g++ 1.0"; exit 0; }
echo call >> "{log}"
sleep {seconds}
while [ "$1" != -o ]; do shift; done
echo object > "$2"
exit {status}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a folder that looks like Verilator's."""
    include = tmp_path / "verilator" / "include"
    include.mkdir(parents=True)
    for name in [*(f"{unit}.cpp" for unit in [*UNITS, "verilated_vcd_c"]), "verilated.h"]:
        (include / name).write_text(f"// {name}\n")
    return include.parent


def compiler(folder: Path, *, seconds: float = 0.0, status: int = 0) -> Path:
    """Install a pretended g++ and give the file in which it notes its calls."""
    programs, log = folder / "bin", folder / "log"
    programs.mkdir(exist_ok=True)
    log.write_text("")
    text = COMPILER.replace("{log}", str(log)).replace("{seconds}", str(seconds)).replace("{status}", str(status))
    (programs / "g++").write_text(text)
    (programs / "g++").chmod(0o755)
    return log


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    return compiler(tmp_path)


def build(root: Path, cache: Path, *, waves: bool = False) -> Runtime:
    return runtime(root, waves=waves, cache=cache, seconds=30)


def start(root: Path, cache: Path) -> subprocess.Popen[bytes]:
    """Build in a process of its own."""
    script = (
        "from pathlib import Path; from sim.simulators.runtime import runtime; "
        f"runtime(Path({str(root)!r}), waves=False, cache=Path({str(cache)!r}), seconds=30)"
    )
    return subprocess.Popen([sys.executable, "-c", script], cwd=Path(__file__).parents[3], start_new_session=True)


def test_a_runtime_is_built_once_and_kept(root: Path, log: Path, tmp_path: Path) -> None:
    first = build(root, tmp_path / "cache")
    calls = len(log.read_text().splitlines())
    assert calls == len(UNITS) + 1
    assert sorted(path.name for path in first.objects) == [f"{unit}.o" for unit in UNITS]
    assert all(path.read_text() == "object\n" for path in [*first.objects, first.header.with_name("runtime.h.gch")])
    assert "#include <verilated_vpi.h>" in first.header.read_text()
    assert build(root, tmp_path / "cache") == first
    assert len(log.read_text().splitlines()) == calls


def test_another_source_or_purpose_has_a_runtime_of_its_own(root: Path, log: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    plain = build(root, cache)
    waves = build(root, cache, waves=True)
    assert [path.name for path in waves.objects][-1] == "verilated_vcd_c.o"
    assert "-DVM_TRACE=1" in waves.flags
    assert "-DVM_TRACE=0" in plain.flags
    (root / "include" / "verilated.h").write_text("// changed\n")
    changed = build(root, cache)
    assert len({plain.header, waves.header, changed.header}) == 3


def test_a_runtime_with_a_part_missing_is_built_anew(root: Path, log: Path, tmp_path: Path) -> None:
    first = build(root, tmp_path / "cache")
    first.objects[2].unlink()
    assert build(root, tmp_path / "cache") == first
    assert first.objects[2].is_file()


def test_two_processes_at_once_build_once(root: Path, log: Path, tmp_path: Path) -> None:
    compiler(tmp_path, seconds=0.2)
    processes = [start(root, tmp_path / "cache") for _ in range(3)]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    assert len(log.read_text().splitlines()) == len(UNITS) + 1


def test_a_kill_leaves_nothing_that_counts(root: Path, log: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    compiler(tmp_path, seconds=1)
    process = start(root, cache)
    deadline = time.monotonic() + 30
    while not log.read_text() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert [path for path in cache.iterdir() if not path.name.startswith(".")] == []
    assert [path for path in cache.iterdir() if path.is_dir()] != []
    compiler(tmp_path)
    found = build(root, cache)
    assert all(path.is_file() for path in found.objects)
    assert [path for path in cache.iterdir() if path.is_dir()] == [found.header.parent]


def test_a_failing_compiler_is_named_and_leaves_nothing(root: Path, log: Path, tmp_path: Path) -> None:
    compiler(tmp_path, status=1)
    with pytest.raises(ToolError) as caught:
        build(root, tmp_path / "cache")
    assert str(caught.value) == "g++: Verilator's runtime must compile, but: it says nothing"
    assert [path for path in (tmp_path / "cache").iterdir() if path.is_dir()] == []


def test_a_cache_that_cannot_be_written_is_named(root: Path, log: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(ToolError) as caught:
        build(root, tmp_path / "cache")
    assert str(caught.value) == f"{tmp_path / 'cache'}: the folder of kept objects must be writable (File exists)"


def test_the_default_cache_follows_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/some/where")
    assert default_cache() == Path("/some/where/hdlgen")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/somebody")
    assert default_cache() == Path("/home/somebody/.cache/hdlgen")


def test_generated_code_really_uses_the_compiled_header(tmp_path: Path) -> None:
    for program in Verilator.programs:
        if tools.find(program) is None:
            pytest.skip(f"verilator is not installed: {program} is missing")
    _, folder = installation()
    found = kept.runtime(folder, waves=False, cache=default_cache(), seconds=300)
    (tmp_path / "empty.cpp").write_text("int main() { return VL_MASK_I(0); }\n")
    command: list[str | Path] = ["g++", *found.flags, "-H", "-include", found.header, "-c", "empty.cpp"]
    done = tools.run(command, folder=tmp_path, seconds=60)
    assert done.status == 0
    # gcc marks a precompiled header that it took with !, one that it refused with x.
    assert [line for line in done.error.splitlines() if line.startswith("! ")] == [f"! {found.header}.gch"]
