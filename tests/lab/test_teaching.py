"""What the page for instructors says of the lab, of time and of the network on paper."""

import re

import numpy as np
import pytest
from building import ROOT
from submissions import ALL, master, source

PAGE = (ROOT / "chapters/teaching.md").read_text(encoding="utf-8")
ITEMS = np.array([[0.9, 0.3], [0.8, 0.5], [-0.5, 0.8], [-0.6, 0.6]])  # two of each category


def test_plans_fill_their_time():
    plans = re.findall(r"\| minutes \|.*\n\|[- |]+\n((?:\|.*\n)+)", PAGE)
    spans = [
        [tuple(map(int, s)) for s in re.findall(r"(?m)^\| (\d+) to (\d+) \|", p)] for p in plans
    ]
    assert [(plan[0][0], plan[-1][1]) for plan in spans] == [(0, 20), *[(0, 90)] * 4]
    for plan, text in zip(spans, plans):
        assert len(plan) == text.count("\n")
        assert all(end == start for (_, end), (start, _) in zip(plan, plan[1:]))


def test_lab_takes_its_time():
    (title,) = (cell.source for cell in master().cells if cell.id == "title")
    *parts, whole = re.findall(r"(?m)^\| .* \| (\d+) \| (\d+) \|$", title)
    assert list(map(int, whole)) == np.sum(np.array(parts, int), axis=0).tolist() == [90, 85]


def test_points():
    assert list(ALL.values()) == [10, 25, 20, 15]
    assert (
        "85 points: 70 given by tests (predict 10, build 25, measure 20, vary the scale 15)" in PAGE
    )
    marks = re.findall(r"\*\*Answer \d: (\d+) points\*\* \((\d) \+ (\d) \+ (\d)\)", PAGE)
    assert len(marks) == 3
    for whole, *each in marks:
        assert int(whole) == sum(map(int, each))


def test_right_predictions():
    (answers,) = (source(cell) for cell in master().cells if cell.id == "predict-answers")
    said = re.findall(r"(?m)^\| (\d)\. [^|]* \| ([ABC]),", PAGE)
    assert [number for number, _ in said] == list("12345")
    assert f'"{"".join(letter for _, letter in said)}"' in answers


def test_table_of_tanh():
    totals, states = (
        np.array(re.findall(r"\d\.\d+", re.search(rf"(?m)^\| {name} \|.*$", PAGE)[0]), float)
        for name in ("total", "tanh")
    )
    assert np.allclose(np.tanh(totals), states, atol=0.005)


def distances(states):
    """Within the categories and between them, for many networks."""
    apart = np.linalg.norm(states[..., :, None, :] - states[..., None, :, :], axis=-1)
    return (apart[..., 0, 1] + apart[..., 2, 3]) / 2, apart[..., :2, 2:].mean(axis=(-1, -2))


def test_network_on_paper():
    """What rolls of the dice bring, over 40,000 networks."""
    rule = re.search(r"a die for the weights: (.*)\.\n", PAGE)[1].replace("−", "-")
    faces = np.array(re.findall(r"means (-?[\d.]+)", rule), float)
    assert len(faces) == 6
    states = ITEMS
    for weights in np.random.default_rng(3).choice(faces, (2, 40_000, 2, 2)):
        states = np.tanh(states @ weights)
    at_input, at_end = distances(ITEMS), distances(states)
    apart = at_end[1] > 0
    ratio = at_end[0][apart] / at_end[1][apart]
    within, between = (round(float(d), 2) for d in at_input)
    assert f"{within:.2f}, {between:.2f} and {at_input[0] / at_input[1]:.2f}" in PAGE
    assert "falls in 39 of 40 networks" in PAGE
    assert np.mean(at_end[0] < at_input[0]) == pytest.approx(39 / 40, abs=0.005)
    assert f"to {np.median(at_end[0]):.2f} in the middle one" in PAGE
    assert np.mean(ratio < at_input[0] / at_input[1]) == pytest.approx(0.5, abs=0.02)
    assert f"stays at {np.median(ratio):.2f}" in PAGE


def test_check_of_a_pairs_arithmetic():
    first = np.tanh(ITEMS[0] @ [[0.6, -1], [0.2, 0.6]])
    second = np.tanh(first @ [[1, 0.2], [-0.6, 1]])
    shown = [f"({a:.2f}, {b:.2f})".replace("-", "−") for a, b in (first, second)]
    assert f"becomes {shown[0]} and then {shown[1]}" in PAGE
