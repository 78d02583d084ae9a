// SPDX-License-Identifier: Apache-2.0
#include "backend/mixture_density.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "exact/elementary.hpp"
#include "stats/cholesky.hpp"
#include "tessera/error.hpp"

namespace tessera {
namespace {

[[noreturn]] void refuse(std::int64_t component) {
  throw NumericalError(fmt::format("the covariance of component {} is not positive definite", component),
                       "leave out columns that follow from others, or ask for --covariance diag");
}

Matrix<double> whitening_of(MatrixView<const double> covariance, std::int64_t component) {
  const auto lower = stats::cholesky(covariance);
  if (!lower) refuse(component);
  return stats::lower_inverse(lower->view());
}

}  // namespace

MixtureDensity::MixtureDensity(const Mixture& mixture)
    : components(mixture.components()),
      features(mixture.features()),
      padded((features + kWhitenedRows - 1) / kWhitenedRows * kWhitenedRows),
      triangular(mixture.covariance == Covariance::full || mixture.covariance == Covariance::tied),
      shared(mixture.covariance == Covariance::tied),
      center(mixture.center),
      shift(static_cast<std::size_t>(components * padded)) {
  const double constant = 0.5 * static_cast<double>(features) * exact::log_of(2.0 * std::numbers::pi);
  Matrix<double> whiten;
  for (std::int64_t c = 0; c < components; ++c) {
    double log_scale = 0.0;
    double* const own_shift = shift.data() + c * padded;
    const auto away = [&](std::int64_t j) { return mixture.means(c, j) - center[static_cast<std::size_t>(j)]; };
    if (triangular) {
      if (c == 0 || !shared) {
        whiten = whitening_of(mixture.covariances.view().slice(shared ? 0 : c * features, features), c);
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
          const double variance = mixture.covariances(c, mixture.covariance == Covariance::diag ? j : 0);
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
