// Numbers for machines: counters, gauges and histograms, rendered in Prometheus' text format. prometheus-cpp stays in
// metrics.cpp. What happened once and in words belongs to platform/log.
//
//   metrics::Registry registry;
//   auto requests = registry.counter({"weft_http_requests_total", "Requests answered.", {"route", "status"}});
//   requests.with({"GET /healthz", "200"}).add();
//
// Labels come from a small set of ours (routes, states, names of statements), never from what users type. As a last
// defence a family holds at most `max_series`; what comes later is counted under the label value `other`.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weft::metrics {

// All of these are handles: cheap to copy, thread-safe, valid as long as their registry.
class Counter {
 public:
  explicit Counter(void* series) : series_(series) {}
  void add(double amount = 1) const;  // REQUIRES: amount >= 0

 private:
  void* series_;
};

class Gauge {
 public:
  explicit Gauge(void* series) : series_(series) {}
  void set(double value) const;
  void add(double amount) const;  // may be negative

 private:
  void* series_;
};

class Histogram {
 public:
  explicit Histogram(void* series) : series_(series) {}
  void observe(double value) const;

 private:
  void* series_;
};

struct FamilyOptions {
  std::string name;  // `weft_http_requests_total`; unit in the name: `_seconds`, `_bytes`, `_total`
  std::string help;
  std::vector<std::string> labels = {};
  std::size_t max_series = 500;
};

enum class FamilyKind { Counter, Gauge, Histogram };
[[nodiscard]] std::string_view to_text(FamilyKind kind);  // `counter`, `gauge`, `histogram`

// A family as it was asked for.
struct FamilyDescription {
  std::string name, help;
  FamilyKind kind = FamilyKind::Counter;
  std::vector<std::string> labels;
};

using LabelValues = std::initializer_list<std::string_view>;

class FamilyState;
template <typename Series>
class Family {
 public:
  explicit Family(FamilyState& state) : state_(&state) {}
  // One value per label, in the order of FamilyOptions::labels. Finding a series that exists takes a shared lock.
  [[nodiscard]] Series with(LabelValues values) const;

 private:
  FamilyState* state_;
};

// Upper bounds for histograms of durations, in seconds: 0.5 ms to 60 s.
[[nodiscard]] std::span<const double> duration_buckets();

// Thread-safe.
class Registry {
 public:
  Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;
  ~Registry();

  // Throw std::invalid_argument for a name that Prometheus refuses or that is taken: a bug.
  [[nodiscard]] Family<Counter> counter(FamilyOptions options);
  [[nodiscard]] Family<Gauge> gauge(FamilyOptions options);
  [[nodiscard]] Family<Histogram> histogram(FamilyOptions options, std::span<const double> buckets);

  // In the order in which they were made.
  [[nodiscard]] std::vector<FamilyDescription> families() const;

  // `collect` runs at the start of each render(), one at a time, to set gauges that are known only by asking. It may
  // use families, but must not call functions of the registry.
  void before_render(std::function<void()> collect);

  // The text format 0.0.4, content type kContentType.
  [[nodiscard]] std::string render();

 private:
  struct Content;
  std::unique_ptr<Content> content_;
};

inline constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

// process_resident_memory_bytes, process_open_fds, process_max_fds, process_threads, process_cpu_seconds_total,
// process_start_time_seconds, under the names that every dashboard knows.
void add_process_metrics(Registry& registry);

}  // namespace weft::metrics
