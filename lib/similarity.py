"""How alike two patterns are, and whether a layer keeps which ones are."""

import numpy as np
from scipy.stats import rankdata

from . import _checks

# A sum over many units or pairs goes step by step, 2 MB of float64 at a time.
BLOCK = 2**18
# Two items whose squared distance is less than this share of their squared sizes are close.
CLOSE = 0.02


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
    _smoothness_options(pairs, rank)
    _same_items(inputs, outputs, 3)
    a = _structure("inputs", inputs, pairs, rank)
    b = _structure("outputs", outputs, pairs, rank)
    _broadcasting(inputs, outputs, a, b)
    return _dot(a, b)


def smoothness_within(inputs, outputs, groups, rank=False):
    """Functional smoothness over the pairs of items of one group; the mean over groups.

    Parameters
    ----------
    inputs, outputs : array_like, (items, n_units)
        The same items in two layers, whose widths may differ.
    groups : array_like, (items,)
        Each item's label. A group holds at least three items.
    rank : bool
        Spearman's correlation of the similarities instead of Pearson's.

    Returns
    -------
    float
        Between -1 and 1.

    Raises
    ------
    ValueError
        If a group has fewer than three items, or as `functional_smoothness`, within a group.

    Notes
    -----
    A mean over items of different groups says mostly which group an item is of. As `measure` of
    `lib.baseline.compare`: ``functools.partial(smoothness_within, groups=labels)``.

    References
    ----------
    Guest & Love (2017), eLife 6:e21397, Equation 1.
    """
    inputs = _checks.array("inputs", inputs, "(items, units)")
    outputs = _checks.array("outputs", outputs, "(items, units)")
    _same_items(inputs, outputs, 3)
    own = np.arange(len(outputs))
    return _within_by_order(inputs, groups, rank)(outputs)(own)


def smoothness_beyond(inputs, outputs, noise_sd):
    """Functional smoothness of what a category's noise schedule does not explain.

    Independent noise vectors are nearly perpendicular, so that of the dissimilarity of items i and
    j, ``1 - r``, the schedule explains what is linear in ``noise_sd[i]^2 + noise_sd[j]^2``. That is
    fitted by least squares, with an intercept, in either layer and taken out; what is left of the
    two is correlated.

    Parameters
    ----------
    inputs, outputs : array_like, (..., items, n_units)
        The same items in two layers, whose widths may differ; the axes before broadcast.
    noise_sd : array_like, (items,)
        The SD of each item's noise. Of equal ones nothing is taken out: what is left is functional
        smoothness.

    Returns
    -------
    ndarray, (...)
        Between -1 and 1.

    Raises
    ------
    ValueError
        If the items do not match or are fewer than four, noise_sd does not hold a number of at
        least 0 for each of them, a value is not a finite number, an item is constant, or nothing is
        left beyond rounding.
    """
    inputs = _checks.array("inputs", inputs, "(..., items, units)")
    outputs = _checks.array("outputs", outputs, "(..., items, units)")
    _same_items(inputs, outputs, 4)  # of three pairs one number would be left
    noise_sd = _checks.array("noise_sd", noise_sd, "(items,)")
    n_items = inputs.shape[-2]
    if noise_sd.shape != (n_items,):
        raise ValueError(
            f"noise_sd must hold one SD for each of the {n_items} items;"
            f" it came with shape {noise_sd.shape}"
        )
    if noise_sd.min() < 0:
        raise ValueError(f"noise_sd must hold numbers of at least 0; its least is {noise_sd.min()}")
    variances = (noise_sd / (noise_sd.max() or 1)) ** 2
    i, j = np.triu_indices(n_items, 1)
    schedule = np.column_stack([np.ones(len(i)), variances[i] + variances[j]])
    explained = schedule @ np.linalg.pinv(schedule)
    left = []
    for name, patterns in (("inputs", inputs), ("outputs", outputs)):
        d, known = _dissimilarities(name, patterns)
        d = d[..., i, j]
        rounding = known * (np.sqrt(2 * d.max(axis=-1)) + known)
        left.append(d - d @ explained)
        if np.any(nothing := np.abs(left[-1]).max(axis=-1) <= rounding):
            raise ValueError(
                f"{name} must hold items whose similarities differ, beyond rounding, from what"
                f" noise_sd explains; in {np.count_nonzero(nothing)} of {nothing.size} sets they do"
                f" not"
            )
    _broadcasting(inputs, outputs, *left)
    return _dot(*map(_unit_length, left))


def linear_cka(inputs, outputs, debiased=False):
    """Linear centred kernel alignment of two layers: how alike their items' inner products are.

    With X and Y the two layers' states, each unit's mean over items taken off:
    ``|X'Y|^2 / (|X'X| |Y'Y|)``, where ``|.|^2`` is the sum of squares. It is biased: layers that
    have nothing in common agree by chance, the more the fewer items. `debiased` leaves out what an
    item has in common with itself, which makes the numerator and both squares of the denominator
    unbiased.

    Parameters
    ----------
    inputs, outputs : array_like, (items, n_units)
        The same items in two layers, whose widths may differ.
    debiased : bool
        Of unrelated layers the expected value is then 0, and single values lie to both sides of it.

    Returns
    -------
    float
        Between 0 and 1; debiased, between -1 and 1.

    Raises
    ------
    ValueError
        If the items do not match or are fewer than two, debiased than four, a value is not a finite
        number, or all items of a layer are equal.

    Notes
    -----
    ``|X'Y|^2`` is computed as it stands or as the sum of the products of two matrices of items,
    whichever is smaller.

    References
    ----------
    Kornblith, Norouzi, Lee & Hinton (2019), Similarity of neural network representations revisited;
    Song, Smola, Gretton, Bedo & Borgwardt (2012), Feature selection via dependence maximization,
    whose unbiased estimator is the debiased one's numerator.
    """
    inputs = _checks.array("inputs", inputs, "(items, units)")
    outputs = _checks.array("outputs", outputs, "(items, units)")
    _checks.flag("debiased", debiased)
    _same_items(inputs, outputs, 4 if debiased else 2)
    x, y = np.hstack([*_centred("inputs", inputs)]), np.hstack([*_centred("outputs", outputs)])
    sizes = []
    for name, states in (("inputs", x), ("outputs", y)):
        sizes.append(np.sqrt(max(0, _common(states, states, debiased))))
        if debiased:
            _vary(name, sizes[-1], np.sqrt(_common(states, states, False)))
    return float(np.clip(_common(x, y, debiased) / np.prod(sizes), -1, 1))


# A measure that has `by_order` says what it is of the same items in other orders without computing
# anew what no order changes: `by_order(inputs)(outputs)(order)` is `measure(inputs,
# outputs[order])`, for arrays (items, units) of any real dtype. `lib.baseline.compare` uses it.


def _smoothness_by_order(inputs, pairs="all", rank=False):
    _smoothness_options(pairs, rank)
    of_inputs = _structure("inputs", inputs, pairs, rank)
    if pairs == "first":

        def of(outputs):
            d, known = _dissimilarities("outputs", outputs)
            return lambda order: float(
                _dot(of_inputs, _varying("outputs", d[order[0], order[1:]], known, rank))
            )

    else:
        of_inputs = _matrix(of_inputs, len(inputs))

        def of(outputs):
            alike = _matrix(_structure("outputs", outputs, pairs, rank), len(outputs))
            return lambda order: _product(of_inputs, alike, order)

    return of


def _within_by_order(inputs, groups, rank=False):
    _checks.flag("rank", rank)
    by_size = {}
    for label, group in _checks.groups(groups, len(inputs)).items():
        if len(group) < 3:
            raise ValueError(
                f"groups must hold at least three items of each label;"
                f" of {_checks.shown(label)} it holds {len(group)}"
            )
        by_size.setdefault(len(group), []).append(group)
    # The pairs of all groups of a size, (2, groups, pairs).
    pairs = [
        np.moveaxis(np.array(some)[:, np.triu_indices(size, 1)], 1, 0)
        for size, some in by_size.items()
    ]

    def structures(name, d, known, order):
        return [_varying(name, d[*order[some]], known, rank) for some in pairs]

    as_they_are = np.arange(len(inputs))
    of_inputs = structures("inputs", *_dissimilarities("inputs", inputs), as_they_are)

    def of(outputs):
        d, known = _dissimilarities("outputs", outputs)
        return lambda order: float(
            np.mean(
                np.concatenate(
                    [_dot(*two) for two in zip(of_inputs, structures("outputs", d, known, order))]
                )
            )
        )

    return of


def _cka_by_order(inputs, debiased=False):
    _checks.flag("debiased", debiased)
    of_inputs = _inner_products("inputs", inputs, debiased)

    def of(outputs):
        products = _inner_products("outputs", outputs, debiased)
        return lambda order: _product(of_inputs, products, order)

    return of


functional_smoothness.by_order = _smoothness_by_order
smoothness_within.by_order = _within_by_order
linear_cka.by_order = _cka_by_order


def _product(a, b, order):
    """The sum of the products of a matrix with another whose items come in another order."""
    step = max(1, BLOCK // 16 // len(order))
    total = 0.0
    for k in range(0, len(order), step):
        total += np.vdot(a[k : k + step], b[order[k : k + step]].take(order, axis=1))
    return float(max(-1, min(1, total)))


def _smoothness_options(pairs, rank):
    if not isinstance(pairs, str) or pairs not in ("all", "first"):
        raise ValueError(f'pairs must be "all" or "first"; it came as {_checks.shown(pairs)}')
    _checks.flag("rank", rank)


def _same_items(inputs, outputs, least):
    if inputs.shape[-2] != outputs.shape[-2]:
        raise ValueError(
            f"inputs and outputs must hold the same items;"
            f" they came with {inputs.shape[-2]} and {outputs.shape[-2]}"
        )
    _checks.at_least("inputs", inputs, -2, least, "items")


def _broadcasting(inputs, outputs, a, b):
    """Refuse layers whose structures, `a` and `b`, do not broadcast."""
    try:
        np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        raise ValueError(
            f"inputs and outputs must fit in the axes before the items;"
            f" they came with shapes {inputs.shape} and {outputs.shape}"
        ) from None


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
    return _less_mean(patterns / _checks.not_constant(name, patterns))[0]


def _less_mean(x):
    """Standardise in place what is neither huge nor tiny; give also the means and the lengths."""
    mean = x.mean(axis=-1, keepdims=True)
    x -= mean
    # Under a large offset the first mean is itself rounded; the second takes what it left.
    x -= x.mean(axis=-1, keepdims=True)
    length = np.sqrt(np.vecdot(x, x))[..., None]
    x /= length
    return x, mean, length


def _dot(a, b):
    return np.clip(np.vecdot(a, b), -1, 1)


def _structure(name, patterns, pairs="all", rank=False):
    """The dissimilarities of the pairs, standardised, so that a product of two is smoothness.

    (..., pairs), or where nothing needs them one by one each twice, (..., items * items).
    """
    if pairs == "first":
        return _varying(name, *_dissimilarities(name, patterns, first=True), rank)
    d, known = _dissimilarities(name, patterns)
    n_items = d.shape[-1]
    if rank:
        return _varying(name, d[..., ~np.tri(n_items, dtype=bool)], known, rank)
    # An item beside itself is no pair: the mean takes its place, and adds nothing to a product.
    mean = d.sum(axis=(-2, -1)) / (n_items * (n_items - 1))
    d[..., np.arange(n_items), np.arange(n_items)] = mean[..., None]
    return _varying(name, d.reshape(*d.shape[:-2], -1), known, rank)


def _matrix(structure, n_items):
    """A structure as a matrix of items and items, of length 1 again."""
    if len(structure) == n_items**2:
        return structure.reshape(n_items, n_items)
    matrix = np.zeros((n_items, n_items))
    matrix[~np.tri(n_items, dtype=bool)] = structure / np.sqrt(2)
    return matrix + matrix.T


def _varying(name, d, known, rank):
    """Standardise dissimilarities, or with `rank` their ranks, if they vary."""
    # d = s^2 / 2 is known to as many times s as a standardised item.
    largest = d.max(axis=-1)
    still = largest - d.min(axis=-1) <= known * (np.sqrt(2 * largest) + known)
    if rank:
        known = known[..., None]
        d = _ranks(d, known * (np.sqrt(2 * d) + known))
        still |= np.ptp(d, axis=-1) == 0
    if np.any(still):
        raise ValueError(
            f"{name} must hold items whose similarities vary beyond rounding;"
            f" in {np.count_nonzero(still)} of {still.size} sets they do not"
        )
    return _less_mean(d)[0]


def _dissimilarities(name, patterns, first=False):
    """``1 - r = |z_i - z_j|^2 / 2``, (..., items, items), or with `first` of that item's pairs.

    Also to how much of 1 a standardised item z is known, (...).
    """
    blocks, known = _standard_blocks(name, patterns)
    if first:
        return sum(_half_square(z[..., 1:, :] - z[..., :1, :]) for z in blocks()), known
    # The products of near-identical items differ in their last digits, or not at all: less of that
    # where the items' mean is taken off, and pairs that are still close go by their differences.
    products = 0
    for z in blocks():
        y = z - z.mean(axis=-2, keepdims=True)
        products = products + y @ np.swapaxes(y, -1, -2)
    square = np.diagonal(products, axis1=-2, axis2=-1).copy() / 2
    d = np.negative(products, out=products)
    d += square[..., None, :]
    d += square[..., :, None]
    n_items = d.shape[-1]
    itself = np.arange(n_items)
    d[..., itself, itself] = np.inf
    if np.any(d.min(axis=(-2, -1)) <= 2 * CLOSE * square.max(axis=-1)):
        near = d <= CLOSE * (square[..., None, :] + square[..., :, None])
        *sets, i, j = np.nonzero(near & ~np.tri(n_items, dtype=bool))
        exact = np.zeros(len(i))
        for z in blocks():
            step = max(1, BLOCK // z.shape[-1])
            for k in range(0, len(i), step):
                some = slice(k, k + step)
                which = [index[some] for index in sets]
                exact[some] += _half_square(z[(*which, i[some])] - z[(*which, j[some])])
        d[(*sets, i, j)] = d[(*sets, j, i)] = exact
    d[..., itself, itself] = 0
    return d, known


def _half_square(differences):
    return np.vecdot(differences, differences) / 2


def _standard_blocks(name, patterns):
    """A function that gives the standardised items again and again, so many units at a time.

    Also to how much of 1 they are known, (...): a value is to a few parts in 1e16, and a
    standardised one to its mean over its SD times that.
    """
    scale = _checks.not_constant(name, patterns)
    n_items, n_units = patterns.shape[-2:]
    width = max(n_items, BLOCK // n_items)
    parts = [patterns[..., k : k + width] for k in range(0, n_units, width)]
    if len(parts) == 1:
        z, mean, length = _less_mean(patterns / scale)

        def blocks():
            return [z]

    else:
        mean = sum((part / scale).sum(axis=-1, keepdims=True) for part in parts) / n_units
        left, square = 0, 0
        for part in parts:
            x = part / scale - mean
            left = left + x.sum(axis=-1, keepdims=True) / n_units
            square = square + np.vecdot(x, x)[..., None]
        length = np.sqrt(square - n_units * left**2)

        def blocks():
            for part in parts:
                x = part / scale
                x -= mean
                x -= left
                x /= length
                yield x

    offset = np.max(np.abs(mean) / length, axis=(-2, -1)) * np.sqrt(n_units)
    return blocks, 16 * np.finfo(float).eps * (1 + offset)


def _ranks(values, rounding):
    """Rank along the last axis; neighbours in order that differ by no more than rounding tie."""
    order = np.argsort(values, axis=-1)
    steps = np.diff(np.take_along_axis(values, order, axis=-1), axis=-1)
    apart = steps > np.take_along_axis(rounding, order, axis=-1)[..., 1:]
    levels = np.zeros(values.shape)
    np.put_along_axis(levels, order[..., 1:], np.cumsum(apart, axis=-1), axis=-1)
    return rankdata(levels, axis=-1)


def _centred(name, states):
    """Each unit less its mean over the items, so many units at a time, at one magnitude for all."""
    if np.all(states.min(axis=0) == states.max(axis=0)):
        raise ValueError(f"{name} must hold items that differ; all {len(states)} are equal")
    scale = _checks.magnitude(states, (0, 1))
    width = max(len(states), BLOCK // len(states))
    for k in range(0, states.shape[1], width):
        x = states[:, k : k + width] / scale
        yield x - x.mean(axis=0)


def _common(x, y, debiased):
    """``|X'Y|^2``; debiased, without what an item has in common with itself, times n (n - 3)."""
    n = len(x)
    if x.shape[1] * y.shape[1] < n**2:
        products = np.sum((x.T @ y) ** 2)
    else:
        products = np.vdot(x @ x.T, y @ y.T)
    if not debiased:
        return products
    a, b = np.vecdot(x, x), np.vecdot(y, y)
    return products - n / (n - 2) * a @ b + a.sum() * b.sum() / ((n - 1) * (n - 2))


def _inner_products(name, states, debiased):
    """The centred inner products of all pairs of items, over the root of their sum of squares."""
    products = 0
    for x in _centred(name, states):
        products = products + x @ x.T
    size = np.linalg.norm(products)
    if debiased:
        n = len(products)
        np.fill_diagonal(products, 0)
        sums = products.sum(axis=0)
        products -= (sums + sums[:, None]) / (n - 2) - sums.sum() / ((n - 1) * (n - 2))
        np.fill_diagonal(products, 0)
        _vary(name, np.linalg.norm(products), size)
    return products / np.linalg.norm(products)


def _vary(name, left, size):
    """Refuse inner products of which, without the items' own, nothing but rounding is left."""
    # Both are roots of sums of squares, known to 1e-16 of the larger.
    if left <= 1e-6 * size:
        raise ValueError(
            f"{name} must hold items whose inner products differ beyond rounding;"
            f" between any two of them they are the same"
        )
