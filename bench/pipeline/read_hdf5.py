#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Times reading a table from the page cache: contiguous against pread() of the same bytes, the others against h5py.

Usage: scripts/bench reading [--rows N --features D --rounds R --json PATH]
Rounds are interleaved; figures are medians.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile
import time

import h5py
import numpy as np

THREADS = (1, 2)


def make_rows(rows, features):
    """Half of the columns hold two decimals, half all that float32 has: real tables lie between."""
    generator = np.random.default_rng(7)
    table = generator.standard_normal((rows, features), dtype=np.float32)
    table[:, ::2] = np.round(table[:, ::2] * 100) / 100
    return table


def make_files(folder, shape):
    """Files that are there already are used again."""
    packed = {"compression": "gzip", "compression_opts": 4}
    rows = min(8192, shape[0])
    layouts = {
        "contiguous": {},
        "chunks of 8,192 rows": {"chunks": (rows, shape[1])},
        "the same, gzip": {"chunks": (rows, shape[1]), **packed},
        "the same, shuffle + gzip": {"chunks": (rows, shape[1]), "shuffle": True, **packed},
        "h5py's own chunks, shuffle + gzip": {"chunks": True, "shuffle": True, **packed},
        "a dataset per column, shuffle + gzip": None,
    }
    files = {name: folder / f"{shape[0]}x{shape[1]}_{number}.h5" for number, name in enumerate(layouts)}
    missing = [name for name, path in files.items() if not path.exists()]
    table = make_rows(*shape) if missing else None
    for name in missing:
        unfinished = files[name].with_suffix(".part")
        with h5py.File(unfinished, "w") as file:
            if layouts[name] is not None:
                file.create_dataset("features", data=table, **layouts[name])
            for j in range(shape[1]) if layouts[name] is None else ():
                file.create_dataset(f"c{j:03d}", data=table[:, j], chunks=(min(65536, shape[0]),), shuffle=True, **packed)
        unfinished.rename(files[name])
    return files


def time_program(program, path, threads, *options):
    text = subprocess.run([program, *options, path, str(threads), "2"], check=True, capture_output=True, text=True).stdout
    return json.loads(text)["seconds"][-1]  # the first round faults the buffers in


def time_h5py(path, memory_is_there):
    """Whole datasets at once, so that no chunk is unpacked twice: as scripts do, and into memory that is there already."""
    with h5py.File(path) as file:
        datasets = [file[name] for name in file]
        buffers = [np.ones(dataset.shape, dataset.dtype) if memory_is_there else None for dataset in datasets]
        begin = time.perf_counter()
        for i, dataset in enumerate(datasets):
            if memory_is_there:
                dataset.read_direct(buffers[i])
            else:
                buffers[i] = dataset[:]
        return time.perf_counter() - begin


def measure(program, files, rounds):
    seconds = {name: {} for name in files}
    for _ in range(rounds):
        for name, path in files.items():
            for threads in THREADS:
                if name == "contiguous":
                    seconds[name].setdefault(f"pread, {threads}", []).append(time_program(program, path, threads, "--plain"))
                seconds[name].setdefault(f"tessera, {threads}", []).append(time_program(program, path, threads))
            seconds[name].setdefault("h5py", []).append(time_h5py(path, False))
            seconds[name].setdefault("h5py, memory there", []).append(time_h5py(path, True))
    return {name: {who: statistics.median(times) for who, times in each.items()} for name, each in seconds.items()}


def show(medians, bytes_read):
    print("GB/s, and in brackets times h5py's dataset[:] / times h5py's read_direct() into memory that is there already")
    print("| layout | tessera, 1 thread | tessera, 2 threads | h5py [:] | h5py read_direct |")
    print("| --- | --- | --- | --- | --- |")
    for name, of in medians.items():
        rate = {who: bytes_read / seconds / 1e9 for who, seconds in of.items()}
        peers = (rate["h5py"], rate["h5py, memory there"])
        ours = [f"{rate[who]:.2f} ({rate[who] / peers[0]:.1f} / {rate[who] / peers[1]:.1f})" for who in ("tessera, 1", "tessera, 2")]
        print(f"| {name} | {ours[0]} | {ours[1]} | {peers[0]:.2f} | {peers[1]:.2f} |")
    plain = medians["contiguous"]
    for threads in THREADS:
        print(f"plain pread, {threads} threads: {bytes_read / plain[f'pread, {threads}'] / 1e9:.2f} GB/s; "
              f"tessera reads a contiguous dataset at {100 * plain[f'pread, {threads}'] / plain[f'tessera, {threads}']:.0f} % of it")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="build/bench/bench/pipeline/read_table")
    parser.add_argument("--rows", type=int, default=4_000_000)
    parser.add_argument("--features", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3, help="0: only make the files")
    parser.add_argument("--folder", type=pathlib.Path, help="keep the files there for the next time")
    parser.add_argument("--json", type=pathlib.Path, help="write the medians there")
    options = parser.parse_args()
    shape = (options.rows, options.features)
    bytes_read = shape[0] * shape[1] * np.dtype(np.float32).itemsize
    with tempfile.TemporaryDirectory() as temporary:
        files = make_files(options.folder or pathlib.Path(temporary), shape)
        medians = measure(options.program, files, options.rounds) if options.rounds else {}
    if not medians:
        return
    print(f"n = {options.rows}, d = {options.features}, float32, medians of {options.rounds}")
    show(medians, bytes_read)
    if options.json:
        options.json.write_text(json.dumps({"rows": options.rows, "features": options.features, "bytes": bytes_read,
                                            "rounds": options.rounds, "seconds": medians}, indent=1) + "\n")


if __name__ == "__main__":
    main()
