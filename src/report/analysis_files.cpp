// SPDX-License-Identifier: Apache-2.0
#include "report/analysis_files.hpp"

#include "hdf5/writer.hpp"
#include "report/correlation_files.hpp"

namespace tessera {
namespace {

void write_correlations(const std::filesystem::path& path, const Analysis& analysis) {
  hdf5::FileWriter file(path);
  write_correlation_groups(file, CorrelationMethod::pearson, analysis.correlated, analysis.correlations);
  file.commit();
}

}  // namespace

void write_analysis_files(RunDirectory& run, const Analysis& analysis) {
  write_file(run.file("profiles.csv"), profiles_csv(analysis));
  if (!analysis.kpis.empty()) {
    write_file(run.file("kpis.csv"), kpis_csv(analysis));
    write_file(run.file("kpi_pairs.csv"), kpi_pairs_csv(analysis));
  }
  if (!analysis.crosstabs.empty()) run.create_folder("crosstabs");
  for (const Crosstab& table : analysis.crosstabs) write_file(run.file(table.file), crosstab_csv(table));
  for (const PeriodCrosstab& table : analysis.period_crosstabs)
    write_file(run.file(table.file), period_crosstab_csv(analysis, table));
  if (!analysis.periods.empty()) write_file(run.file("trends.csv"), trends_csv(analysis));
  if (!analysis.drivers.empty()) write_file(run.file("drivers.csv"), drivers_csv(analysis));
  if (!analysis.doubt.pairs.empty()) write_file(run.file("doubt.csv"), doubt_csv(analysis));
  if (!analysis.correlated.empty()) write_correlations(run.file("correlations.h5"), analysis);
}

}  // namespace tessera
