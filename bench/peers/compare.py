#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times Tessera against scikit-learn, scikit-learn-intelex (oneDAL) and FAISS: the same rows, the same initial centroids, one run.

Usage: scripts/bench peers [--mode iteration|fixed-point] [--rows N] [--shapes 16x8,32x64,...] [--json FILE]

Per shape (d x k) and kind of data, the programs taking turns, medians over rounds:
  iteration    seconds of one full Lloyd iteration, from fits of 1 and 1 + ITERATIONS iterations. Tessera's time is that of its stage "fit",
               which makes one or two sweeps more than iterations in either fit; they cancel in the difference, as the peers' last labelling
               does. The least ratio to a peer is the last column, and 2 n d k / seconds is set against a matrix product measured in this run.
  fixed-point  seconds from the start to where no centroid moves (Tessera: its stage "fit", closing sweeps included; peers: fit() with
               tol = 0). FAISS has no such stop and is left out.
"""
import argparse
import importlib.metadata
import json
import os
import pathlib
import platform
import statistics
import tempfile
import threading
import time
import warnings

THREADS = 2
os.environ.update({name: str(THREADS) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")})

import faiss  # noqa: E402  (threads are set first)
import numpy as np  # noqa: E402
import sklearn  # noqa: E402
import sklearn.cluster  # noqa: E402
import sklearnex.cluster  # noqa: E402
from kmeans_problem import make_rows, run_tessera, write_tables  # noqa: E402

warnings.filterwarnings("ignore", category=sklearn.exceptions.ConvergenceWarning)


def gemm_rate():
    """FLOP/s of a float32 matrix product in this run."""
    a = np.ones((3072, 3072), dtype=np.float32)
    times = []
    for _ in range(4):
        begin = time.perf_counter()
        a @ a
        times.append(time.perf_counter() - begin)
    return 2 * 3072**3 / min(times)


def read_rate():
    """Bytes per second of summing rows on all threads in this run."""
    block = np.ones(64 << 20, dtype=np.float32)
    times = []
    for _ in range(4):
        begin = time.perf_counter()
        workers = [threading.Thread(target=part.sum) for part in np.array_split(block, THREADS)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        times.append(time.perf_counter() - begin)
    return block.nbytes / min(times)


class Problem:
    """One set of rows with its start, in memory for the peers and in a file for Tessera. Fits return (seconds, iterations)."""

    def __init__(self, program, folder, kind, n, d, k):
        self.program, self.folder = program, folder
        self.rows, self.start = make_rows(kind, n, d, k)
        write_tables(folder, self.rows, self.start)

    def tessera(self, iterations):
        summary = run_tessera(self.program, self.folder, iterations, ["--threads", str(THREADS)])
        return summary["timings_ms"]["fit"] / 1e3, summary["objective"]["iterations"]

    def kmeans(self, module, iterations):
        begin = time.perf_counter()
        fit = module.KMeans(len(self.start), init=self.start, n_init=1, max_iter=iterations, tol=0, algorithm="lloyd").fit(self.rows)
        return time.perf_counter() - begin, fit.n_iter_

    def faiss(self, iterations):
        faiss.omp_set_num_threads(THREADS)
        begin = time.perf_counter()
        fit = faiss.Kmeans(self.rows.shape[1], len(self.start), niter=iterations, max_points_per_centroid=len(self.rows),
                           min_points_per_centroid=1)
        fit.train(self.rows, init_centroids=self.start)
        return time.perf_counter() - begin, iterations

    def fits(self):
        return {
            "tessera": self.tessera,
            "scikit-learn": lambda i: self.kmeans(sklearn.cluster, i),
            "sklearnex": lambda i: self.kmeans(sklearnex.cluster, i),
            "faiss": self.faiss,
        }


def per_iteration(shorts, longs):
    """Seconds of an iteration from fits of one and of several, which differ in nothing else: [(seconds, iterations)]"""
    (short, short_iterations), (long, long_iterations) = (map(statistics.median, zip(*fits)) for fits in (shorts, longs))
    return (long - short) / max(1, long_iterations - short_iterations)


def measure(problem, options, result):
    fits = {name: fit for name, fit in problem.fits().items() if name in ["tessera", *options.peers]}
    lengths = [1, 1 + options.iterations] if options.mode == "iteration" else [options.most_iterations]
    taken = {name: {length: [] for length in lengths} for name in fits}
    for name, fit in fits.items():
        fit(1)  # a first fit pays for memory that later ones find there
    for _ in range(options.rounds):
        for name, fit in fits.items():
            for length in lengths:
                taken[name][length].append(fit(length))
    if options.mode == "iteration":
        result["seconds"] = {name: per_iteration(*fits_of.values()) for name, fits_of in taken.items()}
        result["rounds"] = {name: [per_iteration([short], [long]) for short, long in zip(*fits_of.values())] for name, fits_of in taken.items()}
    else:
        last = lengths[0]
        result["rounds"] = {name: [seconds for seconds, _ in fits_of[last]] for name, fits_of in taken.items()}
        result["seconds"] = {name: statistics.median(seconds) for name, seconds in result["rounds"].items()}
        result["iterations"] = {name: int(fits_of[last][-1][1]) for name, fits_of in taken.items()}
    return result


def row(result, options):
    seconds = result["seconds"]
    ours = seconds["tessera"]
    peers = [name for name in seconds if name != "tessera"]
    cells = [result["data"], result["d"], result["k"], f"{ours:.4f}"]
    for name in peers:
        cells += [f"{seconds[name]:.4f} ({seconds[name] / ours:.1f}x)"]
    cells += [f"{min(seconds[name] for name in peers) / ours:.1f}"]
    if options.mode == "iteration":
        size = result["n"] * result["d"]
        cells += [f"{2 * size * result['k'] / ours / result['gemm']:.0%}", f"{4 * size / ours / result['read']:.0%}"]
    else:
        cells += [" / ".join(str(result["iterations"][name]) for name in seconds)]
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tessera", default="build/bench/tessera")
    parser.add_argument("--mode", choices=["iteration", "fixed-point"], default="iteration")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--shapes", default="16x8,16x64,32x16,32x64,32x256,64x64,64x256,128x256,128x1024")
    parser.add_argument("--data", default="blobs,uniform")
    parser.add_argument("--iterations", type=int, default=8, help="iteration: what the longer fit has more than one")
    parser.add_argument("--most-iterations", type=int, default=300, help="fixed-point: where every program stops at the latest")
    parser.add_argument("--peers", default="scikit-learn,sklearnex,faiss")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json")
    options = parser.parse_args()
    options.peers = [name for name in options.peers.split(",") if options.mode == "iteration" or name != "faiss"]

    versions = {name: importlib.metadata.version(name) for name in ("scikit-learn", "scikit-learn-intelex", "faiss-cpu", "numpy")}
    print("# " + ", ".join(f"{name} {version}" for name, version in versions.items()) + f", Python {platform.python_version()}")
    print(f"# n = {options.rows}, {THREADS} threads, median of {options.rounds}; in brackets: times Tessera's seconds")
    extra = ["of GEMM rate", "of read rate"] if options.mode == "iteration" else ["iterations"]
    heads = ["data", "d", "k", "tessera", *options.peers, "fastest peer / tessera", *extra]
    print("| " + " | ".join(heads) + " |\n|" + " --- |" * len(heads))
    results = []
    for shape in options.shapes.split(","):
        d, k = map(int, shape.split("x"))
        for kind in options.data.split(","):
            with tempfile.TemporaryDirectory() as name:
                problem = Problem(options.tessera, pathlib.Path(name), kind, options.rows, d, k)
                result = {"mode": options.mode, "data": kind, "n": options.rows, "d": d, "k": k, "gemm": gemm_rate(), "read": read_rate()}
                results.append(measure(problem, options, result))
            print(row(results[-1], options), flush=True)
            if options.json:
                pathlib.Path(options.json).write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
