// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "analyse/rfm_index.hpp"
#include "core/scratch.hpp"

namespace tessera {

/// Counts the different orders of every customer, exactly, in memory that does not grow with them: what has come is dealt out
/// by customer to a fixed number of parts, whose full buffers go to a scratch file; then the parts are sorted one after the
/// other.
class RfmOrders {
 public:
  /// @param scratch folder from scratch_folder(); a file is made there only once a buffer is full
  /// @param buffer_orders orders that a part holds in memory, at least 1
  explicit RfmOrders(std::filesystem::path scratch, std::int64_t buffer_orders = 2048);

  /// The same order may come any number of times. @throws FileError if the disk is full
  void add(std::int64_t customer, WideHash order);
  /// [customers] different orders each. @throws FileError
  [[nodiscard]] std::vector<std::int64_t> count(std::int64_t customers);

  [[nodiscard]] std::int64_t held_bytes() const;

 private:
  struct Order {
    std::int64_t customer;
    WideHash order;
    friend bool operator==(const Order&, const Order&) = default;
    friend auto operator<=>(const Order&, const Order&) = default;
  };
  struct Part {
    std::vector<Order> buffer;
    std::vector<std::int64_t> spilled_at;  ///< bytes of the scratch file where its full buffers lie
  };
  void spill(Part& part);

  std::filesystem::path scratch_;
  std::size_t buffer_orders_;
  std::optional<ScratchFile> file_;
  std::int64_t file_bytes_ = 0;
  std::vector<Part> parts_;
};

}  // namespace tessera
