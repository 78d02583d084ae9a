#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times Tessera on a GPU against flash-kmeans, cuML, PyTorch and scikit-learn: the same rows, the same initial centroids, one run.

Usage: scripts/bench gpu [--rows N,...] [--shapes 16x8,64x64,...] [--tessera PROGRAM] [--json FILE]

Per number of rows and shape (d x k), the programs taking turns, medians over rounds: milliseconds of one full Lloyd iteration (labels and
centroids) on rows that are on the device, from fits of SHORT and of SHORT + ITERATIONS iterations, so that whatever a fit has once cancels;
by the iterations that were really done, where a fit stands still earlier (a star). Uniform rows go on for long.
"tessera" looks at every row in every iteration, as peers do; "tessera fit" leaves those alone that no centroid can have come nearer to, as
the program does unless told otherwise. In brackets: times Tessera's; +-: half the range over the rounds, as a part of the median. Beside them, one read of the rows at the copy rate of the device over Tessera's time, and how much larger a
peer's inertia is than Tessera's after the longer fit, in float64: what a peer gains by rounding rows and centroids it may lose there.

Peers that are not installed are left out, and named; PyTorch must be there. Tessera's labels are those of float64 distances and its sums are
exact; flash-kmeans has rows and centroids in bfloat16, or in float32 with products of TF32; PyTorch is a plain loop over float32 matrix
products, TF32 off; cuML and scikit-learn have float32. --device cpu tries the script where there is no GPU.
"""
import argparse
import importlib
import json
import pathlib
import platform
import statistics
import tempfile
import time

import numpy as np
import torch
from kmeans_problem import make_rows, run_tessera, write_tables

SHORT = 3
CHUNK = 1 << 20


class Device:
    """Where peers run."""

    def __init__(self, name):
        self.name = name

    def wait(self):
        if self.name == "cuda":
            torch.cuda.synchronize()

    def seconds(self, work):
        self.wait()
        begin = time.perf_counter()
        result = work()
        self.wait()
        return time.perf_counter() - begin, result

    def best(self, work, bytes_or_operations):
        return bytes_or_operations / min(self.seconds(work)[0] for _ in range(8))

    def copy_rate(self):
        """Bytes a second, read and written."""
        source = torch.rand(1 << (29 if self.name == "cuda" else 24), device=self.name)
        target = torch.empty_like(source)
        return self.best(lambda: target.copy_(source), 2 * source.numel() * 4)

    def product_rate(self, dtype):
        """Operations a second of a product of random matrices."""
        size = 8192 if self.name == "cuda" else 1024
        a, b = (torch.randn(size, size, device=self.name).to(dtype) for _ in range(2))
        return self.best(lambda: a @ b, 2 * size**3)


def torch_fit(rows, start, iterations):
    """Lloyd's iteration as one would write it."""
    torch.backends.cuda.matmul.allow_tf32 = False
    centroids = start.clone()
    for _ in range(iterations):
        sums = torch.zeros_like(centroids)
        counts = torch.zeros(len(centroids), device=rows.device)
        half = (centroids * centroids).sum(1) / 2
        for part in rows.split(CHUNK):
            label = (part @ centroids.T - half).argmax(1)
            sums.index_add_(0, label, part)
            counts.index_add_(0, label, torch.ones(len(part), device=rows.device))
        centroids = torch.where(counts[:, None] > 0, sums / counts[:, None].clamp(min=1), centroids)
    return centroids


def inertia(rows, centroids):
    """Sum of the squared distances to the nearest centroid, in float64."""
    centroids = centroids.to(torch.float64)
    half = (centroids * centroids).sum(1) / 2
    total = 0.0
    for part in rows.split(CHUNK // 8):
        part = part.to(torch.float64)
        total += float(((part * part).sum(1) - 2 * (part @ centroids.T - half).max(1).values).sum())
    return total


class Problem:
    """One set of rows, in memory, on the device and in a file. Fits return (seconds, iterations, centroids or inertia)."""

    def __init__(self, options, folder, n, d, k):
        self.options, self.folder, self.device = options, folder, options.device
        self.host_rows, self.host_start = make_rows(options.kind, n, d, k)
        write_tables(folder, self.host_rows, self.host_start)
        self.rows = torch.from_numpy(self.host_rows).to(self.device.name)
        self.start = torch.from_numpy(self.host_start).to(self.device.name)

    def tessera(self, iterations, screen, skip):
        summary = run_tessera(self.options.tessera, self.folder, iterations, ["--device", self.device.name],
                              {"TESSERA_CUDA_SCREEN": screen, "TESSERA_CUDA_SKIP": skip})
        return summary["timings_ms"]["fit"] / 1e3, summary["objective"]["iterations"], summary["objective"]["inertia"]

    def flash(self, iterations, dtype):
        rows, start = self.rows.to(dtype)[None], self.start.to(dtype)[None]
        fit = importlib.import_module("flash_kmeans").batch_kmeans_Euclid
        if not fit.__module__.endswith("kmeans_triton_impl"):
            raise RuntimeError(f"flash_kmeans fell back to {fit.__module__}: Triton is missing")
        seconds, found = self.device.seconds(
            lambda: fit(rows, len(self.start), max_iters=iterations, tol=0.0, init_centroids=start))
        return seconds, iterations, found[1][0]

    def torch(self, iterations):
        seconds, found = self.device.seconds(lambda: torch_fit(self.rows, self.start, iterations))
        return seconds, iterations, found

    def cuml(self, iterations):
        module = importlib.import_module("cuml.cluster")
        fit = module.KMeans(n_clusters=len(self.start), init=self.host_start, n_init=1, max_iter=iterations, tol=1e-20)  # 0 is refused
        seconds, fit = self.device.seconds(lambda: fit.fit(self.rows))
        return seconds, int(fit.n_iter_), torch.as_tensor(fit.cluster_centers_, device=self.device.name)

    def sklearn(self, iterations):
        module = importlib.import_module("sklearn.cluster")
        fit = module.KMeans(len(self.start), init=self.host_start, n_init=1, max_iter=iterations, tol=0.0, algorithm="lloyd")
        seconds, fit = self.device.seconds(lambda: fit.fit(self.host_rows))
        return seconds, fit.n_iter_, torch.from_numpy(fit.cluster_centers_).to(self.device.name)

    def fits(self):
        fits = {
            "tessera": lambda i: self.tessera(i, "tensor", "off"),
            "tessera fit": lambda i: self.tessera(i, "tensor", "on"),
            "tessera float32": lambda i: self.tessera(i, "float32", "off"),
        }
        peers = {
            "flash-kmeans bf16": lambda i: self.flash(i, torch.bfloat16),
            "flash-kmeans fp32": lambda i: self.flash(i, torch.float32),
            "cuml": self.cuml,
            "torch": self.torch,
            "scikit-learn": self.sklearn,
        }
        fits.update({name: peers[name] for name in self.options.peers})
        if len(self.host_rows) > self.options.most_sklearn_rows:
            fits.pop("scikit-learn", None)
        return fits


def without_failing(fits):
    """Those that run; fits once, as kernels are compiled and memory is found then."""
    running = {}
    for name, fit in fits.items():
        try:
            fit(1)
            running[name] = fit
        except Exception as error:  # whatever a peer may throw: the others go on
            if name.startswith("tessera"):
                raise
            print(f"# left out: {name} ({type(error).__name__}: {error})")
    return running


def measure(problem, options):
    fits = without_failing(problem.fits())
    taken = {name: [] for name in fits}
    found, early = {}, set()
    for _ in range(options.rounds):
        for name, fit in fits.items():
            short, before, _ = fit(SHORT)
            seconds, after, found[name] = fit(SHORT + options.iterations)
            if after < SHORT + options.iterations:
                early.add(name)
            taken[name].append(1e3 * (seconds - short) / max(after - before, 1))
    ours = found["tessera"]
    return {
        "ms": {name: statistics.median(times) for name, times in taken.items()},
        "rounds": taken,
        "early": sorted(early),
        "excess": {name: inertia(problem.rows, found[name].reshape(len(problem.start), -1)) / ours - 1
                   for name in fits if not name.startswith("tessera")},
    }


def time_cell(result, name):
    if name not in result["ms"]:
        return ""
    ms, rounds = result["ms"][name], result["rounds"][name]
    star = "*" if name in result["early"] else ""
    spread = f" +-{(max(rounds) - min(rounds)) / 2 / abs(ms):.0%}" if len(rounds) > 1 else ""
    ratio = "" if name == "tessera" else f" ({ms / result['ms']['tessera']:.1f}x)"
    return f"{ms:.3f}{star}{spread}{ratio}"


def installed(name):
    module = {"flash-kmeans bf16": "flash_kmeans", "flash-kmeans fp32": "flash_kmeans", "cuml": "cuml", "torch": "torch",
              "scikit-learn": "sklearn"}[name]
    try:
        importlib.import_module(module)
    except ImportError as error:
        print(f"# left out: {name} ({error})")
        return False
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tessera", default="build/cuda/tessera")
    parser.add_argument("--rows", default="1000000,10000000")
    parser.add_argument("--shapes", default="16x8,16x64,32x64,64x8,64x64,64x256,128x64,128x1024")
    parser.add_argument("--kind", choices=["uniform", "blobs"], default="uniform")
    parser.add_argument("--iterations", type=int, default=100, help="what the longer fit has more")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", default="flash-kmeans bf16,flash-kmeans fp32,cuml,torch,scikit-learn")
    parser.add_argument("--most-sklearn-rows", type=int, default=1_000_000)
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--json")
    options = parser.parse_args()
    options.device = Device(options.device)
    options.peers = [name for name in options.peers.split(",") if name and installed(name)]

    where = torch.cuda.get_device_name() if options.device.name == "cuda" else platform.processor()
    copy_rate = options.device.copy_rate()
    print(f"# {where}, torch {torch.__version__}, Python {platform.python_version()}, median of {options.rounds}")
    print(f"# copy {copy_rate * 1e-9:.0f} GB/s read and written, products: "
          + ", ".join(f"{name} {options.device.product_rate(dtype) * 1e-12:.0f} Tflop/s"
                      for name, dtype in (("bfloat16", torch.bfloat16), ("float32", torch.float32))))
    heads = ["n", "d", "k", "tessera ms", "of one read", "tessera fit", "tessera float32", *options.peers, "peers' inertia"]
    print("| " + " | ".join(heads) + " |\n|" + " --- |" * len(heads))
    results = []
    for n in map(int, options.rows.split(",")):
        for d, k in (map(int, shape.split("x")) for shape in options.shapes.split(",")):
            with tempfile.TemporaryDirectory() as name:
                result = measure(Problem(options, pathlib.Path(name), n, d, k), options)
            results.append({"n": n, "d": d, "k": k, **result})
            cells = [n, d, k, time_cell(result, "tessera"), f"{4e3 * n * d / copy_rate / result['ms']['tessera']:.0%}"]
            cells += [time_cell(result, peer) for peer in ["tessera fit", "tessera float32", *options.peers]]
            cells += [", ".join(f"{peer} {excess:+.1e}" for peer, excess in result["excess"].items())]
            print("| " + " | ".join(map(str, cells)) + " |", flush=True)
            if options.json:
                pathlib.Path(options.json).write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
