"""Along which axis, how wide, and in which digits many networks are told."""

import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from lib.intervals import mean_and_margin, mean_and_sd, of_the_mean, over_networks, table

examples = settings(deadline=None, derandomize=True, max_examples=40)
VALUES = np.array([[1.0, 10], [2, 20], [4, 60]])  # three networks, two layers


@examples
@given(seed=st.integers(0, 99), n=st.integers(2, 30))
def test_edges_are_the_textbooks_for_each_layer(seed, n):
    values = 5 + np.random.default_rng(seed).standard_normal((n, 3))
    mean, low, high = over_networks(values)
    _, lower, higher = of_the_mean(values)
    for k, layer in enumerate(values.T.tolist()):
        assert mean[k] == pytest.approx(statistics.mean(layer))
        sd = statistics.stdev(layer)
        assert [low[k], high[k]] == pytest.approx([mean[k] - sd, mean[k] + sd])
        interval = stats.ttest_1samp(layer, 0).confidence_interval(0.95)
        assert [lower[k], higher[k]] == pytest.approx([interval.low, interval.high])


def test_an_interval_of_the_mean_holds_it_in_19_cases_of_20():
    draws = np.random.default_rng(1).standard_normal((4, 20_000))
    _, low, high = of_the_mean(draws)
    held = np.mean((low < 0) & (0 < high))
    assert held == pytest.approx(0.95, abs=4 * np.sqrt(0.05 * 0.95 / 20_000))


def test_text_has_a_mean_and_its_spread_for_each_layer():
    assert mean_and_sd([1.0, 2, 4]) == "2.33 ± 1.53"
    assert mean_and_margin([1.0, 2, 4]) == "2.333 ± 3.795"
    assert mean_and_sd(VALUES, digits=0).tolist() == ["2 ± 2", "30 ± 26"]
    assert mean_and_margin(VALUES, 1).tolist() == ["2.3 ± 3.8", "30.0 ± 65.7"]
    assert mean_and_sd(VALUES[:, :, None]).shape == (2, 1)
    assert mean_and_sd([-0.003, 0.001]) == "0.00 ± 0.00"


def test_a_table_has_a_row_for_each_layer_under_its_name():
    layers = table({"size": VALUES, "ratio": -VALUES}, "layer")
    assert layers.to_dict("list") == {
        "size": ["2.33 ± 1.53", "30.00 ± 26.46"],
        "ratio": ["-2.33 ± 1.53", "-30.00 ± 26.46"],
    }
    assert layers.index.tolist() == [0, 1]
    assert (layers.columns.name, layers.index.name) == ("layer (± SD)", None)
    told = table({"size": VALUES}, "scale", ["small", "large"], 1, mean_and_margin)
    assert told.columns.name == "scale (± 95 %)"
    assert told["size"].to_dict() == {"small": "2.3 ± 3.8", "large": "30.0 ± 65.7"}


@pytest.mark.parametrize("function", [over_networks, of_the_mean, mean_and_sd, mean_and_margin])
@pytest.mark.parametrize(
    "values, sentence",
    [
        ([[1, 2]], "values must have at least 2 networks; it came with 1, in shape (1, 2)"),
        ([1, np.nan], "values must be finite; 1 of its 2 values are NaN or infinite"),
        (3, "values must have the shape (networks, ...); it came with shape ()"),
        ([], "values must not be empty; it came with shape (0,)"),
        (["a", "b"], "values must hold real numbers; it came with dtype <U1"),
    ],
)
def test_values_of_no_networks(function, values, sentence):
    with pytest.raises(ValueError) as caught:
        function(values)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    "changed, sentence",
    [
        ({"columns": VALUES}, "columns must be a dict with at least one entry; it came as array("),
        ({"columns": {}}, "columns must be a dict with at least one entry; it came as {}"),
        ({"columns": {"a": [1, 2]}}, "a must have the shape (networks, rows); it came with"),
        ({"columns": {"a": VALUES[:1]}}, "values must have at least 2 networks"),
        (
            {"columns": {"a": VALUES, "b": VALUES[:, :1]}},
            "columns must hold values of 2 rows each; they came with {'a': 2, 'b': 1}",
        ),
        ({"rows": [1]}, "columns must hold values of 1 rows each; they came with {'a': 2}"),
        ({"rows": 2}, "rows must be a sequence; it came as 2"),
        ({"digits": -1}, "digits must be a whole number of at least 0; it came as -1"),
        ({"told": str}, "told must be mean_and_sd or mean_and_margin; it came as <class 'str'>"),
    ],
)
def test_a_table_of_what_does_not_fit(changed, sentence):
    with pytest.raises(ValueError) as caught:
        table(**{"columns": {"a": VALUES}, "name": "layer"} | changed)
    assert str(caught.value).startswith(sentence)
