"""Print what `make bench` measured: the machine, the ratios, growth and memory.

With `--write`, put the ratios, and only those, between the markers in README.md instead.
"""

import json
import platform
import resource
import subprocess
import sys
import tempfile
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from test_speed import SIZES

from lib.baseline import compare
from lib.codes import simulate

ROOT = Path(__file__).parent.parent
MEASURED = ROOT / "_build" / "bench.json"
SQUEEZENET = "SqueezeNet: 34 pictures, 10 layers"
START, END = "<!-- bench -->", "<!-- /bench -->"


def main():
    measured = json.loads(MEASURED.read_text())
    table = ratios(measured)
    if "--write" in sys.argv:
        readme = ROOT / "README.md"
        before, rest = readme.read_text().split(START)
        after = rest.split(END)[1]
        readme.write_text(f"{before}{START}\n{table}\n{END}{after}")
        return
    print(machine(measured))
    print(f"\nTimes per network, the shortest of several runs\n\n{times(measured)}")
    print(f"\nRatios of these\n\n{table}")
    print(f"\nHow simulate() grows: time and memory ~ size ^ exponent\n\n{growth()}")
    print(f"\nPeak memory of\n\n{peaks()}")
    minutes = by_group(measured)["simulate, two threads"]["lib"] * 100_000 / 60_000
    print(f"A hundred thousand networks on two threads: {minutes:.0f} minutes")
    print(f"\nThe book's own commands, once each\n\n{commands()}")


def machine(measured):
    cpu = measured["machine_info"]["cpu"]
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return (
        f"{cpu.get('brand_raw', platform.machine())}, {cpu.get('count')} cores,"
        f" {platform.system()}, Python {platform.python_version()}, NumPy {np.__version__},"
        f" {blas['name']} {blas['version']}"
    )


def by_group(measured):
    """Milliseconds per network: {group: {"lib": ..., "floor": ..., "loop": ...}}."""
    groups = {}
    for run in measured["benchmarks"]:
        name = run["name"].removeprefix("test_").split("[")[0].replace("_", " ")
        per_network = 1000 * run["stats"]["min"] / run["extra_info"]["networks"]
        groups.setdefault(run["group"], {})[name] = per_network
    return groups


def times(measured):
    return "\n".join(
        f"{group:24}" + "   ".join(f"{name} {ms:.3g} ms" for name, ms in sorted(runs.items()))
        for group, runs in by_group(measured).items()
    )


def ratios(measured):
    """A table in Markdown."""
    lines = ["| | time over the floor's | a loop's time over this |", "| --- | --- | --- |"]
    for group, runs in by_group(measured).items():
        loop = f"{runs['loop'] / runs['lib']:.0f}" if "loop" in runs else ""
        function, *how = group.split(", ")
        name = ", ".join([f"`{function}`", *how])
        lines.append(f"| {name} | {runs['lib'] / runs['floor']:.1f} | {loop} |")
    return "\n".join(lines)


def growth():
    """Fitted exponents of time and of peak memory, as each size doubles and doubles again."""
    sizes = dict(n_networks=8, n_categories=25, n_levels=20, n_units=100, n_layers=8)
    doubled = {"n_units": 100, "n_levels": 20, "n_categories": 25, "n_layers": 8, "n_networks": 8}
    lines = [f"{'':14}{'sizes':20}{'time':>6}{'memory':>8}"]
    for name, start in doubled.items():
        steps = [start * 2**k for k in range(4)]
        seconds, megabytes = [], []
        for step in steps:
            changed = sizes | {name: step}
            seconds.append(min(seconds_of(changed) for _ in range(3)))
            megabytes.append(memory_of(changed))
        time_exponent, memory_exponent = (
            np.polyfit(np.log(steps), np.log(y), 1)[0] for y in (seconds, megabytes)
        )
        span = f"{steps[0]} to {steps[-1]}"
        lines.append(f"{name:14}{span:20}{time_exponent:6.2f}{memory_exponent:8.2f}")
    return "\n".join(lines)


def seconds_of(sizes):
    start = time.perf_counter()
    simulate(**sizes)
    return time.perf_counter() - start


def memory_of(sizes):
    tracemalloc.start()
    simulate(**sizes)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def commands():
    """Seconds to run all chapters (into a folder that is thrown away), to build and to test."""
    chapters = sorted(str(path) for path in (ROOT / "chapters").glob("*.ipynb"))
    with tempfile.TemporaryDirectory() as folder:
        convert = [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute"]
        runs = {
            "run the chapters": [*convert, "--output-dir", folder, *chapters],
            "make book": ["make", "book"],
            "make test": ["make", "test"],
        }
        lines = []
        for name, command in runs.items():
            start = time.perf_counter()
            subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
            lines.append(f"{name:20}{time.perf_counter() - start:6.0f} s")
    return "\n".join(lines)


def simulated():
    with ThreadPoolExecutor(2) as pool:
        simulate(map=pool.map)


def compared(n_items, widths):
    """Each layer's states come when they are asked for, as those of a network that is run then."""

    def layers(seed):
        rng = np.random.default_rng(seed)
        yield inputs
        for n_units in widths:
            yield rng.random((n_items, n_units), dtype=np.float32)

    inputs = np.random.default_rng(0).random((n_items, 100), dtype=np.float32)
    compare(layers(1), map(layers, range(2, 12)), np.random.default_rng(0))


PEAKS = {
    "the paper's simulation, two threads": simulated,
    "compare, ten SqueezeNets, 200 pictures": lambda: compared(200, SIZES[SQUEEZENET][1]),
    "compare, 3,000 x 200, 12 layers": lambda: compared(3_000, [200] * 12),
}


def peaks():
    """MB of a whole process that does one of these and nothing else, Python and NumPy included."""
    lines = []
    for what in PEAKS:
        command = [sys.executable, __file__, "--peak", what]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        lines.append(f"{what:40}{float(said):6.0f} MB")
    return "\n".join(lines)


def print_own_peak(what):
    PEAKS[what]()
    unit = 1e6 if sys.platform == "darwin" else 1e3  # bytes there, kilobytes elsewhere
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit)


if __name__ == "__main__":
    print_own_peak(sys.argv[2]) if "--peak" in sys.argv else main()
