// SPDX-License-Identifier: Apache-2.0
#include "report/sections/persona.hpp"

#include <gtest/gtest.h>

#include "report/sections/words.hpp"
#include "report/text.hpp"

namespace tessera::sections {
namespace {

TEST(Persona, ColumnsAnswerQuestions) {
  EXPECT_EQ(question_of("Age", "count"), Question::who);
  EXPECT_EQ(question_of("Annual Income (k$)", "continuous"), Question::who);
  EXPECT_EQ(question_of("Year_Birth", "count"), Question::who);
  EXPECT_EQ(question_of("Dt_Customer", "date"), Question::when);
  EXPECT_EQ(question_of("signup", "date"), Question::when);
  EXPECT_EQ(question_of("tenure", "count"), Question::when);
  EXPECT_EQ(question_of("MonthlyCharges", "continuous"), Question::what);
  EXPECT_EQ(question_of("MntWines", "count"), Question::what);
  EXPECT_EQ(question_of("shipCountry", "nominal"), Question::where);
  EXPECT_EQ(question_of("Overall satisfaction", "ordinal"), Question::why);
  EXPECT_EQ(question_of("agency", "nominal"), Question::what);
  EXPECT_EQ(question_of("", "continuous"), Question::what);
}

TEST(Persona, TraitsComeFromTheAnalysisElseFromTheFit) {
  const Input analysed = {{"traits",
                           {{{"column", "a: b"},
                             {"level", nullptr},
                             {"value", 2.0},
                             {"effect", {{"value", -0.9}}},
                             {"words", "a: b: 2 against 3 overall"}},
                            {{"column", "weak"}, {"effect", {{"value", 0.1}}}, {"words", "weak: 1"}}}}};
  const Input fitted = {{"distinguished_by",
                         {{{"feature", "income"},
                           {"value", 80.0},
                           {"difference", -0.7},
                           {"strength", 0.7},
                           {"words", "income: 80 against 50 overall"}}}}};
  const std::vector<TraitView> traits = traits_of(analysed, fitted);
  ASSERT_EQ(traits.size(), 1U);
  EXPECT_EQ(traits[0].label, "a: b");
  EXPECT_EQ(traits[0].figures, "2 against 3 overall");
  EXPECT_EQ(traits[0].strength, -0.9);
  const std::vector<TraitView> of_fit = traits_of(nullptr, fitted);
  ASSERT_EQ(of_fit.size(), 1U);
  EXPECT_EQ(of_fit[0].strength, -0.7);
  EXPECT_EQ(of_fit[0].figures, "80 against 50 overall");
}

TEST(Words, NumbersReadWell) {
  EXPECT_EQ(value_words(1234567.0, Format::number), "1,235,000");
  EXPECT_EQ(value_words(0.1234, Format::share), "12%");
  EXPECT_EQ(value_words(-0.05, Format::share), "-5.0%");
  EXPECT_EQ(value_words(14.04, Format::points), "+14.0");
  EXPECT_EQ(value_words(std::nan(""), Format::share), "–");
  EXPECT_EQ(interval_words(Input{0.1, 0.2}, Format::share), "10% to 20%");
  EXPECT_EQ(interval_words(Input{nullptr, 0.2}, Format::share), "");
  EXPECT_EQ(interval_words(nullptr, Format::share), "");
}

TEST(Words, HeatStaysOnItsScale) {
  EXPECT_EQ(heat_of(0.0, 0.5), 0);
  EXPECT_EQ(heat_of(-0.6, 0.5), -1);
  EXPECT_EQ(heat_of(1e300, 0.5), 5);
  EXPECT_EQ(heat_of(-1e300, 0.5), -5);
  EXPECT_EQ(heat_of(std::nan(""), 0.5), document::Cell::kNoHeat);
}

TEST(Fields, WrongTypesAreNothing) {
  const Input odd = {{"text", 7}, {"number", "7"}, {"count", 2.5}, {"list", {{"x", 1}}}, {"negative", -1}};
  EXPECT_EQ(text(odd, "text"), "");
  EXPECT_TRUE(std::isnan(number(odd, "number")));
  EXPECT_EQ(count(odd, "count"), -1);
  EXPECT_EQ(count(odd, "negative"), -1);
  EXPECT_TRUE(list(odd, "list").empty());
  EXPECT_TRUE(member(odd, "absent").is_null());
  EXPECT_TRUE(element(odd, 0).is_null());
  EXPECT_EQ(segment_number(Input{{"segment", 3}}, "segment", 3), -1);
  EXPECT_EQ(segment_number(Input{{"segment", 2}}, "segment", 3), 2);
}

}  // namespace
}  // namespace tessera::sections
