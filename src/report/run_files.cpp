// SPDX-License-Identifier: Apache-2.0
#include "report/report.hpp"
#include "report/summary.hpp"
#include "tessera/model.hpp"

namespace tessera {

std::string write_run_files(const RunDirectory& run, const SegmentationSummary& summary) {
  save_model(summary.model, run.file("model.h5"));
  write_file(run.file("model.json"), model_json(summary.model));
  const std::string text = summary_json(summary);
  write_file(run.file("summary.json"), text);
  write_file(run.file("segments.csv"), segments_csv(summary));
  write_file(run.file("manifest.json"), manifest_json(summary));
  return write_report_files(run, text);
}

}  // namespace tessera
