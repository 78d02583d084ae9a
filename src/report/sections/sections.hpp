// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "report/sections/subject.hpp"

/// The sections of a report, one a file. Each is made from the keys that are there, and says in words what is not.
namespace tessera::sections {

[[nodiscard]] document::Section verdict_section(const Subject& subject);
[[nodiscard]] document::Section segments_section(const Subject& subject);
[[nodiscard]] document::Section map_section(const Subject& subject);
[[nodiscard]] document::Section profile_section(const Subject& subject);
[[nodiscard]] document::Section kpis_section(const Subject& subject);
[[nodiscard]] document::Section crosstabs_section(const Subject& subject);
[[nodiscard]] document::Section correlations_section(const Subject& subject);
[[nodiscard]] document::Section drivers_section(const Subject& subject);
[[nodiscard]] document::Section doubt_section(const Subject& subject);
[[nodiscard]] document::Section selection_section(const Subject& subject);
[[nodiscard]] document::Section data_section(const Subject& subject);
[[nodiscard]] document::Section reproduce_section(const Subject& subject);

/// All of them, in this order.
[[nodiscard]] document::Document compose(const Subject& subject);

}  // namespace tessera::sections
