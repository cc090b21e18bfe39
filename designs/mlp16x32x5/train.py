"""Train the network of mlp16x32x5 and write its integers to `weights`; the same files come out every time.

Run from the root of the repository, with hdlgen installed (`pip install -e .`):

    python -m designs.mlp16x32x5.train

The set is synthetic, as sklearn.datasets.make_classification draws it: 16 features, 5 classes of 2 clusters each. The
first half trains a perceptron with one hidden layer of 32 and ReLU; the second half tests it. Features become signed
bytes; weights are rounded to `WEIGHT_BITS` bits with one power of two a layer, biases to integers of the scale of the
sums, and what lies between the layers to bytes. Both accuracies stand in `weights/accuracy.txt`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import make_classification
from sklearn.neural_network import MLPClassifier

SEED = 16325
SAMPLES = 6000
WEIGHT_BITS = 5
FOLDER = Path(__file__).parent / "weights"

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def features_and_classes() -> tuple[Floats, Integers]:
    """Draw the set; features are scaled so that 4 standard deviations span -128 to 127, then rounded to those."""
    features, classes = make_classification(
        n_samples=SAMPLES,
        n_features=16,
        n_informative=10,
        n_redundant=4,
        n_classes=5,
        n_clusters_per_class=2,
        class_sep=2.0,
        random_state=SEED,
    )
    scaled = (features - features.mean(axis=0)) / features.std(axis=0) * 32
    return np.clip(np.rint(scaled), -128, 127), classes.astype(np.int64)


def power_for(weights: Floats) -> int:
    """Choose the power of two by which weights are multiplied so that the largest just fits."""
    largest = 2 ** (WEIGHT_BITS - 1) - 1
    return int(np.floor(np.log2(largest / np.abs(weights).max())))


def layer(weights: Floats, bias: Floats, scale: float) -> tuple[Integers, Integers, int]:
    """Round a layer: weights times a power of two, and the bias times that and the scale of the layer's inputs."""
    power = power_for(weights)
    return (
        np.rint(weights.T * 2.0**power).astype(np.int64),
        np.rint(bias * 2.0**power * scale).astype(np.int64),
        power,
    )


def main() -> None:
    """Train, round, test and write."""
    features, classes = features_and_classes()
    half = SAMPLES // 2
    network = MLPClassifier(hidden_layer_sizes=(32,), alpha=1.0, max_iter=400, random_state=SEED)
    inputs_scale = 32.0
    network.fit(features[:half] / inputs_scale, classes[:half])
    hidden, hidden_bias, power = layer(network.coefs_[0], network.intercepts_[0], inputs_scale)
    sums = np.maximum(features[:half].astype(np.int64) @ hidden.T + hidden_bias, 0)
    # Bytes for all but the largest thousandth, which is saturated.
    hidden_shift = int(np.ceil(np.log2(np.quantile(sums, 0.999) / 255)))
    middle_scale = inputs_scale * 2.0**power / 2**hidden_shift
    output, output_bias, _ = layer(network.coefs_[1], network.intercepts_[1], middle_scale)
    tested = features[half:].astype(np.int64)
    first = np.maximum(tested @ hidden.T + hidden_bias, 0)
    middle = np.minimum(np.floor(first / 2**hidden_shift + 0.5), 255).astype(np.int64)
    scores = middle @ output.T + output_bias
    output_shift = int(np.ceil(np.log2(np.quantile(np.abs(scores), 0.999) / 127)))
    results = np.clip(np.floor(scores / 2**output_shift + 0.5), -128, 127)
    accuracy_float = float((network.predict(features[half:] / inputs_scale) == classes[half:]).mean())
    accuracy_integer = float((results.argmax(axis=1) == classes[half:]).mean())
    FOLDER.mkdir(exist_ok=True)
    for name, values in (
        ("hidden", hidden),
        ("hidden_bias", hidden_bias),
        ("output", output),
        ("output_bias", output_bias),
    ):
        np.save(FOLDER / f"{name}.npy", values)
    (FOLDER / "accuracy.txt").write_text(
        f"test accuracy in floating point {accuracy_float:.4f}, in integers {accuracy_integer:.4f};"
        f" {half} samples, weights of {WEIGHT_BITS} bits, shifts {hidden_shift} and {output_shift}\n"
    )


if __name__ == "__main__":
    main()
