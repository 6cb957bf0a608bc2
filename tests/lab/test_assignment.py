"""What a student gets, what an instructor is told, and the marks given by hand."""

import ast
import csv
import re
import sys

import numpy as np
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_markdown_cell
from submissions import (
    NAME,
    SEED,
    command,
    feedback,
    grade,
    hand_in,
    master,
    new_course,
    released,
    solved,
    source,
)

from lib.collapse import distance_ratio, spread
from lib.networks import propagate, random_weights
from lib.similarity import pearson
from lib.stimuli import members, prototypes


def code(nb):
    return "\n".join(cell.source for cell in nb.cells if cell.cell_type == "code")


def test_no_letter_is_right_more_often_than_others():
    right = re.search(r'prediction_5 = "([ABC]{5})"', code(master()))[1]
    assert all(1 <= right.count(letter) <= 2 for letter in "ABC")


def test_student_gets_no_answers_no_hidden_tests_no_seed(course):
    path = course.lab / "release" / NAME / f"{NAME}.ipynb"
    text = path.read_text(encoding="utf-8")
    answers = re.findall(r"### BEGIN SOLUTION\n(.*?)### END", code(master()), re.S)
    assert len(answers) == 11
    (essay,) = (cell.source for cell in master().cells if cell.id == "open")
    for line in [*"".join(answers).split("\n"), *essay.split("\n")]:
        assert len(line.strip()) < 10 or line.strip() not in code(released(course))
    for word in SEED, "SOLUTION", "HIDDEN", "_lab", essay[:40]:
        assert word not in text
    assert not any(cell.get("outputs") for cell in released(course).cells)


def test_student_needs_numpy_and_matplotlib_alone(course):
    tree = ast.parse(code(released(course)))
    names = [n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom)]
    modules = {a.name.split(".")[0] for n in names if isinstance(n, ast.Import) for a in n.names}
    modules |= {n.module.split(".")[0] for n in names if isinstance(n, ast.ImportFrom)}
    assert modules - sys.stdlib_module_names == {"numpy", "matplotlib"}


def said_in_jupyter(nb):
    """What each cell prints where a student runs it; the marking runs no check as it stands."""
    NotebookClient(nb, kernel_name="python3").execute()
    return {
        cell.id: "".join(output.get("text", "") for output in cell.outputs)
        for cell in nb.cells
        if cell.cell_type == "code"
    }


def test_visible_checks_pass_a_solved_notebook(course):
    said = said_in_jupyter(solved(course))
    checks = {name: text for name, text in said.items() if name.endswith("-check")}
    assert len(checks) == 11
    for name, text in checks.items():
        assert re.match("The example is right.|All five are made.|That is an answer.", text), name
        assert "slow" not in text


def test_visible_check_tells_of_a_slow_product(course):
    loops = """def product(m, w):
    out = np.zeros((len(m), w.shape[1]))
    for i in range(len(m)):
        for j in range(w.shape[1]):
            for k in range(len(w)):
                out[i, j] += m[i, k] * w[k, j]
    return out"""
    nb = solved(course, {"build-product": loops})
    last = [cell.id for cell in nb.cells].index("build-product-check")
    nb.cells = nb.cells[: last + 1]
    assert re.search(r"it is slow: part 3 .* \d\d+ seconds", said_in_jupyter(nb)[nb.cells[-1].id])


def test_each_task_says_what_it_is_worth():
    headings = "\n".join(c.source for c in master().cells if c.cell_type == "markdown")
    worth = [int(n) for n in re.findall(r"(?m)^##+ .*\((\d+) points\)$", headings)]
    marks = [
        c.metadata.nbgrader.points
        for c in master().cells
        if c.metadata.get("nbgrader", {}).get("points")
    ]
    tasks = [int(n) for n in re.findall(r"(?m)^### .*\((\d+) points\)$", headings)]
    assert [worth[0], *tasks, worth[-1]] == marks
    assert sum(marks) == 85
    assert sum(worth) - sum(tasks) == 85


def test_seed_goes_into_the_gradebook_alone(course):
    path = course.lab / "release" / NAME / f"{NAME}.ipynb"
    gradebook = course.lab / "gradebook.db"
    before = path.read_bytes()
    assert b"seed = %d " % int(SEED) in gradebook.read_bytes()
    assert command(course, "assignment", SEED="7700012")[0] == 0
    assert path.read_bytes() == before
    assert b"seed = 7700012 " in gradebook.read_bytes()
    assert b"seed = %d " % int(SEED) not in gradebook.read_bytes()


@pytest.mark.parametrize("seed", ["", "1.5"])
def test_no_assignment_without_a_seed(course, seed):
    status, said = command(course, "assignment", SEED=seed)
    assert status != 0
    assert "make assignment SEED=" in said and f"it came as {seed!r}" in said


def test_nothing_to_mark(tmp_path):
    course = new_course(tmp_path)
    status, said = command(course, "grade")
    assert status != 0 and "lab/submitted/" in said
    (course.lab / "gradebook.db").unlink()
    status, said = command(course, "grade")
    assert status != 0 and "make assignment SEED=" in said


def test_page_and_the_open_question(tmp_path):
    course = new_course(tmp_path)
    wrong = {"measure-spread": "def spread(items):\n    return 6.5"}
    elsewhere = released(course)
    elsewhere.cells.append(
        new_markdown_cell("I would compare her network with ten untrained ones, by the ratio.")
    )
    hand_in(course, ada=solved(course), bob=released(course), cyd=solved(course, wrong))
    hand_in(course, dan=elsewhere)
    rows = grade(course)
    page = feedback(course, "cyd")
    assert "On patterns and weights that no check has shown, spread is wrong by" in page
    assert '<a href="#measure-spread-check">Spread (5 points)</a> (Score: 0.0 / 5.0)' in page
    for word in SEED, "_lab", "HIDDEN":
        assert word not in page
    assert '<a href="#open">5. An open question (15 points)</a> (not marked yet)' in page
    assert not re.search(r"(src|href)=.https?:", page)
    assert rows["ada"]["notes"] == "open question: not marked yet"
    assert rows["ada"]["total"] == rows["ada"]["open"] == ""
    assert rows["bob"]["notes"] == "open question: no answer"
    assert "text in a cell of the student's own" in rows["dan"]["notes"]
    assert rows["dan"]["total"] == ""

    rows["ada"] |= {"open": "12,5", "comment": "A ruler, and why.\nGood."}
    rows["cyd"] |= {"open": "16"}
    with (course.lab / "grades.csv").open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.DictWriter(file, rows["ada"], delimiter=";")  # as a spreadsheet may save it
        table.writeheader()
        table.writerows(rows.values())
    for first in True, False:  # what was given stays, without the table too
        rows = grade(course)
        (course.lab / "grades.csv").unlink()
        assert float(rows["ada"]["total"]) == 82.5
        assert rows["ada"]["comment"] == "A ruler, and why.\nGood."
        assert rows["ada"]["notes"] == ""
        wrong = "'16' is no number from 0 to 15" if first else "not marked yet"
        assert rows["cyd"]["notes"] == f"open question: {wrong}"
    assert float(rows["bob"]["total"]) == 0
    assert "Score: 82.5 / 85.0" in feedback(course, "ada")
    assert "A ruler, and why." in feedback(course, "ada")


def test_the_lab_computes_what_the_book_computes():
    theirs = {"np": np, "distance": lambda a, b: np.sqrt(np.sum((a - b) ** 2))}
    for cell in master().cells:
        if cell.metadata.get("nbgrader", {}).get("solution") and cell.cell_type == "code":
            exec(source(cell), theirs)
    rng = np.random.default_rng(5)
    one, other = members(prototypes(2, 100, rng), 0.01 * np.arange(10), rng)
    weights = random_weights(20, 100, 0.1, rng)
    states = np.array(propagate(one, weights))
    others = np.array(propagate(other, weights))
    size = np.sqrt(np.mean(states**2, axis=(1, 2)))
    together = np.stack([states[20], others[20]])

    def same(a, b):
        assert np.allclose(a, b, rtol=1e-9, atol=0)

    same(theirs["propagate"](one, weights), states)
    same([theirs["spread"](layer) for layer in states], spread(states))
    same([theirs["own_ruler"](layer) for layer in states], states / size[:, None, None])
    same(theirs["ratio"](*together), distance_ratio(together))
    same(theirs["correlation"](states[20], others[20]), pearson(states[20], others[20]))
    last = propagate(one, 2 * weights)[-1]
    (alike,) = theirs["alike_by_scale"](one, 10 * weights, [0.2])
    same(alike, pearson(last[:-1], last[1:]).mean())
