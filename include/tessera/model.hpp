// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tessera/matrix.hpp"
#include "tessera/mixture.hpp"
#include "tessera/prepare.hpp"

namespace tessera {

/// All that is needed to assign customers: how rows are prepared, and where the segments are.
struct Model {
  FeaturePlan plan;
  Matrix<float> centroids;         ///< [k x d] prepared units, canonical order; of a mixture its means
  std::vector<double> weights;     ///< [k] total weight in the fit; of a mixture, rows counted with their probabilities
  std::vector<std::int64_t> rows;  ///< [k] rows in the fit
  std::optional<Mixture> mixture;  ///< segments are its components; none: the rows nearest to each centroid
  double inertia = 0.0;            ///< prepared units, weighted; 0 of a mixture
  int iterations = 0;
  bool converged = false;
  double outlier_quantile = 0.999;  ///< share of the fitted rows nearer than `outlier_distance`
  float outlier_distance = 0.0F;    ///< rows further from their segment are flagged; of a mixture a Mahalanobis distance
  std::uint64_t seed = 0;
  std::string created_by;  ///< "tessera 0.1.0"
  [[nodiscard]] int segments() const { return static_cast<int>(centroids.rows()); }
  bool operator==(const Model&) const = default;
};

/// Version of the layout of model.h5 and model.json. A reader refuses a higher major version. Mixtures have a major version of
/// their own, so that no program takes one for plain centroids.
inline constexpr int kModelFormatMajor = 1;
inline constexpr int kMixtureFormatMajor = 2;
inline constexpr int kModelFormatMinor = 0;

/// Writes model.h5 atomically (temporary name, fsync, rename). The same model gives the same bytes.
/// @throws FileError
void save_model(const Model& model, const std::filesystem::path& path);

/// Reads model.h5; every size and range in it is checked before it is used.
/// @throws FileError if it cannot be read; DataError if it is not a model, damaged, or of a later format
[[nodiscard]] Model load_model(const std::filesystem::path& path);

}  // namespace tessera
