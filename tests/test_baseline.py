"""A table by layer: what is measured, over which networks the interval goes, what is shuffled.

The interval is checked against the t table of a textbook, the null against all orders of the items.
There are never as many items, layers or units as baselines, so that none passes for another.
"""

import copy
import itertools
import math
import tracemalloc
import weakref
from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from lib.baseline import N_PERMUTATIONS, compare, compare_paired
from lib.collapse import spread
from lib.similarity import functional_smoothness, linear_cka, smoothness_within

examples = settings(deadline=None, derandomize=True, max_examples=8)
seeds = st.integers(0, 2**32 - 1)

# The 97.5 % quantile of t by degrees of freedom.
T = [None, 12.7062, 4.30265, 3.18245, 2.77645, 2.57058, 2.44691, 2.36462, 2.30600, 2.26216]
COLUMNS = ["layer", "trained", "baseline", "low", "high", "null", "difference"]
COLUMNS += ["n", "sd", "low_one", "high_one", "null_low", "null_high"]


def rng(seed=1):
    return np.random.default_rng(seed)


def relu(total):
    return np.maximum(total, 0)


def network(seed, inputs, widths=(11, 3, 8), squash=np.tanh):
    """The states of a network of its own weights, the input first."""
    draw, states = rng(seed), [inputs]
    for width in widths:
        states.append(squash(states[-1] @ draw.standard_normal((states[-1].shape[1], width))))
    return states


def networks(n_baselines=4, n_items=7, seed=0, **kind):
    """A network that stands for a trained one, and others that went through the same items."""
    inputs = rng(seed).standard_normal((n_items, 5))
    own, *others = rng(seed).integers(1, 2**32, n_baselines + 1)
    return network(own, inputs, **kind), [network(other, inputs, **kind) for other in others]


def plain_smoothness(inputs, outputs):
    upper = np.triu_indices(len(inputs), 1)
    return np.corrcoef(np.corrcoef(inputs)[upper], np.corrcoef(outputs)[upper])[0, 1]


def product(inputs, states):
    """A measure that depends on the order of the items in both layers, and is quick to compute."""
    return np.sum(inputs[:, 0] * states[:, 0])


def first_state(inputs, states):
    return states[0, 0]


# What is in the table


def test_one_layer_by_hand():
    """Baselines of 1, 2 and 6: mean 3, SD sqrt(7), standard error sqrt(7 / 3) = 1.527525."""
    inputs = np.eye(5)
    trained, *baselines = [[inputs, np.full((5, 4), value)] for value in (5.0, 1, 2, 6)]
    table = compare(trained, baselines, rng(), first_state)
    (row,) = table.to_dict("records")
    assert row == {
        "layer": 1,
        "trained": 5,
        "baseline": 3,
        "low": pytest.approx(3 - 4.30265 * 1.527525, abs=1e-4),
        "high": pytest.approx(3 + 4.30265 * 1.527525, abs=1e-4),
        "null": 5,
        "difference": 2,
        "n": 3,
        "sd": pytest.approx(math.sqrt(7)),
        "low_one": pytest.approx(3 - 4.30265 * math.sqrt(7 + 7 / 3), abs=1e-4),
        "high_one": pytest.approx(3 + 4.30265 * math.sqrt(7 + 7 / 3), abs=1e-4),
        "null_low": 5,
        "null_high": 5,
    }
    assert table.attrs["baselines"] == {1: [1, 2, 6]}


def test_one_row_a_layer_after_the_input_and_the_columns_in_order():
    table = compare(*networks(), rng())
    assert list(table.columns) == COLUMNS
    assert table["layer"].tolist() == [1, 2, 3]
    assert list(table.index) == [0, 1, 2]
    whole = [np.int64 if name in ("layer", "n") else np.float64 for name in COLUMNS]
    assert table.dtypes.tolist() == whole
    assert np.all(table["low"] < table["baseline"]) and np.all(table["baseline"] < table["high"])


@examples
@given(seed=seeds, n_baselines=st.integers(2, 9))
@pytest.mark.parametrize("squash", [np.tanh, relu])
def test_every_layer_is_measured_against_the_input_and_the_interval_is_over_seeds(
    seed, n_baselines, squash
):
    trained, baselines = networks(n_baselines, 12, seed, widths=(40, 30, 35), squash=squash)
    # Of 30 units and more, a ReLU leaves some above 0 for nearly every item.
    states = [layer for net in (trained, *baselines) for layer in net]
    assume(all(np.ptp(layer, axis=1).min() > 0 for layer in states))
    table = compare(trained, baselines, rng())
    for layer, row in zip([1, 2, 3], table.to_dict("records"), strict=True):
        values = [plain_smoothness(net[0], net[layer]) for net in baselines]
        mean = sum(values) / n_baselines
        variance = 0.0
        for value in values:
            variance += (value - mean) ** 2 / (n_baselines - 1)
        margin = T[n_baselines - 1] * math.sqrt(variance) / math.sqrt(n_baselines)
        own = plain_smoothness(trained[0], trained[layer])
        assert row["trained"] == pytest.approx(own, abs=1e-10)
        assert row["baseline"] == pytest.approx(mean, abs=1e-10)
        assert row["low"] == pytest.approx(mean - margin, abs=1e-5 * margin + 1e-10)
        assert row["high"] == pytest.approx(mean + margin, abs=1e-5 * margin + 1e-10)
        assert row["difference"] == pytest.approx(own - mean, abs=1e-10)


def test_the_shuffles_between_which_95_of_100_lie_and_the_values_by_seed():
    trained, baselines = networks(5)
    values = {}

    def measure(inputs, states):
        value = product(inputs, states)
        values.setdefault(states.shape[1], []).append(value)
        return value

    table = compare(trained, baselines, rng(), measure)
    for layer, row in zip([1, 2, 3], table.to_dict("records"), strict=True):
        of_layer = values[trained[layer].shape[1]]
        own, shuffles, others = of_layer[0], np.sort(of_layer[1:101]), of_layer[101:]
        assert (row["trained"], row["n"]) == (own, 5)
        assert row["null_low"] == pytest.approx(shuffles[2] + 0.475 * (shuffles[3] - shuffles[2]))
        high = shuffles[96] + 0.525 * (shuffles[97] - shuffles[96])
        assert row["null_high"] == pytest.approx(high)
        assert (
            table.attrs["baselines"][layer]
            == others
            == [product(*(n[0], n[layer])) for n in baselines]
        )


MEASURES = {
    "smoothness": functional_smoothness,
    "rank": partial(functional_smoothness, rank=True),
    "first": partial(functional_smoothness, pairs="first"),
    "first, rank": partial(functional_smoothness, pairs="first", rank=True),
    "within": lambda groups: partial(smoothness_within, groups=groups),
    "within, rank": lambda groups: partial(smoothness_within, groups=groups, rank=True),
    "cka": linear_cka,
    "debiased cka": partial(linear_cka, debiased=True),
}


@examples
@given(
    seed=seeds,
    sizes=st.lists(st.integers(3, 9), min_size=2, max_size=5),
    by_groups=st.booleans(),
)
@pytest.mark.parametrize("name", MEASURES)
def test_the_table_is_the_same_by_one_matrix_a_layer_as_by_its_states(name, seed, sizes, by_groups):
    """The slow way calls the measure anew for each order of the items, as any other measure."""
    labels = rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    trained, baselines = networks(3, len(labels), seed)
    measure = MEASURES[name](labels) if name.startswith("within") else MEASURES[name]
    groups = labels if by_groups else None
    quick = compare(trained, baselines, rng(seed), measure, groups)
    slow = compare(trained, baselines, rng(seed), lambda *layers: measure(*layers), groups)
    pd.testing.assert_frame_equal(quick, slow, rtol=0, atol=1e-12)


@pytest.mark.parametrize("measure", [product, functional_smoothness], ids=["any", "smoothness"])
def test_groups_are_shuffled_within_themselves(measure):
    """Items of a group differ by a mark only: which group an item is of stays in the null."""
    draw, labels = rng(), np.repeat(["b", "a", "c"], [6, 9, 5])
    centres = dict(zip("abc", draw.standard_normal((3, 30))))
    inputs = np.array([centres[label] for label in labels]) + 0.1 * draw.standard_normal((20, 30))
    trained, *baselines = [network(seed, inputs) for seed in (1, 2, 3)]
    plain = compare(trained, baselines, rng())
    grouped = compare(trained, baselines, rng(), groups=labels)
    assert np.all(np.abs(plain["null"]) < 0.1)
    assert np.all(grouped["null"] > 0.5)
    assert np.all(grouped["null_low"] < grouped["null"])
    assert np.all(grouped["null"] < grouped["null_high"])

    orders = []

    def which(inputs, states):
        orders.append(states[:, 0].astype(int))
        return 0.0

    numbered = [inputs, np.arange(20.0)[:, None]]
    others = [[inputs, np.arange(20.0)[:, None] + shift] for shift in (100, 200)]
    compare(numbered, others, rng(), which, labels)
    shuffles = orders[1 : 1 + N_PERMUTATIONS]
    assert all(np.array_equal(labels[order], labels) for order in shuffles)
    assert all(sorted(order) == list(range(20)) for order in shuffles)
    assert len({tuple(order) for order in shuffles}) == N_PERMUTATIONS


def test_baselines_that_agree_have_an_interval_without_width():
    table = compare(*networks(), rng(), lambda inputs, states: states.shape[1] / 10)
    for column in ("trained", "baseline", "low", "high", "null"):
        assert table[column].tolist() == pytest.approx([1.1, 0.3, 0.8], abs=1e-15)
    assert table["difference"].tolist() == pytest.approx([0, 0, 0], abs=1e-15)


def test_the_measure_gets_the_input_and_one_layers_states_and_the_null_only_other_orders():
    trained, baselines = networks()
    calls = []

    def measure(inputs, states):
        calls.append((inputs.copy(), states.copy()))
        return 1.0

    compare(trained, baselines, rng(), measure)
    assert all(np.array_equal(inputs, trained[0]) for inputs, _ in calls)
    left = [states for _, states in calls]
    for net in (trained, *baselines):
        for states in net[1:]:
            same = [k for k, other in enumerate(left) if np.array_equal(states, other)]
            assert same  # once as it is; a shuffle may give the same order by chance
            del left[same[0]]
    assert len(left) == 3 * N_PERMUTATIONS
    for states in trained[1:]:
        rows = sorted(states.tolist())
        assert sum(sorted(other.tolist()) == rows for other in left) == N_PERMUTATIONS


@examples
@given(seed=seeds, n_items=st.integers(5, 6))
def test_the_null_is_the_mean_over_the_orders_of_the_trained_layers_items(seed, n_items):
    """Over all orders the mean is exact; 100 shuffles come within five standard errors of it."""
    trained, baselines = networks(2, n_items, seed)
    trained = [trained[0], *[states + 2 for states in trained[1:]]]
    table = compare(trained, baselines, rng(seed), product)
    for layer, null in zip([1, 2, 3], table["null"], strict=True):
        states = trained[layer]
        every = [
            product(trained[0], states[list(order)])
            for order in itertools.permutations(range(n_items))
        ]
        margin = 5 * np.std(every) / math.sqrt(N_PERMUTATIONS)
        assert null == pytest.approx(np.mean(every), abs=margin)


def test_the_null_of_smoothness_is_none():
    """Over all orders its mean is 0, whatever the layers; with 40 items its SD is below 0.1."""
    trained, baselines = networks(2, 40)
    table = compare(trained, baselines, rng())
    assert np.all(table["trained"] > 0.2)
    assert np.all(np.abs(table["null"]) < 5 * 0.1 / math.sqrt(N_PERMUTATIONS))


def test_a_measure_of_the_layer_alone_has_itself_for_a_null():
    trained, baselines = networks()
    table = compare(trained, baselines, rng(), lambda inputs, states: spread(states))
    for layer, row in zip([1, 2, 3], table.to_dict("records"), strict=True):
        own, *others = [
            np.mean([math.dist(a, b) for a, b in itertools.combinations(net[layer], 2)])
            for net in (trained, *baselines)
        ]
        assert row["trained"] == pytest.approx(own, abs=1e-12)
        assert row["null"] == pytest.approx(own, abs=1e-12)
        assert row["baseline"] == pytest.approx(np.mean(others), abs=1e-12)


def test_a_layer_that_training_left_alone_differs_in_nothing():
    """A frozen layer, or one without weights, is the same in every network, and no mistake."""
    trained, baselines = networks()
    table = compare(trained, [[*net[:1], trained[1], *net[2:]] for net in baselines], rng())
    assert table["difference"][0] == pytest.approx(0, abs=1e-15)
    assert np.all(np.abs(table["difference"][1:]) > 1e-3)


# One network at a time


def one_by_one(nets, alive):
    """Give networks, layer by layer, and look which of the states given before are still held."""
    refs = []
    for net in nets:

        def layers(net=net):
            for layer, states in enumerate(net):
                held = sum(ref() is not None for ref in refs)
                alive.append(held)
                states = states.copy()
                if layer:  # the first network's input is kept, to compare with the others'
                    refs.append(weakref.ref(states))
                yield states
                del states

        yield layers()


@pytest.mark.parametrize("measure", [functional_smoothness, product], ids=["smoothness", "any"])
def test_networks_and_layers_that_come_one_by_one_are_let_go_one_by_one(measure):
    trained, baselines = networks(widths=(11, 3, 8))
    alive = []
    own = next(one_by_one([trained], alive))
    table = compare(own, one_by_one(baselines, alive), rng(), measure)
    assert alive == [0] * 20
    pd.testing.assert_frame_equal(
        table, compare(trained, baselines, rng(), measure), check_exact=True
    )


def test_networks_that_come_whole_are_let_go_one_by_one():
    trained, baselines = networks(5)
    refs, alive = [], []

    def whole():
        for net in baselines:
            alive.append(sum(ref() is not None for ref in refs))
            net = [states.copy() for states in net]
            refs.extend(weakref.ref(states) for states in net)
            yield net
            del net

    compare(trained, whole(), rng())
    assert alive == [0] * 5


def test_memory_does_not_grow_with_networks_nor_with_units():
    """Twelve networks of 60 MB in single precision: a few matrices and steps of 8 MB are added."""
    inputs = rng().standard_normal((50, 20)).astype(np.float32)

    def layers(seed):
        yield inputs
        for _ in range(3):
            yield rng(seed).standard_normal((50, 100_000), dtype=np.float32)

    tracemalloc.start()
    compare(layers(0), map(layers, range(1, 12)), rng())
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    assert peak < 20 + 60


def failing(baselines, error):
    yield from baselines
    raise error


@pytest.mark.parametrize("n_before", [0, 1, 3])
def test_what_was_measured_before_a_fault_is_not_lost(n_before):
    trained, baselines = networks(n_before + 2)
    whole = compare(trained, baselines[:n_before], rng()) if n_before > 1 else None
    broken = changed(baselines[n_before], 2, with_value(baselines[n_before][2], np.nan))
    for later, kind, words in [
        ([broken], ValueError, rf"^baselines\[{n_before}\]\[2\] must be finite"),
        ([baselines[n_before][:-1]], ValueError, rf"^baselines\[{n_before}\] must have as many"),
        (failing([], MemoryError("no room")), MemoryError, "^no room"),
        (failing([], KeyboardInterrupt("stop")), KeyboardInterrupt, "^stop"),
    ]:
        given = itertools.chain(baselines[:n_before], later)
        with pytest.raises(kind, match=words) as caught:
            compare(trained, given, rng())
        table = caught.value.table
        assert table["n"].tolist() == [n_before] * 3
        assert np.all(np.isfinite(table[["trained", "null"]]))
        assert table["low"].isna().all() == (n_before < 2)
        assert f"baselines: {n_before}." in caught.value.__notes__[0]
        if whole is not None:
            pd.testing.assert_frame_equal(table, whole, check_exact=True)


@pytest.mark.parametrize("n", [0, 1])
def test_a_generator_of_too_few_baselines(n):
    trained, baselines = networks()
    with pytest.raises(ValueError, match=f"^baselines must hold at least two .*; {n} came"):
        compare(trained, iter(baselines[:n]), rng())


def test_a_network_that_comes_layer_by_layer_has_as_many_as_the_others():
    trained, baselines = networks()
    words = "baselines[1] must have as many layers as trained, 4 with the input; it came with"
    for layers, came in [(baselines[1][:-1], "3"), ([*baselines[1], trained[1]], "more")]:
        with pytest.raises(ValueError) as caught:
            compare(trained, [baselines[0], iter(layers)], rng())
        assert str(caught.value) == f"{words} {came}"


def test_nothing_is_measured_before_all_that_is_there_was_looked_through():
    trained, baselines = networks()
    calls = []

    def measure(inputs, states):
        calls.append(states)
        return 1.0

    last = baselines[-1]
    for fault in (
        changed(last, 3, with_value(last[3], np.nan)),
        changed(last, 3, last[3][:, 1:]),
        changed(last, 0, last[0] + 1),
        last[:-1],
        baselines[0],
        iter([0]),  # not there yet: looked at in its turn
    ):
        with pytest.raises(ValueError, match=r"^baselines\[3\]"):
            compare(trained, [*baselines[:-1], fault], rng(), measure)
        assert bool(calls) == (not isinstance(fault, list))
    calls.clear()
    for wrong in ({"groups": [1, 2]}, {"names": ["one"]}):
        with pytest.raises(ValueError):
            compare(trained, baselines, rng(), measure, **wrong)
    assert not calls


def test_states_in_a_file_are_looked_at_in_their_turn(tmp_path):
    trained, baselines = networks(widths=(5, 5))
    whole = compare(trained, baselines, rng())
    np.save(tmp_path / "states.npy", np.array([trained, *baselines]))
    own, *others = np.load(tmp_path / "states.npy", mmap_mode="r")
    pd.testing.assert_frame_equal(compare(own, others, rng()), whole, check_exact=True)

    # Read once, in their turn: what the measure works on lies in the file no more.
    own, *others = np.load(tmp_path / "states.npy", mmap_mode="r")
    in_file = []

    def measure(inputs, states):
        return 1.0

    def of_inputs(inputs):
        def of_layer(states):
            in_file.extend(np.shares_memory(states, x) for net in (own, *others) for x in net)
            return lambda order: 1.0

        return of_layer

    measure.by_order = of_inputs
    compare(own, others, rng(), measure)
    assert len(in_file) == 2 * 5 * 15 and not any(in_file)

    stored = np.load(tmp_path / "states.npy", mmap_mode="r+")
    stored[4, 2, 3] = np.nan
    own, *others = stored
    with pytest.raises(
        ValueError, match=r"^baselines\[3\]\[2\] must be finite; .* in item 3"
    ) as caught:
        compare(own, others, rng())
    assert caught.value.table["n"].tolist() == [3, 3]

    # Shapes are known without reading.
    calls = []
    others[3] = [*others[3][:2], others[3][2][:, 1:]]
    with pytest.raises(
        ValueError, match=r"^baselines\[3\]\[2\] must have the shape of trained\[2\]"
    ):
        compare(own, others, rng(), lambda *_: calls.append(1) or 1.0)
    assert not calls


# What may come in


def test_single_and_half_precision_are_measured_as_the_numbers_that_they_hold():
    for kind in (np.float16, np.float32):
        nets = [[x.astype(kind) for x in net] for net in networks()[1]]
        exact = [[x.astype(np.float64) for x in net] for net in nets]
        for measure in (functional_smoothness, linear_cka, product):
            pd.testing.assert_frame_equal(
                compare(nets[0], nets[1:], rng(), measure),
                compare(exact[0], exact[1:], rng(), measure),
                check_exact=True,
            )


def test_layers_by_name():
    trained, baselines = networks()
    labels = ["words", "GRU, step 1", "GRU, step 2", "read-out"]
    named = [dict(zip(labels, net)) for net in (trained, *baselines)]
    named[2] = dict(reversed(named[2].items()))
    plain = compare(trained, baselines, rng())
    for table in (
        compare(named[0], named[1:], rng()),
        compare(named[0], baselines, rng()),
        compare(trained, baselines, rng(), names=labels[1:]),
        compare(iter(trained), iter(baselines), rng(), names=labels[1:]),
    ):
        assert table["layer"].tolist() == labels[1:] == list(table.attrs["baselines"])
        columns = ["layer"]
        pd.testing.assert_frame_equal(
            table.drop(columns=columns), plain.drop(columns=columns), check_exact=True
        )


def test_layers_by_numbers_are_matched_by_these():
    trained, baselines = networks()
    plain = compare(trained, baselines, rng())
    turned = [{k: net[k] for k in (0, 3, 1, 2)} for net in baselines]
    table = compare(dict(enumerate(trained)), turned, rng())
    pd.testing.assert_frame_equal(table, plain, check_exact=True)
    assert refused(trained, turned).startswith(
        "baselines[0] must be a sequence of layers, as trained"
    )


def test_layers_by_other_names():
    trained, baselines = [dict(zip("abcd", net)) for net in networks()[1]], networks()[1]
    own, *others = trained
    others[1] = dict(zip("abxd", baselines[2]))
    assert refused(own, others) == (
        "baselines[1] must have the layers of trained, by the same names; it lacks ['c'] and has"
        " ['x'] besides"
    )
    others[1] = {**others[0], "b": np.full((7, 11), np.nan)}
    assert refused(own, others).startswith("baselines[1]['b'] must be finite")
    for names in (["b", "c"], ["b", "c", "d", "e"], ["b", "c", "b"], "bcd", 3):
        with pytest.raises(ValueError, match="^names must be"):
            compare(*networks(), rng(), names=names)


@pytest.mark.parametrize(
    "groups, words",
    [
        ([1, 2, 1], r"hold one label for each of the 7 items; it came with shape \(3,\)"),
        ([[1] * 7], r"hold one label for each of the 7 items; it came with shape \(1, 7\)"),
        ([1, 1, 1, 2, 2, np.nan, 2], "hold a label for every item; it has none for item 5"),
        (range(7), "hold two items of a label; else there is nothing to shuffle"),
        (["a", 1, None, 2, 2, 2, 2], "hold labels that can be sorted, numbers or strings; it came"),
        (
            np.arange(7).astype("M8[ns]"),
            "hold two items of a label; else there is nothing to shuffle",
        ),
    ],
)
def test_groups_that_do_not_fit(groups, words):
    for measure in (plain_smoothness, functional_smoothness):
        with pytest.raises(ValueError, match=f"^groups must {words}"):
            compare(*networks(), rng(), measure, groups)


def test_items_named_for_leaving_out_are_not_too_many():
    trained, baselines = networks(n_items=30)
    broken = trained[2].copy()
    broken[3:17:2, 1] = np.nan
    words = "in items 3, 5, 7, 9, 11, 13 and 15; leave these items out"
    assert words in refused(changed(trained, 2, broken), baselines)
    broken[::2, 0] = np.inf
    words = "in items 0, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 12 more; leave these items out"
    assert words in refused(changed(trained, 2, broken), baselines)


class Elsewhere:
    """An array as other libraries have them, which NumPy cannot read as it is."""

    def __init__(self, error, **attributes):
        self.error = error
        vars(self).update(attributes)

    def __array__(self, dtype=None, copy=None):
        raise self.error


@pytest.mark.parametrize(
    "given, came, instead",
    [
        (
            Elsewhere(TypeError("Got unsupported ScalarType BFloat16"), dtype="torch.bfloat16"),
            "unsupported ScalarType BFloat16",
            'turn it into single precision first, by .float() or .astype("float32")',
        ),
        (
            Elsewhere(RuntimeError("Can't call numpy() on Tensor"), requires_grad=True),
            "call numpy()",
            "take the states under torch.no_grad(), or by .detach()",
        ),
        (
            Elsewhere(TypeError("can't convert cuda:0 device type tensor"), device="cuda:0"),
            "cuda:0",
            "copy it to the processor's memory first, by .cpu()",
        ),
        (Elsewhere(RuntimeError("lost")), "Elsewhere: lost", "lost"),
    ],
)
def test_arrays_of_other_libraries(given, came, instead):
    trained, baselines = networks()
    sentence = refused(trained, [baselines[0], changed(baselines[1], 2, given)])
    assert sentence.startswith("baselines[1][2] must be an array that NumPy can read; it came as ")
    assert came in sentence and sentence.endswith(instead)


def test_masked_values_are_not_taken_for_values():
    trained, baselines = networks()
    hidden = np.zeros(trained[2].shape, bool)
    assert len(compare(changed(trained, 2, np.ma.array(trained[2], mask=hidden)), baselines, rng()))
    hidden[4] = True
    sentence = refused(changed(trained, 2, np.ma.array(trained[2], mask=hidden)), baselines)
    assert sentence == "trained[2] must have no masked values; leave these items out, or fill them"


def test_what_all_items_share_makes_no_two_networks_the_same():
    """A unit that never changes, however large, in every network; or a shift of one layer."""
    trained, baselines = networks()
    nets = [
        [net[0], *[np.column_stack([states, np.full(7, 1e7)]) for states in net[1:]]]
        for net in (trained, *baselines)
    ]
    assert len(compare(nets[0], nets[1:], rng(), linear_cka)) == 3
    shifted = [[net[0], *[states + k for states in net[1:]]] for k, net in enumerate([trained] * 3)]
    assert len(compare(shifted[0], shifted[1:], rng())) == 3
    with pytest.raises(ValueError, match=r"^baselines\[1\] must be a network of its own"):
        compare(nets[0], [nets[1], nets[1], nets[2]], rng(), linear_cka)


def test_large_states_in_half_precision_that_came_twice():
    inputs, *states = (2000 * rng().standard_normal((3, 30, 4000))).astype(np.float16)
    with pytest.raises(ValueError, match=r"^baselines\[1\] must be a network of its own"):
        compare([inputs, states[0]], [[inputs, states[1]]] * 2, rng())


def test_baselines_that_are_no_networks_are_refused_before_anything_is_measured():
    calls = []
    for bad in (None, networks):
        with pytest.raises(ValueError, match="^baselines must be a sequence; it came as"):
            compare(networks()[0], bad, rng(), lambda *_: calls.append(1) or 1.0)
    assert not calls


def test_fewer_than_five_items():
    trained, baselines = networks(n_items=4)
    assert refused(trained, baselines) == (
        "trained[0] must hold at least five items, better fifty to a few hundred; it came with 4"
    )


def test_a_measure_that_gives_scipys_result_object():
    def measure(inputs, states):
        return stats.spearmanr(inputs[:, 0], states[:, 0])

    sentence = refused(*networks(), measure)
    assert sentence.startswith(
        "measure must give one finite number a layer; for trained[1] it gave"
    )
    assert sentence.endswith(": return its .statistic")


# Trained networks beside their own starts


def test_pairs_by_hand():
    """Differences of 1, 2 and 6: mean 3, SD sqrt(7); each pair with items of its own."""
    pairs = [
        (
            [rng(k).standard_normal((5 + k, 3)), np.full((5 + k, 4), after)],
            [rng(k).standard_normal((5 + k, 3)), np.full((5 + k, 4), before)],
        )
        for k, (after, before) in enumerate([(5.0, 4.0), (3.0, 1.0), (8.0, 2.0)])
    ]
    expected = {
        "layer": 1,
        "trained": pytest.approx(16 / 3),
        "start": pytest.approx(7 / 3),
        "difference": 3,
        "low": pytest.approx(3 - 4.30265 * 1.527525, abs=1e-4),
        "high": pytest.approx(3 + 4.30265 * 1.527525, abs=1e-4),
        "n": 3,
        "sd": pytest.approx(math.sqrt(7)),
    }
    for lazy in (list, iter):
        table = compare_paired(*map(lazy, zip(*pairs)), first_state)
        (row,) = table.to_dict("records")
        assert row == expected
        assert table.attrs["differences"] == {1: [1, 2, 6]}


def test_pairs_are_measured_as_compare_measures():
    trained, baselines = networks(6)
    table = compare_paired(baselines[:3], baselines[3:], names=["one", "two", "three"])
    single = compare(trained, baselines, rng()).attrs["baselines"]
    for label, values in zip(["one", "two", "three"], single.values(), strict=True):
        differences = np.subtract(values[:3], values[3:])
        assert table.attrs["differences"][label] == pytest.approx(differences.tolist(), abs=1e-15)


def test_pairs_that_do_not_fit():
    _, nets = networks(6)
    trained, starts = nets[:3], nets[3:]
    for arguments, words in [
        ((trained, starts[:2]), "starts must hold one network for each of trained; there came"),
        ((trained[:2], starts), "starts must hold one network for each of trained; there came"),
        ((trained[:1], starts[:1]), "trained must hold at least two networks, each beside its own"),
        ((trained, [*starts[:2], trained[2]]), "starts[2] must be a network of its own"),
        (
            (trained[:2], [starts[0], changed(starts[1], 0, starts[1][0] + 1)]),
            "starts[1][0] must be the",
        ),
        ((trained[:2], [starts[0], starts[1][:-1]]), "starts[1] must have as many layers as"),
        ((iter(trained), iter(starts[:2])), "starts must hold one network for each of trained; th"),
        ((iter(trained[:2]), iter(starts)), "starts must hold one network for each of trained; th"),
        (([trained[0], trained[1][:-1]], [starts[0], starts[1][:-1]]), "trained[1] must have the"),
        ((3, starts), "trained must be a sequence"),
        ((trained, starts, 3), "measure must be a function"),
    ]:
        with pytest.raises(ValueError) as caught:
            compare_paired(*arguments)
        assert str(caught.value).startswith(words), caught.value


def test_pairs_measured_before_a_fault_are_not_lost():
    _, nets = networks(8)
    trained, starts = nets[:4], nets[4:]
    whole = compare_paired(trained[:2], starts[:2])
    broken = changed(starts[2], 1, with_value(starts[2][1], np.inf))
    with pytest.raises(
        ValueError, match=r"^starts\[2\]\[1\] must be finite; .* in item 2;"
    ) as caught:
        compare_paired(iter(trained), iter([*starts[:2], broken, starts[3]]))
    pd.testing.assert_frame_equal(caught.value.table, whole, check_exact=True)

    calls = []
    with pytest.raises(ValueError, match=r"^starts\[2\]\[1\] must be finite"):
        compare_paired(trained, [*starts[:2], broken, starts[3]], lambda *_: calls.append(1) or 1.0)
    assert not calls

    for names in (["a"], "bcd"):
        with pytest.raises(ValueError, match="^names must be"):
            compare_paired(iter(trained), iter(starts), lambda *_: calls.append(1) or 1.0, names)
    assert len(calls) <= 2 * 3 * 1  # of the first trained network at most
    by_seed = [dict(enumerate(nets)) for nets in (trained[:2], starts[:2])]
    pd.testing.assert_frame_equal(compare_paired(*by_seed), whole, check_exact=True)


# What may come in, also as any measure sees it


def test_lists_tuples_single_precision_stacks_and_generators_do_as_well():
    trained, baselines = networks(widths=(5, 5))
    trained, *baselines = [[x.astype(np.float32) for x in net] for net in (trained, *baselines)]
    table = compare(trained, baselines, rng(), product)
    for own, others in [
        ([x.tolist() for x in trained], [[x.tolist() for x in net] for net in baselines]),
        (tuple(trained), tuple(tuple(net) for net in baselines)),
        (np.array(trained), np.array(baselines)),
        ([pd.DataFrame(x) for x in trained], baselines),
        (iter(trained), (iter(net) for net in baselines)),
        (trained, dict(enumerate(baselines))),
        ([x.astype(np.float64) for x in trained], baselines),
    ]:
        pd.testing.assert_frame_equal(compare(own, others, rng(), product), table, check_exact=True)


def test_nothing_that_came_in_is_changed():
    trained, baselines = networks()
    before = copy.deepcopy((trained, baselines))
    compare(trained, baselines, rng())
    np.testing.assert_equal((trained, baselines), before)


def test_the_generator_decides_the_null_and_nothing_else():
    table, again, other = [compare(*networks(), rng(seed)) for seed in (1, 1, 2)]
    pd.testing.assert_frame_equal(again, table, check_exact=True)
    assert np.all(other["null"] != table["null"])
    null = ["null", "null_low", "null_high"]
    pd.testing.assert_frame_equal(
        other.drop(columns=null), table.drop(columns=null), check_exact=True
    )


def test_layers_of_tiny_states_are_not_taken_for_the_same():
    trained, baselines = networks()
    trained, *baselines = [
        [net[0], *[1e-12 * states for states in net[1:]]] for net in (trained, *baselines)
    ]
    assert np.all(compare(trained, baselines, rng())["difference"] != 0)


# Bad input


def refused(trained, baselines, measure=plain_smoothness):
    with pytest.raises(ValueError) as caught:
        compare(trained, baselines, rng(), measure)
    return str(caught.value)


def changed(net, layer, states):
    return [*net[:layer], states, *net[layer + 1 :]]


def with_value(states, value):
    """The states, but for one item all of whose units have this value."""
    states = states.copy()
    states[2] = value
    return states


@pytest.mark.parametrize("layer", [1, 3])
def test_layers_of_other_items(layer):
    trained, baselines = networks()
    words = "must hold the 7 items of the input, one a row; it came with shape (6, {})"
    width = trained[layer].shape[1]
    sentence = refused(changed(trained, layer, trained[layer][1:]), baselines)
    assert sentence == f"trained[{layer}] {words}".format(width)
    baselines[2] = changed(baselines[2], layer, baselines[2][layer][:-1])
    sentence = refused(trained, baselines)
    assert sentence == f"baselines[2][{layer}] {words}".format(width)


@pytest.mark.parametrize(
    "other, shape",
    [
        (lambda inputs: inputs[::-1], (7, 5)),
        (lambda inputs: inputs + 1e-9, (7, 5)),
        (lambda inputs: inputs[:, :-1], (7, 4)),
        (lambda inputs: inputs[:1], (1, 5)),  # would broadcast
    ],
    ids=["order", "preprocessing", "units", "items"],
)
def test_a_baseline_with_another_input(other, shape):
    trained, baselines = networks()
    inputs = other(trained[0])
    baselines[1] = network(9, inputs)
    assert refused(trained, baselines) == (
        "baselines[1][0] must be the input of trained, the same items in the same order after the"
        f" same preprocessing; it came with other values or another shape, {shape} beside (7, 5)"
    )


def test_a_baseline_of_another_architecture():
    trained, baselines = networks()
    inputs = trained[0]
    sentence = refused(trained, [*baselines, network(9, inputs, (11, 4, 8))])
    assert sentence == (
        "baselines[4][2] must have the shape of trained[2], (7, 3): a baseline has the same"
        " architecture; it came with shape (7, 4)"
    )
    sentence = refused(trained, [network(9, inputs, (11, 3)), *baselines])
    assert sentence == (
        "baselines[0] must have as many layers as trained, 4 with the input; it came with 3"
    )
    sentence = refused(trained[:-1], baselines)
    assert sentence.startswith("baselines[0] must have as many layers as trained, 3 with the input")


@pytest.mark.parametrize("n", [0, 1])
def test_too_few_baselines_for_an_interval(n):
    trained, baselines = networks()
    assert refused(trained, baselines[:n]) == (
        "baselines must hold at least two untrained networks, each drawn with its own seed, for an"
        f" interval over seeds; {n} came"
    )


@pytest.mark.parametrize("n", [0, 1])
def test_a_network_without_a_layer(n):
    trained, baselines = networks()
    words = f"must hold the input and at least one layer after it; {n} came"
    assert refused(trained[:n], baselines) == f"trained {words}"
    assert refused(trained, [*baselines, trained[:n]]) == f"baselines[4] {words}"


@pytest.mark.parametrize("bad", [None, 3, 0.5, relu], ids=["None", "3", "0.5", "function"])
def test_what_is_no_sequence(bad):
    trained, baselines = networks()
    for name, arguments in [
        ("trained", (bad, baselines)),
        ("baselines", (trained, bad)),
        ("baselines[1]", (trained, [baselines[0], bad])),
    ]:
        assert refused(*arguments).startswith(f"{name} must be a sequence; it came as ")


@pytest.mark.parametrize("value", [0.1, 0.0])
def test_an_item_that_is_constant_in_a_layer(value):
    """The sentence names the very layer: the second of trained, the third of a baseline."""
    trained, baselines = networks()
    from_smoothness = (
        "outputs must not hold a constant pattern, whose correlation is undefined; 1 of 7 are"
        " constant. Leave item 2 out of trained and of every baseline, or take another measure"
    )
    with pytest.raises(ValueError) as caught:
        compare(changed(trained, 2, with_value(trained[2], value)), baselines, rng())
    assert str(caught.value) == (
        "measure must be defined for every layer; with trained[0] as inputs and trained[2] as"
        f" outputs it says: {from_smoothness}"
    )
    baselines[1] = changed(baselines[1], 3, with_value(baselines[1][3], value))
    with pytest.raises(ValueError) as caught:
        compare(trained, baselines, rng())
    assert str(caught.value) == (
        "measure must be defined for every layer; with trained[0] as inputs and baselines[1][3] as"
        f" outputs it says: {from_smoothness}"
    )


def test_an_item_that_is_constant_in_the_input():
    inputs = with_value(networks()[0][0], 0.5)
    with pytest.raises(ValueError) as caught:
        compare(network(1, inputs), [network(seed, inputs) for seed in (2, 3)], rng())
    assert str(caught.value).startswith(
        "measure must be defined for every layer; with trained[0] as inputs and trained[1] as"
        " outputs it says: inputs must not hold a constant pattern"
    )


def test_a_measure_that_is_undefined_only_for_a_shuffle():
    trained, baselines = networks()

    def measure(inputs, states):
        if states[0, 0] not in [
            net[layer][0, 0] for net in (trained, *baselines) for layer in (1, 2)
        ]:
            raise ValueError("states must start with the first item")
        return 1.0

    assert refused(trained, baselines, measure).startswith(
        "measure must be defined for every layer; with trained[0] as inputs and trained[1],"
        " shuffled, as outputs it says: states must start with the first item. "
    )


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("layer", [0, 2])
def test_values_that_are_not_finite(bad, layer):
    trained, baselines = networks()
    size = trained[layer].size
    words = (
        f"must be finite; 2 of its {size} values are NaN or infinite, in items 1 and 2; leave these"
        " items out of trained and of every baseline, or mend what gave them"
    )
    broken = trained[layer].copy()
    broken[1:3, 0] = bad
    assert refused(changed(trained, layer, broken), baselines) == f"trained[{layer}] {words}"
    baselines[3] = changed(baselines[3], layer, broken)
    assert refused(trained, baselines) == f"baselines[3][{layer}] {words}"


def test_states_of_more_than_one_axis_an_item():
    trained, baselines = networks()
    words = (
        "must have the shape (items, units), flattened if need be by"
        " states.reshape(len(states), -1); it came with shape "
    )
    maps = rng().standard_normal((7, 2, 3, 3))
    assert refused(changed(trained, 1, maps), baselines) == f"trained[1] {words}(7, 2, 3, 3)"
    baselines[1] = changed(baselines[1], 2, maps[:, 0, 0, 0])
    assert refused(trained, baselines) == f"baselines[1][2] {words}(7,)"
    flat = maps.reshape(len(maps), -1)
    assert len(compare([trained[0], flat], [[trained[0], -(flat**k)] for k in (2, 3)], rng())) == 1


def test_layers_that_are_no_arrays_of_numbers():
    trained, baselines = networks()
    for bad, words in [
        ([], "must not be empty; it came with shape (0,)"),
        ("text", "must hold real numbers; it came with dtype <U4"),
        (None, "must hold real numbers; it came with dtype object"),
        (trained[2] * 1j, "must hold real numbers; it came with dtype complex128"),
        ([[1, 2], [3]], "must be one array (items, ...); its rows differ in length"),
    ]:
        assert refused(changed(trained, 2, bad), baselines) == f"trained[2] {words}"


def same_weights_rounded(trained):
    return [trained[0], *[states.astype(np.float32) for states in trained[1:]]]


@pytest.mark.parametrize("twin", [list, same_weights_rounded])
def test_a_twin_with_the_trained_weights(twin):
    trained, baselines = networks()
    sentence = refused(trained, [*baselines[:2], twin(trained), *baselines[2:]])
    assert sentence == (
        "baselines[2] must be a network of its own; its states are those of trained: draw new"
        " weights, with another seed, before taking its states"
    )


@pytest.mark.parametrize("twin", [list, same_weights_rounded])
def test_a_baseline_that_came_twice(twin):
    trained, baselines = networks()
    sentence = refused(trained, [*baselines, twin(baselines[1])])
    assert sentence.startswith(
        "baselines[4] must be a network of its own; its states are those of baselines[1]: draw new"
    )


@pytest.mark.parametrize("bad", [None, "spread", 3, [spread]], ids=["None", "name", "3", "list"])
def test_a_measure_that_is_no_function(bad):
    assert refused(*networks(), bad).startswith(
        "measure must be a function of two arrays (items, units), the input and a layer; it came as"
    )


@pytest.mark.parametrize(
    "bad, says",
    [
        (smoothness_within, "missing a required argument: 'groups'"),
        (partial(linear_cka, debias=True), "got an unexpected keyword argument 'debias'"),
        (lambda states: 1.0, "too many positional arguments"),
    ],
    ids=["groups", "option", "one argument"],
)
def test_a_measure_of_other_arguments(bad, says):
    sentence = refused(*networks(), bad)
    assert sentence.startswith(
        "measure must be a function of two arrays, the input and a layer, an"
    )
    assert sentence.endswith(f"it says: {says}")


def test_a_measure_that_changes_the_input():
    def measure(inputs, states):
        inputs -= 1
        return 1.0

    assert "read-only" in refused(*networks(), measure)


@pytest.mark.parametrize(
    "bad, shown",
    [
        (np.nan, "nan"),
        (np.inf, "inf"),
        ("0.5", "'0.5'"),
        (None, "None"),
        (1j, "1j"),
        ([0.5], "[0.5]"),
        ([[1], [1, 2]], "[[1], [1, 2]]"),
        ({"r": 0.5}, "{'r': 0.5}"),
        (np.array([0.5, 1]), "array([0.5, 1. ])"),
    ],
    ids=str,
)
def test_a_measure_that_gives_no_number(bad, shown):
    """In all networks, in one layer of one baseline, or only where the items are shuffled."""
    trained, baselines = networks()

    def words(name):
        return f"measure must give one finite number a layer; for {name} it gave {shown}"

    assert refused(trained, baselines, lambda *_: bad) == words("trained[1]")

    def in_one(inputs, states):
        return bad if np.array_equal(states, baselines[2][3]) else 1.0

    assert refused(trained, baselines, in_one) == words("baselines[2][3]")

    own = [states.tolist() for net in (trained, *baselines) for states in net]

    def in_shuffles(inputs, states):
        return 1.0 if states.tolist() in own else bad

    assert refused(trained, baselines, in_shuffles) == words("trained[1], shuffled,")
