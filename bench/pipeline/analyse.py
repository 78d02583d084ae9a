#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times the analysis of given segments, from an HDF5 file to the tables on disk, against pandas making the same tables.

Usage: scripts/bench analyse [--rows N --features D --kpis K --categories C --segments S]
Both describe every feature and KPI in every segment (n, mean, sd, median, quartiles), cross every category with the segments
(counts and the mean of every KPI) and correlate features and KPIs within every segment. They take turns in one run, on the same
threads; seconds are medians over the rounds, memory is the peak of the process. Drivers and their jackknife are timed apart.
The figures of both are compared first.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

THREADS = 2
os.environ.update({name: str(THREADS) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")})

import h5py  # noqa: E402
import numpy as np  # noqa: E402


def write_table(path, options):
    """Features depend on the segment, KPIs on the features, categories on the segment; 1 % of the features are missing."""
    random = np.random.default_rng(1)
    with h5py.File(path, "w", track_order=True) as file:
        names = {f"x{j:02}": "f4" for j in range(options.features)} | {f"kpi{j}": "f8" for j in range(options.kpis)}
        for name, kind in names.items():
            file.create_dataset(name, shape=(options.rows,), dtype=kind)
        for name in ["segment"] + [f"category{j}" for j in range(options.categories)]:
            file.create_dataset(name, shape=(options.rows,), dtype="i1").attrs["kind"] = "nominal"
        for first in range(0, options.rows, 500_000):
            count = min(500_000, options.rows - first)
            rows = slice(first, first + count)
            segment = random.choice(options.segments, count, p=np.arange(options.segments, 0, -1) / sum(range(options.segments + 1)))
            file["segment"][rows] = segment
            common = random.standard_normal(count)
            for j in range(options.features):
                x = random.standard_normal(count) + 0.5 * common + 0.2 * ((segment + j) % options.segments)
                x[random.random(count) < 0.01] = np.nan
                file[f"x{j:02}"][rows] = x
            for j in range(options.kpis):
                file[f"kpi{j}"][rows] = np.round(100.0 * np.exp(0.5 * random.standard_normal(count) + 0.3 * common + 0.1 * segment), 2)
            for j in range(options.categories):
                file[f"category{j}"][rows] = (random.integers(0, 5 + 2 * j, count) + segment) % (5 + 2 * j)


def pandas_job(path, out):
    """The same tables, the way an analyst writes them."""
    import pandas as pd

    with h5py.File(path) as file:
        table = pd.DataFrame({name: file[name][:] for name in file})
    numbers = [name for name in table if name.startswith(("x", "kpi"))]
    kpis = [name for name in numbers if name.startswith("kpi")]
    by = table.groupby("segment")
    profiles = by[numbers].agg(["count", "mean", "std"])
    quartiles = by[numbers].quantile([0.25, 0.5, 0.75])
    correlations = by[numbers].corr()
    tables = {}
    for name in [name for name in table if name.startswith("category")]:
        tables[name] = pd.crosstab(table[name], table["segment"])
        means = table.groupby([name, "segment"])[kpis].mean()
        means.to_csv(out / f"{name}_kpis.csv")
        tables[name].to_csv(out / f"{name}.csv")
    profiles.to_csv(out / "profiles.csv")
    quartiles.to_csv(out / "quartiles.csv")
    correlations.to_csv(out / "correlations.csv")
    result = {"mean": profiles["kpi0"]["mean"].tolist(), "median": quartiles["x01"].unstack()[0.5].tolist(),
              "r": [float(correlations.loc[(s, "kpi0"), "x01"]) for s in profiles.index],
              "count": tables["category0"].to_numpy().tolist()}
    (out / "result.json").write_text(json.dumps(result))


def tessera_command(options, table, run, *more):
    return [options.tessera, "analyse", table, "--by", "segment", "--kpi", "kpi*:mean", "-o", run, "--force", "--quiet", "--threads",
            str(THREADS), *more]


def timed(command):
    """Seconds and peak memory of a child."""
    begin = time.perf_counter()
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command[0]} ended with {process.returncode}")
    return time.perf_counter() - begin, usage.ru_maxrss / 1024


def compare(run, out):
    """Largest differences between the two, by kind of figure."""
    ours = json.loads((run / "summary.json").read_text())["analysis"]
    theirs = json.loads((out / "result.json").read_text())
    label = {segment["label"]: segment["segment"] for segment in ours["segments"]}
    order = [label[str(s)] for s in range(len(theirs["mean"]))]
    columns = {column["column"]: column["segments"] for column in ours["columns"]}
    place = {name: i for i, name in enumerate(ours["correlations"]["columns"])}
    groups = {group["segment"]: group for group in ours["correlations"]["groups"]}
    table = next(table for table in ours["crosstabs"] if table["row_column"] == "category0")
    counts = [[table["cells"][table["rows"].index(str(i))][s]["n"] for s in order] for i in range(len(theirs["count"]))]
    return {"mean": max(abs(columns["kpi0"][s]["mean"] / m - 1.0) for s, m in zip(order, theirs["mean"])),
            "median": max(abs(columns["x01"][s]["median"] - m) for s, m in zip(order, theirs["median"])),
            "r": max(abs(groups[s]["r"][place["kpi0"]][place["x01"]] - r) for s, r in zip(order, theirs["r"])),
            "counts equal": counts == theirs["count"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tessera", default="build/bench/tessera")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--features", type=int, default=32)
    parser.add_argument("--kpis", type=int, default=8)
    parser.add_argument("--categories", type=int, default=6)
    parser.add_argument("--segments", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scratch", help="folder of the table")
    parser.add_argument("--pandas", nargs=2, metavar=("TABLE", "OUT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.pandas:
        return pandas_job(*map(pathlib.Path, options.pandas))
    ours, theirs, with_drivers = [], [], []
    with tempfile.TemporaryDirectory(dir=options.scratch) as name:
        folder = pathlib.Path(name)
        table, run, out = folder / "customers.h5", folder / "run", folder / "pandas"
        out.mkdir()
        write_table(table, options)
        for _ in range(options.rounds):
            ours.append(timed(tessera_command(options, table, run, "--no-drivers")))
            theirs.append(timed([sys.executable, __file__, "--pandas", table, out]))
        differences = compare(run, out)
        with_drivers.append(timed(tessera_command(options, table, run)))
        stages = json.loads((run / "summary.json").read_text())["timings_ms"]
    print(json.dumps({"rows": options.rows, "features": options.features, "kpis": options.kpis, "categories": options.categories,
                      "segments": options.segments, "largest_differences": differences}))
    seconds = [statistics.median(s for s, _ in runs) for runs in (ours, theirs, with_drivers)]
    memory = [max(m for _, m in runs) for runs in (ours, theirs, with_drivers)]
    for what, s, m in zip(("tessera", "pandas", "tessera with drivers"), seconds, memory):
        print(f"{what:22} {s:8.2f} s {m:8.0f} MiB")
    print(f"ratio {seconds[1] / seconds[0]:.1f}; stages with drivers, ms: "
          + ", ".join(f"{stage} {ms:.0f}" for stage, ms in stages.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
