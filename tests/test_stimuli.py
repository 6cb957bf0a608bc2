"""Prototypes, their noisy members, and the two ways to bring a pattern to a standard scale."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lib.stimuli import members, normalize, prototypes, rescale

examples = settings(deadline=None, derandomize=True, max_examples=60)
seeds = st.integers(0, 2**32 - 1)
patterns_of_any_offset = arrays(
    float, st.tuples(st.integers(1, 3), st.integers(2, 9)), elements=st.floats(-1e9, 1e9)
)


def rng(seed=1):
    return np.random.default_rng(seed)


def test_prototypes_are_the_next_standard_normals_of_the_generator():
    assert np.array_equal(prototypes(3, 7, rng()), rng().standard_normal((3, 7)))


@examples
@given(seed=seeds, n_categories=st.integers(1, 4), n_members=st.integers(1, 6))
def test_members_are_the_double_loop_of_the_blog(seed, n_categories, n_members):
    """One category after the other, one member after the other, the i-th with noise of 0.01 i."""
    centres = prototypes(n_categories, 11, rng(seed))

    draw, patterns = rng(seed + 1), []
    for p in centres:
        for i in range(n_members):
            patterns.append(p + 0.01 * i * draw.standard_normal(len(p)))

    result = members(centres, 0.01 * np.arange(n_members), rng(seed + 1))
    assert result.shape == (n_categories, n_members, 11)
    assert np.array_equal(result.reshape(-1, 11), patterns)


def test_a_member_strays_from_its_prototype_by_its_own_noise():
    noise_sd = [0, 0.5, 3]
    strayed = members(np.full(40_000, 5.0), noise_sd, rng()) - 5
    assert np.array_equal(strayed[0], np.zeros(40_000))
    assert strayed.std(axis=-1) == pytest.approx(noise_sd, rel=0.02)
    assert strayed.mean(axis=-1) == pytest.approx([0, 0, 0], abs=0.05)
    assert abs(np.corrcoef(strayed[1], strayed[2])[0, 1]) < 0.02


def test_prototypes_with_more_axes_keep_them_before_the_members():
    centres = rng().standard_normal((4, 3, 8))
    result = members(centres, [0, 0.1], rng(2))
    assert result.shape == (4, 3, 2, 8)
    assert np.array_equal(result[:, :, 0], centres)


@examples
@given(patterns=patterns_of_any_offset)
def test_normalized_patterns_have_mean_0_and_sd_1_and_are_otherwise_the_same(patterns):
    assume(np.all(patterns.min(axis=-1) < patterns.max(axis=-1)))
    result = normalize(patterns)
    assert np.abs(result.mean(axis=-1)).max() < 1e-12
    assert np.abs(np.sqrt(np.mean(result**2, axis=-1)) - 1).max() < 1e-12
    for before, after in zip(patterns, result):
        assert np.corrcoef(before / np.abs(before).max(), after)[0, 1] == pytest.approx(1)


def test_normalize_by_hand():
    # Mean 3, population SD 2 (a sample SD would be 2.31).
    assert normalize([1, 1, 5, 5]) == pytest.approx([-1, -1, 1, 1], abs=1e-15)


@pytest.mark.parametrize("scale", [1e200, 1e-200])
def test_normalize_squares_nothing_that_is_too_large_or_too_small(scale):
    x = rng().standard_normal(20)
    assert normalize(scale * x) == pytest.approx(normalize(x), abs=1e-12)


def test_normalize_under_a_large_offset_takes_off_the_whole_mean():
    # Half a unit is beyond the digits of 1e16, so a single mean would leave a remainder.
    assert normalize(1e16 + np.array([0.0, 0, 2])) == pytest.approx(normalize([0, 0, 2]), abs=1e-12)


@examples
@given(
    patterns=patterns_of_any_offset,
    low=st.floats(-100, 99),
    width=st.floats(0.01, 100),
)
def test_rescaled_patterns_end_exactly_on_the_limits_and_keep_the_order(patterns, low, width):
    assume(np.all(patterns.min(axis=-1) < patterns.max(axis=-1)))
    high = low + width
    for before, after in zip(patterns, rescale(patterns, low, high)):
        assert after.min() == low
        assert after.max() == high
        assert after[before.argmin()] == low
        assert after[before.argmax()] == high
        assert np.all(np.diff(after[np.argsort(before)]) >= -1e-14 * (abs(low) + abs(high)))


def test_rescale_is_linear_and_goes_from_minus_1_to_1_unless_told():
    assert rescale([2, 4, 3, 2.5]) == pytest.approx([-1, 1, 0, -0.5], abs=1e-15)
    assert rescale([2, 4, 3, 2.5], low=0, high=10) == pytest.approx([0, 10, 5, 2.5], abs=1e-14)
    assert rescale([2, 4], -0.9, 0.3)[1] == 0.3 != -0.9 + (0.3 + 0.9)


def test_each_pattern_is_rescaled_by_its_own_extremes():
    assert rescale([[0, 1, 2], [0, 50, 100]]) == pytest.approx(np.array([[-1, 0, 1]] * 2))
