"""Every figure shows the arrays that it is given, where, and as what, it should.

Arrays are of unequal sides and all entries differ, so that a transposed, swapped or shifted one
is seen.
"""

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import LogNorm, to_rgba
from matplotlib.markers import MarkerStyle

from lib import figures

X = np.linspace(-1, 1, 5)


def different(*shape):
    """Values between -1 and 1, all different."""
    size = np.prod(shape)
    return np.random.default_rng(1).permutation(np.linspace(-0.9, 0.9, size)).reshape(shape)


def lines(*names):
    """A line of its own for each name."""
    return {name: (X + k, X**2 - k) for k, name in enumerate(names)}


def banded(*names):
    return {
        name: (X + 2, X + k, X + k - 0.2 * (k + 1), X + k + 0.3) for k, name in enumerate(names)
    }


def table(n_layers):
    """What `compare` gives, all its numbers different, the interval around the baseline."""
    values = np.arange(5.0 * n_layers).reshape(5, n_layers)
    names = ["null", "low", "baseline", "high", "trained"]
    return pd.DataFrame({"layer": np.arange(1, n_layers + 1), **dict(zip(names, values / 9))})


DRAWN = {
    "layer_diagram": lambda: figures.layer_diagram([0.1, 0.2, 1.3], different(3, 2), [0.4, -0.5]),
    "in_out": lambda: figures.in_out({"3 units": (X, X**2), "30 units": (-X, X**3)}, "in", "out"),
    "curves": lambda: figures.curves({"cosine": lines("a", "b", "c")}, "in", "out"),
    "planes": lambda: figures.planes({name: different(6, 6) for name in "abcd"}, 2),
    "ribbons": lambda: figures.ribbons({"one": different(21, 9), "two": different(21, 9)}, 7),
    "filmstrip": lambda: figures.filmstrip(
        {"own": different(3, 4, 4), "stranger": different(3, 4, 4)}, ["0", "10", "20"]
    ),
    "clouds": lambda: figures.clouds(
        {"fixed": different(3, 2, 7, 2), "own": different(3, 1, 7, 2)}, [0, 10, 20]
    ),
    "intervals": lambda: figures.intervals(
        {name: {"tanh, normal": X[:3], "linear": X[1:4]} for name in ("order", "ratio", "size")}
    ),
    "bands": lambda: figures.bands(
        {"size": banded("a", "b"), "ratio": banded("a", "b")}, "layer", "share"
    ),
    "comparison": lambda: figures.comparison(
        {"three layers": table(3), "one": table(1)}, "functional smoothness"
    ),
    "levels": lambda: figures.levels(
        {"ours": {"1": X, "2": X**2}, "theirs": {"2": X}}, {"2": different(3, 5)}
    ),
    "scale_maps": lambda: figures.scale_maps(
        {name: (different(6, 4), -1, 1) for name in ("size", "ratio", "kept")},
        [0.5, 1, 2, 3],
        range(6),
    ),
}


@pytest.fixture(autouse=True)
def nothing_global_changes():
    plt.switch_backend("Agg")
    before = matplotlib.rcParams.copy()
    yield
    assert matplotlib.rcParams == before
    plt.close("all")


def line_data(line):
    return np.array(line.get_data())


def limits_of(image):
    return image.norm.vmin, image.norm.vmax


def image_of(ax):
    (image,) = ax.images
    return image


# All figures


def test_every_figure_function_is_drawn_here():
    public = {
        name
        for name, function in vars(figures).items()
        if getattr(function, "__module__", "") == "lib.figures" and not name.startswith("_")
    }
    assert public == {*DRAWN, "layer_colors"}


@pytest.mark.parametrize("name", DRAWN)
def test_a_figure_is_opaque_fits_a_phone_and_cuts_nothing_off(name):
    figure = DRAWN[name]()
    figure.canvas.draw()
    assert figure.get_facecolor() == (1, 1, 1, 1)
    for ax in figure.axes:
        assert to_rgba(ax.get_facecolor()) == (1, 1, 1, 1)
    assert figure.get_figwidth() <= 5.6
    axes_of_ticks = [axis for ax in figure.axes for axis in (ax.xaxis, ax.yaxis)]
    ticks = {text for axis in axes_of_ticks for text in axis.get_ticklabels()}
    for text in set(figure.findobj(matplotlib.text.Text)) - ticks:
        if text.get_text():
            assert np.all(
                [figure.bbox.padded(1).contains(*xy) for xy in text.get_window_extent().corners()]
            )


def test_layers_are_colours_from_light_to_dark():
    colors = figures.layer_colors(20)
    assert colors.shape == (21, 4)
    lightness = colors[:, :3] @ [0.2126, 0.7152, 0.0722]
    assert np.all(np.diff(lightness) < 0)
    assert np.all(colors[:, 3] == 1)


def test_categories_and_conditions_differ_in_more_than_colour():
    assert len(set(figures.CATEGORIES)) == len(set(figures.CATEGORY_MARKS)) == 2
    assert len(set(figures.CONDITIONS)) == len(set(figures.DASHES)) == len(set(figures.MARKS)) == 6


# One by one


def test_layer_diagram_draws_each_weight_from_its_input_to_its_output():
    weights = np.array([[0.5, -1], [2, 0.1], [-0.2, 1.5]])
    figure = figures.layer_diagram([0.11, 0.22, 1.3], weights, [0.44, -0.55])
    (ax,) = figure.axes
    drawn = {}
    for line in ax.lines:
        (x_in, x_out), (y_in, y_out) = line.get_data()
        assert x_in < x_out
        drawn[-y_in, -y_out] = line
    assert set(drawn) == {(i, j) for i in range(3) for j in range(2)}
    for (i, j), line in drawn.items():
        assert (line.get_linestyle() == "-") == (weights[int(i), int(j)] > 0)
    by_size = sorted(drawn, key=lambda ij: abs(weights[int(ij[0]), int(ij[1])]))
    assert np.all(np.diff([drawn[ij].get_linewidth() for ij in by_size]) > 0)
    assert len({line.get_color() for line in ax.lines}) == 2

    texts = {(t.get_position()[0] > 0.5, -t.get_position()[1], t.get_text()) for t in ax.texts}
    inputs = {(False, k, f"$m_{k + 1}$") for k in range(3)}
    inputs |= {(False, k, state) for k, state in enumerate(["0.11", "0.22", "1.30"])}
    outputs = {(True, k, f"$n_{k + 1}$") for k in range(2)}
    outputs |= {(True, k, state) for k, state in enumerate(["0.44", "-0.55"])}
    assert texts == inputs | outputs


def test_in_out_draws_each_cloud_over_the_diagonal():
    panels = {"3 units": (X, X**2), "30 units": (-X, X**3)}
    figure = figures.in_out(panels, "similarity in", "similarity out")
    assert [ax.get_title(loc="left") for ax in figure.axes] == list(panels)
    for ax, (x, y) in zip(figure.axes, panels.values()):
        diagonal, cloud = ax.lines
        assert np.array_equal(line_data(diagonal), [[-1, 1], [-1, 1]])
        assert np.array_equal(line_data(cloud), [x, y])
        assert cloud.get_linestyle() == "None"
        assert ax.get_xlim() == ax.get_ylim() == (-1.05, 1.05)
    assert (figure.get_supxlabel(), figure.get_supylabel()) == ("similarity in", "similarity out")


@pytest.mark.parametrize("diagonal", [True, False])
def test_curves_draws_each_curve_in_its_own_dash(diagonal):
    panels = {"cosine": lines("tanh", "step"), "Pearson": lines("tanh", "step")}
    panels["Pearson"]["step"] = (X, X**5)
    figure = figures.curves(panels, "in", "out", diagonal)
    for ax, (title, curves) in zip(figure.axes, panels.items(), strict=True):
        assert ax.get_title(loc="left") == title
        assert ax.get_xlabel() == "in"
        drawn = ax.lines[1:] if diagonal else ax.lines
        if diagonal:
            assert (ax.lines[0].get_xy1(), ax.lines[0].get_slope()) == ((0, 0), 1)
        assert [line.get_label() for line in drawn] == list(curves)
        assert [line.get_color() for line in drawn] == list(figures.CONDITIONS[:2])
        assert [line.get_linestyle() for line in drawn] == list(figures.DASHES[:2])
        for line, xy in zip(drawn, curves.values()):
            assert np.array_equal(line_data(line), xy)
    assert figure.axes[0].get_ylabel() == "out"
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["tanh", "step"]


def test_planes_draws_each_map_its_zero_line_and_the_categories():
    x = np.linspace(-2, 2, 9)
    maps = {"left to right": np.tile(x - 0.25, (9, 1)) / 3, "positive": np.full((9, 9), 0.5)}
    points = (np.array([[1, 2], [0, -1]]), np.array([[-2, 0.5]]))
    figure = figures.planes(maps, 2, points)
    for ax, (title, values) in zip(figure.axes, maps.items()):
        assert ax.get_title(loc="left") == title
        image = image_of(ax)
        assert np.array_equal(image.get_array(), values)
        assert limits_of(image) == (-1, 1)
        assert image.origin == "lower"
        assert image.get_extent() == [-2, 2, -2, 2]
        assert image.cmap == figures.SIMILARITY
        for line, xy, color, mark in zip(
            ax.lines, points, figures.CATEGORIES, figures.CATEGORY_MARKS, strict=True
        ):
            assert np.array_equal(line_data(line), xy.T)
            assert (line.get_color(), line.get_marker()) == (color, mark)
            assert line.get_linestyle() == "None"
    zero = [np.vstack([p.vertices for p in c.get_paths()]) for c in figure.axes[0].collections]
    assert np.vstack(zero)[:, 0] == pytest.approx(0.25)
    assert not figure.axes[1].collections


def test_ribbons_draws_units_in_rows_and_layers_in_columns():
    items = {"first": different(4, 9), "second": different(4, 9) / 2}
    figure = figures.ribbons(items, 3)
    for ax, (title, states) in zip(figure.axes, items.items()):
        assert ax.get_title(loc="left") == title
        assert ax.get_ylabel() == "unit"
        image = image_of(ax)
        assert np.array_equal(image.get_array(), states[:, :3].T)
        assert limits_of(image) == (-1, 1)
        assert image.cmap == figures.SIMILARITY
    assert figure.axes[1].get_xlabel() == "layer"
    assert figure.axes[2].get_ylabel() == "state"  # the bar of colours


def test_filmstrip_draws_each_matrix_in_its_row_and_column():
    rows = {"own": different(3, 4, 4), "stranger": different(3, 4, 4) / 2}
    figure = figures.filmstrip(rows, ["layer 0", "10", "20"])
    axes = np.reshape(figure.axes[:6], (2, 3))
    for row, (name, matrices) in zip(axes, rows.items()):
        assert row[0].get_ylabel() == name
        for ax, matrix in zip(row, matrices):
            image = image_of(ax)
            assert np.array_equal(image.get_array(), matrix)
            assert limits_of(image) == (-1, 1)
            assert image.cmap == figures.SIMILARITY
            assert image.origin == "upper"
    assert [ax.get_title(loc="left") for ax in axes[0]] == ["layer 0", "10", "20"]
    assert figure.axes[6].get_ylabel() == "correlation"


def test_filmstrip_takes_closer_limits_and_another_label():
    figure = figures.filmstrip({"own": different(1, 3, 3)}, ["0"], 0.2, 0.9, "cosine")
    assert limits_of(image_of(figure.axes[0])) == (0.2, 0.9)
    assert image_of(figure.axes[0]).cmap != figures.SIMILARITY  # whose middle is no zero here
    assert figure.axes[1].get_ylabel() == "cosine"


def test_clouds_draws_both_categories_of_each_layer_with_one_length_for_a_unit():
    rows = {"fixed": different(3, 2, 7, 2), "own": 3 * different(3, 1, 7, 2)}
    figure = figures.clouds(rows, [0, 5, 20])
    figure.canvas.draw()
    axes = np.reshape(figure.axes, (2, 3))
    marks = {len(path.vertices) for mark in "o^" for path in [MarkerStyle(mark).get_path()]}
    drawn = set()
    for row, (name, layers) in zip(axes, rows.items()):
        assert row[0].get_ylabel() == name
        for ax, categories in zip(row, layers):
            for dots, points, color in zip(
                ax.collections, categories, figures.CATEGORIES, strict=len(categories) == 2
            ):
                assert np.array_equal(dots.get_offsets(), points)
                shades = dots.get_facecolor()[:, :3] @ [0.2126, 0.7152, 0.0722]
                assert np.all(np.diff(shades) < 0)  # the later an item, the darker
                assert to_rgba(color) == pytest.approx(dots.get_facecolor()[-1], abs=0.01)
                drawn.add(len(dots.get_paths()[0].vertices))
            width, height = ax.bbox.width, ax.bbox.height
            assert np.ptp(ax.get_xlim()) / width == pytest.approx(np.ptp(ax.get_ylim()) / height)
            for k, limits in enumerate((ax.get_xlim(), ax.get_ylim())):
                assert limits[0] == -limits[1]
                assert limits[1] > np.abs(layers[..., k]).max()
    assert drawn == marks
    assert [ax.get_title(loc="left") for ax in axes[0]] == ["layer 0", "layer 5", "layer 20"]
    units = {round(np.ptp(ax.get_xlim()) / ax.bbox.width, 6) for ax in figure.axes}
    assert len(units) == 1


def test_intervals_draws_each_condition_in_its_row_of_each_measure():
    values = different(3, 2, 3)
    panels = {
        measure: {name: values[k, row] for row, name in enumerate(("tanh", "linear"))}
        for k, measure in enumerate(("order", "ratio", "size"))
    }
    figure = figures.intervals(panels)
    for ax, (measure, rows) in zip(figure.axes, panels.items()):
        assert ax.get_title(loc="left") == measure
        for y, (centre, low, high) in enumerate(rows.values()):
            line, mark = ax.lines[2 * y : 2 * y + 2]
            assert np.array_equal(line_data(line), [[low, high], [y, y]])
            assert np.array_equal(line_data(mark), [[centre], [y]])
            assert mark.get_marker() == figures.MARKS[y]
            assert line.get_color() == mark.get_color() == figures.CONDITIONS[y]
        first, last = ax.get_ylim()
        assert first > last  # the first condition on top
    names = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert names == ["tanh", "linear"]
    assert not figure.axes[3].axison


def test_bands_draws_each_line_and_the_edges_of_its_band():
    panels = {"size": banded("tanh", "linear"), "ratio": banded("tanh", "linear")}
    panels["ratio"]["linear"] = (X + 2, X**2, X**2 - 5, X**2 + 7)
    figure = figures.bands(panels, ["layer", "width"], "share", xscale="log")
    for ax, (title, conditions), xlabel in zip(figure.axes, panels.items(), ["layer", "width"]):
        assert ax.get_title(loc="left") == title
        assert (ax.get_xlabel(), ax.get_xscale()) == (xlabel, "log")
        assert [line.get_label() for line in ax.lines] == list(conditions)
        assert [line.get_color() for line in ax.lines] == list(figures.CONDITIONS[:2])
        assert [line.get_linestyle() for line in ax.lines] == list(figures.DASHES[:2])
        assert [line.get_marker() for line in ax.lines] == list(figures.MARKS[:2])
        for line, band, (x, centre, low, high) in zip(
            ax.lines, ax.collections, conditions.values(), strict=True
        ):
            assert np.array_equal(line_data(line), [x, centre])
            (path,) = band.get_paths()
            edges = {tuple(vertex) for vertex in path.vertices}
            assert edges == {*zip(x, low), *zip(x, high)}
            assert to_rgba(band.get_facecolor()[0])[:3] == to_rgba(line.get_color())[:3]
    assert figure.axes[0].get_ylabel() == "share"
    assert figure.axes[0].get_ylim() == figure.axes[1].get_ylim()
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["tanh", "linear"]


def test_bands_has_one_label_for_all_panels_and_a_plain_scale_unless_told():
    figure = figures.bands({"size": banded("a"), "ratio": banded("a")}, "layer", "share")
    assert [ax.get_xlabel() for ax in figure.axes] == ["layer", "layer"]
    assert [ax.get_xscale() for ax in figure.axes] == ["linear", "linear"]


def test_bands_marks_layers_by_whole_numbers_and_fractions_as_they_are():
    layers = np.arange(21.0)
    for x, whole in [(layers, True), (layers[1:2], True), (layers / 25, False)]:
        figure = figures.bands({"": {"a": (x, x, x, x)}}, "x", "share")
        figure.canvas.draw()
        ticks = figure.axes[0].get_xticks()
        assert np.all(ticks == ticks.round()) == whole


def test_bands_names_its_places():
    places = ["first", "second", "third"]
    x = np.arange(1, 4)
    figure = figures.bands(
        {"": {"a": (x, x, x, x)}, "b": {"a": (x, x, x, x)}}, "", "r", ticks=places
    )
    for ax in figure.axes:
        assert [text.get_text() for text in ax.get_xticklabels()] == places
        assert ax.get_xticks().tolist() == [1, 2, 3]


def test_comparison_draws_trained_null_and_the_untrained_interval():
    tables = {"three layers": table(3), "one": table(1)}
    figure = figures.comparison(tables, "smoothness")
    for ax, (title, shown) in zip(figure.axes, tables.items(), strict=True):
        assert (ax.get_title(loc="left"), ax.get_xlabel()) == (title, "layer")
        drawn = {line.get_label(): line_data(line).tolist() for line in ax.lines}
        layers = shown["layer"].tolist()
        assert drawn == {
            "trained": [layers, shown["trained"].tolist()],
            "untrained": [layers, shown["baseline"].tolist()],
            "items shuffled": [layers, shown["null"].tolist()],
        }
        *bands, lines_at_layers = ax.collections
        edges = [{tuple(xy) for xy in band.get_paths()[0].vertices} for band in bands]
        ends = {*zip(layers, shown["low"]), *zip(layers, shown["high"])}
        assert edges[1] == ends
        for band, name in [(edges[0], "trained"), (edges[2], "null")]:  # without a width
            assert band == {*zip(layers, shown[name])}
        segments = [np.array(segment).tolist() for segment in lines_at_layers.get_segments()]
        assert segments == [
            [[layer, low], [layer, high]]
            for layer, low, high in zip(layers, shown["low"], shown["high"])
        ]
        untrained = {line.get_label(): line for line in ax.lines}["untrained"]
        assert to_rgba(lines_at_layers.get_color()[0]) == to_rgba(untrained.get_color())
    assert figure.axes[0].get_ylabel() == "smoothness"
    (legend,) = figure.legends
    names = [text.get_text() for text in legend.get_texts()]
    assert names == ["trained", "untrained", "items shuffled"]


def test_comparison_shows_every_layers_name_or_number():
    named = table(11).assign(layer=[f"mixed_{k}" for k in range(11)])
    figure = figures.comparison({"": table(13), "named": named}, "smoothness")
    figure.canvas.draw()
    for ax, shown in zip(figure.axes, [range(1, 14), named["layer"]], strict=True):
        labels = ax.get_xticklabels()
        assert [label.get_text() for label in labels] == [str(layer) for layer in shown]
        boxes = [label.get_window_extent() for label in labels]
        assert not any(a.overlaps(b) for a, b in zip(boxes, boxes[1:]))
        assert all(figure.bbox.y0 <= box.y0 for box in boxes)


def test_levels_draws_each_model_in_one_colour_in_every_panel_dark_to_light():
    single = different(3, 5)
    panels = {"ours": {"1": X, "2": X**2, "3": X - 3}, "theirs": {"3": X - 5, "2": X + 7}}
    figure = figures.levels(panels, {"2": single})
    colors = {}
    for ax, (title, models) in zip(figure.axes, panels.items(), strict=True):
        assert ax.get_title(loc="left") == title
        lines = [line for line in ax.lines if line.get_marker() != "."]
        for line, (model, y) in zip(lines, models.items(), strict=True):
            assert np.array_equal(line_data(line), [np.arange(5), y])
            assert colors.setdefault(model, to_rgba(line.get_color())) == to_rgba(line.get_color())
    brightness = [sum(colors[model][:3]) for model in "123"]
    assert brightness == sorted(brightness) and len(set(brightness)) == 3
    (dots,) = (line for line in figure.axes[0].lines if line.get_marker() == ".")
    assert np.array_equal(line_data(dots), [np.tile(np.arange(5), 3), single.ravel()])
    assert to_rgba(dots.get_color()) == colors["2"]
    for ax, lines in zip(figure.axes, panels.values()):
        names = {text.get_text(): text for text in ax.texts}
        assert {model: text.xy for model, text in names.items()} == {
            model: (4, y[-1]) for model, y in lines.items()
        }


def test_levels_names_of_lines_that_end_together_are_moved_apart_in_their_order():
    ends = {str(k): X + 1 - k / 1000 for k in range(8)} | {"low": X - 1}
    figure = figures.levels({"ours": ends})
    figure.canvas.draw()
    texts = figure.axes[0].texts
    assert [text.get_text() for text in texts] == list(ends)
    boxes = [matplotlib.text.Text.get_window_extent(text) for text in texts]  # without its line
    for above, below in zip(boxes, boxes[1:]):
        assert (above.y0 + above.y1) / 2 - (below.y0 + below.y1) / 2 >= 0.7 * above.height


def test_scale_maps_draws_scales_across_and_layers_down():
    panels = {"size": (different(3, 4), -0.5, 0.75), "ratio": (2 + different(3, 4), 1, 3)}
    figure = figures.scale_maps(panels, [0.5, 1, 2, 3.25], [0, 10, 20], logarithmic={"ratio"})
    figure.canvas.draw()
    for ax, (title, (values, low, high)) in zip(figure.axes, panels.items()):
        assert ax.get_title(loc="left") == title
        image = image_of(ax)
        assert np.array_equal(image.get_array(), values)
        assert limits_of(image) == (low, high)
        assert isinstance(image.norm, LogNorm) == (title == "ratio")
        assert image.origin == "upper"
        ticks = {t.get_text(): x for x, t in zip(ax.get_xticks(), ax.get_xticklabels())}
        assert ticks == {"0.5": 0, "1": 1, "2": 2, "3.25": 3}
    left = figure.axes[0]
    ticks = {t.get_text(): y for y, t in zip(left.get_yticks(), left.get_yticklabels())}
    assert ticks == {"0": 0, "10": 1, "20": 2}
    assert figure.get_supxlabel() == "$\\sigma_w$"
    assert figure.get_supylabel() == "layer"


def test_many_scales_and_layers_keep_their_own_labels():
    scales, layers = np.linspace(0.5, 3, 11), range(21)
    figure = figures.scale_maps({"size": (different(21, 11), -1, 1)}, scales, layers)
    ax = figure.axes[0]
    for position, text in zip(ax.get_xticks(), ax.get_xticklabels()):
        assert text.get_text() == f"{scales[position]:g}"
    for position, text in zip(ax.get_yticks(), ax.get_yticklabels()):
        assert text.get_text() == f"{layers[position]:g}"


# Bad input


@pytest.mark.parametrize(
    "function, arguments, sentence",
    [
        (
            figures.layer_colors,
            (0,),
            "n_layers must be a whole number of at least 1; it came as 0",
        ),
        (
            figures.layer_diagram,
            ([1, 2, 3], different(2, 3), [1, 2]),
            "weights must have the shape (3, 2), inputs by outputs; it came with shape (2, 3)",
        ),
        (
            figures.layer_diagram,
            ([1, np.nan], different(2, 1), [1]),
            "inputs must be finite; 1 of its 2 values are NaN or infinite",
        ),
        (
            figures.clouds,
            ({"fixed": different(3, 7)}, [0, 1, 2]),
            "fixed must have the shape (layers, categories, items, 2); it came with shape (3, 7)",
        ),
        (
            figures.bands,
            ({"size": banded(*"abcdefg")}, "layer", "share"),
            "panels must hold at most 6 lines; 'size' holds 7",
        ),
        (
            figures.bands,
            ({"size": {"tanh": (X, X, X, X * np.nan)}}, "layer", "share"),
            "tanh must be finite; 5 of its 5 values are NaN or infinite",
        ),
    ],
)
def test_bad_input_is_refused(function, arguments, sentence):
    with pytest.raises(ValueError) as caught:
        function(*arguments)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    "draw, words",
    [
        (lambda: figures.in_out({}, "x", "y"), "panels must be a dict"),
        (lambda: figures.in_out({"3": (X, X[:2])}, "x", "y"), "3 must hold .* equal length"),
        (lambda: figures.in_out({"3": (X, X * np.nan)}, "x", "y"), "3 must be finite; 5 of"),
        (lambda: figures.curves({"cosine": {}}, "x", "y"), "cosine must be a dict"),
        (lambda: figures.curves({"cosine": lines(*"abcdefg")}, "x", "y"), "at most 6 lines"),
        (lambda: figures.curves({"1": lines("a"), "2": lines("b")}, "x", "y"), "the same lines"),
        (lambda: figures.planes({"a": different(3, 4)}, 1), r"a must have the shape \(3, 3\)"),
        (lambda: figures.planes({"a": different(3, 3)}, 0), "extent must be above 0"),
        (lambda: figures.planes({"a": different(3, 3)}, 1, [[[0, 1]]] * 3), "at most 2 categories"),
        (lambda: figures.ribbons({"a": different(9, 3)}, 4), "a must have at least 4 units"),
        (lambda: figures.ribbons({"a": different(9, 3)}, 0), "n_units must be a whole number"),
        (lambda: figures.filmstrip({"a": different(3, 4, 4)}, "12"), r"a .* \(2, 4, 4\)"),
        (lambda: figures.filmstrip({"a": different(1, 3, 4)}, "1"), r"a .* \(1, 4, 4\)"),
        (lambda: figures.filmstrip({"a": different(1, 4, 4)}, "1", 1, 0), "low and high must"),
        (lambda: figures.clouds({"a": different(3, 1, 4, 2)}, [0, 1]), r"a .* \(2, 1, 4, 2\)"),
        (lambda: figures.clouds({"a": different(1, 1, 4, 3)}, [1]), r"a .* \(1, 1, 4, 2\)"),
        (lambda: figures.clouds({"a": different(1, 3, 4, 2)}, [1]), "at most 2 categories; it"),
        (lambda: figures.clouds({"a": different(1, 1, 4, 2)}, [-1]), "layers must be a whole"),
        (lambda: figures.intervals({}), "panels must be a dict"),
        (lambda: figures.intervals({"a": {"b": X}}), r"b must have the shape \(3,\)"),
        (lambda: figures.intervals({"a": {"b": X[:3]}, "c": {"d": X[:3]}}), "same conditions"),
        (lambda: figures.intervals({"a": {k: X[:3] for k in range(7)}}), "at most 6 conditions"),
        (lambda: figures.comparison(table(3), "s"), "tables must be a dict"),
        (lambda: figures.comparison({"a": table(3), "b": X}, "s"), "b must be a table .*'layer'"),
        (
            lambda: figures.comparison({"a": table(3).drop(columns=["low", "high"])}, "s"),
            r"a must be a table .* without the columns \['low', 'high'\]",
        ),
        (lambda: figures.comparison({"a": table(3) * np.nan}, "s"), "trained must be finite"),
        (lambda: figures.levels({"a": {"1": X}}, {"2": different(3, 5)}), "dots must name"),
        (lambda: figures.levels({"a": {"1": [0.5, np.nan]}}), "1 must be finite"),
        (lambda: figures.bands({"a": banded("b")}, ["x", "y"], "s"), "xlabels must be one or 1"),
        (lambda: figures.bands({"a": banded("b")}, "x", "s", "loga"), "xscale must be"),
        (lambda: figures.bands({"a": {"b": (X, X, X)}}, "x", "s"), "b must hold 4 arrays"),
        (
            lambda: figures.scale_maps({"a": (different(3, 4), 0, 1)}, range(3), range(4)),
            r"a must have the shape \(4, 3\); it came with shape \(3, 4\)",
        ),
        (
            lambda: figures.scale_maps({"a": (different(3, 4), 0, 1)}, range(4), range(3), ["a"]),
            "a must have limits above 0",
        ),
        (
            lambda: figures.scale_maps({"a": (different(3, 4), 1, 1)}, range(4), range(3)),
            "a must have its low limit below",
        ),
    ],
)
def test_nothing_is_half_drawn(draw, words):
    with pytest.raises(ValueError, match=words):
        draw()
    assert not plt.get_fignums()
