// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tessera::document {

/// Characters of a column's, level's or segment's name that are shown; the rest is cut off visibly.
inline constexpr int kNameWidth = 48;
/// The same of a segment's name.
inline constexpr int kSegmentNameWidth = 72;
/// The same of a sentence that has names in it.
inline constexpr int kSentenceWidth = 420;

/// A piece of a sentence. Text from a file is always its own span, so that the renderers can keep it from spilling over.
struct Span {
  enum class Kind {
    plain,   ///< our own words
    strong,  ///< our own words, stressed
    data,    ///< text from the input: a name, a sentence with names in it
    code,    ///< an option, a file name, a command
    segment  ///< a segment's number and name
  };
  Kind kind = Kind::plain;
  std::string text;
  int width = kNameWidth;  ///< of data: columns shown
  int segment = -1;        ///< of a segment: its number

  Span(std::string text_) : text(std::move(text_)) {}  // NOLINT: words are spans
  Span(const char* text_) : text(text_) {}             // NOLINT
  Span(Kind kind_, std::string text_) : kind(kind_), text(std::move(text_)) {}
};
using Prose = std::vector<Span>;

[[nodiscard]] Span strong(std::string text);
[[nodiscard]] Span name(std::string text);
[[nodiscard]] Span sentence(std::string text);
[[nodiscard]] Span code(std::string text);
/// @param number of the segment, which is also its colour
[[nodiscard]] Span segment(int number, std::string segment_name);

/// A sentence: every {} of the template is replaced by the next span. Spans left over are dropped, places left over stay empty.
[[nodiscard]] Prose say(std::string_view pattern, std::vector<Span> values = {});

/// The text alone, every span made printable and fitted to its width.
[[nodiscard]] std::string plain_text(const Prose& prose);
/// What is to be seen of a span's text: printable, cut to its width.
[[nodiscard]] std::string visible_text(const Span& span);

}  // namespace tessera::document
