"""How fast lib is, beside a loop over patterns and beside the least that the same numbers need.

Run by `make bench`, never by `make test`. In each group "lib" is the package, "loop" does one
pattern at a time as the blog post does, nothing slowed on purpose, and "floor" only draws,
multiplies and squashes arrays of the same sizes. A loop is given fewer networks; times are compared
per network.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from lib.codes import simulate
from lib.collapse import identification
from lib.networks import propagate
from lib.similarity import functional_smoothness

CATEGORIES, LEVELS, UNITS, LAYERS = 100, 20, 100, 8  # the paper's
NETWORKS, ITEMS, DEPTH = 200, 10, 20  # chapter 6's: two categories of ten


@pytest.fixture(scope="module")
def pool():
    with ThreadPoolExecutor(2) as pool:
        yield pool


@pytest.fixture
def timed(benchmark):
    """Time a call, several times, and note for how many networks."""

    def timed(n_networks, function, *arguments, rounds=5):
        benchmark.extra_info["networks"] = n_networks
        benchmark.pedantic(function, arguments, rounds=rounds, warmup_rounds=rounds > 1)

    return timed


# The paper's simulation


def bare_network(seed):
    """Draw, multiply and squash what one network of the paper needs, and nothing else."""
    rng = np.random.default_rng(seed)
    rng.standard_normal((CATEGORIES, UNITS))
    states = rng.standard_normal((CATEGORIES, LEVELS, UNITS))
    weights = rng.standard_normal((LAYERS, UNITS, UNITS))
    np.tanh(states)
    for w in weights:
        states = np.tanh(states @ w)


def bare_network_in_place(seed):
    """The same without any new array after the draws."""
    rng = np.random.default_rng(seed)
    rng.standard_normal((CATEGORIES, UNITS))
    states = rng.standard_normal((CATEGORIES, LEVELS, UNITS))
    weights = rng.standard_normal((LAYERS, UNITS, UNITS))
    product = np.tanh(states)
    for w in weights:
        np.matmul(states, w, out=product)
        np.tanh(product, out=states)


def network_in_a_loop(seed):
    """One network of the paper, pattern by pattern."""
    rng = np.random.default_rng(seed)
    weights = [rng.standard_normal((UNITS, UNITS)) for _ in range(LAYERS)]
    pairs = [[] for _ in range(3 + LAYERS)]
    for _ in range(CATEGORIES):
        prototype = rng.standard_normal(UNITS)
        for level in range(LEVELS):
            item = prototype + (0.05 * level or 0.0001) * rng.standard_normal(UNITS)
            item = (item - np.mean(item)) / np.std(item)
            state = 2 * (item - np.min(item)) / (np.max(item) - np.min(item)) - 1
            models = [state, np.tanh(item), np.dot(state, weights[0])]
            for w in weights:
                state = np.tanh(np.dot(state, w))
                models.append(state)
            if level == 0:
                first = models
            for model, pair in enumerate(pairs):
                pair.append(np.corrcoef(first[model], models[model])[0, 1])
    return np.corrcoef(pairs)[0]


def all_of(results):
    return list(results)


@pytest.mark.benchmark(group="simulate, two threads")
class TestSimulateOnTwoThreads:
    def test_floor(self, timed, pool):
        timed(100, lambda: all_of(pool.map(bare_network, range(100))))

    def test_lib(self, timed, pool):
        timed(100, lambda: simulate(map=pool.map))

    def test_floor_in_place(self, timed, pool):
        timed(100, lambda: all_of(pool.map(bare_network_in_place, range(100))))


@pytest.mark.benchmark(group="simulate, one thread")
class TestSimulateOnOneThread:
    def test_floor(self, timed):
        timed(20, lambda: all_of(map(bare_network, range(20))))

    def test_lib(self, timed):
        timed(20, lambda: simulate(n_networks=20))

    def test_loop(self, timed):
        timed(2, lambda: all_of(map(network_in_a_loop, range(2))), rounds=2)


# The networks of chapter 6


@pytest.fixture(scope="module")
def items():
    rng = np.random.default_rng(1)
    noise = 0.01 * np.arange(ITEMS)[:, None] * rng.standard_normal((2, ITEMS, UNITS))
    return rng.standard_normal((2, 1, UNITS)) + noise


@pytest.fixture(scope="module")
def weights():
    """By layer, all networks' matrices: 320 MB."""
    rng = np.random.default_rng(2)
    return [0.1 * rng.standard_normal((NETWORKS, UNITS, UNITS)) for _ in range(DEPTH)]


@pytest.fixture(scope="module")
def inputs(items):
    """The two categories of items, once for each network."""
    return np.broadcast_to(items, (NETWORKS, *items.shape)).copy()


@pytest.fixture(scope="module")
def outputs(inputs, weights):
    return propagate(inputs, weights)[-1]


@pytest.mark.benchmark(group="propagate")
class TestPropagate:
    def test_floor(self, timed, inputs, weights):
        def floor():
            states = inputs.reshape(NETWORKS, 2 * ITEMS, UNITS)
            layers = [states]
            for w in weights:
                states = np.tanh(states @ w)
                layers.append(states)
            return layers

        timed(NETWORKS, floor)

    def test_lib(self, timed, inputs, weights):
        timed(NETWORKS, propagate, inputs, weights)

    def test_loop(self, timed, items, weights):
        def loop():
            for network in range(40):
                for item in items.reshape(-1, UNITS):
                    state = item
                    for w in weights:
                        state = np.tanh(np.dot(state, w[network]))

        timed(40, loop, rounds=2)


@pytest.mark.benchmark(group="functional_smoothness")
class TestSmoothness:
    def test_floor(self, timed, inputs, outputs):
        """Nothing but the squared differences of all pairs of items."""

        def floor():
            for x in (inputs, outputs):
                for i in range(ITEMS - 1):
                    np.sum((x[..., i + 1 :, :] - x[..., i : i + 1, :]) ** 2, axis=-1)

        timed(NETWORKS, floor)

    def test_lib(self, timed, inputs, outputs):
        timed(NETWORKS, functional_smoothness, inputs, outputs)

    def test_loop(self, timed, inputs, outputs):
        def pairs(patterns):
            return [
                np.corrcoef(patterns[i], patterns[j])[0, 1]
                for i in range(ITEMS)
                for j in range(i + 1, ITEMS)
            ]

        def loop():
            for network in range(20):
                for category in range(2):
                    a, b = inputs[network, category], outputs[network, category]
                    np.corrcoef(pairs(a), pairs(b))

        timed(20, loop, rounds=2)


@pytest.mark.benchmark(group="identification")
class TestIdentification:
    def test_floor(self, timed, outputs):
        """Nothing but the noise of all repeats and its products with the states."""

        def floor():
            rng = np.random.default_rng(3)
            states = outputs.reshape(NETWORKS, 2 * ITEMS, UNITS)
            for _ in range(20):
                rng.standard_normal(states.shape) @ np.swapaxes(states, -1, -2)

        timed(NETWORKS, floor)

    def test_lib(self, timed, outputs):
        timed(NETWORKS, lambda: identification(outputs, 0.1, np.random.default_rng(3)))

    def test_loop(self, timed, outputs):
        def loop():
            rng = np.random.default_rng(3)
            item_right, category_right = [], []
            for states in outputs[:4].reshape(4, 2 * ITEMS, UNITS):
                for _ in range(20):
                    for shown in range(2 * ITEMS):
                        noisy = states[shown] + 0.1 * rng.standard_normal(UNITS)
                        distances = [np.sqrt(np.sum((noisy - other) ** 2)) for other in states]
                        item_right.append(np.argmin(distances) == shown)
                        distances[shown] = np.inf
                        category_right.append(np.argmin(distances) // ITEMS == shown // ITEMS)
            return np.mean(item_right), np.mean(category_right)

        timed(4, loop, rounds=2)
