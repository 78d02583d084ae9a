// SPDX-License-Identifier: Apache-2.0
#include "analyse/rfm_orders.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace tessera {
namespace {

constexpr std::size_t kParts = 256;

}  // namespace

RfmOrders::RfmOrders(std::filesystem::path scratch, std::int64_t buffer_orders)
    : scratch_(std::move(scratch)), buffer_orders_(static_cast<std::size_t>(buffer_orders)), parts_(kParts) {}

void RfmOrders::add(std::int64_t customer, WideHash order) {
  Part& part = parts_[static_cast<std::size_t>(customer) % kParts];
  part.buffer.push_back({customer, order});
  if (part.buffer.size() < buffer_orders_) return;
  // The lines of an order come close together as a rule: most of a full buffer may be repeats.
  std::sort(part.buffer.begin(), part.buffer.end());
  part.buffer.erase(std::unique(part.buffer.begin(), part.buffer.end()), part.buffer.end());
  if (2 * part.buffer.size() > buffer_orders_) spill(part);
}

void RfmOrders::spill(Part& part) {
  if (!file_) file_.emplace(scratch_);
  part.buffer.resize(buffer_orders_, part.buffer.back());  // repeats: all that is spilled has one size
  const auto bytes = std::as_bytes(std::span(part.buffer));
  file_->write(file_bytes_, bytes);
  part.spilled_at.push_back(file_bytes_);
  file_bytes_ += std::ssize(bytes);
  part.buffer.clear();
}

std::vector<std::int64_t> RfmOrders::count(std::int64_t customers) {
  std::vector<std::int64_t> counts(static_cast<std::size_t>(customers), 0);
  std::vector<Order> orders;
  for (Part& part : parts_) {
    orders = std::move(part.buffer);
    for (const std::int64_t at : part.spilled_at) {
      orders.resize(orders.size() + buffer_orders_);
      file_->read(at, std::as_writable_bytes(std::span(orders).last(buffer_orders_)));
    }
    std::sort(orders.begin(), orders.end());
    const auto end = std::unique(orders.begin(), orders.end());
    for (auto order = orders.begin(); order != end; ++order) ++counts[static_cast<std::size_t>(order->customer)];
    part = {};
  }
  return counts;
}

std::int64_t RfmOrders::held_bytes() const {
  std::size_t bytes = 0;
  for (const Part& part : parts_) bytes += part.buffer.capacity() * sizeof(Order) + part.spilled_at.capacity() * 8;
  return static_cast<std::int64_t>(bytes);
}

}  // namespace tessera
