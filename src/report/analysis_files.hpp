// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "report/run_directory.hpp"
#include "tessera/analysis.hpp"

namespace tessera {

// The tables of an analysis as CSV.
[[nodiscard]] std::string profiles_csv(const Analysis& analysis);
[[nodiscard]] std::string kpis_csv(const Analysis& analysis);
[[nodiscard]] std::string kpi_pairs_csv(const Analysis& analysis);
[[nodiscard]] std::string trends_csv(const Analysis& analysis);
[[nodiscard]] std::string drivers_csv(const Analysis& analysis);
[[nodiscard]] std::string doubt_csv(const Analysis& analysis);
[[nodiscard]] std::string crosstab_csv(const Crosstab& table);
[[nodiscard]] std::string period_crosstab_csv(const Analysis& analysis, const PeriodCrosstab& table);

/// Writes profiles.csv, kpis.csv, kpi_pairs.csv, crosstabs/*.csv, trends.csv, drivers.csv, doubt.csv and correlations.h5 into
/// the run's folder, as far as there is something to write. @throws FileError
void write_analysis_files(RunDirectory& run, const Analysis& analysis);

}  // namespace tessera
