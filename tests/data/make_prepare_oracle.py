# SPDX-License-Identifier: Apache-2.0
"""Records what scikit-learn and numpy make of a small table: python make_prepare_oracle.py > prepare_oracle.txt

One line a value: name, row, column, float64 in hex. `raw` is the input; missing cells are nan.
"""
import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import StandardScaler

rng = np.random.default_rng(20)
n = 37
raw = np.column_stack(
    [
        rng.normal(1e6, 1.0, n),
        rng.lognormal(2.0, 1.5, n),
        rng.integers(0, 50, n).astype(float),
        rng.normal(-3.0, 1e-4, n),
    ]
)
raw[5, 0] = raw[11, 0] = raw[20, 1] = np.nan

filled = SimpleImputer(strategy="median").fit_transform(raw)
weights = rng.integers(1, 4, n).astype(float)
scaler = StandardScaler().fit(filled)
weighted = StandardScaler().fit(filled[:, 2:], sample_weight=weights)


def emit(name, values):
    for i, row in enumerate(np.atleast_2d(values)):
        for j, value in enumerate(row):
            print(name, i, j, "nan" if np.isnan(value) else float(value).hex())


emit("raw", raw)
emit("weights", weights)
emit("median", np.nanmedian(raw, axis=0))
emit("mean", scaler.mean_)
emit("scale", scaler.scale_)
emit("scaled", scaler.transform(filled))
emit("weighted_mean", weighted.mean_)
emit("weighted_scale", weighted.scale_)
