#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Records scikit-learn's silhouettes and adjusted Rand indices of small blobs: make_silhouette_oracle.py > silhouette_oracle.txt

First the scores (name, value), then 60 rows: x1 x2 x3 (float32), label, another label, weight. `weighted` scores are those of the
table in which every row stands as often as its weight says.
"""
import numpy as np
import sklearn
from sklearn.metrics import adjusted_rand_score, silhouette_score

random = np.random.default_rng(5)
label = np.repeat([0, 1, 2], [30, 20, 10])
x = np.round(random.normal(size=(60, 3)) + 2.0 * np.eye(3)[label], 3).astype(np.float32)
x[7] = x[3]  # two equal rows
other = np.where(random.uniform(size=60) < 0.2, random.integers(0, 4, 60), label)
other[59] = 4  # alone in its segment
weight = random.integers(1, 5, 60)
rows = x.astype(np.float64)
repeated = np.repeat(np.arange(60), weight)

print(f"# scikit-learn {sklearn.__version__}: silhouette_score, adjusted_rand_score")
print("silhouette", repr(float(silhouette_score(rows, label))))
print("silhouette_other", repr(float(silhouette_score(rows, other))))
print("silhouette_weighted", repr(float(silhouette_score(rows[repeated], label[repeated]))))
print("silhouette_other_weighted", repr(float(silhouette_score(rows[repeated], other[repeated]))))
print("rand", repr(float(adjusted_rand_score(label, other))))
print("rand_weighted", repr(float(adjusted_rand_score(label[repeated], other[repeated]))))
for row, first, second, w in zip(x, label, other, weight):
    print(*row, first, second, w)
