// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "exact/host_device.hpp"
#include "kernels/slab.hpp"

namespace tessera::kernels {

/// A MixtureDensity in device memory.
struct Density {
  const double* whitening = nullptr;
  const double* shift = nullptr;          ///< [k x padded]
  const double* log_factor = nullptr;     ///< [k]
  const double* center = nullptr;         ///< [features]
  const std::int32_t* numbers = nullptr;  ///< [features] of a row
  std::int64_t panel_size = 0;
  std::int32_t k = 0;
  std::int32_t features = 0;
  std::int32_t padded = 0;
  bool triangular = false;
  bool shared = false;
};

/// Whitening rows that lie side by side: kWhitenedRows of MixtureDensity.
inline constexpr int kPanelRows = 4;

/// Features of a category; see CategoryBlock.
struct Category {
  double one = 1.0;
  std::int32_t first = 0;
  std::int32_t count = 1;
  std::int32_t first_level = 0;  ///< among the levels of all categories
};

struct LevelArguments {
  Slab slab;
  const Category* categories = nullptr;
  std::int32_t count = 0;
  std::int32_t* levels = nullptr;  ///< [n x count] place among the levels of all; -1: none
};

/// What is found of each row, [n] each; all null: not wanted. Rejected rows get -1 and NaN.
struct MixtureRowResults {
  std::int32_t* segment = nullptr;
  std::int32_t* runner_up = nullptr;
  double* probability = nullptr;
  double* runner_up_probability = nullptr;
  double* distance2 = nullptr;
  float* probabilities = nullptr;  ///< [n x k]; null: not wanted
};

/// Terms of the sums over rows that no component has a part of.
enum MixtureTerm : std::int32_t { kTermLikelihood, kTermCompleted, kTermWeight, kTerms };

struct ExpectArguments {
  Slab slab;
  Density density;
  const std::int32_t* levels = nullptr;  ///< [n x categories]
  std::int32_t categories = 0;
  const double* log_shares = nullptr;  ///< [levels of all x k]; null: the mixture has no categories
  double* scratch = nullptr;           ///< [blocks x expect_doubles()] where shared memory is too small; else null
  std::int64_t room = 0;               ///< rows of the arrays below
  double* shares = nullptr;            ///< [k x room] weight times probability, 0 of rows that don't count; null: not wanted
  double* terms = nullptr;             ///< [kTerms x room] with the shares
  MixtureRowResults results;
  std::int64_t* bad_row = nullptr;  ///< least id of a row that lacks a number, or as it was
};

struct TermArguments {
  const double* terms = nullptr;  ///< [kTerms x room]
  std::int64_t room = 0;
  std::int64_t rows = 0;
  double* sums = nullptr;  ///< [leaves x kTerms] written
};

/// The factors of a product: places among the features that have moments, or kOneFactor. A negative left one, -1 - b, stands
/// for a level of category b: 1 for rows that have level `right`, else 0.
struct ProductFactors {
  std::int32_t left = 0, right = 0;
};
inline constexpr std::int32_t kOneFactor = 0x7FFFFFFF;

/// Left columns: shares of the components. Right ones: products.
struct MixtureSource {
  static constexpr bool kLeftByRows = true;
  static constexpr bool kRightByRows = false;
  const double* shares = nullptr;
  std::int64_t room = 0;
  std::int32_t k = 0;
  const ProductFactors* factors = nullptr;  ///< [products]
  std::int32_t products = 0;
  const float* rows = nullptr;  ///< [n x d]
  std::int32_t d = 0;
  const std::int32_t* summed = nullptr;  ///< features that have moments
  const double* center = nullptr;        ///< of them
  const std::int32_t* levels = nullptr;
  std::int32_t categories = 0;

  TESSERA_HOST_DEVICE double left(std::int64_t row, int component) const {
    return component < k ? shares[component * room + row] : 0.0;
  }
  TESSERA_HOST_DEVICE double right(std::int64_t row, int product) const {
    if (product >= products) return 0.0;
    const ProductFactors f = factors[product];
    if (f.left < 0) return levels[row * categories + (-1 - f.left)] == f.right ? 1.0 : 0.0;
    const double value = factor(row, f.left) * factor(row, f.right);
    return value - value == 0.0 ? value : 0.0;  // rows that don't count may hold anything, and 0 times that is to be 0
  }

 private:
  TESSERA_HOST_DEVICE double factor(std::int64_t row, std::int32_t place) const {
    if (place == kOneFactor) return 1.0;
    return static_cast<double>(rows[row * d + summed[place]]) - center[place];
  }
};

}  // namespace tessera::kernels
