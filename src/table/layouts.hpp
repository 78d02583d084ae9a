// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "hdf5/input_file.hpp"
#include "table/candidates.hpp"
#include "table/table_parts.hpp"

namespace tessera {

/// Each opens a candidate of its layout: fills info.layout, dataset, rows, columns and notes.
/// @throws DataError if the layout is damaged, or has no columns that can be read

/// A 2-D dataset with the equally long 1-D datasets beside it.
[[nodiscard]] TableParts open_matrix(const hdf5::InputFile& file, const Candidate& candidate);
/// The equally long 1-D datasets of a group.
[[nodiscard]] TableParts open_vectors(const hdf5::InputFile& file, const Candidate& candidate);
/// A compound dataset; array members become one column a cell.
[[nodiscard]] TableParts open_record(const hdf5::InputFile& file, const Candidate& candidate);
/// What pandas' to_hdf(format="fixed") and Series.to_hdf write. Pickled columns are refused, never read.
[[nodiscard]] TableParts open_pandas_fixed(const hdf5::InputFile& file, const Candidate& candidate);
/// What pandas' to_hdf(format="table", data_columns=True) writes; without data_columns the names are pickled, and it is
/// refused.
[[nodiscard]] TableParts open_pandas_table(const hdf5::InputFile& file, const Candidate& candidate);
/// AnnData (.h5ad): a dense X with the names of var, and obs. A sparse X is refused.
[[nodiscard]] TableParts open_anndata(const hdf5::InputFile& file, const Candidate& candidate);
/// One data frame of an AnnData file.
[[nodiscard]] TableParts open_dataframe(const hdf5::InputFile& file, const Candidate& candidate);
/// Says how to make a sparse matrix dense.
[[noreturn]] void refuse_sparse(const hdf5::InputFile& file, const std::string& path);

}  // namespace tessera
