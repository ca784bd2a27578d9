#include "platform/metrics/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <deque>
#include <functional>
#include <mutex>
#include <shared_mutex>
#include <sstream>
#include <unordered_map>

namespace weft::metrics {

namespace {

constexpr std::string_view kOther = "other";

// Values may hold any byte, so each goes with its length.
std::string series_key(std::span<const std::string_view> values) {
  std::string key;
  for (auto value : values) {
    key += std::to_string(value.size());
    key += ':';
    key += value;
  }
  return key;
}

}  // namespace

// The series of a family by their label values. The prometheus family keeps them; its own lookup takes a mutex and
// builds a map per call.
class FamilyState {
 public:
  using MakeSeries = std::function<void*(const prometheus::Labels&)>;
  FamilyState(std::vector<std::string> labels, std::size_t max_series, MakeSeries make)
      : labels_(std::move(labels)), max_series_(max_series), make_(std::move(make)) {
    if (labels_.empty()) static_cast<void>(series({}));  // so that it is shown before it first counts
  }

  void* series(LabelValues given) {
    std::vector<std::string_view> values(given);
    values.resize(labels_.size());
    auto key = series_key(values);
    {
      std::shared_lock lock(mutex_);
      if (auto found = series_.find(key); found != series_.end()) return found->second;
    }
    std::unique_lock lock(mutex_);
    if (series_.size() >= max_series_ && !series_.contains(key)) {
      values.assign(labels_.size(), kOther);
      key = series_key(values);
    }
    auto& series = series_[key];
    if (series == nullptr) {
      prometheus::Labels labels;
      for (std::size_t i = 0; i < labels_.size(); ++i) labels[labels_[i]] = values[i];
      series = make_(labels);
    }
    return series;
  }

 private:
  const std::vector<std::string> labels_;
  const std::size_t max_series_;
  const MakeSeries make_;
  std::shared_mutex mutex_;
  std::unordered_map<std::string, void*> series_;
};

struct Registry::Content {
  // Fails on a name that is taken, whatever its type.
  prometheus::Registry registry{prometheus::Registry::InsertBehavior::Throw};
  std::mutex mutex;
  std::deque<FamilyState> families;  // addresses stay
  std::vector<FamilyDescription> descriptions;
  std::mutex collect_mutex;
  std::vector<std::function<void()>> collects;

  FamilyState& add(FamilyKind kind, FamilyOptions options, FamilyState::MakeSeries make) {
    std::lock_guard lock(mutex);
    descriptions.push_back({options.name, options.help, kind, options.labels});
    return families.emplace_back(std::move(options.labels), options.max_series, std::move(make));
  }
};

Registry::Registry() : content_(std::make_unique<Content>()) {}
Registry::~Registry() = default;

Family<Counter> Registry::counter(FamilyOptions options) {
  auto& family = prometheus::BuildCounter().Name(options.name).Help(options.help).Register(content_->registry);
  return Family<Counter>(content_->add(FamilyKind::Counter, std::move(options), [&](const auto& labels) { return &family.Add(labels); }));
}

Family<Gauge> Registry::gauge(FamilyOptions options) {
  auto& family = prometheus::BuildGauge().Name(options.name).Help(options.help).Register(content_->registry);
  return Family<Gauge>(content_->add(FamilyKind::Gauge, std::move(options), [&](const auto& labels) { return &family.Add(labels); }));
}

Family<Histogram> Registry::histogram(FamilyOptions options, std::span<const double> buckets) {
  auto& family = prometheus::BuildHistogram().Name(options.name).Help(options.help).Register(content_->registry);
  prometheus::Histogram::BucketBoundaries boundaries(buckets.begin(), buckets.end());
  return Family<Histogram>(content_->add(FamilyKind::Histogram, std::move(options),
                                         [&family, boundaries](const auto& labels) { return &family.Add(labels, boundaries); }));
}

std::vector<FamilyDescription> Registry::families() const {
  std::lock_guard lock(content_->mutex);
  return content_->descriptions;
}

void Registry::before_render(std::function<void()> collect) {
  std::lock_guard lock(content_->collect_mutex);
  content_->collects.push_back(std::move(collect));
}

std::string Registry::render() {
  {
    std::lock_guard lock(content_->collect_mutex);
    for (const auto& collect : content_->collects) collect();
  }
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, content_->registry.Collect());
  return std::move(out).str();
}

std::string_view to_text(FamilyKind kind) {
  switch (kind) {
    case FamilyKind::Counter: return "counter";
    case FamilyKind::Gauge: return "gauge";
    case FamilyKind::Histogram: return "histogram";
  }
  return {};
}

template <typename Series>
Series Family<Series>::with(LabelValues values) const {
  return Series(state_->series(values));
}
template class Family<Counter>;
template class Family<Gauge>;
template class Family<Histogram>;

void Counter::add(double amount) const { static_cast<prometheus::Counter*>(series_)->Increment(amount); }
void Gauge::set(double value) const { static_cast<prometheus::Gauge*>(series_)->Set(value); }
void Gauge::add(double amount) const { static_cast<prometheus::Gauge*>(series_)->Increment(amount); }
void Histogram::observe(double value) const { static_cast<prometheus::Histogram*>(series_)->Observe(value); }

std::span<const double> duration_buckets() {
  static constexpr double kBuckets[] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};
  return kBuckets;
}

}  // namespace weft::metrics
