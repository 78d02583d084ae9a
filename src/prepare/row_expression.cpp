// SPDX-License-Identifier: Apache-2.0
#include "prepare/row_expression.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include "tessera/error.hpp"

namespace tessera {
namespace {

using Form = FilterNode::Form;
using Relation = FilterNode::Relation;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word_byte(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' ||
         static_cast<unsigned char>(c) >= 0x80;
}
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

/// Recursive descent over the text itself.
class Parser {
 public:
  Parser(std::string_view text, std::string_view option) : text_(text), option_(option) {}

  FilterNode filter() {
    FilterNode node = condition();
    expect_end("'and', 'or' or the end");
    return node;
  }
  std::vector<NamedColumn> product() {
    std::vector<NamedColumn> factors{column()};
    while (take("*")) factors.push_back(column());
    expect_end("'*' or the end");
    return factors;
  }

 private:
  FilterNode condition() { return chain(Form::disjunction, "or", &Parser::all); }
  FilterNode all() { return chain(Form::conjunction, "and", &Parser::one); }
  FilterNode chain(Form form, std::string_view word, FilterNode (Parser::*part)()) {
    FilterNode first = (this->*part)();
    if (!take_word(word)) return first;
    FilterNode node;
    node.form = form;
    node.parts.push_back(std::move(first));
    do node.parts.push_back((this->*part)());
    while (take_word(word));
    return node;
  }

  FilterNode one() {
    constexpr int kMostNested = 200;  // the parser's own stack is the limit
    if (++depth_ > kMostNested) fail(fmt::format("at most {} nested conditions", kMostNested));
    FilterNode node;
    if (take_word("not")) {
      node.form = Form::negation;
      node.parts.push_back(one());
    } else if (take("(")) {
      node = condition();
      if (!take(")")) fail("')', 'and' or 'or'");
    } else {
      node = test();
    }
    --depth_;
    return node;
  }

  FilterNode test() {
    FilterNode node;
    node.column = column();
    if (take_word("is")) {
      node.form = Form::missing;
      const bool present = take_word("not");
      if (!take_word("missing")) fail(present ? "'missing'" : "'missing' or 'not missing'");
      if (!present) return node;
      FilterNode negation;
      negation.form = Form::negation;
      negation.parts.push_back(std::move(node));
      return negation;
    }
    node.relation = relation();
    skip_blanks();
    if (at_ < text_.size() && text_[at_] == '\'') {
      node.against_text = true;
      node.text = quoted();
    } else {
      node.number = number();
    }
    return node;
  }

  Relation relation() {
    constexpr std::pair<std::string_view, Relation> kSigns[] = {
        {"==", Relation::equal},         {"!=", Relation::not_equal}, {"<>", Relation::not_equal}, {"<=", Relation::less_equal},
        {">=", Relation::greater_equal}, {"=", Relation::equal},      {"<", Relation::less},       {">", Relation::greater}};
    for (const auto& [sign, relation] : kSigns) {
      if (take(sign)) return relation;
    }
    fail("one of = != < <= > >= or 'is missing'");
  }

  double number() {
    skip_blanks();
    double value = 0.0;
    const char* begin = text_.data() + at_;
    const char* const end = text_.data() + text_.size();
    const bool digits = begin != end && (is_digit(*begin) || *begin == '-' || *begin == '.');  // neither inf nor nan
    const auto [stop, error] = digits ? std::from_chars(begin, end, value) : std::from_chars_result{begin, std::errc()};
    if (stop == begin || error != std::errc() || !std::isfinite(value) || (stop != end && is_word_byte(*stop))) {
      fail("a number, or text in single quotes,");
    }
    at_ += static_cast<std::size_t>(stop - begin);
    return value;
  }

  NamedColumn column() {
    skip_blanks();
    const std::size_t begin = at_;
    if (at_ < text_.size() && (text_[at_] == '`' || text_[at_] == '"')) return {quoted(), begin};
    if (at_ == text_.size() || !is_word_byte(text_[at_]) || is_digit(text_[at_])) fail("a column");
    while (at_ < text_.size() && is_word_byte(text_[at_])) ++at_;
    return {std::string(text_.substr(begin, at_ - begin)), begin};
  }

  /// The quote that stands here ends it, too; doubled it is one of the text.
  std::string quoted() {
    const std::size_t begin = at_;
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

  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) ++at_;
  }
  bool take(std::string_view sign) {
    skip_blanks();
    if (!text_.substr(at_).starts_with(sign)) return false;
    at_ += sign.size();
    return true;
  }
  bool take_word(std::string_view word) {
    skip_blanks();
    std::size_t i = 0;
    while (i < word.size() && at_ + i < text_.size() && lower(text_[at_ + i]) == word[i]) ++i;
    if (i < word.size() || (at_ + i < text_.size() && is_word_byte(text_[at_ + i]))) return false;
    at_ += i;
    return true;
  }
  void expect_end(std::string_view expected) {
    skip_blanks();
    if (at_ < text_.size()) fail(expected);
  }

  [[noreturn]] void fail(std::string_view expected) const {
    std::size_t characters = 1;
    for (std::size_t i = 0; i < at_; ++i) characters += begins_character(text_[i]) ? 1 : 0;
    std::size_t shown = std::min<std::size_t>(text_.size() - at_, 20);
    while (at_ + shown < text_.size() && !begins_character(text_[at_ + shown])) ++shown;
    const std::string where =
        at_ == text_.size() ? "at its end" : fmt::format("at character {}, '{}'", characters, text_.substr(at_, shown));
    throw ConfigError(fmt::format("{} '{}': expected {} {}", option_, text_, expected, where),
                      "write, for instance, Quantity > 0 and not (`unit price` = 0 or Country is missing)", ErrorCode::usage);
  }

  std::string_view text_;
  std::string_view option_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

FilterNode parse_filter(std::string_view text, std::string_view option) { return Parser(text, option).filter(); }

std::vector<NamedColumn> parse_product(std::string_view text, std::string_view option) {
  return Parser(text, option).product();
}

}  // namespace tessera
