// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "report/document/html_parts.hpp"
#include "report/document/html_text.hpp"
#include "report/text.hpp"

namespace tessera::document::html_parts {
namespace {

/// What is shown on pointing at a name that was cut; a longer one is listed whole among the data.
constexpr int kTitleWidth = 300;

/// Text from the input: its direction of writing cannot leave it, and what was cut off can be read by pointing at it.
void append_data(std::string& out, const Span& span) {
  const std::string visible = visible_text(span);
  if (!visible.ends_with("…")) {
    out += "<bdi>" + html::escape(visible) + "</bdi>";
    return;
  }
  Span more = span;
  more.width = std::max(kTitleWidth, span.width);
  out += fmt::format("<bdi class=\"cut\" title=\"{}\">{}</bdi>", html::escape(visible_text(more)), html::escape(visible));
}

}  // namespace

void append_prose(std::string& out, const Prose& prose) {
  for (const Span& span : prose) {
    switch (span.kind) {
      case Span::Kind::plain:
        out += html::escape(visible_text(span));
        break;
      case Span::Kind::strong:
        out += "<strong>" + html::escape(visible_text(span)) + "</strong>";
        break;
      case Span::Kind::code:
        out += "<code>" + html::escape(visible_text(span)) + "</code>";
        break;
      case Span::Kind::data:
        append_data(out, span);
        break;
      case Span::Kind::segment:
        out += fmt::format("<span class=\"segment\"><b class=\"badge c{}\">{}</b>", span.segment % kColors, span.segment);
        if (!span.text.empty()) {
          out += ' ';
          append_data(out, span);
        }
        out += "</span>";
        break;
    }
  }
}

}  // namespace tessera::document::html_parts
