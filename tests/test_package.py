"""The helper functions outside the book: by the name `untrained`, beside any other folder lib."""

import os
import subprocess
import sys
import sysconfig

import pytest
from building import ROOT, copy

COMPARED = """
import numpy as np
from untrained.baseline import compare
from untrained.similarity import functional_smoothness
x, *nets = np.random.default_rng(1).standard_normal((5, 9, 6))
table = compare([x, nets[0]], [[x, states] for states in nets[1:]], np.random.default_rng(1))
assert table["trained"][0] == functional_smoothness(x, nets[0])
"""


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Where pip has installed the package from a checkout, as it does from an address."""
    checkout = copy(
        tmp_path_factory.mktemp("package") / "book",
        "pyproject.toml",
        "setup.py",
        "README.md",
        "lib",
    )
    site = checkout.parent / "site"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
        + ["--disable-pip-version-check", "--target", site, checkout],
        check=True,
    )
    return site


@pytest.fixture(params=["installed", "editable"])
def python(request):
    """Run Python in a folder, with the plain package or with that of this checkout."""

    def run(folder, code):
        options, environment = [], os.environ | {"PYTHONPATH": ""}
        if request.param == "installed":
            site = request.getfixturevalue("plain")
            path = [str(site), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
            # Without the module site, the checkout that is installed here is not found.
            options, environment = ["-S"], environment | {"PYTHONPATH": os.pathsep.join(path)}
        result = subprocess.run(
            [sys.executable, *options, "-c", code],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert result.returncode == 0, result.stderr
        return result.stdout.strip()

    run.how = request.param
    return run


@pytest.mark.parametrize("package", [True, False], ids=["package", "folder"])
def test_beside_another_folder_lib(python, package, tmp_path):
    (tmp_path / "lib").mkdir()
    if package:
        (tmp_path / "lib/__init__.py").touch()
    (tmp_path / "lib/mine.py").write_text("value = 'the reader\\'s own'\n")
    (tmp_path / "lib/baseline.py").write_text("compare = 'the reader\\'s own'\n")
    code = (
        f"{COMPARED}\nfrom lib.mine import value; from lib.baseline import compare; print(compare)"
    )
    assert python(tmp_path, code) == "the reader's own"


def test_every_module_by_the_name_untrained(python, tmp_path):
    names = [path.stem for path in (ROOT / "lib").glob("*.py")]
    python(
        tmp_path, f"import importlib\nfor m in {names}: importlib.import_module('untrained.' + m)"
    )


def test_only_a_checkout_has_the_chapters_name_and_both_are_one_source(python, tmp_path):
    found = "print([bool(find_spec(name)) for name in ('lib', 'untrained')])"
    code = f"from importlib.util import find_spec\n{found}"
    both = python.how == "editable"
    assert python(tmp_path, code) == str([both, True])
    if both:
        code = "import lib.baseline as a, untrained.baseline as b; print(a.__file__ == b.__file__)"
        assert python(tmp_path, code) == "True"


def test_comparing_needs_no_package_that_draws(python, tmp_path):
    missing = "import sys; sys.modules.update(dict.fromkeys(['matplotlib', 'seaborn']))"
    python(tmp_path, f"{missing}\n{COMPARED}")
