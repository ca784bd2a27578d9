#include "base/quantity.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <optional>
#include <span>

namespace weft {

namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

// Ascending, so that the last one that divides an amount is the largest.
constexpr Unit kDurationUnits[] = {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
constexpr Unit kBinaryUnits[] = {{"B", 1}, {"KiB", 1LL << 10}, {"MiB", 1LL << 20}, {"GiB", 1LL << 30}, {"TiB", 1LL << 40}};
constexpr Unit kDecimalUnits[] = {{"kB", 1'000}, {"MB", 1'000'000}, {"GB", 1'000'000'000}, {"TB", 1'000'000'000'000}};

std::optional<std::int64_t> parse_amount(std::string_view text, std::span<const Unit> units) {
  std::int64_t number = 0;
  auto [rest, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc{} || number < 0 || text.starts_with('-')) return std::nullopt;
  std::string_view name = text.substr(static_cast<std::size_t>(rest - text.data()));
  if (name.starts_with(' ')) name.remove_prefix(1);
  for (const auto& unit : units) {
    if (unit.name != name) continue;
    if (number > std::numeric_limits<std::int64_t>::max() / unit.factor) return std::nullopt;
    return number * unit.factor;
  }
  return std::nullopt;
}

std::string amount_to_text(std::int64_t amount, std::span<const Unit> units) {
  if (amount == 0) return fmt::format("0{}", units.front().name == "ms" ? "s" : "B");
  const Unit* best = &units.front();
  for (const auto& unit : units) {
    if (amount % unit.factor == 0) best = &unit;
  }
  return fmt::format("{}{}", amount / best->factor, best->name);
}

}  // namespace

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  if (auto amount = parse_amount(text, kDurationUnits)) return std::chrono::milliseconds(*amount);
  return fail(ErrorKind::Invalid, "duration.invalid", "must be a whole number with a unit (ms, s, m, h, d), such as 30s or 5m");
}

std::string to_text(std::chrono::milliseconds duration) { return amount_to_text(duration.count(), kDurationUnits); }

Result<ByteSize> parse_size(std::string_view text) {
  if (auto amount = parse_amount(text, kBinaryUnits)) return ByteSize{*amount};
  if (auto amount = parse_amount(text, kDecimalUnits)) return ByteSize{*amount};
  return fail(ErrorKind::Invalid, "size.invalid",
              "must be a whole number with a unit (B, KiB, MiB, GiB, TiB, kB, MB, GB, TB), such as 512MiB");
}

std::string to_text(ByteSize size) { return amount_to_text(size.bytes, kBinaryUnits); }

}  // namespace weft
