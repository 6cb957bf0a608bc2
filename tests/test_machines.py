"""The repository on a machine that is set up in another way."""

import shutil
import subprocess
import sys

import nbformat
import pytest
from building import ENVIRONMENT, ROOT

in_git = pytest.mark.skipif(not (ROOT / ".git").exists(), reason="the book is not in git")


@in_git
@pytest.mark.parametrize("setting", ["true", "input", "false"])
def test_line_endings_are_the_repositorys(tmp_path, setting):
    settings = "-c", f"core.autocrlf={setting}", "-c", "core.eol=crlf"
    subprocess.run(["git", "clone", "-q", *settings, ROOT, tmp_path / "book"], check=True)
    files = [p for p in (tmp_path / "book").rglob("*") if p.is_file() and ".git" not in p.parts]
    assert len(files) > 100
    texts = [path for path in files if path.suffix not in (".png", ".npz")]
    assert [path.name for path in texts if b"\r\n" in path.read_bytes()] == []
    stored = "chapters/inception.npz"
    assert (tmp_path / "book" / stored).read_bytes() == (ROOT / stored).read_bytes()


def test_a_first_run_with_many_fonts_is_quiet(tmp_path):
    """matplotlib says on stderr that it lists the fonts, after five seconds; here, at once."""
    cell = nbformat.v4.new_code_cell("import matplotlib.pyplot as plt\nprint(2)")
    cell.execution_count = 1
    cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text="2\n")]
    notebook = nbformat.v4.new_notebook(cells=[cell])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, tmp_path / "chapter.ipynb")
    shutil.copy(ROOT / "conftest.py", tmp_path)
    (tmp_path / "sitecustomize.py").write_text(
        "import threading\n"
        "class Timer(threading.Timer):\n"
        "    def __init__(self, seconds, *args): super().__init__(0, *args)\n"
        "    def start(self): super().start(); self.join()\n"
        "threading.Timer = Timer\n"
    )

    def first_run(fonts, *command):
        return subprocess.run(
            [sys.executable, *command],
            cwd=tmp_path,
            env=ENVIRONMENT | {"MPLCONFIGDIR": str(tmp_path / fonts), "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
        )

    noisy = first_run("fonts", "-c", "import matplotlib.pyplot")
    assert "building the font cache" in noisy.stderr  # so the trial is one
    test = "-m", "pytest", "--nbval", "--nbval-current-env", "chapter.ipynb"
    result = first_run("other fonts", *test)
    assert result.returncode == 0, result.stdout
