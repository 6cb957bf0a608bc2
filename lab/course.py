"""The course lab: write the students' notebook, and mark what they hand in.

nbgrader clears the solutions, keeps the gradebook, restores the tests, adds up and renders. Added
here are the seed, the cells that a student has deleted, and the run itself: in a throw-away copy
and under limits, so that whatever a submission does is reported and touches no other.
"""

import contextlib
import csv
import json
import os
import re
import shutil
import sys
import tempfile
import warnings
from pathlib import Path

import matplotlib.font_manager  # looks for all fonts, once
import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.apps.api import NbGraderAPI
from nbgrader.preprocessors import NbGraderPreprocessor
from sandbox import run_apart
from sqlalchemy.exc import SAWarning
from traitlets.config import PyFileConfigLoader

NAME = "untrained-network"
RELEASE = Path("release", NAME, f"{NAME}.ipynb")
GRADES = Path("grades.csv")
PARTS = {"predict": 10, "build": 25, "measure": 20, "scale": 15}  # marked by machine, 70
OPEN = 15  # marked by hand
ELSEWHERE = "open question: nothing in its cell, but text in a cell of the student's own"
COLUMNS = ["student", *PARTS, "automatic", "open", "comment", "total", "notes"]


def seed():
    """The seed that the instructor set."""
    given = os.environ.get("SEED", "")
    if not re.fullmatch("[0-9]+", given):
        sys.exit(
            "The hidden tests need a seed, a whole number that only you know:"
            f" make assignment SEED=...; it came as {given!r}"
        )
    return int(given)


def grade_id(cell):
    return cell["metadata"].get("nbgrader", {}).get("grade_id")


# Steps of nbgrader's; nbgrader_config.py says where each of them stands.


class SetSeed(NbGraderPreprocessor):
    """Write the seed into the hidden tests, which go into the gradebook and nowhere else."""

    def preprocess(self, nb, resources):
        (cell,) = (c for c in nb.cells if "seed = None" in c.source)
        cell.source = cell.source.replace("seed = None", f"seed = {seed()}")
        return nb, resources


class Sandbox(NbGraderPreprocessor):
    """Run a copy of the notebook in a throw-away folder, and take over its outputs alone."""

    def preprocess(self, nb, resources):
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
            with contextlib.suppress(OSError):  # or else each run would look for them
                shutil.copytree(matplotlib.get_cachedir(), Path(home, ".cache/matplotlib"))
            ran = run_apart(nb, home)
        for cell, after in zip(nb.cells, ran):
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = after.outputs, after.execution_count
                for output in cell.outputs:
                    if output.get("name") == "stderr":  # nbgrader takes a warning for a fault
                        output.name = "stdout"
        return nb, resources


# What the instructor types.


def must(result):
    """Turn what nbgrader reports of a failure into one."""
    if not result["success"]:
        print(result.get("log", ""), result["error"], file=sys.stderr)
        raise RuntimeError("nbgrader failed, as printed above")


def assignment(api):
    """Write the students' notebook, and the hidden tests with their seed into the gradebook."""
    seed()
    must(api.generate_assignment(NAME))
    print(f"For students: lab/{RELEASE}")
    print("For you: lab/gradebook.db, which holds the seed and will hold the points")


def grade(api):
    """Mark what lies in submitted/, and write grades.csv and the feedback pages."""
    if not (RELEASE.exists() and Path("gradebook.db").exists()):
        sys.exit("There is nothing to mark by yet: make assignment SEED=...")
    for folder in "collected", "autograded", "feedback":  # a page of an older run would mislead
        shutil.rmtree(folder, ignore_errors=True)
    by_hand, rows = read_grades(), []
    for student, paths in handed_in().items():
        row = dict.fromkeys(COLUMNS, "") | {"student": student}
        try:
            row |= mark(api, student, paths, by_hand.get(student, {}))
        except Exception as error:  # a file may hold anything, and the others are to be marked
            row["notes"] = f"not marked: {error}"
        rows.append(row)
        print("{student:20} {automatic:>5} of 70  {notes}".format(**rows[-1]), flush=True)
    if not rows:
        sys.exit("Nothing to mark: put each student's notebook into lab/submitted/ as NAME.ipynb")
    with GRADES.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    print(f"Points: lab/{GRADES}; mark the open question there and run make grade again")
    print(f"Pages for students: lab/feedback/STUDENT/{NAME}/{NAME}.html")


def handed_in():
    """The notebooks of each student: submitted/STUDENT.ipynb, or any in submitted/STUDENT/."""
    found = {}
    for entry in sorted(Path("submitted").glob("[!.]*")):
        student = entry.name if entry.is_dir() else entry.stem
        paths = [p for p in entry.rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts]
        found.setdefault(student, []).extend(paths if entry.is_dir() else [entry])
    return found


def read_grades():
    """What grades.csv says by now, a row by student; a spreadsheet may have saved it anew."""
    if not GRADES.exists():
        return {}
    with GRADES.open(encoding="utf-8-sig", newline="") as file:
        delimiter = ";" if ";" in file.readline() else ","
        file.seek(0)
        return {row["student"]: row for row in csv.DictReader(file, delimiter=delimiter)}


def mark(api, student, paths, by_hand):
    """Mark a student's notebook and write the feedback page: the row for grades.csv."""
    if len(paths) != 1:
        raise ValueError(f"{len(paths)} notebooks handed in; expected one")
    place = Path(student, NAME, f"{NAME}.ipynb")
    try:
        nb, notes = collect(json.loads(paths[0].read_text(encoding="utf-8"))["cells"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{paths[0].name} is no notebook ({error!r:.80})") from None
    Path("collected", place).parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nb, Path("collected", place))
    must(api.autograde(NAME, student))
    notes += what_stopped(nbformat.read(Path("autograded", place), as_version=4).cells)
    row = add_up(api, student, by_hand, notes)
    must(api.generate_feedback(NAME, student))
    page = Path("feedback", place).with_suffix(".html")
    text = polish(page.read_text(encoding="utf-8"), row)
    page.write_text(text, encoding="utf-8")
    return row | {"notes": "; ".join(notes)}


def add_up(api, student, by_hand, notes):
    """The points by part, with what the instructor gave for the open question."""
    row = dict.fromkeys(PARTS, 0)
    with api.gradebook as gradebook:
        for grade in gradebook.find_submission_notebook(NAME, NAME, student).grades:
            if (part := grade.name.split("-")[0]) in PARTS:
                row[part] += grade.auto_score
        row["automatic"] = sum(row.values())
        mark = gradebook.find_grade("open", NAME, NAME, student)
        comment = gradebook.find_comment("open", NAME, NAME, student)
        for column, kept in ("open", mark.manual_score), ("comment", comment.manual_comment):
            row[column] = (by_hand.get(column) or "").strip() or ("" if kept is None else str(kept))
        given = row["open"].replace(",", ".")
        if re.fullmatch(r"\d+(\.\d+)?", given) and float(given) <= OPEN:
            row["open"] = mark.manual_score = float(given)
            row["total"] = row["automatic"] + row["open"]
        elif given:
            notes.append(f"open question: {row['open']!r} is no number from 0 to {OPEN}")
        elif mark.auto_score == 0 and ELSEWHERE not in notes:
            notes.append("open question: no answer")
            row["total"] = row["automatic"]
        else:
            comment.auto_comment = None  # nbgrader's "No response." would be wrong
            notes.append("open question: not marked yet")
        mark.needs_manual_grade = "total" not in row
        comment.manual_comment = row["comment"] or None
        gradebook.db.commit()
    return row


def collect(cells):
    """The released notebook with a student's cells, and notes on what was put back.

    Of the lab's own cells only the answers are the student's. What else stands in the file, and
    how it was saved, has no say.
    """
    nb = nbformat.read(RELEASE, as_version=4)
    handed_out = {cell.source for cell in nb.cells}
    ours = {grade_id(cell): cell for cell in nb.cells if grade_id(cell)}
    unanswered, own_text = ours["open"].source, False
    missing, nb.cells = dict(ours), []
    for cell in cells:
        text = "".join(cell["source"])
        if mine := missing.pop(grade_id(cell), None):
            if mine.metadata.nbgrader.solution:
                mine.source = text
            nb.cells.append(mine)
        else:
            new = new_code_cell if cell["cell_type"] == "code" else new_markdown_cell
            nb.cells.append(new(text))
            own_text |= len(text.split()) > 9 and text not in handed_out
    at = 0
    for name, cell in ours.items():
        if name in missing:
            nb.cells.insert(at, cell)
        at = nb.cells.index(cell) + 1
    notes = [f"{name} was deleted and put back" for name in missing]
    if own_text and ours["open"].source.strip() in ("", unanswered):
        notes.append(ELSEWHERE)
    return nb, notes


def polish(page, row):
    """nbgrader's page with the tasks by name, what is not marked said, and nothing loaded."""
    heading = ""
    for cell in nbformat.read(RELEASE, as_version=4).cells:
        if cell.cell_type == "markdown":
            heading = re.findall(r"(?m)^#+ (.*)", f"# {heading}\n{cell.source}")[-1]
        for words in "Test cell", "Written response":
            page = page.replace(f'#{grade_id(cell)}">{words}', f'#{grade_id(cell)}">{heading}')
    page = re.sub(r"<li>.*Score: 0\.0 / 0\.0.*</li>\n", "", page)
    if "total" not in row:
        page = page.replace(f"(Score: 0.0 / {OPEN}.0)", "(not marked yet)")
    page = re.sub(r'<script src="https:.*</script>', "", page)
    style = "<style>th, td { padding: 0.2em 0.8em; } .anchor-link { display: none; }</style>"
    return page.replace("</head>", f"{style}\n</head>")


def what_stopped(cells):
    """Which cells were stopped, and why: a note for each reason."""
    stopped = {}
    for i, cell in enumerate(cells, 1):
        for output in cell.get("outputs", []):
            if output.get("ename") == "Stopped":
                stopped.setdefault(output.evalue, []).append(grade_id(cell) or f"cell {i}")
    for why, names in stopped.items():
        more = f" and {len(names) - 1} more cells" if len(names) > 1 else ""
        yield f"{names[0]}{more} {why}"


if __name__ == "__main__":
    if sys.platform == "win32":
        sys.exit("The lab's commands need Linux or macOS; on Windows run them in WSL.")
    warnings.simplefilter("ignore", SAWarning)  # nbgrader's, of no concern to an instructor
    os.chdir(Path(__file__).parent)
    # nbgrader calls alembic by its bare name.
    os.environ["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
    config = PyFileConfigLoader("nbgrader_config.py").load_config()
    config.CourseDirectory.submitted_directory = "collected"  # made from submitted/ by collect
    {"assignment": assignment, "grade": grade}[sys.argv[1]](NbGraderAPI(config=config))
