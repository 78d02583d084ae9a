// SPDX-License-Identifier: Apache-2.0
#include "app/engine.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <system_error>

#include "core/memory_budget.hpp"

namespace tessera {
namespace {

ThreadLimit resolve_threads(const EngineOptions& options, Observer& observer) {
  const auto requested = options.threads > 0 ? std::optional<int>(options.threads) : std::nullopt;
  ThreadLimit limit = least_limit(thread_limits(requested));
  observer.note(Observer::Level::info, "threads", to_string(limit));
  return limit;
}

std::int64_t resolve_memory(const EngineOptions& options, Observer& observer) {
  const auto requested = options.memory_bytes > 0 ? std::optional<std::int64_t>(options.memory_bytes) : std::nullopt;
  const MemoryBudget budget = memory_budget(requested);
  observer.note(budget.beyond_available ? Observer::Level::warning : Observer::Level::detail, "memory", budget.reason);
  return budget.bytes;
}

const EngineOptions& checked(const EngineOptions& options) {
  if (options.chunk_rows < 0 || options.chunk_rows % kBlockRows != 0) {
    throw ConfigError(fmt::format("chunks of {} rows are not possible", options.chunk_rows),
                      fmt::format("choose a multiple of {} rows", kBlockRows), ErrorCode::usage);
  }
  std::error_code error;
  if (!options.scratch.empty() && !std::filesystem::is_directory(options.scratch, error)) {
    throw FileError(ErrorCode::cannot_create, fmt::format("the scratch folder {} does not exist", options.scratch.string()),
                    "create it, or name another one with --scratch");
  }
  return options;
}

}  // namespace

Engine::Engine(const EngineOptions& options, Observer& observer, const CancelToken& cancel)
    : options_(checked(options)),
      threads_(resolve_threads(options, observer)),
      pool_(threads_.threads),
      job_{observer, cancel, pool_} {
  memory_bytes_ = resolve_memory(options_, observer);
  backend_ = open_backend({options_.device, options_.cpu_level}, job_);
  observer.note(Observer::Level::detail, "device", backend_->description());
}

std::int64_t Engine::learning_bytes(const Table& table) const {
  return std::max(memory_bytes_ - table.working_bytes(), std::int64_t{0});
}

FeederOptions Engine::feeder_options() const {
  give_back_freed_memory();  // it would count as held, although the feeder could have it
  return {.memory_bytes = memory_bytes_,
          .scratch = options_.scratch,
          .chunk_rows = options_.chunk_rows,
          .held_bytes = resident_bytes()};
}

}  // namespace tessera
