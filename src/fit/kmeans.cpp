// SPDX-License-Identifier: Apache-2.0
#include "fit/kmeans.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <memory>
#include <numeric>
#include <unordered_set>
#include <utility>

#include "exact/grid.hpp"
#include "fit/complete_rows.hpp"
#include "fit/row_collection.hpp"
#include "fit/seeding.hpp"
#include "fit/segment_means.hpp"

namespace tessera {
namespace {

/// FNV-1a over the bits of the centroids: recognises a state that was there before.
std::uint64_t fingerprint(const Matrix<float>& centroids) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const float value : std::span(centroids.data(), static_cast<std::size_t>(centroids.rows() * centroids.columns()))) {
    hash = (hash ^ std::bit_cast<std::uint32_t>(value)) * 0x100000001b3U;
  }
  return hash;
}

double largest_shift(const Matrix<float>& a, const Matrix<float>& b) {
  double shift = 0.0;
  for (std::int64_t i = 0; i < a.rows() * a.columns(); ++i) {
    shift = std::max(shift, std::abs(static_cast<double>(a.data()[i]) - static_cast<double>(b.data()[i])));
  }
  return shift;
}

class Lloyd {
 public:
  Lloyd(Feeder& feeder, Backend& backend, Communicator& comm, const FeaturePlan& plan, const KMeansOptions& options,
        const JobContext& job)
      : feeder_(feeder),
        backend_(backend),
        comm_(comm),
        options_(options),
        job_(job),
        plan_(plan),
        columns_(gap_columns(plan)) {}

  KMeansResult run(const RowVisit& closing) {
    job_.observer.stage("seed", feeder_.rows());
    units_ = fit_units(plan_, options_.initial_centroids ? &*options_.initial_centroids : nullptr);
    centroids_ = options_.initial_centroids ? *options_.initial_centroids
                                            : seed_centroids(feeder_, series(), comm_, plan_, units_, options_, job_);
    job_.observer.stage("fit", feeder_.rows());
    iterate();
    feeder_.keep_state(0);
    publish(closing);
    return std::move(result_);
  }

 private:
  /// What a pass over the present centroids is to do.
  [[nodiscard]] NearestTask task(bool statistics, bool objective) const {
    return {.centroids = centroids_.view(),
            .units = &units_,
            .statistics = statistics,
            .objective = objective,
            .columns = columns_};
  }

  /// All passes over the rows are its passes, or aside of it.
  NearestSeries& series() {
    if (!series_) series_ = backend_.nearest_series(feeder_.rows());
    return *series_;
  }

  NearestStatistics nearest_sweep() {
    const auto pass = series().aside(task(true, false));
    return sweep(feeder_, *pass, comm_);
  }

  /// A sweep that knows what the sweeps before it learned of each row.
  NearestStatistics next_sweep(bool objective) {
    if (!std::exchange(has_state_, true)) feeder_.keep_state(series().row_state_bytes());
    const auto pass = series().next(task(true, objective));
    return sweep(feeder_, *pass, comm_);
  }

  void iterate() {
    std::unordered_set<std::uint64_t> states{fingerprint(centroids_)};
    result_.stop_reason = "iteration limit";
    while (result_.iterations < options_.max_iterations) {
      const NearestStatistics statistics = next_sweep(result_.iterations == 0);
      ++result_.iterations;
      const Matrix<float> next = update(statistics);
      record(statistics, next);
      const bool same_shape = next.rows() == centroids_.rows();
      const bool fixed = same_shape && next == centroids_;
      if (!same_shape) {  // what it knows is of so many centroids
        series_.reset();
        has_state_ = false;
      }
      centroids_ = next;
      if (fixed) {
        at_fixed_point_ = true;
        weights_ = statistics.weights;
        stop("fixed point");
      } else if (!states.insert(fingerprint(centroids_)).second) {
        stop("cycle");  // rounding to float32 can make two states alternate
      } else if (same_shape && result_.history.back().shift <= options_.tolerance) {
        stop("tolerance");
      }
      if (result_.converged) break;
    }
  }

  void stop(const char* reason) {
    result_.converged = true;
    result_.stop_reason = reason;
  }

  /// The next centroids: exact means; a segment without rows starts anew from the row that is worst off.
  Matrix<float> update(const NearestStatistics& statistics) {
    const SegmentMeans means(statistics, units_);
    std::vector<std::int64_t> segments;
    for (std::int64_t c = 0; c < centroids_.rows(); ++c) {
      if (statistics.weights[static_cast<std::size_t>(c)] > 0) segments.push_back(c);
    }
    if (segments.empty()) throw DataError("no row can be used: all are rejected or of weight zero");
    Matrix<float> next(std::ssize(segments), centroids_.columns());
    for_each_segment(next.rows(), [&](std::int64_t i) { means.write(segments[static_cast<std::size_t>(i)], next.row(i)); });
    if (const std::int64_t empty = centroids_.rows() - next.rows(); empty > 0) fill_empty(empty, next);
    return next;
  }

  /// Calls work(i) for i in [0, count), on all threads where there is enough to do for them: beside passes on a GPU, which may
  /// take less than a millisecond, this is what a fit waits for.
  template <typename Work>
  void for_each_segment(std::int64_t count, const Work& work) const {
    constexpr std::int64_t kCells = 1 << 14;  // some tenths of a millisecond
    if (count * centroids_.columns() >= kCells) {
      job_.threads.run(count, [&](int, std::int64_t i) { work(i); });
    } else {
      for (std::int64_t i = 0; i < count; ++i) work(i);
    }
  }

  /// Appends the `count` distinct rows of largest d^2 (lowest id first among equals); fewer if that many do not exist.
  void fill_empty(std::int64_t count, Matrix<float>& next) {
    const auto pass = series().aside(task(false, false));
    const std::vector<float> fills = keeps_gaps(plan_.missing) ? fill_values(plan_) : std::vector<float>{};
    std::vector<float> row(static_cast<std::size_t>(feeder_.features()));
    RowCollection farthest(feeder_.features());
    const auto visit = [&](const Chunk& chunk, const RowOutputs& outputs) {
      for (std::int64_t i = 0; i < chunk.rows.rows; ++i) {
        const double distance2 = outputs.distance2[static_cast<std::size_t>(i)];
        if (!(distance2 > 0.0) || !(fit_weight(chunk, i) > 0.0F)) continue;
        const std::uint64_t key = ~std::bit_cast<std::uint64_t>(distance2);  // the largest distance first
        if (static_cast<std::int64_t>(farthest.rows.size()) == count && key >= farthest.rows.back().key) continue;
        std::ranges::copy(chunk.rows.row(i), row.begin());
        if (!fills.empty()) complete_row(row, fills);
        if (holds(farthest.values, row)) continue;
        farthest.add({key, chunk.first_row + i, 1.0}, row);
        farthest.keep_smallest(count);
      }
    };
    static_cast<void>(sweep(feeder_, *pass, comm_, {.segment = false, .distance2 = true}, visit));
    farthest.gather(comm_);
    farthest.keep_smallest(static_cast<std::int64_t>(farthest.rows.size()));
    for (std::int64_t i = 0; i < farthest.values.rows() && count > 0; ++i) {
      if (holds(next, farthest.values.row(i))) continue;
      next.resize_rows(next.rows() + 1);
      std::ranges::copy(farthest.values.row(i), next.row(next.rows() - 1).begin());
      --count;
    }
  }

  static bool holds(const Matrix<float>& rows, std::span<const float> row) {
    for (std::int64_t i = 0; i < rows.rows(); ++i) {
      if (std::ranges::equal(rows.row(i), row)) return true;
    }
    return false;
  }

  /// The objective of the present centroids, for monitoring: exact in the first sweep, from then on
  /// constant - 2 sum S.c + sum W ||c||^2 (which cancels on tight, far-apart segments).
  void record(const NearestStatistics& statistics, const Matrix<float>& next) {
    const SegmentMeans means(statistics, units_);
    std::vector<double> parts(static_cast<std::size_t>(centroids_.rows()));
    for_each_segment(centroids_.rows(), [&](std::int64_t c) {
      parts[static_cast<std::size_t>(c)] = means.linear_part(c, std::as_const(centroids_).row(c));
    });
    const double linear = std::accumulate(parts.begin(), parts.end(), 0.0);
    if (result_.history.empty()) {
      constant_ = std::ldexp(static_cast<double>(statistics.objective), units_.objective_exponent) - linear;
    }
    const double shift = next.rows() == centroids_.rows() ? largest_shift(next, centroids_) : INFINITY;
    result_.history.push_back({.objective = constant_ + linear, .shift = shift, .reference_rows = statistics.reference_rows});
    job_.observer.note(Observer::Level::detail, "iteration",
                       fmt::format("iteration {}: objective {:.10g}, largest move {:.3g}", result_.iterations,
                                   result_.history.back().objective, shift));
  }

  /// Canonical order, then one more sweep in that order, which defines everything that is published.
  void publish(const RowVisit& visit) {
    // At a fixed point the last sweep was one of the present centroids.
    if (!at_fixed_point_) weights_ = nearest_sweep().weights;
    std::vector<std::int64_t> order;
    for (std::int64_t c = 0; c < centroids_.rows(); ++c) {
      if (weights_[static_cast<std::size_t>(c)] > 0) order.push_back(c);  // two centroids may have met at the iteration limit
    }
    std::ranges::sort(order, [&](std::int64_t a, std::int64_t b) {
      const Int128 weight_a = weights_[static_cast<std::size_t>(a)];
      const Int128 weight_b = weights_[static_cast<std::size_t>(b)];
      if (weight_a != weight_b) return weight_a > weight_b;
      return std::ranges::lexicographical_compare(std::as_const(centroids_).row(a), std::as_const(centroids_).row(b));
    });
    Matrix<float> ordered(static_cast<std::int64_t>(order.size()), centroids_.columns());
    for (std::size_t i = 0; i < order.size(); ++i) {
      std::ranges::copy(centroids_.row(order[i]), ordered.row(static_cast<std::int64_t>(i)).begin());
    }
    centroids_ = std::move(ordered);

    const auto pass = series().aside(task(true, true));
    const NearestStatistics closing =
        visit ? sweep(feeder_, *pass, comm_, {.segment = false, .distance2 = true}, visit) : sweep(feeder_, *pass, comm_);
    result_.rows = closing.rows;
    for (const Int128 weight : closing.weights) {
      result_.weights.push_back(std::ldexp(static_cast<double>(weight), units_.weight_exponent));
    }
    result_.inertia = std::ldexp(static_cast<double>(closing.objective), units_.objective_exponent);
    report_missing_segments();
    if (!result_.converged) {
      result_.notes.push_back(
          fmt::format("stopped after {} iterations before the centroids stood still; raise --max-iter", result_.iterations));
    }
    result_.centroids = std::move(centroids_);
  }

  void report_missing_segments() {
    const std::int64_t asked = options_.initial_centroids ? options_.initial_centroids->rows() : options_.segments;
    const std::int64_t found = centroids_.rows();
    if (found >= asked) return;
    const std::string message =
        result_.converged
            ? fmt::format("only {} distinct row{}: {} segment{} instead of {}", found, found == 1 ? "" : "s", found,
                          found == 1 ? "" : "s", asked)
            : fmt::format("{} of {} segments were empty when the iteration limit was reached", asked - found, asked);
    if (options_.strict_segments) throw DataError(message, {}, "ask for fewer segments, or leave out --strict-k");
    result_.notes.push_back(message);
  }

  Feeder& feeder_;
  Backend& backend_;
  Communicator& comm_;
  const KMeansOptions& options_;
  const JobContext& job_;
  const FeaturePlan& plan_;
  std::vector<std::uint8_t> columns_;  ///< see NearestTask
  GridUnits units_;
  Matrix<float> centroids_;
  std::unique_ptr<NearestSeries> series_;  ///< while the number of centroids stays
  bool has_state_ = false;                 ///< the feeder keeps its state
  bool at_fixed_point_ = false;
  std::vector<Int128> weights_;  ///< [k] of the present centroids' segments, once they are known
  double constant_ = 0.0;
  KMeansResult result_;
};

}  // namespace

GridUnits fit_units(const FeaturePlan& plan, const Matrix<float>* initial_centroids) {
  GridUnits units{.feature_exponent = plan.grid_exponent, .weight_exponent = plan.weight_exponent};
  // |x_j| <= 2^(grid + 40) / max(1, w): then w d^2 <= sum over features of 4^(grid + 40 + 1), if centroids lie within the rows'
  // range.
  double bound = 0.0;
  for (std::size_t j = 0; j < plan.grid_exponent.size(); ++j) {
    double reach = std::ldexp(1.0, plan.grid_exponent[j] + exact::kGridBits);
    if (initial_centroids != nullptr) {
      for (std::int64_t c = 0; c < initial_centroids->rows(); ++c) {
        const double outside = std::abs(static_cast<double>((*initial_centroids)(c, static_cast<std::int64_t>(j))));
        reach = std::max(reach, outside * std::max(1.0, plan.largest_weight));
      }
    }
    bound += 4.0 * reach * reach;
  }
  units.objective_exponent = exact::ceil_exponent(bound) - 62;
  return units;
}

KMeansResult fit_kmeans(Feeder& feeder, Backend& backend, Communicator& comm, const FeaturePlan& plan,
                        const KMeansOptions& options, const JobContext& job, const RowVisit& closing) {
  return Lloyd(feeder, backend, comm, plan, options, job).run(closing);
}

}  // namespace tessera
