"""The paper's simulation, held to a loop written from its description, and the other codes."""

import hashlib
import pickle
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib import codes
from lib.codes import factorial_code, hash_code, simulate, voxels

SIZES = dict(n_networks=3, n_categories=4, n_levels=5, n_units=12, n_layers=3)


@pytest.fixture(scope="module")
def small():
    return simulate(**SIZES, seed=7)


def one_by_one(n_networks, n_categories, n_levels, n_units, n_layers, seed=0, rescaled=True):
    """The paper's simulation as its authors ran it, one pattern at a time.

    Returns the correlations with the level-0 item, (networks, models, categories, levels).
    """

    def normalize(x):
        return (x - x.mean()) / x.std()

    def remap(x):
        return 2 * (x - x.min()) / (x.max() - x.min()) - 1 if rescaled else x

    similarity = np.empty((n_networks, 3 + n_layers, n_categories, n_levels))
    for network, child in enumerate(np.random.SeedSequence(seed).spawn(n_networks)):
        rng = np.random.default_rng(child)
        prototypes = [rng.standard_normal(n_units) for _ in range(n_categories)]
        items = []
        for prototype in prototypes:
            for level in range(n_levels):
                sd = 0.05 * level if level else 0.0001
                items.append(normalize(prototype + sd * rng.standard_normal(n_units)))
        weights = [rng.standard_normal((n_units, n_units)) for _ in range(n_layers)]
        coded = []
        for item in items:
            state = remap(item)
            models = [state, np.tanh(item), remap(state @ weights[0])]
            for w in weights:
                state = np.tanh(state @ w)
                models.append(state)
            coded.append(models)
        for model in range(3 + n_layers):
            for category in range(n_categories):
                first = coded[category * n_levels][model]
                for level in range(n_levels):
                    other = coded[category * n_levels + level][model]
                    r = np.corrcoef(first, other)[0, 1]
                    similarity[network, model, category, level] = r
    return similarity


def smoothness_of(similarity):
    """Correlate model 1's similarities with every model's, over all that is not level 0."""
    by_model = np.moveaxis(similarity[..., 1:], -3, 0)
    return [np.corrcoef(by_model[0].ravel(), model.ravel())[0, 1] for model in by_model]


# The simulation


@pytest.mark.parametrize("rescaled", [True, False])
def test_simulate_is_the_loop_over_patterns(rescaled):
    pairs = one_by_one(**SIZES, seed=7, rescaled=rescaled)
    result = simulate(**SIZES, seed=7, rescaled=rescaled)
    close = dict(rtol=0, atol=1e-9)
    assert np.allclose(result.similarity_by_network, pairs.mean(axis=2), **close)
    assert np.allclose(result.similarity, pairs.mean(axis=(0, 2)), **close)
    assert np.allclose(result.smoothness, smoothness_of(pairs), **close)
    by_network = [smoothness_of(network) for network in pairs]
    assert np.allclose(result.smoothness_by_network, by_network, **close)


def test_the_shapes_and_the_default_sizes_are_the_papers(small):
    defaults = simulate.__defaults__
    assert defaults == (100, 100, 20, 100, 8, 0, map, True)
    assert small.similarity.shape == (6, 5)
    assert small.smoothness.shape == (6,)
    assert small.similarity_by_network.shape == (3, 6, 5)
    assert small.smoothness_by_network.shape == (3, 6)
    assert small._fields[:2] == ("similarity", "smoothness")
    assert all(part.dtype == np.float64 for part in small)


def test_the_stimuli_are_smooth_in_themselves_and_level_0_is_the_item_itself(small):
    assert np.allclose(small.smoothness_by_network[:, 0], 1, rtol=0, atol=1e-12)
    assert np.allclose(small.similarity[:, 0], 1, rtol=0, atol=1e-12)
    assert np.all(np.abs(small.smoothness_by_network) <= 1 + 1e-12)


def test_level_0_is_not_in_the_pool():
    """The pairs of level 0 with itself, all 1 in every model, would raise every smoothness."""
    pairs = one_by_one(**SIZES, seed=7)
    by_model = np.moveaxis(pairs, 1, 0).reshape(6, -1)
    with_level_0 = np.corrcoef(by_model)[0]
    assert np.all(simulate(**SIZES, seed=7).smoothness[2:] < with_level_0[2:] - 0.01)


def test_models_3_and_4_share_the_first_matrix():
    """So that a network in which the product strays is one in which its tanh does."""
    sizes = dict(n_networks=40, n_categories=2, n_levels=3, n_units=60, n_layers=2)
    product, tanh = simulate(**sizes).similarity_by_network[:, 2:4, 2].T
    assert np.corrcoef(product, tanh)[0, 1] > 0.5
    assert tanh.mean() < product.mean()


def test_a_ninth_layer_leaves_the_eleven_models_as_they_were():
    sizes = SIZES | {"n_layers": 8}
    eleven, twelve = simulate(**sizes), simulate(**sizes | {"n_layers": 9})
    for a, b in zip(eleven, twelve):
        models = 1 if a.ndim > 1 and len(a) == 3 else 0
        assert np.array_equal(a, np.take(b, range(11), axis=models))
        assert b.shape[models] == 12


def test_a_network_does_not_depend_on_how_many_there_are_and_the_seed_tells():
    few, more = simulate(**SIZES), simulate(**SIZES | {"n_networks": 5})
    assert np.array_equal(few.similarity_by_network, more.similarity_by_network[:3])
    assert np.array_equal(few.smoothness_by_network, more.smoothness_by_network[:3])
    other = simulate(**SIZES, seed=1)
    assert not np.any(few.smoothness_by_network[:, 1:] == other.smoothness_by_network[:, 1:])
    networks = few.smoothness_by_network[:, 3]
    assert len(set(networks)) == 3


def test_rescaling_changes_every_network_but_neither_the_stimuli_nor_gain_control():
    mapped, text = simulate(**SIZES), simulate(**SIZES, rescaled=False)
    assert np.allclose(mapped.similarity[:2], text.similarity[:2], rtol=0, atol=1e-12)
    assert np.all(np.abs(mapped.similarity[3:, -1] - text.similarity[3:, -1]) > 1e-6)


def test_the_mean_over_networks_is_no_mean_of_smoothness(small):
    assert np.allclose(small.similarity, small.similarity_by_network.mean(axis=0), atol=1e-15)
    assert not np.allclose(small.smoothness[1:], small.smoothness_by_network.mean(axis=0)[1:])


# However the jobs are spread


def watched(results):
    """A progress bar, as a generator around the results."""
    yield from results


@pytest.mark.parametrize("workers", ["threads", "processes", "a bar", "a bar on threads", "a list"])
def test_the_numbers_are_the_same_to_the_bit_however_the_jobs_are_spread(workers, small):
    threads = ThreadPoolExecutor(2)
    # Forking a process that has threads may hang.
    processes = ProcessPoolExecutor(2, mp_context=get_context("spawn"))
    ways = {
        "threads": threads.map,
        "processes": processes.map,
        "a bar": lambda function, jobs: watched(map(function, jobs)),
        "a bar on threads": lambda function, jobs: watched(threads.map(function, jobs)),
        "a list": lambda function, jobs: [function(job) for job in jobs],
    }
    with threads, processes:
        spread = simulate(**SIZES, seed=7, map=ways[workers])
    for a, b in zip(small, spread, strict=True):
        assert np.array_equal(a, b)


def test_map_is_called_once_with_one_job_a_network():
    calls = []

    def noting(*arguments):
        calls.append(arguments)
        return map(*arguments)

    simulate(**SIZES, map=noting)
    [(function, jobs)] = calls
    assert len(jobs) == 3
    assert pickle.loads(pickle.dumps(function)) is function


def test_a_job_hands_back_sums_not_pairs():
    def size_of(n_categories, n_levels):
        sizes = []

        def weighing(function, jobs):
            for job in jobs:
                result = function(job)
                sizes.append(len(pickle.dumps(job)) + len(pickle.dumps(result)))
                yield result

        simulate(1, n_categories, n_levels, n_units=10, n_layers=2, map=weighing)
        return sizes[0]

    assert abs(size_of(200, 5) - size_of(3, 5)) < 20
    assert size_of(30, 40) < size_of(30, 20) + 5 * 8 * 20 + 20  # one mean a model and level
    assert size_of(100, 20) < 3000


def test_the_global_generator_is_left_alone():
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    simulate(**SIZES)
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002


# Factorial design coding


def test_the_table_of_three_factors_is_the_papers():
    table = """
        I  A  B  C AB AC BC ABC
        1 -1 -1 -1  1  1  1  -1
        1  1 -1 -1 -1 -1  1   1
        1 -1  1 -1 -1  1 -1   1
        1  1  1 -1  1 -1 -1  -1
        1 -1 -1  1  1 -1 -1   1
        1  1 -1  1 -1  1 -1  -1
        1 -1  1  1 -1 -1  1  -1
        1  1  1  1  1  1  1   1
    """
    names, *rows = [line.split() for line in table.strip().splitlines()]
    code = factorial_code(3)
    assert np.array_equal(code, np.array(rows, dtype=float))
    for name, column in zip(names[4:], code.T[4:]):
        factors = [code[:, names.index(letter)] for letter in name]
        assert np.array_equal(column, np.prod(factors, axis=0))


@pytest.mark.parametrize("k", range(1, 8))
def test_rows_and_columns_are_orthogonal(k):
    q = factorial_code(k)
    assert q.shape == (2**k, 2**k)
    assert np.array_equal(q @ q.T, 2**k * np.eye(2**k))
    assert np.array_equal(q.T @ q, 2**k * np.eye(2**k))
    assert np.all(q[:, 0] == 1)
    assert len(np.unique(q[:, 1 : k + 1], axis=0)) == 2**k
    for factor in range(k):  # the first factor changes fastest
        low, high = -np.ones(2**factor), np.ones(2**factor)
        cycle = np.tile(np.concatenate([low, high]), 2 ** (k - factor - 1))
        assert np.array_equal(q[:, 1 + factor], cycle)


def test_columns_go_by_number_of_factors_and_then_by_alphabet():
    q = factorial_code(4)
    a, b, c, d = q.T[1:5]
    pairs = [a * b, a * c, a * d, b * c, b * d, c * d]
    triples = [a * b * c, a * b * d, a * c * d, b * c * d]
    assert np.array_equal(q.T[5:], [*pairs, *triples, a * b * c * d])


# Hash coding


def test_hash_code_is_the_head_of_sha1():
    for value in (0.5, -1.25, 1e-300, 3.0):
        bits = int.from_bytes(np.float64(value).tobytes(), "little")
        digest = hashlib.sha1(bits.to_bytes(8, "little")).hexdigest()
        assert hash_code(value) == int(digest[:16], 16) / 2**64


def test_hash_code_of_one_is_known():
    """SHA-1 of the bytes 00 00 00 00 00 00 f0 3f."""
    digest = hashlib.sha1(bytes.fromhex("000000000000f03f")).hexdigest()
    assert hash_code(1) == int(digest[:16], 16) / 2**64
    assert f"{hash_code(1):.10f}" == "0.2448683031"


def test_the_two_zeros_hash_alike():
    zeros = np.array([0.0, -0.0])
    assert len(set(hash_code(zeros))) == 1
    assert np.signbit(zeros[1])  # and the input is left as it was


@settings(deadline=None, derandomize=True, max_examples=30)
@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_a_value_is_hashed_by_itself_and_keeps_its_place(a, b):
    grid = np.array([[a, b, a], [b, b, a]])
    coded = hash_code(grid)
    assert coded.shape == grid.shape
    assert np.array_equal(coded, [[hash_code(x) for x in row] for row in grid])
    assert np.array_equal(hash_code(grid.T), coded.T)


def test_hashes_are_spread_evenly_and_the_last_bit_changes_all():
    values = np.random.default_rng(1).standard_normal(20_000)
    coded = hash_code(values)
    assert coded.min() >= 0
    assert coded.max() < 1
    counts = np.histogram(coded, bins=20, range=(0, 1))[0]
    assert np.sum((counts - 1000) ** 2 / 1000) < 45  # chi square with 19 degrees of freedom
    neighbours = hash_code(np.nextafter(values, np.inf))
    assert not np.any(coded == neighbours)
    assert abs(np.corrcoef(coded, neighbours)[0, 1]) < 0.03
    assert abs(np.corrcoef(coded, values)[0, 1]) < 0.03


# Voxels


@settings(deadline=None, derandomize=True, max_examples=30)
@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 4), st.integers(0, 9))
def test_a_voxel_is_the_mean_of_its_block(size, rows, columns, seed):
    grid = np.random.default_rng(seed).standard_normal((rows * size, columns * size))
    blurred = voxels(grid, size)
    assert blurred.shape == (rows, columns)
    for i in range(rows):
        for j in range(columns):
            block = [
                grid[size * i + down, size * j + right]
                for down in range(size)
                for right in range(size)
            ]
            assert blurred[i, j] == pytest.approx(sum(block) / size**2, abs=1e-12)
    assert blurred.sum() * size**2 == pytest.approx(grid.sum(), abs=1e-9)


def test_the_axes_before_the_grid_are_carried_along():
    grids = np.random.default_rng(1).standard_normal((2, 3, 4, 6))
    blurred = voxels(grids, 2)
    assert blurred.shape == (2, 3, 2, 3)
    for i in range(2):
        for j in range(3):
            assert np.array_equal(blurred[i, j], voxels(grids[i, j], 2))
    assert np.array_equal(voxels(grids, 1), grids)


def test_a_summing_scanner_cannot_tell_these_apart():
    assert voxels([[3, 5], [0, 0]], 2) == voxels([[6, 2], [0, 0]], 2) == 2


def test_simulation_names_what_it_returns(small):
    assert isinstance(small, codes.Simulation)
    similarity, smoothness, *by_network = small
    assert similarity is small.similarity
    assert smoothness is small.smoothness
    assert len(by_network) == 2
