// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "prepare/column_scan.hpp"
#include "tessera/prepare.hpp"
#include "tessera/schema.hpp"

namespace tessera {

/// A kind or role with the reason for it, for people.
template <typename T>
struct Verdict {
  T value{};
  std::string reason;
};

/// What the values of a column mean. @param nominal_wanted the column was named by --categories
[[nodiscard]] Verdict<Kind> infer_kind(const ColumnFacts& facts, const ColumnSchema& schema, bool nominal_wanted);

/// Decides kind, role and reason of every column: what was asked for, then what the file declares, then what the values
/// suggest.
/// @throws ConfigError if an option names a column that is not there, or two options want the same one
void assign_kinds_and_roles(std::span<ColumnFacts> facts, std::span<const ColumnSchema> schema, const PrepareOptions& options);

}  // namespace tessera
