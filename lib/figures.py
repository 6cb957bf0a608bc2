"""One look for every figure of the book.

Each function draws the arrays that it is given, computes no result, and returns the figure. Layers
are colours from light to dark with depth; similarity has one diverging map from -1 to 1; the two
categories have the same two colours and marks everywhere; conditions differ in dash and mark as
well as in colour.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from matplotlib.colors import LogNorm, Normalize
from matplotlib.ticker import LogLocator, NullFormatter

from . import _checks

# In a notebook a figure has twice the pixels that it is shown at, for screens that have them.
_shell = "IPython" in sys.modules and sys.modules["IPython"].get_ipython()
if hasattr(_shell, "kernel"):
    _shell.run_line_magic("config", "InlineBackend.figure_formats = ['retina']")

LAYERS = sns.color_palette("crest", as_cmap=True)
SIMILARITY = sns.color_palette("vlag", as_cmap=True)
CATEGORIES = ("#1f6fb4", "#c8550a")
CATEGORY_MARKS = ("o", "^")
CONDITIONS = ("#222222", "#b5432a", "#2f7f79", "#7a5195", "#a07a00", "#5f6b7a")
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)))
MARKS = ("o", "s", "^", "D", "v", "P")
WIDTH = 4.8

STYLE = {
    "figure.dpi": 165,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "axes.facecolor": "white",
    "axes.edgecolor": "#444444",
    "axes.labelcolor": "#222222",
    "axes.titlesize": 10,
    "axes.labelsize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "axes.titlelocation": "left",
    "font.size": 10,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "xtick.color": "#444444",
    "ytick.color": "#444444",
    "legend.fontsize": 9,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "lines.markersize": 4.5,
    "image.interpolation": "nearest",
    "text.color": "#222222",
}


def layer_colors(n_layers):
    """Return the colours of layers 0 to `n_layers`, from light to dark, (n_layers + 1, 4)."""
    return LAYERS(np.linspace(0, 1, _checks.count("n_layers", n_layers) + 1))


def _entries(name, entries):
    """Refuse what is not a dict with at least one entry."""
    if not isinstance(entries, dict) or not entries:
        raise ValueError(
            f"{name} must be a dict with at least one entry; it came as {_checks.shown(entries)}"
        )


def _equally_long(name, arrays, n):
    """Return `n` arrays of one length, or refuse them."""
    if len(arrays) != n:
        raise ValueError(f"{name} must hold {n} arrays; it came with {len(arrays)}")
    arrays = [_checks.array(name, values, "(points,)") for values in arrays]
    lengths = [len(values) for values in arrays]
    if min(lengths) < max(lengths):
        raise ValueError(f"{name} must hold arrays of equal length; they came with {lengths}")
    return arrays


def _lines(panels, n):
    """Return panels of lines, `n` equally long arrays each, or refuse them."""
    _entries("panels", panels)
    for title, lines in panels.items():
        _entries(title, lines)
        if len(lines) > len(CONDITIONS):
            raise ValueError(
                f"panels must hold at most {len(CONDITIONS)} lines; {title!r} holds {len(lines)}"
            )
    return {
        title: {label: _equally_long(label, line, n) for label, line in lines.items()}
        for title, lines in panels.items()
    }


def _shaped(name, values, shape, names):
    """Return an array of that very shape, or refuse it."""
    values = _checks.array(name, values, names)
    if values.shape != shape:
        raise ValueError(f"{name} must have the shape {shape}; it came with shape {values.shape}")
    return values


def _limits(name, low, high):
    """Refuse limits that are not in order."""
    low, high = _checks.array(name, [low, high], "(2,)")
    if not low < high:
        raise ValueError(f"{name} must have its low limit below its high one; got {low}, {high}")


def layer_diagram(inputs, weights, outputs):
    """Draw one layer as a network: units as discs with their states, weights as lines.

    A line's thickness is the weight's size; positive weights are solid, negative ones dashed.

    Parameters
    ----------
    inputs : array_like, (n_in,)
    weights : array_like, (n_in, n_out)
        ``weights[i, j]`` is the line from input unit i to output unit j.
    outputs : array_like, (n_out,)

    Returns
    -------
    matplotlib.figure.Figure
    """
    inputs = _checks.array("inputs", inputs, "(n_in,)")
    weights = _checks.array("weights", weights, "(n_in, n_out)")
    outputs = _checks.array("outputs", outputs, "(n_out,)")
    if weights.shape != (len(inputs), len(outputs)):
        raise ValueError(
            f"weights must have the shape {(len(inputs), len(outputs))}, inputs by outputs;"
            f" it came with shape {weights.shape}"
        )
    with plt.rc_context(STYLE):
        figure, ax = plt.subplots(figsize=(WIDTH, 3.2), layout="constrained")
        rows = [-np.arange(len(states), dtype=float) for states in (inputs, outputs)]
        for i, y_in in enumerate(rows[0]):
            for j, y_out in enumerate(rows[1]):
                w = weights[i, j]
                ax.plot(
                    [0, 1],
                    [y_in, y_out],
                    color=CONDITIONS[0] if w >= 0 else CONDITIONS[1],
                    linestyle="-" if w >= 0 else "--",
                    linewidth=0.4 + 2.2 * abs(w),
                    zorder=1,
                )
        for x, ys, states, name, side in (
            (0, rows[0], inputs, "m", "right"),
            (1, rows[1], outputs, "n", "left"),
        ):
            ax.scatter(np.full(len(ys), x), ys, s=520, color="white", edgecolor="#222222", zorder=2)
            for k, (y, state) in enumerate(zip(ys, states)):
                ax.text(x, y, f"${name}_{k + 1}$", ha="center", va="center", zorder=3)
                ax.text(
                    x + (0.12 if side == "left" else -0.12), y, f"{state:.2f}", ha=side, va="center"
                )
        ax.set(xlim=(-0.4, 1.4), ylim=(min(r.min() for r in rows) - 0.4, 0.4))
        ax.axis("off")
    return figure


def in_out(panels, xlabel, ylabel):
    """Draw one cloud of points a panel, the diagonal behind it.

    Parameters
    ----------
    panels : dict
        Title to ``(x, y)``, two arrays of equal length, both from -1 to 1.
    xlabel, ylabel : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    _entries("panels", panels)
    panels = {title: _equally_long(title, xy, 2) for title, xy in panels.items()}
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(
            1,
            len(panels),
            figsize=(WIDTH, 2.5),
            sharex=True,
            sharey=True,
            squeeze=False,
            layout="constrained",
        )
        for ax, (title, (x, y)) in zip(axes[0], panels.items()):
            ax.plot([-1, 1], [-1, 1], color="#999999", linewidth=1)
            ax.plot(x, y, ".", color=CONDITIONS[2], markersize=4, alpha=0.7, markeredgewidth=0)
            ax.set(
                title=title,
                xlim=(-1.05, 1.05),
                ylim=(-1.05, 1.05),
                aspect="equal",
                xticks=(-1, 0, 1),
                yticks=(-1, 0, 1),
            )
        figure.supxlabel(xlabel, fontsize=10)
        figure.supylabel(ylabel, fontsize=10)
    return figure


def curves(panels, xlabel, ylabel, diagonal=True):
    """Draw curves, one dash a label, in one or two panels.

    Parameters
    ----------
    panels : dict
        Title to a dict of label to ``(x, y)``; the same labels in each panel.
    xlabel, ylabel : str
    diagonal : bool
        Draw y = x behind the curves.

    Returns
    -------
    matplotlib.figure.Figure
    """
    panels = _lines(panels, 2)
    if len({tuple(lines) for lines in panels.values()}) > 1:
        raise ValueError(
            f"panels must hold the same lines; they hold {[list(v) for v in panels.values()]}"
        )
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(
            1,
            len(panels),
            figsize=(WIDTH, 3.4),
            sharex=True,
            sharey=True,
            squeeze=False,
            layout="constrained",
        )
        for ax, (title, lines) in zip(axes[0], panels.items()):
            if diagonal:
                ax.axline((0, 0), slope=1, color="#999999", linewidth=1)
            for (label, (x, y)), color, dash in zip(lines.items(), CONDITIONS, DASHES):
                ax.plot(x, y, color=color, linestyle=dash, label=label)
            ax.set(title=title, xlabel=xlabel)
        handles, labels = axes[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=min(4, len(labels)))
        axes[0, 0].set_ylabel(ylabel)
    return figure


def planes(maps, extent, points=None):
    """Draw functions of the plane as maps from -1 to 1, their zero line in black.

    Parameters
    ----------
    maps : dict
        Title to an array (rows, columns), the lowest row first, values from -1 to 1.
    extent : float
        The plane reaches from -extent to extent both ways.
    points : tuple of array_like, optional
        One array (n, 2) a category, drawn with the categories' marks.

    Returns
    -------
    matplotlib.figure.Figure
    """
    _entries("maps", maps)
    for title, values in maps.items():
        side = len(_checks.array(title, values, "(rows, columns)"))
        _shaped(title, values, (side, side), "(rows, columns)")
    if not _checks.not_negative("extent", extent):
        raise ValueError("extent must be above 0; it came as 0")
    points = [_checks.array("points", xy, "(n, 2)") for xy in points or ()]
    if len(points) > len(CATEGORIES) or any(xy.shape[1] != 2 for xy in points):
        raise ValueError(
            f"points must be (n, 2) for at most {len(CATEGORIES)} categories;"
            f" they came with shapes {[xy.shape for xy in points]}"
        )
    with plt.rc_context(STYLE):
        n = len(maps)
        columns = min(3, n)
        rows = -(-n // columns)
        figure, axes = plt.subplots(
            rows,
            columns,
            figsize=(WIDTH, 1.75 * rows),
            sharex=True,
            sharey=True,
            squeeze=False,
            layout="constrained",
        )
        for ax in axes.flat[n:]:
            ax.axis("off")
        for ax, (title, values) in zip(axes.flat, maps.items()):
            image = ax.imshow(
                values,
                cmap=SIMILARITY,
                vmin=-1,
                vmax=1,
                origin="lower",
                extent=[-extent, extent, -extent, extent],
            )
            line = np.linspace(-extent, extent, len(values))
            if np.min(values) < 0 < np.max(values):
                ax.contour(line, line, values, levels=[0], colors="black", linewidths=1)
            for xy, color, mark in zip(points, CATEGORIES, CATEGORY_MARKS):
                ax.plot(*np.transpose(xy), mark, color=color, markeredgecolor="white", markersize=7)
            ax.set_title(title)
            ax.set(xticks=(-extent, 0, extent), yticks=(-extent, 0, extent))
        figure.colorbar(image, ax=axes, shrink=0.8, label="state", ticks=(-1, 0, 1))
    return figure


def ribbons(items, n_units):
    """Draw items through the layers: one strip an item, a row a unit, a column a layer.

    Parameters
    ----------
    items : dict
        Title to an array (layers, units) of states.
    n_units : int
        How many units to draw, the first ones.

    Returns
    -------
    matplotlib.figure.Figure
    """
    _entries("items", items)
    _checks.count("n_units", n_units)
    items = {
        title: _checks.array(title, states, "(layers, units)") for title, states in items.items()
    }
    for title, states in items.items():
        _checks.at_least(title, states, 1, n_units, "units")
        _shaped(title, states[:, 0], (len(next(iter(items.values()))),), "(layers,)")
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(
            len(items),
            1,
            figsize=(WIDTH, 1.55 * len(items)),
            sharex=True,
            squeeze=False,
            layout="constrained",
        )
        for ax, (title, states) in zip(axes[:, 0], items.items()):
            strip = states[:, :n_units].T
            image = ax.imshow(strip, cmap=SIMILARITY, vmin=-1, vmax=1, aspect="auto")
            ax.set(title=title, ylabel="unit", yticks=())
            ax.spines[:].set_visible(False)
        axes[-1, 0].set_xlabel("layer")
        axes[-1, 0].set_xticks(range(0, strip.shape[1], 5))
        figure.colorbar(image, ax=axes, label="state", ticks=(-1, 0, 1), extend="both", shrink=0.8)
    return figure


def filmstrip(rows, titles, low=-1, high=1, label="correlation"):
    """Draw rows of similarity matrices, one column a layer.

    Parameters
    ----------
    rows : dict
        Name of the row to a sequence of matrices (items, items).
    titles : sequence of str
        One a column.
    low, high : float
        The limits of the colours; -1 and 1 unless the caption says that they are closer.
    label : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    _entries("rows", rows)
    _limits("low and high", low, high)
    for name, matrices in rows.items():
        side = _checks.array(name, matrices, "(titles, items, items)").shape[-1]
        _shaped(name, matrices, (len(titles), side, side), "(titles, items, items)")
    cmap = SIMILARITY if low < 0 else LAYERS
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(
            len(rows),
            len(titles),
            figsize=(WIDTH, 0.5 + 0.82 * len(rows) * WIDTH / len(titles)),
            squeeze=False,
            layout="constrained",
        )
        for row, (name, matrices) in zip(axes, rows.items()):
            for ax, matrix in zip(row, matrices):
                image = ax.imshow(matrix, cmap=cmap, vmin=low, vmax=high)
                ax.set(xticks=(), yticks=())
            row[0].set_ylabel(name)
        for ax, title in zip(axes[0], titles):
            ax.set_title(title)
        figure.colorbar(image, ax=axes, label=label, shrink=0.9)
    return figure


def clouds(rows, layers):
    """Draw items as points in a plane, a column a layer, a row a ruler.

    A unit has the same length in all panels, so that sizes can be compared across them. Categories
    differ in colour and mark; within one, items go from pale to dark in their order.

    Parameters
    ----------
    rows : dict
        Name of the ruler to points, ``(layers, categories, items, 2)``, of one or two categories.
    layers : sequence of int
        One a column; gives the titles.

    Returns
    -------
    matplotlib.figure.Figure
    """
    _entries("rows", rows)
    shape = "(layers, categories, items, 2)"
    rows = {name: _checks.array(name, points, shape) for name, points in rows.items()}
    for name, points in rows.items():
        if points.shape[1] > len(CATEGORIES):
            raise ValueError(
                f"{name} must hold at most {len(CATEGORIES)} categories;"
                f" it came with {points.shape[1]}"
            )
        _shaped(name, points, (len(layers), *points.shape[1:3], 2), shape)
    for layer in layers:
        _checks.count("layers", layer, least=0)
    width = 1.15 * max(np.abs(points[..., 0]).max() for points in rows.values())
    heights = [max(1.2 * np.abs(points[..., 1]).max(), 0.3 * width) for points in rows.values()]
    inches = WIDTH / len(layers) * np.divide(heights, width)
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(
            len(rows),
            len(layers),
            figsize=(WIDTH, 0.9 * inches.sum() + 0.3),
            height_ratios=heights,
            squeeze=False,
            layout="constrained",
        )
        for row, height, (name, points) in zip(axes, heights, rows.items()):
            for ax, categories in zip(row, points):
                for xy, color, mark in zip(categories, CATEGORIES, CATEGORY_MARKS):
                    shades = sns.light_palette(color, len(xy) + 1)[1:]
                    ax.scatter(
                        *xy.T, c=shades, marker=mark, s=20, edgecolors="#222222", linewidths=0.6
                    )
                ax.set(xlim=(-width, width), ylim=(-height, height), aspect="equal")
                ax.set(xticks=(), yticks=())
                ax.spines[:].set_visible(True)
            row[0].set_ylabel(name, rotation=0, ha="right", va="center")
        for ax, layer in zip(axes[0], layers):
            ax.set_title(f"layer {layer}")
    return figure


def intervals(panels):
    """Draw one number a condition, with its interval: a panel a measure, its conditions in rows.

    Parameters
    ----------
    panels : dict
        Title to a dict of condition to ``(centre, low, high)``; the same conditions in each panel,
        written from the top down.

    Returns
    -------
    matplotlib.figure.Figure
    """
    _entries("panels", panels)
    for title, rows in panels.items():
        _entries(title, rows)
        for condition, values in rows.items():
            _shaped(condition, values, (3,), "(3,)")
    conditions = list(next(iter(panels.values())))
    if any(list(rows) != conditions for rows in panels.values()):
        raise ValueError(
            f"panels must hold the same conditions; they hold {[list(v) for v in panels.values()]}"
        )
    if len(conditions) > len(CONDITIONS):
        raise ValueError(
            f"panels must hold at most {len(CONDITIONS)} conditions; they hold {len(conditions)}"
        )
    with plt.rc_context(STYLE):
        columns = min(2, len(panels))
        lines = -(-len(panels) // columns)
        figure, axes = plt.subplots(
            lines,
            columns,
            figsize=(WIDTH, lines * (0.65 + 0.2 * len(conditions))),
            sharey=True,
            squeeze=False,
            layout="constrained",
        )
        for ax in axes.flat[len(panels) :]:
            ax.axis("off")
        for ax, (title, rows) in zip(axes.flat, panels.items()):
            for y, (centre, low, high) in enumerate(rows.values()):
                ax.plot([low, high], [y, y], color=CONDITIONS[y], linewidth=2.5, alpha=0.6)
                ax.plot(centre, y, MARKS[y], color=CONDITIONS[y])
            ax.set(title=title, ylim=(len(conditions) - 0.5, -0.5))
            ax.set_yticks(range(len(conditions)), conditions)
            ax.tick_params("y", length=0)
            ax.locator_params("x", nbins=3)
            ax.margins(x=0.12)
            ax.grid(axis="x", color="#dddddd", linewidth=0.6)
    return figure


def bands(panels, xlabels, ylabel, xscale="linear", ticks=None):
    """Draw one quantity with its spread: a line and a band a condition, panels with one y-axis.

    Parameters
    ----------
    panels : dict
        Title to a dict of label to ``(x, centre, low, high)``, four arrays of equal length: a line
        and the edges of its band.
    xlabels : str or sequence of str
        One for all panels, or one a panel.
    ylabel : str
    xscale : str
        ``"linear"`` or ``"log"``.
    ticks : sequence of str, optional
        The names of x = 1, 2, ..., written upwards.

    Returns
    -------
    matplotlib.figure.Figure
    """
    panels = _lines(panels, 4)
    xlabels = [xlabels] * len(panels) if isinstance(xlabels, str) else xlabels
    if len(xlabels) != len(panels):
        raise ValueError(f"xlabels must be one or {len(panels)}; they came as {xlabels}")
    if xscale not in ("linear", "log"):
        raise ValueError(f'xscale must be "linear" or "log"; it came as {xscale!r}')
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(
            1,
            len(panels),
            figsize=(WIDTH, 3.3),
            sharey=True,
            squeeze=False,
            layout="constrained",
        )
        handles = {}
        for ax, (title, lines), xlabel in zip(axes[0], panels.items(), xlabels):
            for (label, line), color, dash, mark in zip(lines.items(), CONDITIONS, DASHES, MARKS):
                x, centre, low, high = line
                handles[label] = ax.plot(
                    x,
                    centre,
                    color=color,
                    linestyle=dash,
                    marker=mark,
                    markevery=max(1, len(x) // 7),
                    label=label,
                )[0]
                ax.fill_between(x, low, high, color=color, alpha=0.15, linewidth=0)
            ax.set(title=title, xlabel=xlabel, xscale=xscale)
            if xscale == "log":
                decades = np.ptp(np.log10(ax.get_xlim()))
                ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if decades < 2 else (1,)))
                ax.xaxis.set_major_formatter("{x:g}")
                ax.xaxis.set_minor_formatter(NullFormatter())
            elif all(np.all(x == x.round()) for x, *_ in lines.values()):
                ax.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
            if ticks is not None:
                ax.set_xticks(range(1, len(ticks) + 1), ticks, rotation=90)
        axes[0, 0].set_ylabel(ylabel)
        columns = len(handles) if len(handles) <= 3 else 2
        figure.legend(handles.values(), handles, loc="outside lower center", ncols=columns)
    return figure


def comparison(tables, ylabel):
    """Draw what `lib.baseline.compare` gives: trained, untrained with its interval, and the null.

    The interval is a line at each layer and a band between them; every layer has its name or its
    number.

    Parameters
    ----------
    tables : dict
        Title to such a table; one panel each.
    ylabel : str
        What was measured.

    Returns
    -------
    matplotlib.figure.Figure
    """
    _entries("tables", tables)
    columns = ("layer", "trained", "baseline", "low", "high", "null")
    for title, table in tables.items():
        missing = [name for name in columns if name not in getattr(table, "columns", ())]
        if missing:
            raise ValueError(
                f"{title} must be a table that lib.baseline.compare gives; it came without the"
                f" columns {missing}"
            )
    places = {title: np.arange(1, len(table) + 1) for title, table in tables.items()}
    panels = {
        title: {
            "trained": (places[title], *[table["trained"]] * 3),
            "untrained": (places[title], table["baseline"], table["low"], table["high"]),
            "items shuffled": (places[title], *[table["null"]] * 3),
        }
        for title, table in tables.items()
    }
    figure = bands(panels, "layer", ylabel)
    for ax, (title, table) in zip(figure.axes, tables.items()):
        ax.vlines(places[title], table["low"], table["high"], color=CONDITIONS[1], linewidth=1)
        names = [str(layer) for layer in table["layer"]]
        ax.set_xticks(places[title], names)
        if len(tables) * sum(map(len, names)) > 24:
            ax.tick_params("x", rotation=90)
    return figure


def levels(panels, dots=None):
    """Draw similarity to the prototype by level of distortion, one line a model, dark to light.

    Each line has its model's name at its end.

    Parameters
    ----------
    panels : dict
        Title to a dict of model to its similarities, ``(levels,)``.
    dots : dict, optional
        Model to single similarities, ``(items, levels)``, drawn behind the first panel's lines.

    Returns
    -------
    matplotlib.figure.Figure
    """
    _entries("panels", panels)
    for title, lines in panels.items():
        _entries(title, lines)
    panels = {
        title: {model: _checks.array(str(model), y, "(levels,)") for model, y in lines.items()}
        for title, lines in panels.items()
    }
    models = list(dict.fromkeys(model for lines in panels.values() for model in lines))
    colors = dict(zip(models, LAYERS(np.linspace(1, 0, len(models)))))
    dots = {
        model: _checks.array(f"dots of {model}", y, "(items, levels)")
        for model, y in (dots or {}).items()
    }
    if not set(dots) <= set(models):
        raise ValueError(f"dots must name models of the panels; they name {list(dots)}")
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(
            1,
            len(panels),
            figsize=(WIDTH, 3.4),
            sharex=True,
            sharey=True,
            squeeze=False,
            layout="constrained",
        )
        for model, similarities in dots.items():
            x = np.tile(np.arange(similarities.shape[1]), len(similarities))
            axes[0, 0].plot(
                x, similarities.ravel(), ".", color=colors[model], alpha=0.4, ms=2.5, mew=0
            )
        for ax, (title, lines) in zip(axes[0], panels.items()):
            for model, y in lines.items():
                ax.plot(np.arange(len(y)), y, color=colors[model], label=model)
            ax.set(title=title, xlabel="level of distortion")
        axes[0, 0].set_ylabel("correlation with the prototype")
        # Names of lines that end close together are moved apart, a line of text each.
        low, high = axes[0, 0].get_ylim()
        line_height = (high - low) / 24
        for ax, lines in zip(axes[0], panels.values()):
            place = np.inf
            for model, y in sorted(lines.items(), key=lambda line: -line[1][-1]):
                place = min(y[-1], place - line_height)
                ax.annotate(
                    model,
                    (len(y) - 1, y[-1]),
                    (1.04, place),
                    textcoords=ax.get_yaxis_transform(),
                    va="center",
                    fontsize=8,
                    annotation_clip=False,
                    arrowprops={"arrowstyle": "-", "color": colors[model], "linewidth": 0.6},
                )
    return figure


def scale_maps(panels, scales, layers, logarithmic=()):
    """Draw quantities as maps of sigma_w (x) by layer (y, the input on top).

    Parameters
    ----------
    panels : dict
        Title to ``(values, low, high)``: an array (layers, scales) and the limits of its colours.
    scales, layers : sequence
        The labels of columns and rows.
    logarithmic : collection of str
        Titles of panels whose colours are logarithmic.

    Returns
    -------
    matplotlib.figure.Figure
    """
    _entries("panels", panels)
    for title, (values, low, high) in panels.items():
        _shaped(title, values, (len(layers), len(scales)), "(layers, scales)")
        _limits(title, low, high)
        if title in logarithmic and low <= 0:
            raise ValueError(f"{title} must have limits above 0 for logarithmic colours; got {low}")
    if not set(logarithmic) <= set(panels):
        raise ValueError(f"logarithmic must name panels; it came as {_checks.shown(logarithmic)}")
    with plt.rc_context(STYLE):
        rows = -(-len(panels) // 2)
        figure, axes = plt.subplots(
            rows,
            2,
            figsize=(WIDTH, 2.3 * rows),
            sharex=True,
            sharey=True,
            squeeze=False,
            layout="constrained",
        )
        for ax in axes.flat[len(panels) :]:
            ax.axis("off")
        for ax, (title, (values, low, high)) in zip(axes.flat, panels.items()):
            norm = LogNorm(low, high) if title in logarithmic else Normalize(low, high)
            image = ax.imshow(values, cmap=LAYERS, norm=norm, aspect="auto")
            ax.set_title(title)
            step = 2 if len(scales) > 7 else 1
            ax.set_xticks(
                range(0, len(scales), step), [f"{s:g}" for s in scales[::step]], fontsize=8
            )
            ax.set_yticks(
                range(0, len(layers), max(1, len(layers) // 5)),
                [f"{k:g}" for k in layers[:: max(1, len(layers) // 5)]],
            )
            ax.spines[:].set_visible(False)
            below = np.min(values) < low
            figure.colorbar(image, ax=ax, extend="min" if below else "neither")
        figure.supxlabel("$\\sigma_w$", fontsize=10)
        figure.supylabel("layer", fontsize=10)
    return figure
