"""Compute trained.csv, chapter 13's networks before and after, by its cells.

Run by `make trained`; about two minutes on one core.
"""

from contextlib import redirect_stdout
from pathlib import Path

import nbformat
import numpy as np

HERE = Path(__file__).parent
DEFINED_IN = [
    "imports",
    "loss",
    "gradient",
    "finite-differences",
    "train",
    "three-networks",
    "run",
    "rulers",
    "arrangement",
    "beyond",
]
MEASURES = ["ratio", "smoothness", "beyond", "directions"]


def measured(rngs):
    """A dict of column to values, one for each generator."""
    notebook = nbformat.read(HERE / "13-what-training-adds.ipynb", as_version=4)
    source = {cell.id: cell.source for cell in notebook.cells}
    chapter = {}
    with redirect_stdout(None):
        for name in DEFINED_IN:
            exec(source[name], chapter)
    nets = {"untrained": [], "trained": []}
    for rng in rngs:
        items, *_, weights = chapter["run"](rng, 20, 0.01)
        for name, states in nets.items():
            states.append(chapter["propagate"](items, weights[name][:-1]))
    nets = {name: np.array(states) for name, states in nets.items()}
    columns = {
        f"{measure}_{name}": chapter[measure](states, 20)
        for measure in MEASURES
        for name, states in nets.items()
    }
    columns["from_before_to_after"] = chapter["functional_smoothness"](
        nets["untrained"][:, 20], nets["trained"][:, 20]
    ).mean(axis=1)
    return columns


def generators():
    """Eighty, of which the first ten are the chapter's."""
    return np.random.default_rng(13).spawn(80)


if __name__ == "__main__":
    columns = measured(generators())
    np.savetxt(
        HERE / "trained.csv",
        np.transpose(list(columns.values())),
        fmt="%.4f",
        delimiter=",",
        header=",".join(columns),
        comments="",
    )
