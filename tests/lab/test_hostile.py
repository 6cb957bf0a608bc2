"""What a hostile or broken notebook does is named, and changes nothing for the others."""

import psutil
import pytest
from submissions import (
    ALL,
    feedback,
    grade,
    hand_in,
    master,
    points,
    released,
    said,
    solved,
    source,
)

# Deletes the home with all that is in it, where that is a throw-away one or these tests' own.
DELETE = """
import shutil, tempfile
from pathlib import Path
assert str(Path.home()) == tempfile.gettempdir() or "pytest-of-" in str(Path.home())
shutil.rmtree(Path.home(), ignore_errors=True)"""
LEAVE = """
import subprocess
subprocess.Popen(["sleep", "98765"], start_new_session=True)"""

# What stands behind a right squash; the points it costs; what is reported of it.
HOSTILE = {
    "endless loop": ("while True:\n    pass", 7, "build-squash ran for more than 20 seconds"),
    "endless printing": (
        "while True:\n    print('on and on')",
        7,
        "build-squash printed more than",
    ),
    "one long line": ("print('x' * 3 * 10**7)", 7, "build-squash printed more than"),
    "exit": ("import os\nos._exit(0)", 7, "build-squash ended Python"),
    "gigabytes": (
        "[np.ones(10**7) for _ in range(10**4)]",
        7,
        "build-squash asked for too much memory",
    ),
    "full disk": ("open('big', 'wb').write(bytes(2 * 10**8))", 0, ""),
    "deletes files": (DELETE, 0, ""),
    "deletes files and exits": (
        f"{DELETE}\nimport os\nos._exit(0)",
        7,
        "build-squash ended Python",
    ),
    "leaves a process": (LEAVE, 0, ""),
}
BROKEN = {
    "cut off": lambda text: text[: len(text) // 2],
    "empty": lambda text: "",
    "a list": lambda text: "[]",
    "without cells": lambda text: '{"cells": [{}]}',
    "an old one without cells": lambda text: '{"nbformat": 3, "worksheets": [{"cells": [{}]}]}',
    "cells that are none": lambda text: '{"cells": [1, null]}',
    "binary": lambda text: "PK\x03\x04\udcff",
}


def squash(code):
    (cell,) = (c for c in master().cells if c.id == "build-squash")
    return {"build-squash": f"{source(cell)}\n\n\n{code}"}


def cheated(nb):
    """Checks emptied, and worth more."""
    for cell in nb.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            cell.metadata.nbgrader.points = 1000
            cell.source = "pass" if cell.cell_type == "code" else cell.source
    return nb


@pytest.fixture(scope="module")
def rows(course):
    """The hostile and the broken in one run, with Ada marked before and Zoe after them."""
    hand_in(course, ada=solved(course, squash("squash = abs")), zoe=solved(course))
    text = (course.lab / "submitted/zoe.ipynb").read_text(encoding="utf-8")
    hand_in(course, **{name: solved(course, squash(code)) for name, (code, *_) in HOSTILE.items()})
    for name, spoil in BROKEN.items():
        hand_in(course, **{name: spoil(text)})
    hand_in(course, cheated=cheated(released(course)), twice=released(course))
    hand_in(course, **{"twice/again": text})
    return grade(course)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_notebook_is_named_and_costs_its_own_task(rows, name):
    _, cost, report = HOSTILE[name]
    assert points(rows[name]) == ALL | {"build": 25 - cost}
    notes = rows[name]["notes"].split("; ")
    assert notes.pop() == "open question: not marked yet"
    assert [note[: len(report)] for note in notes] == [report][: len(notes)]
    assert bool(notes) == bool(report)


@pytest.mark.parametrize("name", BROKEN)
def test_broken_file_is_named(rows, name):
    assert rows[name]["notes"].startswith(f"not marked: {name}.ipynb is no notebook (")
    assert {rows[name][part] for part in [*ALL, "automatic", "open", "total"]} == {""}


def test_two_notebooks_of_one_student(rows):
    assert rows["twice"]["notes"] == "not marked: 2 notebooks handed in; expected one"


def test_changed_checks_give_nothing(rows):
    assert points(rows["cheated"]) == dict.fromkeys(ALL, 0)


def test_the_others_are_marked_as_ever(rows, course):
    assert points(rows["ada"]) == ALL | {"build": 18}
    assert points(rows["zoe"]) == ALL
    for student in "ada", "zoe":
        assert rows[student]["notes"] == "open question: not marked yet"
        assert f"Score: {rows[student]['automatic']} / 85.0" in feedback(course, student)
    assert (course.lab / "submitted/zoe.ipynb").exists()


def test_limit_of_a_file(rows, course):
    assert "File too large" in said(course, "full disk", "build-squash")


def test_nothing_is_left_running(rows):
    running = [p.info["cmdline"] or [] for p in psutil.process_iter(["cmdline"])]
    assert ["sleep", "98765"] not in running
