"""Run the chapters, and what else computes, as other processors would: `make processors`.

A processor computes with kernels of its own, which round in ways of their own. Environment
variables make OpenBLAS and NumPy take the kernels of an older one, and nudged/sitecustomize.py
moves the draws by one unit in the last place, as a processor might that nobody has here. A setting
that the libraries do not follow is left out, with the reason, and never counts as passed.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[1]
LIB = "stimuli networks similarity collapse codes theory baseline inception figures"
WHAT = {
    "chapters": ["chapters"],
    "lib": [f"tests/test_{module}.py" for module in LIB.split()],
    "lab": ["tests/lab/test_points.py"],
    "try-it": ["tests/browser/test_try_it.py"],
}
AVX512 = ["X86_V4", "AVX512_ICL", "AVX512_SPR"]
AVX2 = ["X86_V3", *AVX512]

# The kernel of OpenBLAS's products, NumPy's features that are off, threads, and nudged draws.
SETTINGS = {
    "default": {},
    "SkylakeX": {"kernel": "SkylakeX"},
    "Haswell": {"kernel": "Haswell"},
    "Zen": {"kernel": "Zen"},
    "Sandybridge": {"kernel": "Sandybridge"},
    "Nehalem": {"kernel": "Nehalem"},
    "Katmai": {"kernel": "Katmai"},  # how OpenBLAS calls Prescott's
    "ARMV8": {"kernel": "ARMV8"},
    "NEOVERSEN1": {"kernel": "NEOVERSEN1"},
    "no-AVX512": {"off": AVX512},
    "no-AVX2": {"off": AVX2},
    "Haswell-no-AVX512": {"kernel": "Haswell", "off": AVX512},
    "Nehalem-no-AVX2": {"kernel": "Nehalem", "off": AVX2},
    "two-threads": {"threads": 2},
    "nudged": {"nudge": 1},
    "nudged-again": {"nudge": 2},
}

# The product and the tanh are there to be computed: kernels that a processor lacks end it.
PROBE = """
import json, numpy, scipy.linalg, threadpoolctl
from numpy._core._multiarray_umath import __cpu_features__ as features
square = numpy.ones((300, 300))
assert (square @ square == 300).all() and numpy.tanh(square).all()
blas = [b for b in threadpoolctl.threadpool_info() if b["internal_api"] == "openblas"]
print(json.dumps({
    "kernels": sorted({b["architecture"] for b in blas}),
    "threads": sorted({b["num_threads"] for b in blas}),
    "features": [name for name, there in features.items() if there],
    "draws": numpy.random.default_rng(1).standard_normal(9).tolist(),
}))
"""


def environment(setting, features):
    """The variables for a setting; NumPy complains of a feature to be off that is not there."""
    variables = {}
    if "kernel" in setting:
        variables["OPENBLAS_CORETYPE"] = setting["kernel"]
    if "threads" in setting:
        variables["OPENBLAS_NUM_THREADS"] = str(setting["threads"])
    if "nudge" in setting:
        variables |= {"NUDGE": str(setting["nudge"]), "PYTHONPATH": str(ROOT / "tests/nudged")}
    off = [name for name in setting.get("off", []) if name in features]
    if off:
        variables["NPY_DISABLE_CPU_FEATURES"] = " ".join(off)
    return variables


def what_runs(variables):
    """What the libraries say that they run with these variables; None if they cannot."""
    command = [sys.executable, "-c", PROBE]
    result = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True)
    return json.loads(result.stdout) if result.returncode == 0 else None


def why_not(setting, found, default):
    """Why a setting would test nothing here; nothing if it was followed."""
    if found is None:
        return "this processor cannot run it"
    kernels = [name.lower() for name in found["kernels"]]
    if "kernel" in setting and kernels != [setting["kernel"].lower()]:
        return f"OpenBLAS runs {' and '.join(found['kernels']) or 'nowhere'} instead"
    if "off" in setting and not set(setting["off"]) & set(default["features"]):
        return f"NumPy uses none of {', '.join(setting['off'])} here"
    on = [name for name in setting.get("off", []) if name in found["features"]]
    if on:
        return f"NumPy goes on using {', '.join(on)}"
    if "threads" in setting and found["threads"] != [setting["threads"]]:
        return f"OpenBLAS runs {found['threads']} threads"
    if "nudge" in setting and found["draws"] == default["draws"]:
        return "the draws are not nudged"
    return None


def run(paths, variables):
    """Run pytest; give each file's number of tests, and each red test's name and text."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        options = ["-vv", "-n", "2", "--dist", "loadscope", "--nbval", "--nbval-current-env"]
        result = subprocess.run(
            [sys.executable, "-m", "pytest", *options, f"--junitxml={report}", *paths],
            cwd=ROOT,
            env=os.environ | variables,
            capture_output=True,
            text=True,
        )
        if result.returncode not in (0, 1):
            sys.exit(f"pytest could not run:\n{result.stdout[-3000:]}{result.stderr[-3000:]}")
        cases = list(ElementTree.parse(report).iter("testcase"))
    count, red = {}, {}
    for case in cases:
        file = case.get("classname").removesuffix(".ipynb").split(".")[-1]
        count[file] = count.get(file, 0) + 1
        troubles = [e for kind in ("failure", "error", "skipped") for e in case.iter(kind)]
        if troubles:
            text = "\n".join(trouble.text or trouble.get("message") for trouble in troubles)
            red.setdefault(file, []).append((case.get("name"), text))
    return count, red


def stored_and_found(text):
    """The lines that differ in nbval's report, which marks what it found by - and stored by +."""
    text = re.sub(r"(?:\x1b|#x1B)\[\d*m", "", text)
    marks = {"+": "stored", "-": "found"}
    lines = re.findall(r"^  ([+-]) (.*)$", text, re.M)
    return [f"{marks[mark]:7} {line}" for mark, line in lines] or text.strip().splitlines()[-5:]


def in_words(file, test):
    """A test's name; of a chapter's cell, which nbval only counts, its id."""
    chapter, cell = ROOT / f"chapters/{file}.ipynb", re.fullmatch(r"Cell (\d+)", test)
    if not (cell and chapter.exists()):
        return f"{file}, {test}"
    cells = json.loads(chapter.read_text(encoding="utf-8"))["cells"]
    code = [cell["id"] for cell in cells if cell["cell_type"] == "code"]
    return f"{file}, cell {code[int(cell[1])]}"


def table(results, files):
    """A row a file, a column a setting."""
    width = max(map(len, files)) + 2
    lines = [" " * width + "  ".join(results)]
    for file in files:
        cells = []
        for name, (count, red) in results.items():
            failed = len(red.get(file, []))
            cell = f"{failed} red" if failed else "ok" if file in count else "-"
            cells.append(f"{cell:{len(name)}}")
        lines.append(f"{file:{width}}" + "  ".join(cells))
    return "\n".join(line.rstrip() for line in lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--settings", nargs="*", choices=SETTINGS, default=[])
    parser.add_argument("--what", nargs="*", choices=WHAT, default=[])
    arguments = parser.parse_args()
    default = what_runs({})
    paths = [path for what in arguments.what or WHAT for path in WHAT[what]]
    results, left_out = {}, {}
    for name in arguments.settings or SETTINGS:
        setting, start = SETTINGS[name], time.monotonic()
        variables = environment(setting, default["features"])
        found = what_runs(variables)
        reason = why_not(setting, found, default)
        if name != "default" and found == default and name not in arguments.settings:
            reason = reason or "it is what runs by default here"
        if reason:
            left_out[name] = reason
            continue
        results[name] = count, red = run(paths, variables)
        minutes = (time.monotonic() - start) / 60
        total, failed = sum(count.values()), sum(map(len, red.values()))
        print(f"{name}: {total - failed} passed, {failed} red, {minutes:.1f} min", flush=True)
        for file, troubles in red.items():
            for test, text in troubles:
                print(
                    f"   {in_words(file, test)}",
                    *stored_and_found(text),
                    sep="\n      ",
                    flush=True,
                )
    files = sorted({file for count, _ in results.values() for file in count})
    if results:
        print(table(results, files), sep="\n")
    for name, reason in left_out.items():
        print(f"{name} is left out: {reason}.")
    asked_in_vain = [name for name in arguments.settings if name in left_out]
    sys.exit(bool(asked_in_vain or not results or any(red for _, red in results.values())))


if __name__ == "__main__":
    main()
