"""How alike two patterns are, and whether a layer keeps which ones are."""

import numpy as np
from scipy.stats import rankdata

from lib import _checks


def cosine(a, b):
    """Cosine of the angle between patterns: ``a . b / (|a| |b|)``, along the last axis.

    Parameters
    ----------
    a, b : array_like, (..., n_units)
        The other axes broadcast.

    Returns
    -------
    ndarray, (...)
        Between -1 and 1.

    Raises
    ------
    ValueError
        If the shapes do not fit, a value is not a finite number, or a pattern is all zeros.
    """
    a, b = _pair(a, b)
    for name, x in (("a", a), ("b", b)):
        if np.any(np.all(x == 0, axis=-1)):
            raise ValueError(f"{name} must not hold a pattern of zeros, whose cosine is undefined")
    return _dot(_unit_length(a), _unit_length(b))


def pearson(a, b):
    """Pearson correlation of patterns: the cosine once each has its own mean taken off.

    Parameters
    ----------
    a, b : array_like, (..., n_units)
        The other axes broadcast.

    Returns
    -------
    ndarray, (...)
        Between -1 and 1.

    Raises
    ------
    ValueError
        If the shapes do not fit, a value is not a finite number, or a pattern is constant.
    """
    a, b = _pair(a, b)
    return _dot(_standard("a", a), _standard("b", b))


def similarity_matrix(patterns):
    """Pearson correlation of every item with every other.

    Parameters
    ----------
    patterns : array_like, (..., items, n_units)

    Returns
    -------
    ndarray, (..., items, items)
        Symmetric, its diagonal exactly 1.

    Raises
    ------
    ValueError
        If a value is not a finite number or an item is constant.

    References
    ----------
    Kriegeskorte, Mur & Bandettini (2008), Representational similarity analysis.
    """
    z = _standard("patterns", _checks.array("patterns", patterns, "(..., items, units)"))
    matrix = np.clip(z @ np.swapaxes(z, -1, -2), -1, 1)
    matrix = (matrix + np.swapaxes(matrix, -1, -2)) / 2
    diagonal = np.arange(matrix.shape[-1])
    matrix[..., diagonal, diagonal] = 1
    return matrix


def functional_smoothness(inputs, outputs, pairs="all", rank=False):
    """Correlate the items' pairwise similarities in one layer with those in another.

    ``r(s_in, s_out)``, where s holds the Pearson correlations of pairs of items: 1 if similarity in
    the outputs is a rising linear function of similarity in the inputs, 0 if it knows nothing of
    it.

    Parameters
    ----------
    inputs, outputs : array_like, (..., items, n_units)
        The same items in two layers, whose widths may differ; the axes before broadcast.
    pairs : str
        ``"all"``, every pair of items, or ``"first"``, each item with the first (the prototype).
    rank : bool
        Spearman's correlation of the similarities instead of Pearson's.

    Returns
    -------
    ndarray, (...)
        Between -1 and 1.

    Raises
    ------
    ValueError
        If the items do not match or are fewer than three, a value is not a finite number, an item
        is constant, or the similarities of one layer do not vary beyond rounding.

    Notes
    -----
    Similarities are computed as ``1 - r = |z_i - z_j|^2 / 2`` with z the standardised items: for
    items that differ by 1e-9, r itself is 1 to the last digit. With `rank`, similarities that only
    rounding tells apart are tied.

    References
    ----------
    Guest & Love (2017), eLife 6:e21397, Equation 1.
    """
    inputs = _checks.array("inputs", inputs, "(..., items, units)")
    outputs = _checks.array("outputs", outputs, "(..., items, units)")
    if not isinstance(pairs, str) or pairs not in ("all", "first"):
        raise ValueError(f'pairs must be "all" or "first"; it came as {_checks.shown(pairs)}')
    _checks.flag("rank", rank)
    if inputs.shape[-2] != outputs.shape[-2]:
        raise ValueError(
            f"inputs and outputs must hold the same items;"
            f" they came with {inputs.shape[-2]} and {outputs.shape[-2]}"
        )
    _checks.at_least("inputs", inputs, -2, 3, "items")
    a = _structure("inputs", inputs, pairs, rank)
    b = _structure("outputs", outputs, pairs, rank)
    try:
        np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        raise ValueError(
            f"inputs and outputs must fit in the axes before the items;"
            f" they came with shapes {inputs.shape} and {outputs.shape}"
        ) from None
    return _dot(a, b)


def _pair(a, b):
    """Return two sets of patterns, checked, with as many units and axes that broadcast."""
    a = _checks.array("a", a, "(..., units)")
    b = _checks.array("b", b, "(..., units)")
    try:
        fits = a.shape[-1] == b.shape[-1] and np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(
            f"a and b must fit each other; they came with shapes {a.shape} and {b.shape}"
        )
    return a, b


def _unit_length(patterns):
    """Divide each pattern by its length; first by its magnitude, lest a square underflow."""
    patterns = patterns / _checks.magnitude(patterns, -1)
    return patterns / np.linalg.norm(patterns, axis=-1, keepdims=True)


def _standard(name, patterns):
    """Take off each pattern's mean and divide it by its length."""
    _checks.not_constant(name, patterns)
    patterns = patterns / _checks.magnitude(patterns, -1)
    centred = patterns - patterns.mean(axis=-1, keepdims=True)
    # Under a large offset the first mean is itself rounded; the second takes what it left.
    return _unit_length(centred - centred.mean(axis=-1, keepdims=True))


def _dot(a, b):
    return np.clip(np.sum(a * b, axis=-1), -1, 1)


def _structure(name, patterns, pairs="all", rank=False):
    """The dissimilarities of the pairs, standardised, so that a product of two is smoothness."""
    return _standard(name, _dissimilarities(name, patterns, pairs, rank))


def _dissimilarities(name, patterns, pairs, rank):
    """1 - r for the pairs of items, or with `rank` their ranks, (..., pairs)."""
    z = _standard(name, patterns)
    firsts = range(z.shape[-2] - 1) if pairs == "all" else [0]
    d = np.concatenate(
        [0.5 * np.sum((z[..., i + 1 :, :] - z[..., i : i + 1, :]) ** 2, axis=-1) for i in firsts],
        axis=-1,
    )
    # A value is known to a few parts in 1e16, a standardised item to its mean over its SD times
    # that, and d = s^2 / 2 to that many times s.
    scaled = patterns / _checks.magnitude(patterns, -1)
    offset = np.max(np.abs(scaled.mean(axis=-1)) / scaled.std(axis=-1), axis=-1, keepdims=True)
    known = 16 * np.finfo(float).eps * (1 + offset)
    rounding = known * (np.sqrt(2 * d) + known)
    still = np.ptp(d, axis=-1) <= rounding.max(axis=-1)
    if rank:
        d = _ranks(d, rounding)
        still |= np.ptp(d, axis=-1) == 0
    if np.any(still):
        raise ValueError(
            f"{name} must hold items whose similarities vary beyond rounding;"
            f" in {np.count_nonzero(still)} of {still.size} sets they do not"
        )
    return d


def _ranks(values, rounding):
    """Rank along the last axis; neighbours in order that differ by no more than rounding tie."""
    order = np.argsort(values, axis=-1)
    steps = np.diff(np.take_along_axis(values, order, axis=-1), axis=-1)
    apart = steps > np.take_along_axis(rounding, order, axis=-1)[..., 1:]
    levels = np.zeros(values.shape)
    np.put_along_axis(levels, order[..., 1:], np.cumsum(apart, axis=-1), axis=-1)
    return rankdata(levels, axis=-1)
