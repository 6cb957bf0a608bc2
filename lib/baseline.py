"""A trained network, layer by layer, beside untrained ones of the same architecture."""

import numpy as np
import pandas as pd
from scipy import stats

from lib import _checks
from lib.similarity import _structure, functional_smoothness

N_PERMUTATIONS = 100


def compare(trained, baselines, rng, measure=functional_smoothness):
    """Measure every layer of a trained network and of its untrained baselines.

    The baselines are the unit of replication: `baseline` is their mean and `low` to `high` the 95 %
    interval of that mean, mean ± t(n - 1) SD / sqrt(n) for n baselines. The null shuffles the
    items of the trained layer, so that nothing but chance relates them to the input's.

    Parameters
    ----------
    trained : sequence of array_like, (items, n_units)
        One array a layer, the input first; the widths may differ. States of more than one axis an
        item, such as a convolution's, are flattened before: ``states.reshape(len(states), -1)``.
    baselines : sequence of sequences of array_like
        The same items through at least two untrained networks, each drawn with its own seed.
    rng : numpy.random.Generator
        Shuffles the items, 100 times a layer.
    measure : callable
        Called with the input and a layer's states, two arrays (items, n_units); gives one number.

    Returns
    -------
    pandas.DataFrame
        One row a layer after the input. ``layer`` counts from 1; ``trained``; ``baseline``,
        ``low`` and ``high``; ``null``, the mean over the shuffles; ``difference``, trained less
        baseline.

    Raises
    ------
    ValueError
        If a network has no layer after the input or there are fewer than two baselines, the layers
        or the items of a baseline are not those of `trained`, a baseline equals `trained` or
        another baseline, a value is not a finite number, `rng` is no generator, or `measure` is no
        function or not defined for a layer (for `functional_smoothness`: fewer than three items, a
        constant one, or similarities that do not vary).

    Notes
    -----
    The interval narrows with every seed; one more untrained network is to be expected in an
    interval sqrt(n + 1) times as wide. The null of a measure that does not use the input is the
    measure itself. With `functional_smoothness` the time grows with the items squared, times the
    units and the number of networks; with another measure it is called 100 times more a layer.

    References
    ----------
    Guest (2017), Artificial Neural Networks with Random Weights are Baseline Models.
    """
    rng = _checks.generator(rng)
    if not callable(measure):
        raise ValueError(
            f"measure must be a function of two arrays (items, units), the input and a layer;"
            f" it came as {_checks.shown(measure)}"
        )
    trained = _network("trained", trained)
    baselines = _checks.sequence("baselines", baselines)
    if len(baselines) < 2:
        raise ValueError(
            f"baselines must hold at least two untrained networks, each drawn with its own seed,"
            f" for an interval over seeds; {len(baselines)} came"
        )
    names = [f"baselines[{k}]" for k in range(len(baselines))]
    baselines = [_network(name, network) for name, network in zip(names, baselines)]
    for name, network in zip(names, baselines):
        _same_items(name, network, trained)
    _all_different(["trained", *names], [trained, *baselines])

    rows = []
    for layer in range(1, len(trained)):
        value = _measured(measure, trained[0], trained[layer], f"trained[{layer}]")
        untrained = [
            _measured(measure, network[0], network[layer], f"{name}[{layer}]")
            for name, network in zip(names, baselines)
        ]
        shuffles = _shuffled(measure, trained[0], trained[layer], f"trained[{layer}]", rng)
        mean = np.mean(untrained)
        margin = stats.t.ppf(0.975, len(untrained) - 1) * stats.sem(untrained)
        rows.append(
            {
                "layer": layer,
                "trained": value,
                "baseline": mean,
                "low": mean - margin,
                "high": mean + margin,
                "null": np.mean(shuffles),
                "difference": value - mean,
            }
        )
    return pd.DataFrame(rows)


def _network(name, layers):
    """Return the states of a network's layers, checked one by one."""
    layers = _checks.sequence(name, layers)
    if len(layers) < 2:
        raise ValueError(
            f"{name} must hold the input and at least one layer after it; {len(layers)} came"
        )
    advice = "; leave these items out of trained and of every baseline, or mend what gave them"
    states = []
    for layer, given in enumerate(layers):
        array = _checks.array(f"{name}[{layer}]", given, "(items, ...)", advice)
        states.append(array)
        if array.ndim != 2:
            raise ValueError(
                f"{name}[{layer}] must have the shape (items, units), flattened if need be by"
                f" states.reshape(len(states), -1); it came with shape {array.shape}"
            )
        if len(array) != len(states[0]):
            raise ValueError(
                f"{name}[{layer}] must hold the {len(states[0])} items of the input, one a row;"
                f" it came with shape {array.shape}"
            )
    return states


def _same_items(name, network, trained):
    """Refuse a baseline whose layers or items are not those of the trained network."""
    if len(network) != len(trained):
        raise ValueError(
            f"{name} must have as many layers as trained, {len(trained)} with the input;"
            f" it came with {len(network)}"
        )
    if not np.array_equal(network[0], trained[0]):
        raise ValueError(
            f"{name}[0] must be the input of trained, the same items in the same order after the"
            f" same preprocessing; it came with other values or another shape,"
            f" {network[0].shape} beside {trained[0].shape}"
        )
    for layer, (own, other) in enumerate(zip(network, trained)):
        if own.shape != other.shape:
            raise ValueError(
                f"{name}[{layer}] must have the shape of trained[{layer}], {other.shape}: a"
                f" baseline has the same architecture; it came with shape {own.shape}"
            )


def _all_different(names, networks):
    """Refuse a network that came twice, such as a trained one among its own baselines."""
    for k, (name, network) in enumerate(zip(names, networks)):
        for other_name, other in zip(names[:k], networks[:k]):
            if all(_same(a, b) for a, b in zip(network[1:], other[1:])):
                raise ValueError(
                    f"{name} must be a network of its own; its states are those of {other_name}:"
                    f" draw new weights, with another seed, before taking its states"
                )


def _same(a, b):
    """Whether two layers hold the same states, whatever single precision or batches rounded."""
    return np.abs(a - b).max() <= 1e-5 * np.abs(a).max()


def _shuffled(measure, inputs, states, name, rng):
    """Return the measure with a layer's items in other orders, 100 times.

    Smoothness needs each layer's similarities once: another order of the items is another order of
    the same similarities.
    """
    orders = (rng.permutation(len(states)) for _ in range(N_PERMUTATIONS))
    if measure is not functional_smoothness:
        return [_measured(measure, inputs, states[order], f"{name}, shuffled,") for order in orders]
    pairs = np.triu_indices(len(states), k=1)
    alike = np.zeros((len(states), len(states)))
    alike[pairs] = _structure("outputs", states)
    alike += alike.T
    of_inputs = _structure("inputs", inputs)
    return [of_inputs @ alike[np.ix_(order, order)][pairs] for order in orders]


def _measured(measure, inputs, states, name):
    """Return the measure of one layer's states, or say whose layer has none."""
    try:
        value = measure(inputs, states)
    except ValueError as error:
        raise ValueError(
            f"measure must be defined for every layer; with trained[0] as inputs and {name} as"
            f" outputs it says: {error}. If single items are at fault, leave them out of trained"
            f" and of every baseline; else take another measure"
        ) from error
    try:
        return float(_checks.array("measure", value, "()"))
    except ValueError:
        raise ValueError(
            f"measure must give one finite number a layer;"
            f" for {name} it gave {_checks.shown(value)}"
        ) from None
