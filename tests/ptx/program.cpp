// SPDX-License-Identifier: Apache-2.0
// Reads as much of PTX (NVIDIA's Parallel Thread Execution ISA 9.0) as nvcc makes of kernels without calls.
#include "ptx/program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <utility>

namespace tessera::ptx {
namespace {

std::int64_t round_up(std::int64_t value, std::int64_t unit) { return (value + unit - 1) / unit * unit; }

/// Words, numbers and marks of a text, one after the other.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  /// Empty at the end.
  [[nodiscard]] std::string_view peek() {
    skip_space();
    if (at_ == text_.size()) return {};
    std::size_t end = at_;
    if (text_[at_] == '"') {
      end = text_.find('"', at_ + 1) + 1;
    } else {
      while (end < text_.size() && is_word(text_[end])) ++end;
      end = std::max(end, at_ + 1);
    }
    return text_.substr(at_, end - at_);
  }
  std::string_view next() {
    const std::string_view token = peek();
    at_ += token.size();
    return token;
  }
  bool take(std::string_view token) {
    if (peek() != token) return false;
    next();
    return true;
  }
  void expect(std::string_view token) {
    if (!take(token)) fail(fmt::format("'{}' expected before '{}'", token, peek()));
  }
  std::int64_t number() {
    const bool negative = take("-");
    const std::string_view token = next();
    std::uint64_t value = 0;
    const bool hexadecimal = token.starts_with("0x") || token.starts_with("0X");
    const std::string_view digits = hexadecimal ? token.substr(2) : token;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, hexadecimal ? 16 : 10);
    if (error != std::errc() || end == digits.data()) fail(fmt::format("a number expected, not '{}'", token));
    return static_cast<std::int64_t>(negative ? 0 - value : value);
  }
  [[nodiscard]] std::int32_t line() {
    skip_space();
    return line_;
  }
  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error(fmt::format("PTX line {}: {}", line_, what));
  }

 private:
  static bool is_word(char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
           letter == '_' || letter == '.' || letter == '%' || letter == '$';
  }
  void skip_space() {
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\n') {
        ++line_;
      } else if (text_.substr(at_, 2) == "//") {
        at_ = std::min(text_.find('\n', at_), text_.size()) - 1;
      } else if (text_[at_] != ' ' && text_[at_] != '\t' && text_[at_] != '\r') {
        return;
      }
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::int32_t line_ = 1;
};

/// `.align 8 .b8 name[104]`, or `.u32 name`: what stands behind .param and .shared.
struct Variable {
  std::string name;
  std::int64_t alignment = 1;
  std::int64_t bytes = 0;
};

Variable read_variable(Scanner& scanner) {
  Variable variable;
  std::int64_t element = 0;
  for (std::string_view token = scanner.next(); token.starts_with('.'); token = scanner.next()) {
    if (token == ".align") {
      variable.alignment = scanner.number();
    } else {
      const std::string_view bits = token.substr(2);  // of .b8, .u64, .f32
      const auto [end, error] = std::from_chars(bits.data(), bits.data() + bits.size(), element);
      if (error != std::errc()) scanner.fail(fmt::format("unknown type '{}'", token));
      element /= 8;
    }
    if (!scanner.peek().starts_with('.')) variable.name = scanner.peek();
  }
  variable.alignment = std::max(variable.alignment, element);
  variable.bytes = element;
  if (scanner.take("[")) {
    variable.bytes = scanner.peek() == "]" ? 0 : element * scanner.number();
    scanner.expect("]");
  }
  return variable;
}

class KernelReader {
 public:
  /// @param dynamic shared memory of a size that the launch says
  KernelReader(Scanner& scanner, const std::vector<Variable>& dynamic) : scanner_(scanner), dynamic_(dynamic) {}

  Kernel read() {
    kernel_.name = scanner_.next();
    read_parameters();
    while (!scanner_.take("{")) {
      if (scanner_.take(".maxntid")) {
        kernel_.most_threads = static_cast<std::int32_t>(scanner_.number());
      } else {
        scanner_.next();
      }
    }
    for (int depth = 1; depth > 0;) {
      if (scanner_.take("{")) {
        ++depth;
      } else if (scanner_.take("}")) {
        --depth;
      } else {
        read_statement();
      }
    }
    // Dynamic memory lies behind the static variables, all of which stand before the first instruction.
    kernel_.shared_bytes = round_up(kernel_.shared_bytes, 16);
    for (const std::int32_t number : dynamic_constants_) {
      kernel_.constants[static_cast<std::size_t>(number)].bits += static_cast<std::uint64_t>(kernel_.shared_bytes);
    }
    for (const auto& [branch, label] : branches_) {
      const auto target = labels_.find(label);
      if (target == labels_.end()) throw std::runtime_error(fmt::format("PTX: no label {} in {}", label, kernel_.name));
      kernel_.code[branch].target = target->second;
    }
    return std::move(kernel_);
  }

 private:
  void read_parameters() {
    scanner_.expect("(");
    std::int64_t end = 0;
    while (!scanner_.take(")")) {
      scanner_.take(",");
      scanner_.expect(".param");
      const Variable parameter = read_variable(scanner_);
      const std::int64_t offset = round_up(end, parameter.alignment);
      end = offset + parameter.bytes;
      symbols_.emplace(parameter.name, offset);
      kernel_.parameter_offsets.push_back(offset);
      kernel_.parameter_bytes.push_back(parameter.bytes);
    }
    kernel_.parameter_offsets.push_back(end);
  }

  void read_statement() {
    const std::int32_t line = scanner_.line();
    std::string_view token = scanner_.next();
    if (token.empty()) scanner_.fail("the text ends within a kernel");
    if (scanner_.take(":")) {
      labels_.emplace(token, static_cast<std::int32_t>(kernel_.code.size()));
      return;
    }
    if (token == ".shared") {
      const Variable variable = read_variable(scanner_);
      const std::int64_t offset = round_up(kernel_.shared_bytes, variable.alignment);
      symbols_.emplace(variable.name, offset);
      kernel_.shared_bytes = offset + variable.bytes;
      scanner_.expect(";");
      return;
    }
    if (token == ".pragma") {
      scanner_.next();
      scanner_.expect(";");
      return;
    }
    if (token == ".reg") {
      scanner_.next();  // what is done to a register says its type
      do {
        const std::string_view name = scanner_.next();
        if (!scanner_.take("<")) {
          registers_.emplace(name, kernel_.registers++);
        } else {
          scanner_.number();
          scanner_.expect(">");
        }
      } while (scanner_.take(","));
      scanner_.expect(";");
      return;
    }
    Instruction instruction;
    instruction.line = line;
    if (token == "@") {
      instruction.guard_negated = scanner_.take("!");
      instruction.guard = register_of(scanner_.next());
      token = scanner_.next();
    }
    read_instruction(token, instruction);
    kernel_.code.push_back(instruction);
    kernel_.opcodes.push_back(token);
  }

  void read_instruction(std::string_view opcode, Instruction& instruction) {
    if (opcode == "bra" || opcode == "bra.uni") {
      instruction.flow = Flow::kBranch;
      branches_.emplace_back(kernel_.code.size(), scanner_.next());
      scanner_.expect(";");
      return;
    }
    if (opcode == "ret" || opcode == "exit") instruction.flow = Flow::kExit;
    if (opcode == "bar.sync" || opcode == "barrier.sync") instruction.flow = Flow::kBarrier;
    if (opcode == "bar.warp.sync") instruction.flow = Flow::kWarpBarrier;
    if (instruction.flow == Flow::kNext) instruction.operation = find_operation(opcode);
    if (instruction.flow == Flow::kNext && instruction.operation == nullptr) {
      scanner_.fail(fmt::format("unknown instruction '{}'", opcode));
    }
    std::size_t addresses = 0;
    for (int place = 0; !scanner_.take(";"); ++place) {
      if (place > 0) scanner_.expect(",");
      if (scanner_.take("{")) {
        do {
          append(instruction, read_operand());
        } while (scanner_.take(","));
        scanner_.expect("}");
      } else if (scanner_.take("[")) {
        append(instruction, read_operand());
        if (scanner_.take("+")) instruction.displacements.at(addresses) = scanner_.number();
        ++addresses;
        scanner_.expect("]");
      } else {
        append(instruction, read_operand());
      }
      if (place == 0) instruction.written = instruction.count;
    }
  }

  static void append(Instruction& instruction, std::int32_t operand) { instruction.operands.at(instruction.count++) = operand; }

  std::int32_t read_operand() {
    const std::string_view token = scanner_.peek();
    if (token == "-" || (token.front() >= '0' && token.front() <= '9')) return constant(read_constant());
    scanner_.next();
    if (const auto symbol = symbols_.find(token); symbol != symbols_.end()) {
      return constant(static_cast<std::uint64_t>(symbol->second));
    }
    if (std::ranges::find(dynamic_, token, &Variable::name) != dynamic_.end()) {
      const std::int32_t number = constant(0);
      dynamic_constants_.push_back(static_cast<std::int32_t>(kernel_.constants.size()) - 1);
      return number;
    }
    return register_of(token);
  }

  std::uint64_t read_constant() {
    const std::string_view token = scanner_.peek();
    if (token.starts_with("0f") || token.starts_with("0F") || token.starts_with("0d") || token.starts_with("0D")) {
      std::uint64_t bits = 0;
      std::from_chars(token.data() + 2, token.data() + token.size(), bits, 16);
      scanner_.next();
      return bits;
    }
    return static_cast<std::uint64_t>(scanner_.number());
  }

  std::int32_t constant(std::uint64_t bits) {
    kernel_.constants.push_back({kernel_.registers, bits});
    return kernel_.registers++;
  }

  std::int32_t register_of(std::string_view name) {
    const auto known = registers_.find(name);
    if (known != registers_.end()) return known->second;
    const bool special =
        name.starts_with("%tid.") || name.starts_with("%ntid.") || name.starts_with("%ctaid.") || name.starts_with("%nctaid.");
    if (!special && (!name.starts_with('%') || name.find('.') != std::string_view::npos)) {
      scanner_.fail(fmt::format("unknown operand '{}'", name));
    }
    if (special) kernel_.special.emplace(name, kernel_.registers);
    registers_.emplace(name, kernel_.registers);
    return kernel_.registers++;
  }

  Scanner& scanner_;
  const std::vector<Variable>& dynamic_;
  Kernel kernel_;
  std::map<std::string, std::int64_t, std::less<>> symbols_;
  std::map<std::string, std::int32_t, std::less<>> registers_;
  std::map<std::string, std::int32_t, std::less<>> labels_;
  std::vector<std::pair<std::size_t, std::string>> branches_;  ///< and their labels
  std::vector<std::int32_t> dynamic_constants_;
};

}  // namespace

std::map<std::string, Kernel, std::less<>> parse_program(std::string_view text) {
  Scanner scanner(text);
  std::map<std::string, Kernel, std::less<>> kernels;
  std::vector<Variable> dynamic;
  while (!scanner.peek().empty()) {
    if (scanner.take(".extern")) {
      scanner.expect(".shared");
      dynamic.push_back(read_variable(scanner));
      scanner.expect(";");
    } else if (scanner.take(".entry")) {
      Kernel kernel = KernelReader(scanner, dynamic).read();
      std::string name = kernel.name;
      kernels.emplace(std::move(name), std::move(kernel));
    } else if (scanner.peek() == ".func" || scanner.peek() == ".global" || scanner.peek() == ".const") {
      scanner.fail(fmt::format("unknown directive '{}'", scanner.peek()));
    } else {
      scanner.next();  // .version, .target, .address_size, .visible
    }
  }
  return kernels;
}

}  // namespace tessera::ptx
