// SPDX-License-Identifier: Apache-2.0
#include "report/analysis_files.hpp"
#include "report/report.hpp"
#include "report/summary.hpp"
#include "tessera/model.hpp"

namespace tessera {

std::string write_run_files(RunDirectory& run, const SegmentationSummary& summary) {
  save_model(summary.model, run.file("model.h5"));
  write_file(run.file("model.json"), model_json(summary.model));
  const std::string text = summary_json(summary);
  write_file(run.file("summary.json"), text);
  write_file(run.file("segments.csv"), segments_csv(summary));
  write_file(run.file("manifest.json"), manifest_json(summary));
  if (summary.analysis) write_analysis_files(run, *summary.analysis);
  return write_report_files(run, text);
}

}  // namespace tessera
