#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times Tessera against scikit-learn and FAISS: the same rows, the same initial centroids, the same run, two threads each.

Usage: scripts/bench [--rows N] [--shapes 16x8,32x64,...] [--json FILE]     (makes the environment and calls this)

Per shape (d x k) and kind of data: seconds of one full Lloyd iteration, from fits of 1 and 1 + ITERATIONS iterations, the programs taking
turns, medians; then whether the labels agree. Tessera's time is that of its stage "fit", which runs two sweeps more than iterations in
either fit, so they cancel in the difference.
"""
import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import tempfile
import time

THREADS = 2
os.environ.update({name: str(THREADS) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")})

import faiss  # noqa: E402  (threads are set first)
import h5py  # noqa: E402
import numpy as np  # noqa: E402
import sklearn  # noqa: E402
from sklearn.cluster import KMeans  # noqa: E402


def make_rows(kind, n, d, k, seed=1):
    """Blobs of sd 1 with centres N(0, 1) per axis (they overlap at small d) and 10 % uniform rows, or uniform rows only."""
    rng = np.random.default_rng(seed)
    if kind == "uniform":
        rows = rng.random((n, d), dtype=np.float32)
    else:
        centres = rng.standard_normal((k, d), dtype=np.float32) * 2
        rows = centres[rng.integers(k, size=n)] + rng.standard_normal((n, d), dtype=np.float32)
        noise = rng.random(n) < 0.1
        rows[noise] = rng.uniform(-4, 4, (noise.sum(), d)).astype(np.float32)
    rows -= rows.mean(axis=0, dtype=np.float64).astype(np.float32)
    return rows, rows[rng.choice(n, k, replace=False)].copy()


def tessera_fit(program, folder, iterations):
    run = folder / "run"
    subprocess.run(
        [program, "segment", folder / "rows.h5", "--dataset", "/features", "-o", run, "--force", "--quiet", "--scale", "none",
         "--transform", "none", "--init", f"{folder / 'start.h5'}:/centroids", "--max-iter", str(iterations), "--threads", str(THREADS)],
        check=True, stdout=subprocess.DEVNULL)
    summary = json.loads((run / "summary.json").read_text())
    return summary["timings_ms"]["fit"] / 1e3, summary["objective"]["iterations"]


def sklearn_fit(rows, start, iterations):
    begin = time.perf_counter()
    fit = KMeans(len(start), init=start, n_init=1, max_iter=iterations, tol=0, algorithm="lloyd").fit(rows)
    return time.perf_counter() - begin, fit.n_iter_


def faiss_fit(rows, start, iterations):
    begin = time.perf_counter()
    fit = faiss.Kmeans(rows.shape[1], len(start), niter=iterations, max_points_per_centroid=len(rows), min_points_per_centroid=1)
    fit.train(rows, init_centroids=start)
    return time.perf_counter() - begin, iterations


def per_iteration(fit, iterations, rounds):
    """Median over rounds of (time of 1 + iterations) - (time of 1), over the iterations that really ran."""
    times = []
    for _ in range(rounds):
        short, short_iterations = fit(1)
        long, long_iterations = fit(1 + iterations)
        times.append((long - short) / max(1, long_iterations - short_iterations))
    return statistics.median(times)


def measure(program, kind, n, d, k, iterations, rounds):
    rows, start = make_rows(kind, n, d, k)
    faiss.omp_set_num_threads(THREADS)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        with h5py.File(folder / "rows.h5", "w") as file:
            file["features"] = rows
        with h5py.File(folder / "start.h5", "w") as file:
            file["centroids"] = start.astype(np.float64)
        seconds = {
            "tessera": per_iteration(lambda i: tessera_fit(program, folder, i), iterations, rounds),
            "scikit-learn": per_iteration(lambda i: sklearn_fit(rows, start, i), iterations, rounds),
            "faiss": per_iteration(lambda i: faiss_fit(rows, start, i), iterations, rounds),
        }
    return {"data": kind, "n": n, "d": d, "k": k, "seconds": seconds}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tessera", default="build/bench/tessera")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--shapes", default="16x8,16x64,32x16,32x64,64x64,64x256")
    parser.add_argument("--data", default="blobs,uniform")
    parser.add_argument("--iterations", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json")
    options = parser.parse_args()

    print(f"# scikit-learn {sklearn.__version__}, faiss {faiss.__version__}, numpy {np.__version__}, Python {platform.python_version()}")
    print(f"# n = {options.rows}, {THREADS} threads, seconds per Lloyd iteration (median of {options.rounds})")
    print("| data | d | k | tessera | scikit-learn | faiss | scikit-learn / tessera | faiss / tessera |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    results = []
    for shape in options.shapes.split(","):
        d, k = map(int, shape.split("x"))
        for kind in options.data.split(","):
            result = measure(options.tessera, kind, options.rows, d, k, options.iterations, options.rounds)
            results.append(result)
            s = result["seconds"]
            print(f"| {kind} | {d} | {k} | {s['tessera']:.4f} | {s['scikit-learn']:.4f} | {s['faiss']:.4f} | "
                  f"{s['scikit-learn'] / s['tessera']:.1f} | {s['faiss'] / s['tessera']:.1f} |", flush=True)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
