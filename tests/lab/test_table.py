"""grades.csv: what an instructor has typed is never lost, whatever a spreadsheet made of it."""

import contextlib
import csv
import io
import signal
import subprocess
import sys
import unicodedata

import pytest
from submissions import (
    NAME,
    command,
    feedback,
    grade,
    hand_in,
    module,
    new_course,
    points,
    released,
    solved,
)

RIGHT = {"ada": 1, "007": 2, "0815": 3, "Jürgen Groß": 4, "Łukasz": 5}
PLACE = f"{NAME}/{NAME}.ipynb"


def marked(name):
    """A row as the marking writes it."""
    row = {"student": name, "predict": 10.0, "build": 25.0, "measure": 20.0, "scale": 15.0}
    return row | {"automatic": 70.0, "notes": "open question: not marked yet", "total": ""}


@pytest.fixture
def table(tmp_path, monkeypatch):
    """The module in an empty lab, where the five have been marked."""
    monkeypatch.chdir(tmp_path)
    table = module("table")
    table.write([dict.fromkeys(table.COLUMNS, "") | marked(name) for name in RIGHT])
    return table


def rows_of(folder):
    return list(csv.DictReader(io.StringIO((folder / "grades.csv").read_text("utf-8-sig"))))


def save(folder, rows, encoding="utf-8-sig", delimiter=",", end="\r\n", errors="strict"):
    """The table as a spreadsheet saves it."""
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, rows[0], delimiter=delimiter, lineterminator=end)
    table.writeheader()
    table.writerows(rows)
    (folder / "grades.csv").write_bytes(text.getvalue().encode(encoding, errors))


def typed(folder, changes):
    rows = rows_of(folder)
    for row in rows:
        row |= changes.get(row["student"], {})
    return rows


def refused(table, folder, *words):
    """Whether the table is refused with these words, and everything is as it was."""
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(SystemExit) as stopped:
        table.read(dict.fromkeys(RIGHT, ""))
    for word in [*words, "Nothing has been marked or changed"]:
        assert word in str(stopped.value)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    return True


SPREADSHEETS = {
    "as it was": {},
    "with semicolons": {"delimiter": ";"},
    "UTF-16 with tabs": {"encoding": "utf-16", "delimiter": "\t"},
    "UTF-8 without its mark": {"encoding": "utf-8", "end": "\n"},
}
COMMENT = "Schön, № 1: “ja”; und\nzwei Zeilen"


@pytest.mark.parametrize("form", SPREADSHEETS)
def test_spreadsheet(table, tmp_path, form):
    rows = typed(
        tmp_path, {name: {"open": f"{k},5", "comment": COMMENT} for name, k in RIGHT.items()}
    )
    for row in rows:
        row["student"] = row["student"].lstrip("0")  # a number now, as are the points
        row["predict"], row["build"] = row["predict"].replace(".0", ""), "25,00"
    save(tmp_path, [*rows, dict.fromkeys(rows[0], "")], **SPREADSHEETS[form])
    now = table.read(dict.fromkeys(RIGHT, ""))
    assert {name: row["open"] for name, row in now.items()} == {
        n: f"{k},5" for n, k in RIGHT.items()
    }
    assert {row["comment"].replace("\r", "") for row in now.values()} == {COMMENT}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_spreadsheet_that_takes_utf8_for_windows_code(table, tmp_path, encoding):
    """As LibreOffice does when it is not asked: Jürgen is JÃ¼rgen, in whatever is written."""
    given = dict.fromkeys(RIGHT, {"open": "7", "comment": "Schön: “ja”"})
    save(tmp_path, typed(tmp_path, given))
    text = (tmp_path / "grades.csv").read_bytes().decode("latin-1")
    for sign in set(text):
        with contextlib.suppress(UnicodeDecodeError):
            text = text.replace(sign, sign.encode("latin-1").decode("cp1252"))
    (tmp_path / "grades.csv").write_bytes(text.encode(encoding))
    now = table.read(dict.fromkeys(RIGHT, ""))
    assert {name: {k: row[k] for k in ("open", "comment")} for name, row in now.items()} == given


@pytest.mark.parametrize("encoding", ["cp1252", "mac_roman"])
def test_spreadsheet_of_one_byte(table, tmp_path, encoding):
    """What such a table cannot hold is lost before it comes here; all else stays."""
    rows = typed(tmp_path, dict.fromkeys(RIGHT, {"open": "7", "comment": "Schön"}))
    save(tmp_path, [row for row in rows if row["student"] != "Łukasz"], encoding, ";")
    now = table.read(dict.fromkeys(RIGHT, ""))
    assert list(now) == [name for name in RIGHT if name != "Łukasz"]
    assert {row["comment"] for row in now.values()} == {"Schön"}


def test_decomposed_name(table, tmp_path):
    """A Mac writes ü as two signs."""
    rows = typed(tmp_path, {"Jürgen Groß": {"open": "7"}})
    for row in rows:
        row["student"] = unicodedata.normalize("NFD", row["student"])
    save(tmp_path, rows)
    assert table.read(dict.fromkeys(RIGHT, ""))["Jürgen Groß"]["open"] == "7"


def test_broken_name_stops_the_run(table, tmp_path):
    save(tmp_path, rows_of(tmp_path), "cp1252", errors="replace")
    assert refused(table, tmp_path, "'?ukasz' has a row", "'Łukasz' has: was the name changed?")


def test_row_of_nobody_stops_the_run(table, tmp_path):
    rows = rows_of(tmp_path)
    save(tmp_path, [*rows, rows[0] | {"student": "Grace Hopper"}, rows[0] | {"student": ""}])
    assert refused(table, tmp_path, "'Grace Hopper' has a row, and has handed in nothing", "''")


def test_two_rows_of_one_student(table, tmp_path):
    rows = rows_of(tmp_path)
    save(tmp_path, [*rows, rows[1] | {"student": "7"}])
    assert refused(table, tmp_path, "two rows for '007'")


def test_two_students_whom_a_spreadsheet_makes_one(table, tmp_path):
    rows = [marked(name) for name in ("7", "007")]
    table.write([dict.fromkeys(table.COLUMNS, "") | row for row in rows])
    assert set(table.read({"7": "", "007": ""})) == {"7", "007"}
    save(tmp_path, typed(tmp_path, {"007": {"student": "7"}}))
    with pytest.raises(SystemExit, match="two rows for '7'"):
        table.read({"7": "", "007": ""})


OVER = {
    "build": "20",
    "automatic": "70.5",
    "total": "85",
    "notes": "was ill",
    "predict": "",
    "name": "Ada",
    "scale": "15. Mai",
}


@pytest.mark.parametrize("column", OVER)
def test_computed_column_is_not_typed_into(table, tmp_path, column):
    save(tmp_path, typed(tmp_path, {"ada": {column: OVER[column]}}))
    assert refused(table, tmp_path, f"{column!r} of 'ada' says {OVER[column]!r}", "correction")


def test_several_faults_are_named_at_once(table, tmp_path):
    save(tmp_path, typed(tmp_path, {"ada": {"build": "1"}, "007": {"scale": "2"}}))
    assert refused(table, tmp_path, "'build' of 'ada'", "'scale' of '007'")


@pytest.mark.parametrize(
    "text",
    [
        "assignment,duedate,timestamp,max_score,student_id\nuntrained-network,,,85.0,ada\n",
        "",
        "PK\x03\x04 a spreadsheet of another form",
        "student;open\nada;5\n",
    ],
)
def test_another_table(table, tmp_path, text):
    (tmp_path / "grades.csv").write_text(text)
    assert refused(table, tmp_path, "expected: a line with the columns student,", "nbgrader export")


def test_columns_of_the_instructors_own(table, tmp_path):
    rows = [row | {"late": "2 days", "group": "B"} for row in rows_of(tmp_path)]
    save(tmp_path, rows)
    now = table.read(dict.fromkeys(RIGHT, ""))
    table.write([dict.fromkeys(table.COLUMNS, "") | now["ada"]])
    assert [(row["late"], row["group"]) for row in rows_of(tmp_path)] == [("2 days", "B")]
    assert list(rows_of(tmp_path)[0]) == [*table.COLUMNS, "late", "group"]


def test_column_that_is_there_twice(table, tmp_path):
    (tmp_path / "grades.csv").write_text("student,open,comment,comment\nada,5,good,bad\n")
    assert refused(table, tmp_path, "more than one column comment")


def test_line_that_tells_the_separator(table, tmp_path):
    (tmp_path / "grades.csv").write_text("sep=;\nstudent;open;comment\nada;.5;good\n")
    assert table.read(dict.fromkeys(RIGHT, ""))["ada"]["open"] == ".5"
    assert (table.number(".5"), table.number("7."), table.number("1e3")) == (0.5, 7, None)


def test_student_of_the_same_number(table, tmp_path):
    """An export that names its folders otherwise."""
    names = "Ada_1_assignsubmission_file_", "Bob_2_assignsubmission_file_"
    rows = [marked(name) | {"number": f"Participant {k}"} for k, name in enumerate(names, 1)]
    table.write([dict.fromkeys(table.COLUMNS, "") | row for row in rows])
    save(tmp_path, typed(tmp_path, {name: {"open": str(k)} for k, name in enumerate(names)}))
    now = table.read({name[:-1]: f"Participant {k}" for k, name in enumerate(names, 1)})
    assert {name: row["open"] for name, row in now.items()} == {
        names[0][:-1]: "0",
        names[1][:-1]: "1",
    }


def test_table_of_an_older_lab(table, tmp_path):
    """Without the columns that came later."""
    (tmp_path / "grades.csv").write_text("student,automatic,open,comment\nada,70.0,9,good\n")
    assert table.read(dict.fromkeys(RIGHT, ""))["ada"]["open"] == "9"


def test_every_table_is_kept(table, tmp_path):
    save(tmp_path, typed(tmp_path, {"ada": {"open": "5"}}), "utf-16", "\t")
    content = (tmp_path / "grades.csv").read_bytes()
    table.write([dict.fromkeys(table.COLUMNS, "") | marked("ada")])
    assert [path.read_bytes() for path in (tmp_path / "backups").glob("*-found.csv")] == [content]
    written = sorted((tmp_path / "backups").glob("*-written.csv"))
    assert [path.name[:2] for path in written] == ["20", "20"]
    assert written[1].read_bytes() == (tmp_path / "grades.csv").read_bytes()


def test_spreadsheet_knows_the_encoding(table, tmp_path):
    """By the mark, which is Excel's only sign of UTF-8."""
    assert (tmp_path / "grades.csv").read_bytes().startswith(b"\xef\xbb\xbfstudent,name,number,")


# The whole command.


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course in which the five have been marked."""
    course = new_course(tmp_path_factory.mktemp("table"))
    hand_in(course, **dict.fromkeys(RIGHT, solved(course)))
    grade(course)
    return course


def test_refused_before_anything_is_touched(course):
    content = (course.lab / "grades.csv").read_bytes()
    save(course.lab, typed(course.lab, {"ada": {"student": "Grace Hopper"}}))
    hand_in(course, eve=released(course))
    files = [p for p in course.lab.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    before = {path: path.read_bytes() for path in files}
    status, said = command(course, "grade")
    assert status != 0 and "'Grace Hopper' has a row" in said and "Traceback" not in said
    assert {path: path.read_bytes() for path in files} == before
    (course.lab / "grades.csv").write_bytes(content)
    (course.lab / "submitted/eve.ipynb").unlink()


def test_export_of_nbgraders_leaves_the_table(course):
    before = (course.lab / "grades.csv").read_bytes()
    export = [sys.executable, "-m", "nbgrader", "export"]
    subprocess.run(export, cwd=course.lab, check=True, capture_output=True)
    assert (course.lab / "grades.csv").read_bytes() == before
    assert (course.lab / "nbgrader-export.csv").exists()


CORRECTIONS = {
    "ada": ("3", 66),
    "007": ("-2,5", 60.5),
    "0815": ("+7", 70),
    "Jürgen Groß": ("−63", 0),
}


def test_correction(course):
    """It counts and is shown, and stays; of a notebook that was handed in again it is said."""
    hand_in(course, **dict.fromkeys(CORRECTIONS, solved(course, {"build-squash": "squash = abs"})))
    changes = {name: {"correction": c, "open": "0"} for name, (c, _) in CORRECTIONS.items()}
    changes["Łukasz"] = {"open": "8", "correction": "0"}
    save(course.lab, typed(course.lab, changes))
    for again in False, True:
        rows = grade(course)
        for name, (correction, total) in CORRECTIONS.items():
            assert (float(rows[name]["automatic"]), float(rows[name]["total"])) == (63, total)
            assert rows[name]["correction"] == correction
            assert f"Corrected by your teacher: {correction}" in feedback(course, name)
            assert f"Score: {float(total)} / 85.0" in feedback(course, name)
            assert ("handed in again" in rows[name]["notes"]) != again
        assert rows["Łukasz"]["notes"] == ""
        assert float(rows["Łukasz"]["total"]) == 78
    (course.lab / "grades.csv").unlink()  # the gradebook knows it, too
    rows = grade(course)
    assert [float(rows[name]["total"]) for name in CORRECTIONS] == [66, 60.5, 70, 0]


NO_CORRECTIONS = {"ada": "a lot", "007": "8", "0815": "-64", "Jürgen Groß": "3 points"}


def test_correction_that_is_none(course):
    changes = {name: {"correction": c, "open": "5"} for name, c in NO_CORRECTIONS.items()}
    save(course.lab, typed(course.lab, changes))
    rows = grade(course)
    for name, correction in NO_CORRECTIONS.items():
        assert f"correction: {correction!r} is no number" in rows[name]["notes"]
        assert rows[name]["correction"] == correction
        assert float(rows[name]["total"]) == 68


def test_row_that_cannot_be_marked_keeps_what_was_typed(course):
    changes = {"ada": {"correction": "0", "open": "6", "comment": "Good."}}
    save(course.lab, typed(course.lab, changes))
    hand_in(course, ada="{")
    for row in (grade(course)["ada"] for _ in range(2)):
        assert row["notes"].startswith("not marked: ada.ipynb is no notebook")
        assert (row["open"], row["comment"], float(row["total"])) == ("6", "Good.", 6)
    assert not (course.lab / "feedback/ada").exists()
    hand_in(course, ada=solved(course))
    assert float(grade(course)["ada"]["total"]) == 76


def test_what_was_emptied_stays_empty(course):
    save(course.lab, typed(course.lab, {"ada": {"open": "", "comment": "", "correction": ""}}))
    row = grade(course)["ada"]
    assert (row["open"], row["comment"], row["correction"], row["total"]) == ("", "", "", "")


def test_unchanged_notebooks_are_not_run_again(course):
    paths = {name: course.lab / "collected" / name / PLACE for name in RIGHT}
    before = {name: path.stat().st_mtime_ns for name, path in paths.items()}
    hand_in(course, ada=solved(course, {"build-squash": "squash = abs"}))
    assert float(grade(course)["ada"]["build"]) == 18
    assert [n for n, path in paths.items() if path.stat().st_mtime_ns != before[n]] == ["ada"]


def test_a_student_who_has_left(course):
    """Row and notebook both gone: no page of theirs is left. The notebook alone: it is said."""
    (course.lab / "submitted/ada.ipynb").unlink()
    status, said = command(course, "grade")
    assert status != 0 and "'ada' has a row" in said
    save(course.lab, [row for row in rows_of(course.lab) if row["student"] != "ada"])
    (course.lab / "feedback/.DS_Store").write_bytes(b"\0")  # a Mac's, no student's
    assert "ada" not in grade(course)
    assert not (course.lab / "feedback/ada").exists()


def test_interrupted_run_goes_on(tmp_path):
    course = new_course(tmp_path)
    names = [f"s{k}" for k in range(5)]
    hand_in(course, **dict.fromkeys(names, solved(course)))
    (course.lab / "grades.csv").write_text("student,open,comment\ns1,9,typed before\n")
    before = (course.lab / "grades.csv").read_bytes()
    process = subprocess.Popen(
        [sys.executable, course.lab / "course.py", "grade"], stdout=subprocess.PIPE, text=True
    )
    first = process.stdout.readline()
    assert first.startswith("s0") and "[1 of 5, " in first and " left]" in first
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=60)
    assert process.returncode == 130 and "make grade goes on from there" in rest
    assert (course.lab / "grades.csv").read_bytes() == before
    first = course.lab / "collected/s0" / PLACE
    marked = first.stat().st_mtime_ns
    assert len(list((course.lab / "collected").glob(f"*/{PLACE}"))) < 5
    rows = grade(course)
    assert first.stat().st_mtime_ns == marked
    assert {float(row["automatic"]) for row in rows.values()} == {70}
    assert float(rows["s1"]["total"]) == 79


MOODLE = "Ada Lovelace_1234567_assignsubmission_file"
EXPORTS = {
    f"{MOODLE}_/lab.ipynb": ("Ada Lovelace", "Participant 1234567"),
    "Ada Lovelace_1234567_assignsubmission_onlinetext_/onlinetext.html": None,
    "Jean Le Rond d'Alembert_99_assignsubmission_file/a.ipynb": (
        "Jean Le Rond d'Alembert",
        "Participant 99",
    ),
    "Emmy_Noether_1234568_assignsubmission_file_lab_1.ipynb": (
        "Emmy_Noether",
        "Participant 1234568",
    ),
    "hoppergrace_12345_678901_untrained-network-1.ipynb": ("hoppergrace", "12345"),
    "turingalan_LATE_12346_678902_my lab.ipynb": ("turingalan", "12346"),
    "großanneliese_12347_678903_x.ipynb": ("großanneliese", "12347"),
    "plain_name.ipynb": ("", ""),
    "s1234567.ipynb": ("", ""),
}


@pytest.mark.parametrize("inside", ["", "submissions"])
def test_exports_of_moodle_and_canvas(tmp_path, inside):
    course = new_course(tmp_path)
    for path in EXPORTS:
        path = course.lab / "submitted" / inside / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("<p>see the file</p>")
    rows = grade(course)
    expected = {who for who in EXPORTS.values() if who}
    assert {(row["name"], row["number"]) for row in rows.values()} == expected
    assert len(rows) == 8  # two have neither name nor number
    assert f"{MOODLE}_" in rows


def test_two_files_of_one_number(tmp_path):
    course = new_course(tmp_path)
    for k in 1, 2:
        hand_in(course, **{f"hopper_1_{k}_lab": released(course)})
    hand_in(course, ada_2026_11_lab=released(course), bob_2026_11_lab=released(course))
    ada, bob, hopper = grade(course).values()
    assert hopper["notes"] == "not marked: 2 notebooks handed in; expected one"
    assert ada["notes"] == bob["notes"] == "open question: no answer"


def test_names_that_make_the_same_folder(tmp_path):
    course = new_course(tmp_path)
    hand_in(course, **{"ada [1]": solved(course), "ada _1_": released(course)})
    rows = grade(course)
    assert sum(points(rows["ada [1]"]).values()) == 70
    assert sum(points(rows["ada _1_"]).values()) == 0
    assert grade(course) == rows
