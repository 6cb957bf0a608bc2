"""Random weights, and the propagation of patterns through layers."""

import numpy as np

from . import _checks


def random_weights(n_layers, n_units, scale, rng):
    """Draw one square matrix of normal weights a layer.

    ``w[i, j]`` leads from unit i of the earlier layer to unit j of the later one. What decides the
    behaviour of a wide network is ``sigma_w = scale * sqrt(n_units)``.

    Parameters
    ----------
    n_layers, n_units : int
    scale : float
        The SD of a weight.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, (n_layers, n_units, n_units)

    Raises
    ------
    ValueError
        If a count is below one, `scale` is negative or not finite, or `rng` is no generator.

    References
    ----------
    Guest (2017), Artificial Neural Networks with Random Weights are Baseline Models.
    """
    n_layers = _checks.count("n_layers", n_layers)
    n_units = _checks.count("n_units", n_units)
    scale = _checks.not_negative("scale", scale)
    return scale * _checks.generator(rng).standard_normal((n_layers, n_units, n_units))


def orthogonal_weights(n_layers, n_units, scale, rng):
    """Draw one random orthogonal matrix a layer, times ``scale * sqrt(n_units)``.

    The matrices are uniform over the orthogonal group, so that, like normal weights of SD `scale`,
    they multiply a pattern's mean square by ``sigma_w^2 = scale^2 * n_units``; unlike these they do
    so for every pattern exactly, and keep all angles.

    Parameters
    ----------
    n_layers, n_units : int
    scale : float
        The SD of a weight.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, (n_layers, n_units, n_units)

    Raises
    ------
    ValueError
        If a count is below one, `scale` is negative or not finite, or `rng` is no generator.

    References
    ----------
    Mezzadri (2007), How to generate random matrices from the classical compact groups.
    """
    scale = _checks.not_negative("scale", scale)
    normal = random_weights(n_layers, n_units, 1.0, rng)
    q, r = np.linalg.qr(normal)
    # QR leaves each column's sign to the algorithm; R's diagonal makes the draw uniform.
    signs = np.sign(np.diagonal(r, axis1=-2, axis2=-1))
    return scale * np.sqrt(n_units) * q * signs[:, None, :]


def propagate(patterns, weights, squash=np.tanh, biases=None):
    """Send patterns through the layers and return every layer's states, the input first.

    Layer by layer ``n = squash(m @ w + b)``.

    Parameters
    ----------
    patterns : array_like, (..., n_in)
        One pattern, or a set of items, or several sets. With stacks of networks either
        ``(items, n_in)``, shared by all networks, or ``(n_networks, ..., items, n_in)``.
    weights : sequence of array_like
        One matrix ``(n_in, n_out)`` a layer, or a stack of them ``(n_networks, n_in, n_out)``;
        the widths of the layers may differ.
    squash : callable
        Applied unit by unit after each product.
    biases : sequence of array_like, optional
        One vector ``(n_out,)`` a layer, or a stack ``(n_networks, n_out)``, added before squashing.

    Returns
    -------
    list of ndarray
        ``len(weights) + 1`` arrays ``(..., n_out)``: the patterns as they came, then the states of
        each layer, with a first axis of networks from the first stack on.

    Raises
    ------
    ValueError
        If the shapes do not fit each other, or a value is not a finite number.

    References
    ----------
    Guest (2017), Artificial Neural Networks with Random Weights are Baseline Models.
    """
    patterns = _checks.array("patterns", patterns, "(..., units)")
    weights = _layers("weights", weights, "(..., n_in, n_out)", (2, 3))
    biases = (
        [0.0] * len(weights)
        if biases is None
        else _layers("biases", biases, "(..., n_out)", (1, 2))
    )
    if len(biases) != len(weights):
        raise ValueError(
            f"biases must be one a layer; {len(biases)} came for {len(weights)} layers"
        )
    stacks = {w.shape[0] for w in weights if w.ndim == 3}
    stacks |= {b.shape[0] for b in biases if np.ndim(b) == 2}
    _fit(patterns, weights, biases, stacks)

    states = [patterns.copy()]
    for w, b in zip(weights, biases):
        if stacks:
            between = (1,) * max(0, patterns.ndim - 3)
            if w.ndim == 3:
                w = w.reshape(w.shape[0], *between, *w.shape[1:])
            if np.ndim(b) == 2:
                b = b.reshape(b.shape[0], *between, 1, b.shape[1])
        states.append(_checks.squashed(squash, states[-1] @ w + b))
    return states


def _layers(name, values, shape, dimensions):
    """Return the matrices or vectors of all layers, checked one by one."""
    values = _checks.sequence(name, values, ", one array a layer")
    if not values:
        raise ValueError(f"{name} must hold at least one layer; it came empty")
    arrays = [_checks.array(f"{name}[{i}]", value, shape) for i, value in enumerate(values)]
    for i, array in enumerate(arrays):
        if array.ndim not in dimensions:
            raise ValueError(
                f"{name}[{i}] must have {dimensions[0]} axes, or {dimensions[1]} as a stack of"
                f" networks; it came with shape {array.shape}"
            )
    return arrays


def _fit(patterns, weights, biases, stacks):
    """Refuse patterns, weights and biases whose shapes do not fit each other."""
    width = patterns.shape[-1]
    for i, (w, b) in enumerate(zip(weights, biases)):
        if w.shape[-2] != width:
            raise ValueError(
                f"weights[{i}] must have {width} rows, one for each unit of the layer before;"
                f" it came with shape {w.shape}"
            )
        width = w.shape[-1]
        if np.ndim(b) and b.shape[-1] != width:
            raise ValueError(f"biases[{i}] must have {width} units; it came with shape {b.shape}")
    if len(stacks) > 1:
        raise ValueError(f"stacks must hold equally many networks; they hold {sorted(stacks)}")
    if stacks and patterns.ndim != 2 and (patterns.ndim < 3 or patterns.shape[0] not in stacks):
        n = min(stacks)
        raise ValueError(
            f"patterns must be (items, units), shared by all {n} networks, or have {n} as the first"
            f" of three or more axes; it came with shape {patterns.shape}"
        )
