// SPDX-License-Identifier: Apache-2.0
#include "prepare/expression_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "tessera/error.hpp"

namespace tessera {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word_byte(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' ||
         static_cast<unsigned char>(c) >= 0x80;
}
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

}  // namespace

std::size_t ExpressionText::position() {
  at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
  return at_;
}

char ExpressionText::next() { return position() < text_.size() ? text_[at_] : '\0'; }

bool ExpressionText::take(std::string_view sign) {
  if (!text_.substr(position()).starts_with(sign)) return false;
  at_ += sign.size();
  return true;
}

bool ExpressionText::take_word(std::string_view word) {
  const std::string_view rest = text_.substr(position());
  const bool same = rest.size() >= word.size() &&
                    std::equal(word.begin(), word.end(), rest.begin(), [](char a, char b) { return a == lower(b); });
  if (!same || (rest.size() > word.size() && is_word_byte(rest[word.size()]))) return false;
  at_ += word.size();
  return true;
}

std::string_view ExpressionText::take_name() {
  if (is_digit(next())) return {};
  const std::size_t begin = at_;
  while (at_ < text_.size() && is_word_byte(text_[at_])) ++at_;
  return text_.substr(begin, at_ - begin);
}

std::string ExpressionText::take_quoted() {
  const std::size_t begin = position();
  const char quote = text_[at_++];
  std::string value;
  for (; at_ < text_.size(); ++at_) {
    if (text_[at_] == quote && (at_ + 1 == text_.size() || text_[at_ + 1] != quote)) return ++at_, value;
    if (text_[at_] == quote) ++at_;
    value += text_[at_];
  }
  at_ = begin;
  fail(fmt::format("a closing {}", quote));
}

bool ExpressionText::take_number(double& value) {
  const char first = next();
  if (!is_digit(first) && first != '-' && first != '.') return false;  // nan and inf are words
  const char* const end = text_.data() + text_.size();
  const auto [stop, error] = std::from_chars(text_.data() + at_, end, value);
  if (error != std::errc() || !std::isfinite(value) || (stop != end && is_word_byte(*stop))) return false;
  at_ = static_cast<std::size_t>(stop - text_.data());
  return true;
}

void ExpressionText::fail(std::string_view expected) const {
  const std::string_view rest = text_.substr(at_);
  const auto characters =
      1 + std::count_if(text_.begin(), text_.begin() + std::ssize(text_) - std::ssize(rest), begins_character);
  std::size_t shown = std::min<std::size_t>(rest.size(), 20);
  while (shown < rest.size() && !begins_character(rest[shown])) ++shown;
  const std::string where =
      rest.empty() ? "at its end" : fmt::format("at character {}, '{}'", characters, rest.substr(0, shown));
  throw ConfigError(fmt::format("{} '{}': expected {} {}", option_, text_, expected, where),
                    fmt::format("write, for instance, {}", example_), ErrorCode::usage);
}

}  // namespace tessera
