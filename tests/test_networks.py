"""Weights have the distribution that their name says; propagation is the blog's loop."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.networks import orthogonal_weights, propagate, random_weights

examples = settings(deadline=None, derandomize=True, max_examples=100)


def rng(seed=1):
    return np.random.default_rng(seed)


def close(a, b):
    return np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=0, atol=1e-12)


def test_random_weights_are_the_next_normals_of_the_generator_times_the_scale():
    w = random_weights(3, 5, 0.2, rng(7))
    assert np.array_equal(w, 0.2 * rng(7).standard_normal((3, 5, 5)))
    assert not np.array_equal(w, random_weights(3, 5, 0.2, rng(8)))


def test_the_scale_is_the_sd_of_a_weight():
    assert random_weights(2, 150, 0.1, rng()).std() == pytest.approx(0.1, rel=0.02)


@examples
@given(n_units=st.integers(1, 12), scale=st.floats(0, 10), seed=st.integers(0, 1000))
def test_orthogonal_weights_are_orthogonal_times_scale_and_root_of_width(n_units, scale, seed):
    w = orthogonal_weights(3, n_units, scale, rng(seed))
    assert w.shape == (3, n_units, n_units)
    for matrix in w:
        assert np.allclose(matrix @ matrix.T, scale**2 * n_units * np.eye(n_units), atol=1e-10)


def test_orthogonal_weights_favour_no_direction():
    """Uniform over the group: the trace is 0 on average, with variance 1, as is each entry.

    QR alone gives every column a sign of its own making, and a trace far from 0.
    """
    n_units, n_draws = 4, 4000
    w = orthogonal_weights(n_draws, n_units, 1 / np.sqrt(n_units), rng())
    traces = np.trace(w, axis1=1, axis2=2)
    assert abs(traces.mean()) < 4 / np.sqrt(n_draws)
    assert traces.var() == pytest.approx(1, abs=0.1)
    assert np.abs(w.mean(axis=0)).max() < 4 * np.sqrt(1 / n_units / n_draws)
    assert np.linalg.det(w).mean() == pytest.approx(0, abs=4 / np.sqrt(n_draws))


def test_orthogonal_draws_are_reproducible_and_differ_by_layer():
    w = orthogonal_weights(2, 6, 0.1, rng(3))
    assert np.array_equal(w, orthogonal_weights(2, 6, 0.1, rng(3)))
    assert not np.allclose(w[0], w[1])


def test_sigma_w_means_the_same_for_both_kinds_of_weights():
    """A pattern's mean square is multiplied by sigma_w^2: on average, or exactly."""
    n_units, scale = 400, 0.07
    patterns = rng().standard_normal((20, n_units))
    sigma_w = scale * np.sqrt(n_units)

    def growth(weights):
        return np.mean((patterns @ weights[0]) ** 2, axis=1) / np.mean(patterns**2, axis=1)

    assert growth(orthogonal_weights(1, n_units, scale, rng(2))) == pytest.approx(sigma_w**2)
    mean_growth = growth(random_weights(1, n_units, scale, rng(2))).mean()
    assert mean_growth == pytest.approx(sigma_w**2, rel=0.05)


def test_propagate_is_the_loop_of_the_blog():
    """Patterns one by one through np.dot and np.tanh, 20 layers at sigma_w = 1."""
    patterns = rng().standard_normal((2, 10, 100))
    w = random_weights(20, 100, 0.1, rng(2))
    states = propagate(patterns, w)
    assert len(states) == 21
    assert np.array_equal(states[0], patterns)
    for category in range(2):
        for item in range(10):
            n = patterns[category, item]
            for i in range(20):
                n = np.tanh(np.dot(n, w[i]))
                assert np.allclose(states[i + 1][category, item], n, rtol=0, atol=1e-12)


def test_a_weight_leads_from_its_row_to_its_column():
    w = np.array([[1.0, 20], [300, 4000], [50000, 600000]])
    states = propagate([0, 1, 0], [w], squash=lambda total: total)
    assert np.array_equal(states[1], [300, 4000])


def test_a_bias_is_added_before_squashing():
    states = propagate([0, 0], [np.ones((2, 2))], biases=[[0.5, -2]])
    assert np.array_equal(states[1], np.tanh([0.5, -2]))


def test_a_step_of_true_and_false_gives_numbers():
    states = propagate([1, -1], [np.eye(2)] * 2, squash=lambda total: total > 0)
    assert [s.dtype for s in states] == [np.float64] * 3
    assert np.array_equal(states[2], [1, 0])


def test_the_first_states_are_the_callers_own_copy():
    patterns = np.ones((3, 2))
    propagate(patterns, [np.eye(2)])[0][:] = 5
    assert np.array_equal(patterns, np.ones((3, 2)))


def one_network(patterns, weights, biases, k):
    """Network k alone: each layer its own matrix of the stack, by a plain loop."""
    states = [patterns]
    for w, b in zip(weights, biases):
        w = w[k] if w.ndim == 3 else w
        b = b[k] if b.ndim == 2 else b
        states.append(np.tanh(np.einsum("...i,ij->...j", states[-1], w) + b))
    return states


@examples
@given(st.data())
def test_a_stack_of_networks_gives_what_one_at_a_time_gives(data):
    """Any mixture: widths, plain and stacked layers and biases, shared patterns or a set each."""
    n_networks = data.draw(st.integers(1, 4), label="n_networks")
    n_layers = data.draw(st.integers(1, 3), label="n_layers")
    widths = data.draw(
        st.lists(st.integers(1, 4), min_size=n_layers + 1, max_size=n_layers + 1), label="widths"
    )
    stacked = st.lists(st.booleans(), min_size=n_layers, max_size=n_layers)
    stacked_weights = data.draw(stacked.filter(any), label="stacked weights")
    stacked_biases = data.draw(stacked, label="stacked biases")
    # As many items or categories as networks is where a wrong axis would go unnoticed.
    sizes = st.sampled_from([n_networks, 1, 2, 5])
    shape = data.draw(
        st.one_of(
            st.tuples(sizes),
            st.tuples(st.just(n_networks), sizes),
            st.tuples(st.just(n_networks), sizes, sizes),
            st.tuples(st.just(n_networks), sizes, sizes, sizes),
        ),
        label="axes before units",
    )
    draw = rng(data.draw(st.integers(0, 1000), label="seed"))

    def stack(is_stacked, *size):
        return draw.standard_normal((n_networks, *size) if is_stacked else size)

    patterns = draw.standard_normal((*shape, widths[0]))
    weights = [stack(s, *size) for s, size in zip(stacked_weights, zip(widths, widths[1:]))]
    biases = [stack(s, size) for s, size in zip(stacked_biases, widths[1:])]

    states = propagate(patterns, weights, biases=biases)

    shared = len(shape) == 1
    assert np.array_equal(states[0], patterns)
    for k in range(n_networks):
        alone = one_network(patterns if shared else patterns[k], weights, biases, k)
        for i in range(1, n_layers + 1):
            networks_differ = not shared or any(stacked_weights[:i]) or any(stacked_biases[:i])
            assert close(states[i][k] if networks_differ else states[i], alone[i])


def test_stacked_biases_alone_make_a_stack():
    patterns, w = rng().standard_normal((5, 3)), rng(2).standard_normal((3, 2))
    b = rng(3).standard_normal((4, 2))
    states = propagate(patterns, [w], biases=[b])[1]
    assert close(states, np.stack([np.tanh(patterns @ w + b[k]) for k in range(4)]))
