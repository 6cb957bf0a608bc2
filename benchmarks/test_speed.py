"""How fast lib is, beside a loop over patterns and beside the least that the same numbers need.

Run by `make bench`, never by `make test`. In each group "lib" is the package, "loop" does one
pattern at a time as the blog post does, nothing slowed on purpose, and "floor" only draws,
multiplies and squashes arrays of the same sizes. A loop is given fewer networks; times are compared
per network.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
from scipy.stats import rankdata

from lib.baseline import compare
from lib.codes import simulate
from lib.collapse import identification
from lib.networks import propagate
from lib.similarity import functional_smoothness, linear_cka, smoothness_within

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
        """Nothing but the items standardised, and the squared differences of all pairs of them."""

        def floor():
            for x in (inputs, outputs):
                z = x - x.mean(axis=-1, keepdims=True)
                z /= np.sqrt(np.vecdot(z, z))[..., None]
                for i in range(ITEMS - 1):
                    np.sum((z[..., i + 1 :, :] - z[..., i : i + 1, :]) ** 2, axis=-1)

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


# A trained network and ten twins


SIZES = {  # items, and the layers' units
    "a GRU: 122 x 256, 9 layers": (122, [256] * 9),
    "SqueezeNet: 34 pictures, 10 layers": (
        34,
        [817_216, 401_408, 401_408, 200_704, 200_704, 75_264, 75_264, 100_352, 100_352, 196_000],
    ),
    "200 x 4,000, 12 layers": (200, [4_000] * 12),
    "1,000 x 1,000, 12 layers": (1_000, [1_000] * 12),
    "3,000 x 200, 12 layers": (3_000, [200] * 12),
}


def networks(n_items, widths):
    """A network and ten more, in single precision: windows of one array."""
    window = np.arange(11) * 100
    rng = np.random.default_rng(4)
    buffer = rng.standard_normal((n_items, max(widths) + 1200), dtype=np.float32)
    buffer += rng.standard_normal((n_items, n_items), dtype=np.float32) @ buffer[:n_items]
    return [[buffer[:, :100], *[buffer[:, k : k + n] for n in widths]] for k in window + 100]


def correlations(states):
    """What of a layer cannot be avoided: its items' correlations, in double precision."""
    z = states.astype(float)
    z -= z.mean(axis=1, keepdims=True)
    z /= np.sqrt(np.vecdot(z, z))[:, None]
    return z @ z.T


def standardised(pairs):
    pairs = pairs - pairs.mean()
    return pairs / np.sqrt(pairs @ pairs)


def floor_of(relate):
    """Correlations once a layer and network; the shuffles permute that matrix, and relate it."""

    def floor(trained, baselines):
        rng = np.random.default_rng(5)
        of_inputs = correlations(trained[0])
        for layer in range(1, len(trained)):
            of_layer = correlations(trained[layer])
            relate(of_inputs, of_layer)
            for _ in range(100):
                order = rng.permutation(len(of_layer))
                relate(of_inputs, of_layer[np.ix_(order, order)])
            for network in baselines:
                relate(of_inputs, correlations(network[layer]))

    return floor


def within(size):
    """By group, of as many items each."""
    upper = np.triu_indices(size, 1)

    def relate(a, b):
        for k in range(0, len(a), size):
            group = slice(k, k + size)
            standardised(a[group, group][upper]) @ standardised(b[group, group][upper])

    return relate


@pytest.mark.parametrize("size", SIZES)
class TestCompare:
    def test_floor(self, benchmark, timed, size):
        benchmark.group = f"compare, {size}"
        trained, *baselines = networks(*SIZES[size])
        timed(11, floor_of(np.vdot), trained, baselines, rounds=1 if "000" in size else 5)

    def test_lib(self, benchmark, timed, size):
        benchmark.group = f"compare, {size}"
        trained, *baselines = networks(*SIZES[size])
        rng = np.random.default_rng(5)
        timed(11, compare, trained, baselines, rng, rounds=1 if "000" in size else 5)


UPPER = np.triu_indices(200, 1)
RELATED = {
    "Spearman": (
        partial(functional_smoothness, rank=True),
        lambda a, b: standardised(rankdata(a[UPPER])) @ standardised(rankdata(b[UPPER])),
    ),
    "pairs with the first": (
        partial(functional_smoothness, pairs="first"),
        lambda a, b: standardised(a[0, 1:]) @ standardised(b[0, 1:]),
    ),
    "within groups": (
        partial(smoothness_within, groups=np.repeat(np.arange(20), 10)),
        within(10),
    ),
    "linear CKA": (linear_cka, np.vdot),
}


@pytest.mark.parametrize("name", RELATED)
class TestCompareByMeasure:
    def test_floor(self, benchmark, timed, name):
        benchmark.group = f"compare, 200 x 4,000, {name}"
        trained, *baselines = networks(*SIZES["200 x 4,000, 12 layers"])
        timed(11, floor_of(RELATED[name][1]), trained, baselines, rounds=2)

    def test_lib(self, benchmark, timed, name):
        benchmark.group = f"compare, 200 x 4,000, {name}"
        trained, *baselines = networks(*SIZES["200 x 4,000, 12 layers"])
        rng = np.random.default_rng(5)
        timed(11, compare, trained, baselines, rng, RELATED[name][0], rounds=2)
