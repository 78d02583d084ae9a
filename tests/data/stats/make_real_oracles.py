#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Records what SciPy, statsmodels, pingouin and lifelines say about public tables; tests aggregate the same tables themselves.

pip install scipy statsmodels pingouin lifelines pandas; python make_real_oracles.py DATA_FOLDER > real_oracles.json
LMG shares come from R-squared of every subset of predictors, each by its own least-squares solution.
"""
import itertools
import json
import pathlib
import sys

import lifelines
import numpy as np
import pandas as pd
import pingouin as pg
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats import proportion

FOLDER = pathlib.Path(sys.argv[1])
oracles = {}


def record(name, **values):
    oracles[name] = {key: np.asarray(value).tolist() for key, value in values.items()}


def chi_squared(first, second):
    table = pd.crosstab(first, second).to_numpy()
    result = stats.chi2_contingency(table, correction=False)
    return [result.statistic, result.dof, result.pvalue, stats.contingency.association(table, method="cramer")]


def shapley(frame, outcome):
    """All subsets."""
    z = stats.zscore(frame.to_numpy(float))
    y = stats.zscore(outcome.to_numpy(float))
    d, n = z.shape[1], len(z)
    matrix, target = z.T @ z / n, z.T @ y / n
    r2 = np.zeros(2**d)
    for mask in range(1, 2**d):
        inside = [j for j in range(d) if mask >> j & 1]
        r2[mask] = target[inside] @ np.linalg.solve(matrix[np.ix_(inside, inside)], target[inside])
    share_of_orders = [1 / (d * float(stats.binom(d - 1, 0.5).pmf(s) * 2**(d - 1))) for s in range(d)]
    shares = np.zeros(d)
    for mask in range(2**d):
        for j in range(d):
            if not mask >> j & 1:
                shares[j] += share_of_orders[mask.bit_count()] * (r2[mask | 1 << j] - r2[mask])
    return shares, r2[-1]


def telco():
    t = pd.read_csv(FOLDER / "telco_churn/telco_churn.csv")
    churned = (t.Churn == "Yes")
    gender = pd.crosstab(t.gender, t.Churn).to_numpy()
    welch = stats.ttest_ind(t.MonthlyCharges[churned], t.MonthlyCharges[~churned], equal_var=False)
    kruskal = stats.kruskal(*[part.tenure for _, part in t.groupby("Contract")])
    pearson = stats.pearsonr(t.tenure, t.MonthlyCharges)
    fit = lifelines.KaplanMeierFitter().fit(t.tenure, churned)
    electronic = (t.PaymentMethod == "Electronic check")
    z = proportion.proportions_ztest([churned[electronic].sum(), churned[~electronic].sum()], [electronic.sum(), (~electronic).sum()])
    record("telco_churn", contract_churn=chi_squared(t.Contract, t.Churn), internet_churn=chi_squared(t.InternetService, t.Churn),
           gender_churn=list(stats.chi2_contingency(gender, correction=False)[:2]),
           gender_churn_yates=list(stats.chi2_contingency(gender, correction=True)[:2]),
           charges_by_churn=[welch.statistic, welch.df, welch.pvalue], charges_interval=list(welch.confidence_interval(0.95)),
           charges_d=pg.compute_effsize(t.MonthlyCharges[churned], t.MonthlyCharges[~churned], eftype="cohen"),
           tenure_by_contract=[kruskal.statistic, kruskal.pvalue],
           tenure_charges=[pearson.statistic, pearson.pvalue, *pearson.confidence_interval()],
           tenure_charges_spearman=list(stats.spearmanr(t.tenure, t.MonthlyCharges)),
           tenure_charges_kendall=list(stats.kendalltau(t.tenure, t.MonthlyCharges, method="asymptotic")),
           churn_wilson=proportion.proportion_confint(churned.sum(), len(t), method="wilson"), electronic_z=list(z),
           survival_at=[*fit.survival_function_.loc[[12.0, 60.0]].to_numpy().ravel()], quartile=fit.percentile(0.75),
           survival_interval_12=fit.confidence_interval_.loc[12.0])


def marketing():
    t = pd.read_csv(FOLDER / "marketing_campaign/marketing_campaign.csv")
    known = t.dropna(subset=["Income"])
    anova = pg.anova(known, dv="Income", between="Education", effsize="n2")
    welch = pg.welch_anova(known, dv="Income", between="Education")
    pearson = stats.pearsonr(t.MntWines, t.MntMeatProducts)
    spend = np.sort(t.MntWines.to_numpy(float))
    n = len(spend)
    record("marketing_campaign", education_response=chi_squared(t.Education, t.Response),
           income_by_education=[anova["F"][0], anova["ddof1"][0], anova["ddof2"][0], anova["n2"][0]],
           income_by_education_welch=[welch["F"][0], welch["ddof1"][0], welch["ddof2"][0]],
           wines_meat=[pearson.statistic, *pearson.confidence_interval()],
           wines_gini=2 * np.sum(np.arange(1, n + 1) * spend) / (n * spend.sum()) - (n + 1) / n,
           wines_top_fifth=spend[-n // 5:].sum() / spend.sum())


def mcdonalds():
    t = pd.read_csv(FOLDER / "mcdonalds/mcdonalds.csv")
    like = t.Like.str.extract(r"([+-]?\d+)$")[0].astype(int)
    perceptions = (t.iloc[:, :11] == "Yes").astype(float)
    shares, r2 = shapley(perceptions, like)
    fit = sm.OLS(stats.zscore(like, ddof=1), sm.add_constant(stats.zscore(perceptions, ddof=1))).fit()
    record("mcdonalds", shares=shares, r_squared=r2, coefficients=np.asarray(fit.params)[1:], standard_errors=np.asarray(fit.bse)[1:],
           gender_visits=chi_squared(t.Gender, t.VisitFrequency))


def ecsi():
    t = pd.read_csv(FOLDER / "ecsi_satisfaction/mobile_provider.csv")
    answers = np.select([t.CUSL3 >= 9, t.CUSL3 <= 6], [100.0, -100.0])
    drivers = [f"PERQ{i}" for i in range(1, 8)] + ["PERV1", "PERV2"] + [f"IMAG{i}" for i in range(1, 6)]
    shares, r2 = shapley(t[drivers], t.CUSA1)
    partial = pg.partial_corr(t, x="PERQ1", y="CUSA1", covar=["IMAG1", "PERV1"])
    record("ecsi_satisfaction", nps=answers.mean(), nps_error=answers.std() / np.sqrt(len(t)), shares=shares, r_squared=r2,
           partial=[partial["r"].iloc[0], partial.filter(like="p").iloc[0, -1]])


def bfi():
    t = pd.read_csv(FOLDER / "bfi/bfi.csv")
    pair = t[["N1", "N4"]].dropna()
    pearson = stats.pearsonr(pair.N1, pair.N4)
    items = t[["N1", "N2", "N3", "N4", "N5"]].dropna()
    kruskal = stats.kruskal(*[part.N1.dropna() for _, part in t.groupby("gender")])
    record("bfi", n1_n4=[len(pair), pearson.statistic, *pearson.confidence_interval()], spearman=list(stats.spearmanr(pair.N1, pair.N4)),
           kendall=list(stats.kendalltau(pair.N1, pair.N4, method="asymptotic")), gender_n1=[kruskal.statistic, kruskal.pvalue],
           shares=shapley(items.iloc[:, 1:], items.N1)[0])


def pisa():
    t = pd.read_csv(FOLDER / "pisa_reading/pisa_reading_items.csv.gz", keep_default_na=False)
    answered = t[t.ST24Q01 != ""]
    levels = ["Strongly disagree", "Disagree", "Agree", "Strongly agree"]
    items = [f"ST24Q{i:02d}" for i in range(1, 12)]
    codes = pd.DataFrame({item: t[item].map({level: i for i, level in enumerate(levels)}) for item in items}).dropna()
    shares, r2 = shapley(codes[items[1:]], codes[items[0]])
    record("pisa_reading", country_st24q01=chi_squared(answered.CNT, answered.ST24Q01), rows=len(codes), shares=shares, r_squared=r2)


for make in (telco, marketing, mcdonalds, ecsi, bfi, pisa):
    make()
lines = (f"{json.dumps(name)}: {json.dumps(values)}" for name, values in oracles.items())
print("{\n" + ",\n".join(lines) + "\n}")
