"""The page Try it: what it computes is what lib computes, and what it shows is what it computed."""

import base64
import gzip
import re

import numpy as np
import pytest
from scipy import stats

from lib import collapse, figures, networks, similarity, stimuli, theory

SQUASHES = {
    "tanh": np.tanh,
    "none": lambda total: total,
    "step": np.sign,
    "ReLU": lambda total: np.maximum(total, 0),
    "logistic": lambda total: 1 / (1 + np.exp(-total)),
}
BLOG = {
    "layers": 20,
    "units": 100,
    "scale": 0.1,
    "bias": 0,
    "noise": 0.01,
    "squash": "tanh",
    "weights": 1,
    "items": 1,
}
LARGEST = BLOG | {"layers": 40, "units": 200, "bias": 0.3, "noise": 0.05}


def drawn_settings(rng):
    """Settings that the controls allow, drawn at random."""
    return {
        "layers": int(rng.integers(1, 41)),
        "units": int(5 * rng.integers(1, 41)),
        "scale": float(rng.choice([0.01, 0.05, 0.1, 0.14, 0.2, 0.3, 0.5, 1.0])),
        "bias": float(rng.choice([0, 0.05, 0.3, 1])),
        "noise": float(rng.choice([0.005, 0.01, 0.05, 0.2])),
        "squash": str(rng.choice(list(SQUASHES))),
        "weights": int(rng.integers(1, 10_000)),
        "items": int(rng.integers(1, 10_000)),
    }


EXTREMES = [
    BLOG,
    LARGEST,
    LARGEST | {"scale": 1.0, "bias": 1, "noise": 0.2},
    BLOG | {"layers": 40, "units": 200, "scale": 1.0, "squash": "none"},
    BLOG | {"layers": 40, "units": 5, "scale": 0.01, "squash": "none"},
    BLOG | {"layers": 40, "units": 200, "scale": 1.0, "squash": "ReLU"},
    BLOG | {"layers": 40, "units": 5, "squash": "ReLU", "weights": 3},
    BLOG | {"layers": 1, "units": 5, "noise": 0.2},
    BLOG | {"layers": 40, "units": 5, "squash": "step"},
    BLOG | {"layers": 40, "scale": 0.01, "bias": 1},
    BLOG | {"noise": 0},
]
RANDOM = [drawn_settings(rng) for rng in np.random.default_rng(25).spawn(20)]


class Given(np.random.Generator):
    """A generator whose standard normal draws are those of the page."""

    def __init__(self, draws):
        super().__init__(np.random.PCG64(0))
        self.draws = draws

    def standard_normal(self, size):
        assert self.draws.size == np.prod(size)
        return self.draws.reshape(size).copy()


@pytest.fixture
def try_it(page, address):
    """Open the page, with settings; when it has come to rest it has said them."""

    def go(**settings):
        hashed = "&".join(f"{name}={value}" for name, value in settings.items())
        page.goto("about:blank")
        page.goto(f"{address}/chapters/try-it.html" + (f"#{hashed}" if hashed else ""))
        at_rest(page)
        return page

    return go


def at_rest(page):
    page.wait_for_selector(
        "#explorable[aria-busy=false] .summary:not(:empty)",
        state="attached",
    )


RUN = """(settings) => {
    const packed = (arrays) => {
        let text = "";
        for (const array of arrays) {
            const bytes = new Uint8Array(Float64Array.from(array).buffer);
            for (let k = 0; k < bytes.length; k += 4096) {
                text += String.fromCharCode(...bytes.subarray(k, k + 4096));
            }
        }
        return btoa(text);
    };
    const { stimuli, network, states, measures } = untrained.run(settings);
    return {
        prototypes: packed([stimuli.prototypes]),
        noise: packed([stimuli.noise]),
        weights: packed(network.map((layer) => layer.weights)),
        biases: packed(network.map((layer) => layer.biases)),
        states: packed(states),
        similarity: packed(states.flatMap((s) => untrained.similarity(s, settings.units))),
        both: packed(measures.flatMap((m) => untrained.bothClouds(m))),
        clouds: packed(measures.flatMap((m) => m.clouds.flat())),
        measures: measures.map((m) =>
            Object.fromEntries(Object.entries(m).filter(([, value]) => typeof value === "number"))),
    };
}"""


def run(page, settings):
    """What the page computes for some settings, in arrays shaped like lib's."""
    layers, units = settings["layers"], settings["units"]
    shapes = {
        "prototypes": (2, units),
        "noise": (2, 10, units),
        "weights": (layers, units, units),
        "biases": (layers, units),
        "states": (layers + 1, 2, 10, units),
        "similarity": (layers + 1, 20, 20),
        "both": (layers + 1, 20, 2),
        "clouds": (layers + 1, 2, 10, 2),
    }
    result = page.evaluate(RUN, settings)
    arrays = {
        name: np.frombuffer(base64.b64decode(result[name])).reshape(shape)
        for name, shape in shapes.items()
    }
    measures = {
        name: np.array([layer[name] for layer in result["measures"]], float)
        for name in result["measures"][0]
    }
    return arrays, measures


# lib's measures of one layer, each from the input's items and the layer's, (2, 10, units).


def smoothness(inputs, states):
    return similarity.functional_smoothness(inputs, states).mean()


def stranger(inputs, states):
    return similarity.functional_smoothness(inputs, states[::-1]).mean()


def cosine_within(inputs, states):
    i, j = np.triu_indices(10, k=1)
    return similarity.cosine(states[:, i], states[:, j]).mean()


def cosine_between(inputs, states):
    return similarity.cosine(states[0][:, None], states[1][None]).mean()


def size(inputs, states):
    return np.sqrt(np.mean(states**2))


def spread(inputs, states):
    return collapse.spread(states).mean()


def own_spread(inputs, states):
    return spread(inputs, states) / defined(size(inputs, states))


def ratio(inputs, states):
    between = np.linalg.norm(states[0][:, None] - states[1][None], axis=-1).mean()
    # Less than the last digits of the states: lib gives a number, and the page calls it undefined.
    defined(between > 16 * EPS * size(inputs, states) * np.sqrt(states.shape[-1]))
    return collapse.distance_ratio(states)


def defined(value):
    if not value:
        raise ValueError
    return value


EPS = np.finfo(float).eps
MEASURES = {
    "smoothness": smoothness,
    "stranger": stranger,
    "cosineWithin": cosine_within,
    "cosineBetween": cosine_between,
    "size": size,
    "spread": spread,
    "ownSpread": own_spread,
    "ratio": ratio,
}


def lib_says(measure, inputs, states):
    """The value; NaN where lib refuses."""
    try:
        return float(measure(inputs, states))
    except ValueError:
        return np.nan


def tolerance(measure, inputs, states, rng):
    """How far lib's value moves with the last digits of the states, and the rounding of a sum."""
    value = lib_says(measure, inputs, states)
    last_digits = 3 * EPS * rng.standard_normal((3, *states.shape))
    moved = [lib_says(measure, inputs, states * (1 + change)) - value for change in last_digits]
    rounding = abs(value) if measure in (size, spread, own_spread, ratio) else 1
    return 1e-13 * rounding + 3 * np.nanmax(np.abs(moved))


@pytest.mark.parametrize("settings", EXTREMES + RANDOM, ids=lambda settings: settings["squash"])
def test_computes_what_lib_computes(try_it, settings):
    page = try_it()
    arrays, measures = run(page, settings)
    layers, units = settings["layers"], settings["units"]
    squash = SQUASHES[settings["squash"]]
    states = arrays["states"]
    rng = np.random.default_rng(0)

    # The stimuli, with lib's own functions given the page's draws.
    prototypes = stimuli.prototypes(2, units, Given(arrays["prototypes"]))
    items = stimuli.members(prototypes, settings["noise"] * np.arange(10), Given(arrays["noise"]))
    np.testing.assert_allclose(states[0], items, rtol=1e-14)

    # The states, layer by layer, since chaos magnifies rounding. A product of n terms is known to n
    # last digits of the terms' sizes; a total nearer to 0 than that may step either way.
    weights = networks.random_weights(layers, units, settings["scale"], Given(arrays["weights"]))
    biases = settings["bias"] * arrays["biases"]
    for layer, (w, b) in enumerate(zip(weights, biases)):
        (_, expected) = networks.propagate(states[layer], [w], squash, [b])
        rounding = units * EPS * (np.abs(states[layer]) @ np.abs(w) + np.abs(b))
        wrong = np.abs(states[layer + 1] - expected) > rounding + 4 * EPS * np.abs(expected)
        if settings["squash"] == "step":
            wrong &= np.abs(states[layer] @ w + b) > rounding
        assert not wrong.any(), f"layer {layer + 1}: {np.count_nonzero(wrong)} states differ"

    for name, measure in MEASURES.items():
        for layer, ours in enumerate(measures[name]):
            theirs = lib_says(measure, states[0], states[layer])
            assert np.isnan(ours) == np.isnan(theirs), f"{name}, layer {layer}: {ours}, {theirs}"
            if not np.isnan(theirs):
                allowed = tolerance(measure, states[0], states[layer], rng)
                assert abs(ours - theirs) <= allowed, f"{name}, layer {layer}: {ours}, {theirs}"

    predicted = {
        name: theory.cosine_by_depth(
            np.clip(measures[of][0], -1, 1),
            measures["size"][0] ** 2,
            settings["scale"] * np.sqrt(units),
            layers,
            squash,
            settings["bias"],
        )
        for name, of in [("theoryWithin", "cosineWithin"), ("theoryBetween", "cosineBetween")]
    }
    # The page's quadrature has a tenth of lib's points; a pixel of the figure is 1e-2.
    for name, expected in predicted.items():
        np.testing.assert_allclose(measures[name], expected, atol=1e-5, err_msg=name)

    for layer in {0, layers}:
        constant = np.ptp(states[layer], axis=-1).ravel() == 0
        page_matrix = arrays["similarity"][layer]
        assert np.array_equal(np.isnan(np.diag(page_matrix)), constant)
        if not constant.all():
            matrix = similarity.similarity_matrix(states[layer].reshape(20, units)[~constant])
            np.testing.assert_allclose(page_matrix[~constant][:, ~constant], matrix, atol=1e-11)
        check_clouds(states[layer], arrays["both"][layer], arrays["clouds"][layer])


def check_clouds(states, both, clouds):
    """Points along the first two principal components, a category's scaled to its mean distance."""
    for points, items in [(both, states.reshape(20, -1)), *zip(clouds, states)]:
        centred = items - items.mean(axis=0)
        stretches = np.linalg.svd(centred, compute_uv=False)[:2]
        rounding = 1e-7 * stretches[0] + 16 * EPS * np.abs(items).max()
        if points is not both:
            left, _, _ = np.linalg.svd(centred, full_matrices=False)
            flat = left[:, :2] * stretches
            if collapse.spread(items) > 0:
                stretches = stretches * collapse.spread(items) / collapse.spread(flat)
        np.testing.assert_allclose(np.linalg.norm(points, axis=0), stretches, atol=10 * rounding)
        np.testing.assert_allclose(points.mean(axis=0), 0, atol=10 * rounding)


@pytest.mark.parametrize("settings", [BLOG, LARGEST, BLOG | {"units": 25, "scale": 1.0}], ids=str)
def test_permuted_items(try_it, settings):
    page = try_it()
    arrays, measures = run(page, settings)
    orders = np.array(page.evaluate("untrained.ORDERS"))
    assert np.array_equal(np.sort(orders, axis=-1), np.broadcast_to(np.arange(10), (200, 2, 10)))
    assert len(np.unique(orders.reshape(200, 20), axis=0)) == 200
    for layer in {0, 5, settings["layers"]}:
        permuted = np.take_along_axis(arrays["states"][layer][None], orders[..., None], axis=-2)
        values = similarity.functional_smoothness(arrays["states"][0], permuted).mean(axis=1)
        assert measures["permuted"][layer] == pytest.approx(values.mean(), abs=1e-9)
        assert measures["permutedLow"][layer] == pytest.approx(np.percentile(values, 2.5), abs=1e-9)
        assert measures["permutedHigh"][layer] == pytest.approx(
            np.percentile(values, 97.5), abs=1e-9
        )


def test_whole_chain_at_the_blogs_settings(try_it):
    arrays, _ = run(try_it(), BLOG)
    weights = networks.random_weights(20, 100, 0.1, Given(arrays["weights"]))
    states = networks.propagate(arrays["states"][0], weights)
    np.testing.assert_allclose(arrays["states"], states, atol=1e-13)


def test_draws_are_standard_normal_and_independent(try_it):
    page = try_it()
    arrays, _ = run(page, LARGEST)
    other, _ = run(page, LARGEST | {"layers": 5, "weights": 2, "items": 2})
    for name in "prototypes", "noise", "weights", "biases":
        draws = arrays[name].ravel()
        assert stats.kstest(draws, "norm").pvalue > 1e-3
        assert abs(draws.mean()) < 4 / np.sqrt(draws.size)
        assert abs(draws.var() - 1) < 4 * np.sqrt(2 / draws.size)
    weights = arrays["weights"].reshape(40, -1)
    pairs = [
        (weights[:-1], weights[1:]),
        (weights[:5], other["weights"].reshape(5, -1)),
        (weights[0][:-1], weights[0][1:]),
        (arrays["noise"], other["noise"]),
        (arrays["noise"][0], arrays["noise"][1]),
        (arrays["prototypes"][0], arrays["noise"][0, 1]),
        (arrays["biases"], arrays["weights"][:, 0]),
    ]
    for a, b in pairs:
        assert abs(stats.pearsonr(np.ravel(a), np.ravel(b)).statistic) < 4 / np.sqrt(np.size(a))
    tails = np.abs(arrays["weights"]) > 3.5
    assert tails.sum() == pytest.approx(2 * stats.norm.sf(3.5) * tails.size, rel=0.15)


def test_same_seeds_same_draws(try_it):
    page = try_it()
    arrays, _ = run(page, BLOG)
    again, _ = run(page, BLOG | {"weights": 2})
    shallow, _ = run(page, BLOG | {"layers": 3, "scale": 0.2})
    assert np.array_equal(again["states"][0], arrays["states"][0])
    assert not np.any(again["weights"] == arrays["weights"])
    assert np.array_equal(shallow["weights"], arrays["weights"][:3])
    assert np.array_equal(run(page, BLOG)[0]["states"], arrays["states"])


# What the page shows.


def table(page):
    """The numbers of the table: name to its two cells, as numbers where they are such."""

    def number(text):
        raised = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹−", "-0123456789-")
        text = re.sub(r" × 10(\S+)", r"e\1", text).translate(raised)
        return [float(part) for part in text.split(" to ")] if "undefined" not in text else text

    rows = page.locator("#explorable tbody tr").evaluate_all(
        "rows => rows.map((row) => [...row.cells].map((cell) => cell.textContent))"
    )
    return {name: [number(cell) for cell in cells] for name, *cells in rows}


ROWS = {
    "size of the states": "size",
    "spread, fixed ruler": "spread",
    "spread, the layer’s own ruler": "ownSpread",
    "within / between": "ratio",
    "cosine within": "cosineWithin",
    "cosine within, in theory": "theoryWithin",
    "cosine between": "cosineBetween",
    "cosine between, in theory": "theoryBetween",
    "smoothness": "smoothness",
    "a stranger’s smoothness": "stranger",
}
SHOWN = BLOG | {"layers": 30, "units": 60, "scale": 0.18, "noise": 0.05, "bias": 0.1, "weights": 7}


def test_table_and_words_say_what_was_computed(try_it):
    page = try_it(**SHOWN, layer=12, ruler="own")
    _, measures = run(page, SHOWN)
    rows = table(page)
    for row, name in ROWS.items():
        for (shown,), value in zip(rows[row], measures[name][[0, 12]]):
            assert shown == pytest.approx(value, abs=5.01e-4, rel=0.05), row
    for cell, layer in zip(rows["with items permuted, middle 95 %"], (0, 12)):
        ends = [measures[end][layer] for end in ("permutedLow", "permutedHigh")]
        assert cell == pytest.approx(ends, abs=5.01e-4)
    words = page.inner_text("#explorable [aria-live=polite]").replace("−", "-")
    for part in [
        "Layer 12 of 30, 60 units, tanh, σw = 1.39",
        f"cosine of {measures['cosineWithin'][12]:.3f} within a category and "
        f"{measures['cosineBetween'][12]:.3f} between",
        f"spread is {measures['spread'][12]:.3f} on the fixed ruler",
        f"(input {measures['spread'][0]:.3f})",
        f"{measures['ownSpread'][12]:.3f} on the layer’s own",
        f"Smoothness is {measures['smoothness'][12]:.3f}, a stranger’s "
        f"{measures['stranger'][12]:.3f}",
        f"{measures['permutedLow'][12]:.3f} to {measures['permutedHigh'][12]:.3f}",
    ]:
        assert part in words
    for figure in page.locator("#explorable [role=img]").all():
        assert re.search(r"layer.*-?\d\.\d{3}", figure.get_attribute("aria-label"))


def test_small_numbers_are_not_shown_as_zero(try_it):
    page = try_it(**BLOG | {"scale": 0.05})
    _, measures = run(page, BLOG | {"scale": 0.05})
    assert 0 < measures["size"][20] < 1e-5
    shown = table(page)["size of the states"][1]
    assert shown == pytest.approx([measures["size"][20]], rel=0.05)


def test_lines_are_drawn_where_the_values_are(try_it):
    page = try_it(**SHOWN)
    _, measures = run(page, SHOWN)
    for name in "cosineWithin", "cosineBetween", "theoryWithin", "theoryBetween", "smoothness":
        path = page.get_attribute(f"[data-line={name}]", "d")
        x, y = np.array(re.findall(r"[ML]([\d.]+) ([\d.]+)", path), float).T
        np.testing.assert_allclose(np.diff(x), (x[-1] - x[0]) / 30, atol=0.11)
        ticks = page.locator("[data-figure=similarity] svg text").evaluate_all(
            "all => all.map((t) => [t.textContent, t.getAttribute('y') - 4])"
        )
        top, bottom = (dict(ticks)[label] for label in ("1", "−1"))
        values = 1 - 2 * (y - top) / (bottom - top)
        np.testing.assert_allclose(values, measures[name], atol=2e-3)


def test_matrix_has_the_books_colours(try_it):
    page = try_it(**SHOWN, layer=12)
    arrays, _ = run(page, SHOWN)
    matrix = similarity.similarity_matrix(arrays["states"][12].reshape(20, -1))
    fills = page.locator("[data-figure=matrix] rect[shape-rendering]").evaluate_all(
        "all => all.map((r) => [r.x.baseVal.value, r.y.baseVal.value, getComputedStyle(r).fill])"
    )
    drawn = np.array([re.findall(r"\d+", fill) for _, _, fill in fills], float)
    assert sorted(fills, key=lambda cell: (cell[1], cell[0])) == fills
    expected = 255 * figures.SIMILARITY((matrix.ravel() + 1) / 2)[:, :3]
    np.testing.assert_allclose(drawn, expected, atol=5)  # the page has 17 colours and mixes them


def points(page, panel):
    """The marks of one panel in pixels from the middle, in the order of the items."""
    found = page.locator("#explorable .planes svg").nth(panel).locator("[data-item]")
    places = found.evaluate_all(
        """marks => marks.map((mark) => {
            const box = mark.getBBox();
            const low = mark.tagName === "path" ? 5 / 11 : 1 / 2; // a triangle's lower part
            return [+mark.dataset.item, box.x + box.width / 2, box.y + box.height * (1 - low)];
        })"""
    )
    order = np.array(sorted(places))
    return order[:, 0].astype(int), order[:, 1:] - 110


def mean_distance(places):
    i, j = np.triu_indices(len(places), k=1)
    return np.linalg.norm(places[i] - places[j], axis=-1).mean()


def test_planes_show_both_rulers(try_it):
    page = try_it(**BLOG, layer=0)
    _, measures = run(page, BLOG)
    drawn = {}
    for ruler in "fixed", "the layer’s own":
        page.get_by_label(ruler, exact=True).check()
        for layer in 0, 20:
            page.get_by_label("Layer", exact=True).fill(str(layer))
            at_rest(page)
            panels = [points(page, panel) for panel in range(3)]
            assert [list(items) for items, _ in panels] == [
                list(range(20)),
                list(range(10)),
                list(range(10, 20)),
            ]
            both = panels[0][1]
            centres = both[:10].mean(axis=0), both[10:].mean(axis=0)
            drawn[ruler, layer] = (
                np.mean([mean_distance(panel) for _, panel in panels[1:]]),
                np.linalg.norm(centres[0] - centres[1]),
            )
            assert np.abs(np.concatenate([places for _, places in panels])).max() < 98
    spread, size = measures["spread"], measures["size"]
    between = spread / measures["ratio"]
    for kind, distance in enumerate((spread, between)):
        fixed, own = (
            drawn[ruler, 20][kind] / drawn[ruler, 0][kind] for ruler in ("fixed", "the layer’s own")
        )
        assert fixed == pytest.approx(distance[20] / distance[0], rel=0.02)
        assert own == pytest.approx(fixed * size[0] / size[20], rel=1e-6)


@pytest.mark.parametrize(
    "settings, undefined",
    [
        (BLOG | {"noise": 0}, ["smoothness", "a stranger’s smoothness"]),
        (
            BLOG | {"layers": 12, "units": 5, "squash": "step", "noise": 0.05, "weights": 3},
            ["smoothness"],
        ),
        (BLOG | {"layers": 40, "scale": 0.01, "bias": 1}, ["smoothness", "within / between"]),
        (
            BLOG | {"layers": 40, "units": 5, "squash": "ReLU", "weights": 3},
            ["spread, the layer’s own ruler", "cosine within", "cosine between", "smoothness"],
        ),
    ],
    ids=["no noise", "constant patterns", "below rounding", "all states 0"],
)
def test_undefined_is_said_and_not_drawn(try_it, settings, undefined):
    page = try_it(**settings, ruler="own")
    rows = table(page)
    for row in undefined:
        assert rows[row][1] == "undefined"
    assert "smoothness is undefined" in page.inner_text(".summary").lower()
    for figure, row in [("similarity", "cosine within"), ("smoothness", "smoothness")]:
        note = page.inner_text(f"[data-figure={figure}] .note")
        assert note.startswith("Undefined at layer") == (rows[row][1] == "undefined")
    _, measures = run(page, settings)
    for name in "cosineWithin", "cosineBetween", "smoothness", "stranger", "permuted":
        path = page.get_attribute(f"[data-line={name}]", "d")
        assert len(re.findall("[ML]", path)) == np.count_nonzero(~np.isnan(measures[name]))
    matrix_note = page.inner_text("[data-figure=matrix] .note")
    hatched = page.locator("[data-figure=matrix] [fill^=url]").count()
    assert bool(hatched) == bool(matrix_note) == (settings["squash"] in ("step", "ReLU"))
    assert not re.search("NaN|Infinity", page.inner_html("#explorable"))


def test_every_control_has_a_name_and_works_by_keyboard(try_it):
    page = try_it(**BLOG, layer=20)
    before = table(page)
    for label, key, said in [
        ("Layers", "ArrowLeft", "layers=19"),
        ("Units in a layer", "ArrowRight", "units=105"),
        ("Scale of the weights", "ArrowRight", "scale=0.11"),
        ("SD of the biases", "ArrowRight", "bias=0.05"),
        ("Step of the noise", "ArrowRight", "noise=0.015"),
        ("Squash", "ArrowDown", "squash=none"),
        ("Layer", "ArrowLeft", "layer=18"),
        ("fixed", "ArrowRight", "ruler=own"),
        ("Seed of the weights", "ArrowUp", "weights=2"),
        ("Seed of the items", "ArrowUp", "items=2"),
        ("Draw new weights", "Enter", "weights=3"),
        ("Draw new items", "Space", "items=3"),
    ]:
        control = page.get_by_label(label, exact=True)
        control = control if control.count() else page.get_by_role("button", name=label)
        control.press(key)
        at_rest(page)
        hashed = page.evaluate("location.hash.slice(1).split('&')")
        assert said in hashed, (label, hashed)
    assert table(page) != before
    assert page.get_by_label("Scale of the weights", exact=True).get_attribute(
        "aria-valuetext"
    ) == ("0.11, sigma w 1.13")
    page.get_by_role("button", name="Back to the blog post’s settings").press("Enter")
    at_rest(page)
    assert table(page) == before
    nameless = (
        page.locator("#explorable")
        .locator("input, select, button")
        .evaluate_all(
            "all => all.filter((one) => !(one.labels?.length || one.textContent.trim())).length"
        )
    )
    assert nameless == 0


def test_fewer_layers_than_the_one_looked_at(try_it):
    page = try_it(layers=30, layer=25)
    page.get_by_label("Layers", exact=True).fill("9")  # the tenth place of the slider
    at_rest(page)
    assert "Layer 10 of 10" in page.inner_text(".summary")
    page.get_by_label("Layers", exact=True).fill("39")
    at_rest(page)
    assert "Layer 40 of 40" in page.inner_text(".summary")


def test_address_holds_the_settings(try_it):
    page = try_it()
    assert page.evaluate("location.hash") == ""
    page = try_it(**SHOWN, layer=12, ruler="own")
    figures_then = page.inner_html("#explorable .figures")
    page.get_by_role("button", name="Draw new weights").click()
    at_rest(page)
    assert page.url.endswith("layer=12&ruler=own&weights=8&items=1")
    assert page.inner_html("#explorable .figures") != figures_then
    page.get_by_label("Seed of the weights", exact=True).fill("7")
    page.get_by_label("Seed of the weights", exact=True).press("Enter")
    at_rest(page)
    address = page.url
    assert page.inner_html("#explorable .figures") == figures_then
    page.goto("about:blank")
    page.goto(address)
    at_rest(page)
    assert page.inner_html("#explorable .figures") == figures_then
    page.evaluate("location.hash = '#layers=4'")
    page.wait_for_selector(".summary:has-text('Layer 4 of 4, 100 units')")
    page.evaluate("location.hash = '#what-is-drawn'")
    page.wait_for_timeout(400)
    assert "Layer 4 of 4" in page.inner_text(".summary")


@pytest.mark.parametrize(
    "settings, words",
    [
        (
            {"units": "1000"},
            "units must be one of 5 to 200, as its control has them; it came as 1000",
        ),
        ({"squash": "sine"}, "squash must be one of tanh, none, step, ReLU, logistic"),
        ({"scale": "<b>"}, "scale must be one of 0.01 to 1"),
        ({"width": "100"}, "There is no setting width."),
        ({"constructor": "1"}, "There is no setting constructor."),
    ],
    ids=str,
)
def test_bad_address_is_answered(try_it, settings, words):
    page = try_it(layers=7, **settings)
    assert words in page.inner_text("#explorable [role=alert]")
    assert "Layer 7 of 7, 100 units, tanh" in page.inner_text(".summary")
    page.get_by_role("button", name="Draw new weights").click()
    assert page.locator("#explorable [role=alert]").is_hidden()


# What the text promises of its links, which are the steps that the page leads through.


def follow(page, link):
    page.locator("ol a[data-settings]", has_text=re.compile(f"^{link}$")).first.click()
    at_rest(page)
    return {name: cells[1] for name, cells in table(page).items()}


def test_links_show_what_the_text_says(try_it):
    page = try_it()
    for link in page.locator("ol a[data-settings]").all():
        link.click()
        at_rest(page)
        assert page.locator("#explorable [role=alert]").is_hidden(), link.inner_text()
    scales = ["0.05", "0.1", "0.2", "0.3", "1"]
    links = [f"A scale of {scale}" for scale in scales]
    shown = {
        text: follow(page, text)
        for text in [*links, "At layer 20", "Without a squash", "With ReLU", "With the step"]
    }
    within = [shown[link]["cosine within"][0] for link in links[1:]]
    assert within[0] > 0.98 and sorted(within, reverse=True) == within and within[-1] < 0.1
    assert shown[links[0]]["size of the states"][0] < 1e-5
    assert shown[links[0]]["cosine within"][0] > 0.98
    assert shown["Without a squash"]["size of the states"][0] > 0.5
    assert shown["With ReLU"]["cosine between"][0] > 0.8
    assert shown["With the step"]["cosine within"][0] < 0.5
    biased = follow(page, "Biases of SD 0.3, at a scale of 0.05")
    assert biased["spread, the layer’s own ruler"][0] < 1e-3 and biased["cosine between"][0] > 0.999
    assert page.get_by_label("the layer’s own").is_checked()


def test_story_leads_step_by_step_and_back(try_it):
    page = try_it()
    story, step = page.locator(".story"), page.locator("[data-step='1']")
    assert "1 of 6" in story.inner_text() and "step 1 of 3" in story.inner_text()
    assert page.evaluate("location.hash") == ""
    assert "0, the input" in page.inner_text("#explorable-layer-value")
    told = [story.inner_text()]
    for expected in ["layer=20", "ruler=own", "scale=0.05"]:
        step.click()
        at_rest(page)
        assert expected in page.evaluate("location.hash.slice(1).split('&')")
        told.append(story.inner_text())
    assert len(set(told)) == 4 and "2 of 6" in told[3]
    reads = "(words) => document.querySelector('.story').innerText === words"
    for before in told[2::-1]:
        page.go_back()
        page.wait_for_function(reads, arg=before)
        at_rest(page)
    assert "0, the input" in page.inner_text("#explorable-layer-value")
    page.go_forward()
    page.wait_for_function(reads, arg=told[1])
    page.wait_for_function("document.querySelector('.look').innerText.includes('20 of 20')")
    at_rest(page)
    page.get_by_role("button", name="Back", exact=True).click()
    at_rest(page)
    assert story.inner_text() == told[0]
    while step.is_enabled():
        step.click()
        at_rest(page)
    assert "6 of 6" in story.inner_text()


def test_play_walks_through_the_layers(try_it):
    page = try_it(layers=4, layer=0)
    drawn = page.locator("[data-figure=network] svg")
    before = drawn.inner_html()
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("document.querySelector('#explorable-layer').value === '2'")
    assert drawn.inner_html() != before
    page.get_by_role("button", name="Play").wait_for()
    at_rest(page)
    assert "4 of 4" in page.inner_text("#explorable-layer-value")
    page.get_by_role("button", name="Play").click()  # once more, from the input
    page.wait_for_function("document.querySelector('#explorable-layer').value === '1'")
    page.get_by_role("button", name="Pause").click()
    at_rest(page)
    assert page.evaluate("Number(document.querySelector('#explorable-layer').value)") < 4


def test_network_is_drawn_as_it_was_computed(try_it):
    page = try_it(**SHOWN, layer=12)
    arrays, _ = run(page, SHOWN)
    units = page.locator("[data-figure=network] circle").evaluate_all(
        "all => all.map((c) => [+c.dataset.layer, getComputedStyle(c).fill])"
    )
    assert [layer for layer, _ in units] == list(np.repeat(np.arange(31), 8))
    states = arrays["states"][:, 0, 0, :8].ravel()
    expected = 255 * figures.SIMILARITY((states.clip(-1, 1) + 1) / 2)[:, :3]
    colors = np.array([re.findall(r"\d+", fill) for _, fill in units], float)
    np.testing.assert_allclose(colors, expected, atol=5)
    widths = page.locator("[data-figure=network] path").evaluate_all(
        """all => all.map((p) =>
            [+p.getAttribute("stroke-width"), p.getAttribute("stroke-dasharray")])"""
    )
    weights = arrays["weights"][11][:8, :8].ravel()
    np.testing.assert_allclose([w for w, _ in widths], 0.2 + np.abs(weights), atol=0.006)
    assert [dash != "none" for _, dash in widths] == list(weights < 0)


def test_points_can_be_followed(try_it):
    """Turned, or mirrored, to lie as near as they can to where they lay at the input."""
    page = try_it()
    draw = np.random.default_rng(3)
    for flip in (1, -1):
        like, points = draw.standard_normal((2, 10, 2)) * [1, flip]
        left, _, right = np.linalg.svd(points.T @ like)
        turned = page.evaluate(
            "([a, b]) => untrained.turned(a, b)", [points.tolist(), like.tolist()]
        )
        np.testing.assert_allclose(turned, points @ left @ right, atol=1e-12)


def test_theory_is_right_to_fifteen_hundredths_on_average(try_it):
    misses = try_it().evaluate(
        """() => [0.1, 0.15, 0.2, 0.3, 1].flatMap((scale) => [0.01, 0.05].map((noise) => {
            const network = { layers: 20, units: 100, scale, bias: 0, noise, squash: "tanh" };
            const miss = new Float64Array(21);
            for (let seed = 1; seed <= 20; seed++) {
                const { measures } = untrained.run({ ...network, items: seed, weights: seed });
                measures.forEach((m, k) => (miss[k] += (m.cosineWithin - m.theoryWithin) / 20));
            }
            return Math.max(...miss.map(Math.abs));
        }))"""
    )
    assert 0.1 < max(misses) < 0.15


def test_depth_counts_in_units_of_width(try_it):
    page = try_it()
    kept = page.evaluate(
        """(networks) => networks.map(([layers, units, scale]) => {
            let total = 0;
            for (let seed = 1; seed <= 30; seed++) {
                const settings = { layers, units, scale, bias: 0, noise: 0.01, squash: "tanh" };
                const { measures } = untrained.run({ ...settings, items: seed, weights: seed });
                total += measures[layers].smoothness / 30;
            }
            return total;
        })""",
        [(5, 25, 0.2), (20, 100, 0.1), (40, 200, 0.07), (20, 25, 0.2)],
    )
    assert max(kept[:3]) - min(kept[:3]) < 0.08
    assert kept[3] < min(kept[:3]) - 0.15


# The page as a page.


def test_nothing_is_computed_twice(try_it):
    """A network is run in the next frame, once for all that changed, and not for a look at it."""
    page = try_it()

    page.evaluate(
        """() => {
            const { run } = untrained;
            window.runs = 0;
            untrained.run = (...settings) => { window.runs++; return run(...settings); };
            window.set = (name, value) => {
                const control = document.querySelector(`#explorable-${name}`);
                control.value = value;
                control.dispatchEvent(new Event("input", { bubbles: true }));
            };
            window.draw = (what) => document.querySelector(`[data-draw=${what}]`).click();
        }"""
    )

    def runs(change):
        page.evaluate(f"window.runs = 0; {change}")
        at_rest(page)
        return page.evaluate("window.runs")

    assert runs("draw('weights')") == runs("set('units', 50)") == 1
    assert runs("set('units', 60); set('units', 70); set('layers', 30); draw('items')") == 1
    assert runs("set('layer', 3)") == runs("document.querySelector('[value=own]').click()") == 0


def test_weight(site):
    files = [site / "chapters/try-it.html", *(site / "_static/try-it").iterdir()]
    assert sum(len(gzip.compress(file.read_bytes())) for file in files) < 300_000


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_on_a_phone(try_it, theme):
    page = try_it()
    page.set_viewport_size({"width": 360, "height": 740})
    page.emulate_media(color_scheme=theme)
    at_rest(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    narrow = (
        page.locator("#explorable")
        .locator("input, select, button")
        .evaluate_all("all => all.map((one) => one.getBoundingClientRect().right)")
    )
    assert max(narrow) <= 360


SLIDERS = ["layer", "scale", "layers", "units", "bias", "noise"]
IN_SIGHT = """(one) => {
    const { top, bottom, height } = one.getBoundingClientRect();
    const bar = document.querySelector(".bd-header-article").getBoundingClientRect().bottom;
    return height > 20 && top >= bar - 1 && bottom <= innerHeight + 1;
}"""


def apart(page, slider):
    """Whether a slider, once it is in sight, has no picture in sight that it changes."""
    if page.locator("[data-choose=control]").is_visible() and slider != "layer":
        page.locator("[data-choose=control]").select_option(slider)
    control = page.locator(f"#explorable-{slider}")
    control.evaluate("(one) => one.scrollIntoView({ block: 'nearest' })")
    page.wait_for_timeout(50)
    assert control.evaluate("(one) => one.checkVisibility()")
    pictures = page.locator("#explorable .figures > figure > :first-child")
    seen = [one.evaluate(IN_SIGHT) for one in pictures.all() if one.is_visible()]
    return not any(seen)


@pytest.mark.parametrize("width, height", [(1366, 650), (390, 844)])
def test_slider_and_what_it_changes_are_seen_together(try_it, width, height):
    page = try_it()
    page.set_viewport_size({"width": width, "height": height})
    page.locator("#explorable").evaluate("(one) => one.scrollIntoView()")
    assert [slider for slider in SLIDERS if apart(page, slider)] == []
    # A picture pushed out of view is noticed.
    page.evaluate("document.querySelector('.figures').style.marginBlock = '900px'")
    assert apart(page, "scale")


def swipe(page, control, x, y):
    """Move a finger from the right part of a control by so much; what has changed, and scrolled."""
    session = page.context.new_cdp_session(page)
    box = control.bounding_box()
    at = {"x": box["x"] + 0.8 * box["width"], "y": box["y"] + box["height"] / 2}
    before = page.evaluate("[location.hash, scrollY]"), control.input_value()
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [at]})
    for k in range(1, 11):
        point = {"x": at["x"] + k * x / 10, "y": at["y"] + k * y / 10}
        session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
        page.wait_for_timeout(20)
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(600)
    at_rest(page)
    (_, scrolled), value = page.evaluate("[location.hash, scrollY]"), control.input_value()
    return value != before[1], abs(scrolled - before[0][1])


@pytest.mark.parametrize("slider", ["layer", "scale"])
def test_swipe_over_a_slider_scrolls_and_changes_nothing(browser, site, slider):
    size = {"width": 390, "height": 844}
    with browser.new_context(viewport=size, has_touch=True, is_mobile=True) as context:
        page = context.new_page()
        page.goto(f"{site.as_uri()}/chapters/try-it.html")
        at_rest(page)
        control = page.locator(f"#explorable-{slider}")
        control.evaluate("(one) => one.scrollIntoView({ block: 'center' })")
        changed, scrolled = swipe(page, control, 0, -150)
        assert not changed and scrolled > 50
        control.evaluate("(one) => one.scrollIntoView({ block: 'center' })")
        changed, scrolled = swipe(page, control, -60, 0)
        assert changed and scrolled < 10


def test_it_starts_without_the_formulas_and_nothing_jumps(browser, site):
    for size in [{"width": 1366, "height": 650}, {"width": 390, "height": 844}]:
        with browser.new_context(viewport=size) as context:
            page = context.new_page()
            page.route("**/mathjax/**", lambda route: None)  # they never come
            page.add_init_script(
                """window.shift = 0;
                new PerformanceObserver((list) => {
                    for (const one of list.getEntries()) window.shift += one.value;
                }).observe({ type: "layout-shift", buffered: true });"""
            )
            page.goto(f"{site.as_uri()}/chapters/try-it.html", wait_until="commit")
            at_rest(page)
            page.wait_for_timeout(500)
            assert page.evaluate("window.shift") < 0.05


SMALL = ["index", "04-going-deeper", "06-twenty-layers", "08-what-the-scale-decides"]


@pytest.mark.parametrize("name", SMALL[:3])
def test_small_form_says_what_was_computed(page, address, name):
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{address}/chapters/{name}.html")
    pairs = np.triu_indices(20, k=1)
    form = page.locator(".small-try")
    words = form.locator("[role=status]")
    for layer in (0, 7, 20):
        form.locator("[name=layer]").fill(str(layer))
        said = words.inner_text().replace("−", "-")
        m = page.evaluate(
            "([settings, layer]) => untrained.run(settings).measures[layer]", [BLOG, layer]
        )
        numbers = m["spread"], m["ownSpread"]
        if name[:2] == "04":
            numbers = page.evaluate(
                """([settings, layer]) => {
                    const { states } = untrained.run(settings);
                    return untrained.similarity(states[layer], settings.units);
                }""",
                [BLOG, layer],
            )
            same = np.kron(np.eye(2), np.ones((10, 10)))[pairs] == 1
            numbers = np.array(numbers)[pairs]
            numbers = numbers[same].mean(), numbers[~same].mean()
        assert said.startswith(f"Layer {layer} of 20: ")
        for number in numbers:
            assert f"{number:.3f}" in said
    before = form.locator("svg").first.inner_html()
    form.get_by_role("button").click()
    assert form.get_by_role("button").inner_text() == "Pause"
    page.wait_for_function(
        "(html) => document.querySelector('.small-try svg').innerHTML !== html", arg=before
    )


def test_small_form_of_chapter_8_moves_the_scale(page, address):
    page.goto(f"{address}/chapters/08-what-the-scale-decides.html")
    form = page.locator(".small-try")
    assert "scale 0.1" in form.locator("[role=status]").inner_text()
    form.locator("[name=scale]").fill("7")
    m = page.evaluate("(settings) => untrained.run(settings).measures[20]", BLOG | {"scale": 0.3})
    said = form.locator("[role=status]").inner_text()
    assert "scale 0.3" in said and f"{m['cosineWithin']:.3f}" in said


def test_without_javascript(browser, site):
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{site.as_uri()}/chapters/try-it.html")
        assert "needs a browser in which JavaScript is switched on" in page.inner_text(
            "#explorable"
        )


def test_no_other_page_loads_it(site):
    loading = {
        path.stem: sorted(set(re.findall(r"_static/try-it/(\w+\.js)", path.read_text("utf-8"))))
        for path in site.glob("chapters/*.html")
        if "_static/try-it/" in path.read_text(encoding="utf-8")
    }
    small = ["figures.js", "network.js", "small.js"]
    assert loading == {"try-it": ["figures.js", "network.js", "page.js"]} | dict.fromkeys(
        SMALL, small
    )
