"""What was handed in: whose it is, and which of its cells is which of the lab's."""

import json
import os
import re
import zipfile
import zlib
from pathlib import Path

import nbformat
from marking import grade_id
from nbformat.v4 import new_code_cell, new_markdown_cell
from table import tidy

NAME = "untrained-network"
RELEASE = Path("release", NAME, f"{NAME}.ipynb")
ELSEWHERE = "open question: nothing in its cell, but text in a cell of the student's own"
STRIPPED = "the notebook has lost the marks of its cells; they were told by their names and texts"
AGAIN = "handed in again: look at what you have typed once more"
UNKNOWN = "none of the lab's cells was recognised: look at the notebook by hand"
LARGE = 5 * 10**7  # bytes
# How Moodle names a student's folder or file, and Canvas a file.
MOODLE = re.compile(r"(?P<name>.+)_(?P<number>\d+)_assignsubmission_(?:file|onlinetext)(?:_.*)?")
CANVAS = re.compile(r"(?P<name>[^_]+)_(?:LATE_)?(?P<number>\d+)_\d+_.+")


def handed_in():
    """Each student's notebooks, as they came: {student: {name, number, files}}.

    A student is a file or a folder in submitted/. Of an export of Moodle's or Canvas's the entries
    of one name and number are one student's, and both are given as the two import them.
    """
    found = {}
    for entry in entries(Path("submitted")):
        student, about = whose(entry)
        paths = [path for path in sorted(entry.rglob("*")) if path.is_file()]
        files = list(notebooks(paths if entry.is_dir() else [entry], entry.parent))
        for earlier in list(found):
            same = about["number"] and all(found[earlier][key] == about[key] for key in about)
            if earlier == student or same:
                student = student if files else earlier
                files += found.pop(earlier)["files"]
        found[student] = about | {"files": files}
    return dict(sorted(found.items()))


def entries(folder):
    """A student's file or folder each; those of an export in a folder of its own, too."""
    for entry in sorted(folder.glob("*")):
        if entry.name.startswith(".") or entry.name == "__MACOSX":
            continue
        inner = [whose(one)[1]["number"] for one in entry.glob("*")]
        if not whose(entry)[1]["number"] and len(set(inner) - {""}) > 1:
            yield from entries(entry)
        else:
            yield entry


def whose(entry):
    """A student's name as it was handed in, and what Moodle or Canvas makes of it."""
    student = tidy(readable(entry.name if entry.is_dir() else entry.stem))
    if by := MOODLE.fullmatch(student):
        return student, {"name": by["name"], "number": f"Participant {by['number']}"}
    if by := CANVAS.fullmatch(student):
        return student, {"name": by["name"], "number": by["number"]}
    return student, {"name": "", "number": ""}


def readable(name):
    """A file's name; one that is no UTF-8 comes from an archive in Windows' code."""
    try:
        return os.fsencode(name).decode()
    except UnicodeDecodeError:
        return os.fsencode(name).decode("cp1252", "replace")


def notebooks(paths, folder):
    """The notebooks among files and in their archives: pairs of a name and what is in it."""
    for path in paths:
        inner = path.relative_to(folder)
        if path.suffix.lower() == ".zip":
            try:
                with zipfile.ZipFile(path) as archive:
                    for info in archive.infolist():
                        if meant(Path(info.filename)) and info.file_size < LARGE:
                            yield info.filename, archive.read(info)
            except (EOFError, OSError, RuntimeError, zipfile.BadZipFile, zlib.error):
                yield readable(path.name), b""
        elif len(inner.parts) == 1 or meant(inner):
            yield readable(path.name), path.read_bytes() if path.is_file() else b""


def meant(path):
    """Whether a file is a notebook, and none that a program has put beside it."""
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in path.parts)
    return path.suffix.lower() == ".ipynb" and not hidden


def read(files):
    """The cells of a student's one notebook: their kind, text, names and pasted pictures."""
    if len(files) != 1:
        raise ValueError(f"{len(files)} notebooks handed in; expected one")
    ((name, content),) = files
    try:
        code = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        nb = json.loads(content.decode(code))
        if "worksheets" in nb:
            nb = nbformat.convert(nbformat.from_dict(nb), 4)
        return [
            {
                "code": cell["cell_type"] == "code",
                "text": "".join(cell.get("source") or "").encode("utf-8", "replace").decode(),
                "grade_id": str(grade_id(cell)),
                "id": str(cell.get("id")),
                "pictures": pictures(cell),
            }
            for cell in nb["cells"]
        ]
    except Exception as error:  # a file may hold anything
        raise ValueError(f"{name} is no notebook ({error!r:.80})") from None


def pictures(cell):
    """What was pasted into a text, as far as it has the form of pictures."""
    found, attachments = {}, cell.get("attachments") if cell["cell_type"] != "code" else None
    for name, kinds in (attachments if isinstance(attachments, dict) else {}).items():
        for kind, data in (kinds if isinstance(kinds, dict) else {}).items():
            if kind.startswith("image/"):
                found[name] = {kind: "".join(map(str, data or []))}
    return found


def collect(cells):
    """The released notebook with a student's cells in it, and notes on what was put back.

    Of the lab's own cells only the answers are the student's. Another cell of the lab that has
    been changed runs as it was changed, and then as it was. The lab's cells stand in their order,
    and the student's own each behind the same one as before.
    """
    nb = nbformat.read(RELEASE, as_version=4)
    handed_out = {plain(cell.source) for cell in nb.cells}
    ours = {grade_id(cell): cell for cell in nb.cells if grade_id(cell)}
    stubs = {name: c.source for name, c in ours.items() if c.metadata.nbgrader.solution}
    own_text, changed = False, []
    names, notes = recognised(cells, ours, nb.cells)
    groups, place = {name: [] for name in [None, *ours]}, None
    for cell, name in zip(cells, names):
        text, mine, place = cell["text"], ours.get(name), name or place
        if mine and mine.metadata.nbgrader.solution:
            mine.source = text
            if cell["pictures"]:
                mine.attachments = cell["pictures"]
        elif not mine or plain(text) not in ("", plain(mine.source)):
            new = new_code_cell(text) if cell["code"] else new_markdown_cell(text)
            if cell["pictures"]:
                new.attachments = cell["pictures"]
            groups[place].append(new)
            if mine:
                changed.append(name)
            else:
                own_text |= len(text.split()) > 9 and plain(text) not in handed_out
        if mine:  # what has changed in the first cell comes after it, or it would be undone
            groups[place].insert(0 if name == "setup" else len(groups[place]), mine)
    missing = [name for name in ours if name not in names]
    for name in missing:
        if name != "open" and ours[name].metadata.nbgrader.solution:
            ours[name].source = ""  # the functions may stand in a cell of the student's own
        groups[name].insert(0, ours[name])
    nb.cells = [cell for group in groups.values() for cell in group]
    if changed:
        more = f" and {len(changed) - 1} more of the lab's cells" if len(changed) > 1 else ""
        notes.append(f"{changed[0]}{more}: changed, and run as changed and as handed out")
    if len(missing) < len(ours):
        texts = [cell["text"] for cell in cells if plain(cell["text"]) not in handed_out]
        gone = [name for name in missing if not defined_in(texts, stubs.get(name, ""))]
        notes += [f"{name} was deleted and put back" for name in gone]
    else:
        notes = [UNKNOWN]
    if own_text and ours["open"].source.strip() in ("", stubs["open"]):
        notes.append(ELSEWHERE)
    return nb, notes


def defined_in(texts, stub):
    """Whether some text defines what a stub was to define."""
    words = "|".join(re.findall(r"(?m)^(?:def )?(\w+)(?:\(| =)", stub))
    defines = rf"(?m)^[ \t]*(?:def (?:{words})\b|(?:{words})\b.*=[^=]|from .* (?:{words})$)"
    return bool(words) and any(re.search(defines, text) for text in texts)


def plain(text):
    """A text without what editors change on their own."""
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def recognised(cells, ours, released):
    """Which of the lab's cells each cell is, by name, or None; and a note if marks were lost.

    By nbgrader's mark, else by the cell's id or its text. An answer that is not recognised is a
    cell of the student's own, stands in its place, and counts as well.
    """
    by_text = {plain(cell.source): grade_id(cell) or cell.id for cell in released}
    del by_text[plain(ours["open"].source)]  # which anybody may have written
    names, left = [None] * len(cells), dict(ours)

    def take(k, name):
        if (
            names[k] is None
            and name in left
            and cells[k]["code"] == (ours[name].cell_type == "code")
        ):
            names[k] = name
            del left[name]

    for k, cell in enumerate(cells):
        take(k, cell["grade_id"])
    notes = [STRIPPED] if len(left) == len(ours) else []
    for k, cell in enumerate(cells):
        take(k, cell["id"])
    for k, cell in enumerate(cells):
        take(k, by_text.get(plain(cell["text"])))
        if k and by_text.get(plain(cells[k - 1]["text"])) == "open-lead":
            take(k, "open")
    return names, notes
