// SPDX-License-Identifier: Apache-2.0
#include "backend/mixture_density.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "exact/elementary.hpp"
#include "stats/cholesky.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

/// A level that a component was never given is next to impossible in it, not beyond words.
constexpr double kLeastShare = 1e-12;

[[noreturn]] void refuse(std::int64_t component) {
  throw NumericalError(fmt::format("the covariance of component {} is not positive definite", component),
                       "leave out columns that follow from others, or ask for --covariance diag");
}

std::vector<int> all_places(const Mixture& mixture) {
  std::vector<int> places(mixture.numbers().size());
  std::iota(places.begin(), places.end(), 0);
  return places;
}

/// The inverse of the Cholesky factor of a component's covariance (full, tied) of the numbers that are present.
Matrix<double> whitening_of(const Mixture& mixture, std::int64_t component, const std::vector<int>& present) {
  const std::int64_t first = mixture.covariance == Covariance::tied ? 0 : component * mixture.covariances.columns();
  const std::int64_t size = std::ssize(present);
  Matrix<double> covariance(size, size);
  for (std::int64_t i = 0; i < size; ++i) {
    for (std::int64_t j = 0; j < size; ++j) {
      covariance(i, j) =
          mixture.covariances(first + present[static_cast<std::size_t>(i)], present[static_cast<std::size_t>(j)]);
    }
  }
  const auto lower = stats::cholesky(covariance.view());
  if (!lower) refuse(component);
  return stats::lower_inverse(lower->view());
}

}  // namespace

Matrix<double> log_shares(const Mixture& mixture) {
  Matrix<double> logs(level_count(mixture.categories), mixture.components());
  std::int64_t at = 0;
  for (const CategoryBlock& category : mixture.categories) {
    for (int level = 0; level < category.levels(); ++level, ++at) {
      for (std::int64_t c = 0; c < mixture.components(); ++c) {
        logs(at, c) = exact::log_of(std::max(mixture.share(c, category, level), kLeastShare));
      }
    }
  }
  return logs;
}

MixtureDensity::MixtureDensity(const Mixture& mixture) : MixtureDensity(mixture, mixture.numbers(), all_places(mixture)) {}

MixtureDensity::MixtureDensity(const Mixture& mixture, const std::vector<int>& numbers, const std::vector<int>& present)
    : components(mixture.components()),
      features(std::ssize(present)),
      padded((features + kWhitenedRows - 1) / kWhitenedRows * kWhitenedRows),
      triangular(mixture.covariance == Covariance::full || mixture.covariance == Covariance::tied),
      shared(mixture.covariance == Covariance::tied),
      shift(static_cast<std::size_t>(components * padded)) {
  const auto feature = [&](std::int64_t j) {
    return static_cast<std::size_t>(numbers[static_cast<std::size_t>(present[static_cast<std::size_t>(j)])]);
  };
  for (std::int64_t j = 0; j < features; ++j) center.push_back(mixture.center[feature(j)]);
  const double constant = 0.5 * static_cast<double>(features) * exact::log_of(2.0 * std::numbers::pi);
  Matrix<double> whiten;
  for (std::int64_t c = 0; c < components; ++c) {
    double log_scale = 0.0;
    double* const own_shift = shift.data() + c * padded;
    const auto away = [&](std::int64_t j) {
      return mixture.means(c, static_cast<std::int64_t>(feature(j))) - center[static_cast<std::size_t>(j)];
    };
    if (triangular) {
      if (c == 0 || !shared) {
        whiten = whitening_of(mixture, c, present);
        for (std::int64_t first = 0; first < features; first += kWhitenedRows) {
          for (std::int64_t j = 0; j < columns_at(first); ++j) {
            for (std::int64_t i = first; i < first + kWhitenedRows; ++i) whitening.push_back(i < features ? whiten(i, j) : 0.0);
          }
        }
        if (c == 0) panel_size = std::ssize(whitening);
      }
      for (std::int64_t i = 0; i < features; ++i) {
        log_scale += exact::log_of(whiten(i, i));
        for (std::int64_t j = 0; j <= i; ++j) own_shift[i] += whiten(i, j) * away(j);
      }
    } else {
      panel_size = padded;
      for (std::int64_t j = 0; j < padded; ++j) {
        double scale = 0.0;
        if (j < features) {
          const int place = mixture.covariance == Covariance::diag ? present[static_cast<std::size_t>(j)] : 0;
          const double variance = mixture.covariances(c, place);
          if (!(variance > 0.0 && std::isfinite(variance))) refuse(c);
          scale = 1.0 / std::sqrt(variance);
          log_scale += exact::log_of(scale);
          own_shift[j] = scale * away(j);
        }
        whitening.push_back(scale);
      }
    }
    log_factor.push_back(exact::log_of(mixture.weights[static_cast<std::size_t>(c)]) + (log_scale - constant));
  }
}

}  // namespace tessera
