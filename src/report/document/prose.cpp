// SPDX-License-Identifier: Apache-2.0
#include "report/document/prose.hpp"

#include <algorithm>

#include "report/text.hpp"

namespace tessera::document {

Span strong(std::string text) { return {Span::Kind::strong, std::move(text)}; }
Span name(std::string text) { return {Span::Kind::data, std::move(text)}; }
Span code(std::string text) { return {Span::Kind::code, std::move(text)}; }

Span sentence(std::string text) {
  Span span(Span::Kind::data, std::move(text));
  span.width = kSentenceWidth;
  return span;
}

Span segment(int number, std::string segment_name) {
  Span span(Span::Kind::segment, std::move(segment_name));
  span.width = kSegmentNameWidth;
  span.segment = number;
  return span;
}

Prose say(std::string_view pattern, std::vector<Span> values) {
  Prose prose;
  auto value = values.begin();
  while (true) {
    const std::size_t place = pattern.find("{}");
    const std::string_view words = pattern.substr(0, place);
    if (!words.empty()) prose.emplace_back(std::string(words));
    if (place == std::string_view::npos) return prose;
    if (value != values.end()) prose.push_back(std::move(*value++));
    pattern.remove_prefix(place + 2);
  }
}

std::string visible_text(const Span& span) {
  if (span.kind == Span::Kind::plain || span.kind == Span::Kind::strong) return text::printable(span.text);
  // No more is looked at than can be shown: a name may have megabytes.
  const std::size_t enough_bytes = static_cast<std::size_t>(span.width) * 8;
  const std::string_view start = std::string_view(span.text).substr(0, enough_bytes);
  const bool cut = start.size() < span.text.size();
  const std::string shown = text::shorten(text::printable(start), span.width);
  return cut && !shown.ends_with("…") ? shown + "…" : shown;
}

std::string plain_text(const Prose& prose) {
  std::string words;
  for (const Span& span : prose) {
    if (span.kind == Span::Kind::segment) words += std::to_string(span.segment) + " · ";
    words += visible_text(span);
  }
  return words;
}

}  // namespace tessera::document
