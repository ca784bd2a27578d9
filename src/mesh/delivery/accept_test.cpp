#include "mesh/delivery/accept.h"

#include <gtest/gtest.h>

#include "mesh/delivery/content_range.h"
#include "mesh/delivery/postgrest_error.h"

namespace weft {
namespace {

TEST(AcceptTest, ChoosesWhatTheClientPrefers) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "json"},
      {"  ", "json"},
      {"*/*", "json"},
      {"application/json", "json"},
      {"Application/JSON; charset=utf-8", "json"},
      {"application/*", "json"},
      {"text/*", "csv"},
      {"text/csv", "csv"},
      {"text/csv;q=0.5, application/json", "json"},
      {"application/json;q=0.5, text/csv", "csv"},
      {"text/csv, application/json", "csv"},
      {"application/json, text/csv", "json"},
      {"*/*, text/csv", "csv"},
      {"*/*, text/csv;q=0.9", "json"},
      {"application/json;q=0, */*", "ndjson"},
      {"application/*;q=0, */*;q=0.1", "csv"},
      {"application/x-ndjson", "ndjson"},
      {"application/jsonl", "ndjson"},
      {"application/vnd.apache.parquet", "parquet"},
      {"application/x-parquet", "parquet"},
      {"application/vnd.apache.arrow.stream", "arrow"},
      {"application/vnd.pgrst.object+json", "one json"},
      {"application/vnd.pgrst.object", "one json"},
      {"application/vnd.pgrst.object+json, application/json;q=0.9", "one json"},
      {"application/vnd.pgrst.array+json", "json"},
      {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "json"},
      {"application/json;q=2", "json"},
      {"text/csv;q=0.001, application/json;q=0", "csv"},
      {"nonsense, text/csv", "csv"},
      {"text/html", "406"},
      {"nonsense", "406"},
      {"application/json;q=0", "406"},
      {"*/*;q=0", "406"},
      {"application/vnd.pgrst.plan+json", "406"},
      {"application/vnd.pgrst.array+json;nulls=stripped", "406"},
      {",", "406"},
  };
  for (const auto& [accept, expected] : cases) {
    const auto chosen = choose_representation(std::nullopt, accept);
    std::string shown = "406";
    if (chosen) {
      shown = fmt::format("{}{}", chosen->shape == Shape::SingleObject ? "one " : "", suffix_of(chosen->format));
    } else {
      EXPECT_EQ(chosen.error().kind, ErrorKind::NotAcceptable);
      EXPECT_NE(chosen.error().hint.find("application/vnd.apache.parquet"), std::string::npos);
    }
    EXPECT_EQ(shown, expected) << accept;
  }
}

TEST(AcceptTest, ASuffixWins) {
  for (const auto format : {DataFormat::Json, DataFormat::Ndjson, DataFormat::Csv, DataFormat::Parquet, DataFormat::ArrowStream}) {
    const auto segment = split_port_segment(fmt::format("flights.{}", suffix_of(format)));
    ASSERT_TRUE(segment);
    EXPECT_EQ(segment->port, "flights");
    EXPECT_EQ(segment->suffix, format);
    EXPECT_EQ(choose_representation(segment->suffix, "text/html"), (Representation{format, Shape::Rows}));
    EXPECT_FALSE(content_type({format, Shape::Rows}).empty());
  }
  EXPECT_EQ(split_port_segment("flights")->suffix, std::nullopt);
  for (const std::string segment : {"flights.xml", "flights.", "flights.csv.gz", "flights.CSV"}) {
    EXPECT_EQ(split_port_segment(segment).error().id, "data.unknown_format") << segment;
  }
}

TEST(ContentRangeTest, SaysWhichRowsAndHowMany) {
  struct Case {
    RowPage page;
    std::int64_t rows;
    std::optional<std::int64_t> total;
    int status;
    std::string range;
  };
  const std::vector<Case> cases = {
      {{0, {}}, 10, {}, 200, "0-9/*"}, {{0, {}}, 0, {}, 200, "*/*"},    {{5, 10}, 10, {}, 200, "5-14/*"}, {{0, {}}, 10, 10, 200, "0-9/10"},
      {{0, 5}, 5, 10, 206, "0-4/10"},  {{5, {}}, 5, 10, 206, "5-9/10"}, {{10, {}}, 0, 10, 206, "*/10"},   {{0, {}}, 0, 0, 200, "*/0"},
      {{0, 0}, 0, 10, 206, "*/10"},    {{0, 0}, 0, 0, 200, "*/0"},      {{7, {}}, 0, {}, 200, "*/*"},
  };
  for (const auto& [page, rows, total, status, range] : cases) {
    const auto shown = page_status(page, rows, total);
    ASSERT_TRUE(shown) << range;
    EXPECT_EQ(*shown, (PageStatus{status, range}));
  }
  const auto beyond = page_status({11, {}}, 0, 10);
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().kind, ErrorKind::RangeNotSatisfiable);
  const auto shown = to_postgrest(beyond.error());
  EXPECT_EQ(shown.code, "PGRST103");
  EXPECT_EQ(shown.details, "An offset of 11 was requested, but there are only 10 rows.");
}

TEST(RequireSingleTest, TakesOneRowOnly) {
  EXPECT_TRUE(require_single(1));
  for (const std::int64_t rows : {0, 2, 7}) {
    const auto single = require_single(rows);
    ASSERT_FALSE(single);
    const auto shown = to_postgrest(single.error());
    EXPECT_EQ(shown.code, "PGRST116");
    EXPECT_EQ(shown.message, "JSON object requested, multiple (or no) rows returned");
    EXPECT_EQ(shown.details, rows == 0 ? "The result contains 0 rows" : "The result contains 2 or more rows");
    EXPECT_EQ(single.error().kind, ErrorKind::NotAcceptable);
  }
}

TEST(PostgrestErrorTest, HasACodeForEveryError) {
  EXPECT_EQ(postgrest_code(make_error(ErrorKind::Invalid, "data.unknown_column", "")), "42703");
  EXPECT_EQ(postgrest_code(make_error(ErrorKind::Invalid, "data.invalid_value", "")), "22P02");
  EXPECT_EQ(postgrest_code(make_error(ErrorKind::Denied, "data.not_granted", "")), "42501");
  EXPECT_EQ(postgrest_code(make_error(ErrorKind::NotFound, "data.not_found", "")), "42P01");
  EXPECT_EQ(postgrest_code(make_error(ErrorKind::Internal, "anything", "")), "XX000");
  const auto shown = to_postgrest(make_error(ErrorKind::Invalid, "data.unknown_column", "column \"x\" does not exist"));
  EXPECT_EQ(shown.message, "column \"x\" does not exist");
  EXPECT_FALSE(shown.details);
  EXPECT_FALSE(shown.hint);
}

}  // namespace
}  // namespace weft
