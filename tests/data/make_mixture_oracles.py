#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Records what scikit-learn's GaussianMixture makes of small tables from given parameters, for all four covariance types.

Usage: make_mixture_oracles.py [FOLDER_OF_CLUSTERING_TRUTH] > mixture_oracles.txt
       With the folder, the cases are public sets, their columns standardized; without it, the tables are made here.

A case:   case NAME ROWS FEATURES COMPONENTS ITERATIONS COVARIANCE
          rows ...          float32 values, row after row ("file NAME" instead: columns of a public set, standardized)
          start_weights, start_means, start_covariances: from the rows whose number modulo k is c
          log_likelihood (mean of a row) bic aic, weights, means, covariances: after the iterations
          labels (made tables only)
"""
import pathlib
import sys
import warnings

import numpy as np
import sklearn
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

warnings.filterwarnings("ignore", category=ConvergenceWarning)
KINDS = ("full", "tied", "diag", "spherical")
SETS = [("s1.csv", 5), ("a1.csv", 6), ("iris.csv", 3), ("wine.csv", 3), ("wdbc.csv", 2), ("g2mg_16_40.csv", 2)]


def covariances(parts, kind, weights):
    own = np.array([np.cov(part.T, bias=True).reshape(part.shape[1], -1) for part in parts])
    if kind == "full":
        return own
    if kind == "tied":
        return np.einsum("c,cij->ij", weights, own)
    variances = np.array([np.diag(each) for each in own])
    return variances if kind == "diag" else variances.mean(axis=1)


def precisions(values, kind):
    return np.linalg.inv(values) if kind in ("full", "tied") else 1.0 / values


def numbers(name, values):
    print(name, *(f"{value:.12g}" for value in np.asarray(values, dtype=np.float64).ravel()))


def record(name, rows, k, iterations, source=None):
    x = rows.astype(np.float64)
    for kind in KINDS:
        parts = [x[c::k] for c in range(k)]
        weights = np.array([len(part) for part in parts]) / len(x)
        means = np.array([part.mean(axis=0) for part in parts])
        # Parts of mixed rows have nearly equal means, from which nothing moves: spread them out.
        means = means + np.linspace(-0.5, 0.5, k)[:, None]
        start = covariances(parts, kind, weights)
        fit = GaussianMixture(k, covariance_type=kind, weights_init=weights, means_init=means, precisions_init=precisions(start, kind),
                              reg_covar=0.0, tol=0.0, max_iter=iterations).fit(x)
        print("case", name, len(x), x.shape[1], k, fit.n_iter_, kind)
        if source:
            print("file", source)
        else:
            print("rows", *(repr(float(value)) for value in rows.ravel()))
        numbers("start_weights", weights)
        numbers("start_means", means)
        numbers("start_covariances", start)
        numbers("criteria", [fit.score(x), fit.bic(x), fit.aic(x)])
        numbers("weights", fit.weights_)
        numbers("means", fit.means_)
        numbers("covariances", fit.covariances_)
        if not source:
            print("labels", "".join("0123456789"[label] for label in fit.predict(x)))


def made(n, d, k, seed):
    """Overlapping ellipses; values are multiples of 1/64."""
    rng = np.random.default_rng(seed)
    centres = 2.0 * rng.standard_normal((k, d))
    shapes = rng.standard_normal((k, d, d)) / np.sqrt(d)
    which = rng.integers(k, size=n)
    rows = centres[which] + np.einsum("nij,nj->ni", shapes[which], rng.standard_normal((n, d))) + 0.3 * rng.standard_normal((n, d))
    return (np.round(64 * rows) / 64).astype(np.float32)


print(f"# scikit-learn {sklearn.__version__}: GaussianMixture(k, reg_covar=0, tol=0, max_iter=iterations) from the start given")
if len(sys.argv) > 1:
    for name, k in SETS:
        x = np.loadtxt(pathlib.Path(sys.argv[1]) / name, delimiter=",", skiprows=1)[:, :-1]
        record(name, ((x - x.mean(axis=0)) / x.std(axis=0)).astype(np.float32), k, 10, name)
else:
    record("one_feature", made(40, 1, 2, 1), 2, 12)
    record("two_features", made(70, 2, 3, 2), 3, 12)
    record("five_features", made(120, 5, 4, 3), 4, 12)
