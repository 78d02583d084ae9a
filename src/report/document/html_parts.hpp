// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "report/document/document.hpp"

/// The pieces of the page, each appended to `out`.
namespace tessera::document::html_parts {

/// Colours that segments have; the numbers beyond them begin again.
inline constexpr int kColors = 8;

void append_prose(std::string& out, const Prose& prose);
void append_table(std::string& out, const Table& table);
void append_cards(std::string& out, const Cards& cards);
void append_tiles(std::string& out, const std::vector<Tiles::Tile>& tiles, const char* css_class);

}  // namespace tessera::document::html_parts
