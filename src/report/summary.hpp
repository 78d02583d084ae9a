// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "analyse/customer_map.hpp"
#include "analyse/keep_probability.hpp"
#include "assign/assign.hpp"
#include "report/manifest.hpp"
#include "report/run_directory.hpp"
#include "tessera/analysis.hpp"
#include "tessera/kmeans.hpp"
#include "tessera/mixture.hpp"
#include "tessera/model.hpp"
#include "tessera/prepare.hpp"
#include "tessera/table.hpp"

namespace tessera {

/// Version of summary.json, segments.csv and manifest.json (docs/formats.md).
inline constexpr int kSummaryFormatMajor = 1;
inline constexpr int kSummaryFormatMinor = 0;

/// Something that people should know about the data or the run; the notes and warnings of the observer.
struct Remark {
  std::string code;     ///< stable word for machines: "missing_imputed"
  std::string message;  ///< sentence for people
  bool warning = false;
};

/// The segment of an earlier run whose customers were segmented once more.
struct SplitOrigin {
  std::string run;              ///< name of the run's folder, without its path
  int segment = 0;              ///< as in the run's assignments.h5
  std::string id;               ///< "2"; of a run that is itself a split "2.1"
  std::string name;             ///< what the run calls it
  std::int64_t rows = 0;        ///< customers of the segment
  std::int64_t of_rows = 0;     ///< of the run
  std::int64_t input_rows = 0;  ///< of the table that all of it was made from
  /// What the sub-segment of a number is called, 0 first as everywhere: "2.0", "2.1". A segment that stays whole keeps its id.
  [[nodiscard]] std::string label(int sub_segment, int segments) const {
    return segments < 2 ? id : id + "." + std::to_string(sub_segment);
  }
};

/// Everything that a finished `segment` run has to say; the app fills it, the functions below write it.
struct SegmentationSummary {
  TableInfo table;
  std::optional<SplitOrigin> split;      ///< the table is one segment of an earlier run
  std::vector<ColumnProfile> profiles;   ///< as learn_plan saw them; may be empty
  Model model;                           ///< its plan, centroids, weights, inertia are those published
  KSelection k_selection;                ///< automatic = false: k was given
  KMeansResult fit;                      ///< history, stop_reason, notes; centroids may be empty, the model's are published
  std::optional<MixtureResult> mixture;  ///< of a mixture: its likelihood and history; `fit` has what both kinds have
  AssignSummary assigned;
  std::optional<Analysis> analysis;     ///< in original units
  std::optional<KeepProbability> keep;  ///< of the segments found
  CustomerMap customer_map;             ///< may be empty
  std::vector<Remark> remarks;
  std::string device;         ///< Backend::description()
  std::string device_reason;  ///< why this device: "no CUDA module was found"; may be empty
  int threads = 1;
  std::string threads_reason;                              ///< "cgroup quota"; may be empty
  std::string residency;                                   ///< Feeder::residency()
  std::vector<std::pair<std::string, double>> timings_ms;  ///< per stage, in order: {"read", 12.3}
  Manifest manifest;
  std::filesystem::path output;  ///< the run's folder as the user named it; for the text only, never written to a file
  bool csv = false;              ///< assignments.csv was asked for
};

/// Writes model.h5, model.json, summary.json, segments.csv and manifest.json into the run's staging folder.
/// Also report.html, report.md and names.json; see write_report_files(), whose answer it returns. @throws FileError
std::string write_run_files(RunDirectory& run, const SegmentationSummary& summary);

/// summary.json, manifest.json, segments.csv as text (UTF-8, LF, ends with a line feed).
[[nodiscard]] std::string summary_json(const SegmentationSummary& summary);
[[nodiscard]] std::string manifest_json(const SegmentationSummary& summary);
[[nodiscard]] std::string segments_csv(const SegmentationSummary& summary);

/// model.json: the model for people and other programs, numbers in full precision, segments in original units.
[[nodiscard]] std::string model_json(const Model& model);

/// The summary for the terminal: verdict, segments, how k was chosen, remarks, where the results are. Ends with a line feed.
/// @param color  ANSI escapes
/// @param width  columns of the terminal, at least 60
[[nodiscard]] std::string render_summary(const SegmentationSummary& summary, bool color = false, int width = 100);

}  // namespace tessera
