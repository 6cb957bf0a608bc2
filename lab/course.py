"""The course lab's two commands: write the students' notebook, and mark what they hand in.

nbgrader clears the solutions, keeps the gradebook and counts the points. submissions.py reads what
was handed in, marking.py runs it (the student's part in student.py, in the jail of jail.py),
table.py keeps grades.csv, page.py writes what a student gets back.
"""

import concurrent.futures
import hashlib
import json
import multiprocessing
import os
import re
import shutil
import signal
import sys
import time
import warnings
from pathlib import Path

import jail
import marking
import nbformat
import page
import submissions
import table
from nbgrader.api import MissingEntry
from nbgrader.apps.api import NbGraderAPI
from seed import seed
from sqlalchemy.exc import SAWarning
from submissions import NAME, RELEASE
from table import PARTS
from traitlets.config import PyFileConfigLoader

GRADEBOOK = Path("gradebook.db")
OPEN = 15  # points of the open question, marked by hand


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
    """Mark what lies in submitted/, and write grades.csv and the feedback pages.

    What has been marked before, and has not changed since, is not run again.
    """
    if not (RELEASE.exists() and GRADEBOOK.exists()):
        sys.exit("There is nothing to mark by yet: make assignment SEED=...")
    students = submissions.handed_in()
    if not students:
        sys.exit("Nothing to mark: put each student's notebook into lab/submitted/ as NAME.ipynb")
    typed = table.read({student: about["number"] for student, about in students.items()})
    signal.signal(signal.SIGINT, interrupted)
    folders = folders_of(students)
    for step in "collected", "autograded", "feedback":  # a page of an older run would mislead
        for old in Path(step).glob("*"):
            if old.is_dir() and old.name not in folders.values():
                shutil.rmtree(old)
    tests, titles, rows = hidden_tests(api), headings(), []
    marked_by = version(tests)
    with workers() as pool:
        runs = {
            student: begun(api, pool, tests, marked_by, folders[student], about["files"])
            for student, about in students.items()
        }
        waiting = sum(isinstance(run, concurrent.futures.Future) for run in runs.values())
        start, done = time.time(), 0
        for student, about in students.items():
            by_hand = typed.get(student, {})
            row = {column: by_hand[column] for column in by_hand if column not in table.COLUMNS}
            row |= dict.fromkeys(table.COLUMNS, "")
            row |= {"student": student, "name": about["name"], "number": about["number"]}
            try:
                row |= mark(api, folders[student], runs[student], row, by_hand, titles)
            except Exception as error:  # the others are to be marked
                row |= unmarked(folders[student], by_hand, error)
            rows.append(row)
            if isinstance(runs[student], concurrent.futures.Future):
                done += 1
                left = (waiting - done) * (time.time() - start) / done
                progress = f"[{len(rows)} of {len(students)}, {minutes(left)} left]"
            else:
                progress = f"[{len(rows)} of {len(students)}]"
            print(
                "{student:20} {automatic:>5} of 70 ".format(**row),
                progress,
                row["notes"],
                flush=True,
            )
    table.write(rows)
    print(f"Points: lab/{table.GRADES}; mark the open question there and run make grade again")
    print(f"Pages for students: lab/feedback/STUDENT/{NAME}/{NAME}.html")


def interrupted(*given):
    """Stop at once; nbgrader would take an interrupt for a fault of the one notebook."""
    for worker in multiprocessing.active_children():
        worker.kill()
    os.write(1, b"\nInterrupted. What was marked is kept: make grade goes on from there.\n")
    os._exit(130)


def workers():
    """Processes to run notebooks in: one for each processor, as long as memory will do for them."""
    return concurrent.futures.ProcessPoolExecutor(
        min(os.cpu_count() or 1, 4),
        multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn"),
        signal.signal,
        (signal.SIGINT, signal.SIG_IGN),
    )


def minutes(seconds):
    return f"{seconds / 60:.0f} min" if seconds > 90 else f"{seconds:.0f} s"


def folders_of(students):
    """A folder's name for each student, without what nbgrader takes for a pattern."""
    folders = {}
    for student in students:
        folder = re.sub(r"[\[\]*?]", "_", student)
        while folder in folders.values():
            folder += "_"
        folders[student] = folder
    return folders


def hidden_tests(api):
    """The lab's first cell and its checks with their hidden tests, by name."""
    with api.gradebook as gradebook:
        cells = gradebook.find_notebook(NAME, NAME).source_cells
        return {cell.name: cell.source for cell in cells if cell.locked}


def collected(folder):
    return Path("collected", folder, NAME, f"{NAME}.ipynb")


def version(tests):
    """What marks by now: the hidden tests, the notebook that was handed out and this code."""
    parts = json.dumps(tests, sort_keys=True).encode(), RELEASE.read_bytes()
    code = (path.read_bytes() for path in sorted(Path().glob("*.py")))
    return hashlib.sha256(b"".join([*parts, *code])).hexdigest()


def begun(api, pool, tests, marked_by, folder, files):
    """A student's notebook as it ran, or a promise of it, or why there is none."""
    try:
        nb, notes = submissions.collect(submissions.read(files))
    except Exception as error:  # a file may hold anything
        return error
    content, again = hashlib.sha256(files[0][1]).hexdigest(), False
    try:
        before = nbformat.read(collected(folder), as_version=4)
        again = before.metadata.lab.content != content
        with api.gradebook as gradebook:
            gradebook.find_submission_notebook(NAME, NAME, folder)
        if not again and before.metadata.lab.marked_by == marked_by:
            return before
    except (AttributeError, MissingEntry, OSError, ValueError):
        pass  # not marked before, or not to the end
    nb.metadata.lab = {"content": content, "marked_by": marked_by, "notes": notes, "again": again}
    jailed = jail.there_is_one()  # or else it says so
    return pool.submit(marking.run, nb, tests, jailed)


def headings():
    """The lab's heading above each of its cells."""
    found, heading = {}, ""
    for cell in nbformat.read(RELEASE, as_version=4).cells:
        if cell.cell_type == "markdown":
            heading = ([heading, *re.findall(r"(?m)^#+ (.*)", cell.source)])[-1]
        found[marking.grade_id(cell)] = heading
    return found


def mark(api, folder, nb, row, by_hand, titles):
    """Mark a student's notebook and write the feedback page: the row for grades.csv."""
    if isinstance(nb, Exception):
        raise nb
    notes = []
    if isinstance(nb, concurrent.futures.Future):
        nb = nb.result()
        about = nb.metadata.pop("lab")
        if about.pop("again") and any(by_hand.get(column) for column in table.TYPED):
            notes = [submissions.AGAIN]
        collected(folder).parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(nb, collected(folder))
        must(api.autograde(NAME, folder))
        nb.metadata.lab = about  # now it is marked
        nbformat.write(nb, collected(folder))
    notes += [*nb.metadata.lab.notes, *what_stopped(nb.cells)]
    points, tasks = add_up(api, folder, nb, by_hand, notes)
    path = Path("feedback", folder, NAME, f"{NAME}.html")
    try:
        page.write(path, nb, row | points, tasks, titles)
    except Exception as error:  # the points are what counts
        shutil.rmtree(path.parent, ignore_errors=True)
        notes.append(f"no page for the student ({error!r:.80}), but the points stand")
    return points | {"notes": "; ".join(notes)}


def unmarked(folder, by_hand, error):
    """The row of a notebook that cannot be marked: what was typed stays, and counts."""
    for step in "collected", "autograded", "feedback":
        shutil.rmtree(Path(step, folder), ignore_errors=True)
    row = {column: by_hand.get(column, "").strip() for column in table.TYPED}
    notes = [f"not marked: {error}"]
    given, correction = given_open(row, notes), given_correction(row, 0, notes)
    if given is not None:
        row["total"] = given + correction
    return row | {"notes": "; ".join(notes)}


def given_open(row, notes):
    """The points that the instructor has typed for the open question, or None."""
    given = table.number(row["open"])
    if row["open"] and (given is None or not 0 <= given <= OPEN):
        notes.append(f"open question: {row['open']!r} is no number from 0 to {OPEN}")
        return None
    return given


def given_correction(row, automatic, notes):
    """The points that the instructor has typed to add to those of the tests; none are 0."""
    given, most = table.number(row["correction"] or "0"), sum(PARTS.values())
    if given is None or not 0 <= automatic + given <= most:
        notes.append(
            f"correction: {row['correction']!r} is no number that makes of {automatic} one from 0"
            f" to {most}, and does not count"
        )
        return 0.0
    return given


def add_up(api, folder, nb, by_hand, notes):
    """The points by part, with what the instructor gave by hand; and by task, for the page."""
    row, tasks = dict.fromkeys(PARTS, 0.0), {}
    with api.gradebook as gradebook:
        grades = gradebook.find_submission_notebook(NAME, NAME, folder).grades
        grades = {grade.name: grade for grade in grades if grade.max_score}
        for name in filter(grades.get, map(marking.grade_id, nb.cells)):
            tasks[name] = grades[name].auto_score, grades[name].max_score
            if name != "open":
                row[name.split("-")[0]] += grades[name].auto_score
        row["automatic"] = sum(row.values())
        mark, comment = grades["open"], gradebook.find_comment("open", NAME, NAME, folder)
        before = mark.extra_credit or None, mark.manual_score, comment.manual_comment
        for column, was in zip(table.TYPED, before):
            kept = "" if was is None else str(was)  # where the table is lost, or the column
            row[column] = by_hand.get(column, kept).strip()
        given = given_open(row, notes)
        mark.extra_credit = given_correction(row, row["automatic"], notes)
        row["total"] = row["automatic"] + mark.extra_credit
        mark.manual_score = given
        if given is not None:
            row["total"] += given
        elif row["open"]:
            row["total"] = ""
        elif mark.auto_score != 0 or submissions.ELSEWHERE in notes:
            comment.auto_comment = None  # nbgrader's "No response." would be wrong
            notes.append("open question: not marked yet")
            row["total"] = ""
        else:
            notes.append("open question: no answer")
            given = 0.0
        tasks["open"] = given, OPEN
        mark.needs_manual_grade = row["total"] == ""
        comment.manual_comment = row["comment"] or None
        gradebook.db.commit()
    return row, tasks


def what_stopped(cells):
    """Which cells were stopped, and why: a note for each reason."""
    stopped = {}
    for k, cell in enumerate(cells, 1):
        for output in cell.get("outputs", []):
            if output.get("ename") == "Stopped":
                name = marking.grade_id(cell) or f"cell {k}"
                stopped.setdefault(output.evalue, []).append(name)
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
