#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times `tessera correlate` on a float32 matrix against numpy.corrcoef on the same matrix in memory.

Usage: scripts/bench correlate [--rows N --columns D --rounds R]
Both take turns in one run, on the same threads; seconds are medians. Tessera reads an HDF5 file that is in the page cache: its `correlate` stage is
the sweep that reads, converts and multiplies; the whole command profiles every column before that and writes the results after it. NumPy
gets the matrix for nothing, once as it is (it multiplies in float32 then) and once as float64, which is what its result is compared to.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

THREADS = 2
os.environ.update({name: str(THREADS) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")})

import h5py  # noqa: E402
import numpy as np  # noqa: E402


def write_table(path, rows, columns):
    """Columns that hang together, at an offset."""
    random = np.random.default_rng(1)
    with h5py.File(path, "w") as file:
        table = file.create_dataset("x", shape=(rows, columns), dtype="f4")
        for first in range(0, rows, 100_000):
            count = min(100_000, rows - first)
            x = random.standard_normal((count, columns), dtype=np.float32)
            table[first : first + count] = x + np.float32(0.5) * x[:, :1] + np.float32(100)


def run_tessera(program, table, out):
    """Seconds of the whole command and of its sweep, and the peak of its memory in bytes."""
    command = [program, "correlate", table, "-o", out, "--force", "--top", "0", "--threads", str(THREADS), "--log-format", "json"]
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    log = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status != 0:
        raise SystemExit(log)
    lines = [json.loads(line) for line in log.splitlines()]
    sweep = next(line["message"] for line in lines if line["event"] == "stage_finished" and line["stage"] == "correlate")
    return seconds, float(sweep.removesuffix(" s")), usage.ru_maxrss * 1024


def timed(task):
    start = time.perf_counter()
    result = task()
    return time.perf_counter() - start, result


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tessera", required=True)
    parser.add_argument("--rows", type=int, default=4_000_000)
    parser.add_argument("--columns", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        table, out = pathlib.Path(folder) / "table.h5", pathlib.Path(folder) / "corr.h5"
        write_table(table, options.rows, options.columns)
        _, _, peak = run_tessera(options.tessera, table, out)  # now: a child's peak counts what its parent holds when it starts
        with h5py.File(table) as file:
            x = file["x"][:]
        seconds = {"numpy float64": [], "numpy float32": [], "tessera sweep": [], "tessera command": []}
        for _ in range(options.rounds):
            took, wanted = timed(lambda: np.corrcoef(x, rowvar=False, dtype=np.float64))
            seconds["numpy float64"].append(took)
            seconds["numpy float32"].append(timed(lambda: np.corrcoef(x, rowvar=False, dtype=np.float32))[0])
            whole, sweep, _ = run_tessera(options.tessera, table, out)
            seconds["tessera command"].append(whole)
            seconds["tessera sweep"].append(sweep)
        with h5py.File(out) as file:
            error = np.abs(file["all/r"][:] - wanted).max()
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    print(f"{options.rows} x {options.columns} float32, {THREADS} threads; largest difference of r from float64 {error:.1e}")
    for name, value in medians.items():
        print(f"{name:16} {value:8.3f} s   numpy float64 / this {medians['numpy float64'] / value:6.2f}")
    print(f"tessera holds at most {peak / 2**20:.0f} MiB; the matrix is {options.rows * options.columns * 4 / 2**20:.0f} MiB")


if __name__ == "__main__":
    main()
