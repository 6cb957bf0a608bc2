"""The paper: its eleven coding schemes, two codes that are not smooth, and a scanner's voxels."""

import hashlib
from itertools import combinations
from typing import NamedTuple

import numpy as np

from . import _checks
from .stimuli import members, prototypes, rescale


class Simulation(NamedTuple):
    """What `simulate` returns; the first axis of each is the models in the paper's order.

    Attributes
    ----------
    similarity : ndarray, (3 + n_layers, n_levels)
        Mean correlation with the level-0 item of the same category.
    smoothness : ndarray, (3 + n_layers,)
        Pooled over all pairs of the level-0 item and a higher level, over all networks.
    similarity_by_network : ndarray, (n_networks, 3 + n_layers, n_levels)
    smoothness_by_network : ndarray, (n_networks, 3 + n_layers)
    """

    similarity: np.ndarray
    smoothness: np.ndarray
    similarity_by_network: np.ndarray
    smoothness_by_network: np.ndarray


def simulate(
    n_networks=100,
    n_categories=100,
    n_levels=20,
    n_units=100,
    n_layers=8,
    seed=0,
    map=map,
    rescaled=True,
):
    """Run the simulation behind the paper's Figure 2A, the way that its authors ran it.

    The models are (1) vector space coding, the stimuli themselves, (2) gain control coding, their
    tanh, (3) matrix multiplication coding, (4) perceptron coding and (5) and up, networks of 2 to
    `n_layers` layers. Level k of a category is its prototype plus noise of SD 0.05 k, level 0 with
    0.0001; each item is normalised to mean 0 and SD 1 and then mapped to [-1, 1] by its extremes,
    except for model 2. (The authors map model 3 again after its product, which changes no
    correlation and is left out.) Weights are standard normal, so that sigma_w = sqrt(n_units).
    Models 3 and 4 share the first matrix.

    Parameters
    ----------
    n_networks, n_categories, n_levels, n_units, n_layers : int
    seed : int
        Network k draws prototypes, noise and weights, in this order, from the k-th spawn of
        ``numpy.random.SeedSequence(seed)``.
    map : callable
        Called as ``map(function, jobs)``, one job a network; gives the results in order. The
        builtin, an executor's `map`, or a progress bar around either.
    rescaled : bool
        Map to [-1, 1] as the authors' program does; False follows the paper's text.

    Returns
    -------
    Simulation

    Raises
    ------
    ValueError
        If a count is too small (fewer than three levels or units leave no correlation), `seed` is
        no whole number of at least 0, `map` is no function, or `rescaled` is no switch.

    References
    ----------
    Guest & Love (2017), eLife 6:e21397, Figure 2A.
    """
    n_networks = _checks.count("n_networks", n_networks)
    sizes = (
        _checks.count("n_categories", n_categories),
        _checks.count("n_levels", n_levels, least=3),
        _checks.count("n_units", n_units, least=3),
        _checks.count("n_layers", n_layers),
    )
    seeds = np.random.SeedSequence(_checks.count("seed", seed, least=0)).spawn(n_networks)
    if not callable(map):
        raise ValueError(f"map must be a function; it came as {_checks.shown(map)}")
    _checks.flag("rescaled", rescaled)
    jobs = [(network_seed, *sizes, rescaled) for network_seed in seeds]
    similarity, sums = zip(*map(_run_network, jobs))
    similarity, sums = np.array(similarity), np.stack(sums, axis=1)
    pooled = _correlation(sums.sum(axis=1))
    return Simulation(similarity.mean(axis=0), pooled, similarity, _correlation(sums))


def factorial_code(n_factors):
    """The full factorial design of two levels as a code: one row an item, one column a unit.

    The columns are products of factors, ordered by how many they multiply and then by alphabet:
    I, A, B, C, AB, AC, BC, ABC for three. Rows are in standard order, the first factor changing
    fastest. Rows and columns are mutually orthogonal, so that all items are equally dissimilar.

    Parameters
    ----------
    n_factors : int

    Returns
    -------
    ndarray, (2**n_factors, 2**n_factors)
        Of -1 and 1.

    Raises
    ------
    ValueError
        If `n_factors` is below one, or above 12, where the table outgrows a computer's memory.

    References
    ----------
    Guest & Love (2017), eLife 6:e21397, Table 1.
    """
    n_factors = _checks.count("n_factors", n_factors)
    if n_factors > 12:
        raise ValueError(
            f"n_factors must be at most 12, a table of 4096 x 4096; it came as {n_factors}"
        )
    runs = np.arange(2**n_factors)
    factors = [np.where(runs >> k & 1, 1.0, -1.0) for k in range(n_factors)]
    columns = [
        np.prod([factors[k] for k in chosen], axis=0) * np.ones(len(runs))
        for size in range(n_factors + 1)
        for chosen in combinations(range(n_factors), size)
    ]
    return np.stack(columns, axis=1)


def hash_code(patterns):
    """Replace every value by a number in [0, 1) computed from its SHA-1 hash.

    Each value's eight bytes (little-endian, -0.0 as 0.0) are hashed, and the first eight bytes of
    the digest, read as a big-endian whole number, are divided by ``2**64``.

    Parameters
    ----------
    patterns : array_like, (...)
        Processors compute the last bit of a number differently, and a hash changes with it: round
        what was computed, ``patterns.round(6)``, if another machine is to give the same code.

    Returns
    -------
    ndarray, (...)

    Raises
    ------
    ValueError
        If `patterns` is empty or not finite.

    References
    ----------
    Guest & Love (2017), eLife 6:e21397.
    """
    patterns = _checks.array("patterns", patterns, "(...)")
    data = np.asarray(patterns + 0.0, "<f8").tobytes()  # -0.0 + 0.0 is 0.0
    values = (data[start : start + 8] for start in range(0, len(data), 8))
    heads = b"".join(hashlib.sha1(value).digest()[:8] for value in values)
    return (np.frombuffer(heads, ">u8") / 2.0**64).reshape(patterns.shape)


def voxels(activity, size):
    """Average a grid of activity over blocks of `size` x `size`, as a scanner's voxels do.

    (The paper sums; the difference is a constant.)

    Parameters
    ----------
    activity : array_like, (..., rows, columns)
    size : int
        Divides the numbers of rows and columns.

    Returns
    -------
    ndarray, (..., rows / size, columns / size)

    Raises
    ------
    ValueError
        If a value is not a finite number, or `size` is below one or does not divide the grid.

    References
    ----------
    Guest & Love (2017), eLife 6:e21397, Figure 1.
    """
    activity = _checks.array("activity", activity, "(..., rows, columns)")
    size = _checks.count("size", size)
    *before, rows, columns = activity.shape
    if rows % size or columns % size:
        raise ValueError(
            f"size must divide the grid's rows and columns, {(rows, columns)}; it came as {size}"
        )
    blocks = activity.reshape(*before, rows // size, size, columns // size, size)
    return blocks.mean(axis=(-3, -1))


def _run_network(job):
    """One network's mean similarities (models, levels), and its sums for smoothness (6, models)."""
    seed, n_categories, n_levels, n_units, n_layers, rescaled = job
    rng = np.random.default_rng(seed)
    noise_sd = 0.05 * np.arange(n_levels)
    noise_sd[0] = 0.0001
    items = members(prototypes(n_categories, n_units, rng), noise_sd, rng)
    weights = rng.standard_normal((n_layers, n_units, n_units))

    # In place wherever possible, since new memory takes as much time as a tanh.
    items -= items.mean(axis=-1, keepdims=True)
    items /= np.sqrt(np.vecdot(items, items) / n_units)[..., None]
    stimuli = rescale(items) if rescaled else items.copy()
    gain = np.tanh(items, out=items)
    product = stimuli @ weights[0]  # mapping it to [-1, 1] as well would change no correlation
    similarities = [_with_first(model) for model in (stimuli, gain, product)]
    states = np.tanh(product, out=stimuli)
    similarities.append(_with_first(states))
    for w in weights[1:]:
        np.matmul(states, w, out=product)
        np.tanh(product, out=states)
        similarities.append(_with_first(states))

    x = similarities[0][:, 1:].ravel()
    sums = []
    for model in similarities:
        y = model[:, 1:].ravel()
        sums.append([len(x), x.sum(), y.sum(), x @ x, y @ y, x @ y])
    return np.mean(similarities, axis=1), np.transpose(sums)


def _with_first(patterns):
    """Pearson correlation of each category's items with its first, (categories, levels)."""
    x = np.einsum("clu->cl", patterns)
    xx = np.vecdot(patterns, patterns)
    xy = np.vecdot(patterns, patterns[:, :1])
    return _correlation([patterns.shape[-1], x, x[:, :1], xx, xx[:, :1], xy])


def _correlation(sums):
    """Pearson correlation from n and the sums of x, y, x^2, y^2 and xy."""
    n, x, y, xx, yy, xy = sums
    return (xy - x * y / n) / np.sqrt((xx - x * x / n) * (yy - y * y / n))
