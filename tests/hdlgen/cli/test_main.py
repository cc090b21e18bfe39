"""The commands as a whole: help that teaches, usage errors, exit statuses, and outputs that nobody reads."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hdlgen.errors import HdlgenError, InputError, SpecError, StoreError, ToolError, ToolMissing
from tests.hdlgen.cli.command import PROGRAM, Hdlgen

COMMANDS = ("check", "search", "measure", "verilog", "simulate", "report", "nodes", "tinytapeout", "doctor")


def test_the_help_lists_the_commands_and_where_to_begin(hdlgen: Hdlgen) -> None:
    ran = hdlgen("--help")
    assert ran.status == 0 and ran.err == ""
    for command in COMMANDS:
        assert re.search(rf"^│ {command} +\w", ran.out, re.MULTILINE), command
    for text in ("Begin with hdlgen search dot8", "hdlgen check my.toml", "0 done", "130 interrupted"):
        assert text in ran.out


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_each_command_has_examples(hdlgen: Hdlgen, command: str) -> None:
    ran = hdlgen(command, "--help")
    assert ran.status == 0 and ran.err == ""
    examples = re.findall(r"• (hdlgen [^:]+):", ran.out.replace("\n   ", " "))
    assert examples and all(f"hdlgen {command}" in ran.out for _ in examples)
    options = set(re.findall(r"--[a-z]+", ran.out[ran.out.index("Options") :]))
    used = {option for example in examples for option in re.findall(r"--[a-z]+", example)}
    if command != "simulate":  # whose examples make a file by `verilog` first
        assert used <= options


def test_without_a_command_there_is_help(hdlgen: Hdlgen) -> None:
    ran = hdlgen()
    assert ran.status == 2 and ran.err == ""
    assert "Begin with hdlgen search dot8" in ran.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["serach"], "no such command 'serach'. Did you mean 'search'? (see hdlgen --help)"),
        (["search"], "missing argument 'SPEC' (see hdlgen search --help)"),
        (
            ["search", "dot8", "--bugdet", "3"],
            "no such option: --bugdet (Possible options: --budget, --out) (see hdlgen search --help)",
        ),
        (["search", "dot8", "--budget", "0"], "--budget must be at least 1, not 0"),
        (["search", "dot8", "--batch", "-1"], "--batch must be at least 1, not -1"),
        (["search", "dot8", "--patience", "0"], "--patience must be at least 1, not 0"),
        (["search", "dot8", "--seed", "-3"], "--seed must be at least 0, not -3"),
        (["search", "dot8", "--workers", "0"], "--workers must be 1 to 256, not 0"),
        (["simulate", "dot8", "--tokens", "255"], "--tokens must be 256 to 1000000, not 255"),
        (["simulate", "dot8", "--seed", "-1"], "--seed must be at least 0, not -1"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_command_that_is_written_wrongly_is_refused(hdlgen: Hdlgen, arguments: list[str], message: str) -> None:
    ran = hdlgen(*arguments)
    assert (ran.status, ran.out, ran.err) == (2, "", f"hdlgen: {message}\n")


def test_a_number_that_is_none_is_refused(hdlgen: Hdlgen) -> None:
    ran = hdlgen("search", "dot8", "--budget", "many")
    assert (ran.status, ran.out) == (2, "")
    assert re.fullmatch(r"hdlgen: invalid value for '--budget': .+ \(see hdlgen search --help\)\n", ran.err)


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (HdlgenError("it failed"), 1, "it failed"),
        (ToolError("yosys: it failed"), 1, "yosys: it failed"),
        (InputError("a [file] must be"), 2, "a [file] must be"),
        (SpecError("s.toml: x must be"), 2, "s.toml: x must be"),
        (StoreError("runs: it must be"), 2, "runs: it must be"),
        (ToolMissing("vvp: install it with: apt-get"), 3, "vvp: install it with: apt-get"),
        (KeyboardInterrupt(), 130, "interrupted; a search goes on with --resume"),
        (
            OSError(28, "No space left on device", "/there"),
            2,
            "/there: it must be usable, and is not: No space left on device",
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_each_error_has_its_exit_status_and_one_line(
    hdlgen: Hdlgen, monkeypatch: pytest.MonkeyPatch, error: BaseException, status: int, message: str
) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise error

    monkeypatch.setattr(
        sys.modules["hdlgen.cli.main"], "open_project", fail
    )  # the package gives its name to a function
    ran = hdlgen("check", "dot8")
    assert (ran.status, ran.out, ran.err) == (status, "", f"hdlgen: {message}\n")


def test_a_long_message_stays_on_one_line(hdlgen: Hdlgen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    ran = hdlgen("check", "no-such-design-with-a-very-long-name")
    assert ran.status == 2 and ran.err.count("\n") == 1


def test_the_program_prints_json_alone_on_standard_output(dot: str) -> None:
    done = subprocess.run([PROGRAM, "check", dot, "--json"], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stderr == ""
    assert json.loads(done.stdout)["name"] == "dot4"
    done = subprocess.run([PROGRAM, "check", "dott"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "hdlgen: dott: spec must be a file, or the name of a shipped design (did you mean 'dot8'?)\n"


def test_nobody_need_read_to_the_end(dot: str) -> None:
    for option in ("", "--json"):
        script = f'{PROGRAM} check {dot} {option} | true; exit "${{PIPESTATUS[0]}}"'
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no disk that is always full")
def test_a_full_disk_behind_standard_output_is_an_error(dot: str) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([PROGRAM, "check", dot], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "hdlgen: standard output: it must be usable, and is not: No space left on device\n"
