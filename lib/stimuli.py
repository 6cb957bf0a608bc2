"""Categories of patterns: prototypes and their noisy members."""

from . import _checks


def prototypes(n_categories, n_units, rng):
    """Draw one prototype a category, every unit from a standard normal.

    Parameters
    ----------
    n_categories, n_units : int
        How many prototypes, and of how many units.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, (n_categories, n_units)

    Raises
    ------
    ValueError
        If a count is below one or `rng` is no generator.

    References
    ----------
    Guest (2017), Artificial Neural Networks with Random Weights are Baseline Models.
    """
    size = (_checks.count("n_categories", n_categories), _checks.count("n_units", n_units))
    return _checks.generator(rng).standard_normal(size)


def members(prototypes, noise_sd, rng):
    """Surround every prototype with members: the prototype plus noise of a given SD.

    Member i of a category is ``prototype + noise_sd[i] * z`` with a fresh standard normal `z`,
    drawn category by category and member by member.

    Parameters
    ----------
    prototypes : array_like, (..., n_units)
    noise_sd : array_like, (n_members,)
        The SD of each member's noise, in the units' own units.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, (..., n_members, n_units)

    Raises
    ------
    ValueError
        If an array is empty or not finite, `noise_sd` is not one-dimensional or holds a negative
        value, or `rng` is no generator.

    References
    ----------
    Guest (2017), Artificial Neural Networks with Random Weights are Baseline Models.
    """
    prototypes = _checks.array("prototypes", prototypes, "(..., n_units)")
    noise_sd = _checks.array("noise_sd", noise_sd, "(n_members,)")
    if noise_sd.min() < 0:
        raise ValueError(f"noise_sd must not be negative; its smallest value is {noise_sd.min()}")
    shape = (*prototypes.shape[:-1], len(noise_sd), prototypes.shape[-1])
    members = _checks.generator(rng).standard_normal(shape)
    members *= noise_sd[:, None]
    members += prototypes[..., None, :]
    return members


def normalize(patterns):
    """Shift and stretch every pattern to mean 0 and population SD 1 over its units.

    Parameters
    ----------
    patterns : array_like, (..., n_units)

    Returns
    -------
    ndarray, (..., n_units)

    Raises
    ------
    ValueError
        If `patterns` is empty or not finite, or a pattern is constant.

    References
    ----------
    Guest & Love (2017), eLife 6:e21397.
    """
    patterns = _checks.array("patterns", patterns, "(..., n_units)")
    patterns = patterns / _checks.not_constant("patterns", patterns)
    patterns -= patterns.mean(axis=-1, keepdims=True)
    # Under a large offset the first mean is itself rounded; the second takes what it left.
    patterns -= patterns.mean(axis=-1, keepdims=True)
    patterns /= patterns.std(axis=-1, keepdims=True)
    return patterns


def rescale(patterns, low=-1, high=1):
    """Map every pattern linearly to [low, high] by its own smallest and largest unit.

    Parameters
    ----------
    patterns : array_like, (..., n_units)
    low, high : float
        What the smallest and the largest unit become.

    Returns
    -------
    ndarray, (..., n_units)

    Raises
    ------
    ValueError
        If `patterns` is empty or not finite, a pattern is constant, or `low` is not below `high`.

    References
    ----------
    The preprocessing of the simulations behind Guest & Love (2017), eLife 6:e21397.
    """
    patterns = _checks.array("patterns", patterns, "(..., n_units)")
    _checks.not_constant("patterns", patterns)
    low, high = _checks.array("low and high", [low, high], "(2,)")
    if not low < high:
        raise ValueError(f"low must be below high; they came as {low} and {high}")
    smallest = patterns.min(axis=-1, keepdims=True)
    fraction = patterns - smallest
    fraction /= patterns.max(axis=-1, keepdims=True) - smallest
    # low (1 - f) + high f, unlike low + (high - low) f, ends on `high` to the bit.
    rescaled = 1 - fraction
    rescaled *= low
    fraction *= high
    rescaled += fraction
    return rescaled
