"""Size, proportions, directions and read-out of a set of states, each against plain loops."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib import collapse
from lib.collapse import dimension, distance_ratio, identification, spread

examples = settings(deadline=None, derandomize=True, max_examples=40)
seeds = st.integers(0, 2**32 - 1)
shapes = st.tuples(st.integers(2, 4), st.integers(2, 5), st.integers(1, 6))


def rng(seed=1):
    return np.random.default_rng(seed)


def distance(a, b):
    return np.sqrt(np.sum((a - b) ** 2))


def spread_by_loops(items):
    return np.mean([distance(a, b) for a, b in combinations(items, 2)])


def ratio_by_loops(categories):
    within = np.mean([spread_by_loops(items) for items in categories])
    between = np.mean(
        [
            np.mean([distance(a, b) for a in one for b in other])
            for one, other in combinations(categories, 2)
        ]
    )
    return within / between


# Distances


@examples
@given(seed=seeds, shape=shapes)
def test_spread_and_ratio_are_the_plain_loops(seed, shape):
    patterns = rng(seed).standard_normal((2, *shape)) * rng(seed).uniform(
        0.1, 3, (2, shape[0], 1, 1)
    )
    spreads = [[spread_by_loops(items) for items in one_set] for one_set in patterns]
    assert spread(patterns) == pytest.approx(np.array(spreads))
    ratios = [ratio_by_loops(one_set) for one_set in patterns]
    assert distance_ratio(patterns) == pytest.approx(np.array(ratios))


def test_spread_and_ratio_by_hand():
    assert spread([[0, 0], [3, 4], [3, 0]]) == pytest.approx((5 + 3 + 4) / 3)
    # Within 1 and 3, so 2; between 10, 13, 9, 12, so 11.
    assert distance_ratio([[[0], [1]], [[10], [13]]]) == pytest.approx(2 / 11)


@examples
@given(seed=seeds, shape=shapes, exponent=st.sampled_from([-200, -9, 3, 200]))
def test_scale_stretches_the_spread_and_leaves_the_pure_numbers(seed, shape, exponent):
    patterns = rng(seed).standard_normal(shape)
    scaled = 10.0**exponent * patterns
    assert spread(scaled) / 10.0**exponent == pytest.approx(spread(patterns))
    assert distance_ratio(scaled) == pytest.approx(distance_ratio(patterns))
    assert dimension(scaled) == pytest.approx(dimension(patterns))
    votes = [identification(p, 0.5, rng(seed), relative=True) for p in (scaled, patterns)]
    assert votes[0] == pytest.approx(votes[1])


@examples
@given(seed=seeds, shape=shapes)
def test_the_names_of_items_and_categories_do_not_matter(seed, shape):
    patterns = rng(seed).standard_normal(shape)
    renamed = rng(seed).permutation(patterns, axis=0)
    renamed = np.stack([rng(seed + i).permutation(items) for i, items in enumerate(renamed)])
    assert distance_ratio(renamed) == pytest.approx(distance_ratio(patterns))
    assert np.sort(spread(renamed)) == pytest.approx(np.sort(spread(patterns)))
    assert np.sort(dimension(renamed)) == pytest.approx(np.sort(dimension(patterns)))


def test_the_ratio_is_near_1_without_categories_and_near_0_with_points():
    cloud = rng().standard_normal((2, 30, 100))
    assert distance_ratio(cloud) == pytest.approx(1, abs=0.02)
    points = 1e-6 * cloud + rng(2).standard_normal((2, 1, 100))
    assert 0 < distance_ratio(points) < 1e-5


# Dimension


@examples
@given(seed=seeds, n_items=st.integers(2, 8), n_units=st.integers(1, 8))
def test_dimension_is_the_participation_ratio_of_the_covariances_eigenvalues(
    seed, n_items, n_units
):
    patterns = rng(seed).standard_normal((3, n_items, n_units)) * np.arange(1, n_units + 1)
    result = dimension(patterns)
    assert result.shape == (3,)
    for items, value in zip(patterns, result):
        eigenvalues = np.linalg.eigvalsh(np.atleast_2d(np.cov(items.T)))
        assert value == pytest.approx(eigenvalues.sum() ** 2 / np.sum(eigenvalues**2))


def test_dimension_of_a_line_and_of_equal_directions():
    line = np.outer([-2, 0, 1, 5], [1.0, 2, 3, 4, 5]) + 7
    assert dimension(line) == pytest.approx(1)
    for k in (1, 2, 5, 9):
        corners = np.vstack([np.eye(k, 12), -np.eye(k, 12)])
        assert dimension(corners) == pytest.approx(k)


def test_dimension_of_an_isotropic_cloud():
    """With f = items - 1, E[(tr S)^2] / E[tr S^2] = (units f + 2) / (units + f + 1)."""
    n_items, n_units = 41, 60
    clouds = rng().standard_normal((100, n_items, n_units))
    f = n_items - 1
    expected = (n_units * f + 2) / (n_units + f + 1)
    assert dimension(clouds).mean() == pytest.approx(expected, rel=0.01)


def test_near_identical_items_keep_their_dimension():
    patterns = rng().standard_normal((8, 20))
    assert dimension(3 + 1e-9 * patterns) == pytest.approx(dimension(patterns), rel=1e-5)
    whole = rng().integers(0, 9, (13, 20))  # exact under the offset; their mean is not
    assert dimension(1e15 + whole) == pytest.approx(dimension(whole), rel=1e-12)


# Identification


def identification_by_loop(patterns, noise_sd, rng, n_repeats):
    """Every noisy state beside every noiseless one, by argmin; no ties are expected."""
    n_categories, n_items, n_units = patterns.shape[-3:]
    sets = patterns.reshape(-1, n_categories * n_items, n_units)
    category_of = np.repeat(np.arange(n_categories), n_items)
    item = np.zeros(len(sets))
    category = np.zeros(len(sets))
    for _ in range(n_repeats):
        noise = rng.standard_normal(patterns.shape).reshape(sets.shape)
        for k, states in enumerate(sets):
            for i, state in enumerate(states):
                distances = np.array([distance(state + noise_sd * noise[k, i], s) for s in states])
                item[k] += distances.argmin() == i
                distances[i] = np.inf
                category[k] += category_of[distances.argmin()] == category_of[i]
    tries = n_repeats * n_categories * n_items
    return item / tries, category / tries


@pytest.mark.parametrize("numbers_at_once", [1, 40, 150, 10**6])
@pytest.mark.parametrize("n_repeats", [1, 5])
def test_identification_is_the_plain_loop_whatever_is_done_at_once(
    monkeypatch, numbers_at_once, n_repeats
):
    monkeypatch.setattr(collapse, "NUMBERS_AT_ONCE", numbers_at_once)
    patterns = rng().standard_normal((2, 2, 3, 4, 5)) + rng(2).standard_normal((2, 2, 3, 1, 5))
    item, category = identification(patterns, 0.8, rng(3), n_repeats)
    expected = identification_by_loop(patterns, 0.8, rng(3), n_repeats)
    assert item.shape == category.shape == (2, 2)
    assert item.ravel() == pytest.approx(expected[0], abs=1e-12)
    assert category.ravel() == pytest.approx(expected[1], abs=1e-12)
    assert 0 < item.mean() < 1
    assert 0 < category.mean() < 1


def test_identification_repeats_20_times_unless_told():
    patterns = rng().standard_normal((2, 3, 4))
    assert identification(patterns, 1, rng(2)) == identification(patterns, 1, rng(2), 20)
    assert identification(patterns, 1, rng(2)) != identification(patterns, 1, rng(2), 19)


def test_relative_noise_is_in_units_of_the_root_mean_square_of_each_set():
    patterns = (rng().standard_normal((2, 3, 4, 5)) + 1) * [[[[0.3]]], [[[4.0]]]]
    root_mean_square = np.sqrt(np.mean(patterns**2, axis=(1, 2, 3)))
    relative = identification(patterns, 0.6, rng(2), relative=True)
    absolute = identification(patterns / root_mean_square[:, None, None, None], 0.6, rng(2))
    assert np.array_equal(relative, absolute)
    assert not np.array_equal(relative, identification(patterns, 0.6, rng(2)))


def test_without_noise_every_item_is_named_and_leading_axes_change_nothing():
    patterns = rng().standard_normal((3, 2, 4, 6)) + 3 * rng(2).standard_normal((3, 2, 1, 6))
    item, category = identification(patterns, 0, rng())
    assert np.array_equal(item, [1, 1, 1])
    for k in range(3):
        assert category[k] == identification(patterns[k], 0, rng(), n_repeats=1)[1]


def test_categories_far_apart_are_named_without_the_item_itself():
    patterns = 0.01 * rng().standard_normal((3, 2, 50)) + rng(2).standard_normal((3, 1, 50))
    item, category = identification(patterns, 0.1, rng(3))
    assert item < 0.8
    assert category == 1


@pytest.mark.parametrize("noise_sd", [0.01, 1e6])
def test_where_categories_are_gone_they_are_named_at_chance(noise_sd):
    """All states from one cloud: little noise leaves the items, much noise takes these too."""
    patterns = rng().standard_normal((400, 3, 4, 30))
    item, category = identification(patterns, noise_sd, rng(2), n_repeats=10)
    assert item.mean() == pytest.approx(1 if noise_sd < 1 else 1 / 12, abs=0.01)
    assert category.mean() == pytest.approx(3 / 11, abs=0.01)


def test_overwhelming_noise_names_the_outermost_of_categories_that_stand_apart():
    patterns = 0.1 * rng().standard_normal((200, 3, 4, 30)) + rng(2).standard_normal(
        (200, 3, 1, 30)
    )
    item, category = identification(patterns, 1e6, rng(3))
    assert item.mean() == pytest.approx(1 / 12, abs=0.01)
    assert category.mean() == pytest.approx(1 / 3, abs=0.015)


@pytest.mark.parametrize("relative", [False, True])
@pytest.mark.parametrize("noise_sd", [0, 0.1, 10])
def test_states_that_are_all_equal_tie_at_chance(noise_sd, relative):
    patterns = np.tile(rng().standard_normal(5), (3, 4, 1))
    item, category = identification(patterns, noise_sd, rng(), relative=relative)
    assert item == pytest.approx(1 / 12, abs=1e-12)
    assert category == pytest.approx(3 / 11, abs=1e-12)


def test_two_equal_states_share_one_vote():
    """Items 0 and 1 of the first category are the same, and far from the second category."""
    patterns = np.array([[[0.0, 0], [0, 0]], [[9, 0], [9, 5]]])
    item, category = identification(patterns, 1e-6, rng())
    assert item == pytest.approx((0.5 + 0.5 + 1 + 1) / 4)
    assert category == 1
