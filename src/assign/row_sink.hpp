// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

namespace tessera {

/// What is published of a run of rows, in input order.
struct AssignedRows {
  std::int64_t first_row = 0;
  std::span<const std::int32_t> segment;    ///< -1: rejected
  std::span<const std::int32_t> runner_up;  ///< -1: none
  std::span<const float> distance;          ///< prepared units; NaN: rejected
  std::span<const float> margin;            ///< (d2 - d1) / (d2 + d1) of the distances, in [0, 1]; 1 at k = 1; NaN: rejected
  std::span<const std::uint8_t> flags;      ///< RowFlag bits
  // Of mixtures, where `distance` is a Mahalanobis distance and `margin` a difference of probabilities.
  std::span<const float> probability = {};    ///< of the segment; empty: no mixture
  std::span<const float> probabilities = {};  ///< [rows x k]; empty: not wanted
};

/// Receives the assigned rows of one sweep, in order. Implemented by report (files) and by tests.
class RowSink {
 public:
  virtual ~RowSink() = default;
  virtual void write(const AssignedRows& rows) = 0;
};

}  // namespace tessera
