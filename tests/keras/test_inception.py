"""Inception-v3 given Keras's weights computes what Keras's own computes, at every place."""

import re

import keras
import numpy as np
import pytest
from untrained.inception import Convolution, random_weights, states

PLACES = {
    "mixed": "mixed0",
    **{f"mixed_{k}": f"mixed{k}" for k in range(1, 11)},
    "pool_3": "avg_pool",
    "softmax": "predictions",
}


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(1)
    return keras.applications.InceptionV3(weights=None)


def of_kind(model, kind):
    """The model's layers of a kind in the order in which they were made, as their names count."""
    layers = [layer for layer in model.layers if isinstance(layer, kind)]
    return sorted(layers, key=lambda layer: int((re.findall(r"_(\d+)$", layer.name) or [0])[0]))


def test_every_place(model):
    rng = np.random.default_rng(1)
    weights = random_weights(rng, "keras")
    names = [name for name in weights if name != "softmax"]
    convolutions = of_kind(model, keras.layers.Conv2D)
    normalisations = of_kind(model, keras.layers.BatchNormalization)
    for name, layer, normal in zip(names, convolutions, normalisations, strict=True):
        # Statistics as a trained network has them, and not 0 and 1.
        n_out = layer.filters
        mean, shift = rng.normal(0, 0.2, (2, n_out))
        variance = rng.uniform(0.5, 2, n_out)
        weights[name] = Convolution(weights[name].kernel, (mean, variance, shift))
        layer.set_weights([weights[name].kernel])
        normal.set_weights([shift, mean, variance])
    model.get_layer("predictions").set_weights([weights["softmax"], np.zeros(1000)])

    outputs = {place: model.get_layer(name).output for place, name in PLACES.items()}
    pictures = rng.uniform(-1, 1, (2, 299, 299, 3)).astype(np.float32)
    theirs = keras.Model(model.inputs, outputs).predict(pictures, verbose=0)
    ours = states(pictures, weights)
    assert list(ours) == list(PLACES)
    for place in PLACES:
        assert ours[place].shape == theirs[place].shape
        error = np.abs(ours[place] - theirs[place]).max() / np.abs(theirs[place]).max()
        assert error < 1e-5, place


def test_weights_are_drawn_as_keras_draws_them(model):
    """Each kernel is spread as far as the model's own, and no further."""
    ours = random_weights(np.random.default_rng(1), "keras")
    fresh = keras.applications.InceptionV3(weights=None)
    for name, layer in zip(ours, of_kind(fresh, keras.layers.Conv2D)):
        own, theirs = ours[name].kernel, np.asarray(layer.kernel)
        limit = np.abs(theirs).max()
        assert np.abs(own).max() == pytest.approx(limit, rel=0.02)
        assert own.std() == pytest.approx(theirs.std(), rel=5 / np.sqrt(theirs.size))
