"""What every function of the package asks of its arguments."""

import reprlib

import numpy as np


def array(name, value, shape, advice="", keep=False, finite=True):
    """Return `value` as a float64 array with the axes that `shape` names: "(..., items, units)".

    It is `value` itself, not a copy, where that is such an array. `advice` says what to do about
    items with values that are not finite, which it then names. With `keep`, single and half
    precision stay as they are, and what lies in a file is read; without `finite`, values are not
    looked at.
    """
    if np.ma.is_masked(value):
        raise ValueError(f"{name} must have no masked values; leave these items out, or fill them")
    try:
        given = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name} must be one array {shape}; its rows differ in length") from None
    except (TypeError, RuntimeError) as error:
        raise ValueError(
            f"{name} must be an array that NumPy can read; it came as {type(value).__name__}:"
            f" {error}{_instead(value)}"
        ) from None
    if given.dtype.kind not in "biuf":
        raise ValueError(
            f"{name} must hold real numbers; it came with dtype {given.dtype}{_instead(given)}"
        )
    least = len([axis for axis in shape.strip("()").split(",") if axis.strip() not in ("", "...")])
    if given.ndim < least or (given.ndim > least and "..." not in shape):
        raise ValueError(f"{name} must have the shape {shape}; it came with shape {given.shape}")
    if given.size == 0:
        raise ValueError(f"{name} must not be empty; it came with shape {given.shape}")
    if not (keep and given.dtype in (np.float16, np.float32)):
        given = given.astype(np.float64, copy=False)
    if not finite:
        return given
    if keep and isinstance(value, np.memmap):
        given = np.array(given)
    fine = np.isfinite(given)
    if not fine.all():
        where = ""
        if advice:
            rows = np.flatnonzero(~fine.reshape(len(fine), -1).all(axis=1))
            where = f", in {items(rows)}"
        raise ValueError(
            f"{name} must be finite; {fine.size - np.count_nonzero(fine)} of its {given.size}"
            f" values are NaN or infinite{where}{advice}"
        )
    return given


def _instead(value):
    """What to write for arrays of other libraries that NumPy does not read, as far as is known."""
    if "bfloat16" in str(getattr(value, "dtype", "")):
        return '; turn it into single precision first, by .float() or .astype("float32")'
    if getattr(value, "requires_grad", False):
        return "; take the states under torch.no_grad(), or by .detach()"
    if str(getattr(value, "device", "cpu")) != "cpu":
        return "; copy it to the processor's memory first, by .cpu()"
    return ""


def sequence(name, value, what=""):
    """Return `value` as a list, or say that it is none and, with `what`, what it should hold."""
    try:
        return list(value)
    except TypeError:
        raise ValueError(f"{name} must be a sequence{what}; it came as {shown(value)}") from None


def count(name, value, least=1):
    """Return `value` as an int of at least `least`."""
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or value < least:
        raise ValueError(
            f"{name} must be a whole number of at least {least}; it came as {shown(value)}"
        )
    return int(value)


def not_negative(name, value):
    """Return `value` as a float that is finite and not below zero."""
    real = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    try:
        number = float(value) if real else np.nan
    except OverflowError:
        number = np.inf
    if not 0 <= number < np.inf:
        raise ValueError(f"{name} must be a finite number of at least 0; it came as {shown(value)}")
    return number


def flag(name, value):
    """Return `value` if it is True or False, so that no other setting passes for one."""
    if not isinstance(value, (bool, np.bool_)):
        raise ValueError(f"{name} must be True or False; it came as {shown(value)}")
    return value


def generator(rng):
    """Return `rng` if it is a numpy.random.Generator."""
    if not isinstance(rng, np.random.Generator):
        raise ValueError(
            f"rng must be a numpy.random.Generator, such as numpy.random.default_rng(1);"
            f" it came as {type(rng).__name__}"
        )
    return rng


def squashed(squash, total):
    """Return `squash` of `total` as float64, if it is a function that keeps the shape."""
    if not callable(squash):
        raise ValueError(f"squash must be a function of an array; it came as {shown(squash)}")
    result = np.asarray(squash(total))
    if result.shape != total.shape or result.dtype.kind not in "biuf":
        raise ValueError(
            f"squash must give real numbers in the shape that it is given, {total.shape};"
            f" it gave {result.dtype} in shape {result.shape}"
        )
    return result.astype(np.float64, copy=False)


def magnitude(value, axis):
    """Return the power of two at or just below the largest size along `axis`, keeping the axes.

    Divided by it, which is exact, numbers can be squared without overflow or underflow.
    """
    return _power_of_two(
        np.maximum(value.max(axis, keepdims=True), -value.min(axis, keepdims=True))
    )


def _power_of_two(size):
    return np.ldexp(1.0, np.frexp(size)[1] - 1)


def shown(value):
    """Return how `value` looks, cut short, on one line."""
    return " ".join(reprlib.repr(value).split())


def at_least(name, value, axis, least, what):
    """Refuse an array with fewer than `least` entries along `axis`."""
    if value.shape[axis] < least:
        raise ValueError(
            f"{name} must have at least {least} {what};"
            f" it came with {value.shape[axis]}, in shape {value.shape}"
        )


def not_constant(name, value):
    """Refuse an array with a pattern whose units are all equal; return the patterns' magnitude."""
    # The computed SD of equal numbers need not be 0, so the extremes decide.
    low, high = value.min(axis=-1, keepdims=True), value.max(axis=-1, keepdims=True)
    constant = low == high
    if np.any(constant):
        raise ValueError(
            f"{name} must not hold a constant pattern, whose correlation is undefined;"
            f" {np.count_nonzero(constant)} of {constant.size} are constant"
        )
    return _power_of_two(np.maximum(high, -low))


def items(indices, most=10):
    """Return the words "item 3", or "items 3, 8 and 17", of many only the first."""
    names = [str(index) for index in indices[:most]]
    if len(indices) > most:
        names.append(f"{len(indices) - most} more")
    if len(names) == 1:
        return f"item {names[0]}"
    return f"items {', '.join(names[:-1])} and {names[-1]}"


def groups(labels, n_items):
    """Return the indices of each label's items, by label."""
    try:
        labels = np.asarray(labels)
        values, which = np.unique(labels, return_inverse=True)
    except (TypeError, ValueError):  # rows of other lengths, or labels that have no order
        raise ValueError(
            f"groups must hold labels that can be sorted, numbers or strings;"
            f" it came as {shown(labels)}"
        ) from None
    if labels.shape != (n_items,):
        raise ValueError(
            f"groups must hold one label for each of the {n_items} items;"
            f" it came with shape {labels.shape}"
        )
    missing = np.flatnonzero(labels != labels)
    if len(missing):
        raise ValueError(
            f"groups must hold a label for every item; it has none for {items(missing)}"
        )
    return {str(value): np.flatnonzero(which == k) for k, value in enumerate(values)}
