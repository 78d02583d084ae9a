// SPDX-License-Identifier: Apache-2.0
#include "app/correlate.hpp"

#include <fmt/format.h>

#include <functional>
#include <future>
#include <optional>
#include <utility>

#include "app/analysis_job.hpp"
#include "app/earlier_run.hpp"
#include "app/engine.hpp"
#include "app/given_segments.hpp"
#include "app/locked_table.hpp"
#include "app/manifest_options.hpp"
#include "app/output_check.hpp"
#include "app/versions.hpp"
#include "correlate/correlate.hpp"
#include "report/correlation_files.hpp"
#include "report/provenance.hpp"

namespace tessera {
namespace {

void check_options(const CorrelateOptions& options) {
  if (options.output.empty()) throw ConfigError("no output file", "name one with -o", ErrorCode::usage);
  const std::string ending = options.output.extension().string();
  if (ending == ".csv" || ending == ".json") {
    throw ConfigError("the output is an HDF5 file, with a CSV and a JSON of the same name beside it",
                      "give it another ending, such as -o corr.h5", ErrorCode::usage);
  }
  if (!options.by.empty() && !options.segments.empty()) {
    throw ConfigError("segments come from --by or from --segments, not from both", "leave one of them out", ErrorCode::usage);
  }
  if (options.kendall_rows < 2) throw ConfigError("--kendall-rows must be at least 2", "32768 is usual", ErrorCode::usage);
  check_input(options.input);
  for (const auto& file : {options.output, correlations_csv_path(options.output), correlations_json_path(options.output)}) {
    check_not_overwritten(options.input, file);
    check_output_file(file, options.force);
  }
}

std::vector<std::string> used_in_fit(const EarlierRun& run) {
  std::vector<std::string> names;
  for (const FeatureSource& source : run.model.plan.sources) names.push_back(source.name);
  return names;
}

Json provenance(const CorrelateOptions& options, const TableInfo& info, InputIdentity input) {
  Manifest manifest;
  manifest.created = creation_time();
  manifest.input = std::move(input);
  manifest.command = "correlate";
  manifest.options = manifest_options(options);
  manifest.versions = versions();
  return provenance_json(manifest, info, options.seed);
}

}  // namespace

CorrelateRun run_correlate(const CorrelateOptions& options, Observer& observer, const CancelToken& cancel) {
  check_options(options);
  Engine engine(options.engine, observer, cancel);
  std::optional<EarlierRun> run;
  if (!options.segments.empty()) {
    run = read_run(options.segments);
    check_same_input(options.input, *run, "name the run of this table with --segments", cancel);
  }
  observer.stage("read", 0);
  LockedTable table(
      open_table(options.input, {options.dataset, options.engine.scratch, &observer, &cancel, engine.threads().threads}));
  const TableInfo& info = table.info();
  for (const std::string& note : info.notes) observer.note(Observer::Level::info, "table", note);

  // Beside the work, as it may mean to read the whole file once more.
  std::future<InputIdentity> identity = std::async(std::launch::async, [&] { return identify_input(options.input, cancel); });
  CorrelationSource source;
  PrepareOptions prepare = options.prepare;
  if (!options.by.empty()) {
    source.by = segment_column(info, options.by);
    prepare.categories.push_back(info.columns[static_cast<std::size_t>(source.by)].name);  // it may be a number, too
  }
  const ProfiledColumns columns = profile_for_analysis(table, prepare, engine);
  source.profiles = columns.profiles;
  source.levels = columns.levels;
  source.top_levels = prepare.top_levels;
  std::optional<RunLabels> labels;
  if (run) {
    labels.emplace(*run, info.rows);
    source.read_labels = std::ref(*labels);
    source.used_in_fit = used_in_fit(*run);
    for (const SegmentName& name : run->names) source.segments.push_back(name.name);
  } else if (source.by >= 0 && info.rows > 0) {
    source.segments = source.labels = given_segments(columns, source.by, info);
  }
  CorrelateRun result;
  result.table = correlate(table, source, options, engine.backend(), engine.job(), engine.learning_bytes(table));
  if (source.by >= 0) result.table.by = info.columns[static_cast<std::size_t>(source.by)].name;
  observer.stage("write", 0);
  result.json = correlations_json(result.table, provenance(options, info, identity.get()));
  write_correlation_files(options.output, options.force, result.table, result.json);
  return result;
}

CorrelationTable correlate_table(const CorrelateOptions& options, Observer& observer, const CancelToken& cancel) {
  return run_correlate(options, observer, cancel).table;
}

}  // namespace tessera
