"""A copy of the lab, notebooks handed in to it, and what the instructor's commands make of them."""

import csv
import functools
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import matplotlib
import nbformat
from building import ROOT

NAME = "untrained-network"
MASTER = ROOT / "lab/source" / NAME / f"{NAME}.ipynb"
SEED = "60493"
MADE = """release submitted collected autograded feedback backups gradebook.db grades.csv
__pycache__ .ipynb_checkpoints""".split()
ALL = {"predict": 10, "build": 25, "measure": 20, "scale": 15}


def master():
    return nbformat.read(MASTER, as_version=4)


def source(cell):
    """A task's cell in the master as a student would have it who solved the task."""
    return re.sub(r"(?m)^ *### (?:BEGIN|END) SOLUTION\n?", "", cell.source)


def solution(name, old="", new=""):
    """The solved cell with `new` for `old`."""
    (text,) = (source(cell) for cell in master().cells if cell.id == name)
    assert old in text, f"no {old} in {name}"
    return text.replace(old, new)


def module(name):
    """A module of the lab's, whose names are too common to stand on the path of all tests."""
    spec = importlib.util.spec_from_file_location(f"lab_{name}", ROOT / f"lab/{name}.py")
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


@functools.cache
def written():
    """A copy of the lab in which the assignment has been written, for new courses to start from."""
    folder = tempfile.TemporaryDirectory()
    course = SimpleNamespace(home=Path(folder.name), lab=Path(folder.name, "lab"), keep=folder)
    shutil.copytree(ROOT / "lab", course.lab, ignore=shutil.ignore_patterns(*MADE))
    code, said = command(course, "assignment", SEED=SEED)
    assert code == 0, said
    return course


def new_course(folder):
    """The lab in a home of its own, with the assignment written."""
    course = SimpleNamespace(home=folder, lab=folder / "lab")
    shutil.copytree(written().lab, course.lab)
    return course


def command(course, *words, **environment):
    """What `make assignment` and `make grade` run: the exit code and what was said."""
    keep = {k: v for k, v in os.environ.items() if k != "SEED"}
    keep["MPLCONFIGDIR"] = matplotlib.get_cachedir()  # else every new home looks for all fonts
    result = subprocess.run(
        [sys.executable, course.lab / "course.py", *words],
        env=keep | {"HOME": str(course.home)} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return result.returncode, result.stdout


def released(course):
    return nbformat.read(course.lab / "release" / NAME / MASTER.name, as_version=4)


def solved(course, changes=None):
    """The released notebook with every task solved, but for the cells in `changes`."""
    nb = released(course)
    answers = {cell.id: source(cell) for cell in master().cells} | (changes or {})
    for cell in nb.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = answers[cell.id]
    return nb


def without(nb, *names):
    """The notebook after a student deleted these cells."""
    nb.cells = [c for c in nb.cells if c.metadata.get("nbgrader", {}).get("grade_id") not in names]
    return nb


def hand_in(course, **notebooks):
    """Put notebooks, or what else is handed in for one, into the submission folder."""
    for student, notebook in notebooks.items():
        path = course.lab / "submitted" / f"{student}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = notebook if isinstance(notebook, str) else nbformat.writes(notebook)
        path.write_text(text, encoding="utf-8", errors="surrogateescape")


def grade(course):
    """Mark: each student's row in grades.csv."""
    code, said = command(course, "grade")
    assert code == 0, said
    with (course.lab / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def points(row):
    """The points of each part."""
    return {part: float(row[part]) for part in ALL}


def feedback(course, student):
    page = course.lab / "feedback" / student / NAME / f"{NAME}.html"
    return page.read_text(encoding="utf-8")


def said(course, student, name):
    """What a cell of the marked notebook printed, or the error in which it ended."""
    nb = nbformat.read(course.lab / "autograded" / student / NAME / MASTER.name, as_version=4)
    (cell,) = (c for c in nb.cells if c.metadata.get("nbgrader", {}).get("grade_id") == name)
    return "".join(o.get("evalue") or o.get("text") or "" for o in cell.outputs)
