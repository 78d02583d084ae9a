#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Records nearest correlation matrices by another method than the library's: Newton's on the dual problem (Qi & Sun 2006).

pip install numpy scipy; python make_nearest_correlations.py > nearest_correlations.json
"""
import json

import numpy as np
from scipy import optimize


def positive_part(matrix):
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.maximum(values, 0)) @ vectors.T


def nearest(matrix):
    """The dual is concave and smooth: its gradient says how far the diagonal is from one."""
    m = len(matrix)
    dual = lambda y: 0.5 * np.sum(positive_part(matrix + np.diag(y)) ** 2) - y.sum()
    gradient = lambda y: np.diag(positive_part(matrix + np.diag(y))) - 1
    start = optimize.minimize(dual, np.zeros(m), jac=gradient, method="BFGS", options={"gtol": 1e-9, "maxiter": 5000}).x
    y = optimize.root(gradient, start, tol=1e-14).x
    assert np.abs(gradient(y)).max() < 1e-10
    return positive_part(matrix + np.diag(y))


random = np.random.default_rng(5)
higham = np.array([[1, 1, 0], [1, 1, 1], [0, 1, 1]], float)  # Higham (2002), section 4
opposed = np.array([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]])
rows = random.normal(size=(16, 8)) @ random.normal(size=(8, 8))
gaps = np.where(random.uniform(size=rows.shape) < 0.3, np.nan, rows)
pairs = np.eye(8)
for i in range(8):
    for j in range(i):
        both = ~np.isnan(gaps[:, i] + gaps[:, j])
        pairs[i, j] = pairs[j, i] = np.corrcoef(gaps[both, i], gaps[both, j])[0, 1]
assert np.linalg.eigvalsh(pairs)[0] < -0.1
examples = [{"matrix": m.tolist(), "nearest": nearest(m).tolist()} for m in (higham, opposed, pairs)]
print(json.dumps({"made_with": f"numpy {np.__version__}", "examples": examples}, indent=1))
