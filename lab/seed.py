"""The instructor's seed, and nbgrader's step that writes it into the hidden tests."""

import os
import re
import sys

from nbgrader.preprocessors import NbGraderPreprocessor


def seed():
    """The seed that the instructor set."""
    given = os.environ.get("SEED", "")
    if not re.fullmatch("[0-9]+", given):
        sys.exit(
            "The hidden tests need a seed, a whole number that only you know:"
            f" make assignment SEED=...; it came as {given!r}"
        )
    return int(given)


class SetSeed(NbGraderPreprocessor):
    """Write the seed into the hidden tests, which go into the gradebook and nowhere else."""

    def preprocess(self, nb, resources):
        (cell,) = (c for c in nb.cells if "seed = None" in c.source)
        cell.source = cell.source.replace("seed = None", f"seed = {seed()}")
        return nb, resources
