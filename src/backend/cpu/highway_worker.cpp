// SPDX-License-Identifier: Apache-2.0
#include "backend/cpu/highway_worker.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

#include "backend/cpu/kernel_levels.hpp"
#include "exact/distance.hpp"
#include "hwy/aligned_allocator.h"

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

/// Lists the rows whose slack does not exceed the limit of their segment.
HWY_NOINLINE std::size_t open_rows(std::span<const RowState> state, const float* limits, std::int32_t* list) {
  const FloatTag df;
  const IntTag di;
  static_assert(sizeof(RowState) == 2 * sizeof(std::int32_t));
  std::size_t count = 0;
  std::size_t i = 0;
  const auto lanes = static_cast<std::size_t>(kLanes);
  for (; i + lanes <= state.size(); i += lanes) {
    hn::Vec<IntTag> slack, segment_plus;
    hn::LoadInterleaved2(di, reinterpret_cast<const std::int32_t*>(state.data() + i), slack, segment_plus);
    const auto limit = hn::GatherIndex(df, limits, segment_plus);
    const auto open = hn::Not(hn::Gt(hn::BitCast(df, slack), limit));  // also where the slack is NaN
    count += hn::CompressBlendedStore(hn::Iota(di, static_cast<std::int32_t>(i)), hn::RebindMask(di, open), di, list + count);
  }
  for (; i < state.size(); ++i) {
    list[count] = static_cast<std::int32_t>(i);
    count += state[i].slack > limits[state[i].segment_plus] ? 0U : 1U;
  }
  return count;
}

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
    thresholds_.resize(static_cast<std::size_t>(panels_ * kPanelRows));
  }

  std::int64_t nearest(MatrixView<const float> rows, std::span<const std::int32_t> list,
                       const NearestResults& results) override {
    const std::int64_t m = std::ssize(list);
    std::int64_t open = 0;
    for (std::int64_t first = 0; first < m; first += panels_ * kPanelRows) {
      const std::int64_t count = std::min(panels_ * kPanelRows, m - first);
      const auto part = [&](auto span) {
        return span.empty() ? span : span.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
      };
      const NearestResults wanted{part(results.first), part(results.slack), part(results.second)};
      if (results.second.empty()) {
        open += nearest_block<1>(rows, part(list), wanted);
      } else {
        open += nearest_block<2>(rows, part(list), wanted);
      }
    }
    return open;
  }

  void nearest_gaps(MatrixView<const float> rows, const GapRows& gaps) override {
    for (std::size_t first = 0; first < gaps.list.size(); first += static_cast<std::size_t>(kPanelRows)) {
      const std::int64_t count = std::min(kPanelRows, std::ssize(gaps.list) - static_cast<std::int64_t>(first));
      const std::int64_t stride = count <= kLanes ? kLanes : kPanelRows;
      pack_rows(rows, gaps.list.data() + first, count, stride, panel(0));
      alignas(HWY_ALIGNMENT) double factor[kPanelRows] = {};
      std::copy_n(gaps.factor.data() + first, count, factor);
      direct_panel<true>(panel(0), stride, screen_.centroids, factor, direct_);
      for (std::size_t lane = 0; lane < static_cast<std::size_t>(count); ++lane) {
        gaps.first[first + lane] = static_cast<std::int32_t>(direct_.first[lane]);
        gaps.second[first + lane] = static_cast<std::int32_t>(direct_.second[lane]);
      }
      std::copy_n(direct_.first_distance2, count, gaps.first_distance2.data() + first);
      std::copy_n(direct_.second_distance2, count, gaps.second_distance2.data() + first);
    }
  }

  void distances(MatrixView<const float> rows, std::span<const std::int32_t> list, std::span<const std::int32_t> labels,
                 std::span<double> distance2) override {
    for (std::int64_t first = 0; first < std::ssize(list); first += kPanelRows) {
      const std::int64_t count = std::min(kPanelRows, std::ssize(list) - first);
      pack_rows(rows, list.data() + first, count, kPanelRows, panel(0));
      pack_rows(screen_.centroids, labels.data() + first, count, kPanelRows, panel(1));
      alignas(HWY_ALIGNMENT) double found[kPanelRows];
      panel_distances(panel(0), panel(1), rows.columns, found);
      std::copy_n(found, count, distance2.data() + first);
    }
  }

  void move_rows(MatrixView<const float> rows, std::span<const Move> moves, const RowWeights& weights,
                 MatrixView<double> sums) override {
    const std::int64_t d = rows.columns;
    for (const Move& move : moves) {
      const float* x = rows.data + move.row * d;
      double* to = move.to < 0 ? nullptr : sums.data + move.to * d;
      double* from = move.from < 0 ? nullptr : sums.data + move.from * d;
      if (weights.weights.empty()) {
        if (to != nullptr) add_row<1>(x, d, to);
        if (from != nullptr) add_row<-1>(x, d, from);
      } else {
        const auto weight = static_cast<double>(weights.weights[static_cast<std::size_t>(move.row)]);
        if (to != nullptr) add_weighted_row(x, weight, weights.unit.data(), weights.inverse.data(), d, to);
        if (from != nullptr) add_weighted_row(x, -weight, weights.unit.data(), weights.inverse.data(), d, from);
      }
    }
  }

 private:
  [[nodiscard]] float* panel(std::int64_t index) { return packed_.get() + index * kPanelRows * screen_.features(); }

  static void pack_rows(MatrixView<const float> rows, const std::int32_t* list, std::int64_t count, std::int64_t stride,
                        float* packed) {
    const float* pointers[kPanelRows];
    for (std::int64_t i = 0; i < count; ++i) pointers[i] = rows.data + list[i] * rows.columns;
    pack_panel(pointers, count, rows.columns, stride, packed);
  }

  /// `nearest` for as many rows as there are panels for.
  template <int kPlaces>
  std::int64_t nearest_block(MatrixView<const float> rows, std::span<const std::int32_t> list, const NearestResults& results) {
    screen_block<kPlaces>(rows, list);
    open_.clear();
    for (std::int64_t first = 0; first < std::ssize(list); first += kPanelRows) settle_panel<kPlaces>(list, first, results);
    for (std::size_t first = 0; first < open_.size();) {
      // A few rows left over are not worth a full panel.
      const bool full = open_.size() - first > static_cast<std::size_t>(kLanes);
      const std::size_t count = std::min(open_.size() - first, static_cast<std::size_t>(full ? kPanelRows : kLanes));
      const auto part = std::span<const std::int32_t>(open_).subspan(first, count);
      if (full) {
        decide_panel<kVectors>(rows, list, part, results);
      } else {
        decide_panel<1>(rows, list, part, results);
      }
      first += count;
    }
    return std::ssize(open_);
  }

  template <int kPlaces>
  void screen_block(MatrixView<const float> rows, std::span<const std::int32_t> list) {
    const std::int64_t panels = (std::ssize(list) + kPanelRows - 1) / kPanelRows;
    // Where one group holds all centroids a panel is done with at once: packed into the first-level cache, and not out of it.
    const bool at_once = group_blocks_ >= screen_.blocks();
    const auto screen = [&](std::int64_t p, std::int64_t first, std::int64_t last) {
      screen_panel<kVectors, kPlaces>(panel(at_once ? 0 : p), screen_, first, last, states_[static_cast<std::size_t>(p)]);
    };
    for (std::int64_t p = 0; p < panels; ++p) {
      const std::int64_t first = p * kPanelRows;
      float* packed = panel(at_once ? 0 : p);
      pack_rows(rows, list.data() + first, std::min(kPanelRows, std::ssize(list) - first), kPanelRows, packed);
      start_panel<kVectors>(packed, screen_, states_[static_cast<std::size_t>(p)]);
      if (at_once) screen(p, 0, screen_.blocks());
    }
    for (std::int64_t first = 0; first < screen_.blocks() && !at_once; first += group_blocks_) {
      const std::int64_t last = std::min(first + group_blocks_, screen_.blocks());
      for (std::int64_t p = 0; p < panels; ++p) screen(p, first, last);
    }
  }

  /// Takes over what the screen found for the certified rows of the panel from place `first` of the list on; the others stay
  /// open.
  template <int kPlaces>
  void settle_panel(std::span<const std::int32_t> list, std::int64_t first, const NearestResults& results) {
    PanelState& state = states_[static_cast<std::size_t>(first / kPanelRows)];
    const std::int64_t count = std::min(kPanelRows, std::ssize(list) - first);
    std::uint8_t certified[kPanelRows];
    const bool all = certify_panel<kPlaces>(screen_, count, state, certified);
    for (std::int64_t lane = 0; lane < count; ++lane) {
      for (int place = 0; place < kPlaces; ++place) {
        (place == 0 ? results.first : results.second)[static_cast<std::size_t>(first + lane)] =
            screen_.place_centroid[static_cast<std::size_t>(state.index[place][lane])];
      }
    }
    if (!results.slack.empty()) {
      float* slack = results.slack.data() + first;
      if (kPlaces == 1) std::copy_n(state.slack, count, slack);
      if (kPlaces == 2) std::fill_n(slack, count, 0.0F);  // which of the two is nearer is not known yet
    }
    for (std::int64_t lane = 0; lane < count && !all; ++lane) {
      if (certified[lane] != 0) continue;
      thresholds_[static_cast<std::size_t>(first + lane)] = state.threshold[lane];
      open_.push_back(static_cast<std::int32_t>(first + lane));
    }
  }

  /// Decides open rows by reference distances to the candidates that the screen leaves, or to all centroids if it leaves many.
  /// @param part places in the list
  template <int kWidth>
  void decide_panel(MatrixView<const float> rows, std::span<const std::int32_t> list, std::span<const std::int32_t> part,
                    const NearestResults& results) {
    constexpr std::int64_t kStride = kWidth * kLanes;
    // A candidate of one row costs about so many times a centroid of the direct kernel, which has a row on every lane.
    constexpr std::int64_t kPairCost = 1 + kDoubleLanes / 2;
    float* rows_on_lanes = panel(panels_);
    PanelState& state = states_[static_cast<std::size_t>(panels_)];
    std::int32_t numbers[kPanelRows];
    bool direct = false;
    for (std::size_t lane = 0; lane < part.size(); ++lane) {
      numbers[lane] = list[static_cast<std::size_t>(part[lane])];
      const float threshold = thresholds_[static_cast<std::size_t>(part[lane])];
      direct = direct || !(threshold > -std::numeric_limits<float>::infinity());
    }
    pack_rows(rows, numbers, std::ssize(part), kStride, rows_on_lanes);
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
      direct_panel<false>(rows_on_lanes, kStride, screen_.centroids, nullptr, direct_);
      for (std::size_t lane = 0; lane < part.size(); ++lane) {
        write(static_cast<std::size_t>(part[lane]),
              {static_cast<std::int32_t>(direct_.first[lane]), static_cast<std::int32_t>(direct_.second[lane]),
               direct_.first_distance2[lane], direct_.second_distance2[lane]},
              results);
        if (results.slack.empty()) continue;
        results.slack[static_cast<std::size_t>(part[lane])] =
            exact::slack_between(direct_.first_distance2[lane], direct_.second_distance2[lane]);
      }
    } else {
      resolve_pairs(rows_on_lanes, kStride, part, results);
    }
    pair_lanes_.clear();
    pair_centroids_.clear();
  }

  /// Computes the pairs that were collected and gives each row of the panel its nearest two.
  void resolve_pairs(const float* rows_on_lanes, std::int64_t stride, std::span<const std::int32_t> part,
                     const NearestResults& results) {
    const std::size_t count = pair_lanes_.size();
    const std::size_t padded = (count + kPairGroup - 1) / kPairGroup * kPairGroup;
    pair_lanes_.resize(padded);
    pair_centroids_.resize(padded);
    pair_distance2_.resize(padded);
    pair_distances(rows_on_lanes, stride, pair_lanes_.data(), pair_centroids_.data(), static_cast<std::int64_t>(count),
                   screen_.centroids, pair_distance2_.data());
    exact::TwoNearest nearest[kPanelRows];
    for (std::size_t p = 0; p < count; ++p) nearest[pair_lanes_[p]].offer_in_any_order(pair_centroids_[p], pair_distance2_[p]);
    for (std::size_t lane = 0; lane < part.size(); ++lane) write(static_cast<std::size_t>(part[lane]), nearest[lane], results);
  }

  static void write(std::size_t place, const exact::TwoNearest& nearest, const NearestResults& results) {
    results.first[place] = nearest.first;
    if (!results.second.empty()) results.second[place] = nearest.second;
  }

  const ScreenCentroids& screen_;
  std::int64_t panels_ = 1;
  std::int64_t group_blocks_ = 1;
  hwy::AlignedFreeUniquePtr<float[]> packed_;  ///< the panels of a block, and one more for open rows
  hwy::AlignedUniquePtr<PanelState[]> states_;
  PanelNearest direct_;
  std::vector<float> thresholds_;             ///< of the block's open rows
  std::vector<std::int32_t> open_;            ///< places in the block's list that the screen did not certify
  std::vector<std::int32_t> pair_lanes_;      ///< candidates of a panel: row by lane,
  std::vector<std::int32_t> pair_centroids_;  ///< centroid,
  std::vector<double> pair_distance2_;        ///< reference distance
};

std::unique_ptr<NearestWorker> make_worker(const ScreenCentroids& screen) { return std::make_unique<HighwayWorker>(screen); }

}  // namespace

/// This target as a level; `supported` are the targets of this processor.
void add_level(std::int64_t supported, std::vector<CpuLevel>& levels) {
  if ((supported & HWY_TARGET) == 0) return;
  levels.push_back({level_name(HWY_TARGET), kTile, &make_worker});
}

}  // namespace tessera::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#if HWY_ONCE
namespace tessera {

std::vector<CpuLevel> highway_levels() {
  const std::int64_t supported = hwy::SupportedTargets();
  std::vector<CpuLevel> levels;
  TESSERA_ON_EVERY_TARGET(add_level(supported, levels))
  return levels;
}

}  // namespace tessera
#endif  // HWY_ONCE
