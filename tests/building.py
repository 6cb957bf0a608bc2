"""Copies of the book for tests to build, with or without a fault."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
PAGES = [TOC["root"], *(page["file"] for part in TOC["parts"] for page in part["chapters"])]
BOOK = "_config.yml", "_toc.yml", "_ext", "_static", "chapters"
FLAGS = ["--all", "-W", "-n", "--keep-going"]  # test_make.py sees that `make book` has them too
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith("GITHUB_")}


def copy(book, *names):
    """Copy files and folders of this book into the new folder `book`."""
    book.mkdir(parents=True)
    for name in names:
        if (ROOT / name).is_dir():
            ignore = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
            shutil.copytree(ROOT / name, book / name, ignore=ignore)
        else:
            shutil.copy(ROOT / name, book / name)
    return book


def make_repository(book, origin):
    for command in ["init", "-b", "trunk"], ["remote", "add", "origin", origin]:
        subprocess.run(["git", *command], cwd=book, check=True, capture_output=True)


def build(book, *options):
    """Build as `make book` does, or `make pdf`: the exit code and what was said."""
    command = Path(sys.executable).with_name("jupyter-book")
    result = subprocess.run(
        [command, "build", book, *FLAGS, *options],
        env=ENVIRONMENT | {"NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return result.returncode, result.stdout
