// SPDX-License-Identifier: Apache-2.0
#include "prepare/row_expression.hpp"

#include <fmt/format.h>

#include <utility>

#include "prepare/expression_text.hpp"

namespace tessera {
namespace {

using Form = FilterNode::Form;
using Relation = FilterNode::Relation;

NamedColumn parse_column(ExpressionText& text) {
  const std::size_t at = text.position();
  if (text.next() == '`' || text.next() == '"') return {text.take_quoted(), at};
  const std::string_view name = text.take_name();
  if (name.empty()) text.fail("a column");
  return {std::string(name), at};
}

FilterNode negation_of(FilterNode part) {
  FilterNode node;
  node.form = Form::negation;
  node.parts.push_back(std::move(part));
  return node;
}

/// Recursive descent: a function for every line of the grammar.
class FilterParser {
 public:
  explicit FilterParser(ExpressionText text) : text_(text) {}

  FilterNode filter() {
    FilterNode node = condition();
    if (text_.next() != '\0') text_.fail("'and', 'or' or the end");
    return node;
  }

 private:
  FilterNode condition() { return chain(Form::disjunction, "or", &FilterParser::all); }
  FilterNode all() { return chain(Form::conjunction, "and", &FilterParser::one); }
  FilterNode chain(Form form, std::string_view word, FilterNode (FilterParser::*part)()) {
    FilterNode first = (this->*part)();
    if (!text_.take_word(word)) return first;
    FilterNode node;
    node.form = form;
    node.parts.push_back(std::move(first));
    do node.parts.push_back((this->*part)());
    while (text_.take_word(word));
    return node;
  }

  FilterNode one() {
    constexpr int kMostNested = 200;  // the parser's own stack is the limit
    if (++depth_ > kMostNested) text_.fail(fmt::format("at most {} nested conditions", kMostNested));
    FilterNode node;
    if (text_.take_word("not")) {
      node = negation_of(one());
    } else if (text_.take("(")) {
      node = condition();
      if (!text_.take(")")) text_.fail("')', 'and' or 'or'");
    } else {
      node = test();
    }
    --depth_;
    return node;
  }

  FilterNode test() {
    FilterNode node;
    node.column = parse_column(text_);
    if (text_.take_word("is")) {
      node.form = Form::missing;
      const bool present = text_.take_word("not");
      if (!text_.take_word("missing")) text_.fail(present ? "'missing'" : "'missing' or 'not missing'");
      return present ? negation_of(std::move(node)) : node;
    }
    node.relation = relation();
    node.against_text = text_.next() == '\'';
    if (node.against_text) {
      node.text = text_.take_quoted();
    } else if (!text_.take_number(node.number)) {
      text_.fail("a number, or text in single quotes,");
    }
    return node;
  }

  Relation relation() {
    constexpr std::pair<std::string_view, Relation> kSigns[] = {
        {"==", Relation::equal},         {"!=", Relation::not_equal}, {"<>", Relation::not_equal}, {"<=", Relation::less_equal},
        {">=", Relation::greater_equal}, {"=", Relation::equal},      {"<", Relation::less},       {">", Relation::greater}};
    for (const auto& [sign, relation] : kSigns) {
      if (text_.take(sign)) return relation;
    }
    text_.fail("one of = != < <= > >= or 'is missing'");
  }

  ExpressionText text_;
  int depth_ = 0;
};

}  // namespace

FilterNode parse_filter(std::string_view text, std::string_view option) {
  constexpr std::string_view kExample = "Quantity > 0 and not (`unit price` = 0 or Country is missing)";
  return FilterParser(ExpressionText(text, option, kExample)).filter();
}

std::vector<NamedColumn> parse_product(std::string_view text, std::string_view option) {
  ExpressionText rest(text, option, "Quantity*`unit price`");
  std::vector<NamedColumn> factors{parse_column(rest)};
  while (rest.take("*")) factors.push_back(parse_column(rest));
  if (rest.next() != '\0') rest.fail("'*' or the end");
  return factors;
}

}  // namespace tessera
