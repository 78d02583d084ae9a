#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times an iteration of EM for Gaussian mixtures, Tessera against scikit-learn: the same rows, the programs taking turns in one run.

Usage: scripts/bench mixture [--rows N] [--shapes 16x8,...] [--covariances full,diag] [--rounds R] [--json FILE]

Seconds of an iteration are those of fits of 1 + ITERATIONS and of 1 iteration, subtracted: what a fit does besides (Tessera's stage "fit"
ends with one more sweep; scikit-learn computes a last expectation step) cancels. Both start from segments of the same centroids; tol = 0.
Beside them, how far the mean log-likelihoods after the same number of iterations lie apart.
"""
import argparse
import importlib.metadata
import json
import os
import pathlib
import platform
import statistics
import subprocess
import tempfile
import time
import warnings

THREADS = 2
os.environ.update({name: str(THREADS) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")})

import h5py  # noqa: E402  (threads are set first)
import numpy as np  # noqa: E402
import sklearn  # noqa: E402
from sklearn.mixture import GaussianMixture  # noqa: E402

warnings.filterwarnings("ignore", category=sklearn.exceptions.ConvergenceWarning)


def make_rows(n, d, k, seed=1):
    """Overlapping ellipses: centres N(0, 2) per axis, a random shape each; and k rows to start from."""
    rng = np.random.default_rng(seed)
    centres = 2 * rng.standard_normal((k, d))
    shapes = rng.standard_normal((k, d, d)) / np.sqrt(d)
    which = rng.integers(k, size=n)
    rows = np.empty((n, d), dtype=np.float32)
    for c in range(k):
        own = which == c
        rows[own] = centres[c] + rng.standard_normal((own.sum(), d)) @ shapes[c] + 0.3 * rng.standard_normal((own.sum(), d))
    rows -= rows.mean(axis=0, dtype=np.float64).astype(np.float32)
    return rows, rows[rng.choice(n, k, replace=False)].astype(np.float64)


class Problem:
    """One set of rows with its start, in memory for scikit-learn and in a file for Tessera. Fits return (seconds, iterations, mean
    log-likelihood)."""

    def __init__(self, program, folder, covariance, n, d, k):
        self.program, self.folder, self.covariance = program, folder, covariance
        self.rows, self.start = make_rows(n, d, k)
        with h5py.File(folder / "rows.h5", "w") as file:
            file["features"] = self.rows
        with h5py.File(folder / "start.h5", "w") as file:
            file["centroids"] = self.start
        distances = (self.rows.astype(np.float64) ** 2).sum(axis=1)[:, None] - 2.0 * self.rows @ self.start.T + (self.start**2).sum(axis=1)
        self.labels = distances.argmin(axis=1)

    def tessera(self, iterations):
        run = self.folder / "run"
        subprocess.run(
            [self.program, "segment", self.folder / "rows.h5", "--dataset", "/features", "-o", run, "--force", "--quiet", "--scale", "none",
             "--transform", "none", "--algorithm", "mixture", "--covariance", self.covariance, "--init",
             f"{self.folder / 'start.h5'}:/centroids", "--tol", "0", "--max-iter", str(iterations), "--threads", str(THREADS),
             "--no-analysis"], check=True, stdout=subprocess.DEVNULL)
        summary = json.loads((run / "summary.json").read_text())
        objective = summary["objective"]
        return summary["timings_ms"]["fit"] / 1e3, objective["iterations"], objective["log_likelihood"] / len(self.rows)

    def sklearn(self, iterations):
        parts = [self.rows[self.labels == c].astype(np.float64) for c in range(len(self.start))]
        if self.covariance == "full":
            precisions = np.linalg.inv([np.cov(part.T, bias=True) for part in parts])
        else:
            precisions = 1.0 / np.array([part.var(axis=0) for part in parts])
        fit = GaussianMixture(len(parts), covariance_type=self.covariance, tol=0.0, reg_covar=0.0, max_iter=iterations,
                              weights_init=np.array([len(part) for part in parts]) / len(self.rows),
                              means_init=np.array([part.mean(axis=0) for part in parts]), precisions_init=precisions)
        begin = time.perf_counter()
        fit.fit(self.rows)
        return time.perf_counter() - begin, fit.n_iter_, fit.score(self.rows)


def measure(problem, options):
    fits = {"tessera": problem.tessera, "scikit-learn": problem.sklearn}
    lengths = (1, 1 + options.iterations)
    taken = {name: {length: [] for length in lengths} for name in fits}
    for fit in fits.values():
        fit(1)  # a first fit pays for memory that later ones find there
    for _ in range(options.rounds):
        for name, fit in fits.items():
            for length in lengths:
                taken[name][length].append(fit(length))
    seconds, rounds, likelihood = {}, {}, {}
    for name, of_length in taken.items():
        short, long = (of_length[length] for length in lengths)
        rounds[name] = [(b[0] - a[0]) / max(1, b[1] - a[1]) for a, b in zip(short, long)]
        seconds[name] = statistics.median(rounds[name])
        likelihood[name] = long[-1][2]
    return {"seconds": seconds, "rounds": rounds, "log_likelihood": likelihood}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tessera", default="build/bench/tessera")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--shapes", default="16x8", help="features x components, ...")
    parser.add_argument("--covariances", default="full,diag")
    parser.add_argument("--iterations", type=int, default=4, help="what the longer fit has more than one")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json")
    options = parser.parse_args()

    versions = {name: importlib.metadata.version(name) for name in ("scikit-learn", "numpy")}
    print("# " + ", ".join(f"{name} {version}" for name, version in versions.items()) + f", Python {platform.python_version()}")
    print(f"# n = {options.rows}, {THREADS} threads, median of {options.rounds}; seconds of an iteration")
    print("| covariance | d | k | tessera | scikit-learn | scikit-learn / tessera | log-likelihoods apart |\n|" + " --- |" * 7)
    results = []
    for shape in options.shapes.split(","):
        d, k = map(int, shape.split("x"))
        for covariance in options.covariances.split(","):
            with tempfile.TemporaryDirectory() as name:
                problem = Problem(options.tessera, pathlib.Path(name), covariance, options.rows, d, k)
                result = {"covariance": covariance, "n": options.rows, "d": d, "k": k, **measure(problem, options)}
            results.append(result)
            ours, theirs = result["seconds"]["tessera"], result["seconds"]["scikit-learn"]
            apart = abs(result["log_likelihood"]["tessera"] / result["log_likelihood"]["scikit-learn"] - 1.0)
            print(f"| {covariance} | {d} | {k} | {ours:.4f} | {theirs:.3f} | {theirs / ours:.1f} | {apart:.1e} |", flush=True)
            if options.json:
                pathlib.Path(options.json).write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
