// SPDX-License-Identifier: Apache-2.0
#include "app/analyse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <string>
#include <utility>

#include "app/analysis_job.hpp"
#include "app/engine.hpp"
#include "app/given_segments.hpp"
#include "app/locked_table.hpp"
#include "app/manifest_options.hpp"
#include "app/output_check.hpp"
#include "app/recorder.hpp"
#include "app/versions.hpp"

namespace tessera {
namespace {

void check_options(const AnalyseOptions& options) {
  if (options.output.empty()) throw ConfigError("no output folder", "name one with -o", ErrorCode::usage);
  if (options.by.empty()) {
    throw ConfigError("no column gives the segments", "name it with --by, or find segments with `tessera segment`",
                      ErrorCode::usage);
  }
  if (options.analysis.min_cell < 1) throw ConfigError("--min-cell must be at least 1", "10 is usual", ErrorCode::usage);
  check_input(options.input);
  check_not_overwritten(options.input, options.output);
}

}  // namespace

AnalyseSummary run_analyse(const AnalyseOptions& options, Observer& observer, const CancelToken& cancel) {
  check_options(options);
  Recorder recorder(observer);
  Engine engine(options.engine, recorder, cancel);
  RunDirectory run(options.output, options.force);
  recorder.stage("read", 0);
  LockedTable table(
      open_table(options.input, {options.dataset, options.engine.scratch, &recorder, &cancel, engine.threads().threads}));
  const TableInfo& info = table.info();
  if (info.rows == 0)
    throw DataError("the table has no rows", {info.path.string(), info.dataset, -1, {}}, "give at least one customer");
  for (const std::string& note : info.notes) recorder.note(Observer::Level::info, "table", note);

  AnalyseSummary summary;
  // Beside the work, as it may mean to read the whole file once more.
  std::future<InputIdentity> identity = std::async(std::launch::async, [&] { return identify_input(options.input, cancel); });
  const int by = segment_column(info, options.by);
  const KpiRequests kpis = read_kpis(options.prepare.kpis, info);
  PrepareOptions prepare = with_roles(options.prepare, kpis, options.analysis);
  prepare.categories = {info.columns[static_cast<std::size_t>(by)].name};  // a category may be a number, too
  const ProfiledColumns columns = profile_for_analysis(table, prepare, engine);

  AnalysisJob job{columns, kpis, options.analysis, options.prepare};
  job.seed = options.seed;
  job.labels = given_segments(columns, by, info);
  job.segments = static_cast<int>(job.labels.size());
  job.by = by;
  summary.analysis = run_analysis(table, job, engine);

  recorder.stage("write", 0);
  summary.table = info;
  summary.seed = options.seed;
  summary.manifest.created = creation_time();
  summary.manifest.input = identity.get();
  summary.manifest.command = "analyse";
  summary.manifest.options = manifest_options(options);
  summary.manifest.versions = versions();
  summary.output = options.output;
  summary.remarks = recorder.remarks();
  std::erase_if(summary.remarks,
                [](const Remark& remark) { return remark.code == "threads" || remark.code == "device_fallback"; });
  summary.device = engine.backend().description();
  summary.threads = engine.threads().threads;
  summary.threads_reason = engine.threads().reason;
  summary.timings_ms = recorder.timings_ms();
  const std::string problem = write_analyse_files(run, summary);
  if (!problem.empty()) observer.note(Observer::Level::warning, "names", problem);
  cancel.check();
  run.commit();
  return summary;
}

}  // namespace tessera
