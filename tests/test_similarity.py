"""Similarity is Pearson's; smoothness is the correlation of similarities, also of tiny ones."""

from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import rankdata, spearmanr

import lib.similarity
from lib.similarity import (
    cosine,
    functional_smoothness,
    linear_cka,
    pearson,
    similarity_matrix,
    smoothness_beyond,
    smoothness_within,
)
from lib.stimuli import members, prototypes

examples = settings(deadline=None, derandomize=True, max_examples=60)
seeds = st.integers(0, 2**32 - 1)
items_and_units = st.tuples(st.integers(3, 7), st.integers(3, 9))


def rng(seed=1):
    return np.random.default_rng(seed)


def two_layers(seed, shape, n_out=6):
    """Items in a layer and in a later one that keeps some of their similarities."""
    draw = rng(seed)
    inputs = draw.standard_normal(shape)
    return inputs, np.tanh(inputs @ draw.standard_normal((shape[-1], n_out)))


def upper_triangle(patterns):
    return np.corrcoef(patterns)[np.triu_indices(len(patterns), 1)]


# Two patterns


@examples
@given(seed=seeds, n_units=st.integers(2, 20))
def test_pearson_and_cosine_are_the_textbooks(seed, n_units):
    a, b = rng(seed).standard_normal((2, n_units)) + 0.3
    assert pearson(a, b) == pytest.approx(np.corrcoef(a, b)[0, 1], abs=1e-12)
    lengths = np.sqrt(sum(a * a)) * np.sqrt(sum(b * b))
    assert cosine(a, b) == pytest.approx(sum(a * b) / lengths, abs=1e-12)


def test_cosine_sees_the_mean_and_pearson_does_not():
    assert cosine([3, 4], [4, 3]) == pytest.approx(0.96)
    assert pearson([3, 4], [4, 3]) == pytest.approx(-1)
    assert cosine([1, 0], [0, -2]) == 0


@pytest.mark.parametrize("similarity", [pearson, cosine])
def test_the_axes_before_the_units_broadcast(similarity):
    a, b = rng().standard_normal((4, 1, 6)), rng(2).standard_normal((3, 6))
    result = similarity(a, b)
    assert result.shape == (4, 3)
    for i in range(4):
        for j in range(3):
            assert result[i, j] == pytest.approx(similarity(a[i, 0], b[j]), abs=1e-15)


@examples
@given(
    a=arrays(float, st.integers(2, 9), elements=st.floats(-1e100, 1e100)),
    factor=st.floats(1e-90, 1e90),
    sign=st.sampled_from([-1, 1]),
)
def test_parallel_patterns_are_exactly_within_the_limits(a, factor, sign):
    a[np.abs(a) < 1e-100] = 0
    assume(a.min() < a.max())
    for similarity in (pearson, cosine):
        assert abs(similarity(a, sign * factor * a)) <= 1
        assert similarity(a, sign * factor * a) == pytest.approx(sign, abs=1e-12)


def test_pearson_squares_nothing_too_large_and_keeps_its_digits_under_an_offset():
    a, b = rng().integers(0, 1000, (2, 30))
    true = np.corrcoef(a, b)[0, 1]
    for scale in (1e305, 1e200, 1e-200):
        assert pearson(scale * a, b) == pytest.approx(true, abs=1e-12)
        assert cosine(scale * a, b) == pytest.approx(cosine(a, b), abs=1e-12)
    assert pearson(a + 1e15, b) == pytest.approx(true, abs=1e-12)


# Many patterns


@examples
@given(seed=seeds, shape=items_and_units)
def test_similarity_matrix_is_numpys_but_exact_on_the_diagonal(seed, shape):
    patterns = rng(seed).standard_normal((2, *shape))
    matrices = similarity_matrix(patterns)
    assert matrices.shape == (2, shape[0], shape[0])
    for matrix, items in zip(matrices, patterns):
        assert np.allclose(matrix, np.corrcoef(items), rtol=0, atol=1e-12)
        assert np.array_equal(matrix, matrix.T)
        assert np.all(np.diagonal(matrix) == 1)
        assert np.abs(matrix).max() == 1


# Smoothness


@examples
@given(seed=seeds, shape=items_and_units, n_out=st.integers(3, 9))
def test_smoothness_correlates_the_upper_triangles(seed, shape, n_out):
    inputs, outputs = two_layers(seed, shape, n_out)
    pairs = upper_triangle(inputs), upper_triangle(outputs)
    assert functional_smoothness(inputs, outputs) == pytest.approx(
        np.corrcoef(*pairs)[0, 1], abs=1e-10
    )
    assert functional_smoothness(inputs, outputs, rank=True) == pytest.approx(
        spearmanr(*pairs)[0], abs=1e-12
    )


@examples
@given(seed=seeds, shape=st.tuples(st.integers(4, 7), st.integers(3, 9)))
def test_pairs_with_the_first_are_the_first_row(seed, shape):
    inputs, outputs = two_layers(seed, shape)
    rows = np.corrcoef(inputs)[0, 1:], np.corrcoef(outputs)[0, 1:]
    assert functional_smoothness(inputs, outputs, pairs="first") == pytest.approx(
        np.corrcoef(*rows)[0, 1], abs=1e-10
    )
    assert functional_smoothness(inputs, outputs, "first", True) == pytest.approx(
        spearmanr(*rows)[0], abs=1e-12
    )


@examples
@given(
    seed=seeds,
    shape=items_and_units,
    scale=st.floats(1e-3, 1e3),
    shift=st.floats(-100, 100),
    pairs=st.sampled_from(["all", "first"]),
    rank=st.booleans(),
)
def test_units_may_be_shuffled_and_a_layer_stretched_and_shifted(
    seed, shape, scale, shift, pairs, rank
):
    inputs, outputs = two_layers(seed, shape)
    shuffled = inputs[:, rng(seed).permutation(shape[1])]
    assert functional_smoothness(inputs, shuffled, pairs, rank) == pytest.approx(1, abs=1e-12)
    assert functional_smoothness(inputs, scale * outputs + shift, pairs, rank) == pytest.approx(
        functional_smoothness(inputs, outputs, pairs, rank), abs=1e-8
    )


@examples
@given(seed=seeds, shape=items_and_units, rank=st.booleans())
def test_relabelling_items_changes_nothing_over_all_pairs(seed, shape, rank):
    inputs, outputs = two_layers(seed, shape)
    order = rng(seed).permutation(shape[0])
    assert functional_smoothness(inputs[order], outputs[order], rank=rank) == pytest.approx(
        functional_smoothness(inputs, outputs, rank=rank), abs=1e-12
    )


def test_relabelling_only_one_layer_loses_the_smoothness():
    inputs = rng().standard_normal((40, 30))
    assert functional_smoothness(inputs, np.tanh(inputs)) > 0.9
    assert abs(functional_smoothness(inputs, np.tanh(inputs)[::-1])) < 0.2


@pytest.mark.parametrize("rank", [False, True])
@pytest.mark.parametrize("pairs", ["all", "first"])
def test_the_axes_before_the_items_broadcast(pairs, rank):
    inputs = rng().standard_normal((2, 1, 5, 8))
    outputs = rng(2).standard_normal((3, 5, 4))
    result = functional_smoothness(inputs, outputs, pairs, rank)
    assert result.shape == (2, 3)
    for i in range(2):
        for j in range(3):
            alone = functional_smoothness(inputs[i, 0], outputs[j], pairs, rank)
            assert result[i, j] == pytest.approx(alone, abs=1e-15)


def dissimilarities_in_60_digits(patterns):
    """1 - r of every pair, from the very numbers, with 60 digits."""
    with localcontext(prec=60):
        rows = [[Decimal(float(x)) for x in row] for row in patterns]
        rows = [[x - sum(row) / len(row) for x in row] for row in rows]
        size = [sum(x * x for x in row).sqrt() for row in rows]
        return [
            1 - sum(x * y for x, y in zip(rows[i], rows[j])) / (size[i] * size[j])
            for i in range(len(rows))
            for j in range(i + 1, len(rows))
        ]


def test_near_identical_items_keep_their_proportions():
    """Items that differ by 1e-9 have r = 1 to the last digit, and still a smoothness."""
    inputs, outputs = two_layers(3, (7, 12), 12)
    inputs, outputs = 1e-9 * inputs + rng(4).standard_normal(12), outputs
    tiny = outputs * 1e-9 + rng(5).standard_normal(12)
    assert len(np.unique(upper_triangle(tiny))) < 12  # of 21 pairs: mostly rounding

    exact = [np.array(dissimilarities_in_60_digits(x)) for x in (inputs, tiny)]
    exact = [(1e18 * d.astype(float)) for d in exact]
    assert functional_smoothness(inputs, tiny) == pytest.approx(np.corrcoef(*exact)[0, 1], abs=1e-5)
    assert functional_smoothness(inputs, tiny, rank=True) == pytest.approx(spearmanr(*exact)[0])


def test_pairs_that_only_rounding_tells_apart_share_their_rank():
    """Two kinds of two categories of three, each item with a mark: three similarities, no more."""
    kinds, categories = np.repeat(np.eye(2), 6, axis=0), np.repeat(np.eye(4), 3, axis=0)
    codes = np.hstack([kinds, categories, 0.7 * np.eye(12)])
    outputs = np.tanh(codes @ rng().standard_normal((18, 30)))
    assert len(np.unique(upper_triangle(codes))) > 3
    true = spearmanr(np.round(upper_triangle(codes), 9), upper_triangle(outputs))[0]
    assert functional_smoothness(codes, outputs, rank=True) == pytest.approx(true, abs=1e-12)


def test_pairs_much_closer_than_others_keep_their_ranks():
    """What is rounding between categories, 1e-16, is order within them, where 1 - r is 1e-16."""
    inputs, outputs = two_layers(3, (6, 12), 12)
    far_apart = np.repeat(rng(4).standard_normal((2, 12)), 3, axis=0)
    both = [1e-8 * x + far_apart for x in (inputs, outputs)]
    exact = [np.array(dissimilarities_in_60_digits(x)).astype(float) for x in both]
    assert functional_smoothness(*both, rank=True) == pytest.approx(spearmanr(*exact)[0])


def slow_smoothness(inputs, outputs, pairs="all", rank=False):
    """Each pair's squared difference on its own, and each layer's items over their own length."""
    standard = []
    for patterns in (inputs, outputs):
        z = patterns - patterns.mean(axis=1, keepdims=True)
        z /= np.sqrt(np.sum(z**2, axis=1, keepdims=True))
        firsts = range(len(z) - 1) if pairs == "all" else [0]
        d = np.concatenate([np.sum((z[i + 1 :] - z[i]) ** 2, axis=1) for i in firsts])
        d = rankdata(d) if rank else d
        d = d - d.mean()
        standard.append(d / np.sqrt(np.sum(d**2)))
    return np.sum(standard[0] * standard[1])


def layers_of_kind(kind, draw, n_items, n_units):
    """Two layers: any, or categories that lie apart by more than their items do, to 1e-9 of it."""
    centres = draw.standard_normal((3, n_units))
    near = centres[draw.integers(0, 3, n_items)]
    size = {"any": None, "close": 0.1, "closer": 1e-4, "near-identical": 1e-9}[kind]
    items = draw.standard_normal((2, n_items, n_units))
    return items if size is None else near + size * items


@examples
@given(seed=seeds, n_items=st.integers(4, 30), n_units=st.integers(3, 50))
@pytest.mark.parametrize("pairs", ["all", "first"])
@pytest.mark.parametrize("kind", ["any", "close", "closer", "near-identical"])
def test_products_give_what_differences_give(kind, pairs, seed, n_items, n_units):
    inputs, outputs = layers_of_kind(kind, rng(seed), n_items, n_units)
    # A value is known to 1e-16, a difference of 1e-9 to 1e-7 of itself.
    known = {"any": 1e-12, "close": 1e-12, "closer": 1e-9, "near-identical": 1e-4}[kind]
    slow = slow_smoothness(inputs, outputs, pairs)
    assert functional_smoothness(inputs, outputs, pairs) == pytest.approx(slow, abs=known)
    if kind != "near-identical":
        slow = slow_smoothness(inputs, outputs, pairs, rank=True)
        assert functional_smoothness(inputs, outputs, pairs, True) == pytest.approx(slow, abs=1e-12)


@pytest.mark.parametrize("kind", ["any", "closer"])
def test_layers_too_wide_for_one_step_are_summed_in_steps(kind, monkeypatch):
    inputs, outputs = layers_of_kind(kind, rng(), 12, 1000)
    outputs = 1e3 + outputs * 1e200
    labels = np.arange(12) % 2
    measures = [
        lambda *layers: functional_smoothness(*layers),
        lambda *layers: functional_smoothness(*layers, pairs="first"),
        lambda *layers: smoothness_within(*layers, labels),
        lambda *layers: linear_cka(*layers),
        lambda *layers: linear_cka(*layers, debiased=True),
        lambda *layers: linear_cka.by_order(layers[0])(layers[1])(np.arange(12)),
    ]
    whole = [measure(inputs, outputs) for measure in measures]
    monkeypatch.setattr(lib.similarity, "BLOCK", 12 * 70)
    assert [measure(inputs, outputs) for measure in measures] == pytest.approx(whole, abs=1e-12)


def test_a_large_offset_leaves_wide_layers_their_digits(monkeypatch):
    inputs, outputs = rng().integers(0, 1000, (2, 8, 60)).astype(float)
    true = functional_smoothness(inputs, outputs)
    monkeypatch.setattr(lib.similarity, "BLOCK", 8 * 10)
    assert functional_smoothness(inputs, outputs + 1e15) == pytest.approx(true, abs=1e-12)


def test_single_and_half_precision_are_exact_where_the_matrix_is_formed():
    for kind in (np.float16, np.float32):
        inputs, outputs = [x.astype(kind) for x in two_layers(1, (9, 300), 400)]
        order = rng().permutation(9)
        exact = inputs.astype(float), outputs.astype(float)[order]
        for measure, options in [
            (functional_smoothness, {}),
            (functional_smoothness, {"pairs": "first", "rank": True}),
            (smoothness_within, {"groups": [0, 1, 2] * 3}),
            (linear_cka, {"debiased": True}),
        ]:
            by_order = measure.by_order(inputs, **options)(outputs)(order)
            assert by_order == pytest.approx(measure(*exact, **options), abs=1e-11)


# Within groups


@examples
@given(seed=seeds, sizes=st.lists(st.integers(3, 7), min_size=1, max_size=4), rank=st.booleans())
def test_smoothness_within_is_the_mean_over_groups(seed, sizes, rank):
    labels = rng(seed).permutation(np.repeat([f"group {k}" for k in range(len(sizes))], sizes))
    inputs, outputs = two_layers(seed, (len(labels), 8))
    each = [
        functional_smoothness(inputs[labels == label], outputs[labels == label], rank=rank)
        for label in set(labels.tolist())
    ]
    assert smoothness_within(inputs, outputs, labels, rank) == pytest.approx(
        np.mean(each), abs=1e-12
    )


def test_smoothness_within_groups_too_small_or_of_other_items():
    inputs, outputs = two_layers(1, (7, 5))
    with pytest.raises(ValueError) as caught:
        smoothness_within(inputs, outputs, ["a", "b", "a", "b", "a", "b", "c"])
    assert str(caught.value) == (
        "groups must hold at least three items of each label; of 'c' it holds 1"
    )
    with pytest.raises(ValueError, match="^groups must hold one label for each of the 7 items; it"):
        smoothness_within(inputs, outputs, [1, 1, 1])
    flat = outputs[:6].copy()
    flat[[1, 3, 5]] = np.eye(3, 6)
    with pytest.raises(ValueError, match="^outputs must hold .* in 1 of 2 sets"):
        smoothness_within(inputs[:6], flat, [0, 1, 0, 1, 0, 1])


# Beyond a noise schedule


@examples
@given(seed=seeds, n_items=st.integers(4, 8))
def test_beyond_correlates_what_a_regression_leaves(seed, n_items):
    draw = rng(seed)
    noise_sd = draw.random(n_items)
    inputs, outputs = two_layers(seed, (2, n_items, 9))
    i, j = np.triu_indices(n_items, 1)
    schedule = noise_sd[i] ** 2 + noise_sd[j] ** 2
    for k in range(2):
        left = []
        for layer in (inputs[k], outputs[k]):
            d = 1 - np.corrcoef(layer)[i, j]
            left.append(d - np.polyval(np.polyfit(schedule, d, 1), schedule))
        ours = smoothness_beyond(inputs, outputs, noise_sd)[k]
        assert ours == pytest.approx(np.corrcoef(*left)[0, 1], abs=1e-9)


def test_beyond_without_a_schedule_is_functional_smoothness():
    inputs, outputs = two_layers(3, (4, 7, 9))
    plain = functional_smoothness(inputs, outputs)
    for noise_sd in (np.zeros(7), np.full(7, 0.3), np.full(7, 1e200), np.full(7, 1e-200)):
        assert smoothness_beyond(inputs, outputs, noise_sd) == pytest.approx(plain, abs=1e-9)


def test_beyond_takes_the_schedule_out_of_strangers():
    noise_sd = 0.01 * np.arange(10)
    draw = rng(4)
    one, other = (members(prototypes(100, 100, draw), noise_sd, draw) for _ in range(2))
    assert functional_smoothness(one, other).mean() > 0.9
    assert smoothness_beyond(one, other, noise_sd).mean() == pytest.approx(0, abs=0.08)
    assert smoothness_beyond(one[:, None], one[:, None], noise_sd) == pytest.approx(1)


def test_beyond_refuses_schedules_of_other_items_and_items_of_nothing_else():
    inputs, outputs = two_layers(1, (5, 8))
    with pytest.raises(ValueError) as caught:
        smoothness_beyond(inputs, outputs, [0, 1])
    assert str(caught.value) == (
        "noise_sd must hold one SD for each of the 5 items; it came with shape (2,)"
    )
    with pytest.raises(ValueError) as caught:
        smoothness_beyond(inputs, outputs, [0, 1, 2, -3, 4])
    assert str(caught.value) == "noise_sd must hold numbers of at least 0; its least is -3.0"
    # All pairs of rows of an identity are equally alike: the intercept says it all.
    with pytest.raises(ValueError, match="^outputs must hold items whose .* in 1 of 1 sets they"):
        smoothness_beyond(inputs, np.eye(5), range(5))
    with pytest.raises(ValueError, match="^inputs and outputs must fit in the axes before"):
        smoothness_beyond([inputs] * 2, [outputs] * 3, range(5))


# Centred kernel alignment


def centring(n):
    return np.eye(n) - 1 / n


@examples
@given(seed=seeds, n=st.integers(4, 12), n_in=st.integers(1, 20), n_out=st.integers(1, 20))
def test_linear_cka_by_its_matrices_of_items(seed, n, n_in, n_out):
    """Kornblith et al. (2019) by traces; debiased, Song et al. (2012) by its terms."""
    x, y = rng(seed).standard_normal((n, n_in)) + 3, rng(seed + 1).standard_normal((n, n_out)) - 1

    def hsic(k, l):  # noqa: E741
        return np.trace(k @ centring(n) @ l @ centring(n))

    def hsic_debiased(k, l):  # noqa: E741
        k, l = k - np.diag(np.diag(k)), l - np.diag(np.diag(l))  # noqa: E741
        return (
            np.trace(k @ l) + k.sum() * l.sum() / ((n - 1) * (n - 2)) - 2 / (n - 2) * np.sum(k @ l)
        )

    k, l = x @ x.T, y @ y.T  # noqa: E741
    for debiased, of in ((False, hsic), (True, hsic_debiased)):
        true = of(k, l) / np.sqrt(of(k, k) * of(l, l))
        assert linear_cka(x, y, debiased) == pytest.approx(true, abs=1e-9)
        order = rng(seed).permutation(n)
        by_order = linear_cka.by_order(x, debiased)(y)(order)
        assert by_order == pytest.approx(linear_cka(x, y[order], debiased), abs=1e-9)


def test_linear_cka_of_unrelated_layers_is_biased_and_debiased_it_is_not():
    draw = rng()
    biased, debiased = np.mean(
        [
            [linear_cka(x, y, debiased) for debiased in (False, True)]
            for x, y in draw.standard_normal((400, 2, 20, 60))
        ],
        axis=0,
    )
    assert biased == pytest.approx(60 * 60 / (60**2 + 60 * 20), abs=0.1)
    assert abs(debiased) < 5 * 0.05 / np.sqrt(400) + 0.01


@pytest.mark.parametrize("debiased", [False, True])
def test_linear_cka_is_one_for_turned_and_stretched_states_and_squares_nothing_too_large(debiased):
    x = rng().standard_normal((9, 6))
    turn = np.linalg.qr(rng(2).standard_normal((6, 6)))[0]
    for scale in (1e-200, 1, 1e200):
        assert linear_cka(x, scale * x @ turn + 3 * scale, debiased) == pytest.approx(1, abs=1e-12)


def test_linear_cka_that_is_undefined():
    x = rng().standard_normal((6, 4))
    for debiased in (False, True):
        with pytest.raises(
            ValueError, match="^outputs must hold items that differ; all 6 are equal"
        ):
            linear_cka(x, np.ones((6, 3)), debiased)
    for measure in (linear_cka, lambda x, y, d: linear_cka.by_order(x, d)(y)(np.arange(6))):
        with pytest.raises(ValueError, match="^inputs must hold items whose inner products differ"):
            measure(np.eye(6), x, True)
    with pytest.raises(ValueError, match="^inputs must have at least 4 items; it came with 3"):
        linear_cka(x[:3], x[:3], True)


def equidistant_items(kind, n):
    if kind == "one-hot":
        return np.eye(n)
    if kind == "centred one-hot":
        return np.eye(n) - 1 / n
    with_constant = np.column_stack([np.ones(n), rng().standard_normal((n, n - 1))])
    return np.linalg.qr(with_constant)[0][:, 1:].T  # orthogonal rows of mean 0


@pytest.mark.parametrize("rank", [False, True])
@pytest.mark.parametrize("pairs", ["all", "first"])
@pytest.mark.parametrize("offset", [0, 0.3, 1000])
@pytest.mark.parametrize("kind", ["one-hot", "centred one-hot", "orthogonal"])
def test_similarities_that_vary_only_by_rounding_are_refused(kind, offset, pairs, rank):
    for n in (5, 12, 30):
        items = 0.7 * equidistant_items(kind, n) + offset
        others = rng().standard_normal((len(items), 6))
        with pytest.raises(ValueError, match=r"^inputs must hold .* similarities vary"):
            functional_smoothness(items, others, pairs, rank)
        with pytest.raises(ValueError, match=r"^outputs must hold .* similarities vary"):
            functional_smoothness(others, items, pairs, rank)


def test_one_flat_set_among_many_is_refused_and_counted():
    sets = rng().standard_normal((4, 5, 5))
    sets[2] = np.eye(5)
    with pytest.raises(ValueError, match="in 1 of 4 sets"):
        functional_smoothness(sets, rng().standard_normal((5, 9)))
