// SPDX-License-Identifier: Apache-2.0
#include "prepare/few_levels.hpp"

#include <fmt/format.h>

namespace tessera {

void take_few_levels(std::span<ColumnProfile> profiles, const TableInfo& table, int most) {
  for (std::size_t i = 0; i < profiles.size(); ++i) {
    ColumnProfile& profile = profiles[i];
    const bool number = profile.type != DataType::text && profile.kind != Kind::date && profile.kind != Kind::binary &&
                        profile.kind != Kind::nominal;
    if (profile.role != Role::feature || !number || !profile.integral || table.columns[i].declared_kind) continue;
    if (profile.distinct > most) continue;
    profile.kind = Kind::nominal;
    profile.reason = fmt::format("{} different whole numbers, taken for levels", profile.distinct);
  }
}

}  // namespace tessera
