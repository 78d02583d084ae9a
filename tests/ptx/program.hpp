// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::ptx {

class Block;
struct Instruction;

/// What an instruction does on the active threads of a block.
using Operation = void (*)(Block& block, const Instruction& instruction);

/// Where a thread goes on after an instruction.
enum class Flow : std::uint8_t { kNext, kBranch, kBarrier, kWarpBarrier, kExit };

/// An instruction with everything looked up. All operands are registers: constants, and addresses of variables, lie in
/// registers of their own.
struct Instruction {
  Operation operation = nullptr;  ///< of Flow::kNext
  Flow flow = Flow::kNext;
  bool guard_negated = false;
  std::int32_t guard = -1;                      ///< predicate register; -1: none
  std::size_t written = 0;                      ///< operands in the first place: 2 of {%r1, %r2}
  std::size_t count = 0;                        ///< operands
  std::array<std::int32_t, 16> operands{};      ///< registers, vectors flattened
  std::array<std::int64_t, 2> displacements{};  ///< added to the first and second address among the operands
  std::int32_t target = 0;                      ///< instruction that a branch goes to
  std::int32_t line = 0;                        ///< of the text
};

struct Kernel {
  struct Constant {
    std::int32_t register_number;
    std::uint64_t bits;
  };

  std::string name;                             ///< what faults and races call it
  std::vector<std::int64_t> parameter_offsets;  ///< one beyond the last: bytes in all
  std::vector<std::int64_t> parameter_bytes;
  std::int64_t shared_bytes = 0;  ///< static ones; dynamic memory follows them
  std::int32_t most_threads = 1024;
  std::int32_t registers = 0;
  std::vector<Constant> constants;
  std::map<std::string, std::int32_t, std::less<>> special;  ///< registers such as %tid.x
  std::vector<Instruction> code;
  std::vector<std::string_view> opcodes;  ///< in the text
};

/// The kernels of a module by name.
/// @throws std::runtime_error for what is not known of the language, with its line
[[nodiscard]] std::map<std::string, Kernel, std::less<>> parse_program(std::string_view text);

/// The operation of an opcode such as "add.rn.f32"; null: not known.
[[nodiscard]] Operation find_operation(std::string_view opcode);

}  // namespace tessera::ptx
