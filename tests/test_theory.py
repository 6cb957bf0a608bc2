"""The theory, held to closed forms, to adaptive integration and to networks with weights."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from lib.networks import propagate, random_weights
from lib.similarity import functional_smoothness
from lib.theory import cosine_by_depth, gram_chain, mean_product, mean_square

SIGMAS = [0.05, 0.3, 1, 2.5, 10, 100]
COSINES = [-0.99, -0.3, 0.2, 0.9, 0.99, 0.9999]
examples = settings(deadline=None, derandomize=True, max_examples=40)


def rng(seed=1):
    return np.random.default_rng(seed)


def relu(total):
    return np.maximum(total, 0)


def logistic(total):
    return 1 / (1 + np.exp(-total))


def step_product(correlation):
    """E[sign(u) sign(v)], whatever the variances."""
    return 2 / math.pi * math.asin(correlation)


def relu_product(variance_a, variance_b, correlation):
    """The arc-cosine kernel of Cho & Saul."""
    angle = math.acos(correlation)
    turned = math.sin(angle) + (math.pi - angle) * correlation
    return math.sqrt(variance_a * variance_b) * turned / (2 * math.pi)


def density(z):
    return math.exp(-z * z / 2) / math.sqrt(2 * math.pi)


def integrated_square(sd, phi=math.tanh):
    """E[phi(u)^2], by adaptive integration over one standard normal."""
    width = min(1, 3 / sd)
    limits = dict(points=[-width, 0, width], epsabs=0, epsrel=1e-10, limit=300)
    return quad(lambda z: phi(sd * z) ** 2 * density(z), -10, 10, **limits)[0]


def integrated_product(sd_a, sd_b, correlation, phi=math.tanh):
    """E[phi(u) phi(v)], by adaptive integration over two independent standard normals."""
    rest = math.sqrt(1 - correlation**2)

    def given_u(z):
        """E[phi(v)] once u is known; v turns its sign where the inner variable is `turn`."""
        turn, width = -correlation * z / rest, min(1, 3 / (sd_b * rest))
        points = [x for x in (turn - width, turn, turn + width) if -9 < x < 9]
        return quad(
            lambda y: phi(sd_b * (correlation * z + rest * y)) * density(y),
            *(-9, 9),
            points=points or None,
            epsabs=1e-12,
            epsrel=1e-9,
            limit=300,
        )[0]

    width = min(1, 3 / sd_a)
    limits = dict(points=[-width, 0, width], epsabs=1e-12, epsrel=1e-9, limit=300)
    return quad(lambda z: phi(sd_a * z) * given_u(z) * density(z), -9, 9, **limits)[0]


# The two averages


@pytest.mark.parametrize("sigma_w", [*SIGMAS, 0.01, 30])
def test_mean_square_of_tanh_is_the_integral(sigma_w):
    assert mean_square(sigma_w**2) == pytest.approx(integrated_square(sigma_w), rel=1e-8)


@pytest.mark.parametrize("cosine", COSINES)
@pytest.mark.parametrize("sigma_w", SIGMAS)
def test_mean_product_of_tanh_is_the_integral(sigma_w, cosine):
    average = mean_product(sigma_w**2, sigma_w**2, cosine)
    assert average == pytest.approx(integrated_product(sigma_w, sigma_w, cosine), rel=1e-7)


@pytest.mark.parametrize("sd_a, sd_b", [(0.1, 3), (20, 1), (50, 0.05)])
def test_mean_product_with_two_variances_is_the_integral(sd_a, sd_b):
    for cosine in (-0.5, 0.3, 0.95):
        average = mean_product(sd_a**2, sd_b**2, cosine)
        assert average == pytest.approx(integrated_product(sd_a, sd_b, cosine), rel=1e-7)
        assert average == pytest.approx(mean_product(sd_b**2, sd_a**2, cosine), rel=1e-12)


def test_an_output_with_a_mean_is_averaged_too():
    for sd, cosine in [(1, 0.3), (5, -0.6)]:
        integral = integrated_product(sd, sd, cosine, lambda x: 1 / (1 + math.exp(-x)))
        assert mean_product(sd**2, sd**2, cosine, logistic) == pytest.approx(integral, rel=1e-7)


@examples
@given(st.floats(1e-4, 1e4), st.floats(1e-4, 1e4), st.floats(-1, 1))
def test_step_and_relu_have_their_closed_forms(variance_a, variance_b, correlation):
    step = mean_product(variance_a, variance_b, correlation, np.sign)
    assert step == pytest.approx(step_product(correlation), abs=1e-12)
    half = mean_product(variance_a, variance_b, correlation, relu)
    kernel = relu_product(variance_a, variance_b, correlation)
    assert half == pytest.approx(kernel, rel=1e-9, abs=1e-12 * math.sqrt(variance_a * variance_b))


@examples
@given(st.floats(1e-4, 1e4), st.floats(1e-4, 1e4), st.floats(-1, 1))
def test_without_squash_the_average_is_the_covariance(variance_a, variance_b, correlation):
    scale = math.sqrt(variance_a * variance_b)
    average = mean_product(variance_a, variance_b, correlation, lambda total: total)
    assert average == pytest.approx(correlation * scale, abs=1e-12 * scale)
    assert mean_square(variance_a, np.sign) == pytest.approx(1, abs=1e-12)
    assert mean_square(variance_a, relu) == pytest.approx(variance_a / 2, rel=1e-12)


@pytest.mark.parametrize("variance", [1e-4, 1, 1e4])
def test_cosines_of_one_zero_and_minus_one(variance):
    assert mean_product(variance, variance, 1) == mean_square(variance)
    assert mean_product(variance, variance, -1) == pytest.approx(-mean_square(variance), rel=1e-12)
    assert mean_product(variance, variance, 0) == pytest.approx(0, abs=1e-15)
    parallel = mean_product(variance, 4 * variance, 1)
    width = min(1, 3 / math.sqrt(variance))
    integral = quad(
        lambda z: (
            math.tanh(math.sqrt(variance) * z) * math.tanh(2 * math.sqrt(variance) * z) * density(z)
        ),
        *(-10, 10),
        points=[-width, 0, width],
        epsabs=0,
        limit=300,
    )[0]
    assert parallel == pytest.approx(integral, rel=1e-7)
    assert mean_product(variance, 4 * variance, -1) == pytest.approx(-integral, rel=1e-7)


def test_without_variance_only_the_value_at_0_is_left():
    assert mean_square(0) == 0
    assert mean_product(0, 3, 0.5) == 0
    assert mean_square(0, logistic) == pytest.approx(0.25)
    assert mean_product(0, 3, 0.5, logistic) == pytest.approx(0.25)


@examples
@given(st.floats(1e-3, 1e3), st.floats(-0.99, 0.9))
def test_the_averages_rise_with_variance_and_cosine(variance, cosine):
    assert mean_product(variance, variance, cosine) < mean_product(variance, variance, cosine + 0.1)
    assert mean_square(variance) < mean_square(1.1 * variance) < 1
    assert abs(mean_product(variance, variance, cosine)) <= mean_square(variance)


# Layer by layer


@pytest.mark.parametrize("cosine", [-1, -0.4, 0, 0.5, 0.99, 1])
def test_the_steps_cosine_is_the_arcsine_law_iterated(cosine):
    expected = [cosine]
    for _ in range(10):
        expected.append(step_product(expected[-1]))
    for squared_length, sigma_w in [(1, 1), (0.3, 10)]:
        predicted = cosine_by_depth(cosine, squared_length, sigma_w, 10, np.sign)
        assert predicted == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("sigma_b", [0, 0.7])
@pytest.mark.parametrize("sigma_w", [0.5, math.sqrt(2), 3])
def test_the_relus_cosine_is_the_arc_cosine_law_iterated(sigma_w, sigma_b):
    square, expected = 0.8, [0.3]
    for _ in range(10):
        variance = sigma_w**2 * square + sigma_b**2
        correlation = (sigma_w**2 * square * expected[-1] + sigma_b**2) / variance
        square = variance / 2
        expected.append(relu_product(variance, variance, correlation) / square)
    predicted = cosine_by_depth(0.3, 0.8, sigma_w, 10, relu, sigma_b)
    assert predicted == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    "sigma_w, sigma_b, cosine", [(0.5, 0, 0.3), (1, 0, 0.9), (2.5, 0.3, -0.5), (100, 1, 0.9999)]
)
def test_tanhs_cosine_is_the_integrals_iterated(sigma_w, sigma_b, cosine):
    square, expected = 1.3, [cosine]
    for _ in range(4):
        variance = sigma_w**2 * square + sigma_b**2
        correlation = (sigma_w**2 * square * expected[-1] + sigma_b**2) / variance
        square = integrated_square(math.sqrt(variance))
        product = integrated_product(math.sqrt(variance), math.sqrt(variance), correlation)
        expected.append(product / square)
    predicted = cosine_by_depth(cosine, 1.3, sigma_w, 4, sigma_b=sigma_b)
    assert predicted == pytest.approx(expected, abs=1e-6)


def test_identical_opposite_and_orthogonal_patterns_stay_so_without_biases():
    for sigma_w in (0.5, 1, 10):
        assert cosine_by_depth(1, 1, sigma_w, 8) == pytest.approx([1] * 9, abs=1e-12)
        assert cosine_by_depth(-1, 1, sigma_w, 8) == pytest.approx([-1] * 9, abs=1e-12)
        assert cosine_by_depth(0, 1, sigma_w, 8) == pytest.approx([0] * 9, abs=1e-12)


def test_a_cosine_falls_with_depth_and_the_faster_the_larger_the_scale():
    by_scale = np.array([cosine_by_depth(0.9, 1, s, 20) for s in (0.5, 1, 2, 4, 10)])
    assert np.all(np.diff(by_scale, axis=1) < 1e-12)
    assert np.all(np.diff(by_scale[1:], axis=1) < 0)
    assert np.all(np.diff(by_scale[:, 1:], axis=0) < 0)


def test_below_the_critical_point_the_last_layers_no_longer_change_the_cosine():
    small, critical = (cosine_by_depth(0.9, 1, s, 60) for s in (0.5, 1))
    assert small[30] - small[60] < 1e-9
    assert critical[30] - critical[60] > 1e-4


def test_small_states_die_by_the_linear_law():
    square = 1.0
    for _ in range(40):
        before, square = square, mean_square(0.9**2 * square)
        assert square < 0.9**2 * before
    assert square / before == pytest.approx(0.9**2, rel=1e-2)
    assert mean_square(1e-8) == pytest.approx(1e-8, rel=1e-6)


def test_with_biases_all_patterns_become_one_below_the_critical_line_only():
    ordered = cosine_by_depth(0.2, 1, 1.0, 200, sigma_b=0.5)
    assert ordered[-1] == pytest.approx(1, abs=1e-9)
    chaotic = cosine_by_depth(0.9999, 1, 3.0, 200, sigma_b=0.5)
    assert chaotic[-1] < 0.9
    assert chaotic[-1] == pytest.approx(chaotic[-2], abs=1e-6)


def test_biases_alone_make_all_patterns_one_at_once():
    assert cosine_by_depth(-0.5, 1, 0, 2, sigma_b=1) == pytest.approx([-0.5, 1, 1], abs=1e-12)
    assert cosine_by_depth(-0.5, 0, 1, 2, logistic)[1:] == pytest.approx([1, 1], abs=1e-12)


@pytest.mark.parametrize(
    "squash, sigma_w, sigma_b",
    [(np.tanh, 0.8, 0.4), (np.tanh, 2.5, 0), (relu, 1, 0), (np.sign, 2.5, 0.5)],
)
def test_a_wide_network_does_as_predicted(squash, sigma_w, sigma_b):
    n_units, n_layers, n_networks, cosine = 1000, 4, 6, 0.6
    first, other = rng().standard_normal((2, n_units))
    other -= (first @ other) / (first @ first) * first
    first, other = (x / np.sqrt(np.mean(x**2)) for x in (first, other))
    patterns = math.sqrt(1.7) * np.stack([first, cosine * first + 0.8 * other])

    cosines = []
    for seed in range(n_networks):
        weights = random_weights(n_layers, n_units, sigma_w / math.sqrt(n_units), rng(seed))
        biases = sigma_b * rng(seed + 100).standard_normal((n_layers, n_units))
        layers = propagate(patterns, weights, squash, biases)
        cosines.append([a @ b / np.sqrt(a @ a * (b @ b)) for a, b in layers])
    predicted = cosine_by_depth(cosine, 1.7, sigma_w, n_layers, squash, sigma_b)
    assert predicted.shape == (n_layers + 1,)
    error = np.mean(cosines, axis=0) - predicted
    assert abs(error[0]) < 1e-12
    # A cosine strays by about 1/sqrt(units) a layer and a network, and by 1/units on average.
    allowed = 4 * np.sqrt(np.arange(1, n_layers + 1) / (n_units * n_networks))
    assert np.all(np.abs(error[1:]) < allowed)


# The Gram chain


def category(n_items=5, n_units=30, seed=1):
    """A prototype and members with more and more noise."""
    draw = rng(seed)
    noise = 0.2 * np.arange(n_items)[:, None] * draw.standard_normal((n_items, n_units))
    return draw.standard_normal(n_units) + noise


def gram_of(states):
    return states @ states.T / states.shape[1]


def test_the_first_totals_have_the_covariance_asked_for():
    gram = gram_of(category())
    [totals] = gram_chain(gram, 200_000, 1.5, 1, rng(), lambda total: total)
    covariance = totals @ totals.T / totals.shape[1]
    sd = 1.5**2 * np.sqrt((np.outer(np.diag(gram), np.diag(gram)) + gram**2) / 200_000)
    assert np.all(np.abs(covariance - 1.5**2 * gram) < 4.5 * sd)
    assert np.all(np.abs(totals.mean(axis=1)) < 4.5 * 1.5 * np.sqrt(np.diag(gram) / 200_000))
    neighbours = np.mean(totals[:, 1:] * totals[:, :-1], axis=1)  # units are independent
    assert np.all(np.abs(neighbours) < 4.5 * 1.5**2 * np.diag(gram) / math.sqrt(200_000))


def test_every_layer_starts_from_the_gram_matrix_of_the_one_before():
    """At a great width nothing strays, so that the mean squares are the theory's."""
    gram = gram_of(category())
    layers = gram_chain(gram, 100_000, 1.5, 3, rng())
    assert [states.shape for states in layers] == [(5, 100_000)] * 3
    expected = gram[0, 0]
    for states in layers:
        expected = mean_square(1.5**2 * expected)
        assert np.mean(states[0] ** 2) == pytest.approx(expected, rel=0.02)
    cosine = gram[0, 4] / math.sqrt(gram[0, 0] * gram[4, 4])
    last = layers[-1]
    found = last[0] @ last[4] / np.sqrt(last[0] @ last[0] * (last[4] @ last[4]))
    assert found < cosine


def test_draws_are_made_layer_by_layer_so_that_depth_adds_and_changes_nothing():
    gram = gram_of(category())
    short, long = gram_chain(gram, 8, 1.5, 2, rng()), gram_chain(gram, 8, 1.5, 4, rng())
    for a, b in zip(short, long):
        assert np.array_equal(a, b)
    assert not np.any(long[0] == gram_chain(gram, 8, 1.5, 1, rng(2))[0])


def measures(items, states):
    """What is compared: smoothness, mean square, and a cosine, of (draws, items, units)."""
    first, last = states[:, 0], states[:, -1]
    lengths = np.sum(first**2, axis=1) * np.sum(last**2, axis=1)
    cosine = np.sum(first * last, axis=1) / np.sqrt(lengths)
    square = np.mean(states**2, axis=(1, 2))
    return np.stack([functional_smoothness(items, states), square, cosine])


def agree(some, others, errors=4.0):
    """Tell whether means and variances over draws agree within that many standard errors."""

    def within(a, b):
        error = np.sqrt((a.var(axis=1) + b.var(axis=1)) / a.shape[1])
        return np.all(np.abs(a.mean(axis=1) - b.mean(axis=1)) < errors * error)

    squares = [(x - x.mean(axis=1, keepdims=True)) ** 2 for x in (some, others)]
    return within(some, others) and within(*squares)


@pytest.mark.parametrize("n_units, sigma_w", [(3, 1.5), (10, 0.7), (10, 6), (40, 2.5)])
def test_the_chain_is_distributed_as_networks_are(n_units, sigma_w):
    items, n_draws, n_layers, draw = category(), 2000, 3, rng(2)
    widths = [items.shape[1], *[n_units] * n_layers]
    weights = [
        sigma_w / math.sqrt(a) * draw.standard_normal((n_draws, a, b))
        for a, b in zip(widths, widths[1:])
    ]
    real = propagate(items, weights)[1:]
    gram = gram_of(items)
    chains = [gram_chain(gram, n_units, sigma_w, n_layers, draw) for _ in range(n_draws)]
    for states, drawn in zip(real, map(np.stack, zip(*chains))):
        networks, chain = measures(items, states), measures(items, drawn)
        assert agree(networks, chain)
        assert not agree(networks, 1.1 * chain)  # what the comparison can tell


def test_the_chain_remembers_nothing_but_the_gram_matrix():
    """Items turned in their space have the same Gram matrix, and then the same draws."""
    items = category()
    turn = np.linalg.qr(rng(5).standard_normal((30, 30)))[0]
    assert not np.allclose(items, items @ turn)
    some = [
        gram_chain(gram_of(x), 10, 1.5, 3, rng(9))[-1]
        for x in (items, items @ turn, np.hstack([items, items]))
    ]
    assert np.allclose(some[0], some[1], atol=1e-6)
    assert np.allclose(some[0], some[2], atol=1e-6)


@pytest.mark.parametrize("gram", ["full rank", "singular", "of equal eigenvalues"])
def test_another_library_decomposes_and_the_states_stay(gram, monkeypatch):
    """A decomposition has signs, an order and, of equal eigenvalues, directions of its own."""
    items = {"full rank": category(), "singular": category()[[0, 1, 2, 2, 1]]}
    gram = gram_of(items[gram]) if gram in items else np.eye(4)
    ours = gram_chain(gram, 50, 1.5, 5, rng(9))
    decompose = np.linalg.eigh

    def by_another(matrix):
        values, vectors = decompose(matrix + 1e-16 * rng(3).standard_normal(matrix.shape))
        if np.ptp(values) < 1e-9:
            vectors = vectors @ np.linalg.qr(rng(4).standard_normal(matrix.shape))[0]
        signs = rng(5).choice([-1, 1], len(values))
        return values, signs * vectors

    monkeypatch.setattr(np.linalg, "eigh", by_another)
    theirs = gram_chain(gram, 50, 1.5, 5, rng(9))
    assert np.allclose(ours, theirs, rtol=0, atol=1e-11)


def test_one_item_and_no_variance():
    [first, second] = gram_chain([[2.0]], 7, 1.0, 2, rng())
    assert first.shape == second.shape == (1, 7)
    assert np.any(second != 0)
    assert np.all(gram_chain([[2.0]], 7, 0, 1, rng())[0] == 0)
    assert np.all(gram_chain(np.zeros((3, 3)), 7, 1, 1, rng())[0] == 0)


def test_two_equal_items_stay_equal_and_more_items_than_units_are_no_matter():
    twins = gram_chain(np.ones((2, 2)), 50, 1.0, 3, rng())
    for states in twins:
        assert np.allclose(states[0], states[1], atol=1e-7)
        assert np.any(np.abs(states) > 0.1)
    items = rng().standard_normal((20, 4))
    layers = gram_chain(gram_of(items), 4, 1.0, 5, rng())
    assert all(np.linalg.matrix_rank(x, tol=1e-6) <= 4 for x in layers)


@pytest.mark.parametrize("difference", [1e-2, 1e-4, 1e-6])
def test_near_identical_items_keep_their_proportions(difference):
    draw = rng(3)
    steps = difference * np.arange(10)[:, None] * draw.standard_normal((10, 100))
    items = draw.standard_normal(100) + steps
    [totals] = gram_chain(gram_of(items), 100_000, 1.0, 1, draw, lambda total: total)
    pairs = np.triu_indices(10, 1)
    before, after = (
        np.mean((x[pairs[0]] - x[pairs[1]]) ** 2, axis=1) / difference**2 for x in (items, totals)
    )
    assert after == pytest.approx(before, rel=0.025)  # 5 standard errors of 100,000 units


def test_a_gram_matrix_may_be_symmetric_only_up_to_rounding():
    gram = np.array([[1.0, 1e-17], [0.0, 1.0]])
    assert gram_chain(gram, 5, 1.0, 1, rng())[0].shape == (2, 5)
