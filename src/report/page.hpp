// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tessera {

/// Text for a terminal, built from top to bottom. Everything handed in is made printable, so that no name from a file can steer
/// the terminal, and fitted to the width.
class Page {
 public:
  struct Column {
    std::string title;
    bool right = false;  ///< numbers
    int most_width = 40;
  };
  struct Row {
    std::vector<std::string> cells;    ///< one per column
    std::vector<std::string> details;  ///< lines beneath each other in the last, wide column; wrapped
    bool emphasized = false;
  };

  /// @param width columns of the terminal; less than 60 counts as 60
  Page(bool color, int width);

  void title(std::string_view text);
  /// A blank line and a line in bold.
  void heading(std::string_view text);
  void paragraph(std::string_view text);
  void bullet(std::string_view text, bool warning = false);
  /// @param details_title  title of the wide column behind the others; empty: without title
  void table(const std::vector<Column>& columns, const std::string& details_title, const std::vector<Row>& rows);
  void blank() { text_ += '\n'; }

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void line(std::string_view printable, const char* style = "");

  bool color_;
  int width_;
  std::string text_;
};

}  // namespace tessera
