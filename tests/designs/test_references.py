"""The golden model of every design against its reference, which is written without us; and faults that are seen."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

import designs
from hdlgen.golden import evaluate
from hdlgen.number import Format
from hdlgen.spec import Spec, load, parse

TOKENS = 10_000
NAMES = designs.names()
TWELVE = {
    "biquad", "complexmul", "conv3x3", "cubic", "dct8", "dense16x5",
    "dot16", "dot8", "fir16", "fir8", "gemm4x4x4", "matvec4x4",
}  # fmt: skip

MUTATIONS: Sequence[tuple[str, str, str]] = (
    ("dot8", "sum(a * b)", "sum(a * a)"),
    ("dot8", "sum(a * b)", "sum(a[0:7] * b[0:7])"),
    ("dot8", "sum(a * b)", "sum(a * b) + (a[0] == -128)"),
    ("dot16", "a @ b", "a @ b[::-1]"),
    ("matvec4x4", "m @ v", "v @ m"),
    ("gemm4x4x4", "a @ b", "b @ a"),
    ("fir8", "29, 31", "31, 29"),
    ("fir8", "window(x, 8)", "window(x, 8)[::-1]"),
    ("fir16", "h * recent", "previous(h) * recent"),
    ("conv3x3", "conv(tile, k)", "conv(tile, k[::-1, ::-1])"),
    ("conv3x3", "conv(tile, k)", "conv(tile, k.T)"),
    ("conv3x3", "-5, 0, 7", "-5, 1, 7"),
    ("dct8", "half_even", "half_up"),
    ("dct8", "c @ x", "x @ c"),
    ("cubic", "half_even", "floor"),
    ("cubic", '"saturate"', '"wrap"'),
    ("biquad", "previous(previous(y))", "previous(y)"),
    ("biquad", '"saturate"', '"wrap"'),
    ("biquad", "half_even", "toward_zero"),
    ("complexmul", "a_re * b_re - a_im * b_im", "a_im * b_re - a_im * b_im"),
    ("complexmul", "a_im * b_re", "a_re * b_re"),
    ("mixer12", "half_even", "half_up"),
    ("mixer12", "re * s + im * c", "re * s - im * c"),
    ("dense16x5", "half_up", "floor"),
    ("dense16x5", "max(sums, 0)", "max(sums, 1000)"),
    ("dense16x5", "2500, -310", "-310, 2500"),
    ("sigmoid", '"sigmoid(x)"', '"tanh(x)"'),
    ("sigmoid", '"sigmoid(x)"', '\'round(sigmoid(x, "uq1.14"), "uq1.12", "floor")\''),
    ("tanh", '"tanh(x)"', '"sin(x)"'),
    ("gelu", '"gelu(x)"', '"gelu(maximum(x, -0.5))"'),
    ("rsqrt", '"rsqrt(x)"', '"reciprocal(x)"'),
    ("softmax8", "x - max(x)", "x - x[0]"),
    ("softmax8", "half_even", "floor"),
    ("softmax8", "uq1.10", "uq1.9"),
    ("sort8", "sort(x)", "sort(x)[::-1]"),
    ("sort8", "sort(x)", "sort(maximum(x, -127))"),
    ("median9", "median(tile)", "sort(reshape(tile, 9))[5]"),
    ("median9", "median(tile)", "median(median(tile, 1))"),
    ("popcount64", "popcount(x)", "popcount(wrap(x, 'i63'))"),
    ("argmax16", "argmax(x)", "15 - argmax(x[::-1])"),
    ("argmax16", "argmax(x)", "argmax(abs(x))"),
    ("rgb2ycbcr", '"saturate"', '"wrap"'),
    ("rgb2ycbcr", "half_up", "half_even"),
    ("rgb2ycbcr", "-107,  -21", " -21, -107"),
    ("fft8", "d_im[2], p3", "-d_im[2], p3"),
    ("fft8", "q10.2", "q10.3"),
    ("fft8", '"half_even"', '"half_up"'),
    ("mlp16x32x5", "max(sums, 0)", "abs(sums)"),
    ("mlp16x32x5", 'hidden_bias"', '(hidden_bias >> 1)"'),
    ("mlp16x32x5", "argmax(scores)", "4 - argmax(scores[::-1])"),
)
"""Design, a text of its spec, and what is planted in its place."""


def draw(format: Format, shape: tuple[int, ...], generator: np.random.Generator) -> NDArray[np.int64]:
    """Draw a stream of raw integers: runs of one corner, corners mixed, then uniform ones."""
    corners = np.unique(np.clip([format.low, -1, 0, 1, format.high], format.low, format.high))
    runs = np.repeat(generator.choice(corners, TOKENS // 50), 10).reshape(-1, *[1] * len(shape))
    same = np.broadcast_to(runs, (len(runs), *shape))
    mixed = generator.choice(corners, (TOKENS // 5, *shape))
    rest = generator.integers(format.low, format.high, (TOKENS - len(same) - len(mixed), *shape), endpoint=True)
    return np.concatenate([same, mixed, rest]).astype(np.int64)


def stream(spec: Spec, seed: int) -> dict[str, NDArray[np.int64]]:
    generator = np.random.default_rng(seed)
    return {name: draw(format, shape, generator) for name, format, shape in spec.inputs}


def agree(spec: Spec, name: str) -> bool:
    inputs = stream(spec, seed=7)
    expected = designs.load_reference(name)({field: values.copy() for field, values in inputs.items()})
    found = evaluate(spec.graph, inputs)
    assert list(found) == [field for field, _, _ in spec.outputs]
    assert found.keys() == expected.keys()
    return all(np.array_equal(found[field], expected[field]) for field in found)


def test_the_twelve_designs_are_there() -> None:
    assert set(NAMES) >= TWELVE


@pytest.mark.parametrize("name", NAMES)
def test_golden_model_and_reference_agree(name: str) -> None:
    assert agree(load(name), name)


@pytest.mark.parametrize("name", NAMES)
def test_the_reference_stays_within_the_formats_and_reaches_far(name: str) -> None:
    spec = load(name)
    inputs = stream(spec, seed=11)
    for (field, format, shape), values in zip(spec.outputs, designs.load_reference(name)(inputs).values(), strict=True):
        assert values.dtype == np.int64
        assert values.shape == (TOKENS, *shape)
        assert format.low <= values.min() and values.max() <= format.high, field
        assert values.max() >= format.high // 4, field


@pytest.mark.parametrize(("name", "text", "fault"), MUTATIONS)
def test_a_planted_fault_is_seen(name: str, text: str, fault: str) -> None:
    source = load(name).text
    assert text in source
    assert not agree(parse(source.replace(text, fault), path=designs.spec_path(name)), name)


@pytest.mark.parametrize("name", NAMES)
def test_every_design_is_mutated_and_described(name: str) -> None:
    assert name in {mutated for mutated, _, _ in MUTATIONS} or name not in TWELVE
    spec = load(name)
    assert spec.name == name
    assert spec.summary
    assert spec.objectives
    assert spec.strategy and spec.budget and spec.seed is not None
    readme = (designs.spec_path(name).parent.parent / "README.md").read_text()
    assert f"[{name}]({name}/spec.toml) | {spec.summary}" in readme


@pytest.mark.parametrize("name", NAMES)
def test_a_reference_imports_numpy_alone(name: str) -> None:
    module = sys.modules[designs.load_reference(name).__module__]
    modules = set()
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Import):
            modules |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules.add(str(node.module).split(".")[0])
    assert modules - {"pathlib"} == {"__future__", "numpy"}  # pathlib to find files of its own


def call(name: str, **inputs: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
    return designs.load_reference(name)(inputs)


def test_an_impulse_brings_out_the_taps_of_fir8_newest_first() -> None:
    impulse = np.array([0, 1, *[0] * 10])
    assert call("fir8", x=impulse)["y"].tolist() == [0, -1, 3, 12, 29, 31, 14, 4, -2, 0, 0, 0]


def test_dct8_keeps_lengths_and_a_constant_goes_to_the_first_coefficient() -> None:
    x = np.random.default_rng(3).integers(-128, 128, (1000, 8))
    y = call("dct8", x=x)["y"]
    assert np.allclose(np.linalg.norm(y, axis=1), np.linalg.norm(x, axis=1), rtol=0.01, atol=2.0)
    assert call("dct8", x=np.full((1, 8), 100))["y"].tolist() == [[284, 0, 0, 0, 0, 0, 0, 0]]


def test_cubic_is_the_exponential_function_until_it_saturates() -> None:
    x = np.arange(-(2**11), 2**11)
    exact = np.minimum(np.exp(x / 2**11), 2 - 2**-10)
    assert np.abs(call("cubic", x=x)["y"] / 2**10 - exact).max() < 0.015


def test_fft8_is_the_discrete_fourier_transform() -> None:
    re, im = np.random.default_rng(6).integers(-128, 128, (2, 1000, 8))
    found = call("fft8", re=re, im=im)
    exact = np.fft.fft(re + 1j * im)
    assert np.abs(found["spectrum_re"] - exact.real).max() < 1
    assert np.abs(found["spectrum_im"] - exact.imag).max() < 1


def test_rgb2ycbcr_gives_greys_no_colour_and_primaries_theirs() -> None:
    greys = np.repeat(np.arange(256)[:, None], 3, axis=1)
    assert call("rgb2ycbcr", rgb=greys)["ycbcr"].tolist() == [[grey, 128, 128] for grey in range(256)]
    # ITU-T T.871, section 7, with its exact coefficients: Y 76.2, 149.7, 29.1; within the error of 8 fraction bits.
    primaries = call("rgb2ycbcr", rgb=255 * np.eye(3, dtype=np.int64))["ycbcr"].tolist()
    assert primaries == [[77, 85, 255], [149, 43, 21], [29, 255, 107]]


def test_mlp16x32x5_tells_the_classes_apart_and_uses_all_scores() -> None:
    x = np.random.default_rng(8).integers(-128, 128, (2000, 16))
    found = call("mlp16x32x5", x=x)
    assert set(found["label"].tolist()) == {0, 1, 2, 3, 4}
    assert (found["scores"].max(axis=0) > 40).all() and (found["scores"].min(axis=0) < -40).all()


def test_biquad_passes_a_constant_with_gain_1_and_stops_the_highest_tone() -> None:
    constant = call("biquad", x=np.full(200, 20_000))["y"]
    assert abs(int(constant[-1]) - 20_000) < 200
    tone = call("biquad", x=20_000 * (-1) ** np.arange(200))["y"]
    assert np.abs(tone[-20:]).max() < 20


def test_dense16x5_has_every_neuron_alive() -> None:
    x = np.random.default_rng(5).integers(-128, 128, (1000, 16))
    y = call("dense16x5", x=x)["y"]
    assert (y.min(axis=0) == 0).all()
    assert (y.max(axis=0) > 100).all()
