"""Whether a category's items have become one: its size, its shape, and who can be told apart."""

import itertools

import numpy as np

from . import _checks

NUMBERS_AT_ONCE = 8_000_000  # 64 MB


def spread(patterns):
    """Mean Euclidean distance over the pairs of items.

    Parameters
    ----------
    patterns : array_like, (..., items, n_units)

    Returns
    -------
    ndarray, (...)
        In the units' own units.

    Raises
    ------
    ValueError
        If there are fewer than two items or a value is not a finite number.
    """
    patterns = _checks.array("patterns", patterns, "(..., items, units)")
    _checks.at_least("patterns", patterns, -2, 2, "items")
    n_items = patterns.shape[-2]
    size = _checks.magnitude(patterns, (-2, -1))
    patterns = patterns / size
    total = sum(
        np.linalg.norm(patterns[..., i + 1 :, :] - patterns[..., i : i + 1, :], axis=-1).sum(
            axis=-1
        )
        for i in range(n_items - 1)
    )
    return size[..., 0, 0] * total / (n_items * (n_items - 1) / 2)


def distance_ratio(patterns):
    """Mean distance within categories over mean distance between them.

    Within: over the pairs of items of a category, then over categories. Between: over the pairs of
    one item from each of two categories, then over pairs of categories. Near 0 when categories are
    points far apart; near 1 when the category says nothing.

    Parameters
    ----------
    patterns : array_like, (..., categories, items, n_units)

    Returns
    -------
    ndarray, (...)
        A pure number: a change of scale leaves it as it is.

    Raises
    ------
    ValueError
        If there are fewer than two categories or two items a category, a value is not a finite
        number, or all distances between categories are 0.
    """
    patterns = _checks.array("patterns", patterns, "(..., categories, items, units)")
    _checks.at_least("patterns", patterns, -3, 2, "categories")
    patterns = patterns / _checks.magnitude(patterns, (-3, -2, -1))
    within = spread(patterns).mean(axis=-1)
    n_categories, n_items = patterns.shape[-3:-1]
    between = 0
    for a in range(n_categories - 1):
        others = patterns[..., a + 1 :, :, :]
        for i in range(n_items):
            distances = np.linalg.norm(others - patterns[..., a : a + 1, i : i + 1, :], axis=-1)
            between = between + distances.mean(axis=-1).sum(axis=-1)
    between = between / (n_items * n_categories * (n_categories - 1) / 2)
    if np.any(between == 0):
        raise ValueError(
            "patterns must hold categories that differ; all distances between them are 0"
        )
    return within / between


def identification(patterns, noise_sd, rng, n_repeats=20, relative=False):
    """Read every state through noise and ask whose it was.

    Each state plus noise is compared with all the noiseless states. The item is named right if the
    nearest state is its own, the category if the nearest state *of another item* is of its
    category. States at exactly the same distance share the vote.

    Parameters
    ----------
    patterns : array_like, (..., categories, items, n_units)
    noise_sd : float
        The SD of the read-out noise; with `relative` in units of the states' root mean square.
    rng : numpy.random.Generator
        Gives one draw a repeat, in the shape of `patterns`.
    n_repeats : int
    relative : bool
        Multiply `noise_sd` by the root mean square of all the states of the categories.

    Returns
    -------
    item, category : ndarray, (...)
        The proportions named right. With n states in k categories of m items, chance is ``1/n`` for
        the item. For the category it is ``(m - 1) / (n - 1)`` where the categories are gone, and up
        to ``1/k`` where they stay apart but the noise hides them: all then name the outermost one.

    Raises
    ------
    ValueError
        If there are fewer than two categories or two items a category, a value is not a finite
        number, `noise_sd` is negative, `n_repeats` is below one, or `rng` is no generator.
    """
    patterns = _checks.array("patterns", patterns, "(..., categories, items, units)")
    _checks.at_least("patterns", patterns, -3, 2, "categories")
    _checks.at_least("patterns", patterns, -2, 2, "items")
    noise_sd = _checks.not_negative("noise_sd", noise_sd)
    n_repeats = _checks.count("n_repeats", n_repeats)
    rng = _checks.generator(rng)
    _checks.flag("relative", relative)

    n_categories, n_items, n_units = patterns.shape[-3:]
    n = n_categories * n_items
    sets = patterns.reshape(-1, n, n_units)
    category_of = np.repeat(np.arange(n_categories), n_items)
    same_category = category_of[:, None] == category_of
    own = np.eye(n, dtype=bool)
    sd = np.full(len(sets), noise_sd)
    if relative:
        sets = sets / _checks.magnitude(sets, (1, 2))
        sd = noise_sd * np.sqrt(np.mean(sets**2, axis=(1, 2)))

    right = np.zeros((2, len(sets)))
    repeats_at_once = max(1, NUMBERS_AT_ONCE // patterns.size)
    for start in range(0, n_repeats, repeats_at_once):
        repeats = min(repeats_at_once, n_repeats - start)
        noise = rng.standard_normal((repeats, len(sets), n, n_units))
        states_at_once = max(1, NUMBERS_AT_ONCE // (n * max(n_units, repeats)))
        for k, first in itertools.product(range(len(sets)), range(0, n, states_at_once)):
            some = slice(first, first + states_at_once)
            difference = sets[k, some, None] - sets[k]
            # |state_i + noise - state_j|^2 less |noise|^2, which all j share, as (i, j, repeat).
            distance = np.sum(difference**2, axis=-1)[:, :, None] + 2 * sd[k] * (
                difference @ noise[:, k, some].transpose(1, 2, 0)
            )
            right[0, k] += _vote(distance, own[some])
            distance[own[some]] = np.inf
            right[1, k] += _vote(distance, same_category[some])
    item, category = right.reshape(2, *patterns.shape[:-3]) / (n * n_repeats)
    return item, category


def dimension(patterns):
    """Participation ratio of the items' covariance: in how many directions they spread.

    ``(sum of the eigenvalues)^2 / (sum of their squares)``: 1 if the items lie on a line, k if they
    spread equally in k directions, at most the number of items less one.

    Parameters
    ----------
    patterns : array_like, (..., items, n_units)

    Returns
    -------
    ndarray, (...)

    Raises
    ------
    ValueError
        If there are fewer than two items, a value is not a finite number, or all items are equal.

    References
    ----------
    Gao et al. (2017), A theory of multineuronal dimensionality, dynamics and measurement.
    """
    patterns = _checks.array("patterns", patterns, "(..., items, units)")
    _checks.at_least("patterns", patterns, -2, 2, "items")
    if np.any(np.ptp(patterns, axis=-2).max(axis=-1) == 0):
        raise ValueError("patterns must hold items that differ; in at least one set all are equal")
    # Relative to the first item, near-identical items lose what they share without rounding.
    centred = patterns - patterns[..., :1, :]
    centred = centred - centred.mean(axis=-2, keepdims=True)
    centred = centred / np.abs(centred).max(axis=(-2, -1), keepdims=True)
    gram = centred @ np.swapaxes(centred, -1, -2)
    return np.trace(gram, axis1=-2, axis2=-1) ** 2 / np.sum(gram**2, axis=(-2, -1))


def _vote(distance, right):
    """Sum over states and repeats of the share of the nearest states that are right."""
    nearest = distance == distance.min(axis=1, keepdims=True)
    return np.sum(np.sum(nearest & right[:, :, None], axis=1) / np.sum(nearest, axis=1))
