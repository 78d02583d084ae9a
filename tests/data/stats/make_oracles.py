#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Records what SciPy, statsmodels, pingouin, scikit-learn, lifelines and diptest say about small data: inputs and values.

pip install scipy statsmodels pingouin scikit-learn lifelines diptest pandas; python make_oracles.py > oracles.json
Formulas that none of them has are written out in NumPy here, in another form than the library's where there is one.
"""
import itertools
import json
import warnings

import diptest
import lifelines
import numpy as np
import pandas as pd
import pingouin as pg
import scipy.linalg
import scipy.optimize
import sklearn
import statsmodels
from scipy import stats
from sklearn import metrics
from statsmodels.stats import contingency_tables, multitest, proportion
import statsmodels.api as sm

warnings.simplefilter("ignore")
random = np.random.default_rng(11)
modules = (scipy, statsmodels, pg, sklearn, lifelines)
oracles = {"made_with": ", ".join(f"{m.__name__} {m.__version__}" for m in modules)}


def record(name, **values):
    oracles[name] = {key: np.asarray(value).tolist() for key, value in values.items()}


def distributions():
    cases = []
    for t, df in [(0.3, 1), (2.1, 5.5), (12.0, 30), (30.0, 1e6), (5.0, 1e8), (-3.0, 2.5)]:
        cases.append(["t_two_sided", [t, df], 2 * stats.t.sf(abs(t), df)])
    for x, df in [(0.0, 1), (3.84, 1), (100.0, 7), (1000.0, 12), (1300.0, 6), (5.0, 2.5)]:
        cases.append(["chi_squared_upper", [x, df], stats.chi2.sf(x, df)])
    for x, a, b in [(1.5, 2, 30), (4.2, 3, 9.7), (30.0, 5, 1e5), (150.0, 3, 1e8), (0.0, 2, 3)]:
        cases.append(["f_upper", [x, a, b], stats.f.sf(x, a, b)])
    for z in [0.0, 1.96, 6.0, 30.0, -2.5]:
        cases.append(["normal_two_sided", [z], 2 * stats.norm.sf(abs(z))])
    for c, df in [(0.95, 3), (0.95, 1e7), (0.99, 12.3)]:
        cases.append(["t_reach", [c, df], stats.t.ppf((1 + c) / 2, df)])
    for x, df, p in [(5.0, 2, 0.025), (60.0, 4, 0.975), (60.0, 4, 0.025), (9000.0, 3, 0.025), (9999.0, 20, 0.975), (1.0, 3, 0.975)]:
        low = stats.chi2.cdf(x, df)
        value = 0.0 if low <= p else scipy.optimize.brentq(lambda l: stats.ncx2.cdf(x, df, l) - p, 1e-9, 2 * x + 100, xtol=1e-10)
        cases.append(["chi_squared_noncentrality", [x, df, p], value])
    oracles["distributions"] = cases


def groups():
    a, b, c = (np.round(random.normal(m, s, n), 1) for m, s, n in [(5, 1, 12), (6, 2, 9), (5.5, 0.7, 15)])
    welch = stats.ttest_ind(a, b, equal_var=False)
    frame = pd.DataFrame({"y": np.r_[a, b, c], "g": np.repeat(["a", "b", "c"], [12, 9, 15])})
    anova, w = pg.anova(frame, dv="y", between="g", effsize="n2", detailed=True), pg.welch_anova(frame, dv="y", between="g")
    ss, df, ms = anova["SS"].to_numpy(), anova["DF"].to_numpy(), anova["MS"].to_numpy()
    kruskal = stats.kruskal(a, b, c)
    interval = stats.t.interval(0.95, len(a) - 1, a.mean(), stats.sem(a))
    g = pg.compute_effsize(a, b, eftype="hedges")
    error = np.sqrt(21 / 108 + g * g / 42)
    f = stats.f_oneway(a, b, c)
    record("groups", a=a, b=b, c=c, mean_interval=interval, welch=[welch.statistic, welch.df, welch.pvalue],
           welch_interval=list(welch.confidence_interval(0.95)), d=pg.compute_effsize(a, b, eftype="cohen"),
           d_interval=[g - stats.norm.ppf(0.975) * error, g + stats.norm.ppf(0.975) * error],
           f=[f.statistic, 2, 33, f.pvalue], eta_squared=anova["n2"][0],
           omega_squared=(ss[0] - df[0] * ms[1]) / (ss.sum() + ms[1]),
           welch_anova=[w["F"][0], w["ddof1"][0], w["ddof2"][0], w.filter(like="p").iloc[0, 0]], kruskal=[kruskal.statistic, 2, kruskal.pvalue])


def proportions():
    counts, totals = np.array([17, 33]), np.array([60, 71])
    z, p = proportion.proportions_ztest(counts, totals)
    record("proportions", counts=counts, totals=totals, wilson=proportion.proportion_confint(17, 60, method="wilson"),
           wilson_zero=proportion.proportion_confint(0, 12, method="wilson"), z=[z, p],
           newcombe=proportion.confint_proportions_2indep(17, 60, 33, 71, method="newcomb"),
           h=proportion.proportion_effectsize(17 / 60, 33 / 71))
    answers = np.repeat([100.0, 0.0, -100.0], [60, 25, 15])
    record("net_promoter", score=answers.mean(), standard_error=answers.std() / np.sqrt(len(answers)))


def ratios():
    x, y = np.round(random.uniform(1, 9, 25), 1), np.round(random.uniform(10, 90, 25), 1)
    value = y.sum() / x.sum()
    error = np.std(y - value * x, ddof=1) / np.sqrt(25) / x.mean()
    record("ratio", x=x, y=y, value=value, standard_error=error,
           interval=[value - stats.t.ppf(0.975, 24) * error, value + stats.t.ppf(0.975, 24) * error])


def tables():
    result = []
    for table in ([[12, 5], [3, 14]], [[20, 15, 9, 30], [10, 25, 8, 12], [7, 3, 30, 9]], [[3, 1, 0], [0, 2, 4], [1, 0, 5]],
                  [[2220, 1655], [1307, 166], [1647, 48]]):
        table = np.array(table, dtype=float)
        n, (r, c) = table.sum(), table.shape
        chi = stats.chi2_contingency(table, correction=False)
        g = stats.chi2_contingency(table, correction=False, lambda_="log-likelihood")
        yates = stats.chi2_contingency(table, correction=True)
        phi2 = max(0, chi.statistic / n - (r - 1) * (c - 1) / (n - 1))
        corrected = np.sqrt(phi2 / min(r - (r - 1)**2 / (n - 1) - 1, c - (c - 1)**2 / (n - 1) - 1))
        first, second = np.repeat(np.indices(table.shape).reshape(2, -1), table.astype(int).ravel(), axis=1)
        result.append({
            "table": table.tolist(), "chi_squared": [chi.statistic, chi.dof, chi.pvalue], "g": [g.statistic, g.dof, g.pvalue],
            "yates": [yates.statistic, yates.dof, yates.pvalue], "least_expected": chi.expected_freq.min(),
            "v": stats.contingency.association(table.astype(int), method="cramer"), "v_corrected": corrected,
            "residuals": contingency_tables.Table(table, shift_zeros=False).standardized_resids.tolist(),
            "adjusted_rand": metrics.adjusted_rand_score(first, second),
            "mutual_information": metrics.mutual_info_score(first, second),
            "adjusted_mutual_information": metrics.adjusted_mutual_info_score(first, second),
            "homogeneity": metrics.homogeneity_score(first, second), "completeness": metrics.completeness_score(first, second),
            "v_measure": metrics.v_measure_score(first, second),
        })
    oracles["tables"] = result


def correlations():
    x = np.round(random.normal(size=40), 1)
    y, z = np.round(x + random.normal(size=40), 1), np.round(0.5 * x + random.normal(size=40), 1)
    pearson, spearman, kendall = stats.pearsonr(x, y), stats.spearmanr(x, y), stats.kendalltau(x, y, method="asymptotic")
    partial = pg.partial_corr(pd.DataFrame({"x": x, "y": y, "z": z}), x="x", y="y", covar="z")
    reach = stats.norm.ppf(0.975)
    rho, tau = np.arctanh(spearman.statistic), np.arctanh(kendall.statistic)
    rho_error, tau_error = np.sqrt((1 + spearman.statistic**2 / 2) / 37), np.sqrt(0.437 / 36)
    ends = np.array([-reach, reach])
    record("correlations", x=x, y=y, z=z, pearson=[pearson.statistic, pearson.pvalue],
           pearson_interval=list(pearson.confidence_interval()), spearman=list(spearman), kendall=list(kendall),
           spearman_interval=np.tanh(rho + ends * rho_error), kendall_interval=np.tanh(tau + ends * tau_error),
           partial=[partial["r"].iloc[0], partial.filter(like="p").iloc[0, -1]], matrix=np.corrcoef([x, y, z]))


def adjustments():
    p = [0.01, 0.04, 0.03, 0.005, 0.8, 0.04, 1.0, 1e-20]
    record("adjustments", p=p, **{name: multitest.multipletests(p, method=method)[1] for name, method in
                                  [("bonferroni", "bonferroni"), ("holm", "holm"), ("benjamini_hochberg", "fdr_bh")]})


def trends():
    scores, hits, totals = np.array([0, 1, 2, 4]), np.array([5, 9, 8, 20]), np.array([40, 42, 30, 41])
    x = np.repeat(np.r_[scores, scores], np.r_[hits, totals - hits])
    y = np.repeat([1, 0], [hits.sum(), (totals - hits).sum()])
    z = np.sqrt(totals.sum()) * np.corrcoef(x, y)[0, 1]
    record("cochran_armitage", scores=scores, hits=hits, totals=totals, z=z, p=2 * stats.norm.sf(abs(z)))
    period, value, error = np.array([2019.0, 2020, 2021, 2023]), np.array([7.1, 6.8, 6.9, 6.1]), np.array([0.3, 0.2, 0.4, 0.25])
    fixed = sm.WLS(value, sm.add_constant(period), weights=error**-2).fit(cov_type="fixed scale")
    scatter = np.sum((fixed.resid / error)**2)
    record("slope", period=period, value=value, error=error, slope=fixed.params[1], standard_error=fixed.bse[1], p=fixed.pvalues[1],
           interval=fixed.conf_int()[1], lack_of_fit=[scatter, 2, stats.chi2.sf(scatter, 2)])


def all_subsets_shapley(correlations, outcome):
    """R-squared of every subset by a fresh least-squares solution, then the definition."""
    d = len(outcome)
    r2 = {frozenset(): 0.0}
    for size in range(1, d + 1):
        for subset in itertools.combinations(range(d), size):
            r2[frozenset(subset)] = outcome[list(subset)] @ np.linalg.solve(correlations[np.ix_(subset, subset)], outcome[list(subset)])
    shares = np.zeros(d)
    for j in range(d):
        rest = [i for i in range(d) if i != j]
        for size in range(d):
            gains = [r2[frozenset(s) | {j}] - r2[frozenset(s)] for s in itertools.combinations(rest, size)]
            shares[j] += np.mean(gains) / d
    return shares


def johnson_weights(correlations, outcome):
    """As in Johnson (2000): singular vectors of the predictors give the orthogonal ones closest to them."""
    root = np.real(scipy.linalg.sqrtm(correlations))
    return root**2 @ np.linalg.solve(root, outcome)**2


def drivers():
    n = 60
    x = random.normal(size=(n, 5)) @ random.normal(size=(5, 5)) * [1, 10, 0.1, 3, 1000]
    y = x @ [0.5, 0.02, 3.0, 0.0, 0.0003] + random.normal(size=n)
    matrix = np.corrcoef(np.c_[x, y], rowvar=False)
    standard = stats.zscore(np.c_[x, y], ddof=1)
    fit = sm.OLS(standard[:, 5], sm.add_constant(standard[:, :5])).fit()
    lmg = pg.linear_regression(standard[:, :5], standard[:, 5], relimp=True)
    record("drivers", n=n, matrix=matrix, coefficients=fit.params[1:], standard_errors=fit.bse[1:], r_squared=fit.rsquared,
           shares=all_subsets_shapley(matrix[:5, :5], matrix[:5, 5]), pingouin_shares=lmg["relimp"].to_numpy()[1:],
           weights=johnson_weights(matrix[:5, :5], matrix[:5, 5]))


def concentration():
    value = np.array([0.0, 0.0, 1.0, 2.0, 5.0, 40.0])
    weight = np.array([3.0, 1.0, 4.0, 2.0, 2.0, 1.0])
    apart = np.abs(value[:, None] - value[None, :]) * weight[:, None] * weight[None, :]
    record("concentration", value=value, weight=weight, gini=apart.sum() / (2 * weight.sum() * (value * weight).sum()))


def survival():
    time = np.array([1, 2, 2, 3, 4, 4, 4, 5, 6, 7, 8, 8, 9, 10, 12, 13, 13, 15, 16, 20.0])
    event = np.array([1, 1, 0, 1, 1, 1, 0, 0, 1, 1, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1])
    fit = lifelines.KaplanMeierFitter().fit(time, event)
    at = np.unique(time[event == 1])
    interval = fit.confidence_interval_.loc[at].to_numpy()
    record("survival", time=time, event=event, at=at, survival=fit.survival_function_.loc[at].to_numpy().ravel(),
           interval=interval[:-1], median=fit.median_survival_time_, quartiles=[fit.percentile(0.75), fit.percentile(0.25)],
           median_interval=lifelines.utils.median_survival_times(fit.confidence_interval_).to_numpy().ravel())


def dips():
    shapes = [random.normal(size=50), random.uniform(size=80), np.r_[random.normal(size=30), random.normal(5, 1, 30)],
              random.integers(0, 11, 60), np.r_[np.zeros(20), np.full(20, 10.0), [5.0]], random.exponential(size=200), np.arange(12) ** 2]
    result = []
    for values in shapes:
        values = np.sort(np.round(values, 2))
        dip, p = diptest.diptest(values)
        result.append({"values": values.tolist(), "dip": dip, "p": p})
    oracles["dips"] = result
    oracles["dip_p"] = list(published_dip_p())


def published_dip_p():
    """[dip, n, p] by the table of the R package diptest, a million samples a size, for samples that dip more or less."""
    for n in (10, 30, 72, 200, 1000, 10000):
        sample = np.sort(np.random.default_rng(n).uniform(size=n))
        for strength in (0.9, 0.8, 0.6):
            bent = np.where(sample < 0.5, strength * sample, 1 - strength * (1 - sample))
            dip, p = diptest.diptest(np.sort(bent))
            if 0.001 < p < 0.99:
                yield [float(dip), n, float(p)]


def mixture_likelihood(counts, parameters, components):
    steps = np.arange(len(counts) + 1) - 0.5
    total = np.zeros(len(counts))
    for c in range(components):
        share = 1.0 if components == 1 else (parameters[4] if c == 0 else 1 - parameters[4])
        mean, sd = parameters[2 * c], parameters[2 * c + 1]
        edges = (steps - mean) / sd
        cells = np.where(edges[:-1] > 0, stats.norm.sf(edges[:-1]) - stats.norm.sf(edges[1:]), np.diff(stats.norm.cdf(edges)))
        total += share * cells / cells.sum()
    return np.sum(counts * np.log(np.maximum(total, 1e-300)))


def mixtures():
    result = []
    for counts in ([40, 25, 12, 5, 3, 4, 6, 9, 20, 45, 60], [1, 1, 2, 3, 6, 14, 22, 41, 60, 48, 30], [152, 71, 73, 59, 58, 169, 152, 187, 229, 160, 143],
                   [2, 5, 14, 30, 41, 33, 16, 6, 2, 0, 0], [100, 60, 33, 20, 11, 6, 3, 2, 1, 1, 0], [5, 30, 60, 30, 5, 4, 30, 61, 29, 6]):
        counts = np.array(counts, dtype=float)
        m = len(counts)
        best = []
        for components in (1, 2):
            bounds = ([(-m, 2 * m), (0.5, m)] * 2 + [(0, 1)])[:2 if components == 1 else 5]
            found = scipy.optimize.differential_evolution(lambda q: -mixture_likelihood(counts, q, components), bounds, seed=1,
                                                          tol=1e-12, maxiter=4000, popsize=25)
            best.append(-found.fun)
        result.append({"counts": counts.tolist(), "log_likelihood": best, "delta_bic": 2 * (best[1] - best[0]) - 3 * np.log(counts.sum())})
    oracles["mixtures"] = result


def overlap():
    a, b = random.normal(size=(3, 3)), random.normal(size=(3, 3))
    first, second = a @ a.T + np.eye(3), b @ b.T + 0.5 * np.eye(3)
    means = np.array([[1.0, 2.0, 3.0], [2.5, 1.0, 4.0]])
    average, apart = (first + second) / 2, means[0] - means[1]
    distance = np.log(np.linalg.det(average) / np.sqrt(np.linalg.det(first) * np.linalg.det(second))) / 2
    distance += apart @ np.linalg.solve(average, apart) / 8
    w = np.linalg.solve(average, apart)
    p, q = (stats.norm(m @ w, np.sqrt(w @ s @ w)) for m, s in ((means[0], first), (means[1], second)))
    grid = np.linspace(min(p.mean(), q.mean()) - 12 * max(p.std(), q.std()), max(p.mean(), q.mean()) + 12 * max(p.std(), q.std()), 2_000_001)
    area = np.trapezoid(np.minimum(p.pdf(grid), q.pdf(grid)), grid)
    record("overlap", means=means, first=first, second=second, mahalanobis=np.sqrt(apart @ np.linalg.solve(average, apart)),
           bhattacharyya=distance, auc=stats.norm.cdf((p.mean() - q.mean()) / np.hypot(p.std(), q.std())), overlap=area)


for make in (distributions, groups, proportions, ratios, tables, correlations, adjustments, trends, drivers, concentration, survival,
             dips, mixtures, overlap):
    make()
lines = (f"{json.dumps(name)}: {json.dumps(values, default=float)}" for name, values in oracles.items())
print("{\n" + ",\n".join(lines) + "\n}")
