#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Records what lifelines says of times until an event in several groups: log-rank tests, restricted means.

pip install lifelines; python make_survival_oracles.py > survival_oracles.json
What lifelines lacks, or has by numerical integration only, is written out here in another form than the library's: the variance
between rows, and the standard error, of a restricted mean.
"""
import itertools
import json

import lifelines
import numpy as np
from lifelines import statistics, utils

random = np.random.default_rng(20261122)


def greenwood(time, event, horizon):
    """Of the area under the curve: sum over event times of (area beyond)^2 * d / (n (n - d))."""
    at = np.unique(time[(event == 1) & (time <= horizon)])
    n = np.array([np.sum(time >= t) for t in at])
    d = np.array([np.sum((time == t) & (event == 1)) for t in at])
    survival = np.cumprod(1 - d / n)
    widths = np.diff(np.r_[at, horizon])
    beyond = np.cumsum((survival * widths)[::-1])[::-1]
    inner = n > d
    return np.sqrt(np.sum((beyond**2 * d / (n * np.maximum(n - d, 1)))[inner]))


def variance(time, event, horizon, mean):
    """Of min(time, horizon), from the steps of the curve as probabilities of each time."""
    at = np.unique(time[(event == 1) & (time <= horizon)])
    survival = np.cumprod([1 - np.sum((time == t) & (event == 1)) / np.sum(time >= t) for t in at])
    masses = -np.diff(np.r_[1, survival, 0])
    return np.sum(masses * (np.r_[at, horizon] - mean) ** 2)


def case(sizes, scales, last, step):
    groups = []
    for size, scale in zip(sizes, scales):
        time = np.ceil(random.exponential(scale, size) / step) * step
        censored = np.ceil(random.uniform(0, last, size) / step) * step
        groups.append((np.minimum(time, censored), (time <= censored).astype(int)))
    horizon = min(time.max() for time, _ in groups)
    label = np.repeat(np.arange(len(sizes)), sizes)
    together = statistics.multivariate_logrank_test(np.concatenate([t for t, _ in groups]), label, np.concatenate([e for _, e in groups]))
    pairs = []
    for a, b in itertools.combinations(range(len(sizes)), 2):
        pair = statistics.logrank_test(groups[a][0], groups[b][0], groups[a][1], groups[b][1])
        pairs.append([a, b, pair.test_statistic, pair.p_value])
    means = []
    for time, event in groups:
        curve = lifelines.KaplanMeierFitter().fit(time, event)
        mean = utils.restricted_mean_survival_time(curve, t=horizon)
        means.append([mean, variance(time, event, horizon, mean), greenwood(time, event, horizon)])
    return {"times": [t.tolist() for t, _ in groups], "events": [e.tolist() for _, e in groups], "horizon": horizon,
            "together": [together.test_statistic, together.degrees_of_freedom, together.p_value], "pairs": pairs, "restricted": means}


cases = [case([40, 55, 30], [10, 14, 30], 40, 1.0), case([25, 25], [10, 10], 25, 0.5), case([60, 12, 33, 8], [5, 9, 9, 20], 15, 0.25)]
print('{"cases": [\n' + ",\n".join(json.dumps(one, default=float) for one in cases) + "\n]}")
