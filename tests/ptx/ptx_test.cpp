// SPDX-License-Identifier: Apache-2.0
// What runs kernels in PTX does what they say, and finds what they may not do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "ptx/block.hpp"
#include "ptx/program.hpp"

namespace tessera::ptx {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

/// A kernel whose parameter is an address, in %rd1; %r1 is the thread, %r2 the block, and %rd2 the address of the thread's
/// word, counted over blocks of 64 threads.
std::string kernel_of(const std::string& body) {
  return R"(.version 9.0
.target sm_90
.address_size 64
.visible .entry test(
	.param .u64 test_param_0
)
.maxntid 64, 1, 1
{
	.reg .pred %p<9>;
	.reg .b32 %r<99>;
	.reg .b64 %rd<99>;
	.shared .align 16 .b8 memory[256];
	ld.param.u64 %rd3, [test_param_0];
	cvta.to.global.u64 %rd1, %rd3;
	mov.u32 %r1, %tid.x;
	mov.u32 %r2, %ctaid.x;
	mad.lo.s32 %r3, %r2, 64, %r1;
	mul.wide.s32 %rd4, %r3, 4;
	add.s64 %rd2, %rd1, %rd4;
	mov.u32 %r4, memory;
	shl.b32 %r5, %r1, 2;
	add.s32 %r6, %r4, %r5;  // the thread's word of shared memory
)" + body +
         "\n\tret;\n}\n";
}

struct Outcome {
  std::set<std::string> races;
  std::vector<std::uint32_t> words;
};

/// Runs a kernel over `blocks` of 64 threads and a table of two words for each, which count from 0.
Outcome run(const std::string& body, std::int32_t blocks = 1, Costs* costs = nullptr) {
  const auto program = parse_program(kernel_of(body));
  Outcome result;
  for (std::uint32_t i = 0; i < 128U * static_cast<std::uint32_t>(blocks); ++i) result.words.push_back(i);
  const auto bytes = std::as_writable_bytes(std::span(result.words));
  Launch launch{.blocks = blocks,
                .threads = 64,
                .parameters = std::vector<std::byte>(8),
                .allocation = [&](std::uint64_t) { return bytes; },
                .costs = costs};
  const auto address = reinterpret_cast<std::uint64_t>(bytes.data());
  std::memcpy(launch.parameters.data(), &address, sizeof(address));
  result.races = run_launch(program.at("test"), launch);
  return result;
}

/// The word that every thread stores of %r9, of one block.
std::vector<std::uint32_t> stored(const std::string& body) {
  Outcome result = run(body + "\n\tst.global.u32 [%rd2], %r9;");
  EXPECT_THAT(result.races, IsEmpty());
  result.words.resize(64);
  return result.words;
}

TEST(Ptx, RunsOneKernelOfATextByName) {
  const auto program = parse_program(kernel_of("") + kernel_of("").replace(kernel_of("").find("test("), 5, "other("));
  EXPECT_EQ(program.size(), 2);
  EXPECT_EQ(program.at("other").parameter_offsets, (std::vector<std::int64_t>{0, 8}));
  EXPECT_EQ(program.at("other").shared_bytes, 256);
  EXPECT_EQ(program.at("other").most_threads, 64);
}

TEST(Ptx, ThreadsGoTheirOwnWaysAndMeetAgain) {
  // The sum of the numbers up to the thread's own, and 1000 more for odd ones.
  const auto words = stored(R"(
	mov.u32 %r9, 0;
	mov.u32 %r10, 0;
$L_loop:
	add.s32 %r9, %r9, %r10;
	add.s32 %r10, %r10, 1;
	setp.le.s32 %p1, %r10, %r1;
	@%p1 bra $L_loop;
	and.b32 %r11, %r1, 1;
	setp.eq.s32 %p2, %r11, 0;
	@!%p2 bra $L_odd;
	bra.uni $L_end;
$L_odd:
	add.s32 %r9, %r9, 1000;
$L_end:
	bar.sync 0;)");
  for (std::uint32_t i = 0; i < 64; ++i) EXPECT_EQ(words[i], i * (i + 1) / 2 + (i % 2) * 1000);
}

TEST(Ptx, GuardsHoldForSingleInstructions) {
  const auto words = stored(R"(
	setp.lt.s32 %p1, %r1, 40;
	mov.u32 %r9, 7;
	@%p1 mov.u32 %r9, 8;)");
  for (std::uint32_t i = 0; i < 64; ++i) EXPECT_EQ(words[i], i < 40 ? 8 : 7);
}

TEST(Ptx, CalculatesWithTheSignsWidthsAndCarriesOfItsTypes) {
  const auto first = [](const std::string& body) { return static_cast<std::int32_t>(stored(body).front()); };
  EXPECT_EQ(first("mov.u32 %r7, -7; div.s32 %r9, %r7, 2;"), -3);
  EXPECT_EQ(first("mov.u32 %r7, -7; rem.s32 %r9, %r7, 2;"), -1);
  EXPECT_EQ(first("mov.u32 %r7, -7; shr.s32 %r9, %r7, 1;"), -4);
  EXPECT_EQ(first("mov.u32 %r7, -7; shr.u32 %r9, %r7, 30;"), 3);
  EXPECT_EQ(first("mov.u32 %r7, 1; shl.b32 %r9, %r7, 32;"), 0);
  EXPECT_EQ(first("mov.u32 %r7, 0x7FFFFFFF; mul.hi.s32 %r9, %r7, 4;"), 1);
  EXPECT_EQ(first("mov.u32 %r7, -1; mul.wide.u32 %rd9, %r7, 4; shr.u64 %rd9, %rd9, 32; cvt.u32.u64 %r9, %rd9;"), 3);
  EXPECT_EQ(first("mov.u32 %r7, -1; cvt.s64.s32 %rd9, %r7; shr.s64 %rd9, %rd9, 40; cvt.u32.u64 %r9, %rd9;"), -1);
  EXPECT_EQ(first("mov.u32 %r7, -1; cvt.u64.u32 %rd9, %r7; shr.u64 %rd9, %rd9, 28; cvt.u32.u64 %r9, %rd9;"), 15);
  EXPECT_EQ(first("mov.u32 %r7, 300; cvt.u32.u8 %r9, %r7;"), 44);
  EXPECT_EQ(first("mov.u32 %r7, 0xF0; mov.u32 %r8, 0xFF; lop3.b32 %r9, %r7, %r8, 0x3C, 0x96;"), 0xF0 ^ 0xFF ^ 0x3C);
  EXPECT_EQ(first("mov.u32 %r7, 5; mov.u32 %r8, -1; bfi.b32 %r9, %r7, %r8, 4, 4;"), -1 - 0xF0 + 0x50);
  EXPECT_EQ(first("mov.b64 %rd9, {5, 6}; mov.b64 {%r7, %r8}, %rd9; sub.s32 %r9, %r7, %r8;"), -1);
  // 2^64 - 1 + 1, and 0 - 1, in two words.
  EXPECT_EQ(first("mov.u64 %rd7, -1; add.cc.s64 %rd8, %rd7, 1; addc.cc.s64 %rd9, 3, 4; cvt.u32.u64 %r9, %rd9;"), 8);
  EXPECT_EQ(first("mov.u64 %rd7, 0; sub.cc.s64 %rd8, %rd7, 1; subc.cc.s64 %rd9, 9, 4; cvt.u32.u64 %r9, %rd9;"), 4);
}

TEST(Ptx, RoundsAndComparesFloatsAsItSays) {
  const auto first = [](const std::string& body) { return static_cast<std::int32_t>(stored(body).front()); };
  const auto rounded = [&](const std::string& how) {
    return first("mov.f64 %rd7, 0dC004000000000000; cvt." + how + ".s32.f64 %r9, %rd7;");  // -2.5
  };
  EXPECT_THAT((std::vector{rounded("rni"), rounded("rzi"), rounded("rmi"), rounded("rpi")}), ElementsAre(-2, -2, -3, -2));
  EXPECT_EQ(
      first("mov.f64 %rd7, 0d7FF8000000000000; cvt.rni.s64.f64 %rd8, %rd7; shr.u64 %rd8, %rd8, 32; cvt.u32.u64 %r9, %rd8;"),
      std::numeric_limits<std::int32_t>::min());
  EXPECT_EQ(first("mov.f32 %r7, 0f7F800000; cvt.rzi.s32.f32 %r9, %r7;"), std::numeric_limits<std::int32_t>::max());
  // Compared with what is not a number, 1: false if ordered, true if unordered; the lesser of both is the number.
  const std::string not_a_number = "mov.f32 %r7, 0f7FC00000; mov.f32 %r8, 0f3F800000;";
  EXPECT_EQ(first(not_a_number + "setp.lt.f32 %p1, %r7, %r8; selp.u32 %r9, 1, 0, %p1;"), 0);
  EXPECT_EQ(first(not_a_number + "setp.geu.f32 %p1, %r7, %r8; selp.u32 %r9, 1, 0, %p1;"), 1);
  EXPECT_EQ(first(not_a_number + "min.f32 %r9, %r7, %r8;"), 0x3F800000);
  // (1 + 2^-12)^2 - 1 keeps its last term only if it is rounded once.
  EXPECT_EQ(first("mov.f32 %r7, 0f3F800800; fma.rn.f32 %r9, %r7, %r7, 0fBF800000;"), 0x3A000400);
  EXPECT_EQ(first("{.reg .f16 low,high; mov.b32 {low,high}, 0x3C004000; cvt.f32.f16 %r9, high; }"), 0x3F800000);
}

TEST(Ptx, MatrixUnitsTakeEveryNumberFromItsPlace) {
  // a[i][k] = 1 for k = i mod 16 else 0 gives back b; b[k][j] = k + 16 j, laid out as the ISA's tables of fragments say.
  const auto words = stored(R"(
	shr.u32 %r20, %r1, 2;
	and.b32 %r20, %r20, 7;
	and.b32 %r21, %r1, 3;
	shl.b32 %r21, %r21, 1;
	mov.u32 %r30, 0;
	setp.eq.s32 %p1, %r20, %r21;
	@%p1 mov.u32 %r30, 0x00003C00;
	add.s32 %r22, %r21, 1;
	setp.eq.s32 %p1, %r20, %r22;
	@%p1 mov.u32 %r30, 0x3C000000;
	mov.u32 %r31, 0;
	shl.b32 %r23, %r20, 4;
	add.s32 %r24, %r23, %r21;
	cvt.rn.f32.u32 %r25, %r24;
	add.s32 %r24, %r24, 1;
	cvt.rn.f32.u32 %r26, %r24;
	cvt.rn.f16x2.f32 %r32, %r26, %r25;
	add.s32 %r24, %r24, 7;
	cvt.rn.f32.u32 %r25, %r24;
	add.s32 %r24, %r24, 1;
	cvt.rn.f32.u32 %r26, %r24;
	cvt.rn.f16x2.f32 %r33, %r26, %r25;
	mov.f32 %r40, 0f00000000;
	mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%r50, %r51, %r52, %r53}, {%r30, %r31, %r31, %r30}, {%r32, %r33},
		{%r40, %r40, %r40, %r40};
	cvt.rzi.s32.f32 %r50, %r50;
	cvt.rzi.s32.f32 %r51, %r51;
	cvt.rzi.s32.f32 %r52, %r52;
	cvt.rzi.s32.f32 %r53, %r53;
	mul.lo.s32 %r9, %r50, 256;
	add.s32 %r9, %r9, %r51;
	mul.lo.s32 %r9, %r9, 256;
	add.s32 %r9, %r9, %r52;
	mul.lo.s32 %r9, %r9, 256;
	add.s32 %r9, %r9, %r53;)");
  for (std::uint32_t thread = 0; thread < 64; ++thread) {
    const std::uint32_t row = thread % 32 / 4, column = thread % 4 * 2;
    const auto product = [](std::uint32_t i, std::uint32_t j) { return i + 16 * j; };
    EXPECT_EQ(words[thread], ((product(row, column) * 256 + product(row, column + 1)) * 256 + product(row + 8, column)) * 256 +
                                 product(row + 8, column + 1));
  }
}

/// The word of the next thread of the warp, after something that orders it behind that thread's store; or of any other.
std::string exchange(const std::string& order, const std::string& partner) {
  return "st.shared.u32 [%r6], %r1;\n" + order + "\n xor.b32 %r7, %r5, " + partner +
         ";\n add.s32 %r8, %r4, %r7;\n ld.shared.u32 %r9, [%r8];\n st.global.u32 [%rd2], %r9;";
}

TEST(Ptx, FindsRacesThatNoBarrierOrders) {
  const std::string neighbour = "4", far = "128";
  EXPECT_THAT(run(exchange("", neighbour)).races, ElementsAre(HasSubstr("lines 23 and 27 race")));
  EXPECT_THAT(run(exchange("bar.warp.sync -1;", neighbour)).races, IsEmpty());
  EXPECT_THAT(run(exchange("bar.warp.sync -1;", far)).races, ElementsAre(HasSubstr("race")));
  EXPECT_THAT(run(exchange("bar.sync 0;", far)).races, IsEmpty());
  EXPECT_EQ(run(exchange("bar.sync 0;", far)).words[1], 33);
  // Written after others have read, once with a barrier between.
  EXPECT_THAT(run(exchange("bar.sync 0;", far) + "st.shared.u32 [%r6], 0;").races, ElementsAre(HasSubstr("race")));
  EXPECT_THAT(run(exchange("bar.sync 0;", far) + "bar.sync 0; st.shared.u32 [%r6], 0;").races, IsEmpty());
  EXPECT_THAT(run(exchange("bar.sync 0;", neighbour) + "bar.warp.sync -1; st.shared.u32 [%r6], 0;").races, IsEmpty());
}

TEST(Ptx, FindsRacesOfBlocks) {
  EXPECT_THAT(run("st.global.u32 [%rd2], 1;", 2).races, IsEmpty());
  EXPECT_THAT(run("setp.eq.s32 %p1, %r1, 0; @%p1 st.global.u32 [%rd1], 1;", 2).races, ElementsAre(HasSubstr("race")));
  EXPECT_THAT(run("setp.eq.s32 %p1, %r1, 0; @%p1 st.global.u32 [%rd1], 1;", 1).races, IsEmpty());
  const Outcome atomic = run("atom.global.add.u32 %r9, [%rd1], 1;", 2);
  EXPECT_THAT(atomic.races, IsEmpty());
  EXPECT_EQ(atomic.words.front(), 128);
  EXPECT_THAT(run("atom.global.add.u32 %r9, [%rd1], 1; ld.global.u32 %r8, [%rd1];").races, ElementsAre(HasSubstr("race")));
}

TEST(Ptx, CopiesAreThereOnceTheyAreWaitedFor) {
  const std::string copy = R"(
	shl.b32 %r10, %r1, 4;
	and.b32 %r10, %r10, 255;
	add.s32 %r11, %r4, %r10;
	cvt.u64.u32 %rd8, %r10;
	add.s64 %rd9, %rd1, %rd8;
	setp.lt.s32 %p1, %r1, 16;
	@%p1 cp.async.cg.shared.global [%r11], [%rd9], 16;
)";
  const std::string read = "ld.shared.u32 %r9, [%r6];\n add.s32 %r9, %r9, 1000;\n st.global.u32 [%rd2+256], %r9;";
  const Outcome waited = run(copy + "cp.async.wait_all;\n bar.sync 0;\n" + read);
  EXPECT_THAT(waited.races, IsEmpty());
  for (std::uint32_t i = 0; i < 64; ++i) EXPECT_EQ(waited.words[64 + i], i + 1000);
  const Outcome early = run(copy + "bar.sync 0;\n" + read);
  EXPECT_NE(early.words[64], 1000);
  EXPECT_THAT(run(copy + "bar.sync 0;\n cp.async.wait_all;\n" + read).races, ElementsAre(HasSubstr("race")));
}

TEST(Ptx, FaultsSayWhereTheyAre) {
  const auto expect_fault = [](const std::string& body, const char* what) {
    EXPECT_THAT([&] { run(body); }, ThrowsMessage<Fault>(HasSubstr(what))) << body;
  };
  expect_fault("ld.global.u32 %r9, [%rd2+260];", "thread 63: 4 bytes at");
  expect_fault("ld.global.u32 %r9, [%rd1+-4];", "line 23, block 0, thread 0: 4 bytes at");
  expect_fault("ld.global.v2.u32 {%r9, %r10}, [%rd2];", "thread 1: an address that is not aligned");
  expect_fault("st.shared.u32 [%r6+4], 1;", "thread 63: 4 bytes at 256 of 256");
  expect_fault("setp.lt.s32 %p1, %r1, 9; @%p1 bra $L_on; bar.sync 0; $L_on:", "55 of 64 threads wait");
  expect_fault("setp.lt.s32 %p1, %r1, 9; @%p1 bra $L_on; bar.warp.sync -1; $L_on:", "0 of 64 threads wait");
  expect_fault(
      "setp.lt.s32 %p1, %r1, 9; @%p1 bra $L_on; mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 "
      "{%r9, %r9, %r9, %r9}, {%r9, %r9}, {%r9}, {%r9, %r9, %r9, %r9}; $L_on:",
      "not all threads of the warp");
  expect_fault("div.s32 %r9, %r1, 0;", "division by zero");
}

TEST(Ptx, WhatIsNotKnownIsNotRun) {
  const auto expect_error = [](const std::string& body, const char* what) {
    EXPECT_THAT([&] { (void)parse_program(kernel_of(body)); }, ThrowsMessage<std::runtime_error>(HasSubstr(what))) << body;
  };
  expect_error("shfl.sync.idx.b32 %r9, %r1, 0, 31, -1;", "PTX line 23: unknown instruction 'shfl.sync.idx.b32'");
  expect_error("mov.u32 %r9, %laneid.x;", "unknown operand '%laneid.x'");
  expect_error("mov.u32 %r9, elsewhere;", "unknown operand 'elsewhere'");
  expect_error("bra $L_nowhere;", "no label $L_nowhere");
}

/// Accesses of a warp, `stride` bytes apart.
std::vector<Access> strided(int stride, int bytes) {
  std::vector<Access> accesses;
  for (std::int32_t thread = 0; thread < kWarp; ++thread) {
    accesses.push_back({thread, 4096 + static_cast<std::uint64_t>(thread * stride), bytes});
  }
  return accesses;
}

TEST(Ptx, CountsSectorsOfDeviceMemory) {
  const auto sectors = [](int stride, int bytes) {
    const Cost cost = cost_of_global(strided(stride, bytes));
    return std::pair(cost.sectors, cost.least_sectors);
  };
  EXPECT_EQ(sectors(4, 4), std::pair(4L, 4L));
  EXPECT_EQ(sectors(16, 16), std::pair(16L, 16L));
  EXPECT_EQ(sectors(128, 4), std::pair(32L, 4L));
  EXPECT_EQ(sectors(0, 4), std::pair(1L, 1L));
}

TEST(Ptx, CountsTurnsOfSharedMemory) {
  const auto turns = [](int stride, int bytes, bool atomic = false) {
    const Cost cost = cost_of_shared(strided(stride, bytes), atomic);
    return std::pair(cost.wavefronts, cost.least_wavefronts);
  };
  EXPECT_EQ(turns(4, 4), std::pair(1L, 1L));
  EXPECT_EQ(turns(8, 4), std::pair(2L, 1L));
  EXPECT_EQ(turns(128, 4), std::pair(32L, 1L));
  EXPECT_EQ(turns(132, 4), std::pair(1L, 1L));
  EXPECT_EQ(turns(0, 4), std::pair(1L, 1L));
  EXPECT_EQ(turns(0, 4, true), std::pair(32L, 1L));
  EXPECT_EQ(turns(8, 8), std::pair(2L, 2L));
  EXPECT_EQ(turns(16, 8), std::pair(4L, 2L));
  EXPECT_EQ(turns(16, 16), std::pair(4L, 4L));
}

TEST(Ptx, CountsWhatALaunchTakes) {
  Costs costs;
  static_cast<void>(run("st.shared.u32 [%r6], %r1;\n setp.lt.s32 %p1, %r1, 40;\n @%p1 ld.global.u32 %r9, [%rd2];", 2, &costs));
  Cost all;
  for (const Cost& cost : costs) all += cost;
  EXPECT_EQ(all.issues, 14 * 4);  // every one by two warps of each of two blocks
  EXPECT_EQ(all.wavefronts, 4);
  EXPECT_EQ(all.least_sectors, 2 * 5);
}

}  // namespace
}  // namespace tessera::ptx
