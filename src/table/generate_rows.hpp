// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "table/generate.hpp"
#include "tessera/matrix.hpp"

namespace tessera {

/// Addresses of random numbers that belong to no row of the table.
inline constexpr std::uint64_t kCenterRows = std::uint64_t{1} << 63;
inline constexpr std::uint64_t kSegmentRows = std::uint64_t{3} << 62;

inline constexpr std::array<std::string_view, 4> kNominalLevels = {"east", "north", "south", "west"};

/// @throws ConfigError
void check_options(const GenerateOptions& options);
/// What no two centres are nearer than, in sd.
[[nodiscard]] double least_separation(const GenerateOptions& options);
/// Distance of the two nearest centres; infinity for one.
[[nodiscard]] double least_distance(MatrixView<const double> centers);

/// The rows of a synthetic table, each a pure function of the options and its number. Threads may share one.
class RowGenerator {
 public:
  explicit RowGenerator(const GenerateOptions& options);

  /// -1: noise.
  [[nodiscard]] std::int32_t segment(std::int64_t row) const;
  void features(std::int64_t row, std::int32_t segment, std::span<float> out) const;
  [[nodiscard]] double kpi(std::int64_t row, std::int32_t segment, int index) const;
  [[nodiscard]] std::string_view nominal(std::int64_t row, std::int32_t segment, int index) const;
  [[nodiscard]] const Matrix<double>& centers() const { return centers_; }

 private:
  GenerateOptions options_;
  Matrix<double> centers_;
  std::vector<double> cumulative_;  ///< [k] share of segments 0..i
  std::vector<double> low_, high_;  ///< [d] box of the noise
};

}  // namespace tessera
