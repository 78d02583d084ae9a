// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "report/sections/subject.hpp"
#include "report/sections/words.hpp"

namespace tessera::sections {

/// What stands behind a KPI's league: its test, every pair of segments, concentration, survival, trend; each only if it is
/// there.
/// @param index of the KPI, part of the charts' ids
void add_kpi_details(document::Section& section, const Subject& subject, const Input& kpi, std::size_t index, Format format);

}  // namespace tessera::sections
