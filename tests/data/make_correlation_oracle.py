#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Records what pandas and SciPy say of the columns of a small table with gaps and ties: inputs and values.

pip install pandas scipy; python make_correlation_oracle.py > correlation_oracle.json
"""
import json
import warnings

import numpy as np
import pandas as pd
import scipy
from scipy import stats

warnings.simplefilter("ignore")
random = np.random.default_rng(3)
n = 120
common = random.normal(size=n)
table = pd.DataFrame({
    "a": 3 + common + random.normal(size=n),  # pandas itself loses digits to an offset such as 1e6
    "b": np.round(5 + 2 * common + random.normal(size=n)),
    "c": np.exp(random.normal(size=n) - common),
    "d": random.integers(0, 4, n).astype(float),
})
gaps = random.uniform(size=table.shape) < 0.12
gaps[:, 3] = False
table = table.mask(gaps)
city = np.where(random.uniform(size=n) < 0.1, "", np.array(["Oslo", "Rome", "Lima"])[np.digitize(common, [-0.5, 0.6])])
tier = np.where(common + random.normal(size=n) > 0, "gold", "iron")


def json_of(frame):
    return [[None if np.isnan(x) else float(x) for x in row] for row in np.asarray(frame, float)]


def tests(of):
    """r and p of every two columns, over the rows that have both."""
    out = []
    for x in table:
        out.append([])
        for y in table:
            both = table[[x, y]].dropna().to_numpy() if x != y else None
            out[-1].append([1.0, None] if x == y else [float(v) for v in of(both[:, 0], both[:, 1])])
    return out


def ratio(x, groups):
    keep = (~np.isnan(x)) & (groups != "")
    parts = [x[keep & (groups == g)] for g in np.unique(groups[keep])]
    parts = [part - np.nanmean(x) for part in parts]
    between = sum(len(part) * part.mean() ** 2 for part in parts) - np.concatenate(parts).sum() ** 2 / keep.sum()
    total = keep.sum() * np.concatenate(parts).var()
    return [float(np.sqrt(between / total)), float(stats.f_oneway(*parts).pvalue), int(keep.sum())]


both = pd.crosstab(city[city != ""], tier[city != ""]).to_numpy()
oracle = {
    "made_with": f"pandas {pd.__version__}, scipy {scipy.__version__}",
    "columns": {name: [None if np.isnan(x) else x for x in table[name]] for name in table},
    "city": city.tolist(),
    "tier": tier.tolist(),
    "pearson": json_of(table.corr()),
    "pearson_listwise": json_of(table.dropna().corr()),
    "spearman": json_of(table.corr(method="spearman")),
    "kendall": json_of(table.corr(method="kendall")),
    "pearson_tests": tests(stats.pearsonr),
    "spearman_tests": tests(stats.spearmanr),
    "kendall_tests": tests(lambda x, y: stats.kendalltau(x, y, method="asymptotic")),
    "false_discovery": stats.false_discovery_control([tests(stats.pearsonr)[i][j][1] for i in range(4) for j in range(i + 1, 4)]).tolist(),
    "ratio_city": [ratio(table[name].to_numpy(), city) for name in table],
    "cramers_v": [float(stats.contingency.association(both, method="cramer")),
                  float(stats.chi2_contingency(both, correction=False).pvalue), int(both.sum())],
}
print(json.dumps(oracle, indent=None, separators=(",", ":")))
