// portable_type_cast: reads DuckDB's text of a type and writes it anew with every part portable.
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "platform/duck/duck.h"

namespace weft::duck {
namespace {

struct Replacement {
  std::string_view from;
  std::string_view to;
};
constexpr auto kReplacements = std::to_array<Replacement>({
    {"HUGEINT", "DECIMAL(38,0)"},
    {"UHUGEINT", "DECIMAL(38,0)"},
    {"TIMESTAMP_S", "TIMESTAMP"},
    {"TIMESTAMP_MS", "TIMESTAMP"},
    {"VARIANT", "JSON"},
    {"UNION", "JSON"},
    {"TIME WITH TIME ZONE", "VARCHAR"},
    {"TIMETZ", "VARCHAR"},
    {"TIME_NS", "VARCHAR"},
    {"INTERVAL", "VARCHAR"},
    {"BIT", "VARCHAR"},
    {"BIGNUM", "VARCHAR"},
    {"GEOMETRY", "VARCHAR"},
    {"ENUM", "VARCHAR"},
    {"\"NULL\"", "VARCHAR"},
});

std::string_view replaced(std::string_view name) {
  for (const auto& replacement : kReplacements) {
    if (replacement.from == name) return replacement.to;
  }
  return {};
}

// Deeper than DuckDB itself lets a type be written.
constexpr int kMaxDepth = 200;

// type := (STRUCT '(' member type {, …} ')' | MAP '(' type, type ')' | words [ '(' anything ')' ]) { '[' [digits] ']' }
class TypeRewriter {
 public:
  explicit TypeRewriter(std::string_view text) : rest_(text) {}

  std::string type(int depth = 0) {
    if (depth > kMaxDepth) return {};
    std::string text;
    const auto name = words();
    if (name == "STRUCT" && at('(')) {
      text = members(depth);
    } else if (name == "MAP" && at('(')) {
      take(1);
      text = "MAP(" + type(depth + 1);
      skip(", ");
      text += ", " + type(depth + 1) + ")";
      skip(")");
    } else {
      const auto arguments = at('(') ? take(enclosed()) : std::string_view{};
      const auto other = replaced(name);
      text = other.empty() ? std::string(name) + std::string(arguments) : std::string(other);
    }
    while (at('[')) {
      take(rest_.find(']') == rest_.npos ? rest_.size() : rest_.find(']') + 1);
      text += "[]";
    }
    return text;
  }

 private:
  [[nodiscard]] bool at(char byte) const { return !rest_.empty() && rest_.front() == byte; }
  std::string_view take(std::size_t size) {
    const auto taken = rest_.substr(0, size);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  void skip(std::string_view expected) {
    if (rest_.starts_with(expected)) rest_.remove_prefix(expected.size());
  }

  std::string_view words() { return take(at('"') ? quoted() : std::min(rest_.find_first_of("([,)"), rest_.size())); }

  // The length of a quoted name or text at the start, doubled quotes included.
  [[nodiscard]] std::size_t quoted() const {
    const char quote = rest_.front();
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] != quote) continue;
      if (i + 1 < rest_.size() && rest_[i + 1] == quote) {
        ++i;
        continue;
      }
      return i + 1;
    }
    return rest_.size();
  }

  // The length of `(…)` at the start.
  [[nodiscard]] std::size_t enclosed() const {
    TypeRewriter ahead(rest_);
    int open = 0;
    do {
      if (ahead.at('"') || ahead.at('\'')) {
        ahead.take(ahead.quoted());
        continue;
      }
      if (ahead.at('(')) ++open;
      if (ahead.at(')')) --open;
      ahead.take(1);
    } while (open > 0 && !ahead.rest_.empty());
    return rest_.size() - ahead.rest_.size();
  }

  std::string members(int depth) {
    std::string text = "STRUCT";
    do {
      text += take(at('(') ? 1 : 2);  // `(` or `, `
      text += take(at('"') ? quoted() : std::min(rest_.find(' '), rest_.size()));
      skip(" ");
      text += " " + type(depth + 1);
    } while (at(','));
    skip(")");
    return text + ")";
  }

  std::string_view rest_;
};

}  // namespace

std::string portable_type_cast(const Column& column) {
  auto portable = TypeRewriter(column.type).type();
  return portable == column.type ? std::string() : portable;
}

}  // namespace weft::duck
