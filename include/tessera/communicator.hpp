// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tessera/int128.hpp"

namespace tessera {

/// The ranks that work on one table, each on its own run of rows. Calls are collective: every rank makes the same ones.
class Communicator {
 public:
  virtual ~Communicator() = default;
  [[nodiscard]] virtual int rank() const = 0;
  [[nodiscard]] virtual int size() const = 0;
  /// Replaces `values` by their sum over the ranks.
  virtual void sum(std::span<std::int64_t> values) = 0;
  virtual void sum(std::span<Int128> values) = 0;
  /// The bytes of every rank, in rank order.
  [[nodiscard]] virtual std::vector<std::vector<std::byte>> gather(std::span<const std::byte> bytes) = 0;
};

}  // namespace tessera
