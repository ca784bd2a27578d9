#include "mesh/run/rate.h"

#include "base/cron.h"
#include "base/quantity.h"

namespace weft {

namespace {

constexpr std::string_view kWritten = R"("manual", {"every":"15m"} or {"cron":"0 5 * * *","time_zone":"Europe/Berlin"})";
constexpr std::int64_t kMinIntervalSeconds = 60;
constexpr std::int64_t kMaxIntervalSeconds = 366LL * 24 * 3600;

Rate read_interval(Form& form, std::string_view text) {
  Rate rate;
  const auto duration = parse_duration(text);
  const auto seconds = duration ? std::chrono::duration_cast<std::chrono::seconds>(*duration).count() : 0;
  if (!duration || seconds < kMinIntervalSeconds || seconds > kMaxIntervalSeconds) {
    form.complain("every", "must be a duration from 1m to 366d, such as 15m, 6h or 1d");
    return rate;
  }
  rate.kind = Rate::Kind::Interval;
  rate.interval_seconds = seconds;
  return rate;
}

Rate read_cron(Form& form, std::string text, std::string time_zone) {
  Rate rate;
  if (auto cron = Cron::parse(text); !cron) form.complain("cron", cron.error().message);
  if (auto zone = TimeZone::load(time_zone); !zone) form.complain("time_zone", zone.error().message);
  rate.kind = Rate::Kind::Cron;
  rate.cron = std::move(text);
  rate.time_zone = std::move(time_zone);
  return rate;
}

}  // namespace

Rate read_rate(Form& form, std::string_view field) {
  const auto* value = form.optional_object(field);
  if (value == nullptr || (value->is_string() && value->as_string() == "manual")) return {};
  if (!value->is_object()) {
    form.complain(field, fmt::format("must be {}", kWritten));
    return {};
  }
  Form nested(*value, std::string(field));
  Rate rate;
  const auto every = nested.optional_text("every", {32});
  const auto cron = nested.optional_text("cron", {200});
  const auto time_zone = nested.optional_text("time_zone", {64});
  if (every.has_value() == cron.has_value()) {
    nested.complain("every", fmt::format("give {}", kWritten));
  } else if (every && time_zone) {
    nested.complain("time_zone", "goes with cron; an interval has none");
  } else if (every) {
    rate = read_interval(nested, *every);
  } else {
    rate = read_cron(nested, *cron, time_zone.value_or("UTC"));
  }
  form.absorb(std::move(nested));
  return rate;
}

json::value to_json(const Rate& rate) {
  switch (rate.kind) {
    case Rate::Kind::Manual: return "manual";
    case Rate::Kind::Interval: return json::object{{"every", to_text(std::chrono::milliseconds(rate.interval_seconds * 1000))}};
    case Rate::Kind::Cron: return json::object{{"cron", rate.cron}, {"time_zone", rate.time_zone}};
  }
  return nullptr;
}

std::optional<Timestamp> next_due(const Rate& rate, Timestamp last) {
  switch (rate.kind) {
    case Rate::Kind::Manual: return std::nullopt;
    case Rate::Kind::Interval: return last.plus_seconds(rate.interval_seconds);
    case Rate::Kind::Cron: break;
  }
  const auto cron = Cron::parse(rate.cron);
  const auto zone = TimeZone::load(rate.time_zone);
  if (!cron || !zone) return std::nullopt;  // the zone's file went away with an upgrade: by hand until it is back
  return cron->next(last, *zone);
}

}  // namespace weft
