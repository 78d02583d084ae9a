// SPDX-License-Identifier: Apache-2.0
#include "stats/p_text.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace tessera::stats {
namespace {

std::string three_digits(double value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::general, 3).ptr;
  return {text.data(), end};
}

}  // namespace

std::string p_text(double p, double least) {
  if (std::isnan(p)) return "undefined";
  return p < least ? "< " + three_digits(least) : three_digits(p);
}

}  // namespace tessera::stats
