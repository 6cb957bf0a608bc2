"""Inception-v3: its table gives the published sizes, and its parts what loops over places give.

That the whole network computes what Keras computes is looked at in tests/keras.
"""

import inception as matrices
import numpy as np
import pytest
from building import ROOT
from PIL import Image
from scipy.signal import correlate

from lib.inception import (
    ARCHITECTURE,
    Convolution,
    convolution,
    kernels,
    largest_near,
    mean_near,
    random_weights,
    states,
    wide_similarity,
)
from lib.theory import mean_product

PHOTOGRAPHS = ROOT.parent / "shared/inception/photos"
SHAPES = {
    "mixed": (35, 35, 256),
    **dict.fromkeys(["mixed_1", "mixed_2"], (35, 35, 288)),
    **dict.fromkeys([f"mixed_{k}" for k in range(3, 8)], (17, 17, 768)),
    "mixed_8": (8, 8, 1280),
    **dict.fromkeys(["mixed_9", "mixed_10"], (8, 8, 2048)),
    "pool_3": (2048,),
    "softmax": (1000,),
}


def rng(seed=1):
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def pictures():
    return rng(7).uniform(-1, 1, (2, 299, 299, 3))


# The table


def test_places_and_weights_are_those_of_the_published_network():
    shapes = kernels()
    assert len(shapes) == 94
    # With a mean, a variance and a shift for each unit, Keras's 21,802,784 without the top.
    assert sum(np.prod(shape) + 3 * shape[-1] for shape in shapes.values()) == 21_802_784
    assert [name for name in shapes if not name.startswith("stem")][0] == "mixed.0.0"
    assert shapes["stem.0"] == (3, 3, 3, 32)
    assert shapes["mixed_4.2.1"] == (7, 1, 128, 128)
    assert shapes["mixed_10.2.b"] == (3, 1, 384, 384)
    assert list(ARCHITECTURE) == list(SHAPES)[:-2]


@pytest.mark.parametrize("kind", ["he", "batch", "keras"])
def test_states_have_the_papers_places_and_are_finite(kind, pictures):
    places = states(pictures[: 2 if kind == "batch" else 1], random_weights(rng(), kind))
    assert {place: x.shape[1:] for place, x in places.items()} == SHAPES
    assert all(x.dtype == np.float32 and np.all(np.isfinite(x)) for x in places.values())
    assert all(x.min() >= 0 and np.ptp(x) > 0 for x in places.values())
    assert np.allclose(places["pool_3"], places["mixed_10"].mean(axis=(1, 2)), rtol=1e-5)
    assert np.allclose(places["softmax"].sum(axis=1), 1, rtol=1e-5)


def test_pictures_do_not_see_each_other_but_for_the_batchs_statistics(pictures):
    for kind, own in [("he", True), ("batch", False)]:
        weights = random_weights(rng(), kind)
        alone, both = (states(x, weights)["pool_3"][:1] for x in (pictures[:1], pictures))
        assert np.allclose(alone, both, rtol=1e-3) == own


# Weights


def test_weights_have_the_spread_of_their_kind():
    for kind in ("he", "batch", "keras"):
        weights = random_weights(rng(), kind)
        for name in ("stem.1", "mixed_4.2.1", "mixed_8.0.1", "softmax"):
            kernel = getattr(weights[name], "kernel", weights[name])
            received = np.prod(kernel.shape[:-1])
            sent = np.prod(kernel.shape[:-2]) * kernel.shape[-1]
            sd = np.sqrt(2 / (received + sent) if kind == "keras" else 2 / received)
            assert kernel.std() == pytest.approx(sd, rel=5 / np.sqrt(2 * kernel.size))
            assert abs(kernel.mean()) < 5 * sd / np.sqrt(kernel.size)
            largest = np.abs(kernel).max() / sd
            assert (largest < np.sqrt(3) + 1e-6) == (kind == "keras")
        drawn = random_weights(rng(), kind)["mixed.0.0"].kernel
        assert np.array_equal(drawn, weights["mixed.0.0"].kernel)
        other = random_weights(rng(2), kind)["mixed.0.0"].kernel
        assert not np.any(other == drawn)


# The parts


@pytest.mark.parametrize("shape", [(3, 3), (1, 7), (7, 1), (5, 5), (1, 1)])
@pytest.mark.parametrize("stride, inside", [(1, True), (2, True), (1, False)])
def test_convolution_is_scipys_correlation(shape, stride, inside):
    x = rng().standard_normal((2, 11, 13, 3)).astype(np.float32)
    kernel = rng(2).standard_normal((*shape, 3, 4)).astype(np.float32)
    result = convolution(x, kernel, stride, inside)
    for k, picture in enumerate(x):
        for unit in range(4):
            whole = sum(
                correlate(picture[..., c], kernel[..., c, unit], "valid" if inside else "same")
                for c in range(3)
            )
            assert np.allclose(result[k, ..., unit], whole[::stride, ::stride], atol=1e-4)


@pytest.mark.parametrize("size", [7, 8])
def test_pools_are_loops_over_places(size):
    x = rng().standard_normal((2, size, size, 3)).astype(np.float32)
    largest, mean = largest_near(x), mean_near(x)
    assert largest.shape == (2, (size - 1) // 2, (size - 1) // 2, 3)
    assert mean.shape == x.shape
    for i in range(size):
        for j in range(size):
            near = x[:, max(0, i - 1) : i + 2, max(0, j - 1) : j + 2]
            assert np.allclose(mean[:, i, j], near.mean(axis=(1, 2)), atol=1e-6)
    for i in range(largest.shape[1]):
        for j in range(largest.shape[2]):
            near = x[:, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3]
            assert np.array_equal(largest[:, i, j], near.max(axis=(1, 2)))


def test_batch_statistics_are_each_units_over_pictures_and_places(pictures):
    """The first convolution's totals, normalised by hand, give the same network."""
    weights = random_weights(rng(), "batch")
    totals = convolution(pictures.astype(np.float32), weights["stem.0"].kernel, 2, True)
    flat = totals.reshape(-1, 32).astype(float)
    own = flat.mean(axis=0), flat.var(axis=0), np.zeros(32)
    by_hand = weights | {"stem.0": Convolution(weights["stem.0"].kernel, own)}
    places = [states(pictures, w)["mixed"] for w in (weights, by_hand)]
    assert np.allclose(*places, rtol=1e-3, atol=1e-4)


# The theory


def test_wide_similarity_is_what_many_twins_give_without_pools():
    """Pictures that vary slowly, so that what a pool covers is alike."""
    rows, columns = np.mgrid[0:299, 0:299][..., None] / 299
    down, across, phase = rng().uniform(1, 6, (3, 6, 1, 1, 3))
    pictures = np.float32(np.cos(down * rows + across * columns + phase))
    pictures *= np.float32(rng(3).uniform(0.3, 1, (6, 1, 1, 1)))
    wide = wide_similarity(pictures)
    assert list(wide) == list(ARCHITECTURE)
    r = wide["mixed"][np.triu_indices(6, 1)]
    twins = [matrices.without_pools(pictures, seed)[0] for seed in range(8)]
    assert np.ptp(r) > 0.2
    assert np.abs(r - np.mean(twins, axis=0)).max() < 0.1
    assert np.corrcoef(r, np.mean(twins, axis=0))[0, 1] > 0.95
    for x in wide.values():
        assert np.allclose(np.diag(x), 1) and np.allclose(x, x.T)


def test_wide_layers_are_chapter_12s_and_branches_count_by_their_units(monkeypatch):
    """With kernels of one place, and pictures of one colour each."""
    monkeypatch.setattr("lib.inception.STEM", "1x1 8")
    monkeypatch.setattr("lib.inception.ARCHITECTURE", {"mixed": ["1x1 24", "1x1 8, 1x1 8"]})
    colours = np.array([[0.9, -0.3, 0.2], [0.1, 0.6, 0.5]])
    pictures = np.broadcast_to(colours[:, None, None], (2, 299, 299, 3))

    squares, product, layers = np.mean(colours**2, axis=1), np.mean(colours[0] * colours[1]), []
    for _ in range(3):  # totals have twice the mean square; ReLU keeps half of it
        variances, c = 2 * squares, product / np.sqrt(squares.prod())
        product = mean_product(*variances, c, lambda total: np.maximum(total, 0))
        layers.append([*squares, product, *np.sqrt(variances / (2 * np.pi))])
    v, w, product, *means = 0.75 * np.array(layers[1]) + 0.25 * np.array(layers[2])
    covariance = product - means[0] * means[1]
    r = covariance / np.sqrt((v - means[0] ** 2) * (w - means[1] ** 2))
    assert wide_similarity(pictures)["mixed"][0, 1] == pytest.approx(r, abs=1e-5)
    cosine = colours[0] @ colours[1] / np.linalg.norm(colours, axis=1).prod()
    linear = wide_similarity(pictures, relu=False)["mixed"][0, 1]
    assert linear == pytest.approx(cosine, abs=1e-5)


# Bad input


def refused(function, *arguments):
    with pytest.raises(ValueError) as caught:
        function(*arguments)
    return str(caught.value)


def test_bad_input(pictures):
    weights = random_weights(rng())
    assert refused(states, 128 * pictures, weights).startswith("pictures must lie in [-1, 1]; one")
    assert refused(states, pictures[:, :, :-1], weights) == (
        "pictures must have the shape (n, 299, 299, 3); they came with (2, 299, 298, 3)"
    )
    assert refused(states, pictures[0], weights).startswith("pictures must have the shape (n, 299")
    assert refused(states, pictures * np.nan, weights).startswith("pictures must be finite")
    lacking = {name: w for name, w in weights.items() if name != "mixed_9.1.a"}
    assert refused(states, pictures, lacking) == (
        "weights must have mixed_9.1.a in the shape (1, 3, 384, 384); it came with ()"
    )
    turned = weights | {"mixed_9.1.a": Convolution(weights["mixed_9.1.b"].kernel)}
    assert refused(states, pictures, turned).endswith("it came with (3, 1, 384, 384)")
    assert refused(random_weights, rng(), "He") == (
        'kind must be "he", "batch" or "keras"; it came as \'He\''
    )
    assert refused(random_weights, 1).startswith("rng must be a numpy.random.Generator")


# The matrices of chapter 16


@pytest.fixture(scope="module")
def stored():
    return dict(np.load(ROOT / "chapters/inception.npz"))


def test_stored_matrices_are_complete_and_small(stored):
    kinds = ["he", "batch", "keras"]
    names = [*kinds, *[f"{kind}_centred" for kind in kinds], "matched"]
    assert {name: x.shape for name, x in stored.items()} == {
        "published": (14, 780),
        "inputs": (2, 780),
        **dict.fromkeys(names, (10, 13, 780)),
        **dict.fromkeys(["no_pools", "wide", "wide_linear"], (4, 780)),
        "gram": (820,),
        "digest": (32,),
    }
    for name in names:
        assert np.all(np.ptp(stored[name], axis=-1) > 0)
        assert len(np.unique(stored[name][:, 3], axis=0)) == 10  # no two twins of one seed
    assert np.array_equal(matrices.digest(stored), stored["digest"])  # none was edited by hand
    assert (ROOT / "chapters/inception.npz").stat().st_size <= 1_000_000


def test_theory_is_what_ten_twins_without_pools_have_on_average(stored):
    for wide, no_pools in zip(stored["wide"], stored["no_pools"], strict=True):
        assert np.corrcoef(wide, no_pools)[0, 1] > 0.97
        assert np.abs(wide - no_pools.astype(int)).mean() < 300


def test_photographs_are_in_the_order_of_the_published_matrices(stored):
    """What the pictures themselves correlate is the first matrix, known to 0.004."""
    published = (stored["published"][0] + 0.5) / 256 * 2 - 1
    assert np.abs(stored["inputs"][0] / 1e4 - published).max() < 0.006
    names = [name for name, _ in matrices.names_and_hashes()]
    assert len({name for name in names}) == 40
    kinds = [name.split("/")[0] for name in names]
    assert kinds[::5] == "lion tiger robin partridge sportscar moped guitar banjo".split()
    assert kinds == [kind for kind in kinds[::5] for _ in range(5)]


def test_resized_as_tensorflow_1_resizes():
    """Row 1 of two, of a picture of three: at 1 · 3 / 2, halfway from row 1 to row 2."""
    image = np.arange(9.0).reshape(3, 3, 1) ** 2
    expected = [[0, (1 + 4) / 2], [(9 + 36) / 2, (16 + 25 + 49 + 64) / 4]]
    assert matrices.resized(image, 2)[..., 0].tolist() == expected


def test_matched_photographs_have_one_mean_and_sd_in_each_colour():
    pictures = rng().uniform(-0.3, 0.3, (4, 20, 20, 3)) * rng(2).uniform(0.5, 1, (4, 1, 1, 3))
    like = matrices.matched(pictures + rng(3).uniform(-0.3, 0.3, (4, 1, 1, 3)))
    for value in (like.mean(axis=(1, 2)), like.std(axis=(1, 2))):
        assert np.allclose(value, value[0])
    # A picture keeps its own pattern.
    assert np.corrcoef(like[1, ..., 0].ravel(), pictures[1, ..., 0].ravel())[0, 1] > 0.999


def test_another_photograph_and_one_that_cannot_be_fetched(tmp_path, monkeypatch):
    (name, _), *_ = matrices.names_and_hashes()
    monkeypatch.setattr(matrices, "SOURCE", (tmp_path / "nowhere").as_uri() + "/")
    with pytest.raises(SystemExit, match="is missing and could not be fetched from .*: put the"):
        matrices.photographs(tmp_path)
    assert not (tmp_path / name).exists()
    Image.new("RGB", (5, 5)).save((tmp_path / name).with_suffix(".png"))
    (tmp_path / name).write_bytes((tmp_path / name).with_suffix(".png").read_bytes())
    with pytest.raises(SystemExit, match="must be the paper's photograph, of the SHA-256"):
        matrices.photographs(tmp_path)


if PHOTOGRAPHS.exists():

    def test_a_twin_computed_anew_has_the_stored_matrices(stored):
        photographs = matrices.photographs(PHOTOGRAPHS)
        again = matrices.similarities(photographs, "he", 3)
        for place in (0, 5, 11):
            for kind, found in zip(("he", "he_centred"), again):
                # In single precision the last of the four digits hangs on the processor.
                apart = found[place].astype(int) - stored[kind][3, place]
                assert np.abs(apart).max() <= 1
        for name, relu in [("wide", True), ("wide_linear", False)]:
            again = matrices.four(wide_similarity(photographs, relu).items())
            assert np.abs(1e4 * again - stored[name]).max() < 1
        assert np.allclose(matrices.mean_products(photographs), stored["gram"], atol=1e-6)

    def test_published_matrices_are_those_that_were_read_off(stored):
        published = np.load(PHOTOGRAPHS.parent / "published.npz")
        assert matrices.names_and_hashes() == [
            (name, dict(matrices.names_and_hashes())[name]) for name in published["files"].tolist()
        ]
        assert np.array_equal(stored["published"], published["bins"][:, *matrices.PAIRS])
