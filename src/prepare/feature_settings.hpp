// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "tessera/prepare.hpp"

namespace tessera {

/// What the options say about one column that is to be a feature.
struct FeatureSettings {
  int column = 0;             ///< index into the profiles, which is the index into TableInfo::columns
  double block_factor = 1.0;  ///< square root of the weight of its block
  bool log1p_listed = false;  ///< --transform log1p:... names it
};

/// The columns that become features, in table order, with their settings.
/// @throws DataError if there is none (says why for each column); ConfigError for options that contradict the columns
[[nodiscard]] std::vector<FeatureSettings> select_features(std::span<const ColumnProfile> profiles,
                                                           const PrepareOptions& options);

}  // namespace tessera
