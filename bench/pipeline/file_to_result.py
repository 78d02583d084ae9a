#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times a whole job, from an HDF5 file to every customer's segment on disk, against a script of h5py and scikit-learn.

Usage: scripts/bench pipeline [--rows N --features D --segments K --missing SHARE]
Both use two threads and the same k, impute missing cells by the median, standardize, seed by k-means++, fit and write labels;
scikit-learn starts once (n_init=1), Tessera with its defaults. They take turns; seconds are medians over the rounds.
"""
import argparse
import json
import os
import pathlib
import resource
import statistics
import subprocess
import tempfile
import time

THREADS = 2
os.environ.update({name: str(THREADS) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")})

import h5py  # noqa: E402
from sklearn.cluster import KMeans  # noqa: E402
from sklearn.impute import SimpleImputer  # noqa: E402
from sklearn.metrics import adjusted_rand_score  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402


def tessera_job(program, table, run, k):
    begin = time.perf_counter()
    subprocess.run([program, "segment", table, "-o", run, "--force", "--quiet", "-k", str(k), "--threads", str(THREADS)], check=True,
                   stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - begin
    with h5py.File(run / "assignments.h5") as file:
        return seconds, file["segment"][:], json.loads((run / "summary.json").read_text())


def sklearn_job(table, k):
    begin = time.perf_counter()
    with h5py.File(table) as file:
        rows = file["features"][:]
    rows = SimpleImputer(strategy="median", copy=False).fit_transform(rows)
    rows = StandardScaler(copy=False).fit_transform(rows)
    fit = KMeans(k, n_init=1, random_state=0).fit(rows)
    with h5py.File(table.with_suffix(".labels.h5"), "w") as file:
        file["labels"] = fit.labels_
    return time.perf_counter() - begin, fit.labels_, fit.inertia_


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tessera", default="build/bench/tessera")
    parser.add_argument("--rows", type=int, default=4_000_000)
    parser.add_argument("--features", type=int, default=32)
    parser.add_argument("--segments", type=int, default=5)
    parser.add_argument("--missing", type=float, default=0.01, help="share of cells without a value")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        table = folder / "customers.h5"
        subprocess.run([options.tessera, "generate", "-o", table, "--rows", str(options.rows), "--features", str(options.features),
                        "--segments", str(options.segments), "--seed", "1", "--overlap", "0.5", "--missing", str(options.missing),
                        "--quiet"], check=True)
        for _ in range(options.rounds):
            seconds, labels, summary = tessera_job(options.tessera, table, folder / "run", options.segments)
            ours.append(seconds)
            peak_kib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
            seconds, their_labels, their_inertia = sklearn_job(table, options.segments)
            theirs.append(seconds)
    rows_mib = options.rows * options.features * 4 / 2**20
    print(f"n = {options.rows}, d = {options.features}, k = {options.segments}, missing {options.missing}, {THREADS} threads, "
          f"median of {options.rounds}")
    print(f"tessera       {statistics.median(ours):7.2f} s   inertia {summary['objective']['inertia']:.6e}   "
          f"peak memory {peak_kib / 1024:.0f} MiB for {rows_mib:.0f} MiB of rows")
    print(f"              stages (ms): {summary['timings_ms']}")
    print(f"scikit-learn  {statistics.median(theirs):7.2f} s   inertia {their_inertia:.6e}")
    print(f"ratio         {statistics.median(theirs) / statistics.median(ours):7.2f}     adjusted Rand index "
          f"{adjusted_rand_score(labels, their_labels):.6f}")


if __name__ == "__main__":
    main()
