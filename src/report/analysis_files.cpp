// SPDX-License-Identifier: Apache-2.0
#include "report/analysis_files.hpp"

#include <fmt/format.h>

#include "hdf5/writer.hpp"

namespace tessera {
namespace {

void write_correlations(const std::filesystem::path& path, const Analysis& analysis) {
  hdf5::FileWriter file(path);
  file.set_attribute("/", "format", "tessera-correlations");
  file.set_attribute("/", "format_version", fmt::format("{}.{}", kCorrelationsFormatMajor, kCorrelationsFormatMinor));
  file.write_text("columns", analysis.correlation_columns);
  file.write("used_in_fit",
             std::vector<std::uint8_t>(analysis.correlation_used_in_fit.begin(), analysis.correlation_used_in_fit.end()));
  for (const CorrelationGroup& group : analysis.correlations) {
    const std::string name = group.segment < 0 ? "all" : fmt::format("segment_{}", group.segment);
    file.create_group(name);
    file.write(name + "/r", group.r.view());
    file.write(name + "/n", group.n.view());
    file.write(name + "/p", group.p.view());
    file.set_attribute("/" + name + "/r", "label", "Pearson's correlation, rows with both values");
    file.set_attribute("/" + name + "/n", "label", "rows with both values");
    for (const PeriodCrosstab& table : analysis.period_crosstabs)
      write_file(run.file(table.file), period_crosstab_csv(analysis, table));
    file.set_attribute("/" + name + "/p", "label", "p of Student's t test, not adjusted; NaN: circular or undefined");
  }
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
  if (!analysis.periods.empty()) write_file(run.file("trends.csv"), trends_csv(analysis));
  if (!analysis.drivers.empty()) write_file(run.file("drivers.csv"), drivers_csv(analysis));
  if (!analysis.doubt.pairs.empty()) write_file(run.file("doubt.csv"), doubt_csv(analysis));
  if (!analysis.correlation_columns.empty()) write_correlations(run.file("correlations.h5"), analysis);
}

}  // namespace tessera
