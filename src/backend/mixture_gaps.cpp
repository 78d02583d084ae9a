// SPDX-License-Identifier: Apache-2.0
#include "backend/mixture_gaps.hpp"

#include <utility>

#include "core/mix_bits.hpp"

namespace tessera {
namespace {

std::vector<int> places(std::int64_t numbers, const GapMask& mask, bool absent) {
  std::vector<int> found;
  for (std::int64_t j = 0; j < numbers; ++j) {
    if (is_absent(mask, j) == absent) found.push_back(static_cast<int>(j));
  }
  return found;
}

Matrix<double> means_at(const Mixture& mixture, const std::vector<int>& numbers, const std::vector<int>& places) {
  Matrix<double> means(mixture.components(), std::ssize(places));
  for (std::int64_t j = 0; j < means.columns(); ++j) {
    const auto feature = static_cast<std::size_t>(numbers[static_cast<std::size_t>(places[static_cast<std::size_t>(j)])]);
    for (std::int64_t c = 0; c < means.rows(); ++c) {
      means(c, j) = mixture.means(c, static_cast<std::int64_t>(feature)) - mixture.center[feature];
    }
  }
  return means;
}

/// With A the covariance of absent and present numbers and W the whitening of the present ones: regression A W' W, and what it
/// leaves of the absent ones' covariance, S - A W' (A W')'.
void regress(const Mixture& mixture, std::int64_t component, std::int64_t at, GapPattern& pattern) {
  const auto whiten = [&](std::int64_t i, std::int64_t j) { return pattern.density.whiten(component, i, j); };
  const std::int64_t present = std::ssize(pattern.present), absent = std::ssize(pattern.absent);
  const std::int64_t first = mixture.covariance == Covariance::tied ? 0 : component * mixture.covariances.columns();
  const auto covariance = [&](int i, int j) { return mixture.covariances(first + i, j); };
  Matrix<double> whitened(absent, present);  // A W'
  for (std::int64_t a = 0; a < absent; ++a) {
    const int row = pattern.absent[static_cast<std::size_t>(a)];
    for (std::int64_t i = 0; i < present; ++i) {
      for (std::int64_t j = 0; j <= i; ++j) {
        whitened(a, i) += whiten(i, j) * covariance(row, pattern.present[static_cast<std::size_t>(j)]);
      }
    }
    for (std::int64_t i = 0; i < present; ++i) {
      for (std::int64_t j = 0; j <= i; ++j) pattern.regression(at + a, j) += whitened(a, i) * whiten(i, j);
    }
  }
  for (std::int64_t a = 0; a < absent; ++a) {
    for (std::int64_t b = 0; b < absent; ++b) {
      double explained = 0.0;
      for (std::int64_t i = 0; i < present; ++i) explained += whitened(a, i) * whitened(b, i);
      pattern.left(at + a, b) =
          covariance(pattern.absent[static_cast<std::size_t>(a)], pattern.absent[static_cast<std::size_t>(b)]) - explained;
    }
  }
}

}  // namespace

GapPattern::GapPattern(const Mixture& mixture, const std::vector<int>& numbers, const GapMask& mask)
    : present(places(std::ssize(numbers), mask, false)),
      absent(places(std::ssize(numbers), mask, true)),
      density(mixture, numbers, present),
      mean_present(means_at(mixture, numbers, present)),
      mean_absent(means_at(mixture, numbers, absent)),
      left((density.shared ? 1 : mixture.components()) * std::ssize(absent), std::ssize(absent)) {
  const std::int64_t matrices = density.shared ? 1 : mixture.components();
  if (density.triangular) regression = Matrix<double>(left.rows(), std::ssize(present));
  for (std::int64_t c = 0; c < matrices; ++c) {
    if (density.triangular) {
      regress(mixture, c, row_of(c), *this);
      continue;
    }
    for (std::int64_t a = 0; a < std::ssize(absent); ++a) {
      const int place = mixture.covariance == Covariance::diag ? absent[static_cast<std::size_t>(a)] : 0;
      left(row_of(c) + a, a) = mixture.covariances(c, place);
    }
  }
}

std::size_t GapPattern::bytes() const {
  const auto numbers = [](const Matrix<double>& matrix) { return static_cast<std::size_t>(matrix.rows() * matrix.columns()); };
  return sizeof(double) * (numbers(mean_present) + numbers(mean_absent) + numbers(regression) + numbers(left) +
                           density.whitening.size() + density.shift.size() + density.log_factor.size());
}

std::size_t GapPatterns::Hash::operator()(const GapMask& mask) const {
  std::uint64_t hash = 0;
  for (const std::uint64_t word : mask) hash = mix_bits(hash ^ word);
  return static_cast<std::size_t>(hash);
}

const GapPattern& GapPatterns::of(const GapMask& mask, std::unique_ptr<const GapPattern>& own) {
  Shard& shard = shards_[Hash()(mask) % shards_.size()];
  {
    const std::lock_guard lock(shard.mutex);
    if (const auto found = shard.known.find(mask); found != shard.known.end()) return *found->second;
  }
  auto made = std::make_unique<const GapPattern>(mixture_, numbers_, mask);
  const std::lock_guard lock(shard.mutex);
  if (shard.bytes + made->bytes() > kMostBytes / shards_.size()) return *(own = std::move(made));
  const auto [place, is_new] = shard.known.emplace(mask, std::move(made));  // another thread may have been quicker
  if (is_new) shard.bytes += place->second->bytes();
  return *place->second;
}

}  // namespace tessera
