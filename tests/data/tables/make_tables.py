#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the small tables of this folder, and beside each NAME.tsv with what must be read from it.

Needs h5py, pandas, PyTables and anndata:  python make_tables.py
A .tsv holds the columns' names, types, kinds and roles ('-': none), then one line a row. An empty text cell and nan are missing.
All values are made up.
"""
import os
import warnings

import anndata
import h5py
import numpy as np
import pandas as pd
import scipy.sparse
import tables

warnings.simplefilter("ignore")
os.chdir(os.path.dirname(os.path.abspath(__file__)))

N = 7
CITY = ["Paris", "Rome", "", "Bonn", "Paris", "Wien", "Orl\u00e9ans"]
IDS = [1001, 1002, 1003, 1004, 1005, 1006, 1007]


def cell(value):
    if isinstance(value, (str, bytes)):
        return value.decode() if isinstance(value, bytes) else value
    if isinstance(value, (bool, np.bool_)):
        return str(int(value))
    if isinstance(value, (float, np.floating)):
        return repr(float(value))
    return str(int(value))


def expect(name, columns):
    """columns: list of (name, type, kind, role, values)."""
    with open(name + ".tsv", "w", encoding="utf-8") as out:
        for part in range(4):
            out.write("\t".join(str(column[part] or "-") for column in columns) + "\n")
        for row in zip(*(column[4] for column in columns)):
            out.write("\t".join(cell(value) for value in row) + "\n")


def matrix():
    features = (np.arange(N * 3).reshape(N, 3) * 1.25 - 4).astype("f4")
    features[2, 1] = np.nan
    with h5py.File("matrix.h5", "w") as h:
        data = h.create_dataset("features", data=features, chunks=(4, 2), compression="gzip", shuffle=True)
        data.attrs["feature_names"] = ["age", "income", "visits"]
        data.attrs["kind"] = ["continuous", "continuous", "count"]
        h["id"] = np.array(IDS)
        h["id"].attrs["role"] = "id"
        h["city"] = CITY
        h["spend"] = np.arange(N) / 3
        h["spend"].attrs["role"] = "kpi"
        tier = h5py.enum_dtype({"gold": 3, "silver": -2, "none": 700}, basetype=">i2")
        h.create_dataset("tier", data=np.array([3, -2, 3, 700, 5, 3, -2], ">i2"), dtype=tier)
        h["tier"].attrs["role"] = "gold"  # no such role: a note
        h["member"] = np.array([True, False] * 3 + [True])
        h["single"] = np.arange(N, dtype="u2").reshape(N, 1)
        h["cube"] = np.zeros((N, 2, 2))
        h["short"] = np.arange(3)
        h["note"] = "a scalar"
    f = features.astype(float)
    expect("matrix", [
        ("age", "float32", "continuous", None, f[:, 0]),
        ("income", "float32", "continuous", None, f[:, 1]),
        ("visits", "float32", "count", None, f[:, 2]),
        ("city", "text", None, None, CITY),
        ("id", "int64", None, "id", IDS),
        ("member", "uint8", None, None, [1, 0, 1, 0, 1, 0, 1]),
        ("single", "uint16", None, None, range(N)),
        ("spend", "float64", None, "kpi", np.arange(N) / 3),
        ("tier", "text", "nominal", None, ["gold", "silver", "gold", "none", "", "gold", "silver"]),
    ])


def sibling_names():
    values = (np.arange(N * 2).reshape(N, 2) - 5.5).astype(">f8")
    with h5py.File("sibling_names.h5", "w", userblock_size=1024) as h:
        h["data/x"] = values
        h["data/columns"] = np.array([b"height", b""], dtype="S8")
    expect("sibling_names", [
        ("height", "float64", None, None, values[:, 0]),
        ("col_001", "float64", None, None, values[:, 1]),
    ])


def columns():
    series = {
        "i1": np.array([-128, 127, 0, 1, 2, 3, 4], "i1"),
        "i8": np.array([-2**63, 2**63 - 1, 0, 1, 2, 3, 4], ">i8"),
        "u8": np.array([2**64 - 1, 2**63, 0, 1, 2, 3, 4], "u8"),
        "f2": np.array([1.5, -0.1, np.inf, np.nan, 6e-8, 65504, 0], ">f2"),
        "f4": np.array([1e38, -1e-45, 0.1, 2, 3, 4, 5], ">f4"),
        "flag": np.array([True, False] * 3 + [True]),
        "fixed": np.array([b"a", b"bb", b"ccc", b"", b"\xc3\xa9", b"x y", b"end"]),
    }
    with h5py.File("columns.h5", "w", track_order=True) as h:
        group = h.create_group("columns", track_order=True)
        for name, values in series.items():
            group[name] = values
        group["text"] = CITY
    expect("columns", [
        ("i1", "int8", None, None, series["i1"]),
        ("i8", "int64", None, None, series["i8"]),
        ("u8", "uint64", None, None, series["u8"]),
        ("f2", "float32", None, None, series["f2"].astype(float)),
        ("f4", "float32", None, None, series["f4"].astype(float)),
        ("flag", "uint8", None, None, series["flag"]),
        ("fixed", "text", None, None, ["a", "bb", "ccc", "", "\u00e9", "x y", "end"]),
        ("text", "text", None, None, CITY),
    ])


def compound():
    kind = np.dtype([("id", "S4"), ("scores", ">f4", (2, 2)), ("age", "u1"), ("city", h5py.string_dtype()), ("flag", "?"),
                     ("tier", h5py.enum_dtype({"a": 0, "b": 9}, basetype="u1")), ("z", "c16"), ("nested", [("p", "i4"), ("q", "f8")])])
    rows = np.zeros(N, kind)
    rows["id"] = [b"c%d" % i for i in range(N)]
    rows["scores"] = np.arange(N * 4).reshape(N, 2, 2) / 8
    rows["age"] = np.arange(N) + 20
    rows["city"] = CITY
    rows["flag"] = [True, False] * 3 + [True]
    rows["tier"] = [0, 9, 9, 0, 0, 1, 9]
    with h5py.File("compound.h5", "w") as h:
        h.create_dataset("customers", data=rows, chunks=(3,), compression="gzip")
    scores = np.arange(N * 4).reshape(N, 4) / 8
    expect("compound", [
        ("id", "text", None, None, ["c%d" % i for i in range(N)]),
        *[("scores_%d" % j, "float32", None, None, scores[:, j]) for j in range(4)],
        ("age", "uint8", None, None, rows["age"]),
        ("city", "text", None, None, CITY),
        ("flag", "uint8", None, None, rows["flag"]),
        ("tier", "text", "nominal", None, ["a", "b", "b", "a", "a", "", "b"]),
    ])


def pytables():
    class Customer(tables.IsDescription):
        name = tables.StringCol(6, pos=0)
        age = tables.Int32Col(pos=1)
        member = tables.BoolCol(pos=2)
        scores = tables.Float64Col(shape=(2,), pos=3)
        since = tables.Time64Col(pos=4)

    with tables.open_file("pytables.h5", "w") as h:
        table = h.create_table("/", "customers", Customer, filters=tables.Filters(1, "zlib"), chunkshape=(4,))
        for i in range(N):
            table.append([(b"n%d" % i, 20 + i, i % 2 == 0, (i * 0.5, -i), 1.5e9 + i)])
        table.flush()
        table.cols.age.create_csindex()
    shrink("pytables.h5")
    expect("pytables", [
        ("name", "text", None, None, ["n%d" % i for i in range(N)]),
        ("age", "int32", None, None, range(20, 20 + N)),
        ("member", "uint8", None, None, [1, 0] * 3 + [1]),
        ("scores_0", "float64", None, None, [i * 0.5 for i in range(N)]),
        ("scores_1", "float64", None, None, [float(-i) for i in range(N)]),
    ])


def shrink(path):
    """PyTables indexes allocate large chunks: drop their content, keep their structure."""
    with tables.open_file(path, "a") as h:
        for node in list(h.walk_nodes("/", "Table")):
            for name in list(node.colindexes):
                node.cols._f_col(name).remove_index()


def shrink_pickles(path):
    """A copy whose pickles lie in small chunks; pandas' take a megabyte."""
    with h5py.File(path) as old, h5py.File(path + ".new", "w") as new:
        group = new.create_group("df")
        for key, value in old["df"].attrs.items():
            group.attrs[key] = value
        for name, node in old["df"].items():
            if "PSEUDOATOM" not in node.attrs:
                old.copy(node, group)
                continue
            copy = group.create_dataset(name, shape=node.shape, chunks=(1,), dtype=node.dtype)
            copy[0] = node[0]
            for key in ("PSEUDOATOM", "transposed"):
                copy.attrs[key] = node.attrs[key]
    os.rename(path + ".new", path)


def frame():
    return pd.DataFrame({
        "age": np.arange(N) + 20,
        "income": [1.5, np.nan, 3.25, 4, 5, 6, 7],
        "visits": np.arange(N, dtype="i4"),
        "spend": np.arange(N, dtype="f4") / 3,
        "member": np.arange(N) % 2 == 0,
        "since": pd.to_datetime(["2020-01-01", "2020-01-02", None, "2020-01-04", "2020-01-05", "2020-01-06", "2020-01-07 12:00"], format="ISO8601"),
        "rank": np.arange(N) * 10,
    })


SINCE = [18262.0, 18263.0, np.nan, 18265.0, 18266.0, 18267.0, 18268.5]


def frame_columns(index):
    d = frame()
    return [
        index,
        ("age", "int64", None, None, d["age"]),
        ("income", "float64", None, None, d["income"]),
        ("visits", "int32", None, None, d["visits"]),
        ("spend", "float32", None, None, d["spend"].astype(float)),
        ("member", "uint8", None, None, d["member"]),
        ("since", "float64", "date", None, SINCE),
        ("rank", "int64", None, None, d["rank"]),
    ]


def pandas_files():
    d = frame()
    d.index = pd.Index(["c%d" % i for i in range(N)], name="customer")
    d.to_hdf("pandas_fixed.h5", key="df", mode="w", format="fixed")
    expect("pandas_fixed", frame_columns(("customer", "text", None, "id", d.index)))

    d = frame()
    d.columns = range(len(d.columns))
    d = d[[0, 1, 3, 2]]
    d.to_hdf("pandas_fixed_numbers.h5", key="df", mode="w", format="fixed")
    plain = frame()
    expect("pandas_fixed_numbers", [
        ("index", "int64", None, "id", range(N)),
        ("0", "int64", None, None, plain["age"]),
        ("1", "float64", None, None, plain["income"]),
        ("3", "float32", None, None, plain["spend"].astype(float)),
        ("2", "int32", None, None, plain["visits"]),
    ])

    d = frame()
    d["city"] = [name or None for name in CITY]
    d.to_hdf("pandas_fixed_pickled.h5", key="df", mode="w", format="fixed")
    shrink_pickles("pandas_fixed_pickled.h5")

    d["tier"] = pd.Categorical(["gold", "silver", None, "gold", "silver", "gold", "gold"])
    options = dict(key="df", mode="w", format="table", complevel=1, complib="zlib", index=False)
    d.to_hdf("pandas_table.h5", data_columns=True, **options)
    expect("pandas_table", frame_columns(("index", "int64", None, "id", range(N))) + [
        ("city", "text", None, None, CITY),
        ("tier", "text", "nominal", None, ["gold", "silver", "", "gold", "silver", "gold", "gold"]),
    ])
    d.to_hdf("pandas_table_blocks.h5", **options)

    frame()["income"].to_hdf("pandas_series.h5", key="s", mode="w", format="fixed")
    expect("pandas_series", [
        ("index", "int64", None, "id", range(N)),
        ("income", "float64", None, None, frame()["income"]),
    ])
    frame().iloc[:0].to_hdf("pandas_empty.h5", key="df", mode="w", format="fixed")
    d = pd.DataFrame(np.ones((3, 2)), columns=pd.MultiIndex.from_tuples([("a", "x"), ("a", "y")]))
    d.to_hdf("pandas_levels.h5", key="df", mode="w", format="fixed")


def anndata_files():
    x = (np.arange(N * 3).reshape(N, 3) / 4).astype("f4")
    obs = pd.DataFrame({
        "city": pd.Categorical([name or None for name in CITY]),
        "level": pd.Categorical([1, 2, 1, 2, 2, 1, 5]),
        "spend": np.arange(N) * 1.5,
        "member": [True, False] * 3 + [True],
        "visits": pd.array([1, None, 3, 4, 5, 6, 7], dtype="Int32"),
        "note": ["a", "b", "", "d", "\u00e9", "f", "g"],
    }, index=["c%d" % i for i in range(N)])
    data = anndata.AnnData(x, obs=obs, var=pd.DataFrame(index=["age", "income", "rank"]))
    data.obsm["pca"] = x[:, :2]
    data.write_h5ad("dense.h5ad")
    expect("dense.h5ad", [
        ("age", "float32", None, None, x[:, 0].astype(float)),
        ("income", "float32", None, None, x[:, 1].astype(float)),
        ("rank", "float32", None, None, x[:, 2].astype(float)),
        ("index", "text", None, "id", obs.index),
        ("city", "text", "nominal", None, CITY),
        ("level", "text", "nominal", None, ["1", "2", "1", "2", "2", "1", "5"]),
        ("spend", "float64", None, None, obs["spend"]),
        ("member", "uint8", None, None, obs["member"]),
        ("visits", "float64", None, None, [1.0, np.nan, 3.0, 4.0, 5.0, 6.0, 7.0]),
        ("note", "text", None, None, obs["note"]),
    ])
    data.X = scipy.sparse.csr_matrix(x)
    data.write_h5ad("sparse.h5ad")


def others():
    train = np.arange(N * 2, dtype="f4").reshape(N, 2)
    with h5py.File("ann_benchmarks.h5", "w") as h:
        h.attrs["distance"] = "euclidean"
        h["train"] = train
        h["test"] = train[:3]
        h["neighbors"] = np.zeros((3, 2), "i4")
        h["distances"] = np.zeros((3, 2), "f4")
    expect("ann_benchmarks", [
        ("col_000", "float32", None, None, train[:, 0].astype(float)),
        ("col_001", "float32", None, None, train[:, 1].astype(float)),
    ])
    with h5py.File("several.h5", "w") as h:
        h["a"] = np.zeros((4, 2))
        h["deep/b"] = np.ones((5, 3))
        h["deep/id"] = np.arange(5)
        h["lists/x"] = np.arange(3)
        h["lists/y"] = np.arange(4)
    with h5py.File("transposed.h5", "w") as h:
        h["x"] = np.arange(3 * N, dtype="f8").reshape(3, N)
        h["id"] = np.arange(N)
    expect("transposed", [
        ("col_%03d" % j, "float64", None, None, [j, N + j, 2 * N + j]) for j in range(N)
    ])
    with h5py.File("lzf.h5", "w") as h:  # h5py's own filter, which no other program has
        h.create_dataset("x", data=np.zeros((N, 2)), chunks=(N, 2), compression="lzf")
    with tables.open_file("blosc.h5", "w") as h:
        h.create_carray("/", "x", obj=np.zeros((64, 2)), filters=tables.Filters(5, "blosc"))
    with h5py.File("links.h5", "w") as h:
        h["here"] = np.arange(N)
        h["out"] = h5py.ExternalLink("matrix.h5", "/spend")
        h["nowhere"] = h5py.SoftLink("/missing")
        h["again"] = h5py.SoftLink("/here")
        h["loop"] = h["/"]
    with h5py.File("external.h5", "w") as h:
        h.create_dataset("x", shape=(N, 2), dtype="f8", external=[("matrix.h5", 0, N * 16)])
    with h5py.File("later_format.h5", "w", libver="v200") as h:  # needs h5py with HDF5 2.0
        h.create_dataset("x", data=np.zeros((N, 2)), chunks=(N, 2), compression="gzip")
    with h5py.File("nothing.h5", "w") as h:
        h["text"] = "no table"
        h["cube"] = np.zeros((2, 2, 2))
    with h5py.File("empty_rows.h5", "w") as h:
        h["x"] = np.zeros((0, 3))


matrix()
sibling_names()
columns()
compound()
pytables()
pandas_files()
anndata_files()
others()
