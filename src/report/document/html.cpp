// SPDX-License-Identifier: Apache-2.0
#include "report/document/html.hpp"

#include <fmt/format.h>

#include <string_view>
#include <type_traits>
#include <variant>

#include "report/document/html_parts.hpp"
#include "report/document/html_text.hpp"
#include "report/document/templates.hpp"
#include "report/text.hpp"

namespace tessera::document {
namespace {

using html::escape;
using html_parts::append_prose;

class PageWriter {
 public:
  void section(const Section& section) {
    out_ += fmt::format("<section id=\"{0}\" aria-labelledby=\"{0}-title\">\n<h2 id=\"{0}-title\">{1}</h2>\n", section.id,
                        escape(section.title));
    for (const Block& block : section.blocks) std::visit([this](const auto& content) { add(content); }, block);
    out_ += "</section>\n";
  }

  [[nodiscard]] const std::string& text() const { return out_; }
  [[nodiscard]] const Json& charts() const { return charts_; }

 private:
  void add(const Paragraph& paragraph) {
    switch (paragraph.tone) {
      case Paragraph::Tone::normal:
        out_ += "<p>";
        break;
      case Paragraph::Tone::lead:
        out_ += "<p class=\"lead\">";
        break;
      case Paragraph::Tone::hint:
        out_ += "<p class=\"note\">";
        break;
      case Paragraph::Tone::warning:
        out_ += "<p class=\"warning\"><b>Mind:</b> ";
        break;
    }
    append_prose(out_, paragraph.prose);
    out_ += "</p>\n";
  }

  void add(const Bullets& bullets) {
    if (bullets.items.empty()) return;
    out_ += "<ul>\n";
    for (const Prose& item : bullets.items) {
      out_ += "<li>";
      append_prose(out_, item);
      out_ += "</li>\n";
    }
    out_ += "</ul>\n";
  }

  void add(const Code& code) { out_ += "<pre tabindex=\"0\"><code>" + escape(text::printable(code.text)) + "</code></pre>\n"; }

  void add(const Heading& heading) {
    out_ += "<h3>";
    append_prose(out_, heading.prose);
    out_ += "</h3>\n";
  }

  void add(const Table& table) { html_parts::append_table(out_, table); }
  void add(const Tiles& tiles) { html_parts::append_tiles(out_, tiles.tiles, "tiles"); }
  void add(const Cards& cards) { html_parts::append_cards(out_, cards); }

  void add(const Figure& figure) {
    out_ += "<figure>\n<figcaption>";
    append_prose(out_, figure.title);
    out_ += "</figcaption>\n";
    if (!figure.spec.is_null()) {
      const int rows = figure.rows < 4 ? 4 : figure.rows > 40 ? 40 : figure.rows;
      out_ += fmt::format("<div class=\"chart r{}\"><canvas id=\"chart-{}\" role=\"img\" aria-label=\"{}\"></canvas></div>\n",
                          rows, figure.id, escape(text::printable(figure.description)));
      charts_[figure.id] = figure.spec;
    }
    html_parts::append_table(out_, figure.table);
    out_ += "</figure>\n";
  }

  std::string out_;
  Json charts_ = Json::object();
};

/// Replaces each {{name}} of the template once, from front to back; what is put in is not looked at again.
std::string fill(std::string_view page, const std::vector<std::pair<std::string_view, std::string>>& values) {
  std::string result;
  while (true) {
    const std::size_t place = page.find("{{");
    result += page.substr(0, place);
    if (place == std::string_view::npos) return result;
    const std::size_t end = page.find("}}", place);
    const std::string_view key = page.substr(place + 2, end - place - 2);
    for (const auto& [name, value] : values) {
      if (name == key) result += value;
    }
    page.remove_prefix(end + 2);
  }
}

std::string prose_html(const Prose& prose) {
  std::string out;
  append_prose(out, prose);
  return out;
}

}  // namespace

std::string render_html(const Document& document) {
  PageWriter writer;
  std::string contents;
  for (const Section& section : document.sections) {
    contents += fmt::format("<li><a href=\"#{}\">{}</a></li>\n", section.id, escape(section.title));
    writer.section(section);
  }
  const std::string css(embedded::report_css());
  const std::string chart(embedded::chart_js());
  const std::string script(embedded::report_js());
  const std::string policy =
      fmt::format("default-src 'none'; base-uri 'none'; form-action 'none'; style-src {}; script-src {} {}",
                  html::policy_hash(css), html::policy_hash(chart), html::policy_hash(script));
  return fill(embedded::report_html(), {{"policy", policy},
                                        {"title", escape(text::shorten(text::printable(document.title), 120))},
                                        {"heading", prose_html({name(document.title)})},
                                        {"subtitle", prose_html(document.subtitle)},
                                        {"css", css},
                                        {"contents", contents},
                                        {"sections", writer.text()},
                                        {"footer", escape(text::printable(document.footer))},
                                        {"notice", std::string(embedded::chart_notice())},
                                        {"data", html::json_for_script(writer.charts())},
                                        {"chartjs", chart},
                                        {"script", script}});
}

}  // namespace tessera::document
