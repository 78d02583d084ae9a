// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "fit/point_clustering.hpp"
#include "stats/piecewise_cdf.hpp"
#include "tessera/matrix.hpp"
#include "tessera/prepare.hpp"

namespace tessera {

/// Ways of having no segments. In all of them nominal and binary sources are permuted independently.
enum class ReferenceKind : std::uint8_t {
  uniform,   ///< fine numeric columns uniform in the box of their principal axes, coarse ones permuted independently
  gaussian,  ///< numeric columns from a Gaussian of equal covariance, cut into the values of coarse ones
  unimodal,  ///< that Gaussian bent to each fine column's own shape made unimodal: skew and heavy tails are no segments
};
inline constexpr int kReferenceKinds = 3;

/// Tables without segments that otherwise look like a given one: as many rows, the same weights, and every column as coarse as
/// it is. Tibshirani, Walther & Hastie (2001) for the box. Coarse columns (few distinct values, such as answers from 1 to 5)
/// would show a gain over any continuous reference by their lattice alone, so they keep their values and shares; where columns
/// are cut or bent, the latent correlations are such that those of the table come out (Cario & Nelson, Modeling and generating
/// random vectors with arbitrary marginal distributions and correlation matrix, 1997).
class ReferenceTables {
 public:
  /// Numeric columns of at most so many distinct values are coarse.
  static constexpr int kMostCoarseValues = 20;

  /// @param sample  kept by view: must outlive this
  /// @param plan    tells which features form a nominal or binary source; without sources every feature is a numeric column
  ReferenceTables(const WeightedPoints& sample, const FeaturePlan& plan, std::uint64_t seed);

  /// Table `number` of a kind [n x d]: a pure function of the sample, the seed, the kind and the number. Safe on several
  /// threads.
  [[nodiscard]] Matrix<float> draw(ReferenceKind kind, int number) const;

 private:
  struct Block {  ///< features that are permuted together
    std::int64_t first;
    std::int64_t count;
  };
  struct Column {  ///< numeric
    std::int64_t feature;
    bool coarse;
    stats::PiecewiseCdf shape;  ///< coarse: its values and shares; fine: unimodal
    double mean, sd;
  };
  struct Box {            ///< of the fine columns
    Matrix<double> axes;  ///< [f x f] one axis a row
    std::vector<double> low, high;
  };

  void sort_columns(const FeaturePlan& plan);
  void add_numeric(std::int64_t feature);
  void learn_correlation();
  void learn_box();
  [[nodiscard]] static bool is_bent(const Column& column, ReferenceKind kind) {
    return column.coarse || kind == ReferenceKind::unimodal;
  }
  [[nodiscard]] Matrix<double> latent_factor(ReferenceKind kind) const;
  void fill_uniform(int number, Matrix<float>& table) const;
  void fill_latent(ReferenceKind kind, int number, Matrix<float>& table) const;
  void permute(const Block& block, std::uint32_t stream, Matrix<float>& table) const;

  WeightedPoints sample_;
  std::uint64_t seed_;
  std::vector<Block> blocks_;    ///< nominal and binary sources, numeric columns of one or two values
  std::vector<Column> columns_;  ///< [m] fine ones first
  std::int64_t fine_ = 0;        ///< how many are fine
  Matrix<double> correlation_;   ///< [m x m]
  Box box_;
  Matrix<double> gaussian_factor_, unimodal_factor_;  ///< [m x m] latent column a = row a times independent normals
};

}  // namespace tessera
