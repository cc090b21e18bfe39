"""One contract for every technology, published figures for some, and the same from a user's liberty file."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hdlgen.errors import InputError
from sim.lookup import interpolate
from sim.technology import TECHNOLOGIES, load

PUBLISHED_AREAS = {
    "sky130hd": {
        "sky130_fd_sc_hd__fa_1": 20.0192,
        "sky130_fd_sc_hd__inv_1": 3.7536,
        "sky130_fd_sc_hd__dfxtp_1": 20.0192,
    },
    "sg13g2": {"sg13g2_inv_1": 5.4432, "sg13g2_dfrbpq_1": 48.9888},
    "gf180_7t_5v": {"gf180mcu_fd_sc_mcu7t5v0__addf_1": 72.4416},
    "gf180_7t_3v3": {"gf180mcu_fd_sc_mcu7t5v0__dffq_1": 63.6608},
    "asap7": {"INVx1_ASAP7_75t_R": 0.04374},
}
ROLES = {
    "sky130hd": (
        "sky130_fd_sc_hd__dfxtp_1",
        "sky130_fd_sc_hd__edfxtp_1",
        "sky130_fd_sc_hd__fa_1",
        "sky130_fd_sc_hd__ha_1",
    ),
    "sg13g2": ("sg13g2_dfrbpq_1", None, None, None),
    "gf180_7t_5v": (
        *("gf180mcu_fd_sc_mcu7t5v0__dffq_1", None),
        *("gf180mcu_fd_sc_mcu7t5v0__addf_1", "gf180mcu_fd_sc_mcu7t5v0__addh_1"),
    ),
    "gf180_7t_3v3": (
        *("gf180mcu_fd_sc_mcu7t5v0__dffq_1", None),
        *("gf180mcu_fd_sc_mcu7t5v0__addf_1", "gf180mcu_fd_sc_mcu7t5v0__addh_1"),
    ),
    "asap7": ("DFFHQNx1_ASAP7_75t_R", None, "FAx1_ASAP7_75t_R", "HAxp5_ASAP7_75t_R"),
}


@pytest.mark.parametrize("name", TECHNOLOGIES)
def test_every_technology_says_what_a_flow_needs(name: str) -> None:
    technology = load(name)
    assert technology.name == name and technology.liberty.is_file() and len(technology.digest) == 64
    assert technology.title and technology.node and technology.source and technology.licence and technology.notes
    assert "no wires" in technology.notes
    environment = technology.environment
    assert environment.driving_cell in technology.roles.buffers
    assert min(environment.input_slew_ps, environment.clock_slew_ps, environment.output_load_ff) > 0
    found = (technology.register, technology.enable_register, technology.full_adder, technology.half_adder)
    assert tuple(role and role.cell for role in found) == ROLES[name]
    for published, area_um2 in PUBLISHED_AREAS[name].items():
        assert technology.cells[published].area_um2 == pytest.approx(area_um2, rel=1e-5)
    for cell in technology.cells.values():
        assert cell.usable and cell.area_um2 > 0
        assert all(pin.capacitance_ff > 0 for pin in cell.pins.values() if not pin.is_output)
        assert all(pin.arcs and pin.function is not None for pin in cell.pins.values() if pin.is_output)


@pytest.mark.parametrize("name", TECHNOLOGIES)
def test_a_register_has_its_setup_and_quiet_ties(name: str) -> None:
    technology = load(name)
    for register in technology.roles.registers:
        cell = technology.cells[register.cell]
        assert cell.pins[register.data].setups and cell.flip_flop is not None
        state = cell.flip_flop
        for function in (state.clear, state.preset):
            assert function is None or function.evaluate(dict(register.ties), 1) == 0


def test_setup_is_linear_in_both_slews() -> None:
    # Fitted for sky130's dfxtp_1: rise 50.31 - 0.1456 clock slew + 0.2296 data slew, in ps.
    setup = load("sky130hd").cells["sky130_fd_sc_hd__dfxtp_1"].pins["D"].setups[0]
    rise, _ = setup.constraint
    assert rise is not None
    for clock, data in ((0.0, 0.0), (69.0, 40.0), (500.0, 3000.0)):
        assert interpolate(rise, clock, data) == pytest.approx(50.31 - 0.1456 * clock + 0.2296 * data, abs=1e-6)


def test_the_last_input_of_a_full_adder_is_its_fastest() -> None:
    adder = load("sky130hd").full_adder
    assert adder is not None and adder.inputs == ("A", "B", "CIN")
    assert not adder.sum_inverted and not adder.carry_inverted
    inverting = load("asap7").full_adder
    assert inverting is not None and inverting.sum_inverted and inverting.carry_inverted


def test_a_users_liberty_file_serves_as_well(tmp_path: Path) -> None:
    shipped = load("sky130hd")
    path = tmp_path / "my cells.lib"
    shutil.copy(shipped.liberty, path)
    technology = load(path)
    assert technology.roles == shipped.roles and technology.liberty == path
    assert technology.driving_cell == shipped.driving_cell
    assert technology.environment.output_load_ff == pytest.approx(shipped.environment.output_load_ff, rel=1e-3)
    assert technology.environment.clock_slew_ps == pytest.approx(shipped.environment.clock_slew_ps, rel=0.3)
    assert load(path) is technology
    path.write_text(path.read_text().replace("area : 20.0192", "area : 19"))
    assert load(path) is not technology and load(path).digest != technology.digest


@pytest.mark.parametrize(
    ("gone", "message"),
    [
        ("dff", "the technology must have a rising-edge flip-flop"),
        ("inv", "the technology must have an inverter"),
    ],
)
def test_a_file_without_what_a_flow_needs_is_refused(tmp_path: Path, gone: str, message: str) -> None:
    head, *cells, _ = load("gf180_7t_5v").liberty.read_text().split("  cell (")
    kept = [f"  cell ({cell}" for cell in cells if not cell.startswith(f"gf180mcu_fd_sc_mcu7t5v0__{gone}")]
    path = tmp_path / "few.lib"
    path.write_text("".join([head, *kept, "}"]))
    with pytest.raises(InputError) as refusal:
        load(path)
    assert str(refusal.value) == f"{path}: {message}"


def test_unknown_names_and_files_are_refused(tmp_path: Path) -> None:
    names = ", ".join(TECHNOLOGIES)
    with pytest.raises(InputError) as refusal:
        load("sky13hd")
    assert str(refusal.value) == (
        f"technology: name must be one of {names} or the path of a liberty file, "
        "not 'sky13hd' (did you mean 'sky130hd'?)"
    )
    with pytest.raises(InputError) as refusal:
        load(tmp_path)
    assert str(refusal.value) == f"{tmp_path}: the liberty file must be a file, not a folder"
    with pytest.raises(InputError) as refusal:
        load("none/cells.lib")
    assert str(refusal.value) == "none/cells.lib: the liberty file must be readable (No such file or directory)"
