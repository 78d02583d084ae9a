// SPDX-License-Identifier: Apache-2.0
#include "report/summary.hpp"
#include "tessera/model.hpp"

namespace tessera {

void write_run_files(const RunDirectory& run, const SegmentationSummary& summary) {
  save_model(summary.model, run.file("model.h5"));
  write_file(run.file("model.json"), model_json(summary.model));
  write_file(run.file("summary.json"), summary_json(summary));
  write_file(run.file("segments.csv"), segments_csv(summary));
  write_file(run.file("manifest.json"), manifest_json(summary));
}

}  // namespace tessera
