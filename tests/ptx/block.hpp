// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "ptx/costs.hpp"
#include "ptx/program.hpp"
#include "ptx/races.hpp"

namespace tessera::ptx {

/// What a kernel may not do; ends its launch.
class Fault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Launch {
  std::int32_t blocks = 1;
  std::int32_t threads = 1;
  std::int64_t dynamic_bytes = 0;     ///< of shared memory
  std::vector<std::byte> parameters;  ///< as the kernel's offsets say
  /// The allocation in device memory that holds an address; empty: none.
  std::function<std::span<std::byte>(std::uint64_t)> allocation;
  Costs* costs = nullptr;  ///< what it takes is added to them, unless null
};

/// Runs a launch, block by block.
/// @returns what no order of threads may depend on but does: accesses that race with others, each pair of lines once
/// @throws Fault for accesses outside of allocations or not aligned, and barriers that not all threads come to
std::set<std::string> run_launch(const Kernel& kernel, const Launch& launch);

/// A block of threads in lockstep: of all threads that can go on, those at the least instruction do.
class Block {
 public:
  Block(const Kernel& kernel, const Launch& launch, Races& global, std::set<std::string>& races);
  void run(std::int32_t index);

  // What operations work with.

  /// work(thread) for all active threads.
  template <typename Work>
  void each(Work work) {
    if (active_.size() == static_cast<std::size_t>(launch_.threads)) {
      for (std::int32_t thread = 0; thread < launch_.threads; ++thread) work(thread);
    } else {
      for (const std::int32_t thread : active_) work(thread);
    }
  }
  /// Of warps all of whose threads are active: work(first thread).
  /// @throws Fault where only some are
  template <typename Work>
  void each_warp(const Instruction& instruction, Work work) {
    for (std::size_t i = 0; i < active_.size(); i += kWarp) {
      if (i + kWarp > active_.size() || active_[i] % kWarp != 0 || active_[i + kWarp - 1] != active_[i] + kWarp - 1) {
        fail(instruction, active_[i], "not all threads of the warp are there");
      }
      work(active_[i]);
    }
  }
  /// The values of an operand, one of each thread.
  [[nodiscard]] std::uint64_t* values(const Instruction& instruction, std::size_t operand) {
    const auto number = static_cast<std::size_t>(instruction.operands[operand]);
    return registers_.data() + number * static_cast<std::size_t>(launch_.threads);
  }
  [[nodiscard]] std::uint8_t& carry(std::int32_t thread) { return carries_[static_cast<std::size_t>(thread)]; }
  [[nodiscard]] const std::byte* parameter(const Instruction& instruction, std::uint64_t offset, int bytes) const;
  [[nodiscard]] std::byte* global(const Instruction& instruction, std::int32_t thread, std::uint64_t address, int bytes,
                                  Races::Use use);
  [[nodiscard]] std::byte* shared(const Instruction& instruction, std::int32_t thread, std::uint64_t address, int bytes,
                                  Races::Use use);
  /// A copy that is made when the thread waits for it.
  void copy_later(const Instruction& instruction, std::int32_t thread, std::uint64_t to, std::uint64_t from, int bytes);
  void finish_copies(std::int32_t thread);
  [[noreturn]] void fail(const Instruction& instruction, std::int32_t thread, const std::string& what) const;

 private:
  using Threads = std::vector<std::int32_t>;  ///< in their order
  struct Group {
    std::int32_t at;
    Threads threads;
  };
  struct Copy {
    const Instruction* instruction;
    std::uint64_t to;
    std::uint64_t from;
    int bytes;
  };

  void start(std::int32_t index);
  void set_all(std::int32_t register_number, std::uint64_t bits);
  [[nodiscard]] Group take_least();
  void advance(std::int32_t at);
  [[nodiscard]] bool passes_guard(const Instruction& instruction, std::int32_t thread);
  void branch(const Instruction& instruction, std::int32_t& at);
  void execute(const Instruction& instruction);
  void wait_in_warps(const Instruction& instruction, std::int32_t at);
  void note(const Instruction& instruction, std::int32_t thread, Races& races, std::uint64_t address, int bytes,
            Races::Use use);
  void count_issues(const Instruction& instruction);
  void count_accesses(const Instruction& instruction);
  [[nodiscard]] Cost& cost_of(const Instruction& instruction);

  const Kernel& kernel_;
  const Launch& launch_;
  Races& global_races_;
  Races shared_races_{true};
  std::set<std::string>& races_;
  std::int32_t index_ = 0;
  std::vector<std::uint64_t> registers_;  ///< [register][thread]
  std::vector<std::uint8_t> carries_;
  std::vector<std::byte> shared_;
  std::span<std::byte> allocation_;                        ///< the one looked at last
  std::vector<Access> global_accesses_, shared_accesses_;  ///< of the instruction
  bool atomic_ = false;
  std::vector<std::vector<Copy>> copies_;
  std::int32_t barriers_ = 0;
  std::vector<std::int32_t> warp_barriers_;
  Threads active_;
  std::vector<Group> ready_;
  std::vector<Group> waiting_;       ///< for the block
  std::vector<Group> warp_waiting_;  ///< for the rest of their warp
  std::size_t gone_ = 0;
};

}  // namespace tessera::ptx
