"""What each mistake costs: the points of its own task, and no other's."""

import nbformat
import pytest
from submissions import (
    ALL,
    grade,
    hand_in,
    master,
    points,
    released,
    said,
    solution,
    solved,
    without,
)

UNSEEN = "On patterns and weights that no check has shown"
COST = {
    "predict-answers": 10,
    "build-product": 8,
    "build-squash": 7,
    "build-propagate": 10,
    "measure-spread": 5,
    "measure-own-ruler": 4,
    "measure-ratio": 6,
    "measure-sentence": 5,
    "scale-correlation": 6,
    "scale-alike": 5,
    "scale-width": 4,
}
# Left out together, to mark fewer notebooks: one of a part, and what needs it is there.
LEFT_OUT = [
    "predict-answers build-product measure-spread scale-correlation",
    "build-squash measure-own-ruler scale-alike",
    "build-propagate measure-ratio scale-width",
    "measure-sentence",
]
STEP = "squash(product(states[-1], w))"
WITHIN = "(spread(one) + spread(other)) / 2"
SIZE = "np.sqrt(np.mean(states**2))"
IN_PLACE = f"states /= {SIZE}\n    return states"
PRODUCTS = "(a * b).mean(axis=1) / (a.std(axis=1) * b.std(axis=1))"
NEIGHBOURS = "correlation(last[:-1], last[1:]).mean()"

# The mistake; its cell; what a student wrote there in place of what; what the check says of it.
MISTAKES = [
    ("weights transposed", "build-product", "m @ w", "m @ w.T", "the rows of w"),
    ("logistic function", "build-squash", "np.tanh(n)", "1 / (1 + np.exp(-n))", "should stay 0"),
    ("squash forgotten", "build-propagate", STEP, "product(states[-1], w)", "every layer squashed"),
    (
        "squashed before, too",
        "build-propagate",
        "product(states[-1]",
        "product(squash(states[-1])",
        "as they came",
    ),
    ("product turned around", "build-propagate", "states[-1], w", "w, states[-1]", "in the line `"),
    ("weights mirrored", "build-propagate", "w))", "w.T))", "Layer 1 should be"),
    ("same weights in every layer", "build-propagate", "w))", "weights[0]))", "its own weights"),
    ("input put in again", "build-propagate", "states[-1]", "patterns", "the layer before it"),
    ("items paired with themselves", "measure-spread", "(i)", "(len(items))", "with itself"),
    (
        "divided by the items",
        "measure-spread",
        "np.mean(distances)",
        "np.sum(distances) / len(items)",
        "more pairs than items",
    ),
    ("numbers of the items", "measure-spread", "items[i], items[j]", "i, j", "numbers i and j"),
    ("sd for the size", "measure-own-ruler", SIZE, "np.std(states)", "a mean of 9"),
    (
        "ruler changes its input",
        "measure-own-ruler",
        f"return states / {SIZE}",
        IN_PLACE,
        "new one",
    ),
    (
        "pairs over all items",
        "measure-ratio",
        WITHIN,
        "spread(np.vstack([one, other]))",
        "together",
    ),
    ("brackets left out", "measure-ratio", WITHIN, "spread(one) + spread(other) / 2", "brackets"),
    (
        "items of the same number",
        "measure-ratio",
        "for a in one for b in other",
        "for a, b in zip(one, other)",
        "some pairs",
    ),
    ("own ruler meant", "measure-sentence", '"A"', '"B"', "Which column"),
    ("wrong axis", "scale-correlation", "axis=1", "axis=0", "items instead of units"),
    (
        "population and sample sd mixed",
        "scale-correlation",
        "std(axis=1",
        "std(axis=1, ddof=1",
        "ddof",
    ),
    ("mean without its place", "scale-correlation", ", keepdims=True", "", "keepdims=True"),
    ("items overwritten", "scale-alike", "last = propagate", "items = last = propagate", "alone"),
    (
        "items scaled",
        "scale-alike",
        "items, scale * draws",
        "scale * items, draws",
        "Is it the weights",
    ),
    ("first layer for the last", "scale-alike", "[-1]", "[1]", "the last layer"),
    ("scale left out", "scale-alike", "scale * draws", "0.1 * draws", "multiplied by the scale"),
    ("same sd meant", "scale-width", '"C"', '"B"', "the same σ_w"),
    # Mistakes that smaller, rounder or more regular examples would not show.
    (
        "as many units as items",
        "build-product",
        "m @ w",
        "sum(np.outer(m[:, k], w[k]) for k in range(len(w.T)))",
        "in the line `",
    ),
    ("whole numbers", "build-product", "m @ w", "(m @ w).astype(int)", "The first item was worked"),
    ("three decimals", "build-squash", "np.tanh(n)", "np.round(np.tanh(n), 3)", "tanh of them is"),
    (
        "cut off",
        "build-squash",
        "np.tanh(n)",
        "np.clip(n * 0.92, -0.995, 0.995)",
        "tanh of them is",
    ),
    ("layers backwards", "build-propagate", "in weights", "in weights[::-1]", "Layer 1 should be"),
    (
        "second matrix for the third",
        "build-propagate",
        "in weights",
        "in weights[[0, 1] + [1] * (len(weights) - 2)]",
        "its own weights",
    ),
    (
        "length for the spread",
        "measure-spread",
        "distance(items[i], items[j])",
        "distance(items[i], 0 * items[j])",
        "expected: 6.50",
    ),
    ("only the largest pair", "measure-spread", "np.mean", "np.max", "expected: 6.50"),
    (
        "length by units",
        "measure-own-ruler",
        SIZE,
        "np.sqrt(np.sum(states**2)) / states.shape[1]",
        "a mean of 9",
    ),
    (
        "a ruler for each item",
        "measure-own-ruler",
        "np.mean(states**2)",
        "np.mean(states**2, axis=1, keepdims=True)",
        "one number for the whole layer",
    ),
    (
        "pairs within pooled",
        "measure-ratio",
        WITHIN,
        "np.average([spread(one), spread(other)], weights=[k * (k - 1) for k in "
        "(len(one), len(other))])",
        "each of which is a mean already",
    ),
    ("one category within", "measure-ratio", WITHIN, "spread(one)", "both categories"),
    ("upside down", "measure-ratio", "within / between", "between / within", "upside down"),
    (
        "divided by items",
        "measure-ratio",
        "between = np.mean(",
        "between = 1 / len(one) * np.sum(",
        "divided by another number",
    ),
    ("sd of one item twice", "scale-correlation", "b.std(axis=1)", "a.std(axis=1)", "taken twice"),
    (
        "covariance",
        "scale-correlation",
        PRODUCTS,
        "(a * b).mean(axis=1)",
        "1 for an item and its double",
    ),
    (
        "neighbours in a ring",
        "scale-alike",
        NEIGHBOURS,
        "correlation(last, np.roll(last, 1, axis=0)).mean()",
        "each item with the next",
    ),
    (
        "best neighbours",
        "scale-alike",
        NEIGHBOURS,
        "correlation(last[:-1], last[1:]).max()",
        "each item with the next",
    ),
    (
        "names of the example",
        "build-product",
        "def product(m, w)",
        "def product(a, b)",
        "NameError",
    ),
    ("number of units", "measure-own-ruler", SIZE, "states.shape[1]", "a mean of 9"),
    ("median for the size", "measure-own-ruler", SIZE, "np.median(np.abs(states))", "a mean of 9"),
    (
        "first two units",
        "measure-spread",
        "distance(items[i], items[j])",
        "distance(items[i][:2], items[j][:2])",
        "expected: 6.50",
    ),
    (
        "squared correlation",
        "scale-correlation",
        f"return {PRODUCTS}",
        f"r = {PRODUCTS}\n    return r * abs(r)",
        "expected: 1 for an item and its double",
    ),
    (
        "products of signs",
        "scale-correlation",
        PRODUCTS,
        "(a * b).mean(axis=1) / abs(a * b).mean(axis=1)",
        "expected: 1 for an item and its double",
    ),
    (
        "median of neighbours",
        "scale-alike",
        NEIGHBOURS,
        "np.median(correlation(last[:-1], last[1:]))",
        "each item with the next",
    ),
    (
        "sign left out",
        "scale-alike",
        NEIGHBOURS,
        "np.abs(correlation(last[:-1], last[1:])).mean()",
        "each item with the next",
    ),
    (
        "squashed at the end alone",
        "scale-alike",
        "propagate(items, scale * draws)[-1]",
        "np.tanh(np.linalg.multi_dot([items, *(scale * draws)]))",
        "with every layer squashed",
    ),
    (
        "divided by the layers",
        "scale-alike",
        NEIGHBOURS,
        "correlation(last[:-1], last[1:]).sum() / len(draws)",
        "each item with the next",
    ),
    # Right for what the visible check shows, and for nothing else.
    (
        "hard-coded product",
        "build-product",
        "m @ w",
        "[[1, 2, 4], [0, -1, -1], [0.375, -1.7, -0.95], [-2.5, 0.125, -4.875]]",
        UNSEEN,
    ),
    (
        "hard-coded squash",
        "build-squash",
        "np.tanh(n)",
        "np.tanh(n) if len(n) == 2 else np.clip(n, -1, 1)",
        UNSEEN,
    ),
    ("hard-coded depth", "build-propagate", "in weights:", "in weights[:3]:", UNSEEN),
    ("hard-coded spread", "measure-spread", "np.mean(distances)", "6.5", UNSEEN),
    ("hard-coded size", "measure-own-ruler", SIZE, "3", UNSEEN),
    ("hard-coded ratio", "measure-ratio", "within / between", "9 / 14.19305", UNSEEN),
    ("hard-coded correlation", "scale-correlation", PRODUCTS, "[1, -1, 0.6]", UNSEEN),
    (
        "hard-coded likeness",
        "scale-alike",
        NEIGHBOURS,
        f"{NEIGHBOURS} if len(items) == 4 else 0.5",
        UNSEEN,
    ),
]

# The mistakes of each notebook, one of a task: together they cost what each costs.
TOGETHER = []
for mistake in MISTAKES:
    for others in TOGETHER:
        if mistake[1] not in others:
            others[mistake[1]] = mistake
            break
    else:
        TOGETHER.append({mistake[1]: mistake})

# Other right answers, each in every task that it fits.
OTHERWISE = {
    "predict-answers": """prediction_1 = prediction_2 = prediction_3 = "a"
prediction_4 = prediction_5 = "C " """,
    "build-product": """def product(m, w):
    totals = np.zeros((len(m), w.shape[1]))
    for i in range(len(m)):
        for j in range(w.shape[1]):
            totals[i, j] = sum(m[i, k] * w[k, j] for k in range(len(w)))
    return totals""",
    "build-squash": """def squash(n):
    return 1 - 2 / (np.exp(2 * n) + 1)""",
    "build-propagate": """def propagate(patterns, weights):
    states = np.zeros((len(weights) + 1, *patterns.shape))
    states[0] = patterns
    for k in range(len(weights)):
        states[k + 1] = np.tanh(np.dot(states[k], weights[k]))
    return states""",
    "measure-spread": """def spread(items):
    import warnings
    warnings.warn("a warning is no mistake")
    apart = np.linalg.norm(items[:, None] - items, axis=-1)
    return apart.sum() / (len(items) * (len(items) - 1))""",
    "measure-own-ruler": """def own_ruler(states):
    print("printing is no mistake")
    return [list(row / np.linalg.norm(states) * states.size**0.5) for row in states]""",
    "measure-ratio": """def ratio(one, other):
    between = [np.linalg.norm(one - item, axis=1) for item in other]
    return np.array(spread(one) + spread(other)) / 2 / np.mean(between)""",
    "measure-sentence": "sentence = 'a'",
    "scale-correlation": """def correlation(a, b):
    return [np.corrcoef(x, y)[0, 1] for x, y in zip(a, b)]""",
    "scale-alike": """def alike_by_scale(items, draws, scales):
    def alike(scale):
        *_, last = propagate(items, [scale * w for w in draws])
        return np.mean([np.corrcoef(last[k : k + 2])[0, 1] for k in range(len(last) - 1)])
    return tuple(alike(scale) for scale in scales)""",
    "scale-width": "width = 'C'",
}


def from_colab(nb):
    """The notebook as Google Colab saves it."""
    nb = nbformat.from_dict(nb)
    nb.nbformat_minor = 0
    nb.metadata = {"colab": {"provenance": []}, "kernelspec": {"name": "python3"}}
    for k, cell in enumerate(nb.cells):
        del cell["id"]
        cell.metadata["id"] = f"x{k}"
        if cell.cell_type == "code":
            cell.metadata["outputId"] = f"y{k}"
    return nb


@pytest.fixture(scope="module")
def rows(course):
    """Everything below, handed in and marked at once."""
    stub = {cell.id: cell.source for cell in released(course).cells}
    for k, others in enumerate(TOGETHER):
        changes = {name: solution(name, old, new) for _, name, old, new, _ in others.values()}
        hand_in(course, **{f"mistakes {k}": solved(course, changes)})
    for names in LEFT_OUT:
        hand_in(
            course, **{f"left out {names}": solved(course, {n: stub[n] for n in names.split()})}
        )
    one_made = solution("predict-answers", '"ACBAB"', '"A?BAB"')
    gone = without(solved(course), "build-product", "build-product-check", "measure-spread-check")
    hand_in(
        course,
        **{
            "the master": master(),
            "untouched": released(course),
            "otherwise": solved(course, OTHERWISE),
            "from Colab": from_colab(solved(course)),
            "one prediction missing": solved(course, {"predict-answers": one_made}),
            "a task deleted": gone,
        },
    )
    return grade(course)


@pytest.mark.parametrize("student", ["the master", "otherwise", "from Colab"])
def test_right_answers_get_all_points(rows, student):
    assert points(rows[student]) == ALL
    assert float(rows[student]["automatic"]) == 70


def test_untouched_notebook_gets_none(rows):
    assert points(rows["untouched"]) == dict.fromkeys(ALL, 0)
    assert float(rows["untouched"]["total"]) == 0


def costs(row, lost):
    """Whether a row lacks exactly these points, by cell."""
    left = dict(ALL)
    for name, cost in lost.items():
        left[name.split("-")[0]] -= cost
    return points(row) == left


@pytest.mark.parametrize("mistake", MISTAKES, ids=[m[0] for m in MISTAKES])
def test_mistake_costs_its_own_task(rows, course, mistake):
    _, name, _, _, hint = mistake
    (k,) = (k for k, others in enumerate(TOGETHER) if others.get(name) == mistake)
    assert costs(rows[f"mistakes {k}"], {other: COST[other] for other in TOGETHER[k]})
    assert hint in said(course, f"mistakes {k}", f"{name}-check")


@pytest.mark.parametrize("names", LEFT_OUT)
def test_task_left_out_costs_its_own_points(rows, names):
    assert costs(rows[f"left out {names}"], {name: COST[name] for name in names.split()})


def test_points_add_up():
    marked = [cell.metadata.nbgrader for cell in master().cells if cell.metadata.get("nbgrader")]
    assert sum(COST.values()) == sum(ALL.values()) == 70
    assert sorted(" ".join(LEFT_OUT).split()) == sorted(COST)
    assert sum(about.points for about in marked if about.grade) == 85
    for part, whole in ALL.items():
        assert sum(cost for name, cost in COST.items() if name.startswith(part)) == whole


def test_each_prediction_counts_when_made(rows):
    assert costs(rows["one prediction missing"], {"predict-answers": 2})


def test_deleted_cells(rows):
    """A check put back counts as before; with the task's own cell gone its points are gone."""
    row = rows["a task deleted"]
    assert costs(row, {"build-product": 8})
    for name in "build-product", "build-product-check", "measure-spread-check":
        assert f"{name} was deleted and put back" in row["notes"]
