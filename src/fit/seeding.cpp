// SPDX-License-Identifier: Apache-2.0
#include "fit/seeding.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "exact/grid.hpp"
#include "exact/philox.hpp"
#include "fit/complete_rows.hpp"
#include "fit/row_collection.hpp"
#include "fit/segment_means.hpp"

namespace tessera {
namespace {

constexpr int kRounds = 3;
constexpr int kMostRounds = 30;  // if rounds bring too few candidates
constexpr std::int64_t kLeastOversampling =
    40;  // candidates a round for small k: the host's choice gets better, rows hardly notice

class CandidateSearch {
 public:
  CandidateSearch(Feeder& feeder, NearestSeries& series, Communicator& comm, const FeaturePlan& plan, const GridUnits& units,
                  const KMeansOptions& options, ThreadPool& threads)
      : feeder_(feeder),
        series_(series),
        comm_(comm),
        threads_(threads),
        columns_(gap_columns(plan)),
        fills_(fill_values(plan)),
        units_(units),
        options_(options),
        oversampling_(std::max<std::int64_t>(2 * std::int64_t{options.segments}, kLeastOversampling)),
        candidates_(0, feeder.features()) {}

  /// @param first the row that the search begins with
  RowCollection run(std::span<const float> first) {
    candidates_.resize_rows(1);
    std::ranges::copy(first, candidates_.row(0).begin());
    for (int round = 0; round < kMostRounds; ++round) {
      const bool enough = candidates_.rows() >= 2 * std::int64_t{options_.segments};
      if (round >= kRounds && enough) break;
      const RowCollection drawn = draw_round(round);
      if (drawn.rows.empty() && round >= kRounds) break;  // every row is a candidate's twin, or nearly
      append(drawn);
    }
    return weigh();
  }

 private:
  void append(const RowCollection& found) {
    const std::int64_t before = candidates_.rows();
    candidates_.resize_rows(before + found.values.rows());
    std::copy_n(found.values.data(), found.values.rows() * found.values.columns(),
                candidates_.data() + before * candidates_.columns());
    for (std::int64_t c = before; c < candidates_.rows() && !columns_.empty(); ++c) complete_row(candidates_.row(c), fills_);
  }

  [[nodiscard]] NearestTask task(bool statistics) const {
    return {.centroids = candidates_.view(),
            .units = &units_,
            .statistics = statistics,
            .objective = !statistics,
            .columns = columns_};
  }

  /// One sweep: phi is known only at its end, so the rows with the least u / (w d^2) are kept on the way and judged afterwards.
  RowCollection draw_round(int round) {
    const std::int64_t most = 4 * oversampling_;  // l are expected
    SmallestKeys smallest(feeder_.features(), most, threads_);
    const auto pass = series_.aside(task(false));
    const auto visit = [&](const Chunk& chunk, const RowOutputs& outputs) {
      smallest.offer(chunk, [&](std::int64_t i, double weight) {
        const double mass = weight * outputs.distance2[static_cast<std::size_t>(i)];
        if (!(mass > 0.0)) return SmallestKeys::kNever;
        const double u =
            exact::random_uniform(options_.seed, exact::Purpose::seeding, static_cast<std::uint64_t>(chunk.first_row + i),
                                  static_cast<std::uint32_t>(round));
        return std::bit_cast<std::uint64_t>(u / mass);  // non-negative doubles order like their bits
      });
    };
    const NearestStatistics found = sweep(feeder_, *pass, comm_, {.segment = false, .distance2 = true}, visit);
    RowCollection drawn = smallest.take(comm_);
    const double objective = std::ldexp(static_cast<double>(found.objective), units_.objective_exponent);
    const double limit = static_cast<double>(oversampling_) / objective;
    drawn.keep_smallest(std::ranges::count_if(
        drawn.rows, [&](const RowCollection::Row& row) { return std::bit_cast<double>(row.key) < limit; }));
    return drawn;
  }

  /// Candidates as the exact means and weights of the rows nearest to them; equal candidates collapse (ties go to the first).
  RowCollection weigh() {
    const auto pass = series_.aside(task(true));
    const NearestStatistics cells = sweep(feeder_, *pass, comm_);
    const SegmentMeans means(cells, units_);
    RowCollection weighted(feeder_.features());
    std::vector<float> mean(static_cast<std::size_t>(feeder_.features()));
    for (std::int64_t c = 0; c < candidates_.rows(); ++c) {
      const Int128 weight = cells.weights[static_cast<std::size_t>(c)];
      if (weight <= 0) continue;
      means.write(c, mean);
      weighted.add({0, c, std::ldexp(static_cast<double>(weight), units_.weight_exponent)}, mean);
    }
    return weighted;
  }

  Feeder& feeder_;
  NearestSeries& series_;
  Communicator& comm_;
  ThreadPool& threads_;
  std::vector<std::uint8_t> columns_;  ///< see NearestTask
  std::vector<float> fills_;           ///< [d] for gaps of candidates
  const GridUnits& units_;
  const KMeansOptions& options_;
  std::int64_t oversampling_;
  Matrix<float> candidates_;
};

}  // namespace

Matrix<float> seed_centroids(Feeder& feeder, NearestSeries& series, Communicator& comm, const FeaturePlan& plan,
                             const GridUnits& units, const KMeansOptions& options, const JobContext& job) {
  // One row more than the limit tells whether the table is small without a sweep just for counting.
  RowCollection candidates = sample_rows(feeder, comm, job.threads, kAllRowsAreCandidates + 1, options.seed);
  if (candidates.rows.empty()) throw DataError("no row can be used: all are rejected or of weight zero");
  complete_by_neighbours(candidates, plan, job.threads);
  if (static_cast<std::int64_t>(candidates.rows.size()) > kAllRowsAreCandidates) {
    const auto first = std::ranges::min_element(
        candidates.rows, {}, [&](const RowCollection::Row& row) { return sample_key(options.seed, row.id); });
    candidates = CandidateSearch(feeder, series, comm, plan, units, options, job.threads)
                     .run(candidates.values.row(first - candidates.rows.begin()));
  }
  const PointClustering best = cluster_points(
      candidates.points(), {.segments = options.segments, .seed = options.seed, .restarts = options.restarts}, &job.threads);
  Matrix<float> centroids(best.centroids.rows(), best.centroids.columns());
  std::transform(best.centroids.data(), best.centroids.data() + best.centroids.rows() * best.centroids.columns(),
                 centroids.data(), [](double value) { return static_cast<float>(value); });
  return centroids;
}

}  // namespace tessera
