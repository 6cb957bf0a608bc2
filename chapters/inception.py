"""Compute chapter 16's matrices anew: `make inception PHOTOS=folder`.

The photographs are the paper's forty, of whose authors and licences nothing is
recorded. They may be computed with and not be shown or shipped: what is stored,
in inception.npz, is how similar two of them are in untrained networks.
"""

import hashlib
import sys
import urllib.request
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from urllib.parse import quote

import numpy as np
from PIL import Image

from lib.inception import (
    convolution,
    random_weights,
    states,
    through,
    wide_similarity,
)
from lib.similarity import similarity_matrix

HERE = Path(__file__).parent
SOURCE = (
    "https://raw.githubusercontent.com/oliviaguest/brain-imaging-and-the-neural-code/"
    "90aa47c3e0c998b133c49d82fc4b66d2824863f6/inception-v3/img/"
)
N_TWINS = 10
PAIRS = np.triu_indices(40, 1)
FOUR = "mixed", "mixed_4", "mixed_8", "mixed_10"


def names_and_hashes():
    """The forty in the published matrices' order, with each file's SHA-256."""
    lines = (
        (HERE / "inception-photographs.txt")
        .read_text(encoding="utf-8")
        .splitlines()
    )
    return [tuple(line.split("  ", 1)[::-1]) for line in lines]


def photographs(folder):
    """The forty, fetching what is not there: (40, 299, 299, 3), -1 to 1."""
    pictures = []
    for name, expected in names_and_hashes():
        path = Path(folder) / name
        if not path.exists():
            fetch(name, path)
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != expected:
            sys.exit(
                f"{path} must be the paper's photograph, of the SHA-256"
                f" {expected}; it came with {found}"
            )
        with Image.open(path) as image:
            pictures.append(
                resized(np.asarray(image.convert("RGB"), dtype=np.float64))
            )
    return np.float32((np.array(pictures) - 128) / 128)


def fetch(name, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with urllib.request.urlopen(SOURCE + quote(name), timeout=60) as answer:
            path.write_bytes(answer.read())
    except OSError as error:
        sys.exit(
            f"{path} is missing and could not be fetched from {SOURCE}"
            f" ({error}): put the paper's photographs there, or run this where"
            f" there is a network"
        )


def resized(image, size=299):
    """Bilinear, as TensorFlow 1 did it: row k was row k · height / size."""
    for axis in (0, 1):
        source = np.arange(size) * image.shape[axis] / size
        low = source.astype(int)
        high = np.minimum(low + 1, image.shape[axis] - 1)
        share = np.expand_dims(source - low, tuple({0, 1, 2} - {axis}))
        image = (1 - share) * image.take(low, axis) + share * image.take(
            high, axis
        )
    return image


def matched(pictures):
    """The same mean and SD in each colour, as far as -1 to 1 holds them."""
    mean, sd = (
        pictures.mean(axis=(1, 2), keepdims=True),
        pictures.std(axis=(1, 2), keepdims=True),
    )
    return np.clip(
        (pictures - mean) / sd * sd.mean(axis=0) + mean.mean(axis=0), -1, 1
    )


def similarities(pictures, kind, seed):
    """Each pair's correlation by place, and with the units' means taken off."""
    places = states(pictures, random_weights(np.random.default_rng(seed), kind))
    flat = [x.reshape(len(x), -1) for x in places.values()]
    centred = [similarity_matrix(x - x.mean(axis=0))[PAIRS] for x in flat]
    return rounded([similarity_matrix(x)[PAIRS] for x in flat]), steps(centred)


def mean_products(pictures):
    """The mean of two pictures' product over places and colours."""
    flat = pictures.reshape(len(pictures), -1).astype(np.float64)
    gram = flat @ flat.T / flat.shape[1]
    return np.float32(gram[np.triu_indices(len(flat))])


def without_pools(pictures, seed):
    """At four places, of a network that steps where another would pool."""
    weights = random_weights(np.random.default_rng(seed))

    def convolved(x, name, height, width, n_out, stride, inside):
        totals = convolution(x, weights[name].kernel, stride, inside)
        return np.maximum(totals, 0, out=totals)

    def pooled(x, kind):
        return x[:, 1:-1:2, 1:-1:2] if kind == "max" else x

    def joined(branches):
        return np.concatenate([*branches], axis=-1)

    return four(
        (place, similarity_matrix(x.reshape(len(x), -1)))
        for place, x in through(pictures, convolved, pooled, joined)
    )


def four(matrices):
    """The pairs at four places, (4, pairs)."""
    return np.array(
        [r[np.triu_indices(len(r), 1)] for p, r in matrices if p in FOUR]
    )


def rounded(r):
    """Ten thousandths."""
    return np.int16(np.round(1e4 * np.array(r)))


def steps(r):
    """The 256 steps from -1 to 1 in which the published matrices are known."""
    return np.uint8(np.minimum(128 * (np.array(r) + 1), 255))


def digest(arrays):
    """What tells an array that was edited by hand, (32,)."""
    sha = hashlib.sha256()
    for name in sorted(arrays):
        if name != "digest":
            sha.update(name.encode() + arrays[name].tobytes())
    return np.frombuffer(sha.digest(), np.uint8)


def main(folder):
    pictures = photographs(folder)
    like = matched(pictures)
    inputs = [
        similarity_matrix(x.reshape(40, -1))[PAIRS] for x in (pictures, like)
    ]
    stored = dict(np.load(HERE / "inception.npz"))
    arrays = {"published": stored["published"], "inputs": rounded(inputs)}
    kinds = {
        "he": pictures,
        "batch": pictures,
        "keras": pictures,
        "matched": like,
    }
    with ProcessPoolExecutor(2) as pool:
        for name, x in kinds.items():
            kind = "he" if name == "matched" else name
            jobs = [
                pool.submit(similarities, x, kind, k) for k in range(N_TWINS)
            ]
            plain, centred = zip(*[job.result() for job in jobs])
            arrays[name] = np.array(plain)
            if name != "matched":
                arrays[f"{name}_centred"] = np.array(centred)
            print(f"{name}: {N_TWINS} networks", flush=True)
        jobs = [pool.submit(without_pools, pictures, k) for k in range(N_TWINS)]
        arrays["no_pools"] = rounded(
            np.mean([job.result() for job in jobs], axis=0)
        )
    for name, relu in [("wide", True), ("wide_linear", False)]:
        wide = wide_similarity(pictures, relu)
        arrays[name] = rounded(four(wide.items()))
    arrays["gram"] = mean_products(pictures)
    arrays["digest"] = digest(arrays)
    np.savez_compressed(HERE / "inception.npz", **arrays)


if __name__ == "__main__":
    main(sys.argv[1])
