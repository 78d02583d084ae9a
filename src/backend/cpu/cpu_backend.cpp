// SPDX-License-Identifier: Apache-2.0
#include "backend/cpu/cpu_backend.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

#include "backend/cpu/amx_worker.hpp"
#include "backend/cpu/eigen_worker.hpp"
#include "backend/cpu/highway_worker.hpp"
#include "backend/cpu/mixture_pass.hpp"
#include "backend/cpu/moments_pass.hpp"
#include "backend/cpu/nearest_pass.hpp"
#include "backend/cpu/tally_pass.hpp"

namespace tessera {

std::vector<CpuLevel> supported_cpu_levels() {
  std::vector<CpuLevel> levels = highway_levels();
  if (!levels.empty()) {
    if (std::optional<CpuLevel> amx = amx_level(levels.front())) levels.insert(levels.begin(), std::move(*amx));
  }
  levels.push_back({"eigen", 1, &make_eigen_worker});
  return levels;
}

CpuBackend::CpuBackend(CpuLevel level, ThreadPool& threads) : level_(std::move(level)), threads_(threads) {}

std::string CpuBackend::description() const {
  std::string name = level_.name;
  if (name != "eigen") {
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  }
  return fmt::format("cpu ({}, {} thread{})", name, threads_.size(), threads_.size() == 1 ? "" : "s");
}

std::unique_ptr<NearestPass> CpuBackend::nearest(const NearestTask& task) {
  return std::make_unique<CpuNearestPass>(task, level_, threads_);
}

std::unique_ptr<NearestSeries> CpuBackend::nearest_series(std::int64_t) {
  return std::make_unique<CpuNearestSeries>(level_, threads_);
}

std::unique_ptr<MixturePass> CpuBackend::mixture(const MixtureTask& task) {
  return std::make_unique<CpuMixturePass>(task, level_.name, threads_);
}

std::unique_ptr<MixtureSeries> CpuBackend::mixture_series(std::int64_t /*expected_rows*/) {
  return std::make_unique<CpuMixtureSeries>(level_.name, threads_);
}

std::unique_ptr<MomentsPass> CpuBackend::moments(const MomentsTask& task) {
  return std::make_unique<CpuMomentsPass>(task, level_.name, threads_);
}

std::unique_ptr<TallyPass> CpuBackend::tally(const TallyTask& task) {
  return std::make_unique<CpuTallyPass>(task, level_.name, threads_);
}

}  // namespace tessera
