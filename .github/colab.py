"""Write the chapters as Google Colab opens them: python .github/colab.py FOLDER REPOSITORY COMMIT.

The workflow that publishes the book runs this and pushes the folder to the branch `colab`, to which
the pages' buttons lead. Each numbered chapter has one cell more than in chapters/, the first: it
fetches the book as it was at that commit, and installs it.
"""

import argparse
import re
import sys
from pathlib import Path
from string import Template

import nbformat

ROOT = Path(__file__).parents[1]
MISSING = ["ndf", "g2p-en"]  # what the chapters need and Colab's machines do not have

# Nothing is installed along with these packages: what they need is there, and another NumPy under a
# kernel that runs would break it. The kernel looks for new packages, but not for new .pth files.
CELL = Template("""\
# Run this first: it fetches the book and installs what Colab does not have.
import os
import subprocess
import sys

commands = f\"""
git init --quiet /content/book
cd /content/book
git fetch --quiet --depth 1 https://github.com/$repository \\
    $commit
git checkout --quiet FETCH_HEAD
"{sys.executable}" -m pip install --quiet --no-deps . $packages
\"""
run = subprocess.run(["bash", "-ec", commands], capture_output=True, text=True)
if run.returncode:
    raise RuntimeError(run.stdout + run.stderr)
os.chdir("/content/book/chapters")
sys.path.insert(0, "/content/book")""")

README = """\
This branch holds the chapters as Google Colab opens them: each begins with a cell that fetches and
installs the book as it was at {commit}. The workflow that publishes
the book writes the branch anew each time, so a change belongs into `chapters/` on `main`.
"""


def pinned(package):
    """What requirements.txt says of a package: its name and version."""
    requirements = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    line = re.search(rf"^{package}==\S+$", requirements, re.M)
    if not line:
        sys.exit(f"requirements.txt must pin {package}, which Colab's machines do not have.")
    return line[0]


def install(repository, commit):
    """The first cell."""
    if not re.fullmatch(r"[A-Za-z0-9_-]+/[A-Za-z0-9._-]+", repository):
        sys.exit(f"The repository must be given as owner/name; it came as {repository!r}.")
    if not re.fullmatch("[0-9a-fA-F]{40}", commit):
        sys.exit(f"The commit must be given by its 40 hexadecimal digits; it came as {commit!r}.")
    packages = " ".join(map(pinned, MISSING))
    source = CELL.substitute(repository=repository, commit=commit, packages=packages)
    return nbformat.v4.new_code_cell(source, id="install-for-colab")


def chapters(cell):
    """Every numbered chapter with the cell before its own, by its file's name."""
    notebooks = {}
    for path in sorted(ROOT.glob("chapters/[0-9]*.ipynb")):
        notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
        notebook.cells.insert(0, cell)
        nbformat.validate(notebook)
        notebooks[path.name] = notebook
    return notebooks


def write(folder, repository, commit):
    """Write the branch's files into a folder that is new or empty."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        sys.exit(f"The folder to write into must be new or empty; {folder} is neither.")
    notebooks = chapters(install(repository, commit))
    (folder / "chapters").mkdir(parents=True)
    for name, notebook in notebooks.items():
        nbformat.write(notebook, folder / "chapters" / name)
    (folder / "README.md").write_text(README.format(commit=commit), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="to write into; new or empty")
    parser.add_argument("repository", help="on GitHub, as owner/name")
    parser.add_argument("commit", help="that is published, by its 40 hexadecimal digits")
    given = parser.parse_args()
    write(given.folder, given.repository, given.commit)
