// SPDX-License-Identifier: Apache-2.0
#include "ptx/races.hpp"

namespace tessera::ptx {
namespace {

constexpr std::int32_t kSeveral = -2;  ///< blocks; and threads of several warps

/// Stands for several threads of a warp.
constexpr std::int32_t several_of(std::int32_t warp) { return kSeveral - 1 - warp; }

/// kSeveral: not of one.
std::int32_t warp_of(std::int32_t thread) {
  if (thread == kSeveral) return kSeveral;
  return thread >= 0 ? thread / kWarp : kSeveral - 1 - thread;
}

}  // namespace

/// Whether all accesses that `before` stands for come before one that is made now.
bool Races::ordered(const Moment& before, const Moment& now) const {
  if (before.block == -1) return true;
  if (before.block != now.block) return own_;
  if (before.barriers < now.barriers || before.thread == now.thread) return true;
  return warp_of(before.thread) == warp_of(now.thread) && before.warp_barriers < now.warp_barriers;
}

/// One moment that stands for two: one is enough where the earlier one is ordered.
void Races::merge(Moment& kept, const Moment& now) const {
  if (ordered(kept, now)) {
    kept = now;
  } else if (kept.block != now.block) {
    kept.block = kSeveral;
  } else {
    kept.thread = warp_of(kept.thread) == warp_of(now.thread) ? several_of(warp_of(now.thread)) : kSeveral;
  }
}

std::int32_t Races::note(std::uint64_t place, Use use, const Moment& now) {
  const std::uint64_t number = place / kPageCells;
  if (last_ == nullptr || number != last_number_) {
    std::unique_ptr<Page>& page = pages_[number];
    if (!page) page = std::make_unique<Page>();
    last_ = page.get();
    last_number_ = number;
  }
  Cell& cell = (*last_)[place % kPageCells];
  std::int32_t rival = -1;
  const auto against = [&](const Moment& before) {
    if (!ordered(before, now)) rival = before.line;
  };
  against(cell.write);
  if (use != Use::kRead) against(cell.read);
  if (use != Use::kAtomic) against(cell.atomic);
  merge(use == Use::kRead ? cell.read : use == Use::kWrite ? cell.write : cell.atomic, now);
  return rival;
}

}  // namespace tessera::ptx
