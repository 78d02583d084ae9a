// SPDX-License-Identifier: Apache-2.0
#include "fit/reference_tables.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "fit/random_stream.hpp"
#include "stats/symmetric_eigen.hpp"

namespace tessera {
namespace {

constexpr int kLatentRounds = 5;            // of adjusting the latent correlations
constexpr std::int64_t kLatentRows = 4096;  // simulated for that, the same in every round
constexpr std::uint32_t kLatentStream = 0xFFFF'FFFFU;
constexpr double kNoRest = 1e-6;            // standard deviation of what earlier columns leave of one
constexpr std::int64_t kMostRotated = 256;  // fine columns: rotations of more take too long, so their box is upright

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

std::uint32_t stream_of(ReferenceKind kind, int number) {
  return static_cast<std::uint32_t>(number * kReferenceKinds) + static_cast<std::uint32_t>(kind);
}

/// Lower triangular F with F F' the correlation matrix (Cholesky), or one near it where rounding or adjusting has left it
/// without a root: columns that the earlier ones explain get no part of their own.
Matrix<double> factor_of(const Matrix<double>& correlation) {
  const std::int64_t m = correlation.rows();
  Matrix<double> factor(m, m);
  for (std::int64_t a = 0; a < m; ++a) {
    double explained = 0.0;
    for (std::int64_t b = 0; b < a; ++b) {
      const auto x = factor.row(a).first(at(b));
      const double rest = correlation(a, b) - std::inner_product(x.begin(), x.end(), factor.row(b).begin(), 0.0);
      factor(a, b) = factor(b, b) > kNoRest ? rest / factor(b, b) : 0.0;
      explained += factor(a, b) * factor(a, b);
    }
    if (explained < 1.0) {
      factor(a, a) = std::sqrt(1.0 - explained);
    } else {
      for (double& load : factor.row(a)) load /= std::sqrt(explained);
    }
  }
  return factor;
}

/// [m x rows] independent standard normals.
Matrix<double> normals(std::int64_t m, std::int64_t rows, RandomStream random) {
  Matrix<double> values(m, rows);
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t a = 0; a < m; ++a) values(a, i) = random.normal();
  }
  return values;
}

Matrix<double> multiply(const Matrix<double>& factor, const Matrix<double>& values) {
  Matrix<double> product(factor.rows(), values.columns());
  for (std::int64_t a = 0; a < factor.rows(); ++a) {
    const auto out = product.row(a);
    for (std::int64_t b = 0; b < factor.columns(); ++b) {
      const double load = factor(a, b);
      const auto from = values.row(b);
      for (std::size_t i = 0; i < out.size(); ++i) out[i] += load * from[i];
    }
  }
  return product;
}

/// Replaces values by those of a shape, in the same order.
/// @param weights  [n] or empty: all equal
void bend(const stats::PiecewiseCdf& shape, std::span<double> values, std::span<const double> weights) {
  std::vector<std::pair<double, std::int32_t>> order(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) order[i] = {values[i], static_cast<std::int32_t>(i)};
  std::ranges::sort(order);
  const double total =
      weights.empty() ? static_cast<double>(values.size()) : std::accumulate(weights.begin(), weights.end(), 0.0);
  double reached = 0.0;
  for (const auto& [value, row] : order) {
    const double weight = weights.empty() ? 1.0 : weights[static_cast<std::size_t>(row)];
    values[static_cast<std::size_t>(row)] = shape.quantile((reached + weight / 2.0) / total);
    reached += weight;
  }
}

/// Correlations between the rows of a matrix, which is centred and scaled on the way.
Matrix<double> correlation_of(Matrix<double>& rows) {
  const std::int64_t m = rows.rows();
  for (std::int64_t a = 0; a < m; ++a) {
    const auto row = rows.row(a);
    const double mean = std::accumulate(row.begin(), row.end(), 0.0) / static_cast<double>(row.size());
    double square = 0.0;
    for (double& value : row) {
      value -= mean;
      square += value * value;
    }
    const double scale = square > 0.0 ? 1.0 / std::sqrt(square) : 0.0;
    for (double& value : row) value *= scale;
  }
  Matrix<double> correlation(m, m);
  for (std::int64_t a = 0; a < m; ++a) {
    for (std::int64_t b = 0; b <= a; ++b) {
      const auto x = rows.row(a);
      correlation(a, b) = std::inner_product(x.begin(), x.end(), rows.row(b).begin(), 0.0);
      correlation(b, a) = correlation(a, b);
    }
  }
  return correlation;
}

}  // namespace

ReferenceTables::ReferenceTables(const WeightedPoints& sample, const FeaturePlan& plan, std::uint64_t seed)
    : sample_(sample), seed_(seed) {
  sort_columns(plan);
  learn_correlation();
  learn_box();
  gaussian_factor_ = latent_factor(ReferenceKind::gaussian);
  unimodal_factor_ = latent_factor(ReferenceKind::unimodal);
}

void ReferenceTables::sort_columns(const FeaturePlan& plan) {
  std::vector<bool> numeric(at(sample_.points.columns), true);
  for (const FeatureSource& source : plan.sources) {
    if (source.kind != Kind::nominal && source.kind != Kind::binary && source.feature_count == 1) continue;
    blocks_.push_back({source.first_feature, source.feature_count});
    std::fill_n(numeric.begin() + source.first_feature, source.feature_count, false);
  }
  for (std::int64_t j = 0; j < sample_.points.columns; ++j) {
    if (numeric[at(j)]) add_numeric(j);
  }
  std::ranges::stable_partition(columns_, [](const Column& column) { return !column.coarse; });
  fine_ = std::ranges::count_if(columns_, [](const Column& column) { return !column.coarse; });
}

void ReferenceTables::add_numeric(std::int64_t feature) {
  std::vector<std::pair<double, double>> cells;  // value, weight
  for (std::int64_t i = 0; i < sample_.points.rows; ++i) {
    cells.emplace_back(static_cast<double>(sample_.points(i, feature)), sample_.weights[at(i)]);
  }
  std::ranges::sort(cells);
  std::vector<double> values, weights;
  int distinct = 0;
  double total = 0.0;
  double mean = 0.0;
  for (const auto& [value, weight] : cells) {
    distinct += values.empty() || value != values.back();
    values.push_back(value);
    weights.push_back(weight);
    total += weight;
    mean += weight * value;
  }
  if (distinct <= 2) {
    blocks_.push_back({feature, 1});
    return;
  }
  mean /= total;
  double square = 0.0;
  for (const auto& [value, weight] : cells) square += weight * (value - mean) * (value - mean);
  const double sd = std::sqrt(square / total);
  const bool coarse = distinct <= kMostCoarseValues;
  columns_.push_back(
      {feature, coarse,
       coarse ? stats::discrete_cdf(values, weights) : stats::unimodal_cdf(values, weights).with_moments(mean, sd), mean, sd});
}

void ReferenceTables::learn_correlation() {
  const auto m = static_cast<std::int64_t>(columns_.size());
  Matrix<double> rows(m, sample_.points.rows);
  for (std::int64_t a = 0; a < m; ++a) {
    const Column& column = columns_[at(a)];
    for (std::int64_t i = 0; i < sample_.points.rows; ++i) {
      rows(a, i) = (static_cast<double>(sample_.points(i, column.feature)) - column.mean) * std::sqrt(sample_.weights[at(i)]);
    }
  }
  correlation_ = Matrix<double>(m, m);
  const double total = std::accumulate(sample_.weights.begin(), sample_.weights.end(), 0.0);
  for (std::int64_t a = 0; a < m; ++a) {
    for (std::int64_t b = 0; b < a; ++b) {
      const auto x = rows.row(a);
      const double product = std::inner_product(x.begin(), x.end(), rows.row(b).begin(), 0.0);
      correlation_(a, b) = product / total / (columns_[at(a)].sd * columns_[at(b)].sd);
      correlation_(b, a) = correlation_(a, b);
    }
    correlation_(a, a) = 1.0;
  }
}

void ReferenceTables::learn_box() {
  Matrix<double> covariance(fine_, fine_);
  for (std::int64_t a = 0; a < fine_; ++a) {
    for (std::int64_t b = 0; b < fine_; ++b) covariance(a, b) = correlation_(a, b) * columns_[at(a)].sd * columns_[at(b)].sd;
  }
  if (fine_ <= kMostRotated) {
    box_.axes = stats::symmetric_eigen(covariance).vectors;
  } else {
    box_.axes = Matrix<double>(fine_, fine_);
    for (std::int64_t a = 0; a < fine_; ++a) box_.axes(a, a) = 1.0;
  }
  box_.low.assign(at(fine_), 0.0);
  box_.high.assign(at(fine_), 0.0);
  std::vector<double> centred(at(fine_));
  for (std::int64_t i = 0; i < sample_.points.rows; ++i) {
    for (std::int64_t b = 0; b < fine_; ++b) {
      centred[at(b)] = static_cast<double>(sample_.points(i, columns_[at(b)].feature)) - columns_[at(b)].mean;
    }
    for (std::int64_t a = 0; a < fine_; ++a) {
      const double along = std::inner_product(centred.begin(), centred.end(), box_.axes.row(a).begin(), 0.0);
      box_.low[at(a)] = std::min(box_.low[at(a)], along);
      box_.high[at(a)] = std::max(box_.high[at(a)], along);
    }
  }
}

Matrix<double> ReferenceTables::latent_factor(ReferenceKind kind) const {
  Matrix<double> factor = factor_of(correlation_);
  if (std::ranges::none_of(columns_, [&](const Column& column) { return is_bent(column, kind); })) return factor;
  // Bending weakens correlations: raise the latent ones until those that come out are the table's.
  const std::int64_t m = factor.rows();
  const Matrix<double> independent = normals(m, kLatentRows, RandomStream(seed_, exact::Purpose::reference, kLatentStream));
  Matrix<double> latent = correlation_;
  for (int round = 0; round < kLatentRounds; ++round) {
    Matrix<double> rows = multiply(factor, independent);
    for (std::int64_t a = 0; a < m; ++a) {
      if (is_bent(columns_[at(a)], kind)) bend(columns_[at(a)].shape, rows.row(a), {});
    }
    const Matrix<double> seen = correlation_of(rows);
    for (std::int64_t a = 0; a < m; ++a) {
      for (std::int64_t b = 0; b < m; ++b) {
        const bool bent = is_bent(columns_[at(a)], kind) || is_bent(columns_[at(b)], kind);
        if (a != b && bent) latent(a, b) = std::clamp(latent(a, b) + correlation_(a, b) - seen(a, b), -0.999, 0.999);
      }
    }
    factor = factor_of(latent);
  }
  return factor;
}

void ReferenceTables::permute(const Block& block, std::uint32_t stream, Matrix<float>& table) const {
  RandomStream random(seed_, exact::Purpose::reference, stream);
  std::vector<std::int64_t> order(at(sample_.points.rows));
  std::iota(order.begin(), order.end(), 0);
  for (std::int64_t i = sample_.points.rows - 1; i > 0; --i) std::swap(order[at(i)], order[at(random.below(i + 1))]);
  for (std::int64_t i = 0; i < sample_.points.rows; ++i) {
    for (std::int64_t j = block.first; j < block.first + block.count; ++j) table(i, j) = sample_.points(order[at(i)], j);
  }
}

void ReferenceTables::fill_uniform(int number, Matrix<float>& table) const {
  RandomStream random(seed_, exact::Purpose::reference, stream_of(ReferenceKind::uniform, number));
  std::vector<double> row(at(fine_));
  for (std::int64_t i = 0; i < table.rows(); ++i) {
    for (std::int64_t b = 0; b < fine_; ++b) row[at(b)] = columns_[at(b)].mean;
    for (std::int64_t a = 0; a < fine_; ++a) {
      const double along = box_.low[at(a)] + (box_.high[at(a)] - box_.low[at(a)]) * random.uniform();
      const auto axis = box_.axes.row(a);
      for (std::size_t b = 0; b < row.size(); ++b) row[b] += axis[b] * along;
    }
    for (std::int64_t b = 0; b < fine_; ++b) table(i, columns_[at(b)].feature) = static_cast<float>(row[at(b)]);
  }
}

void ReferenceTables::fill_latent(ReferenceKind kind, int number, Matrix<float>& table) const {
  const auto m = static_cast<std::int64_t>(columns_.size());
  RandomStream random(seed_, exact::Purpose::reference, stream_of(kind, number));
  const Matrix<double>& factor = kind == ReferenceKind::gaussian ? gaussian_factor_ : unimodal_factor_;
  Matrix<double> rows = multiply(factor, normals(m, table.rows(), random));
  for (std::int64_t a = 0; a < m; ++a) {
    const Column& column = columns_[at(a)];
    const auto values = rows.row(a);
    if (is_bent(column, kind)) {
      bend(column.shape, values, sample_.weights);
    } else {
      for (double& value : values) value = column.mean + column.sd * value;
    }
    for (std::int64_t i = 0; i < table.rows(); ++i) table(i, column.feature) = static_cast<float>(values[at(i)]);
  }
}

Matrix<float> ReferenceTables::draw(ReferenceKind kind, int number) const {
  Matrix<float> table(sample_.points.rows, sample_.points.columns);
  std::uint32_t stream = (stream_of(kind, number) + 1U) << 16U;  // apart from the streams of whole tables
  for (const Block& block : blocks_) permute(block, stream++, table);
  if (kind != ReferenceKind::uniform) {
    fill_latent(kind, number, table);
    return table;
  }
  for (std::int64_t a = fine_; a < static_cast<std::int64_t>(columns_.size()); ++a) {
    permute({columns_[at(a)].feature, 1}, stream++, table);
  }
  fill_uniform(number, table);
  return table;
}

}  // namespace tessera
