"""A trained network, layer by layer, beside untrained ones of the same architecture."""

import inspect
from collections.abc import Mapping
from functools import lru_cache, partial

import numpy as np
import pandas as pd
from scipy import stats

from . import _checks
from .similarity import functional_smoothness

N_PERMUTATIONS = 100
UNTRAINED = "untrained networks, each drawn with its own seed,"


def compare(trained, baselines, rng, measure=functional_smoothness, groups=None, names=None):
    """Measure every layer of a trained network and of its untrained baselines.

    The baselines are the unit of replication: `baseline` is their mean and `low` to `high` the 95 %
    interval of that mean, mean ± t(n - 1) SD / sqrt(n) for n baselines; one more untrained network
    lies, in 95 of 100 cases, within mean ± t(n - 1) SD sqrt(1 + 1 / n), `low_one` to `high_one`.
    The null shuffles the items of the trained layer, so that nothing but chance, or with `groups`
    nothing but the group, relates them to the input's.

    Parameters
    ----------
    trained : sequence, mapping or iterator of array_like, (items, n_units)
        One array a layer, the input first; the widths may differ. A mapping gives each layer a
        name. States of more than one axis an item, such as a convolution's, are flattened before:
        ``states.reshape(len(states), -1)``.
    baselines : iterable, or mapping, of such networks
        The same items through at least two untrained networks, each drawn with its own seed. Of a
        generator, one network is taken at a time, and of that, if it is an iterator, one layer.
    rng : numpy.random.Generator
        Shuffles the items, 100 times a layer.
    measure : callable
        Called with the input and a layer's states, two arrays (items, n_units); gives one number.
        Of `lib.similarity` there are `functional_smoothness`, `smoothness_within` and `linear_cka`,
        with ``functools.partial`` for their options.
    groups : array_like, (items,), optional
        Each item's label. The null then shuffles within the groups.
    names : sequence of str, optional
        The names of the layers after the input, where they do not come as a mapping.

    Returns
    -------
    pandas.DataFrame
        One row a layer after the input. ``layer``, its name or else its number from 1; ``trained``;
        ``baseline``, ``low`` and ``high``; ``null``, the mean over the shuffles; ``difference``,
        trained less baseline; ``n`` and ``sd``, the number of baselines and their SD; ``low_one``
        and ``high_one``; ``null_low`` and ``null_high``, between which lie 95 of 100 shuffles. The
        single baselines' values, in the order in which they came, are ``table.attrs["baselines"]``:
        by layer, a list of n.

    Raises
    ------
    ValueError
        If a network has no layer after the input, there are fewer than five items or two baselines,
        the layers or the items of a baseline are not those of `trained`, a baseline equals
        `trained` or another baseline, a value is not a finite number, `rng` is no generator,
        `groups` or `names` do not fit, or `measure` is no function or not defined for a layer (for
        `functional_smoothness`: a constant item, or similarities that do not vary). What has come
        is looked through before anything is measured. If a baseline fails later, and on any other
        error then, the error's ``table`` has the rows over the baselines before it.

    Notes
    -----
    With a measure of `lib.similarity`, a layer of m items and u units takes time as m² u, once for
    each network, and 100 m² for the null; of all networks it holds `trained`, one baseline and a
    few matrices m × m, so that neither time per baseline nor memory grows with their number. Single
    and half precision and memory-mapped arrays stay as they are until a layer's turn. Any other
    measure is called 101 times a layer of `trained` and once of each baseline, with float64 copies.
    The null of a measure that uses neither the input nor the order of the items is the measure
    itself.

    References
    ----------
    Guest (2017), Artificial Neural Networks with Random Weights are Baseline Models.
    """
    rng = _checks.generator(rng)
    by_order = _by_order(measure)
    baselines = _networks("baselines", baselines)
    kept = _kept(baselines)
    if kept and len(baselines) < 2:
        raise _too_few("baselines", UNTRAINED, len(baselines))
    # What is there already is looked through before anything is measured.
    like, seen = {}, {}
    if _kept(trained):
        _look_through("trained", trained, like, seen)
        _labels(names, like)
        _groups(groups, like)
        for k, network in enumerate(baselines if kept else ()):
            if _kept(network):
                _look_through(f"baselines[{k}]", network, like, seen)

    own, shuffles, untrained = [], [], []
    for name, states in _layers("trained", trained, like, seen):
        if not own:
            same_order = np.arange(len(states))
            members = _groups(groups, like)
        of_order = _of_order(by_order, states, like, name)
        own.append(_number(of_order, same_order, like, name))
        orders = (_shuffled(same_order, members, rng) for _ in range(N_PERMUTATIONS))
        shuffles.append([_number(of_order, order, like, f"{name}, shuffled,") for order in orders])
        del states, of_order  # before a network that is given layer by layer makes the next
    labels = _labels(names, like)
    try:
        for k, network in _each("baselines", baselines):
            untrained.append(_values(f"baselines[{k}]", network, by_order, like, seen))
            del network
    except (Exception, KeyboardInterrupt) as error:
        error.table = _table(labels, own, shuffles, untrained)
        error.add_note(
            f"The error's `table` has what was measured before; baselines: {len(untrained)}."
        )
        raise
    if len(untrained) < 2:
        raise _too_few("baselines", UNTRAINED, len(untrained))
    return _table(labels, own, shuffles, untrained)


def compare_paired(trained, starts, measure=functional_smoothness, names=None):
    """Measure every layer of trained networks, each beside its own start, before training.

    The network is the unit of replication: `difference` is the mean over the pairs of trained less
    start, and `low` to `high` its 95 % interval, mean ± t(n - 1) SD / sqrt(n) for n pairs.

    Parameters
    ----------
    trained, starts : iterable, or mapping, of networks
        Each as in `compare`, seed by seed in the same order; one pair is taken at a time. The two
        of a pair have the same items, the next pair may have others.
    measure, names
        As in `compare`.

    Returns
    -------
    pandas.DataFrame
        One row a layer after the input: ``layer``; ``trained`` and ``start``, means over the pairs;
        ``difference``, ``low`` and ``high``; ``n`` and ``sd``, the number of pairs and the SD of
        their differences. These are, in the order of the pairs, ``table.attrs["differences"]``: by
        layer, a list of n.

    Raises
    ------
    ValueError
        As in `compare`, or if there are fewer than two pairs, not as many starts as trained
        networks, or other layers in the next pair than in the first.

    Notes
    -----
    The interval goes over networks; if each pair has items of its own, over networks and items.
    """
    by_order = _by_order(measure)
    trained, starts = _networks("trained", trained), _networks("starts", starts)
    labels, seen = None, {}
    if _kept(trained) and _kept(starts):
        if len(trained) != len(starts):
            raise _unequal(f"{len(trained)} trained networks and {len(starts)} starts")
        for k, pair in enumerate(zip(trained, starts)):
            like = {}
            for name, network in zip(("trained", "starts"), pair):
                if _kept(network):
                    _look_through(f"{name}[{k}]", network, like, seen)
            if like and labels is None:
                labels = _labels(names, like)

    starts = _each("starts", starts)
    after, before, first = [], [], None
    try:
        for k, network in _each("trained", trained):
            like = {}
            ends = _values(f"trained[{k}]", network, by_order, like, seen)
            del network
            first = first or like
            labels = labels or _labels(names, first)
            _, start = next(starts, (k, None))
            if start is None:
                raise _unequal(f"{k} starts and more trained networks")
            begins = _values(f"starts[{k}]", start, by_order, like, seen)
            del start
            if like["labels"] != first["labels"]:
                raise ValueError(
                    f"trained[{k}] must have the layers of trained[0], {first['labels']};"
                    f" it came with {like['labels']}"
                )
            after.append(ends)
            before.append(begins)
        if next(starts, None) is not None:
            raise _unequal(f"{len(after)} trained networks and more starts")
    except (Exception, KeyboardInterrupt) as error:
        if after:
            error.table = _paired_table(labels, after, before)
            error.add_note(
                f"The error's `table` has what was measured before; pairs: {len(after)}."
            )
        raise
    if len(after) < 2:
        raise _too_few("trained", "networks, each beside its own start,", len(after))
    return _paired_table(labels, after, before)


def _paired_table(labels, after, before):
    after, before = np.array(after), np.array(before)
    changes = after - before
    mean, sd, margin, _ = _interval(changes)
    table = pd.DataFrame(
        {
            "layer": labels,
            "trained": after.mean(axis=0),
            "start": before.mean(axis=0),
            "difference": mean,
            "low": mean - margin,
            "high": mean + margin,
            "n": len(changes),
            "sd": sd,
        }
    )
    table.attrs["differences"] = dict(zip(labels, changes.T.tolist()))
    return table


def _table(labels, own, shuffles, untrained):
    """The rows by layer; where there are fewer than two baselines, what needs two is NaN."""
    values = np.reshape(untrained, (len(untrained), len(own)))
    mean, sd, margin, margin_one = _interval(values)
    null_low, null_high = np.quantile(shuffles, [0.025, 0.975], axis=1)
    table = pd.DataFrame(
        {
            "layer": labels,
            "trained": own,
            "baseline": mean,
            "low": mean - margin,
            "high": mean + margin,
            "null": np.mean(shuffles, axis=1),
            "difference": own - mean,
            "n": len(values),
            "sd": sd,
            "low_one": mean - margin_one,
            "high_one": mean + margin_one,
            "null_low": null_low,
            "null_high": null_high,
        }
    )
    table.attrs["baselines"] = dict(zip(labels, values.T.tolist()))
    return table


def _interval(values):
    """Mean and SD over networks, and how far the 95 % go of the mean and of one more network."""
    n = len(values)
    mean = values.mean(axis=0) if n else np.full(values.shape[1], np.nan)
    sd = values.std(axis=0, ddof=1) if n > 1 else np.full(values.shape[1], np.nan)
    reach = stats.t.ppf(0.975, n - 1) * sd if n > 1 else sd
    return mean, sd, reach * np.sqrt(1 / max(n, 1)), reach * np.sqrt(1 + 1 / max(n, 1))


def _shuffled(items, members, rng):
    """The items in another order, each group's in its own places."""
    if members is None:
        return rng.permutation(items)
    order = items.copy()
    for group in members:
        order[group] = rng.permutation(group)
    return order


# What a network is


def _networks(name, networks):
    """Networks to go through; those of a mapping, by seed for instance, in its order."""
    if isinstance(networks, Mapping):
        return list(networks.values())
    return networks if _kept(networks) else _iterator(name, networks)


def _kept(things):
    """Whether these hold all that they give, and can be gone through twice."""
    array = isinstance(things, np.ndarray) and things.ndim > 0
    return array or isinstance(things, (list, tuple, Mapping))


def _look_through(name, network, like, seen):
    """Check a network before its turn; of one that lies in a file, no more than the shapes."""
    layers = network.values() if isinstance(network, Mapping) else network
    in_memory = not any(isinstance(states, np.memmap) for states in layers)
    for _ in _layers(name, network, like, seen, values=in_memory):
        pass


def _layers(name, network, like, seen, values=True):
    """Yield the name and the states of each layer after the input, checked, one at a time.

    The first network fills `like`, with the input and the layers' names and shapes, which the next
    must have; `seen` keeps of each network a sketch, to know it again. Values are not looked at
    again, nor where the caller says so.
    """
    fills, looked = not like, name in seen or not values
    if fills:
        like |= {"named": isinstance(network, Mapping), "labels": [], "shapes": []}
    sketches, n = [], 0
    for label, given in _labelled(name, network, like, fills):
        at = f"{name}[{label!r}]"
        if not fills and n == len(like["shapes"]):
            raise _wrong_depth(name, like, "more")
        states = _states(at, given, looked)
        if fills:
            like["labels"].append(label)
            like["shapes"].append(states.shape)
        if n == 0:
            if fills:
                like |= {"inputs": states, "inputs at": at}
            _first(at, states, like["inputs"], values, fills)
        elif len(states) != like["shapes"][0][0]:
            raise ValueError(
                f"{at} must hold the {like['shapes'][0][0]} items of the input, one a row;"
                f" it came with shape {states.shape}"
            )
        elif states.shape != like["shapes"][n]:
            raise ValueError(
                f"{at} must have the shape of trained[{like['labels'][n]!r}],"
                f" {like['shapes'][n]}: a baseline has the same architecture;"
                f" it came with shape {states.shape}"
            )
        else:
            if not looked:
                sketches.append(_sketch(states))
            yield at, states
        n += 1
        del given, states
    if n < 2:
        raise _no_layer(name, n)
    if n != len(like["shapes"]):
        raise _wrong_depth(name, like, n)
    if not looked:
        for other, theirs in seen.items():
            if len(sketches) == len(theirs) and all(map(_same, sketches, theirs)):
                advice = (
                    "copy the weights before training changes them"
                    if name.startswith("starts")
                    else "draw new weights, with another seed, before taking its states"
                )
                raise ValueError(
                    f"{name} must be a network of its own; its states are those of {other}:"
                    f" {advice}"
                )
        seen[name] = sketches


def _first(at, states, inputs, values, fills):
    """Refuse an input of too few items, or another than that of trained."""
    if fills and len(states) < 5:
        raise ValueError(
            f"{at} must hold at least five items, better fifty to a few hundred;"
            f" it came with {len(states)}"
        )
    if not (np.array_equal(states, inputs) if values else states.shape == inputs.shape):
        raise ValueError(
            f"{at} must be the input of trained, the same items in the same order after the"
            f" same preprocessing; it came with other values or another shape,"
            f" {states.shape} beside {inputs.shape}"
        )


def _labelled(name, network, like, fills):
    """A layer's name, or its number, and its states; a mapping's in the order of `like`."""
    if isinstance(network, Mapping):
        network = dict(network)
        if not like["named"]:
            raise ValueError(
                f"{name} must be a sequence of layers, as trained is, or else both mappings by"
                f" name; it came with {_checks.shown(list(network))}"
            )
        missing = [label for label in like["labels"] if label not in network]
        besides = [label for label in network if label not in like["labels"]]
        if not fills and (missing or besides):
            raise ValueError(
                f"{name} must have the layers of trained, by the same names;"
                f" it lacks {missing} and has {besides} besides"
            )
        network = {label: network[label] for label in like["labels"] or network}
    if _kept(network):
        if len(network) < 2:
            raise _no_layer(name, len(network))
        if not fills and len(network) != len(like["shapes"]):
            raise _wrong_depth(name, like, len(network))
    return list(network.items()) if isinstance(network, dict) else _each(name, network)


def _states(name, given, looked):
    """A layer's states as an array, in their own precision; a file's are read once."""
    advice = "; leave these items out of trained and of every baseline, or mend what gave them"
    states = _checks.array(name, given, "(items, ...)", advice, keep=True, finite=not looked)
    if states.ndim != 2:
        raise ValueError(
            f"{name} must have the shape (items, units), flattened if need be by"
            f" states.reshape(len(states), -1); it came with shape {states.shape}"
        )
    return states


def _sketch(states):
    """One number an item that hangs on all its units, and how well it can be known."""
    kind = np.result_type(states.dtype, np.float32)
    numbers = states @ _probe(states.shape[1]).astype(kind)
    return numbers, max(1e-5, 4 * float(np.finfo(states.dtype).eps))


@lru_cache(maxsize=8)
def _probe(n_units):
    return np.random.default_rng(0).standard_normal(n_units)


def _same(a, b):
    """Whether two layers hold the same states, whatever single precision or batches rounded.

    What all items share, such as a large unit that never changes, is looked at by itself.
    """
    (a, known), (b, other_known) = a, b
    if len(a) != len(b):
        return False
    share, other_share, known = a.mean(), b.mean(), max(known, other_known)
    size = np.abs(a - share).max()
    apart = np.abs((a - share) - (b - other_share)).max()
    return apart <= known * size and abs(share - other_share) <= known * max(size, abs(share))


def _each(name, things):
    """Yield each thing with its number, and let go of it; `enumerate` would hold it for longer."""
    number = 0
    for thing in _iterator(name, things):
        yield number, thing
        del thing
        number += 1


def _iterator(name, things):
    try:
        return iter(things)
    except TypeError:
        raise ValueError(f"{name} must be a sequence; it came as {_checks.shown(things)}") from None


def _labels(names, like):
    """The names of the layers after the input, or else their numbers."""
    labels = like["labels"][1:]
    if names is None:
        return labels
    names = _checks.sequence("names", names if not isinstance(names, str) else None)
    strings = [name for name in names if isinstance(name, str)]
    if not len(labels) == len(names) == len(set(strings)):
        raise ValueError(
            f"names must be strings, one for each of the {len(labels)} layers after the input and"
            f" none twice; they came as {_checks.shown(names)}"
        )
    return names


def _groups(groups, like):
    """The items of each group, or None; something must be left to shuffle."""
    if groups is None:
        return None
    members = list(_checks.groups(groups, len(like["inputs"])).values())
    if max(map(len, members)) < 2:
        raise ValueError("groups must hold two items of a label; else there is nothing to shuffle")
    return members


def _too_few(name, what, n):
    return ValueError(f"{name} must hold at least two {what} for an interval over seeds; {n} came")


def _no_layer(name, n):
    return ValueError(f"{name} must hold the input and at least one layer after it; {n} came")


def _wrong_depth(name, like, n):
    return ValueError(
        f"{name} must have as many layers as trained, {len(like['shapes'])} with the input;"
        f" it came with {n}"
    )


def _unequal(came):
    return ValueError(f"starts must hold one network for each of trained; there came {came}")


# What a measure is


def _by_order(measure):
    """`measure` as a function of the input, then of a layer's states, then of the items' order."""
    if not callable(measure):
        raise ValueError(
            f"measure must be a function of two arrays (items, units), the input and a layer;"
            f" it came as {_checks.shown(measure)}"
        )
    function, given, options = measure, (), {}
    if isinstance(measure, partial):
        function, given, options = measure.func, measure.args, measure.keywords
    try:
        inspect.signature(function).bind(*given, None, None, **options)
    except TypeError as error:
        raise ValueError(
            f"measure must be a function of two arrays, the input and a layer, and of nothing else"
            f" that functools.partial has not given; it says: {error}"
        ) from None
    except ValueError:
        pass  # no signature to be read, as of some functions in C
    if hasattr(function, "by_order") and not given:
        return partial(function.by_order, **options)

    def of(inputs):
        inputs = inputs.astype(float)
        inputs.flags.writeable = False  # the next layers are measured against the same

        def of_layer(states):
            states = states.astype(float)
            return lambda order: measure(inputs, states[order])

        return of_layer

    return of


def _values(name, network, by_order, like, seen):
    """The measure of each of a network's layers after the input, one at a time."""
    values = []
    for at, states in _layers(name, network, like, seen):
        of_order = _of_order(by_order, states, like, at)
        values.append(_number(of_order, np.arange(len(states)), like, at))
        del states, of_order
    return values


def _of_order(by_order, states, like, at):
    """The measure of a layer as a function of its items' order; what the input gives, once."""
    if "of_layer" not in like:
        like["of_layer"] = _defined(by_order, like["inputs"], like, at)
    return _defined(like["of_layer"], states, like, at)


def _defined(function, argument, like, at):
    """Return what a measure gives, or say whose layer has none and which items to leave out."""
    try:
        return function(argument)
    except ValueError as error:
        low, high = (
            (argument.min(axis=1), argument.max(axis=1)) if argument.ndim == 2 else ([0], [1])
        )
        constant = np.flatnonzero(np.equal(low, high))
        advice = (
            f"Leave {_checks.items(constant)} out of trained and of every baseline, or take another"
            f" measure"
            if len(constant)
            else "If single items are at fault, leave them out of trained and of every baseline;"
            " else take another measure"
        )
        raise ValueError(
            f"measure must be defined for every layer; with {like['inputs at']} as inputs and"
            f" {at} as outputs it says: {error}. {advice}"
        ) from error


def _number(of_order, order, like, at):
    """Return the measure of a layer's states in an order."""
    value = _defined(of_order, order, like, at)
    if type(value) is float and np.isfinite(value):
        return value
    try:
        return float(_checks.array("measure", value, "()"))
    except ValueError:
        advice = ": return its .statistic" if hasattr(value, "statistic") else ""
        raise ValueError(
            f"measure must give one finite number a layer;"
            f" for {at} it gave {_checks.shown(value)}{advice}"
        ) from None
