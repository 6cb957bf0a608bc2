"""The command `make processors`: does it notice what it is there for?"""

import platform
import subprocess
import sys

import nbformat
import numpy as np
import processors
import pytest
from building import ROOT
from processors import SETTINGS, environment, run, stored_and_found, table, what_runs, why_not

HERE = {
    "kernels": ["Haswell"],
    "threads": [1],
    "features": ["X86_V2", "X86_V3"],
    "draws": [0.1, 0.2],
}


@pytest.mark.parametrize(
    "setting, found, reason",
    [
        ("Nehalem", {}, "OpenBLAS runs Haswell instead"),
        ("Nehalem", {"kernels": []}, "OpenBLAS runs nowhere instead"),
        ("Nehalem", {"kernels": ["Haswell", "Nehalem"]}, "OpenBLAS runs Haswell and Nehalem"),
        ("no-AVX2", {}, "NumPy goes on using X86_V3"),
        ("no-AVX512", {}, "NumPy uses none of X86_V4, AVX512_ICL, AVX512_SPR here"),
        ("Nehalem-no-AVX2", {"kernels": ["Nehalem"]}, "NumPy goes on using X86_V3"),
        ("two-threads", {}, "OpenBLAS runs [1] threads"),
        ("SkylakeX", None, "this processor cannot run it"),
        ("nudged", {}, "the draws are not nudged"),
    ],
)
def test_setting_that_was_not_followed_is_left_out(setting, found, reason):
    found = found if found is None else HERE | found
    assert (why_not(SETTINGS[setting], found, HERE) or "").startswith(reason)


@pytest.mark.parametrize(
    "setting, found",
    [
        ("default", {}),
        ("Haswell", {}),  # what runs by default, too
        ("Nehalem", {"kernels": ["Nehalem"]}),
        ("NEOVERSEN1", {"kernels": ["neoversen1"]}),
        ("no-AVX2", {"features": ["X86_V2"]}),
        ("two-threads", {"threads": [2]}),
        ("nudged", {"draws": [0.1, 0.20000000000000004]}),
    ],
)
def test_setting_that_was_followed_runs(setting, found):
    assert why_not(SETTINGS[setting], HERE | found, HERE) is None


def test_asked_for_what_this_machine_cannot_give():
    foreign = "Haswell" if platform.machine() in ("aarch64", "arm64") else "NEOVERSEN1"
    command = [sys.executable, ROOT / "tests/processors.py", "--settings", foreign]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 1
    assert f"{foreign} is left out: OpenBLAS runs" in result.stdout
    assert "passed" not in result.stdout


def test_what_runs_by_default_runs_again_only_when_asked_for(monkeypatch, capsys):
    """A machine whose own kernel is asked for, as `.ci/run` does, has not been asked in vain."""
    monkeypatch.setattr(processors, "what_runs", lambda variables: HERE)
    monkeypatch.setattr(processors, "run", lambda *_: ({"01-a": 3}, {}))
    for asked, says in [
        (["Haswell"], "Haswell: 3 passed, 0 red"),
        ([], "Haswell is left out: it is what runs by default here."),
    ]:
        monkeypatch.setattr(sys, "argv", ["processors.py", "--settings", *asked])
        with pytest.raises(SystemExit) as stop:
            processors.main()
        assert stop.value.code == 0
        assert says in capsys.readouterr().out


def test_features_that_are_not_there_are_not_named():
    assert "NPY_DISABLE_CPU_FEATURES" not in environment(SETTINGS["no-AVX2"], ["NEON"])
    named = environment(SETTINGS["no-AVX2"], ["X86_V3"])["NPY_DISABLE_CPU_FEATURES"]
    assert named == "X86_V3"


TOTAL = np.random.default_rng(1).standard_normal(10).sum()
CELLS = {
    "import numpy as np; total = np.random.default_rng(1).standard_normal(10).sum()": "",
    "print(f'{total:.3f}')": f"{TOTAL:.3f}",
    "print('sum', total)": f"sum {TOTAL}",
    f"print('not above:', total <= {TOTAL!r})": "not above: True",
}


def test_cells_that_another_processor_prints_otherwise(tmp_path):
    """Enough digits, digits beyond rounding, and a value at a boundary."""
    notebook = nbformat.v4.new_notebook()
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    for k, (source, stored) in enumerate(CELLS.items()):
        cell = nbformat.v4.new_code_cell(source, execution_count=k + 1)
        if stored:
            cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=stored + "\n")]
        notebook.cells.append(cell)
    nbformat.write(notebook, tmp_path / "sums.ipynb")
    red = {}
    for name in "default", "nudged":
        count, red[name] = run([str(tmp_path / "sums.ipynb")], environment(SETTINGS[name], []))
        assert count == {"sums": 4}
    assert red["default"] == {}
    cells, texts = zip(*red["nudged"]["sums"])
    assert cells == ("Cell 2", "Cell 3")
    found = [stored_and_found(text) for text in texts]
    assert sorted(found[1]) == ["found   not above: False", "stored  not above: True"]
    assert [line[:12] for line in sorted(found[0])] == ["found   sum ", "stored  sum "]


def test_table_names_what_is_red_and_what_did_not_run():
    results = {
        "default": ({"01-a": 3, "02-b": 2}, {}),
        "Nehalem": ({"01-a": 3}, {"01-a": [("Cell 2", "")]}),
    }
    assert table(results, ["01-a", "02-b"]).splitlines() == [
        "      default  Nehalem",
        "01-a  ok       1 red",
        "02-b  ok       -",
    ]


def test_probe_sees_what_runs_here():
    found = what_runs({})
    assert set(found) == set(HERE)
    again = environment(SETTINGS["nudged"], found["features"])
    assert what_runs(again)["draws"] == pytest.approx(found["draws"], rel=1e-15)
    assert what_runs(again)["draws"] != found["draws"]
