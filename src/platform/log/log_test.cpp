#include "platform/log/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cmath>
#include <cstdio>
#include <thread>

#include "platform/log/line.h"

namespace weft::log {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

// Lines of the log, caught in a file without a name.
class LogTest : public testing::Test {
 protected:
  ~LogTest() override {
    start({});
    std::fclose(file_);
  }

  void catch_lines(Format format, Level level) { start({format, level, fileno(file_)}); }

  std::vector<std::string> lines() {
    std::string text(static_cast<std::size_t>(lseek(fileno(file_), 0, SEEK_END)), '\0');
    EXPECT_EQ(pread(fileno(file_), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
    std::vector<std::string> result;
    for (std::size_t at = 0; at < text.size();) {
      auto end = text.find('\n', at);
      EXPECT_NE(end, std::string::npos) << "a line without end";
      result.push_back(text.substr(at, end - at));
      at = end + 1;
    }
    return result;
  }

  boost::json::object only_object() {
    auto all = lines();
    EXPECT_EQ(all.size(), 1u);
    return boost::json::parse(all.at(0)).as_object();
  }

 private:
  std::FILE* file_ = std::tmpfile();
};

TEST_F(LogTest, WritesJsonLines) {
  catch_lines(Format::Json, Level::Info);
  {
    RequestScope scope("0190-request");
    info("request done", {{"status", 200}, {"share", 0.5}, {"cached", true}, {"path", "/a \"b\"\\\n\x1b[31m\x7f"}});
  }
  auto object = only_object();
  EXPECT_EQ(object["level"], "info");
  EXPECT_EQ(object["event"], "request done");
  EXPECT_EQ(object["request_id"], "0190-request");
  EXPECT_EQ(object["status"], 200);
  EXPECT_EQ(object["share"], 0.5);
  EXPECT_EQ(object["cached"], true);
  EXPECT_EQ(object["path"], "/a \"b\"\\\n\x1b[31m\x7f");
  EXPECT_THAT(std::string(object["at"].as_string()), testing::MatchesRegex("[0-9-]+T[0-9:]+\\.[0-9]+Z"));
}

TEST_F(LogTest, AutoIsJsonOffATerminal) {
  catch_lines(Format::Auto, Level::Info);
  info("started");
  EXPECT_EQ(only_object()["event"], "started");
}

TEST_F(LogTest, KeepsWhatAnybodySendsToValidUtf8) {
  struct Case {
    std::string_view bytes, text;
  };
  const std::string bad = "\xEF\xBF\xBD";
  for (const auto& [bytes, text] : std::initializer_list<Case>{
           {"Köln €😀", "Köln €😀"},
           {"\xff", bad},
           {"a\xc3", "a\xEF\xBF\xBD"},
           {"\xc0\xaf", "\xEF\xBF\xBD\xEF\xBF\xBD"},                  // overlong
           {"\xed\xa0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},  // surrogate
           {"\xf4\x90\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
           {std::string_view("a\0b", 3), std::string_view("a\0b", 3)},
       }) {
    auto line = json_line({{}, Level::Info, "event", {}, {{"value", bytes}}, {}});
    EXPECT_EQ(boost::json::parse(line).at("value").as_string(), text) << line;
  }
}

TEST_F(LogTest, NothingReordersOrBreaksALineOfATerminal) {
  // C1 controls, line separator, right-to-left override and isolate.
  auto line = human_line({{},
                          Level::Error,
                          "e",
                          {},
                          {{"v",
                            "\xC2\x9B"
                            "1m \xE2\x80\xA8 \xE2\x80\xAE \xE2\x81\xA6 \r\n\x1b"}},
                          {}},
                         Color::Off);
  EXPECT_THAT(line, EndsWith("v=\"\\u009b1m \\u2028 \\u202e \\u2066 \\u000d\\n\\u001b\"\n"));
}

TEST_F(LogTest, CutsLongValues) {
  std::string value = std::string(kMaxValueBytes - 1, 'x') + "€ and more";
  auto line = json_line({{}, Level::Info, "event", {}, {{"value", value}}, {}});
  EXPECT_EQ(boost::json::parse(line).at("value").as_string(), std::string(kMaxValueBytes - 1, 'x') + "…");
}

TEST_F(LogTest, WritesForPeople) {
  Line line{{}, Level::Warning, "mail is late", "r1", {{"to", "a@b.example"}, {"why", "no route"}}, {{"tries", 3}}};
  EXPECT_EQ(human_line(line, Color::Off), "1970-01-01 00:00:00.000 warning mail is late to=a@b.example why=\"no route\" tries=3 [r1]\n");
  EXPECT_THAT(human_line(line, Color::On), HasSubstr("\x1b[33mwarning\x1b[0m mail"));
}

TEST_F(LogTest, LeavesOutWhatIsBelowTheLevel) {
  catch_lines(Format::Json, Level::Warning);
  debug("no");
  info("no");
  warning("yes");
  error("yes");
  EXPECT_EQ(lines().size(), 2u);
  EXPECT_FALSE(enabled(Level::Info));
  EXPECT_TRUE(enabled(Level::Warning));
}

TEST_F(LogTest, WritesAnErrorWithItsDetail) {
  catch_lines(Format::Json, Level::Info);
  auto cause = make_error(ErrorKind::Internal, "store.broken", "The store is broken.");
  cause.detail = "disk I/O error";
  write(Level::Error, "request failed", cause, {{"path", "/x"}});
  auto object = only_object();
  EXPECT_EQ(object["error"], "store.broken");
  EXPECT_EQ(object["message"], "The store is broken.");
  EXPECT_EQ(object["detail"], "disk I/O error");
  EXPECT_EQ(object["path"], "/x");
}

TEST_F(LogTest, NumbersThatJsonLacksAreNull) {
  auto line = json_line({{}, Level::Info, "e", {}, {{"a", NAN}, {"b", INFINITY}}, {}});
  EXPECT_TRUE(boost::json::parse(line).at("a").is_null());
  EXPECT_TRUE(boost::json::parse(line).at("b").is_null());
}

TEST_F(LogTest, ScopesNestAndBelongToTheirThread) {
  EXPECT_EQ(RequestScope::current(), "");
  RequestScope outer("outer");
  {
    RequestScope inner("inner");
    EXPECT_EQ(RequestScope::current(), "inner");
    std::thread([] { EXPECT_EQ(RequestScope::current(), ""); }).join();
  }
  EXPECT_EQ(RequestScope::current(), "outer");
}

TEST_F(LogTest, LinesOfManyThreadsStayWhole) {
  catch_lines(Format::Json, Level::Info);
  constexpr int kThreads = 4, kLines = 200;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([thread] {
      RequestScope scope(std::to_string(thread));
      for (int i = 0; i < kLines; ++i) info("tick", {{"thread", thread}, {"padding", std::string(500, 'x')}});
    });
  }
  for (auto& thread : threads) thread.join();
  auto all = lines();
  ASSERT_EQ(all.size(), static_cast<std::size_t>(kThreads * kLines));
  for (const auto& line : all) {
    auto value = boost::json::parse(line);
    EXPECT_EQ(value.at("request_id").as_string(), std::to_string(value.at("thread").as_int64()));
  }
}

}  // namespace
}  // namespace weft::log
