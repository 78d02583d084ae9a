#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes customers.csv: 500 customers of an invented shop, drawn from four kinds of customers. Standard library only.

Usage: ./make_customers.py > customers.csv
The same bytes every time: the generator is seeded, and only random() is drawn from it, whose values Python promises to keep.
"""
import random
import sys

SEED = 20
ROWS = 500

# share, age, months since the first order, orders a year, value of an order: (mean, sd); channels; satisfaction (mean); churn rate
KINDS = [
    ("regular", 0.38, (47, 6), (68, 11), (25, 3.0), (48, 7), ("shop", "web", "app"), (0.6, 0.3, 0.1), 8.4, 0.04),
    ("bargain", 0.28, (36, 5), (38, 8), (15, 2.2), (17, 4), ("web", "app", "shop"), (0.7, 0.2, 0.1), 6.2, 0.15),
    ("premium", 0.18, (57, 7), (80, 16), (7, 1.6), (165, 22), ("shop", "phone", "web"), (0.5, 0.3, 0.2), 8.9, 0.06),
    ("newcomer", 0.16, (23, 3), (4, 1.8), (3, 1.1), (74, 11), ("app", "web", "shop"), (0.8, 0.1, 0.1), 8.1, 0.3),
]
REGIONS = (("North", 0.34), ("South", 0.27), ("East", 0.21), ("West", 0.18))


def normal(draw, mean, sd):
    """A normal deviate, near enough: the sum of twelve uniform ones (no logarithm or cosine, which differ between machines)."""
    return mean + sd * (sum(draw() for _ in range(12)) - 6.0)


def choose(draw, names, weights):
    left = draw()
    for name, weight in zip(names, weights):
        left -= weight
        if left < 0.0:
            return name
    return names[-1]


def customer(draw, number):
    kind = choose(draw, KINDS, [k[1] for k in KINDS])
    _, _, age, tenure, orders, value, channels, channel_weights, satisfaction, churn = kind
    score = min(10, max(0, round(normal(draw, satisfaction, 1.1))))
    cells = [
        f"C{number:05d}",
        str(max(18, round(normal(draw, *age)))),
        str(max(1, round(normal(draw, *tenure)))),
        str(max(1, round(normal(draw, *orders)))),
        f"{max(5.0, normal(draw, *value)):.2f}",
        choose(draw, channels, channel_weights),
        choose(draw, [r[0] for r in REGIONS], [r[1] for r in REGIONS]),
        "" if draw() < 0.04 else str(score),
        "yes" if draw() < churn else "no",
    ]
    return ",".join(cells)


def main():
    draw = random.Random(SEED).random
    out = ["id,age,tenure_months,orders_per_year,average_order_value,channel,region,satisfaction,churned"]
    out += [customer(draw, number) for number in range(1, ROWS + 1)]
    sys.stdout.write("\n".join(out) + "\n")


if __name__ == "__main__":
    main()
