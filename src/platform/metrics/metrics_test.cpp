#include "platform/metrics/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>

namespace weft::metrics {
namespace {

using testing::HasSubstr;
using testing::Not;

// The value of a series in the text format; NaN when there is none.
double value_of(const std::string& text, const std::string& series) {
  auto at = ("\n" + text).find("\n" + series + " ");
  if (at == std::string::npos) return std::numeric_limits<double>::quiet_NaN();
  return std::stod(text.substr(at + series.size() + 1));
}

TEST(Metrics, RendersCountersByLabel) {
  Registry registry;
  auto requests = registry.counter({"weft_http_requests_total", "Requests answered.", {"route", "status"}});
  requests.with({"GET /a", "200"}).add();
  requests.with({"GET /a", "200"}).add(2);
  requests.with({"GET /a", "500"}).add();
  auto text = registry.render();
  EXPECT_THAT(text, HasSubstr("# HELP weft_http_requests_total Requests answered.\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE weft_http_requests_total counter\n"));
  EXPECT_EQ(value_of(text, R"(weft_http_requests_total{route="GET /a",status="200"})"), 3);
  EXPECT_EQ(value_of(text, R"(weft_http_requests_total{route="GET /a",status="500"})"), 1);
}

TEST(Metrics, ShowsASeriesWithoutLabelsBeforeItCounts) {
  Registry registry;
  static_cast<void>(registry.counter({"weft_restarts_total", "Restarts."}));
  EXPECT_EQ(value_of(registry.render(), "weft_restarts_total"), 0);
}

TEST(Metrics, RendersHistograms) {
  Registry registry;
  auto family = registry.histogram({"weft_wait_seconds", "Waiting.", {"pool"}}, duration_buckets());
  for (double seconds : {0.0005, 0.003, 0.003, 70.0}) family.with({"query"}).observe(seconds);
  auto text = registry.render();
  EXPECT_EQ(value_of(text, R"(weft_wait_seconds_count{pool="query"})"), 4);
  EXPECT_EQ(value_of(text, R"(weft_wait_seconds_bucket{pool="query",le="0.0005"})"), 1);
  EXPECT_EQ(value_of(text, R"(weft_wait_seconds_bucket{pool="query",le="0.005"})"), 3);
  EXPECT_EQ(value_of(text, R"(weft_wait_seconds_bucket{pool="query",le="60"})"), 3);
  EXPECT_EQ(value_of(text, R"(weft_wait_seconds_bucket{pool="query",le="+Inf"})"), 4);
}

TEST(Metrics, AsksBeforeEachRender) {
  Registry registry;
  auto depth = registry.gauge({"weft_queue", "Waiting.", {"pool"}});
  int waiting = 3;
  registry.before_render([&] { depth.with({"query"}).set(waiting); });
  EXPECT_EQ(value_of(registry.render(), R"(weft_queue{pool="query"})"), 3);
  waiting = 0;
  EXPECT_EQ(value_of(registry.render(), R"(weft_queue{pool="query"})"), 0);
}

TEST(Metrics, TellsWhatItHas) {
  Registry registry;
  (void)registry.gauge({"weft_queue", "Waiting.", {"pool"}});
  (void)registry.histogram({"weft_wait_seconds", "Waiting."}, duration_buckets());
  const auto families = registry.families();
  ASSERT_EQ(families.size(), 2);
  EXPECT_EQ(families[0].name, "weft_queue");
  EXPECT_EQ(families[0].labels, std::vector<std::string>{"pool"});
  EXPECT_EQ(to_text(families[0].kind), "gauge");
  EXPECT_EQ(families[1].help, "Waiting.");
  EXPECT_EQ(to_text(families[1].kind), "histogram");
}

TEST(Metrics, HoldsNoMoreSeriesThanAllowed) {
  Registry registry;
  auto family = registry.counter({"weft_things_total", "Things.", {"name"}, 3});
  for (int i = 0; i < 100; ++i) family.with({std::to_string(i)}).add();
  family.with({"0"}).add();
  auto text = registry.render();
  EXPECT_EQ(value_of(text, R"(weft_things_total{name="0"})"), 2);
  EXPECT_EQ(value_of(text, R"(weft_things_total{name="2"})"), 1);
  EXPECT_EQ(value_of(text, R"(weft_things_total{name="other"})"), 97);
  EXPECT_THAT(text, Not(HasSubstr(R"(name="3")")));
}

TEST(Metrics, TellsValuesApartWhateverTheyHold) {
  Registry registry;
  auto family = registry.counter({"weft_pairs_total", "Pairs.", {"a", "b"}});
  family.with({"1:x", "y"}).add();
  family.with({"1", "x1:y"}).add(10);
  family.with({"new\nline", "quote\""}).add(5);
  auto text = registry.render();
  EXPECT_EQ(value_of(text, R"(weft_pairs_total{a="1:x",b="y"})"), 1);
  EXPECT_EQ(value_of(text, R"(weft_pairs_total{a="1",b="x1:y"})"), 10);
  EXPECT_EQ(value_of(text, R"(weft_pairs_total{a="new\nline",b="quote\""})"), 5);
}

TEST(Metrics, RefusesNamesThatContradict) {
  Registry registry;
  static_cast<void>(registry.counter({"weft_a_total", "A."}));
  EXPECT_THROW(static_cast<void>(registry.counter({"weft_a_total", "A."})), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(registry.gauge({"weft_a_total", "A."})), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(registry.counter({"no name", "A."})), std::invalid_argument);
}

TEST(Metrics, CountsExactlyOnManyThreads) {
  Registry registry;
  auto family = registry.counter({"weft_ticks_total", "Ticks.", {"thread"}});
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) family.with({std::to_string(i % 7)}).add();
    });
  }
  for (int i = 0; i < 20; ++i) static_cast<void>(registry.render());
  for (auto& thread : threads) thread.join();
  double sum = 0;
  auto text = registry.render();
  for (int i = 0; i < 7; ++i) sum += value_of(text, "weft_ticks_total{thread=\"" + std::to_string(i) + "\"}");
  EXPECT_EQ(sum, 4000);
}

TEST(Metrics, TellsOfTheProcess) {
  Registry registry;
  add_process_metrics(registry);
  auto text = registry.render();
  EXPECT_GT(value_of(text, "process_resident_memory_bytes"), 1e6);
  EXPECT_GE(value_of(text, "process_open_fds"), 3);
  EXPECT_GE(value_of(text, "process_max_fds"), value_of(text, "process_open_fds"));
  EXPECT_GE(value_of(text, "process_threads"), 1);
  EXPECT_GE(value_of(text, "process_cpu_seconds_total"), 0);
  auto now = static_cast<double>(time(nullptr));
  EXPECT_LE(value_of(text, "process_start_time_seconds"), now + 1);
  EXPECT_GT(value_of(text, "process_start_time_seconds"), now - 86'400);
}

}  // namespace
}  // namespace weft::metrics
