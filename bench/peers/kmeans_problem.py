# SPDX-License-Identifier: Apache-2.0
"""What the comparisons of k-means share: rows, the files that Tessera reads them from, and its runs."""
import json
import os
import subprocess

import h5py
import numpy as np


def make_rows(kind, n, d, k, seed=1):
    """Blobs of sd 1 with centres N(0, 2) per axis (they overlap at small d) and 10 % uniform rows, or uniform rows only; about their mean.
    Returns rows [n x d] and initial centroids [k x d], which are some of them; float32."""
    rng = np.random.default_rng(seed)
    if kind == "uniform":
        rows = rng.random((n, d), dtype=np.float32)
    else:
        centres = rng.standard_normal((k, d), dtype=np.float32) * 2
        rows = centres[rng.integers(k, size=n)]
        rows += rng.standard_normal((n, d), dtype=np.float32)
        noise = rng.random(n) < 0.1
        rows[noise] = rng.uniform(-4, 4, (noise.sum(), d)).astype(np.float32)
    rows -= rows.mean(axis=0, dtype=np.float64).astype(np.float32)
    return rows, rows[rng.choice(n, k, replace=False)].copy()


def write_tables(folder, rows, start):
    with h5py.File(folder / "rows.h5", "w") as file:
        file["features"] = rows
    with h5py.File(folder / "start.h5", "w") as file:
        file["centroids"] = start.astype(np.float64)


def run_tessera(program, folder, iterations, options, environment=()):
    """The summary of a fit of at most so many iterations of the tables in `folder`, as they are."""
    run = folder / "run"
    subprocess.run(
        [program, "segment", folder / "rows.h5", "--dataset", "/features", "-o", run, "--force", "--quiet", "--scale", "none", "--transform",
         "none", "--init", f"{folder / 'start.h5'}:/centroids", "--max-iter", str(iterations), "--no-analysis", *options],
        check=True, stdout=subprocess.DEVNULL, env={**os.environ, **dict(environment)})
    return json.loads((run / "summary.json").read_text())
