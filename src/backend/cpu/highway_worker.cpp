// SPDX-License-Identifier: Apache-2.0
#include "backend/cpu/highway_worker.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

#include "exact/distance.hpp"
#include "hwy/aligned_allocator.h"

// Targets that gain nothing here, or whose vectors cannot be kept in arrays, are not compiled.
#define HWY_DISABLED_TARGETS (HWY_AVX3_DL | HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/cpu/highway_worker.cpp"
#include "hwy/foreach_target.h"
// After foreach_target.h, as Highway asks for.
#include "backend/cpu/reference_tile-inl.hpp"
#include "backend/cpu/screen_tile-inl.hpp"
#include "hwy/highway.h"

#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128  // without vectors there is the plain path
HWY_BEFORE_NAMESPACE();
namespace tessera::HWY_NAMESPACE {
namespace {

class HighwayWorker final : public NearestWorker {
 public:
  explicit HighwayWorker(const ScreenCentroids& screen) : screen_(screen) {
    // Rows and centroids are blocked for the second-level cache: a group of centroids is used by every panel of a block of
    // rows.
    constexpr std::int64_t kBlockBytes = std::int64_t{256} << 10;
    const std::int64_t d = screen.features();
    constexpr auto kFloatBytes = static_cast<std::int64_t>(sizeof(float));
    panels_ = std::clamp<std::int64_t>(kBlockBytes / (kPanelRows * d * kFloatBytes), 1, 1024 / kPanelRows);
    group_blocks_ = std::max<std::int64_t>(1, kBlockBytes / (kTile * d * kFloatBytes));
    packed_ = hwy::AllocateAligned<float>(static_cast<std::size_t>((panels_ + 1) * kPanelRows * d));
    states_ = hwy::MakeUniqueAlignedArray<PanelState>(static_cast<std::size_t>(panels_ + 1));
    if (!packed_ || !states_) throw std::bad_alloc();
    thresholds_.resize(static_cast<std::size_t>(block_rows()));
  }

  [[nodiscard]] std::int64_t block_rows() const override { return panels_ * kPanelRows; }

  std::int64_t nearest(MatrixView<const float> rows, std::span<const std::uint8_t> skip, const BlockResults& results) override {
    if (results.second.empty()) {
      screen_block<1>(rows);
    } else {
      screen_block<2>(rows);
    }
    open_.clear();
    for (std::int64_t first = 0; first < rows.rows; first += kPanelRows) {
      if (results.second.empty()) {
        settle_panel<1>(rows, first, skip, results);
      } else {
        settle_panel<2>(rows, first, skip, results);
      }
    }
    for (std::size_t first = 0; first < open_.size();) {
      // A few rows left over are not worth a full panel.
      const bool full = open_.size() - first > static_cast<std::size_t>(kLanes);
      const std::size_t count = std::min(open_.size() - first, static_cast<std::size_t>(full ? kPanelRows : kLanes));
      const auto part = std::span<const std::int64_t>(open_).subspan(first, count);
      if (full) {
        decide_panel<kVectors>(rows, part, results);
      } else {
        decide_panel<1>(rows, part, results);
      }
      first += count;
    }
    return static_cast<std::int64_t>(open_.size());
  }

  void distances(MatrixView<const float> rows, std::span<const std::int32_t> labels, std::span<double> distance2) override {
    for (std::int64_t first = 0; first < rows.rows; first += kPanelRows) {
      const std::int64_t count = std::min(kPanelRows, rows.rows - first);
      pack_rows(rows, first, count, panel(0));
      label_distances(panel(0), labels.data() + first, count, distance2.data() + first);
    }
  }

  void accumulate(MatrixView<const float> rows, std::span<const std::int32_t> labels, std::span<const float> weights,
                  std::span<const double> unit, std::span<const double> inverse, MatrixView<double> sums) override {
    const std::int64_t d = rows.columns;
    for (std::int64_t i = 0; i < rows.rows; ++i) {
      const auto row = static_cast<std::size_t>(i);
      if (labels[row] < 0) continue;
      double* sum = sums.data + labels[row] * d;
      if (weights.empty()) {
        add_row(rows.data + i * d, d, sum);
      } else {
        add_weighted_row(rows.data + i * d, static_cast<double>(weights[row]), unit.data(), inverse.data(), d, sum);
      }
    }
  }

 private:
  [[nodiscard]] float* panel(std::int64_t index) { return packed_.get() + index * kPanelRows * screen_.features(); }

  static void pack_rows(MatrixView<const float> rows, std::int64_t first, std::int64_t count, float* packed) {
    const float* pointers[kPanelRows];
    for (std::int64_t i = 0; i < count; ++i) pointers[i] = rows.data + (first + i) * rows.columns;
    pack_panel(pointers, count, rows.columns, kPanelRows, packed);
  }

  template <int kPlaces>
  void screen_block(MatrixView<const float> rows) {
    const std::int64_t panels = (rows.rows + kPanelRows - 1) / kPanelRows;
    for (std::int64_t p = 0; p < panels; ++p) {
      pack_rows(rows, p * kPanelRows, std::min(kPanelRows, rows.rows - p * kPanelRows), panel(p));
      start_panel<kVectors>(panel(p), screen_, states_[static_cast<std::size_t>(p)]);
    }
    for (std::int64_t first = 0; first < screen_.blocks(); first += group_blocks_) {
      const std::int64_t last = std::min(first + group_blocks_, screen_.blocks());
      for (std::int64_t p = 0; p < panels; ++p) {
        screen_panel<kVectors, kPlaces>(panel(p), screen_, first, last, states_[static_cast<std::size_t>(p)]);
      }
    }
  }

  /// Takes over what the screen found for the certified rows of the panel from row `first` on; the others stay open.
  template <int kPlaces>
  void settle_panel(MatrixView<const float> rows, std::int64_t first, std::span<const std::uint8_t> skip,
                    const BlockResults& results) {
    PanelState& state = states_[static_cast<std::size_t>(first / kPanelRows)];
    const std::int64_t count = std::min(kPanelRows, rows.rows - first);
    std::uint8_t certified[kPanelRows];
    const bool all = certify_panel<kPlaces>(screen_, count, state, certified);
    for (std::int64_t lane = 0; lane < count; ++lane) {
      results.first[static_cast<std::size_t>(first + lane)] =
          screen_.place_centroid[static_cast<std::size_t>(state.index[0][lane])];
    }
    for (std::int64_t lane = 0; lane < count && !all; ++lane) {
      const auto row = static_cast<std::size_t>(first + lane);
      if (certified[lane] != 0 || (!skip.empty() && skip[row] != 0)) continue;
      thresholds_[row] = state.threshold[lane];
      open_.push_back(first + lane);
    }
    if (results.first_distance2.empty()) return;
    label_distances(panel(first / kPanelRows), results.first.data() + first, count, results.first_distance2.data() + first);
    if (kPlaces == 1) return;
    for (std::int64_t lane = 0; lane < count; ++lane) {
      results.second[static_cast<std::size_t>(first + lane)] =
          screen_.place_centroid[static_cast<std::size_t>(state.index[1][lane])];
    }
    label_distances(panel(first / kPanelRows), results.second.data() + first, count, results.second_distance2.data() + first);
    for (std::int64_t i = first; i < first + count; ++i) order_pair(static_cast<std::size_t>(i), results);
  }

  /// Rows are certified for the pair of the two nearest; which of them is nearer is for the reference to say.
  static void order_pair(std::size_t row, const BlockResults& results) {
    exact::TwoNearest two;
    two.offer_in_any_order(results.first[row], results.first_distance2[row]);
    two.offer_in_any_order(results.second[row], results.second_distance2[row]);
    write(row, two, results);
  }

  /// Reference distances of the rows of a panel to the centroids of their labels; a negative label leaves its distance
  /// unspecified.
  void label_distances(const float* rows_on_lanes, const std::int32_t* labels, std::int64_t count, double* distance2) {
    std::int32_t numbers[kPanelRows] = {};
    for (std::int64_t lane = 0; lane < count; ++lane) numbers[lane] = std::max(labels[lane], 0);
    alignas(HWY_ALIGNMENT) double found[kPanelRows];
    pair_distances<true>(rows_on_lanes, kPanelRows, nullptr, numbers, count, screen_.centroids, found);
    std::copy(found, found + count, distance2);
  }

  /// Decides open rows by reference distances to the candidates that the screen leaves, or to all centroids if it leaves many.
  template <int kWidth>
  void decide_panel(MatrixView<const float> rows, std::span<const std::int64_t> part, const BlockResults& results) {
    constexpr std::int64_t kStride = kWidth * kLanes;
    // A candidate of one row costs about so many times a centroid of the direct kernel, which has a row on every lane.
    constexpr std::int64_t kPairCost = 1 + kDoubleLanes / 2;
    float* rows_on_lanes = panel(panels_);
    PanelState& state = states_[static_cast<std::size_t>(panels_)];
    const float* pointers[kPanelRows];
    bool direct = false;
    for (std::size_t lane = 0; lane < part.size(); ++lane) {
      pointers[lane] = rows.data + part[lane] * rows.columns;
      const float threshold = thresholds_[static_cast<std::size_t>(part[lane])];
      direct = direct || !(threshold > -std::numeric_limits<float>::infinity());
    }
    pack_panel(pointers, std::ssize(part), rows.columns, kStride, rows_on_lanes);
    if (!direct) {
      start_panel<kWidth>(rows_on_lanes, screen_, state);
      for (std::int64_t lane = 0; lane < kStride; ++lane) {
        const auto place = static_cast<std::size_t>(lane);
        state.threshold[lane] =
            place < part.size() ? thresholds_[static_cast<std::size_t>(part[place])] : std::numeric_limits<float>::infinity();
      }
      const auto most_pairs = static_cast<std::size_t>(kStride * screen_.segments() / kPairCost);
      collect_panel<kWidth>(rows_on_lanes, screen_, state, [&](std::int64_t lane, std::int64_t place) {
        pair_lanes_.push_back(static_cast<std::int32_t>(lane));
        pair_centroids_.push_back(screen_.place_centroid[static_cast<std::size_t>(place)]);
        return pair_lanes_.size() < most_pairs;
      });
      direct = pair_lanes_.size() >= most_pairs;
    }
    if (direct) {
      direct_panel(rows_on_lanes, kStride, screen_.centroids, direct_);
      for (std::size_t lane = 0; lane < part.size(); ++lane) {
        write(static_cast<std::size_t>(part[lane]),
              {static_cast<std::int32_t>(direct_.first[lane]), static_cast<std::int32_t>(direct_.second[lane]),
               direct_.first_distance2[lane], direct_.second_distance2[lane]},
              results);
      }
    } else {
      resolve_pairs(rows_on_lanes, kStride, part, results);
    }
    pair_lanes_.clear();
    pair_centroids_.clear();
  }

  /// Computes the pairs that were collected and gives each row of the panel its nearest two.
  void resolve_pairs(const float* rows_on_lanes, std::int64_t stride, std::span<const std::int64_t> part,
                     const BlockResults& results) {
    const std::size_t count = pair_lanes_.size();
    const std::size_t padded = (count + kPairGroup - 1) / kPairGroup * kPairGroup;
    pair_lanes_.resize(padded);
    pair_centroids_.resize(padded);
    pair_distance2_.resize(padded);
    pair_distances<false>(rows_on_lanes, stride, pair_lanes_.data(), pair_centroids_.data(), static_cast<std::int64_t>(count),
                          screen_.centroids, pair_distance2_.data());
    exact::TwoNearest nearest[kPanelRows];
    for (std::size_t p = 0; p < count; ++p) nearest[pair_lanes_[p]].offer_in_any_order(pair_centroids_[p], pair_distance2_[p]);
    for (std::size_t lane = 0; lane < part.size(); ++lane) write(static_cast<std::size_t>(part[lane]), nearest[lane], results);
  }

  static void write(std::size_t row, const exact::TwoNearest& nearest, const BlockResults& results) {
    if (!results.first.empty()) results.first[row] = nearest.first;
    if (!results.first_distance2.empty()) results.first_distance2[row] = nearest.first_distance2;
    if (!results.second.empty()) results.second[row] = nearest.second;
    if (!results.second_distance2.empty()) results.second_distance2[row] = nearest.second_distance2;
  }

  const ScreenCentroids& screen_;
  std::int64_t panels_ = 1;
  std::int64_t group_blocks_ = 1;
  hwy::AlignedFreeUniquePtr<float[]> packed_;  ///< the panels of a block, and one more for open rows
  hwy::AlignedUniquePtr<PanelState[]> states_;
  PanelNearest direct_;
  std::vector<float> thresholds_;             ///< [block_rows] of open rows
  std::vector<std::int64_t> open_;            ///< rows of the block that the screen did not certify
  std::vector<std::int32_t> pair_lanes_;      ///< candidates of a panel: row by lane,
  std::vector<std::int32_t> pair_centroids_;  ///< centroid,
  std::vector<double> pair_distance2_;        ///< reference distance
};

std::unique_ptr<NearestWorker> make_worker(const ScreenCentroids& screen) { return std::make_unique<HighwayWorker>(screen); }

}  // namespace

/// This target as a level; `supported` are the targets of this processor.
void add_level(std::int64_t supported, std::vector<CpuLevel>& levels) {
  if ((supported & HWY_TARGET) == 0) return;
  std::string name = hwy::TargetName(HWY_TARGET);
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  levels.push_back({name, kTile, &make_worker});
}

}  // namespace tessera::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#if HWY_ONCE
namespace tessera {

std::vector<CpuLevel> highway_levels() {
  const std::int64_t supported = hwy::SupportedTargets();
  std::vector<CpuLevel> levels;
#if HWY_TARGETS & HWY_AVX3
  N_AVX3::add_level(supported, levels);
#endif
#if HWY_TARGETS & HWY_AVX2
  N_AVX2::add_level(supported, levels);
#endif
#if HWY_TARGETS & HWY_SSE4
  N_SSE4::add_level(supported, levels);
#endif
#if HWY_TARGETS & HWY_NEON
  N_NEON::add_level(supported, levels);
#endif
  return levels;
}

}  // namespace tessera
#endif  // HWY_ONCE
