"""Whether cells fit their tiles, by figures worked out by hand, and that a project's test can fail."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from hdlgen.errors import ToolError
from sim.tinytapeout import TILES, DoesNotFit, check_fit, core_um2, run_test, template

needs_icarus = pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus Verilog (iverilog) is not installed")
INVERT = """module tt_um_invert (
  input wire [7:0] ui_in, output wire [7:0] uo_out, input wire [7:0] uio_in, output wire [7:0] uio_out,
  output wire [7:0] uio_oe, input wire ena, input wire clk, input wire rst_n
);
  // A register of one byte that gives the inverse of what it took.
  reg [7:0] held; reg full;
  assign uo_out = ~held;
  assign uio_out = {5'b0, full, ~full | uio_in[3], 1'b0};
  assign uio_oe = 8'b00000110;
  always @(posedge clk) begin
    if (uio_out[1]) begin held <= ui_in; full <= uio_in[0]; end
    if (!rst_n) full <= 1'b0;
  end
endmodule
"""


def test_the_core_is_the_tile_without_its_margins() -> None:
    # 338 sites of 0.46 um in 39 rows of 2.72 um.
    assert core_um2("1x1") == pytest.approx(338 * 0.46 * 39 * 2.72)
    sizes = [core_um2(tiles) for tiles in TILES]
    assert sizes == sorted(sizes)


def test_what_fits_is_measured_and_what_does_not_is_told_with_figures() -> None:
    room = check_fit("x", 8000.0, "1x1", 0.6)
    assert room.utilisation == pytest.approx(8000 / core_um2("1x1"))
    with pytest.raises(DoesNotFit) as refusal:
        check_fit("dot8: interval=4", 12_000.0, "1x1", 0.6)
    assert str(refusal.value) == (
        "dot8: interval=4: the cells must take at most 60% of 1x1, 9,896 of 16,493 um2, not 12,000 um2 (73%); "
        "--tiles 1x2 has room for it"
    )
    assert refusal.value.exit_status == 1
    with pytest.raises(DoesNotFit, match="no size has room for it"):
        check_fit("x", 1e6, "1x1", 0.6)


def project(folder: Path, text: str) -> tuple[list[Path], Path]:
    (folder / "test").mkdir()
    (folder / "project.v").write_text(text)
    (folder / "test" / "tb.v").write_text(template("tb.v").replace("PROJECT", "tt_um_invert"))
    (folder / "test" / "test.py").write_text(template("bytes_test.py"))
    sent = [7 * n % 256 for n in range(40)]
    vectors = {"bytes_in": 1, "bytes_out": 1, "sent": sent, "expected": [255 - byte for byte in sent]}
    (folder / "test" / "vectors.json").write_text(json.dumps(vectors))
    return [folder / "project.v"], folder / "test"


@needs_icarus
def test_a_right_project_passes_its_test(tmp_path: Path) -> None:
    run_test(*project(tmp_path, INVERT), folder=tmp_path)


@needs_icarus
@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        (("~held", "~held ^ 8'd4"), "result 0, byte 0: it must be 255, not 251"),
        (("8'b00000110", "8'b00000010"), "uio_oe must be 6, not"),
        # A byte is lost whenever one comes in while the last one waits.
        (("~full | uio_in[3]", "1'b1"), "bytes must come out, not|byte 0: it must be"),
    ],
)
def test_a_planted_fault_fails_the_test(tmp_path: Path, fault: tuple[str, str], complaint: str) -> None:
    assert fault[0] in INVERT
    with pytest.raises(ToolError, match=rf"project\.v: the project's test must pass: .*({complaint})"):
        run_test(*project(tmp_path, INVERT.replace(*fault)), folder=tmp_path)
