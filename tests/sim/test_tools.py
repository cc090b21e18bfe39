"""Programs that run in a process of their own: what limits them when nobody is left to stop them."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import pytest

from sim import tools

LIMITS = "import resource; print(*resource.getrlimit(resource.RLIMIT_CPU), *resource.getrlimit(resource.RLIMIT_AS))"


@pytest.mark.skipif(sys.platform != "linux", reason="limits of another process are set on Linux alone")
def test_a_program_is_limited_even_if_its_caller_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    command = [sys.executable, "-c", f"import time; time.sleep(0.2); {LIMITS}"]  # limits follow right after the start
    found = tools.run(command, folder=tmp_path, seconds=9.5, memory_bytes=1 << 33)
    own = resource.getrlimit(resource.RLIMIT_AS)[1]
    assert found.output.split()[:2] == ["30", "30"]
    assert int(found.output.split()[2]) in (1 << 33, own)
