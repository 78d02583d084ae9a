// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cctype>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::testing {

/// Reads HTML as a browser would and says the first thing that is wrong: a tag without its end, an unknown element, an
/// attribute that runs scripts. Empty if there is nothing wrong. The content of script and style is passed over, as browsers
/// do.
inline std::string problem_in_html(std::string_view html) {
  static const std::set<std::string> kVoid = {"meta", "!DOCTYPE"};
  static const std::set<std::string> kKnown = {
      "html", "head", "title", "style",   "body",    "a",       "header",     "h1",      "h2",     "h3",    "p",
      "div",  "nav",  "ol",    "li",      "main",    "section", "bdi",        "b",       "strong", "code",  "pre",
      "span", "dl",   "dt",    "dd",      "article", "ul",      "table",      "caption", "thead",  "tbody", "tr",
      "th",   "td",   "data",  "details", "summary", "figure",  "figcaption", "canvas",  "footer", "script"};
  std::vector<std::string> open;
  while (true) {
    const std::size_t start = html.find('<');
    if (start == std::string_view::npos) break;
    html.remove_prefix(start);
    if (html.starts_with("<!--")) {
      html.remove_prefix(html.find("-->") + 3);
      continue;
    }
    const bool end_tag = html.starts_with("</");
    std::size_t at = end_tag ? 2 : 1;
    std::string tag;
    while (at < html.size() && (std::isalnum(static_cast<unsigned char>(html[at])) != 0 || html[at] == '!')) tag += html[at++];
    std::string attributes;
    for (char quote = 0; at < html.size() && (quote != 0 || html[at] != '>'); ++at) {
      if (quote == 0 && (html[at] == '"' || html[at] == '\''))
        quote = html[at];
      else if (html[at] == quote)
        quote = 0;
      else if (quote == 0)
        attributes += html[at];
      if (html[at] == '<') return "< inside of the tag " + tag;
    }
    html.remove_prefix(std::min(html.size(), at + 1));
    if (attributes.find(" on") != std::string::npos || attributes.find(" style") != std::string::npos)
      return "attribute in " + tag + ":" + attributes;
    if (kVoid.contains(tag)) continue;
    if (!kKnown.contains(tag)) return "unknown element '" + tag + "'";
    if (end_tag) {
      if (open.empty() || open.back() != tag) return "</" + tag + "> closes " + (open.empty() ? "nothing" : open.back());
      open.pop_back();
      continue;
    }
    open.push_back(tag);
    if (tag == "script" || tag == "style") {
      html.remove_prefix(std::min(html.size(), html.find("</" + tag)));
    }
  }
  return open.empty() ? "" : "<" + open.back() + "> is never closed";
}

}  // namespace tessera::testing
