"""Python runs this first where tests/nudged is on PYTHONPATH: a processor that nobody has here.

Every number that a chapter draws is moved by one unit in the last place, up, down or not at all,
as the number and NUDGE decide. A product that another kernel computes differs by about as much.
"""

import os

import numpy as np

SEED = np.uint64(os.environ.get("NUDGE", "0"))


def nudged(method):
    def draw(self, *args, **kwargs):
        drawn = np.asarray(method(self, *args, **kwargs))
        if drawn.dtype != np.float64 or drawn.ndim == 0:
            return drawn[()]
        mixed = (drawn.view(np.uint64) + SEED) * np.uint64(0x9E3779B97F4A7C15)
        steps = (mixed >> np.uint64(40)).astype(np.int64) % 3 - 1
        return drawn * (1 + steps * np.finfo(float).eps)

    return draw


class Generator(np.random.Generator):
    standard_normal = nudged(np.random.Generator.standard_normal)
    normal = nudged(np.random.Generator.normal)
    uniform = nudged(np.random.Generator.uniform)
    random = nudged(np.random.Generator.random)


default_rng = np.random.default_rng
np.random.default_rng = lambda seed=None: Generator(default_rng(seed).bit_generator)
