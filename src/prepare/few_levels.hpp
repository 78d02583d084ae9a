// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "tessera/prepare.hpp"
#include "tessera/table.hpp"

namespace tessera {

/// Makes nominal columns of features that are whole numbers with at most `most` different ones, unless the file declares their
/// kind. For models to which three values are no bell.
/// @param profiles  [columns of the table]
void take_few_levels(std::span<ColumnProfile> profiles, const TableInfo& table, int most);

}  // namespace tessera
