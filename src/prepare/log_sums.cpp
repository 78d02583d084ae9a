// SPDX-License-Identifier: Apache-2.0
#include "prepare/log_sums.hpp"

#include <algorithm>
#include <array>

#include "prepare/apply_kernels.hpp"
#include "prepare/prepared_value.hpp"

namespace tessera {
namespace {

/// Half the skew that a logarithm is taken for: the first cells are few.
constexpr double kSomeSkew = 1.0;

double logarithm(double x) { return transform_value(Transform::log1p, x); }

}  // namespace

template <typename T>
void LogSums::add_cells(std::span<const T> values, const CellCounts& counts, const Moments& sums, MomentFrame frame) {
  if (state_ == State::dropped) return;
  if (state_ == State::undecided) {
    if (counts.missing == std::ssize(values)) return sums_.push({});
    state_ = summarize(sums, frame).skew > kSomeSkew ? State::summing : State::dropped;
    frame_ = make_frame(logarithm(frame.pivot), logarithm(counts.max) - logarithm(counts.min));
  }
  if (counts.min < 0.0) state_ = State::dropped;
  if (state_ == State::dropped) return;
  std::array<double, kReductionRows> buffer;
  const auto logarithms = std::span(buffer).first(values.size());
  std::copy(values.begin(), values.end(), logarithms.begin());
  log1p_cells(logarithms);
  sums_.push(sum_cells(std::span<const double>(logarithms), frame_, counts.missing == 0));
}
template void LogSums::add_cells(std::span<const float>, const CellCounts&, const Moments&, MomentFrame);
template void LogSums::add_cells(std::span<const double>, const CellCounts&, const Moments&, MomentFrame);

std::optional<Moments> LogSums::total() const {
  if (state_ != State::summing) return std::nullopt;
  return sums_.total();
}

}  // namespace tessera
