"""A table by layer: what is measured, over which networks the interval goes, what is shuffled.

The interval is checked against the t table of a textbook, the null against all orders of the items.
There are never as many items, layers or units as baselines, so that none passes for another.
"""

import copy
import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lib.baseline import N_PERMUTATIONS, compare
from lib.collapse import spread
from lib.similarity import functional_smoothness

examples = settings(deadline=None, derandomize=True, max_examples=8)
seeds = st.integers(0, 2**32 - 1)

# The 97.5 % quantile of t by degrees of freedom.
T = [None, 12.7062, 4.30265, 3.18245, 2.77645, 2.57058, 2.44691, 2.36462, 2.30600, 2.26216]
COLUMNS = ["layer", "trained", "baseline", "low", "high", "null", "difference"]


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
    inputs = np.eye(2)
    trained, *baselines = [[inputs, np.full((2, 4), value)] for value in (5.0, 1, 2, 6)]
    (row,) = compare(trained, baselines, rng(), first_state).to_dict("records")
    assert row == {
        "layer": 1,
        "trained": 5,
        "baseline": 3,
        "low": pytest.approx(3 - 4.30265 * 1.527525, abs=1e-4),
        "high": pytest.approx(3 + 4.30265 * 1.527525, abs=1e-4),
        "null": 5,
        "difference": 2,
    }


def test_one_row_a_layer_after_the_input_and_the_columns_in_order():
    table = compare(*networks(), rng())
    assert list(table.columns) == COLUMNS
    assert table["layer"].tolist() == [1, 2, 3]
    assert list(table.index) == [0, 1, 2]
    assert table.dtypes.tolist() == [np.int64] + [np.float64] * 6
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


@examples
@given(seed=seeds, n_items=st.integers(4, 40))
def test_the_null_of_smoothness_is_the_same_by_its_similarities_as_by_its_states(seed, n_items):
    trained, baselines = networks(3, n_items, seed)
    quick = compare(trained, baselines, rng(seed))
    slow = compare(trained, baselines, rng(seed), lambda *layers: functional_smoothness(*layers))
    pd.testing.assert_frame_equal(quick, slow, rtol=0, atol=1e-12)


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
@given(seed=seeds, n_items=st.integers(3, 6))
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


# What may come in


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
    pd.testing.assert_frame_equal(
        other.drop(columns="null"), table.drop(columns="null"), check_exact=True
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
        " constant. If single items are at fault, leave them out of trained and of every baseline;"
        " else take another measure"
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
        f"must be finite; 2 of its {size} values are NaN or infinite; leave these items out of"
        " trained and of every baseline, or mend what gave them"
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
