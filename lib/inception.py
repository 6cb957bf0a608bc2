"""Inception-v3 in plain NumPy: its architecture as a table, untrained weights, and its states."""

from typing import NamedTuple

import numpy as np

from . import _checks

EPSILON = 0.001  # what batch normalisation adds to a variance

# Place by place, each branch from its input to its end; the branches' units are joined in this
# order. "3x3 96" is a convolution to 96 units with a kernel three high and three wide; it ends in
# batch normalisation, where there is any, and ReLU. "/2" moves the kernel two at a time, and
# "inside" keeps it off the border, as "max" does, which takes the largest of 3 x 3; "average" takes
# their mean, of those inside. What stands in parentheses goes two ways from there.
STEM = "3x3 32 /2 inside, 3x3 32 inside, 3x3 64, max, 1x1 80, 3x3 192 inside, max"
ARCHITECTURE = {
    "mixed": ["1x1 64", "1x1 48, 5x5 64", "1x1 64, 3x3 96, 3x3 96", "average, 1x1 32"],
    "mixed_1": ["1x1 64", "1x1 48, 5x5 64", "1x1 64, 3x3 96, 3x3 96", "average, 1x1 64"],
    "mixed_2": ["1x1 64", "1x1 48, 5x5 64", "1x1 64, 3x3 96, 3x3 96", "average, 1x1 64"],
    "mixed_3": ["3x3 384 /2 inside", "1x1 64, 3x3 96, 3x3 96 /2 inside", "max"],
    **{
        place: [
            "1x1 192",
            f"1x1 {n}, 1x7 {n}, 7x1 192",
            f"1x1 {n}, 7x1 {n}, 1x7 {n}, 7x1 {n}, 1x7 192",
            "average, 1x1 192",
        ]
        for place, n in [("mixed_4", 128), ("mixed_5", 160), ("mixed_6", 160), ("mixed_7", 192)]
    },
    "mixed_8": [
        "1x1 192, 3x3 320 /2 inside",
        "1x1 192, 1x7 192, 7x1 192, 3x3 192 /2 inside",
        "max",
    ],
    **{
        place: [
            "1x1 320",
            "1x1 384, (1x3 384 | 3x1 384)",
            "1x1 448, 3x3 384, (1x3 384 | 3x1 384)",
            "average, 1x1 192",
        ]
        for place in ("mixed_9", "mixed_10")
    },
}
CLASSES = 1000


class Convolution(NamedTuple):
    """A kernel, (height, width, n_in, n_out), and what normalises its totals.

    ``normal`` is None for nothing, ``"batch"`` for the mean and the variance of the pictures that
    come, or each unit's ``(mean, variance, shift)``, three arrays (n_out,).
    """

    kernel: np.ndarray
    normal: object = None


def random_weights(rng, kind="he"):
    """Draw weights for the whole network, of which the convolutions have 21.8 million.

    Parameters
    ----------
    rng : numpy.random.Generator
    kind : str
        ``"he"``: normal with SD ``sqrt(2 / n)``, n the values that a unit receives, and nothing
        that normalises. ``"batch"``: the same with batch normalisation by the pictures' own
        statistics. ``"keras"``: uniform to either side of 0 up to ``sqrt(6 / (n + m))``, m the
        values that it sends, with batch normalisation as the framework makes it, mean 0 and
        variance 1.

    Returns
    -------
    dict
        Of ``Convolution``, by place, branch and step, such as ``"mixed_4.2.1"``; and under
        ``"softmax"`` the last matrix, (2048, 1000).

    Raises
    ------
    ValueError
        If `rng` is no generator or `kind` is none of these.

    References
    ----------
    Szegedy, Vanhoucke, Ioffe, Shlens & Wojna (2016), Rethinking the Inception Architecture;
    He, Zhang, Ren & Sun (2015), Delving Deep into Rectifiers; Glorot & Bengio (2010).
    """
    rng = _checks.generator(rng)
    if not isinstance(kind, str) or kind not in ("he", "batch", "keras"):
        raise ValueError(f'kind must be "he", "batch" or "keras"; it came as {_checks.shown(kind)}')

    def draw(*shape):
        received, sent = np.prod(shape[:-1]), np.prod(shape[:-2]) * shape[-1]
        if kind == "keras":
            limit = np.float32(np.sqrt(6 / (received + sent)))
            return limit * (2 * rng.random(shape, np.float32) - 1)
        return np.float32(np.sqrt(2 / received)) * rng.standard_normal(shape, np.float32)

    weights = {}
    for name, shape in kernels().items():
        n_out = shape[-1]
        standard = np.zeros(n_out), np.ones(n_out), np.zeros(n_out)
        normal = {"he": None, "batch": "batch", "keras": standard}[kind]
        weights[name] = Convolution(draw(*shape), normal)
    return weights | {"softmax": draw(2048, CLASSES)}


def kernels():
    """Name the convolutions and give the shape of each one's kernel.

    Returns
    -------
    dict
        Name to ``(height, width, n_in, n_out)``, in the order of the table.
    """
    shapes = {}

    def convolved(n_in, name, height, width, n_out, stride, inside):
        shapes[name] = height, width, n_in, n_out
        return n_out

    for _ in through(3, convolved, lambda n, kind: n, sum):
        pass
    return shapes


def states(pictures, weights):
    """Send pictures through the network.

    Parameters
    ----------
    pictures : array_like, (n, 299, 299, 3)
        Red, green and blue from -1 to 1.
    weights : dict
        As `random_weights` gives them.

    Returns
    -------
    dict
        The paper's places, ``mixed`` to ``mixed_10``, each with an array (n, rows, columns, units),
        then ``pool_3``, (n, 2048), the means over rows and columns, and ``softmax``, (n, 1000).
        Single precision.

    Raises
    ------
    ValueError
        If the pictures have another shape or go beyond -1 or 1, or a kernel is missing or of
        another shape.

    Notes
    -----
    The pool of ``mixed_10`` is a mean, as in the network that people use today (Keras's
    `InceptionV3`); in the one of 2015, whose states the paper took, it is a maximum.

    References
    ----------
    Szegedy, Vanhoucke, Ioffe, Shlens & Wojna (2016), Rethinking the Inception Architecture.
    """
    pictures = _pictures(pictures)
    for name, shape in {**kernels(), "softmax": (2048, CLASSES)}.items():
        given = getattr(weights.get(name), "kernel", weights.get(name))
        if np.shape(given) != shape:
            raise ValueError(
                f"weights must have {name} in the shape {shape}; it came with {np.shape(given)}"
            )

    def convolved(x, name, height, width, n_out, stride, inside):
        kernel, normal = weights[name]
        totals = convolution(x, kernel, stride, inside)
        return np.maximum(_normalised(totals, normal), 0, out=totals)

    places = dict(
        through(
            pictures.astype(np.float32),
            convolved,
            lambda x, kind: largest_near(x) if kind == "max" else mean_near(x),
            lambda parts: np.concatenate(list(parts), axis=-1),
        )
    )
    places["pool_3"] = places["mixed_10"].mean(axis=(1, 2))
    totals = places["pool_3"] @ weights["softmax"]
    e = np.exp(totals - totals.max(axis=1, keepdims=True))
    return places | {"softmax": e / e.sum(axis=1, keepdims=True)}


def through(x, convolved, pooled, joined):
    """Read the table: send anything through the architecture that knows these three steps.

    Parameters
    ----------
    x : object
        What stands for the pictures: pictures, or only how many units they have.
    convolved : callable
        Of ``(x, name, height, width, n_out, stride, inside)``, what a convolution makes of `x`.
    pooled : callable
        Of ``(x, kind)``, kind ``"max"`` or ``"average"``.
    joined : callable
        Of an iterable of the branches' ends, in the order of the table.

    Yields
    ------
    place : str
        ``"mixed"`` to ``"mixed_10"``.
    x : object
        What has come of `x` there.
    """
    x = _branch(x, "stem", STEM, convolved, pooled, joined)
    for place, branches in ARCHITECTURE.items():
        x = joined(
            _branch(x, f"{place}.{k}", branch, convolved, pooled, joined)
            for k, branch in enumerate(branches)
        )
        yield place, x


def wide_similarity(pictures, relu=True):
    """Compute how similar He's untrained network would make pictures if it had units without end.

    No weight is drawn. Kept are, at each place of the grid, the mean product of two pictures'
    states over units and the mean state of each. A convolution makes totals whose mean product
    is twice the mean of the products that its kernel covers, and ReLU makes of two totals of
    variances v and w and angle t the mean product ``sqrt(v w) (sin t + (pi - t) cos t) / (2 pi)``
    and the mean ``sqrt(v / (2 pi))``. A pool is taken as if the places that it covers were alike,
    and a branch counts in proportion to its units.

    Parameters
    ----------
    pictures : array_like, (n, 299, 299, 3)
        From -1 to 1.
    relu : bool
        Without it a convolution gives its totals, which need no doubling.

    Returns
    -------
    dict
        ``mixed`` to ``mixed_10``, each with the pictures' Pearson correlations, (n, n).

    Raises
    ------
    ValueError
        If the pictures have another shape or go beyond -1 or 1.

    Notes
    -----
    Memory grows with n squared: forty pictures take 1.6 GB, and a quarter of a minute.

    References
    ----------
    Cho & Saul (2009), Kernel Methods for Deep Learning, for the mean product.
    """
    pictures = _pictures(pictures).astype(np.float32)

    def convolved(x, name, height, width, n_out, stride, inside):
        products = _mean_under(x[0], height, width, stride, inside)
        if not relu:
            return products, np.zeros(products.shape[1:], np.float32), n_out
        products *= 2
        root = np.sqrt(np.einsum("aa...->a...", products))
        norm = root[:, None] * root
        cosine = np.divide(products, norm, out=np.zeros_like(norm), where=norm > 0)
        cosine = cosine.clip(-1, 1, out=cosine)
        angle = np.arccos(cosine)
        products = norm * (np.sqrt(1 - cosine**2) + (np.pi - angle) * cosine) / (2 * np.pi)
        return products, root / np.float32(np.sqrt(2 * np.pi)), n_out

    def pooled(x, kind):
        how = {"max": (2, True), "average": (1, False)}[kind]
        inside = _mean_under(np.ones_like(x[1][:1]), 3, 3, *how)
        return *(_mean_under(part, 3, 3, *how) / inside for part in x[:2]), x[2]

    def joined(branches):
        branches = list(branches)
        n_units = sum(n for _, _, n in branches)
        shares = [np.float32(n / n_units) for _, _, n in branches]
        return *(sum(s * b[k] for s, b in zip(shares, branches)) for k in (0, 1)), n_units

    products = np.einsum("apqc,bpqc->abpq", pictures, pictures) / 3
    correlations = {}
    for place, x in through((products, pictures.mean(axis=-1), 3), convolved, pooled, joined):
        product, mean = (part.mean(axis=(-2, -1), dtype=float) for part in x[:2])
        covariance = product - np.outer(mean, mean)
        sd = np.sqrt(np.diag(covariance))
        correlations[place] = covariance / np.outer(sd, sd)
    return correlations


def convolution(x, kernel, stride=1, inside=False):
    """Apply a kernel at every place of pictures: one matrix product for each of its positions.

    Parameters
    ----------
    x : ndarray, (n, rows, columns, n_in)
    kernel : ndarray, (height, width, n_in, n_out)
    stride : int
        How far the kernel moves at a time.
    inside : bool
        Keep it off the border; else zeros stand around the picture, as many as give each of its
        places a total.

    Returns
    -------
    ndarray, (n, rows, columns, n_out)
    """
    height, width, n_in, n_out = kernel.shape
    if not inside:
        border = [(side // 2, side // 2) for side in (height, width)]
        x = np.pad(x, [(0, 0), *border, (0, 0)])
    rows, columns = ((x.shape[k + 1] - kernel.shape[k]) // stride + 1 for k in (0, 1))
    totals = np.zeros((len(x), rows * columns, n_out), np.float32)
    for picture, total in zip(x, totals):
        for i in range(height):
            for j in range(width):
                seen = picture[i : i + stride * rows : stride, j : j + stride * columns : stride]
                total += seen.reshape(-1, n_in) @ kernel[i, j]
    return totals.reshape(len(x), rows, columns, n_out)


def largest_near(x):
    """The largest of each 3 x 3 places, two further at a time, off the border."""
    return np.maximum.reduce(_near(x, 2))


def mean_near(x):
    """The mean of each 3 x 3 places, of those that are inside the picture."""
    ring = [(0, 0), (1, 1), (1, 1), (0, 0)]
    n_inside = sum(_near(np.pad(np.ones((1, *x.shape[1:3], 1), np.float32), ring), 1))
    return sum(_near(np.pad(x, ring), 1)) / n_inside


def _pictures(pictures):
    """Pictures of the network's size, from -1 to 1, or refuse them."""
    pictures = _checks.array("pictures", pictures, "(n, 299, 299, 3)", keep=True)
    if pictures.shape[1:] != (299, 299, 3):
        raise ValueError(
            f"pictures must have the shape (n, 299, 299, 3); they came with {pictures.shape}"
        )
    largest = np.abs(pictures).max()
    if largest > 1:
        raise ValueError(f"pictures must lie in [-1, 1]; one has a value of size {largest:g}")
    return pictures


def _mean_under(x, height, width, stride, inside):
    """The mean of what a kernel covers, at each place of the last two axes, zeros around them."""
    if not inside:
        border = [(side // 2, side // 2) for side in (height, width)]
        x = np.pad(x, [(0, 0)] * (x.ndim - 2) + border)
    rows, columns = ((x.shape[-2] - height) // stride + 1, (x.shape[-1] - width) // stride + 1)
    total = np.zeros((*x.shape[:-2], rows, columns), x.dtype)
    for i in range(height):
        for j in range(width):
            total += x[..., i : i + stride * rows : stride, j : j + stride * columns : stride]
    return total / (height * width)


def _near(x, stride):
    """The places of 3 x 3, one view for each."""
    rows, columns = ((side - 3) // stride + 1 for side in x.shape[1:3])
    return [
        x[:, i : i + stride * rows : stride, j : j + stride * columns : stride]
        for i in range(3)
        for j in range(3)
    ]


def _normalised(totals, normal):
    """Batch normalisation, in place; (x - mean) / sqrt(variance + epsilon) + shift."""
    if normal is None:
        return totals
    if isinstance(normal, str):
        normal = totals.mean(axis=(0, 1, 2)), totals.var(axis=(0, 1, 2)), 0
    mean, variance, shift = normal
    totals -= np.float32(mean)
    totals /= np.float32(np.sqrt(variance + EPSILON))
    totals += np.float32(shift)
    return totals


def _branch(x, name, steps, convolved, pooled, joined):
    steps, *fork = steps.rstrip(")").split(", (")
    for k, step in enumerate(steps.split(", ")):
        if step in ("max", "average"):
            x = pooled(x, step)
        else:
            x = convolved(x, f"{name}.{k}", *_read(step))
    if fork:
        ways = fork[0].split(" | ")
        x = joined(convolved(x, f"{name}.{way}", *_read(step)) for way, step in zip("ab", ways))
    return x


def _read(step):
    """A convolution's height, width, units, stride and whether it stays inside."""
    size, n_out, *how = step.split()
    height, width = map(int, size.split("x"))
    return height, width, int(n_out), 2 if "/2" in how else 1, "inside" in how
