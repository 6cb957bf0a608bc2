"""What many networks say together: their mean, and how far they differ or how well it is known.

The first axis is networks, of which there are at least two; each position in the axes after it,
such as layers, is a case of its own.
"""

import numpy as np
import pandas as pd
from scipy import stats

from . import _checks


def over_networks(values):
    """Mean over networks, with one standard deviation to either side: where is the next network?

    Parameters
    ----------
    values : array_like, (networks, ...)

    Returns
    -------
    mean, low, high : ndarray, (...)
        About two thirds of networks lie from low to high, if they are spread as a normal
        distribution is. The SD is the sample's, with networks - 1 in its denominator.

    Raises
    ------
    ValueError
        If there are fewer than two networks or a value is not a finite number.
    """
    mean, sd = _mean_and_sd(values)
    return mean, mean - sd, mean + sd


def of_the_mean(values):
    """Mean over networks, with its 95 % interval: where is the mean of very many networks?

    ``mean ± t SD / sqrt(networks)``, t of Student's distribution with networks - 1 degrees of
    freedom.

    Parameters
    ----------
    values : array_like, (networks, ...)

    Returns
    -------
    mean, low, high : ndarray, (...)

    Raises
    ------
    ValueError
        If there are fewer than two networks or a value is not a finite number.
    """
    mean, sd = _mean_and_sd(values)
    margin = _margin(values, sd)
    return mean, mean - margin, mean + margin


def mean_and_sd(values, digits=2):
    """Mean and standard deviation over networks as text, such as ``0.72 ± 0.09``.

    Parameters
    ----------
    values : array_like, (networks, ...)
    digits : int
        After the decimal point.

    Returns
    -------
    str or ndarray of str, (...)

    Raises
    ------
    ValueError
        If there are fewer than two networks, a value is not a finite number, or digits is not a
        whole number of at least 0.
    """
    return _told(*_mean_and_sd(values), digits)


def mean_and_margin(values, digits=3):
    """Mean over networks and half the width of its 95 % interval as text: ``0.717 ± 0.013``.

    Parameters
    ----------
    values : array_like, (networks, ...)
    digits : int
        After the decimal point.

    Returns
    -------
    str or ndarray of str, (...)

    Raises
    ------
    ValueError
        If there are fewer than two networks, a value is not a finite number, or digits is not a
        whole number of at least 0.

    See Also
    --------
    of_the_mean : The interval as numbers, and its equation.
    """
    mean, sd = _mean_and_sd(values)
    return _told(mean, _margin(values, sd), digits)


def table(columns, name, rows=None, digits=2, told=mean_and_sd):
    """Means over networks as a table: a column a measure, a row a case, such as a layer.

    Parameters
    ----------
    columns : dict
        Name of the measure to its values, (networks, rows).
    name : str
        What the rows are; stands above their labels, with what the ± is.
    rows : sequence, optional
        The labels; without, the rows are counted from 0, as layers are.
    digits : int
        After the decimal point.
    told : callable
        `mean_and_sd` or `mean_and_margin`.

    Returns
    -------
    pandas.DataFrame
        Of str.

    Raises
    ------
    ValueError
        If the measures are none, or not of as many rows as each other or as there are labels, or
        where `told` refuses them or the digits.
    """
    if not isinstance(columns, dict) or not columns:
        raise ValueError(
            f"columns must be a dict with at least one entry; it came as {_checks.shown(columns)}"
        )
    if told not in (mean_and_sd, mean_and_margin):
        raise ValueError(
            f"told must be mean_and_sd or mean_and_margin; it came as {_checks.shown(told)}"
        )
    columns = {
        str(measure): _checks.array(str(measure), values, "(networks, rows)")
        for measure, values in columns.items()
    }
    lengths = {measure: values.shape[1] for measure, values in columns.items()}
    labels = range(max(lengths.values())) if rows is None else _checks.sequence("rows", rows)
    if set(lengths.values()) != {len(labels)}:
        raise ValueError(
            f"columns must hold values of {len(labels)} rows each; they came with {lengths}"
        )
    cells = {measure: told(values, digits) for measure, values in columns.items()}
    spread = "SD" if told is mean_and_sd else "95 %"
    return pd.DataFrame(cells, index=labels).rename_axis(columns=f"{name} (± {spread})")


def _mean_and_sd(values):
    values = _checks.array("values", values, "(networks, ...)")
    _checks.at_least("values", values, 0, 2, "networks")
    return values.mean(axis=0), values.std(axis=0, ddof=1)


def _margin(values, sd):
    n = len(values)
    return stats.t.ppf(0.975, n - 1) * sd / np.sqrt(n)


def _told(mean, margin, digits):
    _checks.count("digits", digits, least=0)
    # "z": a mean of -0.001 is 0.00, and not -0.00.
    told = [f"{m:z.{digits}f} ± {s:.{digits}f}" for m, s in zip(mean.flat, margin.flat)]
    return np.array(told, dtype=object).reshape(mean.shape)[()]
