#include "base/time_zone.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <fstream>
#include <iterator>

namespace weft {

namespace {

constexpr std::string_view kFolder = "/usr/share/zoneinfo/";
constexpr std::size_t kMaxFileBytes = 256 * 1024;
constexpr std::size_t kMaxNameBytes = 64;
constexpr std::int64_t kDay = 86'400;
// No clock on a wall is further from UTC; a change of date line moves it by a day.
constexpr std::int64_t kFurthest = 2 * kDay;
constexpr std::int64_t kMaxOffset = 26 * 3600;

// ---- The yearly rule

class RuleParser {
 public:
  explicit RuleParser(std::string_view text) : rest_(text) {}

  std::optional<YearlyRule> parse() {
    YearlyRule rule;
    if (!name() || !offset(rule.standard_offset)) return std::nullopt;
    if (rest_.empty()) return rule;
    YearlyRule::Summer summer;
    summer.offset = rule.standard_offset + 3600;
    if (!name()) return std::nullopt;
    if (!rest_.starts_with(',') && !offset(summer.offset)) return std::nullopt;
    if (!take(',') || !day(summer.begins) || !take(',') || !day(summer.ends) || !rest_.empty()) return std::nullopt;
    rule.summer = summer;
    return rule;
  }

 private:
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool name() {
    std::size_t size = 0;
    if (take('<')) {
      size = rest_.find('>');
      if (size == std::string_view::npos || size == 0) return false;
      rest_.remove_prefix(size + 1);
      return true;
    }
    while (size < rest_.size() && ((rest_[size] | 32) >= 'a' && (rest_[size] | 32) <= 'z')) ++size;
    rest_.remove_prefix(size);
    return size >= 3;
  }

  bool number(std::int64_t& value, std::int64_t min, std::int64_t max) {
    auto [end, problem] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (problem != std::errc{} || rest_.starts_with('-') || value < min || value > max) return false;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return true;
  }

  // [+-]hh[:mm[:ss]] as seconds.
  bool time(std::int64_t& seconds, std::int64_t max_hours) {
    std::int64_t sign = rest_.starts_with('-') ? -1 : 1;
    if (!take('-')) take('+');
    std::int64_t hours = 0, minutes = 0, rest = 0;
    if (!number(hours, 0, max_hours)) return false;
    if (take(':') && (!number(minutes, 0, 59) || (take(':') && !number(rest, 0, 59)))) return false;
    seconds = sign * (hours * 3600 + minutes * 60 + rest);
    return true;
  }

  // In POSIX, west is positive.
  bool offset(std::int64_t& east) {
    std::int64_t west = 0;
    if (!time(west, 24)) return false;
    east = -west;
    return true;
  }

  bool day(YearlyRule::Day& day) {
    std::int64_t first = 0, second = 0, third = 0;
    using Form = YearlyRule::Day::Form;
    if (take('M')) {
      if (!number(first, 1, 12) || !take('.') || !number(second, 1, 5) || !take('.') || !number(third, 0, 6)) {
        return false;
      }
      day.form = Form::Month;
      day.month = static_cast<int>(first);
      day.week = static_cast<int>(second);
      day.weekday = static_cast<int>(third);
    } else {
      day.form = take('J') ? Form::Julian : Form::ZeroBased;
      if (!number(first, day.form == Form::Julian ? 1 : 0, 365)) return false;
      day.day = static_cast<int>(first);
    }
    day.seconds = 2 * 3600;
    return !take('/') || time(day.seconds, 167);
  }

  std::string_view rest_;
};

bool is_leap(std::int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

LocalSeconds local_seconds(const YearlyRule::Day& day, std::int64_t year) {
  using Form = YearlyRule::Day::Form;
  auto days = days_of(year, 1, 1);
  if (day.form == Form::Month) {
    auto first = days_of(year, day.month, 1);
    auto next = day.month == 12 ? days_of(year + 1, 1, 1) : days_of(year, day.month + 1, 1);
    days = first + (day.weekday - calendar_day(first).weekday + 7) % 7 + 7 * (day.week - 1);
    if (days >= next) days -= 7;
  } else if (day.form == Form::Julian) {
    days += day.day - 1 + (is_leap(year) && day.day >= 60 ? 1 : 0);
  } else {
    days += day.day;
  }
  return days * kDay + day.seconds;
}

std::int64_t year_of(UtcSeconds utc) { return calendar_day(floor_divide(utc, kDay)).year; }

void append_changes_of(const YearlyRule& rule, std::int64_t year, std::vector<TimeZone::Change>& changes) {
  if (!rule.summer) return;
  TimeZone::Change begin{local_seconds(rule.summer->begins, year) - rule.standard_offset, rule.standard_offset, rule.summer->offset};
  TimeZone::Change end{local_seconds(rule.summer->ends, year) - rule.summer->offset, rule.summer->offset, rule.standard_offset};
  changes.push_back(begin.at < end.at ? begin : end);
  changes.push_back(begin.at < end.at ? end : begin);
}

// ---- The file

class TzifReader {
 public:
  explicit TzifReader(std::string_view bytes) : bytes_(bytes) {}

  struct Header {
    char version = 0;
    std::size_t utc_flags = 0, standard_flags = 0, leaps = 0, transitions = 0, types = 0, name_bytes = 0;

    [[nodiscard]] std::size_t body_bytes(std::size_t time_bytes) const {
      return transitions * (time_bytes + 1) + types * 6 + name_bytes + leaps * (time_bytes + 4) + standard_flags + utc_flags;
    }
  };

  std::optional<Header> header() {
    if (bytes_.size() < 44 || !bytes_.starts_with("TZif")) return std::nullopt;
    Header header;
    header.version = bytes_[4];
    bytes_.remove_prefix(20);
    for (auto* count : {&header.utc_flags, &header.standard_flags, &header.leaps, &header.transitions, &header.types, &header.name_bytes}) {
      *count = static_cast<std::size_t>(number(4));
      if (*count > kMaxFileBytes) return std::nullopt;
    }
    return header;
  }

  // Big-endian, signed. REQUIRES: that many bytes.
  std::int64_t number(std::size_t size) {
    auto value = static_cast<std::uint64_t>(static_cast<signed char>(bytes_[0]) < 0 ? -1 : 0);
    for (std::size_t i = 0; i < size; ++i) value = value << 8 | static_cast<unsigned char>(bytes_[i]);
    bytes_.remove_prefix(size);
    return static_cast<std::int64_t>(value);
  }

  bool skip(std::size_t size) {
    if (bytes_.size() < size) return false;
    bytes_.remove_prefix(size);
    return true;
  }

  [[nodiscard]] std::string_view rest() const { return bytes_; }

 private:
  std::string_view bytes_;
};

std::unexpected<Error> damaged() { return fail(ErrorKind::Internal, "time_zone.damaged", "the time zone's file is damaged"); }

bool is_zone_name(std::string_view name) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-_/";
  // IANA's names start with a capital; `right/…`, which counts leap seconds, and `localtime`, whatever that is, don't.
  return !name.empty() && name.size() <= kMaxNameBytes && name.front() >= 'A' && name.front() <= 'Z' && name.back() != '/' &&
         name.find_first_not_of(kLetters) == std::string_view::npos && name.find("//") == std::string_view::npos;
}

}  // namespace

std::int64_t days_of(std::int64_t year, int month, int day) {
  namespace chrono = std::chrono;
  chrono::year_month_day date{chrono::year(static_cast<int>(year)), chrono::month(static_cast<unsigned>(month)),
                              chrono::day(static_cast<unsigned>(day))};
  return chrono::sys_days(date).time_since_epoch().count();
}

CalendarDay calendar_day(std::int64_t days) {
  namespace chrono = std::chrono;
  chrono::sys_days at{chrono::days(days)};
  chrono::year_month_day date(at);
  return {static_cast<int>(date.year()), static_cast<int>(static_cast<unsigned>(date.month())),
          static_cast<int>(static_cast<unsigned>(date.day())), static_cast<int>(chrono::weekday(at).c_encoding())};
}

std::optional<YearlyRule> parse_yearly_rule(std::string_view text) { return RuleParser(text).parse(); }

Result<TimeZone> TimeZone::load(std::string_view name) {
  if (name == "UTC") return utc();
  auto unknown = [&] {
    return fail(ErrorKind::Invalid, "time_zone.unknown", "the time zone `" + std::string(name.substr(0, kMaxNameBytes)) + "` is unknown",
                "Use an IANA name such as Europe/Berlin or UTC.");
  };
  if (!is_zone_name(name)) return unknown();
  std::ifstream file(std::string(kFolder).append(name), std::ios::binary);
  std::string bytes;
  // A folder opens, too, but reads as nothing.
  try {
    if (file) bytes.assign(std::istreambuf_iterator<char>(file), {});
  } catch (const std::exception&) {
    bytes.clear();
  }
  // Some files there are no zones, such as tables of them.
  if (!bytes.starts_with("TZif")) return unknown();
  return parse(bytes);
}

Result<TimeZone> TimeZone::parse(std::string_view bytes) {
  if (bytes.size() > kMaxFileBytes) return damaged();
  TzifReader reader(bytes);
  auto header = reader.header();
  if (!header) return damaged();
  std::size_t time_bytes = 4;
  if (header->version >= '2') {  // the same again in 64 bits
    if (!reader.skip(header->body_bytes(time_bytes))) return damaged();
    header = reader.header();
    if (!header) return damaged();
    time_bytes = 8;
  }
  if (header->types == 0 || reader.rest().size() < header->body_bytes(time_bytes)) return damaged();

  std::vector<UtcSeconds> times(header->transitions);
  for (auto& time : times) time = reader.number(time_bytes);
  if (!std::ranges::is_sorted(times)) return damaged();
  std::vector<std::size_t> types(header->transitions);
  for (auto& type : types) {
    type = static_cast<unsigned char>(reader.number(1));
    if (type >= header->types) return damaged();
  }
  std::vector<std::int64_t> offsets(header->types);
  for (auto& offset : offsets) {
    offset = reader.number(4);
    reader.skip(2);  // whether it is summer, and its name
    if (offset < -kMaxOffset || offset > kMaxOffset) return damaged();
  }
  reader.skip(header->name_bytes + header->leaps * (time_bytes + 4) + header->standard_flags + header->utc_flags);

  TimeZone zone;
  zone.first_offset_ = offsets[0];
  auto before = zone.first_offset_;
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (offsets[types[i]] != before) zone.changes_.push_back({times[i], before, offsets[types[i]]});
    before = offsets[types[i]];
  }
  auto footer = reader.rest();
  if (footer.starts_with('\n')) {
    footer = footer.substr(1, footer.find('\n', 1) - 1);
    if (!footer.empty()) {
      zone.rule_ = parse_yearly_rule(footer);
      if (!zone.rule_) return damaged();
    }
  }
  return zone;
}

std::int64_t TimeZone::offset_at(UtcSeconds utc) const {
  if (rule_ && (changes_.empty() || utc >= changes_.back().at)) {
    auto year = year_of(utc);
    std::vector<Change> near;
    for (auto y = year - 1; y <= year + 1; ++y) append_changes_of(*rule_, y, near);
    auto offset = rule_->standard_offset;
    for (const auto& change : near) {
      if (change.at <= utc) offset = change.after;
    }
    return offset;
  }
  auto next = std::ranges::upper_bound(changes_, utc, {}, &Change::at);
  return next == changes_.begin() ? first_offset_ : std::prev(next)->after;
}

std::vector<TimeZone::Change> TimeZone::changes(UtcSeconds from, UtcSeconds to) const {
  std::vector<Change> result;
  auto first = std::ranges::lower_bound(changes_, from, {}, &Change::at);
  for (auto change = first; change != changes_.end() && change->at < to; ++change) result.push_back(*change);
  if (rule_) {
    std::vector<Change> yearly;
    for (auto year = year_of(from) - 1; year <= year_of(to) + 1; ++year) append_changes_of(*rule_, year, yearly);
    for (const auto& change : yearly) {
      bool after_file = changes_.empty() || change.at > changes_.back().at;
      if (after_file && change.at >= from && change.at < to && change.before != change.after) result.push_back(change);
    }
  }
  return result;
}

TimeZone::Moments TimeZone::moments_of(LocalSeconds local) const {
  auto near = changes(local - kFurthest, local + kFurthest);
  std::vector<std::int64_t> offsets = {offset_at(local - kFurthest)};
  for (const auto& change : near) offsets.push_back(change.after);
  Moments result;
  for (auto offset : offsets) {
    auto utc = local - offset;
    if (offset_at(utc) == offset) result.moments.push_back(utc);
  }
  std::ranges::sort(result.moments);
  result.moments.erase(std::unique(result.moments.begin(), result.moments.end()), result.moments.end());
  for (const auto& change : near) {
    if (local >= change.at + change.before && local < change.at + change.after) result.after_gap = change.at;
  }
  return result;
}

}  // namespace weft
