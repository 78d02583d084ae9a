#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Records what scikit-learn's KMeans finds on public sets from given starting centroids.

Usage: make_kmeans_oracles.py FOLDER_OF_CLUSTERING_TRUTH > kmeans_oracles.txt
One line a set: file, k, inertia, iterations, then one character a row for its label. The start is every (n // k)-th row.
"""
import sys

import numpy as np
import sklearn
from sklearn.cluster import KMeans

SETS = [("s1.csv", 15), ("a1.csv", 20), ("iris.csv", 3), ("wine.csv", 3), ("wdbc.csv", 2), ("g2mg_16_40.csv", 2), ("r15.csv", 15)]
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"

print(f"# scikit-learn {sklearn.__version__}: KMeans(init=X[:: n // k][:k], n_init=1, tol=0, max_iter=1000, algorithm='lloyd')")
for name, k in SETS:
    x = np.loadtxt(f"{sys.argv[1]}/{name}", delimiter=",", skiprows=1)[:, :-1]
    start = x[:: len(x) // k][:k]
    fit = KMeans(n_clusters=k, init=start, n_init=1, tol=0, max_iter=1000, algorithm="lloyd").fit(x)
    print(name, k, repr(float(fit.inertia_)), fit.n_iter_, "".join(DIGITS[label] for label in fit.labels_))
