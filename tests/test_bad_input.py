"""What every function of the package owes its caller, whatever comes in.

Bad input raises ValueError, never anything else, with one sentence that names the argument, what
came and what was expected. Good input is left as it is, whole numbers do as well as others, and
results are float64. Each function stands once in GOOD, with arguments that it takes.
"""

import copy
import inspect
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from lib import baseline, codes, collapse, networks, similarity, stimuli, theory


def numbers(*shape):
    """Whole numbers, all patterns different and none constant."""
    return np.random.default_rng(shape).integers(-9, 10, shape)


ITEMS = numbers(4, 5)
CATEGORIES = numbers(2, 3, 5)
RNG = "a generator"  # made anew for every call

GOOD = {
    stimuli.prototypes: {"n_categories": 2, "n_units": 3, "rng": RNG},
    stimuli.members: {"prototypes": ITEMS, "noise_sd": np.array([0, 1, 2]), "rng": RNG},
    stimuli.normalize: {"patterns": ITEMS},
    stimuli.rescale: {"patterns": ITEMS, "low": 0, "high": 3},
    networks.random_weights: {"n_layers": 2, "n_units": 3, "scale": 1, "rng": RNG},
    networks.orthogonal_weights: {"n_layers": 2, "n_units": 3, "scale": 1, "rng": RNG},
    networks.propagate: {
        "patterns": ITEMS,
        "weights": [numbers(5, 3), numbers(3, 2)],
        "squash": np.tanh,
        "biases": [numbers(3), numbers(2)],
    },
    similarity.cosine: {"a": ITEMS, "b": ITEMS[:1]},
    similarity.pearson: {"a": ITEMS, "b": ITEMS[:1]},
    similarity.similarity_matrix: {"patterns": ITEMS},
    similarity.functional_smoothness: {
        "inputs": ITEMS,
        "outputs": numbers(4, 6),
        "pairs": "all",
        "rank": True,
    },
    collapse.spread: {"patterns": ITEMS},
    collapse.distance_ratio: {"patterns": CATEGORIES},
    collapse.identification: {
        "patterns": CATEGORIES,
        "noise_sd": 1,
        "rng": RNG,
        "n_repeats": 2,
        "relative": True,
    },
    collapse.dimension: {"patterns": ITEMS},
    codes.simulate: {
        "n_networks": 2,
        "n_categories": 2,
        "n_levels": 4,
        "n_units": 5,
        "n_layers": 2,
        "seed": 3,
        "map": map,
        "rescaled": True,
    },
    codes.factorial_code: {"n_factors": 2},
    codes.hash_code: {"patterns": ITEMS},
    codes.voxels: {"activity": numbers(4, 6), "size": 2},
    theory.mean_square: {"variance": 2, "squash": np.tanh},
    theory.mean_product: {
        "variance_a": 2,
        "variance_b": 1,
        "correlation": 1,
        "squash": np.tanh,
    },
    theory.cosine_by_depth: {
        "cosine": 1,
        "squared_length": 2,
        "sigma_w": 1,
        "n_layers": 2,
        "squash": np.tanh,
        "sigma_b": 1,
    },
    theory.gram_chain: {
        "gram": np.array([[2, 1], [1, 3]]),
        "n_units": 3,
        "sigma_w": 1,
        "n_layers": 2,
        "rng": RNG,
        "squash": np.tanh,
    },
    similarity.smoothness_within: {
        "inputs": numbers(6, 5),
        "outputs": numbers(6, 4),
        "groups": [1, 2, 1, 2, 2, 1],
        "rank": False,
    },
    similarity.smoothness_beyond: {
        "inputs": numbers(6, 5),
        "outputs": numbers(6, 4),
        "noise_sd": np.array([0, 1, 2, 3, 4, 5]),
    },
    similarity.linear_cka: {
        "inputs": numbers(6, 5),
        "outputs": numbers(6, 4),
        "debiased": False,
    },
    baseline.compare: {
        "trained": [numbers(6, 5), numbers(6, 4), numbers(6, 7)],
        "baselines": [
            [numbers(6, 5), *states] for states in zip(numbers(3, 6, 4), numbers(3, 6, 7))
        ],
        "rng": RNG,
        "measure": similarity.functional_smoothness,
        "groups": ["a", "b", "a", "b", "b", "a"],
        "names": ["first", "second"],
    },
    baseline.compare_paired: {
        "trained": [[numbers(6, 5), states] for states in numbers(3, 6, 4)],
        "starts": [[numbers(6, 5), states] for states in numbers(2, 3, 6, 4)[1]],
        "measure": similarity.functional_smoothness,
        "names": ["first"],
    },
}


def call(function, **changed):
    """Call the function with its good arguments, some of them changed."""
    arguments = GOOD[function] | changed
    return function(
        **{k: np.random.default_rng(1) if v is RNG else v for k, v in arguments.items()}
    )


def refused(function, **changed):
    """Return the sentence with which the function refuses the changed arguments."""
    with pytest.raises(ValueError) as caught:
        call(function, **changed)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert re.search(r" must (not )?(be|hold|have|give|fit|lie|keep|divide)\b", sentence), sentence
    return sentence


def name_of(case):
    return getattr(case, "__name__", None)


def takers(*kinds):
    """Every (function, argument) whose good value is of one of the kinds, to parametrise with."""
    return [
        pytest.param(function, name, id=f"{function.__name__}-{name}")
        for function, arguments in GOOD.items()
        for name, value in arguments.items()
        if isinstance(value, kinds) and isinstance(value, bool) == (bool in kinds)
    ]


def test_every_public_function_is_in_the_table():
    public = {
        function
        for module in (stimuli, networks, similarity, collapse, codes, theory, baseline)
        for name, function in vars(module).items()
        if inspect.isfunction(function)
        and not name.startswith("_")
        and getattr(function, "__module__", "") == module.__name__
    }
    assert public == set(GOOD)


# Good input


def cast(value, how):
    """Cast every array in a good argument."""
    if isinstance(value, list):
        return [cast(v, how) for v in value]
    return how(value) if isinstance(value, np.ndarray) else value


def arrays_in(values):
    """List the arrays among arguments or results, a float or a table being one too."""
    if isinstance(values, pd.DataFrame):
        return [values.set_index("layer").to_numpy()]
    if isinstance(values, (list, tuple)):
        return [array for value in values for array in arrays_in(value)]
    return [np.asarray(values)] if isinstance(values, (np.ndarray, np.generic, float)) else []


@pytest.mark.parametrize("function", GOOD, ids=name_of)
def test_inputs_and_the_global_generator_are_left_alone_and_results_are_float64(function):
    def global_state():
        _, keys, *position = np.random.get_state()  # noqa: NPY002
        return keys.tolist(), position

    arguments = {name: cast(value, np.float64) for name, value in GOOD[function].items()}
    before, state = copy.deepcopy(arguments), global_state()
    results = arrays_in(call(function, **arguments))
    assert global_state() == state
    np.testing.assert_equal(arguments, before)
    assert results
    for result in results:
        assert result.dtype == np.float64
        assert np.all(np.isfinite(result))
        assert not any(np.shares_memory(result, a) for a in arrays_in(list(arguments.values())))


@pytest.mark.parametrize("function", GOOD, ids=name_of)
def test_whole_numbers_lists_and_single_precision_give_what_floats_give(function):
    def results(how):
        return arrays_in(call(function, **{k: cast(v, how) for k, v in GOOD[function].items()}))

    for how in (np.int8, np.float32, np.ndarray.tolist):
        for a, b in zip(results(how), results(np.float64), strict=True):
            assert np.array_equal(a, b)


# Arrays


@pytest.mark.parametrize("function, name", takers(np.ndarray))
@pytest.mark.parametrize(
    "bad, words",
    [
        (np.nan, r"finite; 1 of its \d+ values are NaN or infinite"),
        (np.inf, r"finite; 1 of its \d+ values are NaN or infinite"),
        (-np.inf, r"finite; 1 of its \d+ values are NaN or infinite"),
        ("x", "real numbers; it came with dtype"),
        (None, "real numbers; it came with dtype object"),
        (1j, "real numbers; it came with dtype complex"),
    ],
    ids=str,
)
def test_one_value_that_is_no_finite_number(function, name, bad, words):
    value = GOOD[function][name].astype(object)
    value.flat[-1] = bad
    sentence = refused(function, **{name: value.tolist()})
    assert re.match(f"{name} must (hold|be) {words}", sentence), sentence


@pytest.mark.parametrize("function, name", takers(np.ndarray))
def test_an_array_that_is_none(function, name):
    assert re.match(f"{name} .* dtype object", refused(function, **{name: None}))
    assert re.match(f"{name} .* dtype", refused(function, **{name: "text"}))
    ragged = refused(function, **{name: [[1, 2, 3], [1, 2]]})
    assert re.match(f"{name} must be one array .*; its rows differ in length", ragged)


@pytest.mark.parametrize("function, name", takers(np.ndarray))
def test_an_empty_array_or_one_with_too_few_axes(function, name):
    value = GOOD[function][name]
    for empty in (value[:0], value[..., :0]):
        sentence = refused(function, **{name: empty})
        assert sentence == f"{name} must not be empty; it came with shape {empty.shape}"
    least = 1 if name in ("prototypes", "noise_sd", "a", "b") else value.ndim
    least = 1 if function in (stimuli.normalize, stimuli.rescale, networks.propagate) else least
    if function is codes.hash_code:
        return  # takes a single value as well
    short = np.ones((2,) * (least - 1))
    sentence = refused(function, **{name: short})
    assert sentence.startswith(f"{name} must have the shape (")
    assert sentence.endswith(f"it came with shape {short.shape}")


def test_one_noise_for_each_member_and_no_more_axes():
    sentence = refused(stimuli.members, noise_sd=[[0, 1]])
    assert sentence == "noise_sd must have the shape (n_members,); it came with shape (1, 2)"


# Single numbers and the generator


@pytest.mark.parametrize("bad", [0, -3, 2.5, 2.0, True, "3", None, np.nan, [2]], ids=repr)
@pytest.mark.parametrize("function, name", [p for p in takers(int) if p.values[1].startswith("n_")])
def test_a_count_that_is_no_whole_number_of_at_least_one(function, name, bad):
    least = 3 if function is codes.simulate and name in ("n_levels", "n_units") else 1
    assert (
        refused(function, **{name: bad})
        == f"{name} must be a whole number of at least {least}; it came as {bad!r}"
    )


@pytest.mark.parametrize(
    "bad",
    [-1e-300, -2, np.nan, np.inf, 10**400, True, "1", None, 1j, [1.0]],
    ids=lambda x: str(x)[:9],
)
@pytest.mark.parametrize(
    "function, name",
    [
        p
        for p in takers(int)
        if re.match("scale|noise_sd|sigma|variance|squared_length", p.values[1])
    ],
)
def test_a_scale_or_noise_that_is_negative_or_no_number(function, name, bad):
    sentence = refused(function, **{name: bad})
    assert sentence.startswith(f"{name} must be a finite number of at least 0; it came as ")
    assert sentence.endswith(f" {bad!r}" if bad != 10**400 else "...0000000000000000000")


def test_a_large_wrong_value_is_shown_cut_short_on_one_line():
    sentence = refused(stimuli.prototypes, n_units=np.zeros((9, 9)))
    assert sentence.startswith("n_units must be a whole number of at least 1; it came as array(")
    assert len(sentence) < 100


def test_a_negative_noise_among_several():
    sentence = refused(stimuli.members, noise_sd=[0, -0.5, 1])
    assert sentence == "noise_sd must not be negative; its smallest value is -0.5"


@pytest.mark.parametrize(
    "bad",
    [None, 1, np.random, np.random.RandomState(1), np.random.default_rng],
    ids=["None", "1", "module", "RandomState", "function"],
)
@pytest.mark.parametrize("function", [f for f in GOOD if "rng" in GOOD[f]], ids=name_of)
def test_an_rng_that_is_no_generator(function, bad):
    sentence = refused(function, rng=bad)
    assert sentence.startswith("rng must be a numpy.random.Generator, such as")
    assert sentence.endswith(f"it came as {type(bad).__name__}")


@pytest.mark.parametrize("bad", [-1, 1.0, None, "0", [1, 2], True], ids=repr)
def test_a_seed_that_is_no_whole_number(bad):
    sentence = refused(codes.simulate, seed=bad)
    assert sentence == f"seed must be a whole number of at least 0; it came as {bad!r}"


@pytest.mark.parametrize("n_levels, n_units", [(2, 9), (9, 2)])
def test_too_few_levels_or_units_for_a_correlation(n_levels, n_units):
    sentence = refused(codes.simulate, n_levels=n_levels, n_units=n_units)
    assert sentence.endswith("must be a whole number of at least 3; it came as 2")


@pytest.mark.parametrize("bad", [None, "map", 2], ids=repr)
def test_a_map_that_is_no_function(bad):
    assert refused(codes.simulate, map=bad) == f"map must be a function; it came as {bad!r}"


def test_too_many_factors():
    sentence = refused(codes.factorial_code, n_factors=13)
    assert sentence == "n_factors must be at most 12, a table of 4096 x 4096; it came as 13"


@pytest.mark.parametrize("bad", [0, -2, 2.0, None, True], ids=repr)
def test_a_voxel_without_a_size(bad):
    sentence = refused(codes.voxels, size=bad)
    assert sentence == f"size must be a whole number of at least 1; it came as {bad!r}"


@pytest.mark.parametrize("size, shape", [(3, (4, 6)), (4, (4, 6)), (8, (4, 8)), (2, (2, 3))])
def test_a_voxel_that_does_not_divide_the_grid(size, shape):
    sentence = refused(codes.voxels, activity=numbers(*shape), size=size)
    rows_and_columns = f"size must divide the grid's rows and columns, {shape}"
    assert sentence == f"{rows_and_columns}; it came as {size}"


@pytest.mark.parametrize("bad", [np.nan, np.inf, "a", None, [1], 1j], ids=repr)
@pytest.mark.parametrize(
    "function, name", [(theory.mean_product, "correlation"), (theory.cosine_by_depth, "cosine")]
)
def test_a_cosine_that_is_no_number_or_out_of_reach(function, name, bad):
    assert refused(function, **{name: bad}).startswith(f"{name} must ")
    for beyond in (1.5, -1.0000001):
        sentence = refused(function, **{name: beyond})
        assert sentence == f"{name} must lie in [-1, 1]; it came as {beyond}"


@pytest.mark.parametrize("low, high", [(1, 1), (2, -2)])
def test_limits_in_the_wrong_order(low, high):
    sentence = refused(stimuli.rescale, low=low, high=high)
    assert sentence == f"low must be below high; they came as {low:.1f} and {high:.1f}"


@pytest.mark.parametrize("bad", [np.nan, np.inf, "a", None, [1], 1j], ids=repr)
@pytest.mark.parametrize("name", ["low", "high"])
def test_limits_that_are_no_numbers(name, bad):
    assert refused(stimuli.rescale, **{name: bad}).startswith("low and high must ")


@pytest.mark.parametrize("bad", [None, 1, 0.5, "spearman", []], ids=repr)
@pytest.mark.parametrize("function, name", takers(bool))
def test_a_switch_that_is_neither_true_nor_false(function, name, bad):
    sentence = refused(function, **{name: bad})
    assert sentence == f"{name} must be True or False; it came as {bad!r}"


# Patterns whose correlation is undefined


@pytest.mark.parametrize(
    "function, name",
    [
        (stimuli.normalize, "patterns"),
        (stimuli.rescale, "patterns"),
        (similarity.pearson, "a"),
        (similarity.pearson, "b"),
        (similarity.similarity_matrix, "patterns"),
        (similarity.functional_smoothness, "inputs"),
        (similarity.functional_smoothness, "outputs"),
    ],
)
def test_a_constant_pattern(function, name):
    value = GOOD[function][name].astype(float)
    value[0] = 0.1  # a hundred of these have a computed SD that is not 0
    sentence = refused(function, **{name: value})
    assert re.match(f"{name} must not hold a constant pattern", sentence)
    assert sentence.endswith(f"1 of {len(value)} are constant")


@pytest.mark.parametrize("name", ["a", "b"])
def test_a_cosine_with_a_pattern_of_zeros(name):
    value = ITEMS.copy()
    value[1] = 0
    sentence = refused(similarity.cosine, **{name: value})
    assert sentence.startswith(f"{name} must not hold a pattern of zeros")
    assert similarity.cosine([2, 2], [3, 3]) == pytest.approx(1)


# Shapes that do not fit each other


@pytest.mark.parametrize("function", [similarity.cosine, similarity.pearson], ids=name_of)
@pytest.mark.parametrize("a, b", [((5,), (4,)), ((2, 5), (3, 5)), ((5,), (1,))])
def test_two_patterns_that_do_not_fit(function, a, b):
    sentence = refused(function, a=numbers(*a), b=numbers(*b))
    assert sentence == f"a and b must fit each other; they came with shapes {a} and {b}"


def test_smoothness_of_items_that_do_not_match():
    smoothness = similarity.functional_smoothness
    sentence = refused(smoothness, outputs=numbers(5, 6))
    assert sentence == "inputs and outputs must hold the same items; they came with 4 and 5"
    sentence = refused(smoothness, inputs=numbers(2, 4, 5), outputs=numbers(3, 4, 5))
    assert sentence.endswith("they came with shapes (2, 4, 5) and (3, 4, 5)")
    sentence = refused(smoothness, inputs=numbers(2, 5), outputs=numbers(2, 5))
    assert sentence == "inputs must have at least 3 items; it came with 2, in shape (2, 5)"


@pytest.mark.parametrize("bad", ["All", "", None, 1, ["all"], np.array([1, 2])], ids=repr)
def test_pairs_that_are_not_known(bad):
    sentence = refused(similarity.functional_smoothness, pairs=bad)
    assert sentence == f'pairs must be "all" or "first"; it came as {bad!r}'


@pytest.mark.parametrize(
    "function, shape, words",
    [
        (collapse.spread, (1, 5), "at least 2 items; it came with 1"),
        (collapse.dimension, (1, 5), "at least 2 items; it came with 1"),
        (collapse.distance_ratio, (1, 3, 5), "at least 2 categories; it came with 1"),
        (collapse.distance_ratio, (2, 1, 5), "at least 2 items; it came with 1"),
        (collapse.identification, (1, 3, 5), "at least 2 categories; it came with 1"),
        (collapse.identification, (2, 1, 5), "at least 2 items; it came with 1"),
    ],
)
def test_too_few_items_or_categories(function, shape, words):
    sentence = refused(function, patterns=numbers(*shape))
    assert sentence == f"patterns must have {words}, in shape {shape}"


def test_items_or_categories_that_do_not_differ():
    one_set_flat = np.stack([np.ones((3, 5)), numbers(3, 5)])
    assert refused(collapse.dimension, patterns=one_set_flat).startswith("patterns must hold items")
    same = refused(collapse.distance_ratio, patterns=np.ones((2, 3, 5)))
    assert same.startswith("patterns must hold categories that differ")


# Networks


@pytest.mark.parametrize(
    "changed, sentence",
    [
        ({"weights": []}, "weights must hold at least one layer; it came empty"),
        ({"weights": 3}, "weights must be a sequence, one array a layer; it came as 3"),
        (
            {"weights": numbers(5, 5)},
            "weights[0] must have the shape (..., n_in, n_out); it came with shape (5,)",
        ),
        (
            {"weights": [numbers(5, 3), numbers(1, 1, 3, 2)]},
            "weights[1] must have 2 axes, or 3 as a stack of networks;"
            " it came with shape (1, 1, 3, 2)",
        ),
        (
            {"weights": [numbers(5, 3), numbers(2, 3)]},
            "weights[1] must have 3 rows, one for each unit of the layer before;"
            " it came with shape (2, 3)",
        ),
        (
            {"patterns": numbers(4, 6)},
            "weights[0] must have 6 rows, one for each unit of the layer before;"
            " it came with shape (5, 3)",
        ),
        (
            {"weights": [numbers(5, 3), [[1, 2], [3, 4], [5, np.nan]]]},
            "weights[1] must be finite; 1 of its 6 values are NaN or infinite",
        ),
        ({"biases": [numbers(3)]}, "biases must be one a layer; 1 came for 2 layers"),
        ({"biases": 0.5}, "biases must be a sequence, one array a layer; it came as 0.5"),
        (
            {"biases": [numbers(3), numbers(1)]},
            "biases[1] must have 2 units; it came with shape (1,)",
        ),
        (
            {"biases": [numbers(3), numbers(1, 1, 2)]},
            "biases[1] must have 1 axes, or 2 as a stack of networks; it came with shape (1, 1, 2)",
        ),
        (
            {"biases": [numbers(3), ["a", "b"]]},
            "biases[1] must hold real numbers; it came with dtype <U1",
        ),
        ({"squash": "tanh"}, "squash must be a function of an array; it came as 'tanh'"),
        (
            {"squash": np.sum},
            "squash must give real numbers in the shape that it is given, (4, 3);"
            " it gave float64 in shape ()",
        ),
        (
            {"squash": lambda total: total * 1j},
            "squash must give real numbers in the shape that it is given, (4, 3);"
            " it gave complex128 in shape (4, 3)",
        ),
    ],
)
def test_layers_that_do_not_fit(changed, sentence):
    assert refused(networks.propagate, **changed) == sentence


@pytest.mark.parametrize("shape", [(5,), (3, 4, 5), (4, 2, 5), (4, 3, 2, 5), (1, 4, 5)])
def test_patterns_that_do_not_fit_a_stack_of_two_networks(shape):
    stack = [numbers(2, 5, 3), numbers(2, 3, 2)]
    sentence = refused(networks.propagate, patterns=numbers(*shape), weights=stack, biases=None)
    assert sentence.startswith("patterns must be (items, units), shared by all 2 networks, or have")
    assert sentence.endswith(f"it came with shape {shape}")


def test_one_pattern_of_as_many_units_as_there_are_networks():
    sentence = refused(
        networks.propagate, patterns=numbers(2), weights=[numbers(2, 2, 3)], biases=None
    )
    assert sentence.endswith("it came with shape (2,)")


@pytest.mark.parametrize(
    "changed",
    [
        {"weights": [numbers(2, 5, 3), numbers(3, 3, 2)]},
        {"weights": [numbers(1, 5, 3), numbers(2, 3, 2)]},
        {"weights": [numbers(2, 5, 3), numbers(3, 2)], "biases": [numbers(3), numbers(3, 2)]},
    ],
)
def test_stacks_of_different_length(changed):
    sentence = refused(networks.propagate, **changed)
    assert re.match(r"stacks must hold equally many networks; they hold \[\d, \d\]", sentence)


# The theory


@pytest.mark.parametrize("function", [f for f in GOOD if "squash" in GOOD[f]], ids=name_of)
def test_a_squash_that_is_no_function_of_an_array(function):
    assert (
        refused(function, squash="tanh")
        == "squash must be a function of an array; it came as 'tanh'"
    )
    for bad in (np.sum, lambda total: total * 1j):
        sentence = refused(function, squash=bad)
        assert sentence.startswith("squash must give real numbers in the shape that it is given, (")


@pytest.mark.parametrize(
    "gram, words",
    [
        (numbers(2, 3), "square and symmetric; it came with shape (2, 3)"),
        ([[1, 0.5], [0.4, 1]], "square and symmetric; it came with shape (2, 2)"),
    ],
)
def test_a_gram_matrix_that_is_not_symmetric(gram, words):
    assert refused(theory.gram_chain, gram=gram) == f"gram must be {words}"


def test_a_gram_matrix_of_no_items():
    sentence = refused(theory.gram_chain, gram=[[1, 2], [2, 1]])
    assert sentence == "gram must have no negative eigenvalue; its smallest is -1"
    assert refused(theory.gram_chain, gram=[[-1]]).endswith("its smallest is -1")


@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_totals_that_overflow():
    sentence = refused(theory.gram_chain, sigma_w=1e308, gram=[[1e100]])
    assert sentence == "gram and sigma_w must keep the totals finite; layer 1 is not"
    for changed in ({"sigma_w": 1e200}, {"sigma_b": 1e200}):
        sentence = refused(theory.cosine_by_depth, **changed)
        assert sentence.startswith("squared_length, sigma_w and sigma_b must keep the totals fin")
        assert sentence.endswith("in layer 1 their variance is inf")


def test_states_that_vanish():
    for changed in ({"sigma_w": 0}, {"squared_length": 0}):
        sentence = refused(theory.cosine_by_depth, sigma_b=0, **changed)
        assert sentence == ("squared_length and sigma_w must keep the states above 0; layer 1 is 0")


# Anything at all

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 40)
    | st.floats()
    | st.complex_numbers()
    | st.text(max_size=3)
    | st.binary(max_size=3)
    | st.just(np.random.default_rng(0))
    | arrays(
        st.sampled_from(["f8", "f4", "i8", "u1", "?", "c16", "U2", "M8[s]", "f2"]),
        array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=8,
)


@settings(deadline=None, derandomize=True, max_examples=25)
@given(data=st.data())
@pytest.mark.parametrize("function", GOOD, ids=name_of)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_nothing_but_a_value_error_ever_comes_out(function, data):
    names = data.draw(st.sets(st.sampled_from(sorted(GOOD[function])), min_size=1, max_size=2))
    changed = {name: data.draw(anything, label=name) for name in sorted(names)}
    try:
        call(function, **changed)
    except ValueError as error:
        assert "\n" not in str(error)
        assert " must " in str(error)
