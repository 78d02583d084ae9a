// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "fit/point_clustering.hpp"
#include "tessera/model.hpp"

namespace tessera {

/// The customers on a plane, as a density: no row of it can be told from another.
struct CustomerMap {
  /// How a feature goes along with an axis.
  struct AxisColumn {
    std::string column;   ///< "income", "city=Paris"
    double weight = 0.0;  ///< correlation with the axis, in [-1, 1]; a date counts forwards
  };
  struct Axis {
    double low = 0.0, high = 0.0;     ///< what the map shows, prepared units
    std::vector<AxisColumn> columns;  ///< the most telling first, at most 5
  };
  /// A field of the grid with customers in it.
  struct Cell {
    int column = 0, row = 0;  ///< of the grid, from the lower left; its corner is at low + column * cell_width
    double density = 0.0;     ///< of customers: 1 in the densest field
    int segment = 0;          ///< that most of them belong to
  };
  struct Center {
    int segment = 0;
    double x = 0.0, y = 0.0;
  };
  std::int64_t sample_rows = 0;
  double inside_share = 0.0;  ///< of the sample's weight; the rest lies outside what the map shows
  std::array<Axis, 2> axes;   ///< to the right, upwards
  double cell_width = 0.0, cell_height = 0.0;
  std::vector<Cell> cells;      ///< row by row, from below
  std::vector<Center> centers;  ///< [k]
};

/// Rows that the map of a table of d features needs: enough for a smooth picture, within 16 MB.
[[nodiscard]] inline std::int64_t map_sample_rows(std::int64_t d) {
  return std::clamp<std::int64_t>(4'000'000 / std::max<std::int64_t>(1, d), 300, 3'000);
}

/// Lays the plane that holds the most of the weighted scatter of the centroids (the discriminant plane if every segment is
/// spread alike in all directions, which is what k-means assumes: Fisher 1936); directions that the centroids do not fill, as
/// with k = 1 and 2, are the principal ones of the sample. Counts the sample on a grid, each row by its nearest centroid, and
/// smooths each segment's counts with the binomial kernel 1 4 6 4 1, several times. Serial; equal bits everywhere. O(n d + k
/// grid).
/// @param sample [n x d] prepared rows with weights, as sample_rows() gives them
/// @param labels [n] their segments, where those are not the nearest centroids'; empty: they are
[[nodiscard]] CustomerMap map_customers(const Model& model, const WeightedPoints& sample,
                                        std::span<const std::int32_t> labels = {});

}  // namespace tessera
