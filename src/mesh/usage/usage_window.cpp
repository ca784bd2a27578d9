#include "mesh/usage/usage_window.h"

#include <charconv>

namespace weft {

namespace {

// The year 9999 is far enough, and leaves room for rounding up.
constexpr std::int64_t kLast = 253'402'300'800 * kSecondMicros;

std::int64_t round_down(std::int64_t micros, std::int64_t step) { return micros - micros % step; }
std::int64_t round_up(std::int64_t micros, std::int64_t step) { return round_down(micros + step - 1, step); }

void add(std::vector<MicrosRange>& ranges, MicrosRange range) {
  if (!range.empty()) ranges.push_back(range);
}

UsageWindow exact_window(const MicrosRange& range) {
  UsageWindow window;
  if (range.empty()) return window;
  const MicrosRange seconds{round_up(range.begin, kSecondMicros), round_down(range.end, kSecondMicros)};
  if (seconds.begin > seconds.end) {
    window.edges.push_back(range);  // all within one second
    return window;
  }
  add(window.edges, {range.begin, seconds.begin});
  add(window.edges, {seconds.end, range.end});
  const MicrosRange hours{round_up(seconds.begin, kHourMicros), round_down(seconds.end, kHourMicros)};
  if (hours.empty()) {
    add(window.seconds, seconds);
    return window;
  }
  window.hours = hours;
  add(window.seconds, {seconds.begin, hours.begin});
  add(window.seconds, {hours.end, seconds.end});
  return window;
}

}  // namespace

UsageWindow usage_window(std::optional<Timestamp> from, std::optional<Timestamp> to, Timestamp exact_from) {
  const MicrosRange range{std::clamp<std::int64_t>(from ? from->micros : 0, 0, kLast),
                          std::clamp<std::int64_t>(to ? to->micros : kLast, 0, kLast)};
  if (range.begin >= exact_from.micros) return exact_window(range);
  const MicrosRange old{round_up(range.begin, kHourMicros), round_up(std::min(range.end, exact_from.micros), kHourMicros)};
  auto window = exact_window({exact_from.micros, range.end});
  if (!old.empty()) window.hours = {old.begin, window.hours.empty() ? old.end : window.hours.end};
  return window;
}

std::string to_text(const std::vector<InstantSum>& instants) {
  std::string text;
  for (const auto& instant : instants) {
    fmt::format_to(std::back_inserter(text), "{},{},{},{};", instant.offset, instant.hits, instant.rows, instant.bytes);
  }
  return text;
}

std::vector<InstantSum> parse_instants(std::string_view text) {
  std::vector<InstantSum> instants;
  while (!text.empty()) {
    const auto stop = text.find(';');
    const auto item = text.substr(0, stop);
    text = stop == std::string_view::npos ? std::string_view{} : text.substr(stop + 1);
    InstantSum instant;
    const auto* at = item.data();
    const auto* end = item.data() + item.size();
    bool good = true;
    for (auto* number : {&instant.offset, &instant.hits, &instant.rows, &instant.bytes}) {
      const auto [next, code] = std::from_chars(at, end, *number);
      good = good && code == std::errc();
      at = next == end ? next : next + 1;
    }
    if (good) instants.push_back(instant);
  }
  return instants;
}

}  // namespace weft
