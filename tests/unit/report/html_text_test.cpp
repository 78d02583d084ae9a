// SPDX-License-Identifier: Apache-2.0
#include "report/document/html_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "report/document/prose.hpp"

namespace tessera {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(HtmlText, EscapesWhatMeansSomething) {
  EXPECT_EQ(html::escape("<b class=\"x\" id='y'>&`"), "&lt;b class=&quot;x&quot; id=&#39;y&#39;&gt;&amp;&#96;");
  EXPECT_EQ(html::escape("Größe, 年齢"), "Größe, 年齢");
}

TEST(HtmlText, JsonCannotLeaveItsScript) {
  const std::string hostile = "</script><!--<script>\xE2\x80\xA8\xE2\x80\xA9&";
  const std::string text = html::json_for_script(Json{{hostile, hostile}, {"number", 0.1}});
  for (const char* piece : {"<", ">", "&", "\xE2\x80\xA8", "\xE2\x80\xA9"}) EXPECT_THAT(text, Not(HasSubstr(piece)));
  EXPECT_EQ(Json::parse(text)[hostile], hostile);
  EXPECT_EQ(Json::parse(text)["number"], 0.1);
}

// printf %s abc | openssl dgst -sha256 -binary | base64
TEST(HtmlText, PolicyHashIsThatOfBrowsers) {
  EXPECT_EQ(html::policy_hash(""), "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='");
  EXPECT_EQ(html::policy_hash("abc"), "'sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='");
}

TEST(Prose, PutsSpansIntoTheirPlaces) {
  const document::Prose prose = document::say("{} and {}.", {document::name("one"), document::strong("two"), "dropped"});
  EXPECT_EQ(document::plain_text(prose), "one and two.");
  EXPECT_EQ(document::plain_text(document::say("{} and {}", {"one"})), "one and ");
  EXPECT_EQ(document::plain_text(document::say("no place")), "no place");
}

TEST(Prose, CutsWhatIsTooLongVisibly) {
  const std::string shown = document::visible_text(document::name(std::string(10'000, 'x')));
  EXPECT_EQ(shown, std::string(document::kNameWidth - 1, 'x') + "…");
  EXPECT_EQ(document::visible_text(document::name("short")), "short");
  // Combining marks take no room: however many there are, the text ends.
  std::string marks = "a";
  for (int i = 0; i < 5'000; ++i) marks += "\xCC\x81";
  EXPECT_LT(document::visible_text(document::name(marks)).size(), 500U);
}

TEST(Prose, TurnsNoDirectionAndHidesNothing) {
  EXPECT_EQ(document::visible_text(document::name("a\xE2\x80\xAE"
                                                  "b\nc\x1B[1m")),
            "a<202E>b c<1B>[1m");
}

}  // namespace
}  // namespace tessera
