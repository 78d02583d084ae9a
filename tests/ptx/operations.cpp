// SPDX-License-Identifier: Apache-2.0
// What the instructions do, after the PTX ISA 9.0, on the active threads of a block.
#include <Eigen/Core>
#include <array>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <string>
#include <type_traits>
#include <utility>

#include "ptx/block.hpp"
#include "ptx/program.hpp"
#include "tessera/int128.hpp"

namespace tessera::ptx {
namespace {

using Table = std::map<std::string, Operation, std::less<>>;

/// A number of 16 bits as IEEE 754 has it.
using Half = Eigen::half;

/// The value of type T in the low bits of a register.
template <typename T>
T get(std::uint64_t bits) {
  if constexpr (std::is_same_v<T, bool>) {
    return bits != 0;
  } else if constexpr (std::is_same_v<T, Half>) {
    return Eigen::half_impl::raw_uint16_to_half(static_cast<std::uint16_t>(bits));
  } else if constexpr (std::is_same_v<T, float>) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
  } else if constexpr (std::is_same_v<T, double>) {
    return std::bit_cast<double>(bits);
  } else {
    return static_cast<T>(bits);
  }
}

/// Integers with a sign keep it in wider registers, as loads want it.
template <typename T>
std::uint64_t put(T value) {
  if constexpr (std::is_same_v<T, Half>) {
    return Eigen::half_impl::raw_half_as_uint16(value);
  } else if constexpr (std::is_same_v<T, float>) {
    return std::bit_cast<std::uint32_t>(value);
  } else if constexpr (std::is_same_v<T, double>) {
    return std::bit_cast<std::uint64_t>(value);
  } else if constexpr (std::is_signed_v<T>) {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
  } else {
    return static_cast<std::uint64_t>(value);
  }
}

template <auto kFunction, typename Result, typename... Values, std::size_t... kPlaces>
void apply_to(Block& block, const Instruction& instruction, Result (*)(Values...), std::index_sequence<kPlaces...>) {
  std::uint64_t* to = block.values(instruction, 0);
  const std::array<const std::uint64_t*, sizeof...(Values)> from{block.values(instruction, 1 + kPlaces)...};
  block.each([&](std::int32_t thread) { to[thread] = put<Result>(kFunction(get<Values>(from[kPlaces][thread])...)); });
}

template <auto kFunction, typename Result, typename... Values>
void apply_signature(Block& block, const Instruction& instruction, Result (*signature)(Values...)) {
  apply_to<kFunction>(block, instruction, signature, std::index_sequence_for<Values...>{});
}

/// d = kFunction(a, b, ...), its types being those of the operands.
template <auto kFunction>
void apply(Block& block, const Instruction& instruction) {
  apply_signature<kFunction>(block, instruction, +kFunction);
}

// Integers. Sums, differences and products are those of unsigned numbers, which wrap around.

template <std::integral T>
using Unsigned = std::make_unsigned_t<T>;

/// The bits of the product beyond those of T.
template <std::integral T>
T high_product(T a, T b) {
  if constexpr (sizeof(T) == 8) {
    using Wide = std::conditional_t<std::is_signed_v<T>, Int128, UInt128>;
    return static_cast<T>((static_cast<Wide>(a) * static_cast<Wide>(b)) >> 64);
  } else {
    using Wide = std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>;
    return static_cast<T>((static_cast<Wide>(a) * static_cast<Wide>(b)) >> (8 * sizeof(T)));
  }
}

/// Not defined for b = 0 by PTX, nor here: what no kernel may count on.
template <std::integral T>
T quotient(T a, T b) {
  if (b == 0) throw Fault("a division by zero");
  if constexpr (std::is_signed_v<T>) {
    if (b == T{-1}) return static_cast<T>(Unsigned<T>{0} - static_cast<Unsigned<T>>(a));
  }
  return static_cast<T>(a / b);
}

template <std::integral T>
T remainder_of(T a, T b) {
  return static_cast<T>(static_cast<Unsigned<T>>(a) - static_cast<Unsigned<T>>(quotient(a, b)) * static_cast<Unsigned<T>>(b));
}

template <std::integral T>
T shifted_right(T a, std::uint32_t by) {
  constexpr std::uint32_t kBits = 8 * sizeof(T);
  if (by >= kBits) return a < 0 ? static_cast<T>(-1) : T{0};
  return static_cast<T>(a >> by);
}

template <std::integral T>
void add_integers(Table& table, const std::string& type) {
  using U = Unsigned<T>;
  table["add." + type] = apply<[](U a, U b) { return static_cast<T>(static_cast<U>(a + b)); }>;
  table["sub." + type] = apply<[](U a, U b) { return static_cast<T>(static_cast<U>(a - b)); }>;
  table["neg." + type] = apply<[](U a) { return static_cast<T>(static_cast<U>(U{0} - a)); }>;
  table["mul.lo." + type] = apply<[](U a, U b) { return static_cast<T>(static_cast<U>(std::uint64_t{a} * b)); }>;
  table["mad.lo." + type] = apply<[](U a, U b, U c) { return static_cast<T>(static_cast<U>(std::uint64_t{a} * b + c)); }>;
  table["mul.hi." + type] = apply<high_product<T>>;
  table["div." + type] = apply<quotient<T>>;
  table["rem." + type] = apply<remainder_of<T>>;
  table["min." + type] = apply<[](T a, T b) { return a < b ? a : b; }>;
  table["max." + type] = apply<[](T a, T b) { return a < b ? b : a; }>;
  table["abs." + type] = apply<[](T a) { return a < 0 ? static_cast<T>(U{0} - static_cast<U>(a)) : a; }>;
  table["shr." + type] = apply<shifted_right<T>>;
}

template <std::integral T, std::integral Wide>
void add_wide_products(Table& table, const std::string& type) {
  table["mul.wide." + type] = apply<[](T a, T b) { return static_cast<Wide>(static_cast<Wide>(a) * static_cast<Wide>(b)); }>;
  table["mad.wide." + type] = apply<[](T a, T b, Unsigned<Wide> c) {
    return static_cast<Unsigned<Wide>>(static_cast<Unsigned<Wide>>(static_cast<Wide>(a) * static_cast<Wide>(b)) + c);
  }>;
}

/// Any function of three bits, as a table of its eight values says.
std::uint32_t look_up_bits(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t table) {
  std::uint32_t result = 0;
  for (std::uint32_t i = 0; i < 8; ++i) {
    if ((table >> i & 1) == 0) continue;
    result |= ((i & 4) != 0 ? a : ~a) & ((i & 2) != 0 ? b : ~b) & ((i & 1) != 0 ? c : ~c);
  }
  return result;
}

/// b with `length` bits of a put at `position`.
template <std::unsigned_integral T>
T insert_bits(T a, T b, std::uint32_t position, std::uint32_t length) {
  constexpr std::uint32_t kBits = 8 * sizeof(T);
  position &= 0xFF;
  length &= 0xFF;
  if (position >= kBits || length == 0) return b;
  const T ones = length >= kBits ? static_cast<T>(~T{0}) : static_cast<T>((T{1} << length) - 1);
  const auto mask = static_cast<T>(ones << position);
  return static_cast<T>((b & ~mask) | (static_cast<T>(a << position) & mask));
}

template <std::unsigned_integral T>
void add_bits(Table& table, const std::string& type) {
  table["and." + type] = apply<[](T a, T b) { return static_cast<T>(a & b); }>;
  table["or." + type] = apply<[](T a, T b) { return static_cast<T>(a | b); }>;
  table["xor." + type] = apply<[](T a, T b) { return static_cast<T>(a ^ b); }>;
  table["not." + type] = apply<[](T a) { return static_cast<T>(~a); }>;
  table["shr." + type] = apply<shifted_right<T>>;
  table["shl." + type] =
      apply<[](T a, std::uint32_t by) { return by >= 8 * sizeof(T) ? T{0} : static_cast<T>(std::uint64_t{a} << by); }>;
}

/// Sums and differences of more words than one: the carry is kept for the next.
template <bool kSubtract, bool kTakesCarry>
void add_with_carry(Block& block, const Instruction& instruction) {
  std::uint64_t* to = block.values(instruction, 0);
  const std::uint64_t* a = block.values(instruction, 1);
  const std::uint64_t* b = block.values(instruction, 2);
  block.each([&](std::int32_t thread) {
    const unsigned carry = kTakesCarry ? block.carry(thread) : 0;
    const UInt128 x = a[thread], y = b[thread];
    const UInt128 sum = kSubtract ? x - y - carry : x + y + carry;
    block.carry(thread) = static_cast<std::uint8_t>(static_cast<std::uint64_t>(sum >> 64) & 1);
    to[thread] = static_cast<std::uint64_t>(sum);
  });
}

// Floating point.

/// The number where the other one is none; -0 is less than 0.
template <std::floating_point T>
T lesser(T a, T b) {
  if (std::isnan(a)) return b;
  if (std::isnan(b)) return a;
  return a < b || (a == b && std::signbit(a)) ? a : b;
}
template <std::floating_point T>
T greater(T a, T b) {
  if (std::isnan(a)) return b;
  if (std::isnan(b)) return a;
  return a > b || (a == b && !std::signbit(a)) ? a : b;
}

template <std::floating_point T>
void add_floats(Table& table, const std::string& type) {
  table["add.rn." + type] = apply<[](T a, T b) { return a + b; }>;
  table["sub.rn." + type] = apply<[](T a, T b) { return a - b; }>;
  table["mul.rn." + type] = apply<[](T a, T b) { return a * b; }>;
  table["div.rn." + type] = apply<[](T a, T b) { return a / b; }>;
  table["rcp.rn." + type] = apply<[](T a) { return T{1} / a; }>;
  table["fma.rn." + type] = apply<[](T a, T b, T c) { return std::fma(a, b, c); }>;
  table["sqrt.rn." + type] = apply<[](T a) { return std::sqrt(a); }>;
  table["neg." + type] = apply<[](T a) { return -a; }>;
  table["abs." + type] = apply<[](T a) { return std::abs(a); }>;
  table["min." + type] = apply<lesser<T>>;
  table["max." + type] = apply<greater<T>>;
}

/// As far from the right number as the ISA says that it may be, on the one side or on the other.
float off_by_units(float x, int units) {
  if (x == 0.0F || !std::isfinite(x)) return x;
  const float towards = (std::bit_cast<std::uint32_t>(x) & 1) == 0 ? INFINITY : 0.0F;
  for (int i = 0; i < units; ++i) x = std::nextafter(x, towards);
  return x;
}

float flushed(float x) { return std::abs(x) < std::numeric_limits<float>::min() ? std::copysign(0.0F, x) : x; }

/// Fast functions of float32.
void add_approximations(Table& table) {
  table["sqrt.approx.ftz.f32"] = apply<[](float a) { return off_by_units(std::sqrt(flushed(a)), 1); }>;
  table["div.approx.ftz.f32"] = apply<[](float a, float b) {
    const bool far = 0x1p126F < std::abs(b) && std::isfinite(a) && std::isfinite(b);
    return far ? 0.0F : flushed(off_by_units(flushed(a) / flushed(b), 2));
  }>;
}

template <typename T>
void add_comparisons(Table& table, const std::string& type) {
  table["setp.eq." + type] = apply<[](T a, T b) { return a == b; }>;
  table["setp.lt." + type] = apply<[](T a, T b) { return a < b; }>;
  table["setp.le." + type] = apply<[](T a, T b) { return a <= b; }>;
  table["setp.gt." + type] = apply<[](T a, T b) { return b < a; }>;
  table["setp.ge." + type] = apply<[](T a, T b) { return a >= b; }>;
  if constexpr (std::integral<T>) {
    table["setp.ne." + type] = apply<[](T a, T b) { return a != b; }>;
  } else {  // those with a "u" hold as well where a value is not a number
    table["setp.ne." + type] = apply<[](T a, T b) { return a < b || b < a; }>;
    table["setp.equ." + type] = apply<[](T a, T b) { return !(a < b || b < a); }>;
    table["setp.neu." + type] = apply<[](T a, T b) { return !(a == b); }>;
    table["setp.ltu." + type] = apply<[](T a, T b) { return !(a >= b); }>;
    table["setp.leu." + type] = apply<[](T a, T b) { return !(b < a); }>;
    table["setp.gtu." + type] = apply<[](T a, T b) { return !(a <= b); }>;
    table["setp.geu." + type] = apply<[](T a, T b) { return !(a < b); }>;
    table["setp.num." + type] = apply<[](T a, T b) { return !std::isnan(a) && !std::isnan(b); }>;
    table["setp.nan." + type] = apply<[](T a, T b) { return std::isnan(a) || std::isnan(b); }>;
  }
}

// Conversions.

/// To an integer, the nearest there is; what is not a number becomes the least, or 0 between types of 32 bits and less.
template <std::integral To, std::floating_point From, auto kRound>
To to_integer(From value) {
  if (std::isnan(value)) {
    if constexpr (sizeof(From) < 8 && sizeof(To) < 8) return 0;
    return static_cast<To>(Unsigned<To>{1} << (8 * sizeof(To) - 1));
  }
  const double rounded = kRound(static_cast<double>(value));
  // The bounds themselves may not be doubles; one beyond the most is.
  const double beyond = std::ldexp(1.0, static_cast<int>(8 * sizeof(To)) - (std::is_signed_v<To> ? 1 : 0));
  if (rounded >= beyond) return std::numeric_limits<To>::max();
  if (rounded < static_cast<double>(std::numeric_limits<To>::min())) return std::numeric_limits<To>::min();
  return static_cast<To>(rounded);
}

constexpr auto kToEven = [](double value) { return std::nearbyint(value); };
constexpr auto kDown = [](double value) { return std::floor(value); };
constexpr auto kUp = [](double value) { return std::ceil(value); };
constexpr auto kToZero = [](double value) { return std::trunc(value); };

template <std::integral To, std::floating_point From>
void add_roundings(Table& table, const std::string& types) {
  table["cvt.rni." + types] = apply<to_integer<To, From, kToEven>>;
  table["cvt.rmi." + types] = apply<to_integer<To, From, kDown>>;
  table["cvt.rpi." + types] = apply<to_integer<To, From, kUp>>;
  table["cvt.rzi." + types] = apply<to_integer<To, From, kToZero>>;
}

template <std::floating_point T>
void add_float_roundings(Table& table, const std::string& types) {
  table["cvt.rni." + types] = apply<[](T a) { return static_cast<T>(kToEven(static_cast<double>(a))); }>;
  table["cvt.rmi." + types] = apply<[](T a) { return static_cast<T>(kDown(static_cast<double>(a))); }>;
  table["cvt.rpi." + types] = apply<[](T a) { return static_cast<T>(kUp(static_cast<double>(a))); }>;
  table["cvt.rzi." + types] = apply<[](T a) { return static_cast<T>(kToZero(static_cast<double>(a))); }>;
}

template <std::integral To>
void add_conversions_to(Table& table, const std::string& type) {
  const auto from = [&]<std::integral From>(From, const char* name) {
    table["cvt." + type + "." + name] = apply<[](From a) { return static_cast<To>(a); }>;
  };
  from(std::int8_t{}, "s8"), from(std::uint8_t{}, "u8"), from(std::int16_t{}, "s16"), from(std::uint16_t{}, "u16");
  from(std::int32_t{}, "s32"), from(std::uint32_t{}, "u32"), from(std::int64_t{}, "s64"), from(std::uint64_t{}, "u64");
  add_roundings<To, float>(table, type + ".f32");
  add_roundings<To, double>(table, type + ".f64");
  table["cvt.rn.f32." + type] = apply<[](To a) { return static_cast<float>(a); }>;
  table["cvt.rn.f64." + type] = apply<[](To a) { return static_cast<double>(a); }>;
}

/// Two numbers of 16 bits, the first one above.
std::uint32_t two_halves(float high, float low) {
  return static_cast<std::uint32_t>(put(static_cast<Half>(high)) << 16 | put(static_cast<Half>(low)));
}

/// Between registers of one value and vectors of its parts, the lowest first; or from register to register.
template <std::size_t kBits>
void move(Block& block, const Instruction& instruction) {
  const std::size_t parts = instruction.written;
  const std::size_t sources = instruction.count - parts;
  const auto cut = [](std::uint64_t bits, std::size_t pieces) {
    return pieces == 1 ? bits : bits & ((std::uint64_t{1} << (kBits / pieces)) - 1);
  };
  block.each([&](std::int32_t thread) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < sources; ++i) {
      bits |= cut(block.values(instruction, parts + i)[thread], sources) << (i * kBits / sources);
    }
    for (std::size_t i = 0; i < parts; ++i) block.values(instruction, i)[thread] = cut(bits >> (i * kBits / parts), parts);
  });
}

// Memory.

enum class Space : std::uint8_t { kParameter, kGlobal, kShared };

template <Space kSpace, typename T, std::size_t kCount>
void load(Block& block, const Instruction& instruction) {
  const std::uint64_t* addresses = block.values(instruction, kCount);
  block.each([&](std::int32_t thread) {
    const std::uint64_t address = addresses[thread] + static_cast<std::uint64_t>(instruction.displacements[0]);
    constexpr int kBytes = static_cast<int>(sizeof(T) * kCount);
    std::array<T, kCount> values;
    if constexpr (kSpace == Space::kParameter) {
      std::memcpy(values.data(), block.parameter(instruction, address, kBytes), kBytes);
    } else if constexpr (kSpace == Space::kGlobal) {
      std::memcpy(values.data(), block.global(instruction, thread, address, kBytes, Races::Use::kRead), kBytes);
    } else {
      std::memcpy(values.data(), block.shared(instruction, thread, address, kBytes, Races::Use::kRead), kBytes);
    }
    for (std::size_t i = 0; i < kCount; ++i) block.values(instruction, i)[thread] = put(values[i]);
  });
}

template <Space kSpace, typename T, std::size_t kCount>
void store(Block& block, const Instruction& instruction) {
  const std::uint64_t* addresses = block.values(instruction, 0);
  block.each([&](std::int32_t thread) {
    const std::uint64_t address = addresses[thread] + static_cast<std::uint64_t>(instruction.displacements[0]);
    constexpr int kBytes = static_cast<int>(sizeof(T) * kCount);
    std::array<T, kCount> values;
    for (std::size_t i = 0; i < kCount; ++i) values[i] = get<T>(block.values(instruction, 1 + i)[thread]);
    std::byte* to = kSpace == Space::kGlobal ? block.global(instruction, thread, address, kBytes, Races::Use::kWrite)
                                             : block.shared(instruction, thread, address, kBytes, Races::Use::kWrite);
    std::memcpy(to, values.data(), kBytes);
  });
}

template <Space kSpace, auto kFunction, typename T>
void change_atomically(Block& block, const Instruction& instruction) {
  const std::uint64_t* addresses = block.values(instruction, 1);
  block.each([&](std::int32_t thread) {
    const std::uint64_t address = addresses[thread] + static_cast<std::uint64_t>(instruction.displacements[0]);
    std::byte* place = kSpace == Space::kGlobal ? block.global(instruction, thread, address, sizeof(T), Races::Use::kAtomic)
                                                : block.shared(instruction, thread, address, sizeof(T), Races::Use::kAtomic);
    T before;
    std::memcpy(&before, place, sizeof(T));
    const T after = kFunction(before, get<T>(block.values(instruction, 2)[thread]));
    std::memcpy(place, &after, sizeof(T));
    block.values(instruction, 0)[thread] = put(before);
  });
}

template <typename T>
void add_memory(Table& table, const std::string& type) {
  table["ld.param." + type] = load<Space::kParameter, T, 1>;
  table["ld.param.v2." + type] = load<Space::kParameter, T, 2>;
  table["ld.param.v4." + type] = load<Space::kParameter, T, 4>;
  table["ld.global." + type] = load<Space::kGlobal, T, 1>;
  table["ld.global.v2." + type] = load<Space::kGlobal, T, 2>;
  table["ld.global.v4." + type] = load<Space::kGlobal, T, 4>;
  table["ld.shared." + type] = load<Space::kShared, T, 1>;
  table["ld.shared.v2." + type] = load<Space::kShared, T, 2>;
  table["ld.shared.v4." + type] = load<Space::kShared, T, 4>;
  table["st.global." + type] = store<Space::kGlobal, T, 1>;
  table["st.global.v2." + type] = store<Space::kGlobal, T, 2>;
  table["st.global.v4." + type] = store<Space::kGlobal, T, 4>;
  table["st.shared." + type] = store<Space::kShared, T, 1>;
  table["st.shared.v2." + type] = store<Space::kShared, T, 2>;
  table["st.shared.v4." + type] = store<Space::kShared, T, 4>;
}

template <std::integral T>
void add_atomics(Table& table, const std::string& type) {
  constexpr auto kAdd = [](T a, T b) { return static_cast<T>(static_cast<Unsigned<T>>(a) + static_cast<Unsigned<T>>(b)); };
  constexpr auto kMin = [](T a, T b) { return a < b ? a : b; };
  constexpr auto kMax = [](T a, T b) { return a < b ? b : a; };
  table["atom.global.add." + type] = change_atomically<Space::kGlobal, kAdd, T>;
  table["atom.global.min." + type] = change_atomically<Space::kGlobal, kMin, T>;
  table["atom.global.max." + type] = change_atomically<Space::kGlobal, kMax, T>;
  table["atom.shared.add." + type] = change_atomically<Space::kShared, kAdd, T>;
  table["atom.shared.min." + type] = change_atomically<Space::kShared, kMin, T>;
  table["atom.shared.max." + type] = change_atomically<Space::kShared, kMax, T>;
}

/// cp.async: 16 bytes from device to shared memory, there once the thread has waited.
void copy_async(Block& block, const Instruction& instruction) {
  const std::uint64_t* to = block.values(instruction, 0);
  const std::uint64_t* from = block.values(instruction, 1);
  const std::uint64_t* bytes = block.values(instruction, 2);
  block.each([&](std::int32_t thread) {
    block.copy_later(instruction, thread, to[thread] + static_cast<std::uint64_t>(instruction.displacements[0]),
                     from[thread] + static_cast<std::uint64_t>(instruction.displacements[1]), static_cast<int>(bytes[thread]));
  });
}

void wait_for_copies(Block& block, const Instruction&) {
  block.each([&](std::int32_t thread) { block.finish_copies(thread); });
}

/// d = a * b + c for a of 16 x K and b of K x 8 numbers of 16 bits, laid out over the threads of a warp as "Matrix fragments
/// for mma.m16n8k8 and mma.m16n8k16 with .f16 floating point type" say. Sums are exact up to their last cut, towards zero.
template <std::size_t kDepth>
void multiply_matrices(Block& block, const Instruction& instruction) {
  constexpr std::size_t kOfA = kDepth / 4;  // registers of two numbers
  constexpr std::size_t kOfB = kDepth / 8;
  block.each_warp(instruction, [&](std::int32_t first) {
    std::array<std::array<double, kDepth>, 16> a;
    std::array<std::array<double, 8>, kDepth> b;
    std::array<std::array<float, 4>, kWarp> sums;
    for (std::size_t lane = 0; lane < kWarp; ++lane) {
      const std::size_t group = lane / 4, in_group = lane % 4;
      const auto half = [&](std::size_t operand, std::size_t which) {
        return static_cast<double>(
            get<Half>(block.values(instruction, operand)[static_cast<std::size_t>(first) + lane] >> (16 * which)));
      };
      for (std::size_t i = 0; i < 2 * kOfA; ++i) {
        a[group + i / 2 % 2 * 8][in_group * 2 + i % 2 + i / 4 * 8] = half(4 + i / 2, i % 2);
      }
      for (std::size_t i = 0; i < 2 * kOfB; ++i) {
        b[in_group * 2 + i % 2 + i / 2 * 8][group] = half(4 + kOfA + i / 2, i % 2);
      }
    }
    for (std::size_t lane = 0; lane < kWarp; ++lane) {
      for (std::size_t i = 0; i < 4; ++i) {
        const std::size_t row = lane / 4 + i / 2 * 8, column = lane % 4 * 2 + i % 2;
        const std::uint64_t* addends = block.values(instruction, 4 + kOfA + kOfB + i);
        auto sum = static_cast<double>(get<float>(addends[static_cast<std::size_t>(first) + lane]));
        for (std::size_t k = 0; k < kDepth; ++k) sum += a[row][k] * b[k][column];
        auto cut = static_cast<float>(sum);
        if (std::abs(static_cast<double>(cut)) > std::abs(sum)) cut = std::nextafter(cut, 0.0F);
        sums[lane][i] = cut;
      }
    }
    for (std::size_t lane = 0; lane < kWarp; ++lane) {
      for (std::size_t i = 0; i < 4; ++i)
        block.values(instruction, i)[static_cast<std::size_t>(first) + lane] = put(sums[lane][i]);
    }
  });
}

Table make_table() {
  Table table;
  add_integers<std::int16_t>(table, "s16"), add_integers<std::uint16_t>(table, "u16");
  add_integers<std::int32_t>(table, "s32"), add_integers<std::uint32_t>(table, "u32");
  add_integers<std::int64_t>(table, "s64"), add_integers<std::uint64_t>(table, "u64");
  add_wide_products<std::int16_t, std::int32_t>(table, "s16"), add_wide_products<std::uint16_t, std::uint32_t>(table, "u16");
  add_wide_products<std::int32_t, std::int64_t>(table, "s32"), add_wide_products<std::uint32_t, std::uint64_t>(table, "u32");
  add_bits<std::uint16_t>(table, "b16"), add_bits<std::uint32_t>(table, "b32"), add_bits<std::uint64_t>(table, "b64");
  table["and.pred"] = apply<[](bool a, bool b) { return a && b; }>;
  table["or.pred"] = apply<[](bool a, bool b) { return a || b; }>;
  table["xor.pred"] = apply<[](bool a, bool b) { return a != b; }>;
  table["not.pred"] = apply<[](bool a) { return !a; }>;
  table["popc.b32"] = apply<[](std::uint32_t a) { return static_cast<std::uint32_t>(std::popcount(a)); }>;
  table["lop3.b32"] = apply<look_up_bits>;
  table["bfi.b32"] = apply<insert_bits<std::uint32_t>>;
  table["bfi.b64"] = apply<insert_bits<std::uint64_t>>;
  for (const char* type : {"s64", "u64"}) {
    table["add.cc." + std::string(type)] = add_with_carry<false, false>;
    table["addc.cc." + std::string(type)] = table["addc." + std::string(type)] = add_with_carry<false, true>;
    table["sub.cc." + std::string(type)] = add_with_carry<true, false>;
    table["subc.cc." + std::string(type)] = table["subc." + std::string(type)] = add_with_carry<true, true>;
  }
  add_floats<float>(table, "f32"), add_floats<double>(table, "f64");
  add_approximations(table);

  add_comparisons<std::int16_t>(table, "s16"), add_comparisons<std::uint16_t>(table, "u16");
  add_comparisons<std::uint16_t>(table, "b16"), add_comparisons<std::uint32_t>(table, "b32");
  add_comparisons<std::int32_t>(table, "s32"), add_comparisons<std::uint32_t>(table, "u32");
  add_comparisons<std::int64_t>(table, "s64"), add_comparisons<std::uint64_t>(table, "u64");
  add_comparisons<std::uint64_t>(table, "b64");
  add_comparisons<float>(table, "f32"), add_comparisons<double>(table, "f64");

  add_conversions_to<std::int8_t>(table, "s8"), add_conversions_to<std::uint8_t>(table, "u8");
  add_conversions_to<std::int16_t>(table, "s16"), add_conversions_to<std::uint16_t>(table, "u16");
  add_conversions_to<std::int32_t>(table, "s32"), add_conversions_to<std::uint32_t>(table, "u32");
  add_conversions_to<std::int64_t>(table, "s64"), add_conversions_to<std::uint64_t>(table, "u64");
  add_float_roundings<float>(table, "f32.f32"), add_float_roundings<double>(table, "f64.f64");
  table["cvt.f64.f32"] = apply<[](float a) { return static_cast<double>(a); }>;
  table["cvt.rn.f32.f64"] = apply<[](double a) { return static_cast<float>(a); }>;
  table["cvt.f32.f16"] = apply<[](Half a) { return static_cast<float>(a); }>;
  table["cvt.rn.f16.f32"] = apply<[](float a) { return static_cast<Half>(a); }>;
  table["cvt.rn.f16x2.f32"] = apply<two_halves>;

  for (const char* type : {"b16", "u16", "s16"}) table["mov." + std::string(type)] = move<16>;
  for (const char* type : {"b32", "u32", "s32", "f32", "pred"}) table["mov." + std::string(type)] = move<32>;
  for (const char* type : {"b64", "u64", "s64", "f64"}) table["mov." + std::string(type)] = move<64>;
  table["cvta.to.global.u64"] = move<64>;
  for (const char* type : {"b16", "u16", "s16", "b32", "u32", "s32", "f32", "b64", "u64", "s64", "f64"}) {
    table["selp." + std::string(type)] = apply<[](std::uint64_t a, std::uint64_t b, bool which) { return which ? a : b; }>;
  }

  add_memory<std::int8_t>(table, "s8"), add_memory<std::uint8_t>(table, "u8"), add_memory<std::uint8_t>(table, "b8");
  add_memory<std::int16_t>(table, "s16"), add_memory<std::uint16_t>(table, "u16"), add_memory<std::uint16_t>(table, "b16");
  add_memory<std::int32_t>(table, "s32"), add_memory<std::uint32_t>(table, "u32"), add_memory<std::uint32_t>(table, "b32");
  add_memory<std::int64_t>(table, "s64"), add_memory<std::uint64_t>(table, "u64"), add_memory<std::uint64_t>(table, "b64");
  add_memory<float>(table, "f32"), add_memory<double>(table, "f64");
  add_atomics<std::int32_t>(table, "s32"), add_atomics<std::uint32_t>(table, "u32");
  add_atomics<std::int64_t>(table, "s64"), add_atomics<std::uint64_t>(table, "u64");
  table["cp.async.cg.shared.global"] = copy_async;
  table["cp.async.wait_all"] = wait_for_copies;
  table["mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32"] = multiply_matrices<16>;
  table["mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32"] = multiply_matrices<8>;
  return table;
}

}  // namespace

Operation find_operation(std::string_view opcode) {
  static const Table table = make_table();
  const auto found = table.find(opcode);
  return found == table.end() ? nullptr : found->second;
}

}  // namespace tessera::ptx
