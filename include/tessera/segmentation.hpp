// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "tessera/kmeans.hpp"
#include "tessera/mixture.hpp"
#include "tessera/model.hpp"
#include "tessera/observer.hpp"
#include "tessera/prepare.hpp"

namespace tessera {

/// Where a job runs and what it may use. Nothing in here changes a result.
struct EngineOptions {
  int threads = 0;                 ///< at most so many; 0: what environment, affinity and cgroup allow
  std::string device = "auto";     ///< auto | cpu | cuda | cuda:<i>
  std::string cpu_level = "auto";  ///< auto | eigen | an instruction-set level of this processor
  std::int64_t memory_bytes = 0;   ///< budget of everything that grows with the table; 0: 70 % of the machine or its cgroup
  std::filesystem::path scratch;   ///< folder of temporary files; empty: the system's
  std::int64_t chunk_rows = 0;     ///< rows per chunk, a multiple of 4,096; 0: from the budget
};

/// What is to be said of segments, beside their sizes. Columns are named; KPIs as the command line does, in
/// PrepareOptions::kpis: `churn`, `churn=Yes`, `revenue:sum`, `revenue/orders`, `score:nps`, `tenure:duration@churn=Yes`.
struct AnalysisOptions {
  std::vector<std::string> outcomes;   ///< drivers are looked for of these; empty: of the first KPIs
  bool find_drivers = true;            ///< false: no drivers, and no jackknife
  std::vector<std::string> drivers;    ///< names or globs; empty: every number and two-level category that is no KPI
  std::vector<std::string> compare;    ///< given segmentations to be held against the segments
  std::vector<std::string> hidden;     ///< personal columns: never analysed, never written
  std::vector<std::string> crosstabs;  ///< pairs of columns to be crossed: "region*product"
  std::string period;                  ///< a date, or a column of few levels that are in order; empty: none
  std::int64_t min_cell = 10;          ///< groups of fewer customers are suppressed, >= 1
};

/// How segments are found.
enum class Algorithm : std::uint8_t {
  kmeans,   ///< each customer in the segment with the nearest centroid
  mixture,  ///< Gaussian components; each customer in the most probable one
};

/// What `segment` is asked to do.
struct SegmentOptions {
  std::filesystem::path input;   ///< HDF5, CSV or TSV
  std::string dataset;           ///< HDF5 path of the table; empty: the only candidate
  std::filesystem::path output;  ///< folder of the run; created
  bool force = false;            ///< an earlier run at `output` may be replaced
  bool csv = false;              ///< also write assignments.csv
  /// Ids are written as pseudonyms, HMAC-SHA-256 with the content of this file as the key; empty: as they are.
  std::filesystem::path pseudonym_key;
  PrepareOptions prepare;
  bool automatic_segments = true;  ///< choose k; else fit.segments is k
  int smallest_segments = 1;       ///< of the choice, inclusive
  int largest_segments = 10;
  double least_share = 0.01;  ///< of the weight that a chosen segment must hold, in [0, 1)
  Algorithm algorithm = Algorithm::kmeans;
  KMeansOptions fit;                                   ///< initial_centroids is not used: see `initial`
  MixtureOptions mixture;                              ///< covariance, tolerance, least_variance; the rest is taken from `fit`
  MixtureCriterion criterion = MixtureCriterion::bic;  ///< by which the number of components is chosen
  bool probabilities = false;                          ///< of mixtures: also write the [n x k] probabilities of every segment
  std::filesystem::path initial;                       ///< HDF5 file with centroids in original units; empty: seeding
  std::string initial_dataset;                         ///< path of the [k x columns] dataset in it
  double outlier_quantile = 0.999;  ///< rows further from their segment than this share of all are flagged, in (0, 1];
                                    ///< with a mixture than this share of its component's customers would be
  bool analyse = true;              ///< describe the segments in original units, with KPIs, cross-tabs and drivers
  AnalysisOptions analysis;
  EngineOptions engine;
};

/// What a caller of the library gets back; everything else is in the files of the run.
struct SegmentationResult {
  Model model;
  KSelection k_selection;
  std::int64_t rows = 0;
  std::int64_t rejected = 0;               ///< rows that were not used
  std::vector<std::int64_t> segment_rows;  ///< [k]
  std::string summary_json;                ///< the content of summary.json
};

/// Reads a table, prepares it, finds its segments, assigns every customer and writes the run's folder, which appears whole or
/// not at all. The same table and options give the same bits on any machine, whatever the engine.
/// @param observer  is told what happens; called from the calling thread and from others, one at a time
/// @param cancel    looked at between chunks
/// @throws ConfigError, DataError, FileError, MemoryError, DeviceError, CancelledError
[[nodiscard]] SegmentationResult segment_table(const SegmentOptions& options, Observer& observer, const CancelToken& cancel);

/// What `analyse` is asked to do.
struct AnalyseOptions {
  std::filesystem::path input;   ///< HDF5, CSV or TSV
  std::string dataset;           ///< HDF5 path of the table; empty: the only candidate
  std::filesystem::path output;  ///< folder of the run; created
  bool force = false;            ///< an earlier run at `output` may be replaced
  std::string by;                ///< the column whose levels are the segments
  PrepareOptions prepare;        ///< roles of columns, categories, KPIs, top_levels; nothing is prepared
  AnalysisOptions analysis;
  std::uint64_t seed = 0;  ///< of samples and jackknife groups
  EngineOptions engine;
};

/// What `score` is asked to do.
struct ScoreOptions {
  std::filesystem::path model;          ///< model.h5 of a run
  std::filesystem::path input;          ///< new customers: HDF5, CSV or TSV; columns are matched by name
  std::string dataset;                  ///< HDF5 path of the table; empty: the only candidate
  std::filesystem::path output;         ///< HDF5 file of assignments
  bool force = false;                   ///< an earlier file at `output` may be replaced
  bool csv = false;                     ///< also write a CSV beside it
  bool probabilities = false;           ///< with a mixture: also write the [n x k] probabilities of every segment
  std::filesystem::path pseudonym_key;  ///< as in SegmentOptions
  EngineOptions engine;
};

/// What scoring found.
struct ScoreResult {
  std::int64_t rows = 0, rejected = 0, incomplete = 0, boundary = 0, outliers = 0;
  std::vector<std::int64_t> segment_rows;         ///< [k]
  std::vector<std::int64_t> segment_boundary;     ///< [k]
  std::vector<std::string> extra_columns;         ///< of the table, which the model does not use
  MissingPolicy missing = MissingPolicy::impute;  ///< of the model: what became of missing cells
};

/// Assigns the customers of a table to the segments of a saved model, with its preparation. Scoring the table that the model
/// was made from repeats its assignments bit for bit.
/// @throws DataError (columns missing or of another type; not a model), FileError, MemoryError, DeviceError, CancelledError
[[nodiscard]] ScoreResult score_table(const ScoreOptions& options, Observer& observer, const CancelToken& cancel);

}  // namespace tessera
