"""Wide random networks without weights: what to expect of them on average, and how they vary."""

import numpy as np

from . import _checks


def mean_square(variance, squash=np.tanh):
    """``E[squash(u)^2]`` for a normal total u of mean 0.

    Parameters
    ----------
    variance : float
        Of the total, before squashing.
    squash : callable
        A function of one array that is smooth but for a break at 0.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If `variance` is negative or not finite, or `squash` is no function.

    References
    ----------
    Poole et al. (2016), Exponential expressivity in deep neural networks through transient chaos.
    """
    variance = _checks.not_negative("variance", variance)
    return mean_product(variance, variance, 1.0, squash)


def mean_product(variance_a, variance_b, correlation, squash=np.tanh):
    """``E[squash(u) squash(v)]`` for normal totals u, v of mean 0.

    Parameters
    ----------
    variance_a, variance_b : float
        Of u and of v, before squashing.
    correlation : float
        Of u and v.
    squash : callable
        A function of one array that is smooth but for a break at 0.

    Returns
    -------
    float
        To a relative 1e-6 or better for tanh, step and ReLU at variances up to 10,000.

    Raises
    ------
    ValueError
        If a variance is negative or not finite, `correlation` lies outside [-1, 1], or `squash` is
        no function.

    Notes
    -----
    In polar coordinates u = sd_a r cos(t) and v = sd_b r cos(t - arccos(correlation)), where r has
    the density ``r exp(-r^2/2)`` and the angle t is uniform. The angle is cut where u or v changes
    sign, where a squash may break or turn steep, and each piece is integrated by the tanh-sinh
    rule, whose points crowd at the ends (Takahasi & Mori 1974, Double exponential formulas for
    numerical integration).

    References
    ----------
    Poole et al. (2016), Exponential expressivity in deep neural networks through transient chaos.
    """
    sd_a = np.sqrt(_checks.not_negative("variance_a", variance_a))
    sd_b = np.sqrt(_checks.not_negative("variance_b", variance_b))
    correlation = float(_checks.array("correlation", correlation, "()"))
    if not -1 <= correlation <= 1:
        raise ValueError(f"correlation must lie in [-1, 1]; it came as {correlation}")

    points, weights = _tanh_sinh()
    radius = _FARTHEST * points
    density = _FARTHEST * weights * radius * np.exp(-(radius**2) / 2) / (2 * np.pi)
    between = np.arccos(correlation)
    quarter = np.pi / 2
    cuts = np.sort(np.mod(quarter * np.array([1, 3, 1, 3]) + [0, 0, between, between], 2 * np.pi))
    total = 0.0
    for start, end in zip(cuts, np.append(cuts[1:], cuts[0] + 2 * np.pi)):
        angle = start + (end - start) * points
        u = sd_a * np.outer(radius, np.cos(angle))
        v = sd_b * np.outer(radius, np.cos(angle - between))
        product = _checks.squashed(squash, u) * _checks.squashed(squash, v)
        total += density @ product @ weights * (end - start)
    return float(total)


def cosine_by_depth(cosine, squared_length, sigma_w, n_layers, squash=np.tanh, sigma_b=0.0):
    """Predict the cosine of two patterns at every layer of a wide random network.

    From one layer to the next, with q the mean square of the states and c their cosine, totals have
    the variance ``sigma_w^2 q + sigma_b^2`` and the covariance ``sigma_w^2 q c + sigma_b^2``; then
    ``q' = E[squash(u)^2]`` and ``c' = E[squash(u) squash(v)] / q'``. There is no free parameter.

    Parameters
    ----------
    cosine : float
        Of the two inputs.
    squared_length : float
        Mean square of either input over its units.
    sigma_w, sigma_b : float
        sqrt(n_units) times the SD of a weight, and the SD of a bias.
    n_layers : int
    squash : callable

    Returns
    -------
    ndarray, (n_layers + 1,)
        The input's cosine first.

    Raises
    ------
    ValueError
        If `cosine` lies outside [-1, 1], a size is negative or not finite, `n_layers` is below
        one, the totals overflow, or the states vanish, so that their cosine is undefined.

    References
    ----------
    Poole et al. (2016), Exponential expressivity in deep neural networks through transient chaos.
    """
    square = _checks.not_negative("squared_length", squared_length)
    sigma_w = _checks.not_negative("sigma_w", sigma_w)
    sigma_b = _checks.not_negative("sigma_b", sigma_b)
    cosines = [float(_checks.array("cosine", cosine, "()"))]
    if not -1 <= cosines[0] <= 1:
        raise ValueError(f"cosine must lie in [-1, 1]; it came as {cosines[0]}")
    for layer in range(1, _checks.count("n_layers", n_layers) + 1):
        variance = sigma_w * sigma_w * square + sigma_b * sigma_b
        covariance = sigma_w * sigma_w * square * cosines[-1] + sigma_b * sigma_b
        if not variance < np.inf:
            raise ValueError(
                f"squared_length, sigma_w and sigma_b must keep the totals finite; in layer {layer}"
                f" their variance is {variance}"
            )
        square = mean_square(variance, squash)
        if not square > 0:
            raise ValueError(
                f"squared_length and sigma_w must keep the states above 0; layer {layer} is 0"
            )
        correlation = np.clip(covariance / variance, -1, 1) if variance else 1.0
        cosine = mean_product(variance, variance, correlation, squash) / square
        # Nearer to 1 or -1 than the averages are exact is there: the step magnifies what is left.
        cosines.append(np.sign(cosine) if 1 - abs(cosine) < 1e-14 else cosine)
    return np.array(cosines)


def gram_chain(gram, n_units, sigma_w, n_layers, rng, squash=np.tanh):
    """Draw the states of a random network, layer by layer, without drawing a weight.

    Given one layer's Gram matrix G (the items' mean products over its units), the totals of a unit
    of the next layer are normal with covariance ``sigma_w^2 G`` over items, independently of the
    other units. This is exact for normal weights, whatever the width.

    Parameters
    ----------
    gram : array_like, (items, items)
        Symmetric, with no negative eigenvalue beyond rounding.
    n_units : int
        Of every layer to be drawn.
    sigma_w : float
        sqrt(number of units in the earlier layer) times the SD of a weight.
    n_layers : int
    rng : numpy.random.Generator
    squash : callable

    Returns
    -------
    list of ndarray
        `n_layers` arrays ``(items, n_units)``: the states of layers 1 to `n_layers`.

    Raises
    ------
    ValueError
        If `gram` is no Gram matrix, a count is below one, `sigma_w` is negative or not finite,
        `rng` is no generator, `squash` is no function, or the totals overflow.

    Notes
    -----
    The square root of G is the symmetric one, the only one without signs or an order to choose, so
    that the same draws give the same states whatever decomposes G. Eigenvalues within rounding of 0
    count as 0: G may be singular. A Gram matrix holds squared distances to 16 digits of the squared
    lengths: items that differ by less than about 1e-7 of their length lose their proportions in it.
    """
    gram = _checks.array("gram", gram, "(items, items)")
    n_units = _checks.count("n_units", n_units)
    n_layers = _checks.count("n_layers", n_layers)
    sigma_w = _checks.not_negative("sigma_w", sigma_w)
    rng = _checks.generator(rng)
    if gram.shape[0] != gram.shape[1] or np.any(np.abs(gram - gram.T) > 1e-9 * np.abs(gram).max()):
        raise ValueError(f"gram must be square and symmetric; it came with shape {gram.shape}")
    root, smallest, largest = _symmetric_root(gram)
    if smallest < -1e-9 * largest:
        raise ValueError(f"gram must have no negative eigenvalue; its smallest is {smallest:.3g}")
    layers = []
    for layer in range(1, n_layers + 1):
        total = sigma_w * root @ rng.standard_normal((len(gram), n_units))
        if not np.all(np.isfinite(total)):
            raise ValueError(f"gram and sigma_w must keep the totals finite; layer {layer} is not")
        layers.append(_checks.squashed(squash, total))
        if layer < n_layers:
            root, *_ = _symmetric_root(layers[-1] @ layers[-1].T / n_units)
    return layers


def _symmetric_root(gram):
    """The symmetric square root of a Gram matrix, its smallest and its largest eigenvalue."""
    eigenvalues, directions = np.linalg.eigh(gram)
    smallest, largest = eigenvalues[[0, -1]]
    rounding = len(gram) * np.finfo(float).eps * largest
    roots = np.sqrt(np.where(eigenvalues > rounding, eigenvalues, 0))
    return directions * roots @ directions.T, smallest, largest


_FARTHEST = 12.0  # beyond this radius the normal density is below 1e-31


def _tanh_sinh(n_points=121, reach=3.2):
    """Points and weights of the tanh-sinh rule on (0, 1)."""
    t = np.linspace(-reach, reach, n_points)
    decay = np.exp(-np.pi * np.sinh(t))
    points = 1 / (1 + decay)
    return points, (t[1] - t[0]) * np.pi * np.cosh(t) * decay * points**2
