#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Records what StepMix (pip install stepmix) makes of small tables of numbers and categories, some with missing cells.

Usage: make_latent_class_oracles.py > latent_class_oracles.txt
       make_latent_class_oracles.py --answers FILE    log-likelihoods of 2, 3 and 4 classes of the first eleven columns, Yes or No

A case:   case NAME ROWS NUMBERS COMPONENTS COVARIANCE LEVELS...   (levels of each category)
          rows ...           numbers, then codes of the categories, row after row; nan: missing
          log_likelihood     mean of a row, at the best of 20 starts
          then of each component, heaviest first: weight, means, variances (full: covariances), shares of the levels
"""
import contextlib
import csv
import io
import sys
import warnings

import numpy as np
from stepmix.stepmix import StepMix

warnings.filterwarnings("ignore")


def made(n, numbers, levels, k, missing, seed):
    """Groups that overlap a little; values are multiples of 1/64."""
    rng = np.random.default_rng(seed)
    centres = 2.5 * rng.standard_normal((k, numbers))
    shares = [rng.dirichlet(np.full(count, 0.6), size=k) for count in levels]
    which = rng.choice(k, size=n, p=np.arange(1, k + 1) / (k * (k + 1) / 2))
    rows = np.round(64 * (centres[which] + rng.standard_normal((n, numbers)))) / 64
    codes = np.array([[rng.choice(len(own[c]), p=own[c]) for own in shares] for c in which], dtype=float)
    table = np.hstack([rows, codes])
    table[rng.random(table.shape) < missing] = np.nan
    return table[~np.isnan(table).all(axis=1)]


def fitted(table, **options):
    model = StepMix(max_iter=20000, rel_tol=0, random_state=1, progress_bar=0, **options)
    with contextlib.redirect_stdout(io.StringIO()):
        model.fit(table)
    return model


def answers(path):
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    table = np.array([[float(cell == "Yes") for cell in row[:11]] for row in rows])
    for k in (2, 3, 4):
        model = fitted(table, n_components=k, measurement="bernoulli", n_init=50, abs_tol=1e-10)
        print(k, f"{model.score(table) * len(table):.5f}")


def record(name, table, numbers, levels, k, covariance):
    gaps = "_nan" if np.isnan(table).any() else ""
    parts = {"numbers": {"model": f"gaussian_{covariance}{gaps}", "n_columns": numbers}}
    for i, _ in enumerate(levels):
        parts[f"category{i}"] = {"model": f"categorical{gaps}", "n_columns": 1}
    model = fitted(table, n_components=k, measurement=parts, n_init=20, abs_tol=1e-13)
    found = model.get_parameters()["measurement"]
    weights = model.get_parameters()["weights"]
    print("case", name, *table.shape[:1], numbers, k, covariance, *levels)
    print("rows", *(repr(float(value)) for value in table.ravel()))
    print("log_likelihood", repr(float(model.score(table))))
    for c in np.argsort(-weights):
        own = [weights[c], *found["numbers"]["means"][c], *np.ravel(found["numbers"]["covariances"][c])]
        for i, count in enumerate(levels):
            own += list(found[f"category{i}"]["pis"][c][:count])
        print("component", *(f"{value:.12g}" for value in own))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--answers"]:
        answers(sys.argv[2])
        sys.exit()
    record("diag", made(300, 3, (3, 2), 3, 0.0, 1), 3, (3, 2), 3, "diag")
    record("full", made(400, 2, (4,), 2, 0.0, 2), 2, (4,), 2, "full")
    record("diag_gaps", made(400, 3, (3, 2), 2, 0.2, 3), 3, (3, 2), 2, "diag")
    record("spherical_gaps", made(400, 4, (3,), 3, 0.15, 4), 4, (3,), 3, "spherical")
