"""grades.csv: read what an instructor has typed, whatever a spreadsheet made of it, and write it.

Everything is read and checked before anything is changed. What does not fit stops the run, by
name. Each table that was found and each that was written is kept in backups/, by date.
"""

import contextlib
import csv
import difflib
import io
import os
import re
import sys
import unicodedata
from datetime import datetime
from pathlib import Path

GRADES, BACKUPS = Path("grades.csv"), Path("backups")
PARTS = {"predict": 10, "build": 25, "measure": 20, "scale": 15}  # marked by machine, 70
TYPED = ["correction", "open", "comment"]
COLUMNS = ["student", "name", "number", *PARTS, "automatic", *TYPED, "total", "notes"]


def read(students):
    """What the table says, a row by student; it has to fit the students who have handed in.

    students: {student: number in Moodle or Canvas, or nothing}.
    """
    if not GRADES.exists():
        return {}
    rows, strangers = min(
        (understood(table, students) for table in parsed()), key=lambda t: len(t[1])
    )
    wrong = [stranger(row["student"], students) for row in strangers]
    by_student = {}
    for student, row in rows:
        if student in by_student:
            wrong.append(f"there are two rows for {student!r}; which of them counts?")
        by_student[student] = row
    wrong = wrong or list(typed_over(by_student))
    if wrong:
        stop(wrong)
    return by_student


def stop(wrong):
    more = [f"(and {len(wrong) - 10} more)"] if len(wrong) > 10 else []
    lines = "\n- ".join([f"lab/{GRADES} does not fit what is to be marked:", *wrong[:10], *more])
    sys.exit(f"{lines}\nNothing has been marked or changed. Earlier tables: lab/{BACKUPS}/")


def parsed():
    """The table in each way in which it can be read: lists of rows, the likeliest first."""
    tables, texts = [], list(decoded(GRADES.read_bytes()))
    for text in texts:
        text = re.sub(r"\Asep=.\r?\n", "", text)
        for delimiter in ",;\t":
            lines = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
            names = lines.fieldnames or []
            if {"student", "open", "comment"} <= set(names):
                if twice := {name for name in names if name and names.count(name) > 1}:
                    stop([f"it has more than one column {', '.join(sorted(twice))}"])
                tables.append([{k: v or "" for k, v in row.items() if k} for row in lines])
    if not tables:
        header = texts[0].partition("\n")[0].strip()
        stop(
            [
                f"it begins with {header[:100]!r}; expected: a line with the columns"
                f" {', '.join(COLUMNS)}. If it is another table (as `nbgrader export` writes one),"
                f" give that another name, and copy the newest from lab/{BACKUPS}/ back"
            ]
        )
    return tables


def decoded(content):
    """The text in each way in which a spreadsheet may have encoded it, the likeliest first.

    UTF-8 may have been read as Windows' code, and then written as anything: Ã¼ for ü.
    """
    wide = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    texts = []
    for encoding in ["utf-16"] if wide else ["utf-8-sig", "cp1252", "mac_roman"]:
        with contextlib.suppress(UnicodeDecodeError):
            texts.append(content.decode(encoding))
    texts.append(content.decode("utf-16" if wide else "utf-8-sig", "replace"))
    for text in texts:
        with contextlib.suppress(UnicodeDecodeError):
            yield b"".join(map(one_byte, text)).decode("utf-8-sig")
        yield text
    yield b"".join(map(one_byte, texts[0])).decode("utf-8-sig", "replace")


def one_byte(sign):
    """A sign in Windows' code, in which five bytes are free and are left as they are."""
    try:
        return sign.encode("cp1252")
    except UnicodeEncodeError:
        return sign.encode("latin-1", "replace")


def understood(table, students):
    """The rows that are a student's, as pairs, and those that are nobody's."""
    rows, strangers = [], []
    for row in table:
        if not any(value.strip() for value in row.values()):
            continue
        name, number = tidy(row["student"]), row.get("number", "").strip()
        alike = [s for s in students if loose(s) == loose(name)]
        by_number = [s for s in students if number and students[s] == number]
        for found in [name] if name in students else [], alike, by_number:
            if len(found) == 1:
                rows.append((found[0], row))
                break
        else:
            strangers.append(row)
    return rows, strangers


def tidy(name):
    """A name in one form, of which a spreadsheet and a file system make several."""
    return unicodedata.normalize("NFC", " ".join(name.split()))


def loose(name):
    """A tidy name without what a spreadsheet takes from it: zeros in front, the case."""
    return name.casefold().lstrip("0'")


def stranger(name, students):
    close = difflib.get_close_matches(name, students, 1, 0.7)
    guess = f" ({close[0]!r} has: was the name changed?)" if close else ""
    return (
        f"{name!r} has a row, and has handed in nothing{guess}. Mend the name in the table, delete"
        " the row, or put the notebook back into lab/submitted/"
    )


def typed_over(by_student):
    """What was typed into columns that are computed: a sentence for each."""
    lines = io.StringIO(newest().decode("utf-8-sig"), newline="")
    last = {row["student"]: row for row in csv.DictReader(lines)}
    for student, row in by_student.items():
        before = last.get(tidy(row["student"]), last.get(student, {}))
        for column in set(COLUMNS) - {"student", *TYPED}:
            if column in before and column in row and not same(row[column], before[column]):
                yield (
                    f"{column!r} of {student!r} says {row[column]!r}, and is computed:"
                    f" {before[column]!r}. Put that back; points to add or to take off go into the"
                    " column correction, words into comment"
                )


def newest():
    """The table as it was last written, or nothing."""
    return b"".join(path.read_bytes() for path in sorted(BACKUPS.glob("*-written.csv"))[-1:])


def same(one, other):
    """Whether two entries say the same: the same number, or the same letters and digits."""
    if (number(one), number(other)) != (None, None):
        return number(one) == number(other)
    return re.sub("[^A-Za-z0-9]", "", one) == re.sub("[^A-Za-z0-9]", "", other)


def number(text):
    """The number that somebody has typed, or None."""
    text = text.strip().replace(",", ".").replace("−", "-")
    return float(text) if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", text) else None


def write(rows):
    """Write the table, and keep what was found there. A spreadsheet knows UTF-8 by its mark.

    Columns of the instructor's own, which some row has, stand behind the others.
    """
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, dict.fromkeys([*COLUMNS, *(name for row in rows for name in row)]))
    table.writeheader()
    table.writerows(rows)
    content = text.getvalue().encode("utf-8-sig")
    BACKUPS.mkdir(exist_ok=True)
    stamp = datetime.now().strftime("%Y-%m-%d-%H%M%S-%f")
    if GRADES.exists() and GRADES.read_bytes() != newest():
        (BACKUPS / f"{stamp}-found.csv").write_bytes(GRADES.read_bytes())
    half = GRADES.with_suffix(".half")
    half.write_bytes(content)
    os.replace(half, GRADES)
    (BACKUPS / f"{stamp}-written.csv").write_bytes(content)
