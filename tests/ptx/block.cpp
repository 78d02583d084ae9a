// SPDX-License-Identifier: Apache-2.0
#include "ptx/block.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <limits>
#include <utility>

namespace tessera::ptx {
namespace {

constexpr std::uint64_t kRubbish = 0xA5A5A5A5A5A5A5A5;
/// Places of bytes lie beside those of words.
constexpr std::uint64_t kBytePlaces = std::uint64_t{1} << 63;

}  // namespace

std::set<std::string> run_launch(const Kernel& kernel, const Launch& launch) {
  if (launch.threads < 1 || launch.threads > kernel.most_threads) {
    throw Fault(fmt::format("{}: {} threads, at most {} allowed", kernel.name, launch.threads, kernel.most_threads));
  }
  if (launch.costs != nullptr) launch.costs->resize(kernel.code.size());
  Races global(false);
  std::set<std::string> races;
  Block block(kernel, launch, global, races);
  for (std::int32_t index = 0; index < launch.blocks; ++index) block.run(index);
  return races;
}

Block::Block(const Kernel& kernel, const Launch& launch, Races& global, std::set<std::string>& races)
    : kernel_(kernel), launch_(launch), global_races_(global), races_(races) {
  const auto threads = static_cast<std::size_t>(launch.threads);
  registers_.resize(static_cast<std::size_t>(kernel.registers) * threads);
  carries_.resize(threads);
  copies_.resize(threads);
  warp_barriers_.resize((threads + kWarp - 1) / kWarp);
  warp_waiting_.resize(warp_barriers_.size());
  shared_.resize(static_cast<std::size_t>(kernel.shared_bytes + launch.dynamic_bytes));
}

void Block::run(std::int32_t index) {
  start(index);
  while (true) {
    while (!ready_.empty()) {
      Group group = take_least();
      active_ = std::move(group.threads);
      advance(group.at);
    }
    if (gone_ == static_cast<std::size_t>(launch_.threads)) return;
    std::size_t waiting = 0;
    for (const Group& group : waiting_) waiting += group.threads.size();
    if (waiting != static_cast<std::size_t>(launch_.threads)) {
      throw Fault(fmt::format("{}: {} of {} threads wait at a barrier", kernel_.name, waiting, launch_.threads));
    }
    ++barriers_;
    ready_ = std::exchange(waiting_, {});
  }
}

void Block::start(std::int32_t index) {
  index_ = index;
  std::ranges::fill(registers_, kRubbish);
  std::ranges::fill(shared_, std::byte{0xA5});
  for (const Kernel::Constant& constant : kernel_.constants) set_all(constant.register_number, constant.bits);
  for (const auto& [name, number] : kernel_.special) {
    if (name == "%ctaid.x") set_all(number, static_cast<std::uint64_t>(index));
    if (name == "%ntid.x") set_all(number, static_cast<std::uint64_t>(launch_.threads));
    if (name == "%nctaid.x") set_all(number, static_cast<std::uint64_t>(launch_.blocks));
    if (name != "%tid.x") continue;
    std::uint64_t* values = registers_.data() + static_cast<std::size_t>(number) * static_cast<std::size_t>(launch_.threads);
    for (std::int32_t thread = 0; thread < launch_.threads; ++thread) values[thread] = static_cast<std::uint64_t>(thread);
  }
  Threads all(static_cast<std::size_t>(launch_.threads));
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::int32_t>(i);
  ready_ = {{0, std::move(all)}};
  for (std::vector<Copy>& copies : copies_) copies.clear();
  gone_ = 0;
}

void Block::set_all(std::int32_t register_number, std::uint64_t bits) {
  const auto threads = static_cast<std::size_t>(launch_.threads);
  std::fill_n(registers_.data() + static_cast<std::size_t>(register_number) * threads, threads, bits);
}

/// The threads at the least instruction.
Block::Group Block::take_least() {
  Group least{std::ranges::min_element(ready_, {}, &Group::at)->at, {}};
  for (Group& group : ready_) {
    if (group.at != least.at) continue;
    Threads both;
    std::ranges::merge(least.threads, group.threads, std::back_inserter(both));
    least.threads = std::move(both);
  }
  std::erase_if(ready_, [&](const Group& group) { return group.at == least.at; });
  return least;
}

/// Lets the active threads go on until they stop, or until others are where they are, or behind.
void Block::advance(std::int32_t at) {
  while (!active_.empty()) {
    if (std::ranges::any_of(ready_, [&](const Group& group) { return group.at <= at; })) {
      ready_.push_back({at, std::move(active_)});
      return;
    }
    const Instruction& instruction = kernel_.code.at(static_cast<std::size_t>(at));
    if (launch_.costs != nullptr) count_issues(instruction);
    switch (instruction.flow) {
      case Flow::kNext:
        execute(instruction);
        if (launch_.costs != nullptr) count_accesses(instruction);
        ++at;
        break;
      case Flow::kBranch:
        branch(instruction, at);
        break;
      case Flow::kWarpBarrier:
        wait_in_warps(instruction, at);
        ++at;
        break;
      case Flow::kBarrier:
      case Flow::kExit:
        if (instruction.guard >= 0) fail(instruction, active_.front(), "a barrier or an exit with a guard");
        if (instruction.flow == Flow::kExit) {
          gone_ += active_.size();
        } else {
          waiting_.push_back({at + 1, std::move(active_)});
        }
        active_.clear();
        return;
    }
  }
}

bool Block::passes_guard(const Instruction& instruction, std::int32_t thread) {
  const auto place = static_cast<std::size_t>(instruction.guard) * static_cast<std::size_t>(launch_.threads);
  return (registers_[place + static_cast<std::size_t>(thread)] != 0) != instruction.guard_negated;
}

void Block::branch(const Instruction& instruction, std::int32_t& at) {
  Threads taken, others;
  if (instruction.guard < 0) {
    taken = std::move(active_);
  } else {
    for (const std::int32_t thread : active_) (passes_guard(instruction, thread) ? taken : others).push_back(thread);
  }
  if (others.empty()) {
    at = instruction.target;
    active_ = std::move(taken);
    return;
  }
  if (!taken.empty()) ready_.push_back({instruction.target, std::move(taken)});
  ++at;
  active_ = std::move(others);
}

void Block::execute(const Instruction& instruction) {
  if (instruction.guard < 0) {
    instruction.operation(*this, instruction);
    return;
  }
  Threads all = active_;
  std::erase_if(active_, [&](std::int32_t thread) { return !passes_guard(instruction, thread); });
  instruction.operation(*this, instruction);
  active_ = std::move(all);
}

/// Active threads whose warp is not all there wait for the rest; its last ones take the others along.
void Block::wait_in_warps(const Instruction& instruction, std::int32_t at) {
  if (values(instruction, 0)[active_.front()] != std::numeric_limits<std::uint64_t>::max()) {
    fail(instruction, active_.front(), "a barrier of some threads of a warp");
  }
  Threads on;
  for (const std::int32_t thread : active_) {
    Group& here = warp_waiting_[static_cast<std::size_t>(thread / kWarp)];
    if (here.threads.empty()) here.at = at;
    if (here.at != at) fail(instruction, thread, "two barriers of one warp");
    here.threads.push_back(thread);
    const std::int32_t first = thread / kWarp * kWarp;
    if (static_cast<std::int32_t>(here.threads.size()) < std::min(kWarp, launch_.threads - first)) continue;
    ++warp_barriers_[static_cast<std::size_t>(thread / kWarp)];
    std::ranges::sort(here.threads);
    std::ranges::copy(here.threads, std::back_inserter(on));
    here.threads.clear();
  }
  active_ = std::move(on);
}

const std::byte* Block::parameter(const Instruction& instruction, std::uint64_t offset, int bytes) const {
  if (offset + static_cast<std::uint64_t>(bytes) > launch_.parameters.size()) fail(instruction, 0, "beyond the parameters");
  return launch_.parameters.data() + offset;
}

std::byte* Block::global(const Instruction& instruction, std::int32_t thread, std::uint64_t address, int bytes,
                         Races::Use use) {
  const auto inside = [&] {
    const std::uint64_t start = reinterpret_cast<std::uint64_t>(allocation_.data());
    return address >= start && address + static_cast<std::uint64_t>(bytes) <= start + allocation_.size();
  };
  if (!inside()) {
    allocation_ = launch_.allocation(address);
    if (!inside()) fail(instruction, thread, fmt::format("{} bytes at {:#x} are in no allocation", bytes, address));
  }
  if (address % static_cast<std::uint64_t>(bytes) != 0) fail(instruction, thread, "an address that is not aligned");
  note(instruction, thread, global_races_, address, bytes, use);
  if (launch_.costs != nullptr) global_accesses_.push_back({thread, address, bytes});
  return reinterpret_cast<std::byte*>(address);  // NOLINT: addresses are numbers to kernels
}

std::byte* Block::shared(const Instruction& instruction, std::int32_t thread, std::uint64_t address, int bytes,
                         Races::Use use) {
  address &= 0xFFFFFFFF;
  if (address + static_cast<std::uint64_t>(bytes) > shared_.size()) {
    fail(instruction, thread, fmt::format("{} bytes at {} of {} bytes of shared memory", bytes, address, shared_.size()));
  }
  if (address % static_cast<std::uint64_t>(bytes) != 0) fail(instruction, thread, "an address that is not aligned");
  note(instruction, thread, shared_races_, address, bytes, use);
  if (launch_.costs != nullptr) shared_accesses_.push_back({thread, address, bytes});
  atomic_ = use == Races::Use::kAtomic;
  return shared_.data() + address;
}

void Block::note(const Instruction& instruction, std::int32_t thread, Races& races, std::uint64_t address, int bytes,
                 Races::Use use) {
  const Moment now{index_, thread, barriers_, warp_barriers_[static_cast<std::size_t>(thread / kWarp)], instruction.line};
  const auto look = [&](std::uint64_t place) {
    const std::int32_t rival = races.note(place, use, now);
    if (rival < 0) return;
    races_.insert(fmt::format("{}: the accesses in lines {} and {} race", kernel_.name, std::min(rival, instruction.line),
                              std::max(rival, instruction.line)));
  };
  if (bytes < 4) look(address | kBytePlaces);
  for (int i = 0; i + 4 <= bytes; i += 4) look((address + static_cast<std::uint64_t>(i)) / 4);
}

void Block::copy_later(const Instruction& instruction, std::int32_t thread, std::uint64_t to, std::uint64_t from, int bytes) {
  std::memset(shared(instruction, thread, to, bytes, Races::Use::kWrite), 0xA5, static_cast<std::size_t>(bytes));
  if (launch_.costs != nullptr) global_accesses_.push_back({thread, from, bytes});
  copies_[static_cast<std::size_t>(thread)].push_back({&instruction, to, from, bytes});
}

void Block::finish_copies(std::int32_t thread) {
  for (const Copy& copy : copies_[static_cast<std::size_t>(thread)]) {
    std::memcpy(shared(*copy.instruction, thread, copy.to, copy.bytes, Races::Use::kWrite),
                global(*copy.instruction, thread, copy.from, copy.bytes, Races::Use::kRead),
                static_cast<std::size_t>(copy.bytes));
  }
  copies_[static_cast<std::size_t>(thread)].clear();
}

void Block::count_issues(const Instruction& instruction) {
  std::int64_t warps = 0;
  std::int32_t last = -1;
  for (const std::int32_t thread : active_) {
    warps += thread / kWarp != last ? 1 : 0;
    last = thread / kWarp;
  }
  cost_of(instruction).issues += warps;
}

/// Those of copies that are waited for were counted when they were begun.
void Block::count_accesses(const Instruction& instruction) {
  if (instruction.count > 0) {
    cost_of(instruction) += cost_of_global(global_accesses_);
    cost_of(instruction) += cost_of_shared(shared_accesses_, atomic_);
  }
  global_accesses_.clear();
  shared_accesses_.clear();
}

Cost& Block::cost_of(const Instruction& instruction) {
  return launch_.costs->at(static_cast<std::size_t>(&instruction - kernel_.code.data()));
}

void Block::fail(const Instruction& instruction, std::int32_t thread, const std::string& what) const {
  throw Fault(fmt::format("{}: line {}, block {}, thread {}: {}", kernel_.name, instruction.line, index_, thread, what));
}

}  // namespace tessera::ptx
